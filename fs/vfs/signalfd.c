// SPDX-License-Identifier: MIT
/*
 * signalfd(2): signals that are read instead of delivered.
 *
 * The file holds a set, no signals: a read takes what is pending for the reader itself, which need
 * not be the process that made the file. Waiters stand on the reader's sighand, which every signal
 * that is sent to it wakes.
 */
#include <fs/file.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <linux/signalfd.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

struct signalfd_ctx {
	sigset_t blocked;	/* current's siglock: all but the file's set, as dequeue_signal() wants it */
};

static const struct file_operations signalfd_fops;

static int signalfd_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static __poll_t signalfd_poll(struct file *file, poll_table *pt)
{
	struct signalfd_ctx *ctx = file->private_data;
	sigset_t pending;

	poll_wait(file, &current->sighand->signalfd_wqh, pt);
	spin_lock_irq(&current->sighand->siglock);
	pending = (current->pending.signal | current->signal->shared_pending.signal) & ~ctx->blocked;
	spin_unlock_irq(&current->sighand->siglock);
	return pending ? EPOLLIN : 0;
}

static void fill_fault(struct signalfd_siginfo *out, const kernel_siginfo_t *info)
{
	out->ssi_addr = (u64)info->si_addr;
	if (info->si_signo == SIGBUS)
		out->ssi_addr_lsb = info->si_addr_lsb;
}

/* The part that depends on where the signal came from; one layout for each origin. */
static void fill_origin(struct signalfd_siginfo *out, const kernel_siginfo_t *info)
{
	if (info->si_code == SI_TIMER) {
		out->ssi_tid = info->si_tid;
		out->ssi_overrun = info->si_overrun;
		out->ssi_ptr = (u64)info->si_ptr;
		out->ssi_int = info->si_int;
		return;
	}
	if (info->si_code > 0 && info->si_code != SI_KERNEL) {
		switch (info->si_signo) {
		case SIGILL: case SIGFPE: case SIGSEGV: case SIGBUS: case SIGTRAP:
			fill_fault(out, info);
			return;
		case SIGIO:
			out->ssi_band = info->si_band;
			out->ssi_fd = info->si_fd;
			return;
		case SIGCHLD:
			out->ssi_pid = info->si_pid;
			out->ssi_uid = info->si_uid;
			out->ssi_status = info->si_status;
			out->ssi_utime = info->si_utime;
			out->ssi_stime = info->si_stime;
			return;
		case SIGSYS:
			out->ssi_call_addr = (u64)info->si_call_addr;
			out->ssi_syscall = info->si_syscall;
			out->ssi_arch = info->si_arch;
			return;
		}
	}
	out->ssi_pid = info->si_pid;
	out->ssi_uid = info->si_uid;
	if (info->si_code < 0 && info->si_code != SI_TKILL) {
		out->ssi_ptr = (u64)info->si_ptr;
		out->ssi_int = info->si_int;
	}
}

static int copy_signal(struct signalfd_siginfo __user *to, const kernel_siginfo_t *info)
{
	struct signalfd_siginfo out;

	memset(&out, 0, sizeof(out));
	out.ssi_signo = info->si_signo;
	out.ssi_errno = info->si_errno;
	out.ssi_code = info->si_code;
	fill_origin(&out, info);
	return copy_to_user(to, &out, sizeof(out)) ? -EFAULT : 0;
}

/* A signal of the set; 0 when none is pending and the caller does not want to wait; -ERESTARTSYS. */
static int take_signal(struct signalfd_ctx *ctx, kernel_siginfo_t *info, bool nonblock)
{
	struct sighand_struct *sighand = current->sighand;
	DECLARE_WAITQUEUE(wait, current);
	enum pid_type type;
	int sig;

	spin_lock_irq(&sighand->siglock);
	sig = dequeue_signal(current, &ctx->blocked, info, &type);
	spin_unlock_irq(&sighand->siglock);
	if (sig || nonblock)
		return sig;
	add_wait_queue(&sighand->signalfd_wqh, &wait);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		spin_lock_irq(&sighand->siglock);
		sig = dequeue_signal(current, &ctx->blocked, info, &type);
		spin_unlock_irq(&sighand->siglock);
		if (sig)
			break;
		if (signal_pending(current)) {
			sig = -ERESTARTSYS;
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	remove_wait_queue(&sighand->signalfd_wqh, &wait);
	return sig;
}

static ssize_t signalfd_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct signalfd_siginfo __user *to = (struct signalfd_siginfo __user *)buf;
	struct signalfd_ctx *ctx = file->private_data;
	bool nonblock = file->f_flags & O_NONBLOCK;
	size_t count = size / sizeof(*to);
	ssize_t total = 0;

	if (!count)
		return -EINVAL;
	while (count--) {
		kernel_siginfo_t info;
		int sig = take_signal(ctx, &info, nonblock);

		if (sig > 0)
			sig = copy_signal(to++, &info) ?: (int)sizeof(*to);
		if (sig <= 0)
			return total ? total : sig ? sig : -EAGAIN;
		total += sizeof(*to);
		/* Having one suffices: the rest only as far as it is there. */
		nonblock = true;
	}
	return total;
}

static void signalfd_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct signalfd_ctx *ctx = file->private_data;

	seq_printf(m, "sigmask:\t%016lx\n", ~ctx->blocked);
}

static const struct file_operations signalfd_fops = {
	.release = signalfd_release,
	.poll = signalfd_poll,
	.read = signalfd_read,
	.llseek = noop_llseek,
	.show_fdinfo = signalfd_show_fdinfo,
};

static int signalfd_new(sigset_t blocked, int flags)
{
	struct signalfd_ctx *ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);
	int fd;

	if (!ctx)
		return -ENOMEM;
	ctx->blocked = blocked;
	fd = anon_inode_getfd("[signalfd]", &signalfd_fops, ctx, O_RDWR | (flags & (O_CLOEXEC | O_NONBLOCK)));
	if (fd < 0)
		kfree(ctx);
	return fd;
}

static int do_signalfd(int ufd, const sigset_t __user *umask, size_t size, int flags)
{
	struct signalfd_ctx *ctx;
	sigset_t mask;
	struct fd f;

	if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	if (size != sizeof(mask))
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	mask &= ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
	if (ufd == -1)
		return signalfd_new(~mask, flags);
	f = fdget(ufd);
	if (!f.file)
		return -EBADF;
	if (f.file->f_op != &signalfd_fops) {
		fdput(f);
		return -EINVAL;
	}
	ctx = f.file->private_data;
	spin_lock_irq(&current->sighand->siglock);
	ctx->blocked = ~mask;
	spin_unlock_irq(&current->sighand->siglock);
	wake_up(&current->sighand->signalfd_wqh);
	fdput(f);
	return ufd;
}

SYSCALL_DEFINE4(signalfd4, int, ufd, const sigset_t __user *, mask, size_t, size, int, flags)
{
	return do_signalfd(ufd, mask, size, flags);
}

SYSCALL_DEFINE3(signalfd, int, ufd, const sigset_t __user *, mask, size_t, size)
{
	return do_signalfd(ufd, mask, size, 0);
}
