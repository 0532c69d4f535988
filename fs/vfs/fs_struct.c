/* SPDX-License-Identifier: MIT */
/* Root, current folder and umask of processes; chdir, fchdir, chroot, umask. */
#include <kern/fork.h>
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/pid.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <mm/slab.h>
#include "internal.h"

struct fs_struct init_fs = {
	.users = 1,
	.lock = __SPIN_LOCK_UNLOCKED(init_fs.lock),
	.seq = SEQCNT_ZERO(init_fs.seq),
	.umask = 0022,
};

static void replace_path(struct fs_struct *fs, struct path *slot, const struct path *path)
{
	struct path old;

	path_get(path);
	spin_lock(&fs->lock);
	write_seqcount_begin(&fs->seq);
	old = *slot;
	*slot = *path;
	write_seqcount_end(&fs->seq);
	spin_unlock(&fs->lock);
	if (old.dentry)
		path_put(&old);
}

void set_fs_root(struct fs_struct *fs, const struct path *path)
{
	replace_path(fs, &fs->root, path);
}

void set_fs_pwd(struct fs_struct *fs, const struct path *path)
{
	replace_path(fs, &fs->pwd, path);
}

void get_fs_root(struct fs_struct *fs, struct path *root)
{
	spin_lock(&fs->lock);
	*root = fs->root;
	path_get(root);
	spin_unlock(&fs->lock);
}

void get_fs_pwd(struct fs_struct *fs, struct path *pwd)
{
	spin_lock(&fs->lock);
	*pwd = fs->pwd;
	path_get(pwd);
	spin_unlock(&fs->lock);
}

int current_umask(void)
{
	return current->fs->umask;
}

struct fs_struct *copy_fs_struct(struct fs_struct *old)
{
	struct fs_struct *fs = kmalloc(sizeof(*fs), GFP_KERNEL);

	if (!fs)
		return NULL;
	fs->users = 1;
	fs->in_exec = 0;
	spin_lock_init(&fs->lock);
	seqcount_init(&fs->seq);
	spin_lock(&old->lock);
	fs->umask = old->umask;
	fs->root = old->root;
	path_get(&fs->root);
	fs->pwd = old->pwd;
	path_get(&fs->pwd);
	spin_unlock(&old->lock);
	return fs;
}

void free_fs_struct(struct fs_struct *fs)
{
	path_put(&fs->root);
	path_put(&fs->pwd);
	kfree(fs);
}

int share_fs_struct(struct fs_struct *fs)
{
	int error = 0;

	spin_lock(&fs->lock);
	if (fs->in_exec)
		error = -EAGAIN;
	else
		fs->users++;
	spin_unlock(&fs->lock);
	return error;
}

void put_fs_struct(struct fs_struct *fs)
{
	bool last;

	spin_lock(&fs->lock);
	last = !--fs->users;
	spin_unlock(&fs->lock);
	if (last)
		free_fs_struct(fs);
}

void exit_fs(struct task_struct *task)
{
	struct fs_struct *fs = task->fs;

	if (!fs)
		return;
	spin_lock(&task->alloc_lock);
	task->fs = NULL;
	spin_unlock(&task->alloc_lock);
	put_fs_struct(fs);
}

int unshare_fs_struct(void)
{
	struct fs_struct *old = current->fs;
	struct fs_struct *copy;

	if (READ_ONCE(old->users) == 1)
		return 0;
	copy = copy_fs_struct(old);
	if (!copy)
		return -ENOMEM;
	spin_lock(&current->alloc_lock);
	current->fs = copy;
	spin_unlock(&current->alloc_lock);
	put_fs_struct(old);
	return 0;
}

static int replace_if(struct path *slot, const struct path *old, const struct path *new)
{
	if (!path_equal(slot, old))
		return 0;
	*slot = *new;
	return 1;
}

void chroot_fs_refs(const struct path *old, const struct path *new)
{
	struct task_struct *leader, *task;
	int hits = 0;

	read_lock(&tasklist_lock);
	for_each_process_thread(leader, task) {
		struct fs_struct *fs;

		spin_lock(&task->alloc_lock);
		fs = task->fs;
		if (fs) {
			int n;

			spin_lock(&fs->lock);
			write_seqcount_begin(&fs->seq);
			n = replace_if(&fs->root, old, new) + replace_if(&fs->pwd, old, new);
			write_seqcount_end(&fs->seq);
			hits += n;
			while (n--)
				path_get(new);
			spin_unlock(&fs->lock);
		}
		spin_unlock(&task->alloc_lock);
	}
	read_unlock(&tasklist_lock);
	while (hits--)
		path_put(old);
}

/* ---- system calls ---- */

SYSCALL_DEFINE1(umask, int, mask)
{
	struct fs_struct *fs = current->fs;

	return __atomic_exchange_n(&fs->umask, mask & S_IRWXUGO, __ATOMIC_RELAXED);
}

SYSCALL_DEFINE1(chdir, const char __user *, name)
{
	struct path path;
	int error = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (error)
		return error;
	error = inode_permission(d_inode(path.dentry), MAY_EXEC | MAY_CHDIR);
	if (!error)
		set_fs_pwd(current->fs, &path);
	path_put(&path);
	return error;
}

SYSCALL_DEFINE1(fchdir, unsigned int, fd)
{
	struct fd f = fdget_raw(fd);
	int error = -EBADF;

	if (!f.file)
		return error;
	error = -ENOTDIR;
	if (d_is_dir(f.file->f_path.dentry))
		error = inode_permission(file_inode(f.file), MAY_EXEC | MAY_CHDIR);
	if (!error)
		set_fs_pwd(current->fs, &f.file->f_path);
	fdput(f);
	return error;
}

SYSCALL_DEFINE1(chroot, const char __user *, name)
{
	struct path path;
	int error = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);

	if (error)
		return error;
	error = inode_permission(d_inode(path.dentry), MAY_EXEC | MAY_CHDIR);
	if (!error && !capable(CAP_SYS_CHROOT))
		error = -EPERM;
	if (!error)
		set_fs_root(current->fs, &path);
	path_put(&path);
	return error;
}
