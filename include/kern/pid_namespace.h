/* SPDX-License-Identifier: MIT */
/* Name spaces of process numbers. */
#ifndef KERN_PID_NAMESPACE_H
#define KERN_PID_NAMESPACE_H

#include <kern/ns_common.h>
#include <kern/workqueue.h>
#include <lib/idr.h>

struct task_struct;
struct ucounts;
struct user_namespace;

#define MAX_PID_NS_LEVEL 32
/* In pid_allocated: numbers may be given still. */
#define PIDNS_ADDING (1U << 31)

/*
 * A tree: a task has a number in its own name space and in each above. Its first process is init
 * there: adopts orphans, and when it exits all others are killed.
 *   (l) pidmap_lock   (t) tasklist_lock   (i) constant
 */
struct pid_namespace {
	struct idr idr;				/* l; RCU to look up */
	unsigned int pid_allocated;		/* l: numbers in use, and PIDNS_ADDING */
	struct task_struct *child_reaper;	/* t: init */
	unsigned int level;			/* i: 0, the first one's */
	struct pid_namespace *parent;		/* i: counted */
	struct user_namespace *user_ns;		/* i: counted */
	struct ucounts *ucounts;		/* i */
	int reboot;				/* t: what init died of, when reboot() killed it */
	struct ns_common ns;
	struct work_struct work;		/* frees it */
};

extern struct pid_namespace init_pid_ns;

struct pid_namespace *get_pid_ns(struct pid_namespace *ns);
/* => any context */
void put_pid_ns(struct pid_namespace *ns);
/* CLONE_NEWPID: a child of `old`, else `old` with a reference. ERR_PTR. */
struct pid_namespace *copy_pid_ns(unsigned long flags, struct user_namespace *user_ns,
				  struct pid_namespace *old);
/* The last thread of init exits: kills and reaps everybody else. => no lock held */
void zap_pid_ns_processes(struct pid_namespace *ns);
/* reboot() in a name space that is not the first: ends its init. 0 or -EINVAL. */
int reboot_pid_ns(struct pid_namespace *ns, int cmd);
/* No number is given any more. */
void disable_pid_allocation(struct pid_namespace *ns);
/* Is `ns` the same as `ancestor` or below it? */
bool pid_ns_is_below(const struct pid_namespace *ns, const struct pid_namespace *ancestor);

#endif
