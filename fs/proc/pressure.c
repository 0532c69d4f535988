// SPDX-License-Identifier: MIT
/*
 * /proc/pressure/{cpu,io,memory}. Who writes "some 150000 1000000" to an open file has a trigger: poll()
 * tells, once a window at most, when more than 150000 us of the last 1000000 us were stalls.
 *
 * A trigger's work looks ten times a window at how much the total has grown since the window began;
 * a window that is not full borrows its share of the growth of the one before. It goes with its file.
 *
 * Locks: trigger_mutex for a file's becoming a trigger; the rest is the work's alone, but for
 * `event`.
 */
#include <fs/file.h>
#include <fs/poll.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/mutex.h>
#include <kern/sched.h>
#include <kern/timekeeping.h>
#include <kern/wait.h>
#include <kern/workqueue.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define WINDOW_MIN_US 500000U
#define WINDOW_MAX_US 10000000U
#define LOOKS_PER_WINDOW 10

struct pressure_file {
	const char *name;
	enum psi_state some, full;	/* NR_PSI_STATES: never */
};

/* Whoever runs keeps others waiting for the CPU: never all wait. */
static const struct pressure_file pressure_files[] = {
	{ "cpu", PSI_CPU_SOME, NR_PSI_STATES },
	{ "io", PSI_IO_SOME, PSI_IO_FULL },
	{ "memory", PSI_MEM_SOME, PSI_MEM_FULL },
};

/*
 *   (c) constant      (w) the work      (x) atomic
 */
struct psi_trigger {
	enum psi_state state;		/* c */
	u64 threshold, window;		/* c: ns */
	u64 start, start_total, before;	/* w: of the window; growth in the one before */
	u64 last_event;			/* w */
	int event;			/* x: 1: nobody has been told yet */
	wait_queue_head_t wait;
	struct delayed_work work;
};

static DEFINE_MUTEX(trigger_mutex);

static void show_line(struct seq_file *m, const char *kind, enum psi_state state)
{
	struct psi_figures f = { 0 };

	if (state != NR_PSI_STATES)
		psi_fetch(state, &f);
	seq_printf(m, "%s avg10=%lu.%02lu avg60=%lu.%02lu avg300=%lu.%02lu total=%llu\n", kind,
		   LOAD_INT(f.average[0]), LOAD_FRAC(f.average[0]), LOAD_INT(f.average[1]),
		   LOAD_FRAC(f.average[1]), LOAD_INT(f.average[2]), LOAD_FRAC(f.average[2]),
		   (unsigned long long)(f.total_ns / NSEC_PER_USEC));
}

/* The trigger of an open file stands in its seq_file. */
struct pressure_open {
	const struct pressure_file *what;
	struct psi_trigger *trigger;	/* trigger_mutex to set, once */
};

static int pressure_show(struct seq_file *m, void *unused)
{
	const struct pressure_open *open = m->private;

	show_line(m, "some", open->what->some);
	show_line(m, "full", open->what->full);
	return 0;
}

static struct pressure_open *open_of(const struct file *file)
{
	return ((struct seq_file *)file->private_data)->private;
}

static int pressure_open(struct inode *inode, struct file *file)
{
	struct pressure_open *open;
	int err;

	if ((file->f_mode & FMODE_WRITE) && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	open = kzalloc(sizeof(*open), GFP_KERNEL);
	if (!open)
		return -ENOMEM;
	open->what = pde_data(inode);
	err = single_open(file, pressure_show, open);
	if (err)
		kfree(open);
	return err;
}

static int pressure_release(struct inode *inode, struct file *file)
{
	struct pressure_open *open = open_of(file);

	if (open->trigger) {
		cancel_delayed_work_sync(&open->trigger->work);
		kfree(open->trigger);
	}
	kfree(open);
	return single_release(inode, file);
}

/* ---- triggers ---- */

static unsigned long look_interval(const struct psi_trigger *t)
{
	return max(usecs_to_jiffies(t->window / NSEC_PER_USEC / LOOKS_PER_WINDOW), 1UL);
}

static void begin_window(struct psi_trigger *t, u64 now, u64 total, u64 before)
{
	t->start = now;
	t->start_total = total;
	t->before = before;
}

static void look(struct work_struct *work)
{
	struct psi_trigger *t = container_of(to_delayed_work(work), struct psi_trigger, work);
	u64 now = ktime_get_ns(), total = psi_total(t->state), passed = now - t->start;
	u64 growth = total - t->start_total;

	if (passed >= t->window)
		begin_window(t, now, total, growth);
	else
		growth += t->before * ((t->window - passed) / NSEC_PER_USEC) /
			  (t->window / NSEC_PER_USEC);
	if (growth >= t->threshold && now >= t->last_event + t->window) {
		t->last_event = now;
		WRITE_ONCE(t->event, 1);
		wake_up_interruptible(&t->wait);
	}
	schedule_delayed_work(&t->work, look_interval(t));
}

/* Two numbers in microseconds, and perhaps white space around them. */
static int parse_numbers(char *text, u32 *threshold, u32 *window)
{
	char *second;

	text = strim(text);
	second = strchr(text, ' ');
	if (!second)
		return -EINVAL;
	*second++ = '\0';
	if (kstrtouint(text, 10, threshold) || kstrtouint(strim(second), 10, window))
		return -EINVAL;
	return 0;
}

static int parse_trigger(char *text, const struct pressure_file *what, enum psi_state *state,
			 u32 *threshold, u32 *window)
{
	if (!strncmp(text, "some ", 5))
		*state = what->some;
	else if (!strncmp(text, "full ", 5))
		*state = what->full;
	else
		return -EINVAL;
	if (parse_numbers(text + 5, threshold, window))
		return -EINVAL;
	if (*window < WINDOW_MIN_US || *window > WINDOW_MAX_US || !*threshold || *threshold > *window)
		return -EINVAL;
	return 0;
}

static struct psi_trigger *new_trigger(enum psi_state state, u32 threshold, u32 window)
{
	struct psi_trigger *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return NULL;
	t->state = state;
	t->threshold = (u64)threshold * NSEC_PER_USEC;
	t->window = (u64)window * NSEC_PER_USEC;
	init_waitqueue_head(&t->wait);
	INIT_DELAYED_WORK(&t->work, look);
	begin_window(t, ktime_get_ns(), psi_total(state), 0);
	return t;
}

static ssize_t pressure_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct pressure_open *open = open_of(file);
	u32 threshold, window;
	enum psi_state state;
	char text[32];
	ssize_t err;

	if (!size)
		return -EINVAL;
	memset(text, 0, sizeof(text));
	if (copy_from_user(text, buf, min(size, sizeof(text) - 1)))
		return -EFAULT;
	mutex_lock(&trigger_mutex);
	err = open->trigger ? -EBUSY : parse_trigger(text, open->what, &state, &threshold, &window);
	if (!err) {
		struct psi_trigger *t = new_trigger(state, threshold, window);

		err = t ? (ssize_t)size : -ENOMEM;
		if (t) {
			smp_store_release(&open->trigger, t);
			/* What is never the case makes no events. */
			if (state != NR_PSI_STATES)
				schedule_delayed_work(&t->work, look_interval(t));
		}
	}
	mutex_unlock(&trigger_mutex);
	return err;
}

static __poll_t pressure_poll(struct file *file, struct poll_table_struct *wait)
{
	struct psi_trigger *t = smp_load_acquire(&open_of(file)->trigger);
	__poll_t events = EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM;

	if (!t)
		return events | EPOLLERR | EPOLLPRI;
	poll_wait(file, &t->wait, wait);
	if (xchg(&t->event, 0))
		events |= EPOLLPRI;
	return events;
}

static const struct proc_ops pressure_ops = {
	.proc_open = pressure_open,
	.proc_read = seq_read,
	.proc_write = pressure_write,
	.proc_lseek = seq_lseek,
	.proc_poll = pressure_poll,
	.proc_release = pressure_release,
};

static int __init pressure_init(void)
{
	struct proc_dir_entry *dir = proc_mkdir("pressure", NULL);

	if (!dir)
		return -ENOMEM;
	for (unsigned int i = 0; i < ARRAY_SIZE(pressure_files); i++)
		if (!proc_create_data(pressure_files[i].name, 0666, dir, &pressure_ops,
				      (void *)&pressure_files[i]))
			return -ENOMEM;
	return 0;
}
fs_initcall(pressure_init);
