// SPDX-License-Identifier: MIT
/*
 * nsfs: name spaces as files, to be compared, passed on, mounted somewhere, and joined.
 *
 * The inode's number is the name space's, and there is one inode for each while anybody has it
 * open or mounted; it holds the reference that keeps the name space alive.
 */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/mount.h>
#include <fs/nsfs.h>
#include <fs/path.h>
#include <fs/seq_file.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/user_namespace.h>
#include <mm/uaccess.h>

#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <linux/sched.h>

static struct vfsmount *nsfs_mnt;

static struct ns_common *inode_ns(const struct inode *inode)
{
	return inode->i_private;
}

static long get_related(struct ns_common *ns)
{
	return IS_ERR(ns) ? PTR_ERR(ns) : open_ns(ns);
}

static long ns_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ns_common *ns = inode_ns(file_inode(file));
	struct user_namespace *user_ns;
	uid_t uid;

	switch (cmd) {
	case NS_GET_USERNS:
		return get_related(ns_get_owner(ns));
	case NS_GET_PARENT:
		return ns->ops->get_parent ? get_related(ns->ops->get_parent(ns)) : -EINVAL;
	case NS_GET_NSTYPE:
		return ns->ops->type;
	case NS_GET_OWNER_UID:
		if (ns->ops->type != CLONE_NEWUSER)
			return -EINVAL;
		user_ns = container_of(ns, struct user_namespace, ns);
		uid = from_kuid_munged(current_user_ns(), user_ns->owner);
		return put_user(uid, (uid_t __user *)arg) ? -EFAULT : 0;
	}
	return -ENOTTY;
}

static const struct file_operations ns_file_operations = {
	.llseek = no_llseek,
	.unlocked_ioctl = ns_ioctl,
};

struct ns_common *proc_ns_file(struct file *file)
{
	return file->f_op == &ns_file_operations ? inode_ns(file_inode(file)) : NULL;
}

static char *ns_dname(struct dentry *dentry, char *buf, int buflen)
{
	struct ns_common *ns = inode_ns(d_inode(dentry));

	return dynamic_dname(buf, buflen, "%s:[%u]", ns->ops->kind, ns->inum);
}

static const struct dentry_operations ns_dentry_operations = {
	.d_delete = always_delete_dentry,
	.d_dname = ns_dname,
};

static void nsfs_evict(struct inode *inode)
{
	struct ns_common *ns = inode_ns(inode);

	clear_inode(inode);
	if (ns)
		ns->ops->put(ns);
}

static const struct super_operations nsfs_ops = {
	.statfs = simple_statfs,
	.evict_inode = nsfs_evict,
};

struct ns_common *proc_ns_dentry(const struct dentry *dentry)
{
	return dentry->d_sb->s_op == &nsfs_ops ? inode_ns(d_inode(dentry)) : NULL;
}

/* Eats the reference. NULL without memory. */
static struct inode *ns_inode(struct ns_common *ns)
{
	struct inode *inode = iget_locked(nsfs_mnt->mnt_sb, ns->inum);

	if (!inode || !(inode->i_state & I_NEW)) {
		ns->ops->put(ns);
		return inode;
	}
	inode->i_mode = S_IFREG | 0444;
	inode->i_fop = &ns_file_operations;
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_private = ns;
	unlock_new_inode(inode);
	return inode;
}

int ns_get_path(struct path *path, struct ns_common *ns)
{
	const struct qstr name = QSTR_INIT("", 0);
	struct inode *inode = ns_inode(ns);
	struct dentry *dentry;

	if (!inode)
		return -ENOMEM;
	dentry = d_alloc_pseudo(nsfs_mnt->mnt_sb, &name);
	if (!dentry) {
		iput(inode);
		return -ENOMEM;
	}
	d_instantiate(dentry, inode);
	path->mnt = mntget(nsfs_mnt);
	path->dentry = dentry;
	return 0;
}

int open_ns(struct ns_common *ns)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct path path;
	struct file *file;
	int error;

	if (fd < 0) {
		ns->ops->put(ns);
		return fd;
	}
	error = ns_get_path(&path, ns);
	if (error) {
		put_unused_fd(fd);
		return error;
	}
	file = dentry_open(&path, O_RDONLY, current_cred());
	path_put(&path);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

static struct dentry *nsfs_mount(struct file_system_type *type, int flags, const char *name,
				 void *data)
{
	struct dentry *root = mount_pseudo(type, "nsfs", &nsfs_ops, &ns_dentry_operations, NSFS_MAGIC);

	if (!IS_ERR(root))
		root->d_sb->s_flags &= ~SB_NOUSER; /* single files of it are mounted */
	return root;
}

static struct file_system_type nsfs_type = {
	.name = "nsfs",
	.mount = nsfs_mount,
	.kill_sb = kill_anon_super,
};

static int __init nsfs_init(void)
{
	nsfs_mnt = kern_mount_at_boot(&nsfs_type);
	return 0;
}
fs_initcall(nsfs_init);
