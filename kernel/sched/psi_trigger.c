// SPDX-License-Identifier: MIT
/*
 * What files show of pressure stall information, and triggers. Who writes "some 150000 1000000" to
 * an open file has a trigger: poll() tells, once a window at most, when more than 150000 us of the
 * last 1000000 us were stalls.
 *
 * A trigger's work looks ten times a window at how much the total has grown since the window began;
 * a window that is not full borrows its share of the growth of the one before. It goes with its
 * file, and keeps the group that it looks at.
 *
 * Locks: trigger_mutex for a file's becoming a trigger; the rest is the work's alone, but for
 * `event`.
 */
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/jiffies.h>
#include <kern/mutex.h>
#include <kern/sched.h>
#include <kern/timekeeping.h>
#include <kern/wait.h>
#include <kern/workqueue.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "psi.h"

#define WINDOW_MIN_US 500000U
#define WINDOW_MAX_US 10000000U
#define LOOKS_PER_WINDOW 10

/*
 *   (c) constant      (w) the work      (x) atomic
 */
struct psi_trigger {
	struct psi_group *group;	/* c: counted */
	enum psi_state state;		/* c */
	u64 threshold, window;		/* c: ns */
	u64 start, start_total, before;	/* w: of the window; growth in the one before */
	u64 last_event;			/* w */
	int event;			/* x: 1: nobody has been told yet */
	wait_queue_head_t wait;
	struct delayed_work work;
};

static DEFINE_MUTEX(trigger_mutex);

/* On the whole system whoever runs keeps others waiting for the CPU: never all wait. */
enum psi_state psi_state_of(const struct psi_group *group, enum psi_resource resource, bool full)
{
	switch (resource) {
	case PSI_CPU:
		if (full && group == &psi_system)
			return NR_PSI_STATES;
		return full ? PSI_CPU_FULL : PSI_CPU_SOME;
	case PSI_IO:
		return full ? PSI_IO_FULL : PSI_IO_SOME;
	default:
		return full ? PSI_MEM_FULL : PSI_MEM_SOME;
	}
}

static void show_line(struct seq_file *m, const char *kind, struct psi_group *group,
		      enum psi_state state)
{
	struct psi_figures f = { 0 };

	if (state != NR_PSI_STATES)
		psi_fetch(group, state, &f);
	seq_printf(m, "%s avg10=%lu.%02lu avg60=%lu.%02lu avg300=%lu.%02lu total=%llu\n", kind,
		   LOAD_INT(f.average[0]), LOAD_FRAC(f.average[0]), LOAD_INT(f.average[1]),
		   LOAD_FRAC(f.average[1]), LOAD_INT(f.average[2]), LOAD_FRAC(f.average[2]),
		   (unsigned long long)(f.total_ns / NSEC_PER_USEC));
}

void psi_show(struct seq_file *m, struct psi_group *group, enum psi_resource resource)
{
	show_line(m, "some", group, psi_state_of(group, resource, false));
	show_line(m, "full", group, psi_state_of(group, resource, true));
}

/* ---- a trigger's work ---- */

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
	u64 now = ktime_get_ns(), total = psi_total(t->group, t->state), passed = now - t->start;
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

/* ---- making one ---- */

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

static int parse_trigger(char *text, bool *full, u32 *threshold, u32 *window)
{
	*full = !strncmp(text, "full ", 5);
	if (!*full && strncmp(text, "some ", 5))
		return -EINVAL;
	if (parse_numbers(text + 5, threshold, window))
		return -EINVAL;
	if (*window < WINDOW_MIN_US || *window > WINDOW_MAX_US || !*threshold || *threshold > *window)
		return -EINVAL;
	return 0;
}

static struct psi_trigger *new_trigger(struct psi_group *group, enum psi_resource resource,
				       char *text)
{
	struct psi_trigger *t;
	u32 threshold, window;
	bool full;
	int error;

	error = parse_trigger(text, &full, &threshold, &window);
	if (error)
		return ERR_PTR(error);
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return ERR_PTR(-ENOMEM);
	psi_group_get(group);
	t->group = group;
	t->state = psi_state_of(group, resource, full);
	t->threshold = (u64)threshold * NSEC_PER_USEC;
	t->window = (u64)window * NSEC_PER_USEC;
	init_waitqueue_head(&t->wait);
	INIT_DELAYED_WORK(&t->work, look);
	/* What is never the case makes no events. */
	if (t->state != NR_PSI_STATES) {
		begin_window(t, ktime_get_ns(), psi_total(group, t->state), 0);
		schedule_delayed_work(&t->work, look_interval(t));
	}
	return t;
}

int psi_trigger_write(struct psi_trigger **slot, struct psi_group *group,
		      enum psi_resource resource, char *text)
{
	struct psi_trigger *t;

	mutex_lock(&trigger_mutex);
	t = *slot ? ERR_PTR(-EBUSY) : new_trigger(group, resource, text);
	if (!IS_ERR(t))
		smp_store_release(slot, t);
	mutex_unlock(&trigger_mutex);
	return PTR_ERR_OR_ZERO(t);
}

__poll_t psi_trigger_poll(struct psi_trigger **slot, struct file *file,
			  struct poll_table_struct *wait)
{
	struct psi_trigger *t = smp_load_acquire(slot);

	if (!t)
		return DEFAULT_POLLMASK | EPOLLERR | EPOLLPRI;
	poll_wait(file, &t->wait, wait);
	return DEFAULT_POLLMASK | (xchg(&t->event, 0) ? EPOLLPRI : 0);
}

void psi_trigger_release(struct psi_trigger **slot)
{
	struct psi_trigger *t = *slot;

	if (!t)
		return;
	cancel_delayed_work_sync(&t->work);
	psi_group_put(t->group);
	kfree(t);
}
