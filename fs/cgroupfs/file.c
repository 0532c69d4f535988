// SPDX-License-Identifier: MIT
/*
 * The files in a group's folder: each shows and sets what its entry in a controller's table says,
 * and may be polled for the entry's event. The folders: cgroupfs.c.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <kern/cgroup_fs.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/nsproxy.h>
#include <kern/psi.h>
#include <lib/string.h>
#include <linux/poll.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "internal.h"

/* What an open file holds. */
struct open_file {
	struct cgroup *cg;
	const struct cftype *type;
	int seen; /* the state of the event that the reader knows */
	struct cgroup_namespace *ns; /* counted: the opener's */
	struct psi_trigger *trigger; /* of types that arm one */
};

/* The entry of a file, found by its name: names do not change. */
static const struct cftype *find_type(const char *name)
{
	for (int i = 0; cgroup_file_tables[i]; i++)
		for (const struct cftype *t = cgroup_file_tables[i]; t->name; t++)
			if (!strcmp(t->name, name))
				return t;
	return NULL;
}

static void lock_for(const struct open_file *of)
{
	if (!(of->type->flags & CFTYPE_UNLOCKED))
		mutex_lock(&cgroup_mutex);
}

static void unlock_for(const struct open_file *of)
{
	if (!(of->type->flags & CFTYPE_UNLOCKED))
		mutex_unlock(&cgroup_mutex);
}

/* The file is out of its folder, though it is still open: there is nothing to be had of it. */
static bool withdrawn(const struct open_file *of)
{
	return READ_ONCE(of->cg->dead) ||
	       ((of->type->flags & CFTYPE_PRESSURE) && READ_ONCE(of->cg->pressure_off));
}

static int show(struct seq_file *m, void *v)
{
	struct open_file *of = m->private;
	int error;

	lock_for(of);
	if (of->type->event >= 0)
		of->seen = atomic_read(&of->cg->events[of->type->event]);
	if (!of->type->show)
		error = -EINVAL;
	else
		error = withdrawn(of) ? -ENODEV : of->type->show(m, of->cg);
	unlock_for(of);
	return error;
}

static void free_open_file(struct open_file *of)
{
	psi_trigger_release(&of->trigger);
	put_cgroup_ns(of->ns);
	kfree(of);
}

static int cgroup_file_open(struct inode *inode, struct file *file)
{
	const struct cftype *type = find_type(file->f_path.dentry->d_name.name);
	struct open_file *of;
	int error;

	if (!type)
		return -ENOENT;
	of = kzalloc(sizeof(*of), GFP_KERNEL);
	if (!of)
		return -ENOMEM;
	of->cg = cgroupfs_group(inode);
	of->type = type;
	of->ns = get_cgroup_ns(current->nsproxy->cgroup_ns);
	if (type->event >= 0)
		of->seen = atomic_read(&of->cg->events[type->event]);
	error = single_open(file, show, of);
	if (error)
		free_open_file(of);
	return error;
}

static struct open_file *file_of(const struct file *file)
{
	return ((struct seq_file *)file->private_data)->private;
}

struct cgroup_namespace *cgroupfs_file_ns(const struct file *file)
{
	return file_of(file)->ns;
}

static int cgroup_file_release(struct inode *inode, struct file *file)
{
	free_open_file(file_of(file));
	return single_release(inode, file);
}

static char *strip(char *text)
{
	char *end = text + strlen(text);

	while (end > text && strchr(" \t\n", end[-1]))
		*--end = '\0';
	return text + strspn(text, " \t\n");
}

static int write_text(struct open_file *of, char *text, struct file *file)
{
	if (withdrawn(of))
		return -ENODEV;
	if (of->type->arm)
		return of->type->arm(of->cg, text, &of->trigger);
	return of->type->write(of->cg, text, file);
}

static ssize_t cgroup_file_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct open_file *of = file_of(file);
	char *text;
	int error;

	if (!of->type->write && !of->type->arm)
		return -EINVAL;
	/* The limits of the group that was handed over are its giver's. */
	if (cgroup_root_has(CGRP_ROOT_NS_DELEGATE) && !(of->type->flags & CFTYPE_NS_DELEGATABLE) &&
	    of->ns != &init_cgroup_ns && of->ns->root == of->cg)
		return -EPERM;
	if (size >= PAGE_SIZE)
		return -E2BIG;
	text = memdup_user_nul(buf, size);
	if (IS_ERR(text))
		return PTR_ERR(text);
	lock_for(of);
	error = write_text(of, strip(text), file);
	unlock_for(of);
	cpuset_move_memory();
	kfree(text);
	if (error)
		return error;
	*pos += size;
	return size;
}

static __poll_t cgroup_file_poll(struct file *file, struct poll_table_struct *pt)
{
	struct open_file *of = file_of(file);
	bool gone;

	if (of->type->event < 0 && !of->type->arm)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
	poll_wait(file, &of->cg->wait, pt);
	gone = withdrawn(of);
	if (of->type->arm && !gone)
		return psi_trigger_poll(&of->trigger, file, pt);
	if (gone || atomic_read(&of->cg->events[of->type->event]) != of->seen)
		return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM | POLLERR | POLLPRI;
	return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

const struct file_operations cgroupfs_file_operations = {
	.open = cgroup_file_open,
	.read_iter = seq_read_iter,
	.write = cgroup_file_write,
	.poll = cgroup_file_poll,
	.llseek = generic_file_llseek,
	.release = cgroup_file_release,
};
