// SPDX-License-Identifier: MIT
/*
 * /proc/PID/net: the folder of the network, as the name space of that process has it.
 *
 * There is one static folder, proc_net, which the owners of its files fill; it has no name in the
 * tree. A file found through a process keeps the name space that the process had at that time, and
 * shows it while it is open. The process may go to another one: names are looked up again then.
 */
#include <kern/fork.h>
#include <kern/ns_common.h>

#include "internal.h"

static struct proc_dir_entry net_dir = {
	.children = LIST_HEAD_INIT(net_dir.children),
	.sibling = LIST_HEAD_INIT(net_dir.sibling),
	.mode = S_IFDIR | 0555,
	.nlink = 2,
	.refs = REFCOUNT_INIT(1),
};

struct proc_dir_entry *const proc_net = &net_dir;

/* The network of a process's folder, with a reference, or NULL when the process is gone. */
static struct ns_common *dir_net_ns(const struct inode *dir)
{
	struct task_struct *task = get_proc_task(dir);
	struct ns_common *ns;

	if (!task)
		return NULL;
	ns = netns_operations.get(task);
	put_task_struct(task);
	return ns;
}

struct ns_common *proc_net_ns(const struct file *file)
{
	return PROC_I(file_inode(file))->net_ns;
}

/* A name holds while the process stays where it was. */
static int net_revalidate(struct dentry *dentry, unsigned int flags)
{
	const struct inode *inode = d_inode(dentry);
	struct ns_common *ns;
	bool same;

	if (!inode)
		return 0;
	ns = dir_net_ns(d_inode(dentry->d_parent));
	if (!ns)
		return 0;
	same = ns == PROC_I(inode)->net_ns;
	ns->ops->put(ns);
	return same;
}

static int net_delete(const struct dentry *dentry)
{
	return 1;
}

static const struct dentry_operations net_dentry_operations = {
	.d_revalidate = net_revalidate,
	.d_delete = net_delete,
};

static struct dentry *net_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct ns_common *ns = dir_net_ns(dir);
	struct proc_dir_entry *de;
	struct inode *inode;

	if (!ns)
		return ERR_PTR(-ENOENT);
	de = proc_find_child(&net_dir, &dentry->d_name);
	inode = de ? proc_get_inode(dir->i_sb, de) : NULL;
	if (!inode) {
		ns->ops->put(ns);
		return ERR_PTR(de ? -ENOMEM : -ENOENT);
	}
	PROC_I(inode)->net_ns = ns;
	d_set_d_op(dentry, &net_dentry_operations);
	return d_splice_alias(inode, dentry);
}

static int net_readdir(struct file *file, struct dir_context *ctx)
{
	return proc_readdir_de(file, ctx, &net_dir);
}

const struct inode_operations proc_net_inode_operations = {
	.lookup = net_lookup,
	.getattr = pid_getattr,
	.setattr = proc_setattr,
};

const struct file_operations proc_net_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = net_readdir,
};

static int __init proc_net_link(void)
{
	return proc_symlink("net", NULL, "self/net") ? 0 : -ENOMEM;
}
fs_initcall(proc_net_link);
