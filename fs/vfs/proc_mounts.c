/* SPDX-License-Identifier: MIT */
/* /proc/PID/mounts, mountinfo and mountstats. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/nsfs.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/nsproxy.h>
#include <kern/rwsem.h>
#include <kern/task.h>
#include <mm/slab.h>
#include "mount.h"

/* What an open one holds. */
struct proc_mounts {
	struct mnt_namespace *ns;
	struct path root;
	u64 event;		/* the state that the reader has seen */
	int what;
};

static void *m_start(struct seq_file *m, loff_t *pos)
{
	struct proc_mounts *p = m->private;

	down_read(&namespace_sem);
	return seq_list_start(&p->ns->list, *pos);
}

static void *m_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct proc_mounts *p = m->private;

	return seq_list_next(v, &p->ns->list, pos);
}

static void m_stop(struct seq_file *m, void *v)
{
	up_read(&namespace_sem);
}

static void show_sb_opts(struct seq_file *m, const struct super_block *sb)
{
	if (sb->s_flags & SB_SYNCHRONOUS)
		seq_puts(m, ",sync");
	if (sb->s_flags & SB_DIRSYNC)
		seq_puts(m, ",dirsync");
	if (sb->s_flags & SB_MANDLOCK)
		seq_puts(m, ",mand");
	if (sb->s_flags & SB_LAZYTIME)
		seq_puts(m, ",lazytime");
}

static void show_mnt_opts(struct seq_file *m, const struct vfsmount *mnt)
{
	static const struct {
		int flag;
		const char *text;
	} names[] = {
		{ MNT_NOSUID, ",nosuid" }, { MNT_NODEV, ",nodev" }, { MNT_NOEXEC, ",noexec" },
		{ MNT_NOATIME, ",noatime" }, { MNT_NODIRATIME, ",nodiratime" },
		{ MNT_RELATIME, ",relatime" }, { MNT_NOSYMFOLLOW, ",nosymfollow" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (mnt->mnt_flags & names[i].flag)
			seq_puts(m, names[i].text);
}

static void show_devname(struct seq_file *m, struct mount *r)
{
	if (r->mnt_devname && r->mnt_devname[0])
		seq_escape(m, r->mnt_devname, " \t\n\\#");
	else
		seq_puts(m, "none");
}

static int show_options(struct seq_file *m, struct vfsmount *mnt)
{
	const struct super_operations *op = mnt->mnt_sb->s_op;

	return op->show_options ? op->show_options(m, mnt->mnt_root) : 0;
}

static int show_vfsmnt(struct seq_file *m, struct mount *r)
{
	struct proc_mounts *p = m->private;
	struct path path = { .mnt = &r->mnt, .dentry = r->mnt.mnt_root };
	struct super_block *sb = r->mnt.mnt_sb;
	int error;

	show_devname(m, r);
	seq_putc(m, ' ');
	error = seq_path_root(m, &path, &p->root, " \t\n\\");
	if (error)
		return error;
	seq_putc(m, ' ');
	seq_escape(m, sb->s_type->name, " \t\n\\#");
	seq_puts(m, __mnt_is_readonly(&r->mnt) ? " ro" : " rw");
	show_sb_opts(m, sb);
	show_mnt_opts(m, &r->mnt);
	error = show_options(m, &r->mnt);
	seq_puts(m, " 0 0\n");
	return error;
}

/* The place in its file system that a mount shows; files of nsfs have a name but no place. */
static int show_root(struct seq_file *m, struct dentry *root)
{
	struct ns_common *ns = proc_ns_dentry(root);

	if (!ns)
		return seq_dentry(m, root, " \t\n\\");
	seq_printf(m, "%s:[%u]", ns->ops->kind, ns->inum);
	return 0;
}

static int show_mountinfo(struct seq_file *m, struct mount *r)
{
	struct proc_mounts *p = m->private;
	struct path path = { .mnt = &r->mnt, .dentry = r->mnt.mnt_root };
	struct super_block *sb = r->mnt.mnt_sb;
	int error;

	seq_printf(m, "%i %i %u:%u ", r->mnt_id, r->mnt_parent->mnt_id, MAJOR(sb->s_dev),
		   MINOR(sb->s_dev));
	error = show_root(m, r->mnt.mnt_root);
	if (error)
		return error;
	seq_putc(m, ' ');
	error = seq_path_root(m, &path, &p->root, " \t\n\\");
	if (error)
		return error;
	seq_puts(m, r->mnt.mnt_flags & MNT_READONLY ? " ro" : " rw");
	show_mnt_opts(m, &r->mnt);
	if (IS_MNT_SHARED(r))
		seq_printf(m, " shared:%i", r->mnt_group_id);
	if (r->mnt_master) {
		int from = get_dominating_id(r, &p->root);

		seq_printf(m, " master:%i", r->mnt_master->mnt_group_id);
		if (from && from != r->mnt_master->mnt_group_id)
			seq_printf(m, " propagate_from:%i", from);
	}
	if (r->mnt_propagation & MNT_UNBINDABLE)
		seq_puts(m, " unbindable");
	seq_puts(m, " - ");
	seq_escape(m, sb->s_type->name, " \t\n\\#");
	seq_putc(m, ' ');
	show_devname(m, r);
	seq_puts(m, sb_rdonly(sb) ? " ro" : " rw");
	show_sb_opts(m, sb);
	error = show_options(m, &r->mnt);
	seq_putc(m, '\n');
	return error;
}

static int show_mountstats(struct seq_file *m, struct mount *r)
{
	struct proc_mounts *p = m->private;
	struct path path = { .mnt = &r->mnt, .dentry = r->mnt.mnt_root };
	int error;

	if (r->mnt_devname) {
		seq_puts(m, "device ");
		show_devname(m, r);
	} else {
		seq_puts(m, "no device");
	}
	seq_puts(m, " mounted on ");
	error = seq_path_root(m, &path, &p->root, " \t\n\\");
	if (error)
		return error;
	seq_puts(m, " with fstype ");
	seq_escape(m, r->mnt.mnt_sb->s_type->name, " \t\n\\#");
	seq_putc(m, '\n');
	return 0;
}

static int m_show(struct seq_file *m, void *v)
{
	struct mount *r = list_entry((struct list_head *)v, struct mount, mnt_list);
	struct proc_mounts *p = m->private;

	switch (p->what) {
	case PROC_MOUNTINFO:
		return show_mountinfo(m, r);
	case PROC_MOUNTSTATS:
		return show_mountstats(m, r);
	}
	return show_vfsmnt(m, r);
}

static const struct seq_operations mounts_op = {
	.start = m_start,
	.next = m_next,
	.stop = m_stop,
	.show = m_show,
};

int proc_mounts_open(struct inode *inode, struct file *file, struct task_struct *task, int what)
{
	struct proc_mounts *p;
	int error = 0;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->what = what;
	spin_lock(&task->alloc_lock);
	if (!task->nsproxy || !task->nsproxy->mnt_ns) {
		error = -EINVAL;
	} else if (!task->fs) {
		error = -ENOENT;
	} else {
		p->ns = task->nsproxy->mnt_ns;
		get_mnt_ns(p->ns);
		get_fs_root(task->fs, &p->root);
	}
	spin_unlock(&task->alloc_lock);
	if (!error) {
		p->event = p->ns->event;
		error = seq_open(file, &mounts_op);
		if (!error) {
			((struct seq_file *)file->private_data)->private = p;
			return 0;
		}
		path_put(&p->root);
		put_mnt_ns(p->ns);
	}
	kfree(p);
	return error;
}

int proc_mounts_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct proc_mounts *p = m->private;

	path_put(&p->root);
	put_mnt_ns(p->ns);
	kfree(p);
	return seq_release(inode, file);
}

/* EPOLLERR and EPOLLPRI when the mounts have changed since the last look. */
__poll_t proc_mounts_poll(struct file *file, struct poll_table_struct *pt)
{
	struct seq_file *m = file->private_data;
	struct proc_mounts *p = m->private;
	__poll_t events = EPOLLIN | EPOLLRDNORM;
	u64 event;

	poll_wait(file, &p->ns->poll, pt);
	event = READ_ONCE(p->ns->event);
	if (p->event != event) {
		p->event = event;
		events |= EPOLLERR | EPOLLPRI;
	}
	return events;
}
