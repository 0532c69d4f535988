/* SPDX-License-Identifier: MIT */
/* What all kinds of name spaces have in common. */
#ifndef KERN_NS_COMMON_H
#define KERN_NS_COMMON_H

#include <kern/refcount.h>
#include <kern/types.h>

struct cred;
struct fs_struct;
struct ns_common;
struct nsproxy;
struct task_struct;
struct user_namespace;

/* The numbers of the name spaces that exist from boot on, as on Linux; others count from here. */
#define PROC_UTS_INIT_INO    0xEFFFFFFEU
#define PROC_IPC_INIT_INO    0xEFFFFFFFU
#define PROC_USER_INIT_INO   0xEFFFFFFDU
#define PROC_PID_INIT_INO    0xEFFFFFFCU
#define PROC_CGROUP_INIT_INO 0xEFFFFFFBU
#define PROC_TIME_INIT_INO   0xEFFFFFFAU
#define PROC_NS_DYNAMIC_INO  0xF0000000U

/* What setns() collects before it commits: either all of it happens or nothing. */
struct nsset {
	unsigned int flags;	/* CLONE_NEW* that are joined */
	struct nsproxy *nsproxy;/* the new one, not yet visible */
	struct fs_struct *fs;	/* current's, or a private copy when others are joined too */
	struct cred *cred;	/* current's, or a private copy when CLONE_NEWUSER is among them */
};

/* A kind of name space. Every callback may sleep and holds no lock. */
struct proc_ns_operations {
	const char *name;	/* of the link in /proc/PID/ns */
	const char *kind;	/* "kind:[number]" */
	unsigned int type;	/* CLONE_NEW* */
	/* The task's name space of this kind with a reference, or NULL when it has none any more. */
	struct ns_common *(*get)(struct task_struct *task);
	void (*put)(struct ns_common *ns);
	/* Puts the name space into the set, after checking the right to; or -errno. */
	int (*install)(struct nsset *nsset, struct ns_common *ns);
	struct user_namespace *(*owner)(struct ns_common *ns);
	/* The parent with a reference, or ERR_PTR(-EPERM). NULL: the kind has no hierarchy. */
	struct ns_common *(*get_parent)(struct ns_common *ns);
};

/* Embedded in each name space. */
struct ns_common {
	refcount_t count;			/* x: references */
	unsigned int inum;			/* i: the number that programs see */
	const struct proc_ns_operations *ops;	/* i */
};

extern const struct proc_ns_operations mntns_operations, utsns_operations, ipcns_operations;
extern const struct proc_ns_operations pidns_operations, pidns_for_children_operations;
extern const struct proc_ns_operations userns_operations, netns_operations;
extern const struct proc_ns_operations cgroupns_operations;
extern const struct proc_ns_operations timens_operations, timens_for_children_operations;

/* Count 1 and a number of its own; 0, -ENOMEM or -ENOSPC. */
int ns_common_init(struct ns_common *ns, const struct proc_ns_operations *ops);
/* Gives the number back. */
void ns_common_exit(struct ns_common *ns);

#endif
