/* SPDX-License-Identifier: MIT */
/* The name spaces of a task, one of each kind but users, which belong to its credentials. */
#ifndef KERN_NSPROXY_H
#define KERN_NSPROXY_H

#include <kern/ns_common.h>
#include <kern/refcount.h>
#include <kern/types.h>

struct cgroup_namespace;
struct cred;
struct ipc_namespace;
struct mnt_namespace;
struct net;
struct pid_namespace;
struct task_struct;
struct time_namespace;
struct uts_namespace;

/*
 * Constant once shared: a change is a new nsproxy. current->nsproxy may be used without a lock;
 * another task's under task_lock(), and it is NULL once the task has exited.
 */
struct nsproxy {
	refcount_t count;
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
	struct time_namespace *time_ns;
	struct time_namespace *time_ns_for_children;
	struct cgroup_namespace *cgroup_ns;
};

extern struct nsproxy init_nsproxy;

void get_nsproxy(struct nsproxy *ns);
void put_nsproxy(struct nsproxy *ns);

/*
 * The name spaces of a new task: current's, or new ones as the CLONE_NEW* flags say, owned by
 * the new task's user name space. 0, -EPERM, -EINVAL, -ENOSPC or -ENOMEM. => may sleep
 */
int copy_namespaces(u64 flags, struct task_struct *task);
/* The same for unshare(): *new is NULL when no flag asks for one. */
int unshare_nsproxy_namespaces(unsigned long flags, struct nsproxy **new, struct cred *cred,
			       struct fs_struct *new_fs);
/* The task's new set; eats the reference. */
void switch_task_namespaces(struct task_struct *task, struct nsproxy *new);
void exit_task_namespaces(struct task_struct *task);
/* execve() moves to the time name space that was set for children. 0 or -ENOMEM. */
int exec_task_namespaces(void);

#endif
