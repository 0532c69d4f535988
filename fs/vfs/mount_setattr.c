/* SPDX-License-Identifier: MIT */
/* mount_setattr(): flags and propagation of a mount, or of a whole tree at once: all or nothing. */
#include <linux/fcntl.h>
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/namei.h>
#include <fs/nsfs.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <kern/nsproxy.h>
#include <kern/rwsem.h>
#include <kern/syscalls.h>
#include <kern/user_namespace.h>
#include <mm/page.h>
#include <mm/uaccess.h>
#include "internal.h"
#include "mount.h"
#include <linux/sched.h>

#define SETATTR_ATTRS                                                                              \
	(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |            \
	 MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW | MOUNT_ATTR_IDMAP)
#define ATIME_FLAGS (MNT_RELATIME | MNT_NOATIME)

/* What is to be done to each mount. */
struct change {
	int set, clear; /* MNT_* */
	int propagation; /* MS_*, or 0 */
	bool recurse;
};

/* The three kinds of access times exclude each other: who names one clears them all. */
static int atime_change(const struct mount_attr *attr, struct change *c)
{
	if (!(attr->attr_clr & MOUNT_ATTR__ATIME))
		return attr->attr_set & MOUNT_ATTR__ATIME ? -EINVAL : 0;
	if ((attr->attr_clr & MOUNT_ATTR__ATIME) != MOUNT_ATTR__ATIME)
		return -EINVAL;
	c->clear |= ATIME_FLAGS;
	switch (attr->attr_set & MOUNT_ATTR__ATIME) {
	case MOUNT_ATTR_RELATIME:
		c->set |= MNT_RELATIME;
		return 0;
	case MOUNT_ATTR_NOATIME:
		c->set |= MNT_NOATIME;
		return 0;
	case MOUNT_ATTR_STRICTATIME:
		return 0;
	}
	return -EINVAL;
}

/* No file system here can show its owners through a map: what is wrong before that is told. */
static int idmap_change(const struct mount_attr *attr)
{
	struct user_namespace *user_ns;
	struct ns_common *ns;
	struct file *file;
	int error = -EINVAL;

	if (!((attr->attr_set | attr->attr_clr) & MOUNT_ATTR_IDMAP))
		return 0;
	if ((attr->attr_clr & MOUNT_ATTR_IDMAP) || attr->userns_fd > INT_MAX)
		return -EINVAL;
	file = fget(attr->userns_fd);
	if (!file)
		return -EBADF;
	ns = proc_ns_file(file);
	if (ns && ns->ops->type == CLONE_NEWUSER) {
		user_ns = container_of(ns, struct user_namespace, ns);
		if (user_ns == &init_user_ns || !ns_capable(user_ns, CAP_SYS_ADMIN))
			error = -EPERM;
	}
	fput(file);
	return error;
}

static int parse_change(const struct mount_attr *attr, struct change *c)
{
	const u64 kinds = MS_UNBINDABLE | MS_PRIVATE | MS_SLAVE | MS_SHARED;
	int error;

	if (attr->propagation & ~kinds || (attr->propagation & (attr->propagation - 1)))
		return -EINVAL;
	if ((attr->attr_set | attr->attr_clr) & ~(u64)SETATTR_ATTRS)
		return -EINVAL;
	c->propagation = attr->propagation;
	c->set = mount_attr_flags(attr->attr_set);
	c->clear = mount_attr_flags(attr->attr_clr);
	error = atime_change(attr, c);
	return error ? error : idmap_change(attr);
}

static struct mount *next(struct mount *p, struct mount *root, const struct change *c)
{
	return c->recurse ? next_mnt(p, root) : NULL;
}

static int new_flags(const struct mount *mnt, const struct change *c)
{
	return (mnt->mnt.mnt_flags & ~(c->clear | MNT_WRITE_HOLD)) | c->set;
}

/* => namespace_sem and mount_lock held */
static int prepare(struct mount *root, const struct change *c)
{
	struct mount *p;

	for (p = root; p; p = next(p, root, c)) {
		int flags = new_flags(p, c);

		if (!may_change_mnt_flags(p->mnt.mnt_flags, flags))
			return -EPERM;
	}
	/* The flag keeps new writers out; those that are there already make it fail. */
	for (p = root; p; p = next(p, root, c)) {
		bool add = (c->set & MNT_READONLY) && !(p->mnt.mnt_flags & MNT_READONLY);

		if (!add)
			continue;
		if (make_mnt_readonly(p))
			break;
		p->mnt.mnt_flags |= MNT_WRITE_HOLD;
	}
	if (!p)
		return 0;
	for (struct mount *q = root; q != p; q = next(q, root, c))
		if (q->mnt.mnt_flags & MNT_WRITE_HOLD)
			q->mnt.mnt_flags &= ~(MNT_READONLY | MNT_WRITE_HOLD);
	return -EBUSY;
}

static int apply(struct path *path, const struct change *c)
{
	struct mount *root = real_mount(path->mnt), *p;
	int error = -EINVAL;

	if (path->dentry != path->mnt->mnt_root)
		return error;
	down_write(&namespace_sem);
	if (!check_mnt(root) && (mnt_has_parent(root) || !root->mnt_ns || !is_anon_ns(root->mnt_ns)))
		goto out;
	error = c->propagation == MS_SHARED ? invent_group_ids(root, c->recurse) : 0;
	if (error)
		goto out;
	write_seqlock(&mount_lock);
	error = prepare(root, c);
	for (p = root; p && !error; p = next(p, root, c)) {
		WRITE_ONCE(p->mnt.mnt_flags, new_flags(p, c));
		if (c->propagation)
			change_mnt_propagation(p, c->propagation);
	}
	if (!error)
		touch_mnt_namespace(root->mnt_ns);
	write_sequnlock(&mount_lock);
	if (error && c->propagation == MS_SHARED)
		cleanup_group_ids(root, c->recurse);
out:
	up_write(&namespace_sem);
	return error;
}

SYSCALL_DEFINE5(mount_setattr, int, dfd, const char __user *, name, unsigned int, flags,
		struct mount_attr __user *, uattr, size_t, usize)
{
	unsigned int how = LOOKUP_FOLLOW | LOOKUP_AUTOMOUNT;
	struct mount_attr attr;
	struct change change = {};
	struct path path;
	int error;

	if (flags & ~(AT_EMPTY_PATH | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT))
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	if (usize < MOUNT_ATTR_SIZE_VER0)
		return -EINVAL;
	if (!may_mount())
		return -EPERM;
	error = copy_struct_from_user(&attr, sizeof(attr), uattr, usize);
	if (error)
		return error;
	if (!attr.attr_set && !attr.attr_clr && !attr.propagation)
		return 0;
	change.recurse = flags & AT_RECURSIVE;
	error = parse_change(&attr, &change);
	if (error)
		return error;
	if (flags & AT_SYMLINK_NOFOLLOW)
		how &= ~LOOKUP_FOLLOW;
	if (flags & AT_EMPTY_PATH)
		how |= LOOKUP_EMPTY;
	error = user_path_at(dfd, name, how, &path);
	if (error)
		return error;
	error = apply(&path, &change);
	path_put(&path);
	return error;
}
