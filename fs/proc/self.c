// SPDX-License-Identifier: MIT
/* /proc/self and /proc/thread-self: links whose text depends on who reads them. */
#include <lib/sprintf.h>
#include <mm/slab.h>

#include "internal.h"

static void free_text(void *text)
{
	kfree(text);
}

static const char *self_get_link(struct dentry *dentry, struct inode *inode,
				 struct delayed_call *done)
{
	struct pid_namespace *ns = proc_pid_ns(inode->i_sb);
	pid_t tgid = task_tgid_nr_ns(current, ns);
	char *text;

	if (!tgid)
		return ERR_PTR(-ENOENT);
	text = kasprintf(GFP_KERNEL, "%u", tgid);
	if (!text)
		return ERR_PTR(-ENOMEM);
	set_delayed_call(done, free_text, text);
	return text;
}

static const char *thread_self_get_link(struct dentry *dentry, struct inode *inode,
					struct delayed_call *done)
{
	struct pid_namespace *ns = proc_pid_ns(inode->i_sb);
	pid_t tgid = task_tgid_nr_ns(current, ns);
	char *text;

	if (!tgid)
		return ERR_PTR(-ENOENT);
	text = kasprintf(GFP_KERNEL, "%u/task/%u", tgid, task_pid_nr_ns(current, ns));
	if (!text)
		return ERR_PTR(-ENOMEM);
	set_delayed_call(done, free_text, text);
	return text;
}

static const struct inode_operations self_inode_operations = {
	.get_link = self_get_link,
};

static const struct inode_operations thread_self_inode_operations = {
	.get_link = thread_self_get_link,
};

static int add_link(struct super_block *sb, const char *name, unsigned long ino,
		    const struct inode_operations *iop)
{
	struct dentry *dentry = d_alloc_name(sb->s_root, name);
	struct inode *inode;

	if (!dentry)
		return -ENOMEM;
	inode = proc_new_inode(sb, ino, S_IFLNK | 0777);
	if (!inode) {
		dput(dentry);
		return -ENOMEM;
	}
	inode->i_op = iop;
	d_add(dentry, inode);	/* pinned until the super block goes */
	return 0;
}

/* The super block goes: gives up the two names, the only ones that the cache does not own. */
void proc_release_self(struct super_block *sb)
{
	static const char *const names[] = { "self", "thread-self" };

	for (size_t i = 0; sb->s_root && i < ARRAY_SIZE(names); i++) {
		struct qstr q = QSTR_INIT(names[i], strlen(names[i]));
		struct dentry *dentry = d_hash_and_lookup(sb->s_root, &q);

		if (IS_ERR_OR_NULL(dentry))
			continue;
		d_drop(dentry);
		dput(dentry);
		dput(dentry);
	}
}

int proc_setup_self(struct super_block *sb)
{
	int err = add_link(sb, "self", 3, &self_inode_operations);

	return err ? err : add_link(sb, "thread-self", 4, &thread_self_inode_operations);
}
