// SPDX-License-Identifier: MIT
/*
 * The magic links of a process: cwd, root, exe and ns/. Following one goes to the object itself,
 * also when it has no name any more; reading one gives the name it has now.
 */
#include <fs/fs_struct.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/nsfs.h>
#include <kern/fork.h>
#include <kern/nsproxy.h>
#include <kern/rcupdate.h>
#include <lib/sprintf.h>
#include <mm/gfp.h>
#include <mm/mmap.h>
#include <mm/uaccess.h>

#include "internal.h"

/* readlink(2) of an object: its path as the caller sees it. */
int proc_readlink_path(const struct path *path, char __user *buf, int size)
{
	char *page = (char *)__get_free_page(GFP_KERNEL), *name;
	int len;

	if (!page)
		return -ENOMEM;
	name = d_path(path, page, PAGE_SIZE);
	len = PTR_ERR(name);
	if (!IS_ERR(name)) {
		len = page + PAGE_SIZE - 1 - name;
		if (len > size)
			len = size;
		if (copy_to_user(buf, name, len))
			len = -EFAULT;
	}
	free_page((unsigned long)page);
	return len;
}

static int get_fs_path(struct task_struct *task, struct path *path, bool root)
{
	int err = -ENOENT;

	task_lock(task);
	if (task->fs) {
		if (root)
			get_fs_root(task->fs, path);
		else
			get_fs_pwd(task->fs, path);
		err = 0;
	}
	task_unlock(task);
	return err;
}

int proc_pid_get_link_cwd(struct task_struct *task, struct path *path)
{
	return get_fs_path(task, path, false);
}

int proc_pid_get_link_root(struct task_struct *task, struct path *path)
{
	return get_fs_path(task, path, true);
}

int proc_pid_get_link_exe(struct task_struct *task, struct path *path)
{
	struct mm_struct *mm = get_task_mm(task);
	struct file *exe;

	if (!mm)
		return -ENOENT;
	exe = get_mm_exe_file(mm);
	mmput(mm);
	if (!exe)
		return -ENOENT;
	*path = exe->f_path;
	path_get(path);
	fput(exe);
	return 0;
}

static int get_target(struct inode *inode, struct path *path)
{
	struct task_struct *task = get_proc_task(inode);
	int err = -ENOENT;

	if (!task)
		return err;
	err = proc_may_access(task, false) ? PROC_I(inode)->entry->get_link(task, path) : -EACCES;
	put_task_struct(task);
	return err;
}

static const char *link_follow(struct dentry *dentry, struct inode *inode,
			       struct delayed_call *done)
{
	struct path path;
	int err = get_target(inode, &path);

	if (!err)
		err = nd_jump_link(&path);
	return ERR_PTR(err);
}

static int link_readlink(struct dentry *dentry, char __user *buf, int size)
{
	struct path path;
	int ret = get_target(d_inode(dentry), &path);

	if (ret)
		return ret;
	ret = proc_readlink_path(&path, buf, size);
	path_put(&path);
	return ret;
}

const struct inode_operations proc_pid_link_inode_operations = {
	.readlink = link_readlink,
	.get_link = link_follow,
	.setattr = proc_setattr,
	.getattr = pid_getattr,
};

/* ---- ns/ ---- */

static const struct proc_ns_operations *const namespaces[] = {
	&netns_operations,	&utsns_operations,	    &ipcns_operations,
	&pidns_operations,	&pidns_for_children_operations, &userns_operations,
	&mntns_operations,	&cgroupns_operations,	    &timens_operations,
	&timens_for_children_operations,
};

/* The name space of a link, with a reference, or ERR_PTR. */
static struct ns_common *link_ns(struct inode *inode)
{
	struct task_struct *task = get_proc_task(inode);
	struct ns_common *ns = ERR_PTR(-EACCES);

	if (!task)
		return ns;
	if (proc_may_access(task, false))
		ns = namespaces[PROC_I(inode)->fd]->get(task) ?: ERR_PTR(-ENOENT);
	put_task_struct(task);
	return ns;
}

/* Reading one gives "kind:[number]". */
static int ns_readlink(struct dentry *dentry, char __user *buf, int size)
{
	struct ns_common *ns = link_ns(d_inode(dentry));
	char text[32];

	if (IS_ERR(ns))
		return PTR_ERR(ns);
	snprintf(text, sizeof(text), "%s:[%u]", ns->ops->kind, ns->inum);
	ns->ops->put(ns);
	return readlink_copy(buf, size, text);
}

static const char *ns_follow(struct dentry *dentry, struct inode *inode, struct delayed_call *done)
{
	struct ns_common *ns;
	struct path path;
	int err;

	if (!dentry)
		return ERR_PTR(-ECHILD);
	ns = link_ns(inode);
	err = IS_ERR(ns) ? PTR_ERR(ns) : ns_get_path(&path, ns);
	if (!err)
		err = nd_jump_link(&path);
	return ERR_PTR(err);
}

static const struct inode_operations ns_link_inode_operations = {
	.readlink = ns_readlink,
	.get_link = ns_follow,
	.setattr = proc_setattr,
};

static struct dentry *ns_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct task_struct *task = get_proc_task(dir);
	struct inode *inode = NULL;

	if (!task)
		return ERR_PTR(-ENOENT);
	for (unsigned int i = 0; i < ARRAY_SIZE(namespaces) && !inode; i++) {
		if (strlen(namespaces[i]->name) != dentry->d_name.len ||
		    memcmp(namespaces[i]->name, dentry->d_name.name, dentry->d_name.len) != 0)
			continue;
		inode = proc_pid_make_inode(dir->i_sb, task, PROC_PID_INO(task->pid, 0x2000 + i),
					    S_IFLNK | 0777);
		if (inode) {
			inode->i_op = &ns_link_inode_operations;
			PROC_I(inode)->fd = i;
		}
	}
	put_task_struct(task);
	if (!inode)
		return ERR_PTR(-ENOENT);
	d_set_d_op(dentry, &pid_dentry_operations);
	return d_splice_alias(inode, dentry);
}

static int ns_readdir(struct file *file, struct dir_context *ctx)
{
	struct task_struct *task = get_proc_task(file_inode(file));

	if (!task)
		return -ENOENT;
	if (dir_emit_dots(file, ctx))
		while (ctx->pos - 2 < ARRAY_SIZE(namespaces)) {
			unsigned int i = ctx->pos - 2;

			if (!dir_emit(ctx, namespaces[i]->name, strlen(namespaces[i]->name),
				      PROC_PID_INO(task->pid, 0x2000 + i), DT_LNK))
				break;
			ctx->pos++;
		}
	put_task_struct(task);
	return 0;
}

const struct inode_operations proc_ns_dir_inode_operations = {
	.lookup = ns_lookup,
	.getattr = pid_getattr,
	.setattr = proc_setattr,
};

const struct file_operations proc_ns_dir_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = ns_readdir,
};
