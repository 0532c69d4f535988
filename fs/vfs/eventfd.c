// SPDX-License-Identifier: MIT
/* eventfd(2): a counter to wait on. */
#include <fs/eventfd.h>
#include <fs/file.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <kern/refcount.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <linux/eventfd.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#define EVENTFD_MAX (ULLONG_MAX - 1)

struct eventfd_ctx {
	wait_queue_head_t wqh;
	u64 count;		/* wqh.lock */
	unsigned int flags;	/* constant */
	refcount_t refs;
};

void eventfd_ctx_put(struct eventfd_ctx *ctx)
{
	if (refcount_dec_and_test(&ctx->refs))
		kfree(ctx);
}

static int eventfd_release(struct inode *inode, struct file *file)
{
	struct eventfd_ctx *ctx = file->private_data;

	wake_up_poll(&ctx->wqh, EPOLLHUP);
	eventfd_ctx_put(ctx);
	return 0;
}

static __poll_t eventfd_poll(struct file *file, poll_table *pt)
{
	struct eventfd_ctx *ctx = file->private_data;
	__poll_t events = 0;
	u64 count;

	/* Taking the queue's lock inside poll_wait() orders this look after it. */
	poll_wait(file, &ctx->wqh, pt);
	count = READ_ONCE(ctx->count);
	if (count > 0)
		events |= EPOLLIN;
	if (count == ULLONG_MAX)
		events |= EPOLLERR;
	if (count < EVENTFD_MAX)
		events |= EPOLLOUT;
	return events;
}

static bool can_read(struct eventfd_ctx *ctx, u64 unused)
{
	return ctx->count > 0;
}

static bool can_write(struct eventfd_ctx *ctx, u64 add)
{
	return ctx->count <= EVENTFD_MAX - add;
}

/* Until ready() holds: 0, -EAGAIN or -ERESTARTSYS. => wqh.lock held with interrupts off, also on return */
static int eventfd_wait(struct eventfd_ctx *ctx, struct file *file,
			bool (*ready)(struct eventfd_ctx *, u64), u64 value)
{
	DECLARE_WAITQUEUE(wait, current);
	int error = 0;

	if (ready(ctx, value))
		return 0;
	if (file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	__add_wait_queue(&ctx->wqh, &wait);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (ready(ctx, value))
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

static ssize_t eventfd_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct eventfd_ctx *ctx = file->private_data;
	u64 value;
	int error;

	if (size < sizeof(value))
		return -EINVAL;
	spin_lock_irq(&ctx->wqh.lock);
	error = eventfd_wait(ctx, file, can_read, 0);
	if (error) {
		spin_unlock_irq(&ctx->wqh.lock);
		return error;
	}
	value = ctx->flags & EFD_SEMAPHORE ? 1 : ctx->count;
	ctx->count -= value;
	wake_up_locked_poll(&ctx->wqh, EPOLLOUT);
	spin_unlock_irq(&ctx->wqh.lock);
	return copy_to_user(buf, &value, sizeof(value)) ? -EFAULT : (ssize_t)sizeof(value);
}

static ssize_t eventfd_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct eventfd_ctx *ctx = file->private_data;
	u64 value;
	int error;

	if (size < sizeof(value))
		return -EINVAL;
	if (copy_from_user(&value, buf, sizeof(value)))
		return -EFAULT;
	if (value == ULLONG_MAX)
		return -EINVAL;
	spin_lock_irq(&ctx->wqh.lock);
	error = eventfd_wait(ctx, file, can_write, value);
	if (!error) {
		ctx->count += value;
		wake_up_locked_poll(&ctx->wqh, EPOLLIN);
	}
	spin_unlock_irq(&ctx->wqh.lock);
	return error ? error : (ssize_t)sizeof(value);
}

static void eventfd_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct eventfd_ctx *ctx = file->private_data;

	spin_lock_irq(&ctx->wqh.lock);
	seq_printf(m, "eventfd-count: %16llx\n", ctx->count);
	spin_unlock_irq(&ctx->wqh.lock);
}

static const struct file_operations eventfd_fops = {
	.release = eventfd_release,
	.poll = eventfd_poll,
	.read = eventfd_read,
	.write = eventfd_write,
	.llseek = noop_llseek,
	.show_fdinfo = eventfd_show_fdinfo,
};

struct eventfd_ctx *eventfd_ctx_fdget(int fd)
{
	struct fd f = fdget(fd);
	struct eventfd_ctx *ctx = ERR_PTR(-EINVAL);

	if (!f.file)
		return ERR_PTR(-EBADF);
	if (f.file->f_op == &eventfd_fops) {
		ctx = f.file->private_data;
		refcount_inc(&ctx->refs);
	}
	fdput(f);
	return ctx;
}

void eventfd_signal(struct eventfd_ctx *ctx)
{
	unsigned long flags;

	spin_lock_irqsave(&ctx->wqh.lock, flags);
	if (ctx->count < ULLONG_MAX)
		ctx->count++;
	wake_up_locked_poll(&ctx->wqh, EPOLLIN | (ctx->count == ULLONG_MAX ? EPOLLERR : 0));
	spin_unlock_irqrestore(&ctx->wqh.lock, flags);
}

static int do_eventfd(unsigned int count, int flags)
{
	struct eventfd_ctx *ctx;
	int fd;

	if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;
	init_waitqueue_head(&ctx->wqh);
	ctx->count = count;
	ctx->flags = flags;
	refcount_set(&ctx->refs, 1);
	fd = anon_inode_getfd("[eventfd]", &eventfd_fops, ctx, O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

SYSCALL_DEFINE2(eventfd2, unsigned int, count, int, flags)
{
	return do_eventfd(count, flags);
}

SYSCALL_DEFINE1(eventfd, unsigned int, count)
{
	return do_eventfd(count, 0);
}
