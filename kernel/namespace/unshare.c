// SPDX-License-Identifier: MIT
/* unshare(): parts that the caller shares with others become its own. */
#include <fs/fdtable.h>
#include <fs/fs_struct.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/ipc.h>
#include <kern/nsproxy.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/user_namespace.h>
#include <mm/mmap.h>

#include <linux/sched.h>

#include "internal.h"

#define UNSHARE_FLAGS                                                                              \
	(CLONE_THREAD | CLONE_FS | CLONE_NEWNS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES |          \
	 CLONE_SYSVSEM | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUSER |              \
	 CLONE_NEWPID | CLONE_NEWCGROUP | CLONE_NEWTIME)

/* One flag brings others with it. */
static unsigned long implied_flags(unsigned long flags)
{
	if (flags & CLONE_NEWUSER)
		flags |= CLONE_THREAD | CLONE_FS;
	if (flags & CLONE_VM)
		flags |= CLONE_SIGHAND;
	if (flags & CLONE_SIGHAND)
		flags |= CLONE_THREAD;
	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	if (flags & CLONE_NEWIPC)
		flags |= CLONE_SYSVSEM;
	return flags;
}

/* A process with threads, or whose memory or handlers others use, cannot split off from them. */
static int check_flags(unsigned long flags)
{
	if (flags & ~(unsigned long)UNSHARE_FLAGS)
		return -EINVAL;
	if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) && !thread_group_empty(current))
		return -EINVAL;
	if ((flags & (CLONE_SIGHAND | CLONE_VM)) && refcount_read(&current->sighand->count) > 1)
		return -EINVAL;
	if ((flags & CLONE_VM) && atomic_read(&current->mm->mm_users) > 1)
		return -EINVAL;
	return 0;
}

static int unshare_fs(unsigned long flags, struct fs_struct **new_fs)
{
	struct fs_struct *fs = current->fs;

	if (!(flags & CLONE_FS) || READ_ONCE(fs->users) == 1)
		return 0;
	*new_fs = copy_fs_struct(fs);
	return *new_fs ? 0 : -ENOMEM;
}

static int unshare_fd(unsigned long flags, struct files_struct **new_files)
{
	struct files_struct *files = current->files;

	if (!(flags & CLONE_FILES) || atomic_read(&files->count) == 1)
		return 0;
	files = dup_fd(files, ~0U);
	if (IS_ERR(files))
		return PTR_ERR(files);
	*new_files = files;
	return 0;
}

/* Nothing fails any more. */
static void install(struct fs_struct *fs, struct files_struct *files, struct nsproxy *ns)
{
	struct fs_struct *old_fs = NULL;
	struct files_struct *old_files = NULL;

	if (ns)
		switch_task_namespaces(current, ns);
	task_lock(current);
	if (fs) {
		old_fs = current->fs;
		current->fs = fs;
	}
	if (files) {
		old_files = current->files;
		current->files = files;
	}
	task_unlock(current);
	if (old_fs)
		put_fs_struct(old_fs);
	if (old_files)
		put_files_struct(old_files);
}

int ksys_unshare(unsigned long flags)
{
	struct files_struct *files = NULL;
	struct fs_struct *fs = NULL;
	struct nsproxy *ns = NULL;
	struct cred *cred = NULL;
	int error;

	flags = implied_flags(flags);
	error = check_flags(flags) ?: unshare_fs(flags, &fs) ?: unshare_fd(flags, &files) ?:
		unshare_userns(flags, &cred) ?: unshare_nsproxy_namespaces(flags, &ns, cred, fs);
	if (error) {
		if (cred)
			abort_creds(cred);
		if (files)
			put_files_struct(files);
		if (fs)
			free_fs_struct(fs);
		return error;
	}
	if (flags & CLONE_SYSVSEM)
		exit_sem(current);
	install(fs, files, ns);
	if (cred)
		commit_creds(cred);
	return 0;
}

SYSCALL_DEFINE1(unshare, unsigned long, flags)
{
	return ksys_unshare(flags);
}
