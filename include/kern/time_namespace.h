/* SPDX-License-Identifier: MIT */
/* Name spaces of the clocks that count from boot: each may shift them. */
#ifndef KERN_TIME_NAMESPACE_H
#define KERN_TIME_NAMESPACE_H

#include <kern/ktime.h>
#include <kern/ns_common.h>
#include <kern/nsproxy.h>
#include <kern/task.h>
#include <kern/workqueue.h>

struct file;
struct seq_file;
struct timespec64;
struct ucounts;
struct user_namespace;

/*
 *   (o) offsets_lock, until frozen, then constant   (i) constant
 */
struct time_namespace {
	s64 monotonic;			/* o: ns, added to CLOCK_MONOTONIC */
	s64 boottime;			/* o: ns, added to CLOCK_BOOTTIME */
	bool frozen;			/* o: somebody lives in it */
	struct user_namespace *user_ns;	/* i: counted */
	struct ucounts *ucounts;	/* i */
	struct ns_common ns;
	struct work_struct work;	/* frees it */
};

extern struct time_namespace init_time_ns;

struct time_namespace *get_time_ns(struct time_namespace *ns);
void put_time_ns(struct time_namespace *ns);
struct time_namespace *copy_time_ns(unsigned long flags, struct user_namespace *user_ns,
				    struct time_namespace *old);
/* From now on its offsets stay as they are. */
void freeze_time_ns(struct time_namespace *ns);

/* What current's name space adds to a clock, ns; 0 for clocks that have no offset. */
s64 timens_offset(clockid_t clock);
/* A time that a program gave for a clock, in the machine's own count; and back. */
static inline ktime_t timens_ktime_to_host(clockid_t clock, ktime_t time)
{
	if (current->nsproxy->time_ns == &init_time_ns)
		return time;
	time = ktime_sub(time, timens_offset(clock));
	/* Long ago, but not "never". */
	return time <= 0 ? 1 : time;
}
void timens_add(clockid_t clock, struct timespec64 *ts);

/* /proc/PID/timens_offsets */
void timens_show_offsets(struct seq_file *m, struct task_struct *task);
ssize_t timens_write_offsets(struct task_struct *task, char *text, size_t size);

#endif
