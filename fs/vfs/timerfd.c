// SPDX-License-Identifier: MIT
/*
 * timerfd_create(2): a timer that is read.
 *
 * Expirations are counted under the queue's lock. An interval timer is not restarted by its
 * interrupt but by the next read (or gettime), which adds the intervals that passed meanwhile:
 * nobody who does not look pays for a fast timer.
 */
#include <fs/file.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <kern/cred.h>
#include <kern/hrtimer.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_namespace.h>
#include <kern/time_user.h>
#include <kern/timekeeping.h>
#include <lib/list.h>
#include <linux/capability.h>
#include <linux/time.h>
#include <linux/timerfd.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

struct timerfd_ctx {
	struct hrtimer timer;
	wait_queue_head_t wqh;
	ktime_t interval;	/* wqh.lock */
	u64 ticks;		/* wqh.lock: expirations not read yet */
	bool expired;		/* wqh.lock: an interval timer waits for its restart */
	bool cancel_on_set;	/* wqh.lock */
	u64 set_count;		/* wqh.lock: clock settings seen when it was armed */
	clockid_t clock;	/* constant */
	unsigned int settime_flags;	/* wqh.lock */
	struct list_head cancel_link;	/* cancel_lock */
};

/* Timers that a step of CLOCK_REALTIME cancels. */
static DEFINE_SPINLOCK(cancel_lock);	/* outside wqh.lock */
static LIST_HEAD(cancel_list);		/* cancel_lock */
static u64 clock_settings;		/* cancel_lock to write */

static const struct file_operations timerfd_fops;

static enum hrtimer_restart timerfd_fires(struct hrtimer *timer)
{
	struct timerfd_ctx *ctx = container_of(timer, struct timerfd_ctx, timer);
	unsigned long flags;

	spin_lock_irqsave(&ctx->wqh.lock, flags);
	ctx->expired = true;
	ctx->ticks++;
	wake_up_locked_poll(&ctx->wqh, EPOLLIN);
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
	return HRTIMER_NORESTART;
}

void timerfd_clock_was_set(void)
{
	struct timerfd_ctx *ctx;
	unsigned long flags;

	spin_lock_irqsave(&cancel_lock, flags);
	WRITE_ONCE(clock_settings, clock_settings + 1);
	list_for_each_entry(ctx, &cancel_list, cancel_link) {
		spin_lock(&ctx->wqh.lock);
		ctx->ticks++;
		wake_up_locked_poll(&ctx->wqh, EPOLLIN);
		spin_unlock(&ctx->wqh.lock);
	}
	spin_unlock_irqrestore(&cancel_lock, flags);
}

/* Was the clock stepped since the timer was armed or last asked? => wqh.lock held */
static bool canceled(struct timerfd_ctx *ctx)
{
	u64 count = READ_ONCE(clock_settings);

	if (!ctx->cancel_on_set || ctx->set_count == count)
		return false;
	ctx->set_count = count;
	return true;
}

static void set_cancel(struct timerfd_ctx *ctx, int flags)
{
	bool want = (ctx->clock == CLOCK_REALTIME || ctx->clock == CLOCK_REALTIME_ALARM) &&
		    (flags & TFD_TIMER_ABSTIME) && (flags & TFD_TIMER_CANCEL_ON_SET);

	spin_lock_irq(&cancel_lock);
	if (want && list_empty(&ctx->cancel_link))
		list_add(&ctx->cancel_link, &cancel_list);
	else if (!want)
		list_del_init(&ctx->cancel_link);
	spin_lock(&ctx->wqh.lock);
	ctx->cancel_on_set = want;
	ctx->set_count = clock_settings;
	spin_unlock(&ctx->wqh.lock);
	spin_unlock_irq(&cancel_lock);
}

static int timerfd_release(struct inode *inode, struct file *file)
{
	struct timerfd_ctx *ctx = file->private_data;

	spin_lock_irq(&cancel_lock);
	list_del_init(&ctx->cancel_link);
	spin_unlock_irq(&cancel_lock);
	hrtimer_cancel(&ctx->timer);
	kfree(ctx);
	return 0;
}

static __poll_t timerfd_poll(struct file *file, poll_table *pt)
{
	struct timerfd_ctx *ctx = file->private_data;

	poll_wait(file, &ctx->wqh, pt);
	return READ_ONCE(ctx->ticks) ? EPOLLIN : 0;
}

/* Adds the intervals that passed since the expiry and starts the timer again. => wqh.lock held */
static void catch_up(struct timerfd_ctx *ctx)
{
	if (!ctx->expired || !ctx->interval)
		return;
	ctx->expired = false;
	ctx->ticks += hrtimer_forward_now(&ctx->timer, ctx->interval) - 1;
	hrtimer_restart(&ctx->timer);
}

/* => wqh.lock held with interrupts off, also on return. 0, -EAGAIN, -ERESTARTSYS */
static int wait_for_ticks(struct timerfd_ctx *ctx, struct file *file)
{
	DECLARE_WAITQUEUE(wait, current);
	int error = 0;

	if (ctx->ticks)
		return 0;
	if (file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	__add_wait_queue(&ctx->wqh, &wait);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (ctx->ticks)
			break;
		if (signal_pending(current)) {
			error = -ERESTARTSYS;
			break;
		}
		spin_unlock_irq(&ctx->wqh.lock);
		schedule();
		spin_lock_irq(&ctx->wqh.lock);
	}
	__set_current_state(TASK_RUNNING);
	__remove_wait_queue(&ctx->wqh, &wait);
	return error;
}

static ssize_t timerfd_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct timerfd_ctx *ctx = file->private_data;
	u64 ticks = 0;
	int error;

	if (size < sizeof(ticks))
		return -EINVAL;
	spin_lock_irq(&ctx->wqh.lock);
	error = wait_for_ticks(ctx, file);
	if (!error && canceled(ctx)) {
		ctx->ticks = 0;
		ctx->expired = false;
		error = -ECANCELED;
	} else if (!error) {
		catch_up(ctx);
		ticks = ctx->ticks;
		ctx->ticks = 0;
	}
	spin_unlock_irq(&ctx->wqh.lock);
	if (error)
		return error;
	return copy_to_user(buf, &ticks, sizeof(ticks)) ? -EFAULT : (ssize_t)sizeof(ticks);
}

static long timerfd_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct timerfd_ctx *ctx = file->private_data;
	u64 ticks;

	if (cmd != TFD_IOC_SET_TICKS)
		return -ENOTTY;
	if (copy_from_user(&ticks, (u64 __user *)arg, sizeof(ticks)))
		return -EFAULT;
	if (!ticks)
		return -EINVAL;
	spin_lock_irq(&ctx->wqh.lock);
	ctx->ticks = ticks;
	wake_up_locked_poll(&ctx->wqh, EPOLLIN);
	spin_unlock_irq(&ctx->wqh.lock);
	return 0;
}

static ktime_t remaining(struct timerfd_ctx *ctx)
{
	ktime_t left = ctx->expired && !ctx->interval ? 0 : hrtimer_expires_remaining(&ctx->timer);

	return left < 0 ? 0 : left;
}

static void timerfd_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct timerfd_ctx *ctx = file->private_data;
	struct timespec64 value, interval;
	u64 ticks;

	spin_lock_irq(&ctx->wqh.lock);
	ticks = ctx->ticks;
	value = ktime_to_timespec64(hrtimer_active(&ctx->timer) ? remaining(ctx) : 0);
	interval = ktime_to_timespec64(ctx->interval);
	spin_unlock_irq(&ctx->wqh.lock);
	seq_printf(m, "clockid: %d\nticks: %llu\nsettime flags: 0%o\n"
		   "it_value: (%llu, %llu)\nit_interval: (%llu, %llu)\n",
		   ctx->clock, ticks, ctx->settime_flags, (u64)value.tv_sec, (u64)value.tv_nsec,
		   (u64)interval.tv_sec, (u64)interval.tv_nsec);
}

static const struct file_operations timerfd_fops = {
	.release = timerfd_release,
	.poll = timerfd_poll,
	.read = timerfd_read,
	.llseek = noop_llseek,
	.unlocked_ioctl = timerfd_ioctl,
	.show_fdinfo = timerfd_show_fdinfo,
};

/* The file system's clock that a timer runs on: the alarm clocks never wake a machine that sleeps. */
static int timer_clock(clockid_t clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		return clock;
	case CLOCK_REALTIME_ALARM:
		return capable(CAP_WAKE_ALARM) ? CLOCK_REALTIME : -EPERM;
	case CLOCK_BOOTTIME_ALARM:
		return capable(CAP_WAKE_ALARM) ? CLOCK_BOOTTIME : -EPERM;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE2(timerfd_create, int, clock, int, flags)
{
	struct timerfd_ctx *ctx;
	int base, fd;

	if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK))
		return -EINVAL;
	base = timer_clock(clock);
	if (base < 0)
		return base;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	init_waitqueue_head(&ctx->wqh);
	INIT_LIST_HEAD(&ctx->cancel_link);
	ctx->clock = clock;
	hrtimer_setup(&ctx->timer, timerfd_fires, base, HRTIMER_MODE_ABS);
	fd = anon_inode_getfd("[timerfd]", &timerfd_fops, ctx, O_RDWR | flags);
	if (fd < 0)
		kfree(ctx);
	return fd;
}

static struct fd get_timerfd(int ufd, int *error)
{
	struct fd f = fdget(ufd);

	*error = 0;
	if (!f.file) {
		*error = -EBADF;
	} else if (f.file->f_op != &timerfd_fops) {
		fdput(f);
		*error = -EINVAL;
	}
	return f;
}

/* => wqh.lock held; the timer does not run */
static void arm(struct timerfd_ctx *ctx, int flags, const struct itimerspec64 *new)
{
	ktime_t value = timespec64_to_ktime(new->it_value);

	ctx->expired = false;
	ctx->ticks = 0;
	ctx->interval = timespec64_to_ktime(new->it_interval);
	ctx->settime_flags = flags & (TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	if (value && (flags & TFD_TIMER_ABSTIME))
		value = timens_ktime_to_host(ctx->clock, value);
	if (value)
		hrtimer_start(&ctx->timer, value,
			      flags & TFD_TIMER_ABSTIME ? HRTIMER_MODE_ABS : HRTIMER_MODE_REL);
}

SYSCALL_DEFINE4(timerfd_settime, int, ufd, int, flags, const struct __kernel_itimerspec __user *, unew,
		struct __kernel_itimerspec __user *, uold)
{
	struct itimerspec64 new, old;
	struct timerfd_ctx *ctx;
	struct fd f;
	int error;

	if (get_itimerspec64(&new, unew))
		return -EFAULT;
	if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) || !itimerspec64_valid(&new))
		return -EINVAL;
	f = get_timerfd(ufd, &error);
	if (error)
		return error;
	ctx = f.file->private_data;
	set_cancel(ctx, flags);
	for (;;) {
		spin_lock_irq(&ctx->wqh.lock);
		if (hrtimer_try_to_cancel(&ctx->timer) >= 0)
			break;
		/* It fires this moment and wants the lock. */
		spin_unlock_irq(&ctx->wqh.lock);
		hrtimer_cancel(&ctx->timer);
	}
	if (ctx->expired && ctx->interval)
		hrtimer_forward_now(&ctx->timer, ctx->interval);
	old.it_value = ktime_to_timespec64(hrtimer_get_expires(&ctx->timer) ? remaining(ctx) : 0);
	old.it_interval = ktime_to_timespec64(ctx->interval);
	arm(ctx, flags, &new);
	if (!new.it_value.tv_sec && !new.it_value.tv_nsec)
		hrtimer_set_expires(&ctx->timer, 0);
	spin_unlock_irq(&ctx->wqh.lock);
	fdput(f);
	return uold && put_itimerspec64(&old, uold) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(timerfd_gettime, int, ufd, struct __kernel_itimerspec __user *, ucur)
{
	struct itimerspec64 cur;
	struct timerfd_ctx *ctx;
	struct fd f;
	int error;

	f = get_timerfd(ufd, &error);
	if (error)
		return error;
	ctx = f.file->private_data;
	spin_lock_irq(&ctx->wqh.lock);
	catch_up(ctx);
	cur.it_value = ktime_to_timespec64(hrtimer_get_expires(&ctx->timer) ? remaining(ctx) : 0);
	cur.it_interval = ktime_to_timespec64(ctx->interval);
	spin_unlock_irq(&ctx->wqh.lock);
	fdput(f);
	return put_itimerspec64(&cur, ucur) ? -EFAULT : 0;
}
