/* SPDX-License-Identifier: MIT */
/* Control groups (version 2), as other folders see them. */
#ifndef KERN_CGROUP_H
#define KERN_CGROUP_H

#include <kern/ns_common.h>
#include <kern/types.h>
#include <kern/workqueue.h>

struct cgroup;
struct cpumask;
struct file;
struct seq_file;
struct task_struct;
struct ucounts;
struct user_namespace;

/* Where a task's view of the tree of groups begins. */
struct cgroup_namespace {
	struct ns_common ns;
	struct user_namespace *user_ns;	/* i: counted */
	struct ucounts *ucounts;	/* i */
	struct cgroup *root;		/* i: counted */
	struct work_struct work;	/* frees it */
};

extern struct cgroup_namespace init_cgroup_ns;

struct cgroup_namespace *get_cgroup_ns(struct cgroup_namespace *ns);
void put_cgroup_ns(struct cgroup_namespace *ns);
struct cgroup_namespace *copy_cgroup_ns(unsigned long flags, struct user_namespace *user_ns,
					struct cgroup_namespace *old);

struct cgroup *cgroup_get(struct cgroup *cg);
void cgroup_put(struct cgroup *cg);
/* The group of a task, with a reference. => any task context */
struct cgroup *task_get_cgroup(struct task_struct *task);

/*
 * fork(), in this order: may the task be born (into `cg`, or with NULL where its parent is)? Then
 * either post or cancel. Between them nobody changes groups. => may sleep
 */
int cgroup_can_fork(struct task_struct *task, struct cgroup *cg);
void cgroup_cancel_fork(struct task_struct *task);
void cgroup_post_fork(struct task_struct *task);
/* The task exits: it counts no more. => task context */
void cgroup_exit(struct task_struct *task);
/* The memory of a task goes. => any context */
void cgroup_free_task(struct task_struct *task);

/* The freezer (JOBCTL_TRAP_FREEZE): the task counts as frozen from here to there. */
void cgroup_enter_frozen(void);
void cgroup_leave_frozen(bool always);

/* The CPUs that the task's group has. */
void cpuset_cpus_allowed(struct task_struct *task, struct cpumask *mask);

/* "0::/path" of a task as the reader sees it, and the table of /proc/cgroups. */
void cgroup_show_task(struct seq_file *m, struct task_struct *task);

#endif
