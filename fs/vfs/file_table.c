/* SPDX-License-Identifier: MIT */
/*
 * Open file descriptions: made by open(2), shared by dup(2) and fork(2), closed with the last
 * reference.
 *
 * A descriptor is looked up under RCU: a file's memory stays for a grace period after its count
 * became zero, and a reference is taken only while the count is not zero.
 */
#include <lib/string.h>
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/filelock.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/preempt.h>
#include <kern/workqueue.h>
#include <lib/llist.h>
#include <mm/slab.h>
#include "internal.h"

unsigned long sysctl_file_max = 0x7fffffff;

static struct kmem_cache *filp_cache;
static atomic_long_t nr_files;

long get_nr_files(void)
{
	return atomic_long_read(&nr_files);
}

static void file_free_rcu(struct rcu_head *head)
{
	struct file *file = container_of(head, struct file, f_rcu);

	put_cred(file->f_cred);
	if (file->f_mode & FMODE_BACKING)
		kfree(container_of(file, struct backing_file, file));
	else
		kmem_cache_free(filp_cache, file);
}

static void file_free(struct file *file)
{
	if (!(file->f_mode & FMODE_BACKING))
		atomic_long_dec(&nr_files);
	call_rcu(&file->f_rcu, file_free_rcu);
}

static void init_file(struct file *file, int flags, const struct cred *cred)
{
	file->f_cred = get_cred(cred);
	atomic_long_set(&file->f_count, 1);
	spin_lock_init(&file->f_lock);
	spin_lock_init(&file->f_owner.lock);
	mutex_init(&file->f_pos_lock);
	file->f_flags = flags;
	file->f_mode = (((flags & O_ACCMODE) + 1) & O_ACCMODE) & (FMODE_READ | FMODE_WRITE);
}

struct file *alloc_empty_file(int flags)
{
	struct file *file;

	if (get_nr_files() >= (long)sysctl_file_max && !capable(CAP_SYS_ADMIN))
		return ERR_PTR(-ENFILE);
	file = kmem_cache_zalloc(filp_cache, GFP_KERNEL);
	if (!file)
		return ERR_PTR(-ENOMEM);
	init_file(file, flags, current_cred());
	atomic_long_inc(&nr_files);
	return file;
}

struct file *backing_file_open(const struct path *user, int flags, const struct path *real,
			       const struct cred *cred)
{
	struct backing_file *backing = kzalloc(sizeof(*backing), GFP_KERNEL);
	int error;

	if (!backing)
		return ERR_PTR(-ENOMEM);
	init_file(&backing->file, flags, cred);
	backing->file.f_mode |= FMODE_BACKING | FMODE_NONOTIFY;
	backing->user_path = *user;
	path_get(user);
	error = vfs_open(real, &backing->file);
	if (!error)
		return &backing->file;
	fput(&backing->file);
	return ERR_PTR(error);
}

void vma_set_file(struct vm_area_struct *vma, struct file *file)
{
	swap(vma->vm_file, file);
	fput(file);
}

/* FMODE_CAN_* by what the operations offer. */
void file_set_caps(struct file *file)
{
	const struct file_operations *op = file->f_op;

	if ((file->f_mode & FMODE_READ) && (op->read || op->read_iter))
		file->f_mode |= FMODE_CAN_READ;
	if ((file->f_mode & FMODE_WRITE) && (op->write || op->write_iter))
		file->f_mode |= FMODE_CAN_WRITE;
}

struct file *alloc_file(const struct path *path, int flags, const struct file_operations *fop)
{
	struct file *file = alloc_empty_file(flags);

	if (IS_ERR(file))
		return file;
	file->f_path = *path;
	file->f_inode = d_inode(path->dentry);
	file->f_mapping = file->f_inode->i_mapping;
	file->f_op = fop;
	if (fop->llseek)
		file->f_mode |= FMODE_LSEEK;
	if (S_ISREG(file->f_inode->i_mode))
		file->f_mode |= FMODE_PREAD | FMODE_PWRITE;
	file->f_mode |= FMODE_OPENED;
	file_set_caps(file);
	return file;
}

/* Files without a folder show as "/name (deleted)". */
static const struct dentry_operations pseudo_dentry_operations = { .d_dname = simple_dname };

struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name,
			       int flags, const struct file_operations *fop)
{
	struct qstr q = QSTR_INIT(name, strlen(name));
	struct path path;
	struct file *file;

	path.dentry = d_alloc_pseudo(mnt->mnt_sb, &q);
	if (!path.dentry)
		return ERR_PTR(-ENOMEM);
	if (!mnt->mnt_sb->s_d_op)
		d_set_d_op(path.dentry, &pseudo_dentry_operations);
	path.mnt = mntget(mnt);
	d_instantiate(path.dentry, inode);
	file = alloc_file(&path, flags, fop);
	if (IS_ERR(file)) {
		/* The caller keeps its inode. */
		ihold(inode);
		path_put(&path);
	}
	return file;
}

/* The last reference has gone. => may sleep */
static void __fput(struct file *file)
{
	struct inode *inode = file->f_inode;

	if (likely(file->f_mode & FMODE_OPENED)) {
		notify_file(file, file->f_mode & FMODE_WRITE ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
		if (unlikely(!hlist_empty(&file->f_ep)))
			eventpoll_release_file(file);
		locks_remove_file(file);
		dnotify_flush(file, NULL);
		if ((file->f_flags & FASYNC) && file->f_op->fasync)
			file->f_op->fasync(-1, file, 0);
		if (file->f_op->release)
			file->f_op->release(inode, file);
		f_delown(file);
		if (file->f_mode & FMODE_READER)
			atomic_dec(&inode->i_readcount);
		if (file->f_mode & FMODE_WRITER) {
			put_write_access(inode);
			if (file->f_mode & FMODE_MNT_WRITE)
				mnt_drop_write(file->f_path.mnt);
		}
		if (unlikely(file->f_mode & FMODE_NEED_UNMOUNT))
			dissolve_on_fput(file->f_path.mnt);
		path_put(&file->f_path);
	}
	if (file->f_mode & FMODE_BACKING)
		path_put(file_user_path(file));
	file_free(file);
}

/* ---- files whose last reference was dropped where nobody may sleep ---- */

static LLIST_HEAD(delayed_fput_list);

static void delayed_fput(struct work_struct *work)
{
	struct llist_node *node = llist_del_all(&delayed_fput_list);

	while (node) {
		struct file *file = container_of((struct rcu_head *)node, struct file, f_rcu);

		node = node->next;
		__fput(file);
	}
}

static DECLARE_WORK(delayed_fput_work, delayed_fput);

void fput(struct file *file)
{
	if (!atomic_long_dec_and_test(&file->f_count))
		return;
	if (likely(!in_atomic() && !irqs_disabled())) {
		__fput(file);
		return;
	}
	if (llist_add((struct llist_node *)&file->f_rcu, &delayed_fput_list))
		schedule_work(&delayed_fput_work);
}

void __init files_init(void)
{
	filp_cache = kmem_cache_create("filp", sizeof(struct file), 0, SLAB_PANIC | SLAB_ACCOUNT, NULL);
}
