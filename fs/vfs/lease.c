/* SPDX-License-Identifier: MIT */
/*
 * Leases (fcntl F_SETLEASE): who has one is told, by a signal, before somebody else's open or
 * truncate conflicts with it, and has lease-break-time seconds to let go (0: all the time).
 *
 *	held --break_lease()--> breaking --F_SETLEASE, close or time-out--> gone or downgraded
 *
 * A read lease conflicts with opens for writing, a write lease with all. Leases are file_locks on
 * the context's own list; the breaker waits on the context's queue. All under file_lock_lock.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/sysctl.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/slab.h>
#include "flock.h"
#include "internal.h"

static int lease_break_time = 45;	/* seconds; 0: holders are never forced */
static int leases_enable = 1;

int lease_target(const struct file_lock *fl)
{
	if (fl->fl_flags & FL_UNLOCK_PENDING)
		return F_UNLCK;
	return fl->fl_flags & FL_DOWNGRADE_PENDING ? F_RDLCK : fl->fl_type;
}

/* => file_lock_lock held */
static struct file_lock *lease_of(struct file_lock_context *ctx, const struct file *file)
{
	struct file_lock *fl;

	list_for_each_entry(fl, &ctx->flc_lease, fl_list)
		if (fl->fl_file == file)
			return fl;
	return NULL;
}

/* What was waited for has come: the lease becomes that, or goes. => file_lock_lock held */
static void modify_lease(struct file_lock_context *ctx, struct file_lock *fl, int type,
			 struct list_head *dispose)
{
	fl->fl_flags &= ~(FL_UNLOCK_PENDING | FL_DOWNGRADE_PENDING);
	fl->fl_type = type;
	if (type == F_UNLCK)
		list_move(&fl->fl_list, dispose);
	wake_up_all(&ctx->flc_wait);
}

static void dispose_leases(struct list_head *dispose)
{
	struct file_lock *fl, *n;

	list_for_each_entry_safe(fl, n, dispose, fl_list)
		kfree(fl);
}

/* ---- breaking ---- */

static bool conflicts(const struct file_lock *fl, bool want_write)
{
	return want_write || lease_target(fl) == F_WRLCK || fl->fl_type == F_WRLCK;
}

/* Leases whose holders did not answer in time. => file_lock_lock held */
static void time_out(struct file_lock_context *ctx, struct list_head *dispose)
{
	struct file_lock *fl, *n;

	list_for_each_entry_safe(fl, n, &ctx->flc_lease, fl_list)
		if ((fl->fl_flags & (FL_UNLOCK_PENDING | FL_DOWNGRADE_PENDING)) &&
		    fl->fl_break_time && time_after(jiffies, fl->fl_break_time))
			modify_lease(ctx, fl, lease_target(fl), dispose);
}

/* When holders who are told now must have let go; 0: never. */
static unsigned long break_deadline(void)
{
	int seconds = READ_ONCE(lease_break_time);

	return seconds > 0 ? (jiffies + (unsigned long)seconds * HZ) ?: 1 : 0;
}

/* Tells the holders of what conflicts; how long to wait for them, 0: nothing conflicts. */
static unsigned long start_break(struct file_lock_context *ctx, bool want_write)
{
	unsigned int flag = want_write ? FL_UNLOCK_PENDING : FL_DOWNGRADE_PENDING;
	unsigned long latest = 0;
	bool found = false, forever = false;
	struct file_lock *fl;

	list_for_each_entry(fl, &ctx->flc_lease, fl_list) {
		if (!conflicts(fl, want_write))
			continue;
		if (!(fl->fl_flags & (flag | FL_UNLOCK_PENDING))) {
			fl->fl_flags |= flag;
			fl->fl_break_time = break_deadline();
			send_sigio(&fl->fl_file->f_owner, fl->fl_fd, POLL_MSG);
		}
		forever |= !fl->fl_break_time;
		if (!found || time_after(fl->fl_break_time, latest))
			latest = fl->fl_break_time;
		found = true;
	}
	if (!found)
		return 0;
	if (forever)
		return MAX_SCHEDULE_TIMEOUT;
	return time_after(latest, jiffies) ? latest - jiffies + 1 : 1;
}

static bool any_conflict(struct file_lock_context *ctx, bool want_write)
{
	struct file_lock *fl;
	bool found = false;

	spin_lock(&file_lock_lock);
	list_for_each_entry(fl, &ctx->flc_lease, fl_list)
		found |= conflicts(fl, want_write);
	spin_unlock(&file_lock_lock);
	return found;
}

int __break_lease(struct inode *inode, unsigned int flags)
{
	bool want_write = (flags & O_ACCMODE) != O_RDONLY;
	struct file_lock_context *ctx = inode->i_flctx;
	LIST_HEAD(dispose);
	int error = 0;

	while (!error) {
		unsigned long wait;
		long left;

		spin_lock(&file_lock_lock);
		time_out(ctx, &dispose);
		wait = start_break(ctx, want_write);
		spin_unlock(&file_lock_lock);
		if (!wait)
			break;
		if (flags & O_NONBLOCK) {
			error = -EWOULDBLOCK;
			break;
		}
		left = wait_event_interruptible_timeout(ctx->flc_wait, !any_conflict(ctx, want_write),
							wait);
		if (left < 0)
			error = left;
	}
	dispose_leases(&dispose);
	return error;
}

/* ---- fcntl ---- */

int fcntl_getlease(struct file *file)
{
	struct file_lock_context *ctx = READ_ONCE(file_inode(file)->i_flctx);
	int type = F_UNLCK;
	LIST_HEAD(dispose);
	struct file_lock *fl;

	if (!ctx)
		return type;
	spin_lock(&file_lock_lock);
	time_out(ctx, &dispose);
	fl = lease_of(ctx, file);
	if (fl)
		type = lease_target(fl);
	spin_unlock(&file_lock_lock);
	dispose_leases(&dispose);
	return type;
}

/* Is the file open in a way that a lease of that type would forbid? */
static bool conflicting_open(const struct file *file, int type)
{
	const struct inode *inode = file_inode(file);
	bool writer = file->f_mode & FMODE_WRITE;
	bool reader = !writer && (file->f_mode & FMODE_READ);

	if (type == F_RDLCK)
		return atomic_read(&inode->i_writecount) > 0;
	return atomic_read(&inode->i_writecount) != writer ||
	       atomic_read(&inode->i_readcount) != reader;
}

/* => file_lock_lock held; uses up *fresh for a new lease */
static int add_lease(struct file_lock_context *ctx, struct file *file, int type, int fd,
		     struct file_lock **fresh, struct list_head *dispose)
{
	struct file_lock *fl, *mine;

	if (conflicting_open(file, type))
		return -EAGAIN;
	list_for_each_entry(fl, &ctx->flc_lease, fl_list) {
		if (fl->fl_file == file)
			continue;
		if (type == F_WRLCK || (fl->fl_flags & FL_UNLOCK_PENDING))
			return -EAGAIN;
	}
	mine = lease_of(ctx, file);
	if (mine) {
		modify_lease(ctx, mine, type, dispose);
		return 0;
	}
	mine = *fresh;
	*fresh = NULL;
	mine->fl_flags = FL_LEASE;
	mine->fl_type = type;
	mine->fl_file = file;
	mine->fl_owner = file;
	mine->fl_pid = current->tgid;
	mine->fl_end = OFFSET_MAX;
	mine->fl_fd = fd;
	list_add_tail(&mine->fl_list, &ctx->flc_lease);
	return 0;
}

static int remove_lease(struct file *file)
{
	struct file_lock_context *ctx = READ_ONCE(file_inode(file)->i_flctx);
	struct file_lock *fl;
	LIST_HEAD(dispose);

	if (!ctx)
		return -EAGAIN;
	spin_lock(&file_lock_lock);
	fl = lease_of(ctx, file);
	if (fl)
		modify_lease(ctx, fl, F_UNLCK, &dispose);
	spin_unlock(&file_lock_lock);
	dispose_leases(&dispose);
	return fl ? 0 : -EAGAIN;
}

int fcntl_setlease(unsigned int fd, struct file *file, int type)
{
	struct inode *inode = file_inode(file);
	struct file_lock_context *ctx;
	struct file_lock *fresh;
	LIST_HEAD(dispose);
	int error;

	if (type == F_UNLCK)
		return remove_lease(file);
	if (!leases_enable)
		return -EINVAL;
	if (!uid_eq(current_fsuid(), inode->i_uid) && !capable(CAP_LEASE))
		return -EACCES;
	if (!S_ISREG(inode->i_mode) || (type != F_RDLCK && type != F_WRLCK))
		return -EINVAL;
	ctx = locks_get_context(inode);
	fresh = alloc_lock();
	if (!ctx || !fresh) {
		kfree(fresh);
		return -ENOMEM;
	}
	spin_lock(&file_lock_lock);
	time_out(ctx, &dispose);
	error = add_lease(ctx, file, type, fd, &fresh, &dispose);
	spin_unlock(&file_lock_lock);
	kfree(fresh);
	dispose_leases(&dispose);
	if (!error)
		f_setown_if_none(file);
	return error;
}

void lease_remove_file(struct file *file)
{
	if (!list_empty(&file_inode(file)->i_flctx->flc_lease))
		remove_lease(file);
}

static const struct ctl_table lease_table[] = {
	{ "lease-break-time", &lease_break_time, sizeof(int), 0644, proc_dointvec },
	{ "leases-enable", &leases_enable, sizeof(int), 0644, proc_dointvec },
	{ NULL },
};

static int __init lease_init_sysctl(void)
{
	return register_sysctl("fs", lease_table);
}
late_initcall(lease_init_sysctl);
