/* SPDX-License-Identifier: MIT */
/*
 * Mounts on descriptors: fsmount(), open_tree() and move_mount().
 *
 * A mount that has no place yet belongs to an anonymous namespace of its own, and a file opened on
 * its root keeps it. move_mount() gives it a place; when the file is closed before that, the tree
 * goes with it (FMODE_NEED_UNMOUNT).
 */
#include <linux/fcntl.h>
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/lsm.h>
#include <kern/nsproxy.h>
#include <kern/rwsem.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "fs_context.h"
#include "internal.h"
#include "mount.h"

/* ---- detached trees ---- */

/* Puts a tree that is nowhere into a namespace of its own. => no lock; the tree is ours alone */
static int enter_anon_ns(struct mount *tree)
{
	struct mnt_namespace *ns = alloc_anon_ns();

	if (!ns)
		return -ENOMEM;
	down_write(&namespace_sem);
	ns->root = tree;
	for (struct mount *p = tree; p; p = next_mnt(p, tree)) {
		p->mnt_ns = ns;
		list_add_tail(&p->mnt_list, &ns->list);
		ns->nr_mounts++;
	}
	up_write(&namespace_sem);
	return 0;
}

/* A place without content, opened for what can be done with places. */
static struct file *open_place(const struct path *path)
{
	return dentry_open(path, O_PATH, current_cred());
}

/* The file on the root of a detached tree, which then lives as long as the file. */
static struct file *open_detached(struct mount *tree)
{
	struct path path = { .mnt = &tree->mnt, .dentry = tree->mnt.mnt_root };
	struct file *file;
	LIST_HEAD(gone);
	int error = enter_anon_ns(tree);

	if (error) {
		down_write(&namespace_sem);
		umount_tree(tree, false, &gone);
		up_write(&namespace_sem);
		free_umounted(&gone);
		return ERR_PTR(error);
	}
	file = open_place(&path);
	if (IS_ERR(file))
		dissolve_on_fput(&tree->mnt);
	else
		file->f_mode |= FMODE_NEED_UNMOUNT;
	return file;
}

void dissolve_on_fput(struct vfsmount *m)
{
	struct mount *mnt = real_mount(m);
	struct mnt_namespace *ns;
	LIST_HEAD(gone);

	down_write(&namespace_sem);
	ns = mnt->mnt_ns;
	if (ns && is_anon_ns(ns))
		umount_tree(mnt, false, &gone);
	else
		ns = NULL;
	up_write(&namespace_sem);
	free_umounted(&gone);
	if (ns)
		free_anon_ns(ns);
}

/* ---- fsmount ---- */

int mount_attr_flags(u64 attr)
{
	static const struct {
		u64 attr;
		int flag;
	} names[] = {
		{ MOUNT_ATTR_RDONLY, MNT_READONLY },
		{ MOUNT_ATTR_NOSUID, MNT_NOSUID },
		{ MOUNT_ATTR_NODEV, MNT_NODEV },
		{ MOUNT_ATTR_NOEXEC, MNT_NOEXEC },
		{ MOUNT_ATTR_NODIRATIME, MNT_NODIRATIME },
		{ MOUNT_ATTR_NOSYMFOLLOW, MNT_NOSYMFOLLOW },
	};
	int flags = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (attr & names[i].attr)
			flags |= names[i].flag;
	return flags;
}

#define FSMOUNT_ATTRS                                                                              \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |            \
	 MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW)

static int fsmount_flags(unsigned int attr)
{
	int flags;

	if (attr & ~FSMOUNT_ATTRS)
		return -EINVAL;
	flags = mount_attr_flags(attr);
	switch (attr & MOUNT_ATTR__ATIME) {
	case MOUNT_ATTR_STRICTATIME:
		return flags;
	case MOUNT_ATTR_NOATIME:
		return flags | MNT_NOATIME;
	case MOUNT_ATTR_RELATIME:
		return flags | MNT_RELATIME;
	default:
		return -EINVAL;
	}
}

/* A mount of what the context has made, which it may change from then on. => its lock held */
static struct mount *mount_context(struct fs_context *fc, int flags)
{
	struct mount *mnt;

	if (!fc->root)
		return ERR_PTR(-EINVAL);
	if (fc->phase != FC_AWAITING_MOUNT)
		return ERR_PTR(-EBUSY);
	mnt = alloc_vfsmnt(fc->source ?: "none");
	if (!mnt)
		return ERR_PTR(-ENOMEM);
	atomic_inc(&fc->root->d_sb->s_active);
	mnt->mnt.mnt_root = dget(fc->root);
	mnt->mnt.mnt_sb = fc->root->d_sb;
	mnt->mnt.mnt_flags = flags;
	mnt->mnt_mountpoint = fc->root;
	if (fc->data)
		fc->data[0] = '\0';
	fc->data_len = 0;
	fc->phase = FC_RECONF_PARAMS;
	return mnt;
}

static int install_place(struct file *file, unsigned int flags)
{
	int fd;

	if (IS_ERR(file))
		return PTR_ERR(file);
	fd = get_unused_fd_flags(flags);
	if (fd < 0)
		fput(file);
	else
		fd_install(fd, file);
	return fd;
}

SYSCALL_DEFINE3(fsmount, int, fs_fd, unsigned int, flags, unsigned int, attr_flags)
{
	struct fs_context *fc;
	struct mount *mnt;
	int mnt_flags;
	struct fd f;

	if (!may_mount())
		return -EPERM;
	if (flags & ~FSMOUNT_CLOEXEC)
		return -EINVAL;
	mnt_flags = fsmount_flags(attr_flags);
	if (mnt_flags < 0)
		return mnt_flags;
	f = fdget(fs_fd);
	if (!f.file)
		return -EBADF;
	fc = file_fs_context(f.file);
	if (!fc) {
		fdput(f);
		return -EINVAL;
	}
	mutex_lock(&fc->lock);
	mnt = mount_context(fc, mnt_flags);
	mutex_unlock(&fc->lock);
	fdput(f);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	return install_place(open_detached(mnt), flags & FSMOUNT_CLOEXEC ? O_CLOEXEC : 0);
}

/* ---- open_tree ---- */

static struct file *open_copy(struct path *path, bool recurse)
{
	struct mount *copy;
	LIST_HEAD(gone);

	down_write(&namespace_sem);
	copy = copy_for_bind(path, recurse, &gone);
	up_write(&namespace_sem);
	free_umounted(&gone);
	return IS_ERR(copy) ? ERR_CAST(copy) : open_detached(copy);
}

SYSCALL_DEFINE3(open_tree, int, dfd, const char __user *, name, unsigned int, flags)
{
	unsigned int how = LOOKUP_AUTOMOUNT | LOOKUP_FOLLOW;
	bool clone = flags & OPEN_TREE_CLONE;
	struct file *file;
	struct path path;
	int error;

	if (flags & ~(AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW |
		      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC))
		return -EINVAL;
	if ((flags & (AT_RECURSIVE | OPEN_TREE_CLONE)) == AT_RECURSIVE)
		return -EINVAL;
	if (flags & AT_NO_AUTOMOUNT)
		how &= ~LOOKUP_AUTOMOUNT;
	if (flags & AT_SYMLINK_NOFOLLOW)
		how &= ~LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	if (clone && !may_mount())
		return -EPERM;
	error = user_path_at(dfd, name, how, &path);
	if (error)
		return error;
	file = clone ? open_copy(&path, flags & AT_RECURSIVE) : open_place(&path);
	path_put(&path);
	return install_place(file, flags & OPEN_TREE_CLOEXEC ? O_CLOEXEC : 0);
}

/* ---- move_mount ---- */

SYSCALL_DEFINE5(move_mount, int, from_dfd, const char __user *, from_name, int, to_dfd,
		const char __user *, to_name, unsigned int, flags)
{
	unsigned int from_how = 0, to_how = 0;
	struct path from, to;
	int error;

	if (!may_mount())
		return -EPERM;
	if (flags & ~MOVE_MOUNT__MASK)
		return -EINVAL;
	if (flags & MOVE_MOUNT_F_SYMLINKS)
		from_how |= LOOKUP_FOLLOW;
	if (flags & MOVE_MOUNT_F_AUTOMOUNTS)
		from_how |= LOOKUP_AUTOMOUNT;
	if (flags & MOVE_MOUNT_F_EMPTY_PATH)
		from_how |= LOOKUP_EMPTY;
	if (flags & MOVE_MOUNT_T_SYMLINKS)
		to_how |= LOOKUP_FOLLOW;
	if (flags & MOVE_MOUNT_T_AUTOMOUNTS)
		to_how |= LOOKUP_AUTOMOUNT;
	if (flags & MOVE_MOUNT_T_EMPTY_PATH)
		to_how |= LOOKUP_EMPTY;
	error = user_path_at(from_dfd, from_name, from_how, &from);
	if (error)
		return error;
	error = user_path_at(to_dfd, to_name, to_how, &to);
	if (!error) {
		error = lsm_mount();
		if (!error)
			error = flags & MOVE_MOUNT_SET_GROUP ? set_mount_group(&from, &to) :
							       move_mount_path(&from, &to);
		path_put(&to);
	}
	path_put(&from);
	return error;
}
