// SPDX-License-Identifier: MIT
/*
 * setns(): joins name spaces, named by a descriptor of one or by a process.
 *
 * All kinds first put themselves into a struct nsset, each checking the caller's rights; when all
 * have agreed the set is committed. With a user name space among them it comes first, so that its
 * capabilities count for the rest.
 */
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/nsfs.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/ipc.h>
#include <kern/nsproxy.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <kern/ptrace.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_namespace.h>
#include <kern/user_namespace.h>

#include <linux/sched.h>

#include <um/vdso.h>

#include "internal.h"

#define SETNS_FLAGS                                                                                \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWTIME |                \
	 CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWCGROUP)

static void put_nsset(struct nsset *set)
{
	if ((set->flags & CLONE_NEWUSER) && set->cred)
		abort_creds(set->cred);
	if (set->fs && set->fs != current->fs)
		free_fs_struct(set->fs);
	if (set->nsproxy)
		put_nsproxy(set->nsproxy);
}

static int prepare_nsset(unsigned int flags, struct nsset *set)
{
	set->flags = flags;
	set->nsproxy = create_new_namespaces(0, current->nsproxy, current_user_ns(), current->fs);
	if (IS_ERR(set->nsproxy)) {
		int error = PTR_ERR(set->nsproxy);

		set->nsproxy = NULL;
		return error;
	}
	set->cred = flags & CLONE_NEWUSER ? prepare_creds() : (struct cred *)current_cred();
	if (!set->cred)
		return -ENOMEM;
	/* Alone, the mount name space moves root and working folder by itself. */
	if (flags == CLONE_NEWNS)
		set->fs = current->fs;
	else if (flags & CLONE_NEWNS)
		set->fs = copy_fs_struct(current->fs);
	return (flags & CLONE_NEWNS) && !set->fs ? -ENOMEM : 0;
}

static int install(struct nsset *set, struct ns_common *ns)
{
	return ns->ops->install(set, ns);
}

/* All of a process's, in the order in which one may need the right that another gives. */
static const struct proc_ns_operations *const all_kinds[] = {
	&userns_operations, &mntns_operations,	&utsns_operations, &ipcns_operations,
	&pidns_operations,  &cgroupns_operations, &netns_operations, &timens_operations,
};

static int install_from_task(struct nsset *set, struct task_struct *task)
{
	for (size_t i = 0; i < ARRAY_SIZE(all_kinds); i++) {
		const struct proc_ns_operations *ops = all_kinds[i];
		struct ns_common *ns;
		int error;

		if (!(set->flags & ops->type))
			continue;
		ns = ops->get(task);
		if (!ns)
			return -ESRCH;
		error = ops->install(set, ns);
		ops->put(ns);
		if (error)
			return error;
	}
	return 0;
}

static int install_from_pid(struct nsset *set, struct pid *pid)
{
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);
	int error;

	if (!task)
		return -ESRCH;
	error = ptrace_may_access(task, PTRACE_MODE_READ_REALCREDS) ? install_from_task(set, task) :
								      -EPERM;
	put_task_struct(task);
	return error;
}

static void commit_nsset(struct nsset *set)
{
	struct task_struct *me = current;

	if (set->flags & CLONE_NEWUSER) {
		commit_creds(set->cred);
		set->cred = NULL;
	}
	if ((set->flags & CLONE_NEWNS) && set->fs != me->fs) {
		set_fs_root(me->fs, &set->fs->root);
		set_fs_pwd(me->fs, &set->fs->pwd);
	}
	if (set->flags & CLONE_NEWIPC)
		exit_sem(me);
	if (set->flags & CLONE_NEWTIME)
		freeze_time_ns(set->nsproxy->time_ns);
	switch_task_namespaces(me, set->nsproxy);
	set->nsproxy = NULL;
	if (set->flags & CLONE_NEWTIME)
		um_vdso_forget_clocks(me->mm);
}

SYSCALL_DEFINE2(setns, int, fd, int, flags)
{
	struct file *file = fget(fd);
	struct nsset set = {};
	struct ns_common *ns;
	struct pid *pid;
	int error = 0;

	if (!file)
		return -EBADF;
	ns = proc_ns_file(file);
	pid = pidfd_pid(file);
	if (ns) {
		if (flags && (unsigned int)flags != ns->ops->type)
			error = -EINVAL;
		flags = ns->ops->type;
	} else if (!IS_ERR(pid)) {
		if (!flags || (flags & ~SETNS_FLAGS))
			error = -EINVAL;
	} else {
		error = -EINVAL;
	}
	if (!error)
		error = prepare_nsset(flags, &set);
	if (!error)
		error = ns ? install(&set, ns) : install_from_pid(&set, pid);
	if (!error)
		commit_nsset(&set);
	put_nsset(&set);
	fput(file);
	return error;
}
