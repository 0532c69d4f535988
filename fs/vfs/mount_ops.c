/* SPDX-License-Identifier: MIT */
/* mount(2): what may be mounted where, and doing it. How a tree is attached: mount_attach.c. */
#include <linux/fcntl.h>
#include <fs/dentry.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <fs/nsfs.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/lsm.h>
#include <kern/nsproxy.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include "internal.h"
#include "mount.h"

/* Some kinds may be mounted by the root of any user name space. */
bool mount_capable(const struct file_system_type *type)
{
	return type->fs_flags & FS_USERNS_MOUNT ? ns_capable(current_user_ns(), CAP_SYS_ADMIN) :
						  capable(CAP_SYS_ADMIN);
}

static bool has_unbindable(struct mount *mnt)
{
	struct mount *p;

	for (p = mnt; p; p = next_mnt(p, mnt))
		if (p->mnt_propagation & MNT_UNBINDABLE)
			return true;
	return false;
}

/* Is something below the place that may not be uncovered? */
static bool has_locked_children(struct mount *mnt, struct dentry *dentry)
{
	struct mount *child;

	list_for_each_entry(child, &mnt->mnt_mounts, mnt_child)
		if (is_subdir(child->mnt_mountpoint, dentry) &&
		    (child->mnt.mnt_flags & MNT_LOCKED))
			return true;
	return false;
}

struct mount *copy_for_bind(struct path *path, bool recurse, struct list_head *undo)
{
	struct mount *old = real_mount(path->mnt), *copy;

	if ((!check_mnt(old) && !proc_ns_dentry(path->dentry)) || mnt_ns_loop(path->dentry) ||
	    (old->mnt_propagation & MNT_UNBINDABLE))
		return ERR_PTR(-EINVAL);
	if (!recurse && has_locked_children(old, path->dentry))
		return ERR_PTR(-EINVAL);
	if (recurse)
		copy = copy_tree(old, path->dentry, 0, undo);
	else
		copy = clone_mnt(old, path->dentry, 0);
	if (!IS_ERR(copy))
		copy->mnt.mnt_flags &= ~MNT_LOCKED;
	return copy;
}

/* MS_BIND */
static int do_loopback(struct path *path, const char *old_name, bool recurse)
{
	struct path old_path;
	struct mountpoint *mp;
	struct mount *copy;
	LIST_HEAD(gone);
	int error;

	if (!old_name || !*old_name)
		return -EINVAL;
	error = kern_path(old_name, LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT, &old_path);
	if (error)
		return error;
	mp = lock_mount(path);
	if (IS_ERR(mp)) {
		error = PTR_ERR(mp);
		goto out;
	}
	error = -EINVAL;
	if (!check_mnt(real_mount(path->mnt)))
		goto unlock;
	copy = copy_for_bind(&old_path, recurse, &gone);
	if (IS_ERR(copy)) {
		error = PTR_ERR(copy);
		goto unlock;
	}
	error = graft_tree(copy, real_mount(path->mnt), mp, &gone);
	if (error)
		umount_tree(copy, false, &gone);
unlock:
	unlock_mount(mp, &gone);
out:
	path_put(&old_path);
	return error;
}

/* The checks of a move. A tree that is not attached belongs to an anonymous namespace. */
static int check_move(struct path *from, struct path *to, bool attached)
{
	struct mount *old = real_mount(from->mnt), *dest = real_mount(to->mnt), *p;

	if (!check_mnt(dest) || !is_mounted(old) ||
	    !(attached ? check_mnt(old) : is_anon_ns(old->mnt_ns)) ||
	    from->dentry != from->mnt->mnt_root || (old->mnt.mnt_flags & MNT_LOCKED) ||
	    d_is_dir(to->dentry) != d_is_dir(from->dentry))
		return -EINVAL;
	if ((attached && IS_MNT_SHARED(old->mnt_parent)) ||
	    (IS_MNT_SHARED(dest) && has_unbindable(old)))
		return -EINVAL;
	for (p = dest; p != old && mnt_has_parent(p); p = p->mnt_parent)
		;
	return p == old ? -ELOOP : 0;
}

/* It is no more in the namespace that kept it. => namespace_sem held for writing */
static void leave_anon_ns(struct mount *tree)
{
	for (struct mount *p = tree; p; p = next_mnt(p, tree))
		list_del_init(&p->mnt_list);
}

static void return_to_anon_ns(struct mount *tree, struct mnt_namespace *ns)
{
	for (struct mount *p = tree; p; p = next_mnt(p, tree))
		list_add_tail(&p->mnt_list, &ns->list);
}

int move_mount_path(struct path *from, struct path *to)
{
	struct mount *old = real_mount(from->mnt);
	struct mnt_namespace *anon = NULL;
	struct mountpoint *mp;
	bool attached;
	LIST_HEAD(gone);
	int error;

	mp = lock_mount(to);
	if (IS_ERR(mp))
		return PTR_ERR(mp);
	attached = mnt_has_parent(old);
	error = check_move(from, to, attached);
	if (error)
		goto unlock;
	if (!attached) {
		anon = old->mnt_ns;
		leave_anon_ns(old);
	}
	error = attach_recursive_mnt(old, real_mount(to->mnt), mp, attached, &gone);
	if (error && anon) {
		return_to_anon_ns(old, anon);
		anon = NULL;
	}
unlock:
	unlock_mount(mp, &gone);
	if (anon)
		free_anon_ns(anon);
	return error;
}

/* MS_MOVE */
static int do_move_mount(struct path *path, const char *old_name)
{
	struct path old_path;
	int error;

	if (!old_name || !*old_name)
		return -EINVAL;
	error = kern_path(old_name, LOOKUP_FOLLOW, &old_path);
	if (error)
		return error;
	error = move_mount_path(&old_path, path);
	path_put(&old_path);
	return error;
}

/* => namespace_sem held for writing */
static int check_group(struct path *from_path, struct path *to_path)
{
	struct mount *from = real_mount(from_path->mnt), *to = real_mount(to_path->mnt);

	if (!is_mounted(from) || !is_mounted(to))
		return -EINVAL;
	if (!ns_capable(from->mnt_ns->user_ns, CAP_SYS_ADMIN) ||
	    !ns_capable(to->mnt_ns->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	if (from_path->dentry != from->mnt.mnt_root || to_path->dentry != to->mnt.mnt_root ||
	    from->mnt.mnt_sb != to->mnt.mnt_sb || !is_subdir(to->mnt.mnt_root, from->mnt.mnt_root) ||
	    has_locked_children(from, to->mnt.mnt_root))
		return -EINVAL;
	/* From a member of a group to one that is alone. */
	if (IS_MNT_SHARED(to) || to->mnt_master || (!IS_MNT_SHARED(from) && !from->mnt_master))
		return -EINVAL;
	return 0;
}

int set_mount_group(struct path *from_path, struct path *to_path)
{
	struct mount *from = real_mount(from_path->mnt), *to = real_mount(to_path->mnt);
	int error;

	down_write(&namespace_sem);
	error = check_group(from_path, to_path);
	if (!error) {
		write_seqlock(&mount_lock);
		if (from->mnt_master) {
			list_add(&to->mnt_slave, &from->mnt_master->mnt_slave_list);
			to->mnt_master = from->mnt_master;
		}
		if (IS_MNT_SHARED(from)) {
			to->mnt_group_id = from->mnt_group_id;
			list_add(&to->mnt_share, &from->mnt_share);
			to->mnt_propagation |= MNT_SHARED;
		}
		write_sequnlock(&mount_lock);
	}
	up_write(&namespace_sem);
	return error;
}

static int do_new_mount(struct path *path, const char *type_name, int sb_flags, int mnt_flags,
			const char *dev_name, void *data)
{
	struct file_system_type *type;
	struct vfsmount *mnt;
	struct mountpoint *mp;
	LIST_HEAD(gone);
	int error;

	if (!type_name)
		return -EINVAL;
	type = get_fs_type(type_name);
	if (!type)
		return -ENODEV;
	if (!mount_capable(type))
		return -EPERM;
	mnt = vfs_kern_mount(type, sb_flags, dev_name, data);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	mnt->mnt_flags = mnt_flags;
	mp = lock_mount(path);
	if (IS_ERR(mp)) {
		mntput(mnt);
		return PTR_ERR(mp);
	}
	if (!check_mnt(real_mount(path->mnt)))
		error = -EINVAL;
	else if (path->mnt->mnt_sb == mnt->mnt_sb && path->mnt->mnt_root == path->dentry)
		error = -EBUSY;		/* the same thing twice in a row */
	else if (d_is_symlink(mnt->mnt_root))
		error = -EINVAL;
	else
		error = graft_tree(real_mount(mnt), real_mount(path->mnt), mp, &gone);
	unlock_mount(mp, &gone);
	if (error)
		mntput(mnt);
	return error;
}

/* Writers hold the mount writable; nobody else may start once the flag is set. */
int make_mnt_readonly(struct mount *mnt)
{
	mnt->mnt.mnt_flags |= MNT_READONLY;
	smp_mb();
	if (!atomic_read(&mnt->mnt_writers))
		return 0;
	mnt->mnt.mnt_flags &= ~MNT_READONLY;
	return -EBUSY;
}

/* Flags that came locked from a more privileged namespace stay as they are. */
bool may_change_mnt_flags(int old, int new)
{
	const int atime = MNT_NOATIME | MNT_NODIRATIME | MNT_RELATIME;

	return !((old & MNT_LOCK_READONLY) && !(new & MNT_READONLY)) &&
	       !((old & MNT_LOCK_NODEV) && !(new & MNT_NODEV)) &&
	       !((old & MNT_LOCK_NOSUID) && !(new & MNT_NOSUID)) &&
	       !((old & MNT_LOCK_NOEXEC) && !(new & MNT_NOEXEC)) &&
	       !((old & MNT_LOCK_ATIME) && ((old ^ new) & atime));
}

static int set_mount_flags(struct mount *mnt, int flags)
{
	int locks = mnt->mnt.mnt_flags & MNT_LOCK_FLAGS;
	int error = 0;

	if (!may_change_mnt_flags(mnt->mnt.mnt_flags, flags))
		return -EPERM;
	flags |= locks;
	write_seqlock(&mount_lock);
	if ((flags & MNT_READONLY) && !(mnt->mnt.mnt_flags & MNT_READONLY))
		error = make_mnt_readonly(mnt);
	if (!error) {
		WRITE_ONCE(mnt->mnt.mnt_flags, flags);
		if (mnt->mnt_ns)
			touch_mnt_namespace(mnt->mnt_ns);
	}
	write_sequnlock(&mount_lock);
	return error;
}

/* MS_REMOUNT, with MS_BIND for the mount alone. */
static int do_remount(struct path *path, int sb_flags, int mnt_flags, void *data, bool bind)
{
	struct super_block *sb = path->mnt->mnt_sb;
	struct mount *mnt = real_mount(path->mnt);
	int error = 0;

	if (!check_mnt(mnt) || path->dentry != path->mnt->mnt_root)
		return -EINVAL;
	if (bind)
		return set_mount_flags(mnt, mnt_flags);
	if (!ns_capable(sb->s_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	down_write(&sb->s_umount);
	error = do_remount_sb(sb, sb_flags, data);
	if (!error)
		error = set_mount_flags(mnt, mnt_flags);
	up_write(&sb->s_umount);
	return error;
}

int do_change_type(struct path *path, int flag)
{
	int type = flag & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE);
	struct mount *mnt = real_mount(path->mnt);
	struct mount *p;
	int error = 0;

	if ((flag & ~(MS_REC | MS_SILENT | type)) || !type || (type & (type - 1)))
		return -EINVAL;
	if (path->dentry != path->mnt->mnt_root)
		return -EINVAL;
	down_write(&namespace_sem);
	if (!check_mnt(mnt)) {
		error = -EINVAL;
	} else if (type == MS_SHARED) {
		error = invent_group_ids(mnt, flag & MS_REC);
	}
	if (!error) {
		write_seqlock(&mount_lock);
		for (p = mnt; p; p = next_mnt_of(p, mnt, flag & MS_REC))
			change_mnt_propagation(p, type);
		write_sequnlock(&mount_lock);
	}
	up_write(&namespace_sem);
	return error;
}

static int mount_flags_of(unsigned long flags, struct vfsmount *old)
{
	int mnt_flags = 0;

	if (!(flags & MS_NOATIME))
		mnt_flags |= MNT_RELATIME;
	if (flags & MS_NOSUID)
		mnt_flags |= MNT_NOSUID;
	if (flags & MS_NODEV)
		mnt_flags |= MNT_NODEV;
	if (flags & MS_NOEXEC)
		mnt_flags |= MNT_NOEXEC;
	if (flags & MS_NOATIME)
		mnt_flags |= MNT_NOATIME;
	if (flags & MS_NODIRATIME)
		mnt_flags |= MNT_NODIRATIME;
	if (flags & MS_STRICTATIME)
		mnt_flags &= ~(MNT_RELATIME | MNT_NOATIME);
	if (flags & MS_RDONLY)
		mnt_flags |= MNT_READONLY;
	if (flags & MS_NOSYMFOLLOW)
		mnt_flags |= MNT_NOSYMFOLLOW;
	/* A remount that names no atime setting keeps the old one. */
	if ((flags & MS_REMOUNT) && !(flags & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME |
					       MS_STRICTATIME))) {
		const int atime = MNT_NOATIME | MNT_NODIRATIME | MNT_RELATIME;

		mnt_flags = (mnt_flags & ~atime) | (old->mnt_flags & atime);
	}
	return mnt_flags;
}

int path_mount(const char *dev_name, struct path *path, const char *type, unsigned long flags,
	       void *data)
{
	int mnt_flags, sb_flags, error;

	if ((flags & MS_MGC_MSK) == MS_MGC_VAL)
		flags &= ~MS_MGC_MSK;
	if (data)
		((char *)data)[PAGE_SIZE - 1] = '\0';
	if (flags & MS_NOUSER)
		return -EINVAL;
	error = lsm_mount();
	if (error)
		return error;
	if (!may_mount())
		return -EPERM;
	mnt_flags = mount_flags_of(flags, path->mnt);
	sb_flags = flags & (SB_RDONLY | SB_SYNCHRONOUS | SB_MANDLOCK | SB_DIRSYNC | SB_SILENT |
			    SB_POSIXACL | SB_LAZYTIME | SB_I_VERSION);
	if ((flags & (MS_REMOUNT | MS_BIND)) == (MS_REMOUNT | MS_BIND))
		return do_remount(path, sb_flags, mnt_flags, data, true);
	if (flags & MS_REMOUNT)
		return do_remount(path, sb_flags, mnt_flags, data, false);
	if (flags & MS_BIND)
		return do_loopback(path, dev_name, flags & MS_REC);
	if (flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		return do_change_type(path, flags);
	if (flags & MS_MOVE)
		return do_move_mount(path, dev_name);
	return do_new_mount(path, type, sb_flags, mnt_flags, dev_name, data);
}

int do_mount(const char *dev_name, const char *dir_name, const char *type, unsigned long flags,
	     void *data)
{
	struct path path;
	int error = kern_path(dir_name, LOOKUP_FOLLOW, &path);

	if (error)
		return error;
	error = path_mount(dev_name, &path, type, flags, data);
	path_put(&path);
	return error;
}

/* The options of mount(2): a page of text or binary; what can be read of it. */
static void *copy_mount_options(const void __user *data)
{
	char *copy;
	unsigned long left;

	if (!data)
		return NULL;
	copy = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	left = copy_from_user(copy, data, PAGE_SIZE);
	if (left == PAGE_SIZE) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	memset(copy + PAGE_SIZE - left, 0, left);
	return copy;
}

static char *copy_mount_string(const char __user *s)
{
	return s ? strndup_user(s, PAGE_SIZE) : NULL;
}

SYSCALL_DEFINE5(mount, const char __user *, dev_name, const char __user *, dir_name,
		const char __user *, type, unsigned long, flags, const void __user *, data)
{
	char *ktype, *kdev;
	struct path path;
	void *options;
	long error;

	ktype = copy_mount_string(type);
	if (IS_ERR(ktype))
		return PTR_ERR(ktype);
	kdev = copy_mount_string(dev_name);
	error = PTR_ERR(kdev);
	if (IS_ERR(kdev))
		goto out_type;
	options = copy_mount_options(data);
	error = PTR_ERR(options);
	if (IS_ERR(options))
		goto out_dev;
	error = user_path_at(AT_FDCWD, dir_name, LOOKUP_FOLLOW, &path);
	if (!error) {
		error = path_mount(kdev, &path, ktype, flags, options);
		path_put(&path);
	}
	kfree(options);
out_dev:
	kfree(kdev);
out_type:
	kfree(ktype);
	return error;
}
