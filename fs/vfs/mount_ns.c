/* SPDX-License-Identifier: MIT */
/* Mount namespaces: the first one, copies, and changing the root of one. */
#include <linux/sched.h>
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
#include <kern/init.h>
#include <kern/fork.h>
#include <kern/nsproxy.h>
#include <kern/panic.h>
#include <kern/syscalls.h>
#include <kern/user_namespace.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "internal.h"
#include "mount.h"

struct mnt_namespace *init_mnt_ns;
static u64 mnt_event;			/* mount_lock */
static u64 mnt_ns_seq;			/* x: how many there have been */

/* => mount_lock held for writing */
void touch_mnt_namespace(struct mnt_namespace *ns)
{
	if (ns) {
		ns->event = ++mnt_event;
		wake_up_interruptible(&ns->poll);
	}
}

static struct mnt_namespace *alloc_mnt_ns(struct user_namespace *user_ns)
{
	struct mnt_namespace *ns;
	struct ucounts *ucounts;
	int error = -ENOMEM;

	ucounts = inc_ucount(user_ns, current_euid(), UCOUNT_MNT_NAMESPACES);
	if (!ucounts)
		return ERR_PTR(-ENOSPC);
	ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	if (ns)
		error = ns_common_init(&ns->ns, &mntns_operations);
	if (error) {
		kfree(ns);
		dec_ucount(ucounts, UCOUNT_MNT_NAMESPACES);
		return ERR_PTR(error);
	}
	ns->user_ns = get_user_ns(user_ns);
	ns->ucounts = ucounts;
	ns->seq = __atomic_add_fetch(&mnt_ns_seq, 1, __ATOMIC_RELAXED);
	INIT_LIST_HEAD(&ns->list);
	init_waitqueue_head(&ns->poll);
	return ns;
}

struct mnt_namespace *alloc_anon_ns(void)
{
	struct mnt_namespace *ns = kzalloc(sizeof(*ns), GFP_KERNEL);

	if (!ns)
		return NULL;
	refcount_set(&ns->ns.count, 1);
	ns->user_ns = get_user_ns(current_user_ns());
	INIT_LIST_HEAD(&ns->list);
	init_waitqueue_head(&ns->poll);
	return ns;
}

void free_anon_ns(struct mnt_namespace *ns)
{
	put_user_ns(ns->user_ns);
	kfree(ns);
}

static void free_mnt_ns(struct mnt_namespace *ns)
{
	ns_common_exit(&ns->ns);
	dec_ucount(ns->ucounts, UCOUNT_MNT_NAMESPACES);
	put_user_ns(ns->user_ns);
	kfree(ns);
}

void get_mnt_ns(struct mnt_namespace *ns)
{
	refcount_inc(&ns->ns.count);
}

void put_mnt_ns(struct mnt_namespace *ns)
{
	LIST_HEAD(gone);

	if (!ns || !refcount_dec_and_test(&ns->ns.count))
		return;
	down_write(&namespace_sem);
	umount_tree(ns->root, false, &gone);
	up_write(&namespace_sem);
	free_umounted(&gone);
	free_mnt_ns(ns);
}

void lock_mnt_tree(struct mount *mnt)
{
	for (struct mount *p = mnt; p; p = next_mnt(p, mnt)) {
		int flags = p->mnt.mnt_flags | MNT_LOCK_ATIME;

		if (flags & MNT_READONLY)
			flags |= MNT_LOCK_READONLY;
		if (flags & MNT_NODEV)
			flags |= MNT_LOCK_NODEV;
		if (flags & MNT_NOSUID)
			flags |= MNT_LOCK_NOSUID;
		if (flags & MNT_NOEXEC)
			flags |= MNT_LOCK_NOEXEC;
		/* What lies under a mount must not come to light. */
		if (p != mnt)
			flags |= MNT_LOCKED;
		WRITE_ONCE(p->mnt.mnt_flags, flags);
	}
}

/* Root and pwd of a task that gets the copy move to the same place in it. */
static void move_fs(struct fs_struct *fs, struct mount *from, struct mount *to,
		    struct vfsmount **put)
{
	if (&from->mnt == fs->root.mnt) {
		put[0] = fs->root.mnt;
		fs->root.mnt = mntget(&to->mnt);
	}
	if (&from->mnt == fs->pwd.mnt) {
		put[1] = fs->pwd.mnt;
		fs->pwd.mnt = mntget(&to->mnt);
	}
}

struct mnt_namespace *copy_mnt_ns(unsigned long flags, struct mnt_namespace *ns,
				  struct user_namespace *user_ns, struct fs_struct *new_fs)
{
	bool less_privileged = user_ns != ns->user_ns;
	struct vfsmount *put[2] = { NULL, NULL };
	struct mnt_namespace *copy;
	struct mount *top, *p, *q;
	LIST_HEAD(undo);

	if (!(flags & CLONE_NEWNS)) {
		get_mnt_ns(ns);
		return ns;
	}
	copy = alloc_mnt_ns(user_ns);
	if (IS_ERR(copy))
		return copy;
	down_write(&namespace_sem);
	/* What the copy's owner mounts must not show in the more privileged one. */
	top = copy_tree(ns->root, ns->root->mnt.mnt_root,
			CL_COPY_UNBINDABLE | (less_privileged ? CL_SHARED_TO_SLAVE : 0), &undo);
	if (IS_ERR(top)) {
		up_write(&namespace_sem);
		free_umounted(&undo);
		free_mnt_ns(copy);
		return ERR_CAST(top);
	}
	if (less_privileged) {
		write_seqlock(&mount_lock);
		lock_mnt_tree(top);
		write_sequnlock(&mount_lock);
	}
	copy->root = top;
	/* The two trees have the same shape: walk them side by side. */
	p = ns->root;
	for (q = top; q; q = next_mnt(q, top)) {
		q->mnt_ns = copy;
		list_add_tail(&q->mnt_list, &copy->list);
		copy->nr_mounts++;
		if (new_fs && p)
			move_fs(new_fs, p, q, put);
		p = next_mnt(p, ns->root);
	}
	up_write(&namespace_sem);
	mntput(put[0]);
	mntput(put[1]);
	return copy;
}

bool current_chrooted(void)
{
	struct path top, root;
	bool chrooted;

	get_fs_root(current->fs, &root);
	top.mnt = mntget(&current->nsproxy->mnt_ns->root->mnt);
	top.dentry = dget(top.mnt->mnt_root);
	/* Through what is mounted on the root, as a lookup of "/" would go. */
	for (;;) {
		struct vfsmount *above = lookup_mnt(&top);

		if (!above)
			break;
		path_put(&top);
		top.mnt = above;
		top.dentry = dget(above->mnt_root);
	}
	chrooted = !path_equal(&root, &top);
	path_put(&top);
	path_put(&root);
	return chrooted;
}

bool mnt_may_suid(struct vfsmount *mnt)
{
	/* A foreign mount, or one of a less privileged user name space, gives no rights. */
	return !(mnt->mnt_flags & MNT_NOSUID) && check_mnt(real_mount(mnt)) &&
	       current_in_userns(mnt->mnt_sb->s_user_ns);
}

/* ---- as a file ---- */

static struct mnt_namespace *to_mnt_ns(struct ns_common *ns)
{
	return container_of(ns, struct mnt_namespace, ns);
}

bool mnt_ns_loop(struct dentry *dentry)
{
	struct ns_common *ns = proc_ns_dentry(dentry);

	return ns && ns->ops == &mntns_operations &&
	       to_mnt_ns(ns)->seq <= current->nsproxy->mnt_ns->seq;
}

static struct ns_common *mntns_get(struct task_struct *task)
{
	struct mnt_namespace *ns = NULL;

	task_lock(task);
	if (task->nsproxy) {
		ns = task->nsproxy->mnt_ns;
		get_mnt_ns(ns);
	}
	task_unlock(task);
	return ns ? &ns->ns : NULL;
}

static void mntns_put(struct ns_common *ns)
{
	put_mnt_ns(to_mnt_ns(ns));
}

/* Joining moves root and working folder to the root of the namespace. */
static int mntns_install(struct nsset *nsset, struct ns_common *ns)
{
	struct mnt_namespace *new = to_mnt_ns(ns);
	struct user_namespace *user_ns = nsset->cred->user_ns;
	struct path root;

	if (!ns_capable(new->user_ns, CAP_SYS_ADMIN) || !ns_capable(user_ns, CAP_SYS_CHROOT) ||
	    !ns_capable(user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	/* Others that share root and folder would be moved with them. */
	if (nsset->fs->users != 1)
		return -EINVAL;
	get_mnt_ns(new);
	put_mnt_ns(nsset->nsproxy->mnt_ns);
	nsset->nsproxy->mnt_ns = new;
	down_read(&namespace_sem);
	root.mnt = mntget(&new->root->mnt);
	up_read(&namespace_sem);
	root.dentry = dget(root.mnt->mnt_root);
	for (;;) {
		struct vfsmount *above = lookup_mnt(&root);

		if (!above)
			break;
		path_put(&root);
		root.mnt = above;
		root.dentry = dget(above->mnt_root);
	}
	set_fs_pwd(nsset->fs, &root);
	set_fs_root(nsset->fs, &root);
	path_put(&root);
	return 0;
}

static struct user_namespace *mntns_owner(struct ns_common *ns)
{
	return to_mnt_ns(ns)->user_ns;
}

const struct proc_ns_operations mntns_operations = {
	.name = "mnt",
	.kind = "mnt",
	.type = CLONE_NEWNS,
	.get = mntns_get,
	.put = mntns_put,
	.install = mntns_install,
	.owner = mntns_owner,
};

/* ---- pivot_root ---- */

/*
 * The checks of pivot_root: both are mounts of ours, new below the old root, put_old below new,
 * and neither hears of what we do to others.
 */
static int pivot_check(struct path *new, struct path *old, struct path *root,
		       struct mount *old_mnt)
{
	struct mount *new_mnt = real_mount(new->mnt);
	struct mount *root_mnt = real_mount(root->mnt);

	if (!check_mnt(root_mnt) || !check_mnt(new_mnt))
		return -EINVAL;
	if (new_mnt->mnt.mnt_flags & MNT_LOCKED)
		return -EINVAL;
	if (d_unlinked(new->dentry))
		return -ENOENT;
	if (new_mnt == root_mnt || old_mnt == root_mnt)
		return -EBUSY;
	if (IS_MNT_SHARED(old_mnt) ||
	    (mnt_has_parent(new_mnt) && IS_MNT_SHARED(new_mnt->mnt_parent)) ||
	    (mnt_has_parent(root_mnt) && IS_MNT_SHARED(root_mnt->mnt_parent)))
		return -EINVAL;
	if (root->mnt->mnt_root != root->dentry || !mnt_has_parent(root_mnt))
		return -EINVAL;
	if (new->mnt->mnt_root != new->dentry || !mnt_has_parent(new_mnt))
		return -EINVAL;
	if (!is_path_reachable(old_mnt, old->dentry, new) ||
	    !is_path_reachable(new_mnt, new->dentry, root))
		return -EINVAL;
	return 0;
}

static int pivot(struct path *new, struct path *old, struct path *root)
{
	struct mount *new_mnt = real_mount(new->mnt);
	struct mount *root_mnt = real_mount(root->mnt);
	struct mount *root_parent, *new_parent;
	struct mountpoint *old_mp, *root_mp;
	struct dentry *put[2];
	int error;

	inode_lock(d_inode(old->dentry));
	down_write(&namespace_sem);
	error = pivot_check(new, old, root, real_mount(old->mnt));
	if (error)
		goto unlock;
	old_mp = get_mountpoint(old->dentry);
	error = PTR_ERR(old_mp);
	if (IS_ERR(old_mp))
		goto unlock;
	error = 0;
	write_seqlock(&mount_lock);
	root_mp = root_mnt->mnt_mp;
	root_mp->count++;
	new_parent = detach_mnt(new_mnt, &put[0]);
	root_parent = detach_mnt(root_mnt, &put[1]);
	/* What the old root hid stays hidden by the new one. */
	if (root_mnt->mnt.mnt_flags & MNT_LOCKED) {
		new_mnt->mnt.mnt_flags |= MNT_LOCKED;
		root_mnt->mnt.mnt_flags &= ~MNT_LOCKED;
	}
	attach_mnt(root_mnt, real_mount(old->mnt), old_mp);
	attach_mnt(new_mnt, root_parent, root_mp);
	touch_mnt_namespace(current->nsproxy->mnt_ns);
	write_sequnlock(&mount_lock);
	put_mountpoint(root_mp);
	put_mountpoint(old_mp);
	dput(put[0]);
	dput(put[1]);
	mntput(&new_parent->mnt);
	mntput(&root_parent->mnt);
unlock:
	up_write(&namespace_sem);
	inode_unlock(d_inode(old->dentry));
	if (!error)
		chroot_fs_refs(root, new);
	return error;
}

SYSCALL_DEFINE2(pivot_root, const char __user *, new_root, const char __user *, put_old)
{
	struct path new, old, root;
	int error;

	if (!may_mount())
		return -EPERM;
	error = user_path_at(AT_FDCWD, new_root, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new);
	if (error)
		return error;
	error = user_path_at(AT_FDCWD, put_old, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old);
	if (error)
		goto out_new;
	get_fs_root(current->fs, &root);
	error = lsm_mount() ?: pivot(&new, &old, &root);
	path_put(&root);
	path_put(&old);
out_new:
	path_put(&new);
	return error;
}

/* ---- boot ---- */

/* The namespace that all begin in: an empty rootfs, and the first task's root and pwd there. */
static void __init init_mount_tree(void)
{
	struct vfsmount *mnt = vfs_kern_mount(get_fs_type("rootfs"), 0, "rootfs", NULL);
	struct path root;

	if (IS_ERR(mnt))
		panic("cannot mount rootfs: error %ld", PTR_ERR(mnt));
	init_mnt_ns = alloc_mnt_ns(&init_user_ns);
	if (IS_ERR(init_mnt_ns))
		panic("no memory for the first mount name space: error %ld", PTR_ERR(init_mnt_ns));
	init_mnt_ns->root = real_mount(mnt);
	real_mount(mnt)->mnt_ns = init_mnt_ns;
	list_add(&real_mount(mnt)->mnt_list, &init_mnt_ns->list);
	init_mnt_ns->nr_mounts = 1;
	init_nsproxy.mnt_ns = init_mnt_ns;
	root.mnt = mnt;
	root.dentry = mnt->mnt_root;
	set_fs_pwd(&init_fs, &root);
	set_fs_root(&init_fs, &root);
}

void __init mnt_init(void)
{
	init_mount_tree();
}
