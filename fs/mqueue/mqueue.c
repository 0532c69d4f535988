// SPDX-License-Identifier: MIT
/*
 * POSIX message queues: the file system that holds them.
 *
 * Problem: processes exchange messages with priorities through queues that have names and modes
 * like files, live until they are unlinked, and can be waited for with poll().
 *
 * A queue is an inode of the file system "mqueue", which has one instance for each IPC name
 * space, mounted by the kernel for mq_open() and by users where they want to look at it
 * (/dev/mqueue). Messages are in message.c, mq_notify() in notify.c, the calls in calls.c.
 *
 * Locks: the folder's i_rwsem for names; info->lock for all of a queue; count_lock for the number
 * of queues; mount_lock and, inside of it, ns_lock for what a name space gets at first use.
 * info->lock is inside of i_rwsem; wait queue locks are inside of it.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/libfs.h>
#include <fs/mount.h>
#include <fs/poll.h>
#include <fs/super.h>
#include <fs/sysctl.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/ipc_namespace.h>
#include <kern/mutex.h>
#include <kern/nsproxy.h>
#include <kern/pid.h>
#include <kern/refcount.h>
#include <kern/resource.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <linux/magic.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include "internal.h"

#define FILE_SIZE    80
#define DIRENT_SIZE  20
#define MQUEUE_MAGIC 0x19800202

/* What one message costs beside its bytes, and one priority: as other kernels charge it. */
#define MESSAGE_COST  48
#define PRIORITY_COST 48

/* What an IPC name space keeps here; the super block, which may live longer, shares it. */
struct mq_ns {
	refcount_t count;
	int nr_queues;	      /* count_lock */
	struct vfsmount *mnt; /* mount_lock, set once */
};

static struct kmem_cache *mq_cache;
static DEFINE_SPINLOCK(count_lock);
static DEFINE_MUTEX(ns_lock);
static DEFINE_MUTEX(mount_lock);
static int queues_max = 256, msg_max = 10, msgsize_max = 8192;
static int msg_default = 10, msgsize_default = 8192;

/* ---- what a queue may be ---- */

static int check_attr(const struct mq_attr *attr)
{
	bool resource = capable(CAP_SYS_RESOURCE);
	long max = resource ? HARD_MSGMAX : msg_max;
	long size_max = resource ? HARD_MSGSIZEMAX : msgsize_max;

	if (attr->mq_maxmsg <= 0 || attr->mq_msgsize <= 0 || attr->mq_maxmsg > max ||
	    attr->mq_msgsize > size_max)
		return -EINVAL;
	return 0;
}

static unsigned long cost(const struct mq_attr *attr)
{
	return attr->mq_maxmsg * (attr->mq_msgsize + MESSAGE_COST) +
	       min(attr->mq_maxmsg, (long)MQ_PRIO_MAX) * PRIORITY_COST;
}

/* 0 or -EMFILE */
static int charge_user(struct mq_info *info)
{
	struct user_struct *user = current_user();
	unsigned long bytes = cost(&info->attr);

	if ((unsigned long)atomic_long_add_return(bytes, &user->mq_bytes) >
	    rlimit(RLIMIT_MSGQUEUE)) {
		atomic_long_sub(bytes, &user->mq_bytes);
		return -EMFILE;
	}
	info->user = get_uid(user);
	info->charged = bytes;
	return 0;
}

static int count_queue(struct mq_ns *ns)
{
	int error = 0;

	spin_lock(&count_lock);
	if (ns->nr_queues >= queues_max && !capable(CAP_SYS_RESOURCE))
		error = -ENOSPC;
	else
		ns->nr_queues++;
	spin_unlock(&count_lock);
	return error;
}

static void uncount_queue(struct mq_ns *ns)
{
	spin_lock(&count_lock);
	ns->nr_queues--;
	spin_unlock(&count_lock);
}

/* ---- files ---- */

struct mq_info *mq_from_file(struct file *file)
{
	return file->f_op == &mq_file_operations ? MQ_I(file_inode(file)) : NULL;
}

static ssize_t mq_read_file(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct mq_info *info = MQ_I(file_inode(file));
	char text[FILE_SIZE];

	spin_lock(&info->lock);
	snprintf(text, sizeof(text), "QSIZE:%-10lu NOTIFY:%-5d SIGNO:%-5d NOTIFY_PID:%-6d\n",
		 (unsigned long)info->bytes, info->owner ? info->notify_how : 0,
		 info->owner && info->notify_how == SIGEV_SIGNAL ? info->notify_signo : 0,
		 pid_vnr(info->owner));
	spin_unlock(&info->lock);
	return simple_read_from_buffer(buf, size, pos, text, strlen(text));
}

static __poll_t mq_poll(struct file *file, poll_table *pt)
{
	struct mq_info *info = MQ_I(file_inode(file));
	__poll_t mask = 0;

	poll_wait(file, &info->poll_wait, pt);
	spin_lock(&info->lock);
	if (info->attr.mq_curmsgs)
		mask = EPOLLIN | EPOLLRDNORM;
	if (info->attr.mq_curmsgs < info->attr.mq_maxmsg)
		mask |= EPOLLOUT | EPOLLWRNORM;
	spin_unlock(&info->lock);
	return mask;
}

/* A descriptor is closed: a request for notification by its process ends. */
static int mq_flush(struct file *file, void *owner)
{
	struct mq_info *info = MQ_I(file_inode(file));

	spin_lock(&info->lock);
	if (info->owner == task_tgid(current))
		mq_remove_notification(info);
	spin_unlock(&info->lock);
	return 0;
}

const struct file_operations mq_file_operations = {
	.flush = mq_flush,
	.poll = mq_poll,
	.read = mq_read_file,
	.llseek = default_llseek,
};

/* ---- inodes ---- */

static struct inode *new_mq_inode(struct super_block *sb, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = mode;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	return inode;
}

/* The attributes come with the dentry, from mq_open(); without any they are the defaults. */
static int mq_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl)
{
	const struct mq_attr *attr = dentry->d_fsdata;
	struct mq_info *info;
	struct inode *inode;
	int error = attr ? check_attr(attr) : 0;

	if (!error)
		error = count_queue(dir->i_sb->s_fs_info);
	if (error)
		return error;
	inode = new_mq_inode(dir->i_sb, mode);
	if (!inode) {
		uncount_queue(dir->i_sb->s_fs_info);
		return -ENOMEM;
	}
	info = MQ_I(inode);
	info->attr.mq_maxmsg = attr ? attr->mq_maxmsg : min(msg_max, msg_default);
	info->attr.mq_msgsize = attr ? attr->mq_msgsize : min(msgsize_max, msgsize_default);
	error = charge_user(info);
	if (error) {
		iput(inode);
		return error;
	}
	inode->i_fop = &mq_file_operations;
	i_size_write(inode, FILE_SIZE);
	i_size_write(dir, i_size_read(dir) + DIRENT_SIZE);
	inode_set_ctime_current(dir);
	d_instantiate(dentry, inode);
	dget(dentry);
	return 0;
}

static int mq_unlink(struct inode *dir, struct dentry *dentry)
{
	i_size_write(dir, i_size_read(dir) - DIRENT_SIZE);
	return simple_unlink(dir, dentry);
}

static const struct inode_operations mq_dir_operations = {
	.lookup = simple_lookup,
	.create = mq_create,
	.unlink = mq_unlink,
};

static struct inode *mq_alloc_inode(struct super_block *sb)
{
	struct mq_info *info = kmem_cache_zalloc(mq_cache, GFP_KERNEL);

	if (!info)
		return NULL;
	spin_lock_init(&info->lock);
	init_waitqueue_head(&info->poll_wait);
	INIT_LIST_HEAD(&info->waiters[MQ_SENDERS]);
	INIT_LIST_HEAD(&info->waiters[MQ_RECEIVERS]);
	return &info->vfs_inode;
}

static void mq_free_inode(struct inode *inode)
{
	kmem_cache_free(mq_cache, MQ_I(inode));
}

static void mq_evict_inode(struct inode *inode)
{
	struct mq_info *info = MQ_I(inode);

	truncate_inode_pages_final(inode->i_mapping);
	clear_inode(inode);
	if (S_ISDIR(inode->i_mode))
		return;
	mq_remove_notification(info);
	mq_free_all(info);
	if (info->user) {
		atomic_long_sub(info->charged, &info->user->mq_bytes);
		free_uid(info->user);
	}
	uncount_queue(inode->i_sb->s_fs_info);
}

/* ---- the file system ---- */

static const struct super_operations mq_super_ops = {
	.alloc_inode = mq_alloc_inode,
	.free_inode = mq_free_inode,
	.evict_inode = mq_evict_inode,
	.statfs = simple_statfs,
};

static int mq_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *inode;

	sb->s_iflags |= SB_I_NOEXEC | SB_I_NODEV;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_magic = MQUEUE_MAGIC;
	sb->s_op = &mq_super_ops;
	inode = new_mq_inode(sb, S_IFDIR | S_ISVTX | 0777);
	if (!inode)
		return -ENOMEM;
	inc_nlink(inode);
	i_size_write(inode, 2 * DIRENT_SIZE);
	inode->i_op = &mq_dir_operations;
	inode->i_fop = &simple_dir_operations;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

static void put_mq_ns(struct mq_ns *ns)
{
	if (refcount_dec_and_test(&ns->count))
		kfree(ns);
}

/* Of the caller's IPC name space; NULL without memory. */
static struct mq_ns *current_mq_ns(void)
{
	struct ipc_namespace *ipc_ns = current->nsproxy->ipc_ns;
	struct mq_ns *ns;

	mutex_lock(&ns_lock);
	ns = ipc_ns->mqueue;
	if (!ns) {
		ns = kzalloc(sizeof(*ns), GFP_KERNEL);
		if (ns)
			refcount_set(&ns->count, 1);
		ipc_ns->mqueue = ns;
	}
	mutex_unlock(&ns_lock);
	return ns;
}

static int test_ns(struct super_block *sb, void *data)
{
	return sb->s_fs_info == data;
}

static int set_ns(struct super_block *sb, void *data)
{
	struct mq_ns *ns = data;
	int error = set_anon_super(sb, NULL);

	if (!error) {
		refcount_inc(&ns->count);
		sb->s_fs_info = ns;
	}
	return error;
}

static struct dentry *mq_mount(struct file_system_type *type, int flags, const char *dev_name,
			       void *data)
{
	struct mq_ns *ns = current_mq_ns();
	struct super_block *sb;
	int error;

	if (!ns)
		return ERR_PTR(-ENOMEM);
	sb = sget(type, test_ns, set_ns, flags, ns);
	if (IS_ERR(sb))
		return ERR_CAST(sb);
	if (!sb->s_root) {
		error = mq_fill_super(sb, data, 0);
		if (error) {
			deactivate_locked_super(sb);
			return ERR_PTR(error);
		}
		sb->s_flags |= SB_ACTIVE;
	}
	return dget(sb->s_root);
}

static void mq_kill_sb(struct super_block *sb)
{
	struct mq_ns *ns = sb->s_fs_info;

	kill_litter_super(sb);
	put_mq_ns(ns);
}

static struct file_system_type mq_fs_type = {
	.name = "mqueue",
	.mount = mq_mount,
	.kill_sb = mq_kill_sb,
	.fs_flags = FS_USERNS_MOUNT,
};

struct vfsmount *mq_current_mount(void)
{
	struct mq_ns *ns = current_mq_ns();

	if (!ns)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&mount_lock);
	if (!ns->mnt) {
		struct vfsmount *mnt = kern_mount(&mq_fs_type);

		if (IS_ERR(mnt)) {
			mutex_unlock(&mount_lock);
			return mnt;
		}
		ns->mnt = mnt;
	}
	mutex_unlock(&mount_lock);
	return ns->mnt;
}

/* The name space goes: nobody is in it any more. */
static void free_mqueue(struct ipc_namespace *ipc_ns)
{
	struct mq_ns *ns = ipc_ns->mqueue;

	if (ns->mnt)
		kern_unmount(ns->mnt);
	put_mq_ns(ns);
}

static const int one = 1, min_size = 128, hard_msgmax = HARD_MSGMAX, hard_size = HARD_MSGSIZEMAX;

static const struct ctl_table mq_table[] = {
	{ "queues_max", &queues_max, sizeof(int), 0644, proc_dointvec },
	{ "msg_max", &msg_max, sizeof(int), 0644, proc_dointvec_minmax, &one, &hard_msgmax },
	{ "msgsize_max", &msgsize_max, sizeof(int), 0644, proc_dointvec_minmax, &min_size,
	  &hard_size },
	{ "msg_default", &msg_default, sizeof(int), 0644, proc_dointvec_minmax, &one,
	  &hard_msgmax },
	{ "msgsize_default", &msgsize_default, sizeof(int), 0644, proc_dointvec_minmax, &min_size,
	  &hard_size },
	{}
};

static int __init mqueue_init(void)
{
	mq_cache = kmem_cache_create("mqueue_inode_cache", sizeof(struct mq_info), 0,
				     SLAB_PANIC | SLAB_ACCOUNT, NULL);
	BUG_ON(register_filesystem(&mq_fs_type));
	ipc_free_mqueue = free_mqueue;
	return register_sysctl("fs/mqueue", mq_table);
}
device_initcall(mqueue_init);
