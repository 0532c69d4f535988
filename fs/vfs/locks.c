/* SPDX-License-Identifier: MIT */
/*
 * File locks: fcntl ranges of processes (F_SETLK) and of open files (F_OFD_SETLK), and flock().
 *
 * One spin lock guards all of it: locks are few and short-lived. The ranges of one owner never
 * overlap and neighbours of the same type are one; setting a range cuts, joins and replaces what
 * the owner had there. A request that must wait hangs on the lock that blocks it and tries again
 * when that one goes. Waits of processes on each other are followed to find deadlocks (-EDEADLK);
 * OFD locks have no such check, as on Linux.
 */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/filelock.h>
#include <fs/inode.h>
#include <fs/seq_file.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/pid.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <linux/fs.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include "flock.h"
#include "internal.h"

#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8

DEFINE_SPINLOCK(file_lock_lock);
/* All held locks, for /proc/locks. file_lock_lock */
static LIST_HEAD(all_contexts);

struct lock_context_entry {
	struct file_lock_context ctx;
	struct list_head all;		/* in all_contexts */
	struct inode *inode;
};

struct file_lock *alloc_lock(void)
{
	struct file_lock *fl = kzalloc(sizeof(*fl), GFP_KERNEL);

	if (!fl)
		return NULL;
	INIT_LIST_HEAD(&fl->fl_list);
	INIT_LIST_HEAD(&fl->fl_waiters);
	INIT_LIST_HEAD(&fl->fl_block);
	init_waitqueue_head(&fl->fl_wait);
	return fl;
}

struct file_lock_context *locks_get_context(struct inode *inode)
{
	struct lock_context_entry *fresh;

	if (READ_ONCE(inode->i_flctx))
		return inode->i_flctx;
	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return NULL;
	INIT_LIST_HEAD(&fresh->ctx.flc_flock);
	INIT_LIST_HEAD(&fresh->ctx.flc_posix);
	INIT_LIST_HEAD(&fresh->ctx.flc_lease);
	init_waitqueue_head(&fresh->ctx.flc_wait);
	fresh->inode = inode;
	spin_lock(&file_lock_lock);
	if (!inode->i_flctx) {
		list_add(&fresh->all, &all_contexts);
		WRITE_ONCE(inode->i_flctx, &fresh->ctx);
		fresh = NULL;
	}
	spin_unlock(&file_lock_lock);
	kfree(fresh);
	return inode->i_flctx;
}

void locks_free_context(struct inode *inode)
{
	struct lock_context_entry *entry;

	if (!inode->i_flctx)
		return;
	entry = container_of(inode->i_flctx, struct lock_context_entry, ctx);
	spin_lock(&file_lock_lock);
	list_del(&entry->all);
	spin_unlock(&file_lock_lock);
	inode->i_flctx = NULL;
	kfree(entry);
}

/* ---- conflicts and waiting; => file_lock_lock held ---- */

static bool overlap(const struct file_lock *a, const struct file_lock *b)
{
	return a->fl_start <= b->fl_end && b->fl_start <= a->fl_end;
}

static bool types_conflict(const struct file_lock *a, const struct file_lock *b)
{
	return a->fl_type == F_WRLCK || b->fl_type == F_WRLCK;
}

struct file_lock *posix_blocker(struct file_lock_context *ctx, const struct file_lock *req)
{
	struct file_lock *fl;

	list_for_each_entry(fl, &ctx->flc_posix, fl_list)
		if (fl->fl_owner != req->fl_owner && overlap(fl, req) && types_conflict(fl, req))
			return fl;
	return NULL;
}

static struct file_lock *flock_blocker(struct file_lock_context *ctx, const struct file_lock *req)
{
	struct file_lock *fl;

	list_for_each_entry(fl, &ctx->flc_flock, fl_list)
		if (fl->fl_owner != req->fl_owner && types_conflict(fl, req))
			return fl;
	return NULL;
}

static void block_on(struct file_lock *req, struct file_lock *blocker)
{
	req->fl_blocker = blocker;
	list_add_tail(&req->fl_block, &blocker->fl_waiters);
}

static void unblock(struct file_lock *req)
{
	req->fl_blocker = NULL;
	list_del_init(&req->fl_block);
}

static void wake_waiters(struct file_lock *fl)
{
	while (!list_empty(&fl->fl_waiters)) {
		struct file_lock *req =
			list_first_entry(&fl->fl_waiters, struct file_lock, fl_block);

		unblock(req);
		wake_up(&req->fl_wait);
	}
}

/* All requests that wait, to be followed from owner to owner. */
static struct file_lock *waiting_request_of(void *owner)
{
	struct lock_context_entry *entry;
	struct file_lock *fl, *req;

	list_for_each_entry(entry, &all_contexts, all)
		list_for_each_entry(fl, &entry->ctx.flc_posix, fl_list)
			list_for_each_entry(req, &fl->fl_waiters, fl_block)
				if (req->fl_owner == owner && !(req->fl_flags & FL_OFDLCK))
					return req;
	return NULL;
}

/* Would waiting for `blocker` close a circle of processes that wait for each other? */
static bool deadlock(const struct file_lock *req, const struct file_lock *blocker)
{
	int hops;

	if (req->fl_flags & FL_OFDLCK)
		return false;
	for (hops = 0; hops < 10; hops++) {
		const struct file_lock *next = waiting_request_of(blocker->fl_owner);

		if (!next || !next->fl_blocker)
			return false;
		blocker = next->fl_blocker;
		if (blocker->fl_owner == req->fl_owner)
			return true;
	}
	return false;
}

/* ---- ranges ---- */

static void drop_lock(struct file_lock *fl, struct list_head *dispose)
{
	list_move(&fl->fl_list, dispose);
	wake_waiters(fl);
}

static void dispose_locks(struct list_head *dispose)
{
	while (!list_empty(dispose)) {
		struct file_lock *fl = list_first_entry(dispose, struct file_lock, fl_list);

		list_del(&fl->fl_list);
		kfree(fl);
	}
}

static void copy_lock(struct file_lock *to, const struct file_lock *from)
{
	to->fl_owner = from->fl_owner;
	to->fl_flags = from->fl_flags & ~FL_SLEEP;
	to->fl_type = from->fl_type;
	to->fl_pid = from->fl_pid;
	to->fl_start = from->fl_start;
	to->fl_end = from->fl_end;
	to->fl_file = from->fl_file;
}

/*
 * Makes [start, end] of the owner's ranges be of the request's type. Uses up to two spare locks;
 * what is not needed any more goes to `dispose`. => file_lock_lock held
 */
static void set_range(struct file_lock_context *ctx, const struct file_lock *req,
		      struct file_lock **spare, struct list_head *dispose)
{
	loff_t start = req->fl_start;
	loff_t end = req->fl_end;
	struct list_head *place = &ctx->flc_posix;
	struct file_lock *fl, *n, *fresh;

	list_for_each_entry_safe(fl, n, &ctx->flc_posix, fl_list) {
		bool same = fl->fl_type == req->fl_type;

		if (fl->fl_owner != req->fl_owner)
			continue;
		if (same) {
			/* Neighbours of the same type join. */
			if ((start > 0 && fl->fl_end < start - 1) ||
			    (end < OFFSET_MAX && fl->fl_start > end + 1))
				continue;
			if (fl->fl_start < start)
				start = fl->fl_start;
			if (fl->fl_end > end)
				end = fl->fl_end;
			drop_lock(fl, dispose);
			continue;
		}
		if (!overlap(fl, req))
			continue;
		if (fl->fl_start < req->fl_start && fl->fl_end > req->fl_end) {
			/* The request is in the middle: the right piece becomes a lock. */
			fresh = spare[0];
			spare[0] = NULL;
			copy_lock(fresh, fl);
			fresh->fl_start = req->fl_end + 1;
			list_add(&fresh->fl_list, &fl->fl_list);
			fl->fl_end = req->fl_start - 1;
			wake_waiters(fl);
		} else if (fl->fl_start < req->fl_start) {
			fl->fl_end = req->fl_start - 1;
			wake_waiters(fl);
		} else if (fl->fl_end > req->fl_end) {
			fl->fl_start = req->fl_end + 1;
			wake_waiters(fl);
		} else {
			drop_lock(fl, dispose);
		}
	}
	if (req->fl_type == F_UNLCK)
		return;
	fresh = spare[1];
	spare[1] = NULL;
	copy_lock(fresh, req);
	fresh->fl_start = start;
	fresh->fl_end = end;
	list_for_each_entry(fl, &ctx->flc_posix, fl_list)
		if (fl->fl_owner == req->fl_owner && fl->fl_start > start) {
			place = &fl->fl_list;
			break;
		}
	list_add_tail(&fresh->fl_list, place);
}

/* 0, -EAGAIN (and it waits on its blocker, if it may sleep), -EDEADLK, -ENOLCK. */
int posix_lock_once(struct inode *inode, struct file_lock *req)
{
	struct file_lock *spare[2] = { NULL, NULL };
	struct file_lock_context *ctx = locks_get_context(inode);
	struct file_lock *blocker;
	LIST_HEAD(dispose);
	int error = 0;

	if (!ctx)
		return -ENOMEM;
	spare[0] = alloc_lock();
	spare[1] = alloc_lock();
	if (!spare[0] || !spare[1]) {
		error = -ENOLCK;
		goto out;
	}
	spin_lock(&file_lock_lock);
	blocker = req->fl_type == F_UNLCK ? NULL : posix_blocker(ctx, req);
	if (!blocker) {
		set_range(ctx, req, spare, &dispose);
	} else if (!(req->fl_flags & FL_SLEEP)) {
		error = -EAGAIN;
	} else if (deadlock(req, blocker)) {
		error = -EDEADLK;
	} else {
		error = -EAGAIN;
		block_on(req, blocker);
	}
	spin_unlock(&file_lock_lock);
out:
	kfree(spare[0]);
	kfree(spare[1]);
	dispose_locks(&dispose);
	return error;
}

static int flock_lock_once(struct inode *inode, struct file_lock *req)
{
	struct file_lock_context *ctx = locks_get_context(inode);
	struct file_lock *fresh, *fl, *blocker;
	LIST_HEAD(dispose);
	int error = 0;

	if (!ctx)
		return -ENOMEM;
	fresh = alloc_lock();
	if (!fresh)
		return -ENOLCK;
	spin_lock(&file_lock_lock);
	/* Changing the type gives the old one up first: others may come between. */
	list_for_each_entry(fl, &ctx->flc_flock, fl_list)
		if (fl->fl_owner == req->fl_owner) {
			if (fl->fl_type == req->fl_type)
				goto out;
			drop_lock(fl, &dispose);
			break;
		}
	if (req->fl_type == F_UNLCK)
		goto out;
	blocker = flock_blocker(ctx, req);
	if (blocker) {
		error = -EAGAIN;
		if (req->fl_flags & FL_SLEEP)
			block_on(req, blocker);
		goto out;
	}
	copy_lock(fresh, req);
	list_add_tail(&fresh->fl_list, &ctx->flc_flock);
	fresh = NULL;
out:
	spin_unlock(&file_lock_lock);
	kfree(fresh);
	dispose_locks(&dispose);
	return error;
}

/* Tries until it has the lock, or a signal comes. */
int lock_wait(struct inode *inode, struct file_lock *req,
		     int (*once)(struct inode *inode, struct file_lock *req))
{
	for (;;) {
		int error = once(inode, req);

		if (error != -EAGAIN || !(req->fl_flags & FL_SLEEP))
			return error;
		error = wait_event_interruptible(req->fl_wait, !READ_ONCE(req->fl_blocker));
		spin_lock(&file_lock_lock);
		if (req->fl_blocker)
			unblock(req);
		spin_unlock(&file_lock_lock);
		if (error)
			return error;
	}
}

/* ---- flock, close ---- */

SYSCALL_DEFINE2(flock, unsigned int, fd, unsigned int, cmd)
{
	struct file_lock *req;
	struct fd f;
	int error = -EINVAL;
	int type;

	/* Mandatory locks never were: accepted, and nothing else. */
	if (cmd & LOCK_MAND)
		return 0;
	switch (cmd & ~LOCK_NB) {
	case LOCK_SH:
		type = F_RDLCK;
		break;
	case LOCK_EX:
		type = F_WRLCK;
		break;
	case LOCK_UN:
		type = F_UNLCK;
		break;
	default:
		return error;
	}
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	error = -ENOMEM;
	req = alloc_lock();
	if (req) {
		req->fl_owner = f.file;
		req->fl_file = f.file;
		req->fl_pid = current->tgid;
		req->fl_type = type;
		req->fl_end = OFFSET_MAX;
		req->fl_flags = FL_FLOCK | (cmd & LOCK_NB ? 0 : FL_SLEEP);
		error = lock_wait(file_inode(f.file), req, flock_lock_once);
		kfree(req);
	}
	fdput(f);
	return error;
}

static void remove_owner(struct list_head *list, void *owner)
{
	struct file_lock *fl, *n;
	LIST_HEAD(dispose);

	spin_lock(&file_lock_lock);
	list_for_each_entry_safe(fl, n, list, fl_list)
		if (fl->fl_owner == owner)
			drop_lock(fl, &dispose);
	spin_unlock(&file_lock_lock);
	dispose_locks(&dispose);
}

void locks_remove_posix(struct file *file, void *owner)
{
	struct file_lock_context *ctx = file_inode(file)->i_flctx;

	if (ctx && !list_empty(&ctx->flc_posix))
		remove_owner(&ctx->flc_posix, owner);
}

void locks_remove_file(struct file *file)
{
	struct file_lock_context *ctx = file_inode(file)->i_flctx;

	if (likely(!ctx))
		return;
	remove_owner(&ctx->flc_flock, file);
	remove_owner(&ctx->flc_posix, file);
	lease_remove_file(file);
}

/* ---- /proc/locks ---- */

static void show_kind(struct seq_file *m, const struct file_lock *fl)
{
	if (fl->fl_flags & FL_LEASE)
		seq_printf(m, "LEASE  %s", fl->fl_flags & (FL_UNLOCK_PENDING | FL_DOWNGRADE_PENDING) ?
			   "BREAKING  " : "ACTIVE    ");
	else
		seq_printf(m, "%s ADVISORY  ", fl->fl_flags & FL_FLOCK ? "FLOCK " :
			   fl->fl_flags & FL_OFDLCK ? "OFDLCK" : "POSIX ");
}

/* `waits`: how deep the request stands behind others. */
static void show_lock(struct seq_file *m, const struct inode *inode, const struct file_lock *fl,
		      long id, int waits)
{
	int type = fl->fl_flags & FL_LEASE ? lease_target(fl) : fl->fl_type;

	seq_printf(m, "%ld: %s", id, waits ? "-> " : "");
	show_kind(m, fl);
	seq_printf(m, "%s %d %02x:%02x:%lu %lld ",
		   type == F_WRLCK ? "WRITE" : type == F_RDLCK ? "READ" : "UNLCK", fl->fl_pid,
		   MAJOR(inode->i_sb->s_dev), MINOR(inode->i_sb->s_dev), inode->i_ino,
		   fl->fl_start);
	if (fl->fl_end == OFFSET_MAX)
		seq_puts(m, "EOF\n");
	else
		seq_printf(m, "%lld\n", fl->fl_end);
}

/* A list's locks, each with the requests that wait for it. */
static void show_list(struct seq_file *m, const struct inode *inode, const struct list_head *list,
		      long *id)
{
	const struct file_lock *fl, *req;

	list_for_each_entry(fl, list, fl_list) {
		show_lock(m, inode, fl, ++*id, 0);
		list_for_each_entry(req, &fl->fl_waiters, fl_block)
			show_lock(m, inode, req, *id, 1);
	}
}

static int locks_show(struct seq_file *m, void *v)
{
	struct lock_context_entry *entry;
	long id = 0;

	spin_lock(&file_lock_lock);
	list_for_each_entry(entry, &all_contexts, all) {
		show_list(m, entry->inode, &entry->ctx.flc_flock, &id);
		show_list(m, entry->inode, &entry->ctx.flc_posix, &id);
		show_list(m, entry->inode, &entry->ctx.flc_lease, &id);
	}
	spin_unlock(&file_lock_lock);
	return 0;
}

static void *locks_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? NULL : SEQ_START_TOKEN;
}

static void *locks_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void locks_stop(struct seq_file *m, void *v)
{
}

const struct seq_operations locks_seq_operations = {
	.start = locks_start,
	.next = locks_next,
	.stop = locks_stop,
	.show = locks_show,
};
