// SPDX-License-Identifier: MIT
/*
 * Time name spaces: offsets of CLOCK_MONOTONIC and CLOCK_BOOTTIME, for processes that were moved
 * here from a machine that booted at another time.
 *
 * unshare() makes one for future children; while nobody lives in it its offsets may be set. The
 * kernel counts in its own time everywhere: offsets are added where a time is shown to a program,
 * and taken off where an absolute time comes from one.
 *
 *   offsets_lock	offsets and `frozen`
 */
#include <fs/seq_file.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/mutex.h>
#include <kern/signal.h>
#include <kern/time_namespace.h>
#include <kern/timekeeping.h>
#include <kern/user_namespace.h>
#include <lib/string.h>
#include <mm/slab.h>

#include <linux/sched.h>
#include <linux/time.h>

/* No clock may leave the range of ktime_t, nor count below zero. */
#define LIMIT_SEC (KTIME_SEC_MAX / 2)

static DEFINE_MUTEX(offsets_lock);

struct time_namespace init_time_ns = {
	.frozen = true,
	.user_ns = &init_user_ns,
	.ns = {
		.count = REFCOUNT_INIT(1),
		.inum = PROC_TIME_INIT_INO,
		.ops = &timens_operations,
	},
};

struct time_namespace *get_time_ns(struct time_namespace *ns)
{
	if (ns != &init_time_ns)
		refcount_inc(&ns->ns.count);
	return ns;
}

static void free_time_ns(struct work_struct *work)
{
	struct time_namespace *ns = container_of(work, struct time_namespace, work);

	ns_common_exit(&ns->ns);
	dec_ucount(ns->ucounts, UCOUNT_TIME_NAMESPACES);
	put_user_ns(ns->user_ns);
	kfree(ns);
}

void put_time_ns(struct time_namespace *ns)
{
	if (ns && ns != &init_time_ns && refcount_dec_and_test(&ns->ns.count))
		schedule_work(&ns->work);
}

struct time_namespace *copy_time_ns(unsigned long flags, struct user_namespace *user_ns,
				    struct time_namespace *old)
{
	struct time_namespace *ns;
	struct ucounts *ucounts;
	int error = -ENOMEM;

	if (!(flags & CLONE_NEWTIME))
		return get_time_ns(old);
	ucounts = inc_ucount(user_ns, current_euid(), UCOUNT_TIME_NAMESPACES);
	if (!ucounts)
		return ERR_PTR(-ENOSPC);
	ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	if (ns)
		error = ns_common_init(&ns->ns, &timens_operations);
	if (error) {
		kfree(ns);
		dec_ucount(ucounts, UCOUNT_TIME_NAMESPACES);
		return ERR_PTR(error);
	}
	mutex_lock(&offsets_lock);
	ns->monotonic = old->monotonic;
	ns->boottime = old->boottime;
	mutex_unlock(&offsets_lock);
	ns->user_ns = get_user_ns(user_ns);
	ns->ucounts = ucounts;
	INIT_WORK(&ns->work, free_time_ns);
	return ns;
}

void freeze_time_ns(struct time_namespace *ns)
{
	if (READ_ONCE(ns->frozen))
		return;
	mutex_lock(&offsets_lock);
	ns->frozen = true;
	mutex_unlock(&offsets_lock);
}

s64 timens_offset(clockid_t clock)
{
	const struct time_namespace *ns = current->nsproxy->time_ns;

	switch (clock) {
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
		return ns->monotonic;
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return ns->boottime;
	}
	return 0;
}

void timens_add(clockid_t clock, struct timespec64 *ts)
{
	if (current->nsproxy->time_ns != &init_time_ns)
		*ts = ns_to_timespec64(timespec64_to_ns(ts) + timens_offset(clock));
}

/* ---- /proc/PID/timens_offsets ---- */

/* The name space of the task's children, with a reference, or NULL. */
static struct time_namespace *children_ns(struct task_struct *task)
{
	struct time_namespace *ns = NULL;

	task_lock(task);
	if (task->nsproxy)
		ns = get_time_ns(task->nsproxy->time_ns_for_children);
	task_unlock(task);
	return ns;
}

static void show_offset(struct seq_file *m, const char *name, s64 offset)
{
	struct timespec64 ts = ns_to_timespec64(offset);

	seq_printf(m, "%-10s %10lld %9ld\n", name, (long long)ts.tv_sec, (long)ts.tv_nsec);
}

void timens_show_offsets(struct seq_file *m, struct task_struct *task)
{
	struct time_namespace *ns = children_ns(task);

	if (!ns)
		return;
	show_offset(m, "monotonic", ns->monotonic);
	show_offset(m, "boottime", ns->boottime);
	put_time_ns(ns);
}

struct new_offset {
	bool boottime;
	s64 value;
};

static bool parse_signed(char **at, s64 *value)
{
	char *p = *at + strspn(*at, " \t");
	bool negative = *p == '-';
	s64 n = 0;

	if (negative)
		p++;
	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (n > S64_MAX / 10 - 10)
			return false;
		n = n * 10 + (*p - '0');
	}
	*value = negative ? -n : n;
	*at = p;
	return true;
}

/* "<clock> <seconds> <nanoseconds>" */
static int parse_offset(char *line, struct new_offset *out)
{
	char *name = line + strspn(line, " \t");
	size_t len = strcspn(name, " \t");
	s64 sec, nsec, now;

	line = name + len;
	if (!parse_signed(&line, &sec) || !parse_signed(&line, &nsec) ||
	    line[strspn(line, " \t")])
		return -EINVAL;
	if ((len == 9 && !strncmp(name, "monotonic", 9)) || (len == 1 && *name == '1'))
		out->boottime = false;
	else if ((len == 8 && !strncmp(name, "boottime", 8)) || (len == 1 && *name == '7'))
		out->boottime = true;
	else
		return -EINVAL;
	if (nsec < 0 || nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (sec > LIMIT_SEC || sec < -KTIME_SEC_MAX)
		return -ERANGE;
	out->value = sec * NSEC_PER_SEC + nsec;
	now = out->boottime ? ktime_get_boottime_ns() : ktime_get_ns();
	if (now + out->value < 0 || (now + out->value) / NSEC_PER_SEC > LIMIT_SEC)
		return -ERANGE;
	return 0;
}

static int apply_offsets(struct time_namespace *ns, const struct new_offset *new, int n)
{
	int error = 0;

	if (!ns_capable(ns->user_ns, CAP_SYS_TIME))
		return -EPERM;
	mutex_lock(&offsets_lock);
	if (ns->frozen)
		error = -EACCES;
	for (int i = 0; !error && i < n; i++)
		*(new[i].boottime ? &ns->boottime : &ns->monotonic) = new[i].value;
	mutex_unlock(&offsets_lock);
	return error;
}

ssize_t timens_write_offsets(struct task_struct *task, char *text, size_t size)
{
	struct time_namespace *ns;
	struct new_offset new[2];
	char *line;
	int n = 0, error = 0;

	for (line = text; *line && !error; n++) {
		char *end = line + strcspn(line, "\n"), *next = *end ? end + 1 : end;

		*end = '\0';
		error = n < (int)ARRAY_SIZE(new) ? parse_offset(line, &new[n]) : -EINVAL;
		line = next;
	}
	if (error)
		return error;
	ns = children_ns(task);
	if (!ns)
		return -ESRCH;
	error = apply_offsets(ns, new, n);
	put_time_ns(ns);
	return error ? error : (ssize_t)size;
}

/* ---- as a file ---- */

static struct time_namespace *to_time_ns(struct ns_common *ns)
{
	return container_of(ns, struct time_namespace, ns);
}

static struct ns_common *timens_get(struct task_struct *task)
{
	struct time_namespace *ns = NULL;

	task_lock(task);
	if (task->nsproxy)
		ns = get_time_ns(task->nsproxy->time_ns);
	task_unlock(task);
	return ns ? &ns->ns : NULL;
}

static struct ns_common *timens_for_children_get(struct task_struct *task)
{
	struct time_namespace *ns = children_ns(task);

	return ns ? &ns->ns : NULL;
}

static void timens_put(struct ns_common *ns)
{
	put_time_ns(to_time_ns(ns));
}

static int timens_install(struct nsset *nsset, struct ns_common *ns)
{
	struct time_namespace *new = to_time_ns(ns);
	struct nsproxy *set = nsset->nsproxy;

	/* All threads of an address space share its clocks. */
	if (!thread_group_empty(current))
		return -EUSERS;
	if (!ns_capable(new->user_ns, CAP_SYS_ADMIN) ||
	    !ns_capable(nsset->cred->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	put_time_ns(set->time_ns);
	set->time_ns = get_time_ns(new);
	put_time_ns(set->time_ns_for_children);
	set->time_ns_for_children = get_time_ns(new);
	return 0;
}

static struct user_namespace *timens_owner(struct ns_common *ns)
{
	return to_time_ns(ns)->user_ns;
}

const struct proc_ns_operations timens_operations = {
	.name = "time",
	.kind = "time",
	.type = CLONE_NEWTIME,
	.get = timens_get,
	.put = timens_put,
	.install = timens_install,
	.owner = timens_owner,
};

const struct proc_ns_operations timens_for_children_operations = {
	.name = "time_for_children",
	.kind = "time",
	.type = CLONE_NEWTIME,
	.get = timens_for_children_get,
	.put = timens_put,
	.install = timens_install,
	.owner = timens_owner,
};
