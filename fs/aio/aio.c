// SPDX-License-Identifier: MIT
/*
 * Asynchronous I/O: io_setup() and its relatives.
 *
 * Problem: a program hands in many transfers with one call and collects their results later.
 *
 * A context belongs to an address space and holds a ring of results. What the page cache can do
 * at once is done in io_submit() itself, as with ordinary reads and writes; the result is in the
 * ring when the call returns. A request takes a place in the ring before it begins, so a result
 * always finds one.
 *
 * The number of a context is an address in the program, where the C library looks for a ring it
 * could read itself: one page is mapped there, which does not say that it is one.
 *
 * Locks: aio_lock guards the lists of contexts and the count of requests; ctx->lock the ring,
 * inside of nothing. A context lives while somebody holds a reference; io_destroy() and the end
 * of the address space take the list's.
 */
#include <fs/aio.h>
#include <fs/sysctl.h>
#include <kern/err.h>
#include <kern/hrtimer.h>
#include <kern/init.h>
#include <kern/refcount.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_user.h>
#include <kern/timekeeping.h>
#include <linux/mman.h>
#include <mm/mmap.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include "internal.h"

#define MAX_EVENTS (0x10000000UL / sizeof(struct io_event))

static DEFINE_SPINLOCK(aio_lock);
static unsigned long aio_nr; /* aio_lock: requests that contexts have room for */
static unsigned long aio_max_nr = 65536;

/* ---- contexts ---- */

static void put_context(struct aio_context *ctx)
{
	if (!refcount_dec_and_test(&ctx->refs))
		return;
	kvfree(ctx->events);
	kfree(ctx);
}

static struct aio_context *find_context(aio_context_t id)
{
	struct aio_context *ctx, *found = NULL;

	spin_lock(&aio_lock);
	list_for_each_entry(ctx, &current->mm->aio_contexts, list) {
		if (ctx->id == id) {
			found = ctx;
			refcount_inc(&ctx->refs);
			break;
		}
	}
	spin_unlock(&aio_lock);
	return found;
}

/* 0, or -EAGAIN when there are too many */
static int reserve(unsigned long nr)
{
	int error = 0;

	spin_lock(&aio_lock);
	if (aio_nr + nr > aio_max_nr || aio_nr + nr < aio_nr)
		error = -EAGAIN;
	else
		aio_nr += nr;
	spin_unlock(&aio_lock);
	return error;
}

static void unreserve(unsigned long nr)
{
	spin_lock(&aio_lock);
	aio_nr -= nr;
	spin_unlock(&aio_lock);
}

static struct aio_context *new_context(unsigned int nr)
{
	struct aio_context *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	unsigned long addr;

	if (!ctx)
		return ERR_PTR(-ENOMEM);
	ctx->events = kvmalloc_array(nr, sizeof(ctx->events[0]), GFP_KERNEL);
	if (!ctx->events)
		goto fail;
	addr = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(addr))
		goto fail;
	ctx->id = addr;
	ctx->size = nr;
	refcount_set(&ctx->refs, 1);
	spin_lock_init(&ctx->lock);
	init_waitqueue_head(&ctx->wait);
	return ctx;
fail:
	kvfree(ctx->events);
	kfree(ctx);
	return ERR_PTR(-ENOMEM);
}

/* Takes it off its list: false when somebody else did. */
static bool unlink_context(struct aio_context *ctx)
{
	bool mine;

	spin_lock(&aio_lock);
	mine = !ctx->dead;
	if (mine) {
		ctx->dead = true;
		list_del(&ctx->list);
		aio_nr -= ctx->size;
	}
	spin_unlock(&aio_lock);
	if (mine)
		wake_up_all(&ctx->wait);
	return mine;
}

void exit_aio(struct mm_struct *mm)
{
	while (!list_empty(&mm->aio_contexts)) {
		struct aio_context *ctx =
			list_first_entry(&mm->aio_contexts, struct aio_context, list);

		unlink_context(ctx);
		put_context(ctx);
	}
}

SYSCALL_DEFINE2(io_setup, unsigned int, nr, aio_context_t __user *, uctx)
{
	struct aio_context *ctx;
	aio_context_t id;
	int error;

	if (get_user(id, uctx))
		return -EFAULT;
	if (id || !nr || nr > MAX_EVENTS)
		return -EINVAL;
	error = reserve(nr);
	if (error)
		return error;
	ctx = new_context(nr);
	if (IS_ERR(ctx)) {
		unreserve(nr);
		return PTR_ERR(ctx);
	}
	spin_lock(&aio_lock);
	list_add(&ctx->list, &current->mm->aio_contexts);
	refcount_inc(&ctx->refs);
	spin_unlock(&aio_lock);
	error = put_user(ctx->id, uctx);
	if (error && unlink_context(ctx)) {
		vm_munmap(ctx->id, PAGE_SIZE);
		put_context(ctx);
	}
	put_context(ctx);
	return error;
}

SYSCALL_DEFINE1(io_destroy, aio_context_t, id)
{
	struct aio_context *ctx = find_context(id);
	int error = -EINVAL;

	if (!ctx)
		return error;
	if (unlink_context(ctx)) {
		vm_munmap(ctx->id, PAGE_SIZE);
		put_context(ctx);
		error = 0;
	}
	put_context(ctx);
	return error;
}

/* ---- the ring ---- */

bool aio_take_place(struct aio_context *ctx)
{
	bool room;

	spin_lock(&ctx->lock);
	room = ctx->taken < ctx->size;
	if (room)
		ctx->taken++;
	spin_unlock(&ctx->lock);
	return room;
}

void aio_give_place(struct aio_context *ctx)
{
	spin_lock(&ctx->lock);
	ctx->taken--;
	spin_unlock(&ctx->lock);
}

void aio_complete(struct aio_context *ctx, const struct io_event *event)
{
	spin_lock(&ctx->lock);
	ctx->events[(ctx->head + ctx->count++) % ctx->size] = *event;
	spin_unlock(&ctx->lock);
	if (wq_has_sleeper(&ctx->wait))
		wake_up_interruptible_all(&ctx->wait);
}

/* Takes the oldest result. */
static bool next_event(struct aio_context *ctx, struct io_event *event)
{
	bool found;

	spin_lock(&ctx->lock);
	found = ctx->count;
	if (found) {
		*event = ctx->events[ctx->head];
		ctx->head = (ctx->head + 1) % ctx->size;
		ctx->count--;
		ctx->taken--;
	}
	spin_unlock(&ctx->lock);
	return found;
}

/* How many were copied, or -EFAULT when not even one could be. */
static long read_events(struct aio_context *ctx, long nr, struct io_event __user *uevents)
{
	struct io_event event;
	long done = 0;

	while (done < nr && next_event(ctx, &event)) {
		if (copy_to_user(&uevents[done], &event, sizeof(event)))
			return done ?: -EFAULT;
		done++;
	}
	return done;
}

/* Until `min` results have been copied, the deadline, or a signal. */
static long wait_for_events(struct aio_context *ctx, long min, long nr,
			    struct io_event __user *uevents, const ktime_t *deadline)
{
	long done = 0, n;

	for (;;) {
		DEFINE_WAIT(wait);
		ktime_t expires = deadline ? *deadline : 0;
		int in_time = 1;

		n = read_events(ctx, nr - done, uevents + done);
		if (n < 0)
			return done ?: n;
		done += n;
		if (done >= min)
			return done;
		if (READ_ONCE(ctx->dead))
			return done ?: -EINVAL;
		if (deadline && ktime_get() >= *deadline)
			return done;
		prepare_to_wait(&ctx->wait, &wait, TASK_INTERRUPTIBLE);
		if (!READ_ONCE(ctx->count) && !READ_ONCE(ctx->dead) && !signal_pending(current))
			in_time = schedule_hrtimeout(deadline ? &expires : NULL, HRTIMER_MODE_ABS);
		finish_wait(&ctx->wait, &wait);
		if (signal_pending(current) && in_time)
			return done ?: -EINTR;
	}
}

static long do_getevents(aio_context_t id, long min, long nr, struct io_event __user *uevents,
			 const struct __kernel_timespec __user *utimeout)
{
	struct aio_context *ctx;
	ktime_t deadline;
	long n;

	n = utimeout ? get_deadline_from_now(&deadline, utimeout) : 0;
	if (n)
		return n;
	ctx = find_context(id);
	if (!ctx)
		return -EINVAL;
	n = -EINVAL;
	if (min >= 0 && min <= nr)
		n = wait_for_events(ctx, min, nr, uevents, utimeout ? &deadline : NULL);
	put_context(ctx);
	return n;
}

SYSCALL_DEFINE5(io_getevents, aio_context_t, id, long, min, long, nr, struct io_event __user *,
		uevents, struct __kernel_timespec __user *, utimeout)
{
	return do_getevents(id, min, nr, uevents, utimeout);
}

struct aio_sigset {
	const sigset_t __user *sigmask;
	size_t sigsetsize;
};

SYSCALL_DEFINE6(io_pgetevents, aio_context_t, id, long, min, long, nr, struct io_event __user *,
		uevents, struct __kernel_timespec __user *, utimeout,
		const struct aio_sigset __user *, usig)
{
	struct aio_sigset sig = { NULL, 0 };
	long n;

	if (usig && copy_from_user(&sig, usig, sizeof(sig)))
		return -EFAULT;
	n = set_user_sigmask(sig.sigmask, sig.sigsetsize);
	if (n)
		return n;
	n = do_getevents(id, min, nr, uevents, utimeout);
	restore_saved_sigmask_unless(n == -EINTR);
	return n == -EINTR ? -ERESTARTNOHAND : n;
}

/* ---- submitting ---- */

SYSCALL_DEFINE3(io_submit, aio_context_t, id, long, nr, struct iocb __user *__user *, uiocbs)
{
	struct aio_context *ctx;
	int error = 0;
	long done;

	if (nr < 0)
		return -EINVAL;
	ctx = find_context(id);
	if (!ctx)
		return -EINVAL;
	for (done = 0; done < nr && !error; done++) {
		struct iocb __user *uiocb;

		if (get_user(uiocb, uiocbs + done))
			error = -EFAULT;
		else
			error = aio_submit_one(ctx, uiocb);
		if (error)
			break;
		cond_resched();
	}
	put_context(ctx);
	return done ?: error;
}

/* Whatever was submitted has been done: there is nothing left to cancel. */
SYSCALL_DEFINE3(io_cancel, aio_context_t, id, struct iocb __user *, uiocb, struct io_event __user *,
		result)
{
	u32 key;

	if (copy_from_user(&key, &uiocb->aio_key, sizeof(key)))
		return -EFAULT;
	return -EINVAL;
}

static const struct ctl_table aio_table[] = {
	{ "aio-nr", &aio_nr, sizeof(long), 0444, proc_doulongvec_minmax },
	{ "aio-max-nr", &aio_max_nr, sizeof(long), 0644, proc_doulongvec_minmax },
	{}
};

static int __init aio_init(void)
{
	return register_sysctl("fs", aio_table);
}
device_initcall(aio_init);
