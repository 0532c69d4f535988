/* SPDX-License-Identifier: MIT */
/* Control groups, as other folders see them. */
#ifndef KERN_CGROUP_H
#define KERN_CGROUP_H

#include <kern/ns_common.h>
#include <kern/types.h>
#include <kern/workqueue.h>

struct ucounts;
struct user_namespace;

/* Where a task's view of the tree of groups begins. */
struct cgroup_namespace {
	struct ns_common ns;
	struct user_namespace *user_ns;	/* i: counted */
	struct ucounts *ucounts;	/* i */
	struct work_struct work;	/* frees it */
};

extern struct cgroup_namespace init_cgroup_ns;

struct cgroup_namespace *get_cgroup_ns(struct cgroup_namespace *ns);
void put_cgroup_ns(struct cgroup_namespace *ns);
struct cgroup_namespace *copy_cgroup_ns(unsigned long flags, struct user_namespace *user_ns,
					struct cgroup_namespace *old);

#endif
