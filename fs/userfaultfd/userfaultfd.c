// SPDX-License-Identifier: MIT
/* userfaultfd(2): the system call, and its descriptor: read, poll, ioctl. */
#include <asm/ioctl.h>
#include <fs/file.h>
#include <fs/poll.h>
#include <fs/seq_file.h>
#include <fs/sysctl.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/uaccess.h>
#include <mm/userfaultfd.h>

static int unprivileged_userfaultfd;

static const struct file_operations userfaultfd_fops;

static int new_fd(struct userfaultfd_ctx *ctx)
{
	int fd = anon_inode_getfd("[userfaultfd]", &userfaultfd_fops, ctx,
				  O_RDONLY | (ctx->flags & (O_CLOEXEC | O_NONBLOCK)));

	if (fd < 0)
		userfaultfd_put(ctx);
	return fd;
}

/* A child's context gets a descriptor of its own here. */
static int give_child(struct userfaultfd_ctx *child, struct uffd_msg *msg)
{
	int fd = new_fd(child);

	msg->arg.fork.ufd = fd;
	return fd < 0 ? fd : 0;
}

static ssize_t userfaultfd_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct userfaultfd_ctx *ctx = file->private_data;
	struct userfaultfd_ctx *child;
	struct uffd_msg msg;
	size_t done = 0;

	if (!atomic_read(&ctx->features))
		return -EINVAL;
	for (;;) {
		if (size - done < sizeof(msg))
			return done ? (ssize_t)done : -EINVAL;
		if (userfaultfd_next(ctx, &msg, &child)) {
			int error = child ? give_child(child, &msg) : 0;

			if (error)
				return done ? (ssize_t)done : error;
			if (copy_to_user(buf + done, &msg, sizeof(msg)))
				return done ? (ssize_t)done : -EFAULT;
			done += sizeof(msg);
			continue;
		}
		if (done)
			return done;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(ctx->readers, userfaultfd_readable(ctx)))
			return -ERESTARTSYS;
	}
}

static __poll_t userfaultfd_poll(struct file *file, poll_table *pt)
{
	struct userfaultfd_ctx *ctx = file->private_data;

	poll_wait(file, &ctx->readers, pt);
	/* A read that waits could wait for ever: who polls must say that he does not. */
	if (!atomic_read(&ctx->features) || !(file->f_flags & O_NONBLOCK))
		return EPOLLERR;
	return userfaultfd_readable(ctx) ? EPOLLIN : 0;
}

static int userfaultfd_close(struct inode *inode, struct file *file)
{
	userfaultfd_release(file->private_data);
	return 0;
}

static void userfaultfd_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct userfaultfd_ctx *ctx = file->private_data;
	unsigned long pending, total;

	spin_lock(&ctx->lock);
	pending = list_count_nodes(&ctx->pending);
	total = pending + list_count_nodes(&ctx->faults);
	spin_unlock(&ctx->lock);
	seq_printf(m, "pending:\t%lu\ntotal:\t%lu\nAPI:\t%llx:%x:%llx\n", pending, total, UFFD_API,
		   atomic_read(&ctx->features) & ~UFFD_INITIALIZED,
		   UFFD_API_IOCTLS | UFFD_API_RANGE_IOCTLS);
}

/* ---- ioctl ---- */

static int check_range(u64 start, u64 len)
{
	if ((start | len) & ~PAGE_MASK || !len || start < mmap_min_addr || start >= TASK_SIZE ||
	    len > TASK_SIZE - start)
		return -EINVAL;
	return 0;
}

static int do_api(struct userfaultfd_ctx *ctx, struct uffdio_api __user *uapi)
{
	struct uffdio_api api;
	int error = -EINVAL;
	u64 wanted;

	if (copy_from_user(&api, uapi, sizeof(api)))
		return -EFAULT;
	wanted = api.features;
	/* One that is known and not there may be asked for; the answer says what is there. */
	if (api.api != UFFD_API || (wanted & ~(u64)UFFD_API_FEATURES))
		goto fail;
	error = -EPERM;
	if ((wanted & UFFD_FEATURE_EVENT_FORK) && !capable(CAP_SYS_PTRACE))
		goto fail;
	error = -EINVAL;
	api.features = UFFD_FEATURES;
	api.ioctls = UFFD_API_IOCTLS;
	if (copy_to_user(uapi, &api, sizeof(api)))
		return -EFAULT;
	if (!atomic_cmpxchg(&ctx->features, 0, wanted | UFFD_INITIALIZED))
		return 0;
fail:
	memset(&api, 0, sizeof(api));
	return copy_to_user(uapi, &api, sizeof(api)) ? -EFAULT : error;
}

static int do_register(struct userfaultfd_ctx *ctx, struct uffdio_register __user *ureg)
{
	u64 ioctls = UFFD_API_RANGE_IOCTLS;
	struct uffdio_register reg;
	vm_flags_t modes = 0;
	int error;

	if (copy_from_user(&reg, ureg, offsetof(struct uffdio_register, ioctls)))
		return -EFAULT;
	if (!reg.mode || (reg.mode & ~UFFD_API_REGISTER_MODES))
		return -EINVAL;
	if (reg.mode & UFFDIO_REGISTER_MODE_MISSING)
		modes |= VM_UFFD_MISSING;
	if (reg.mode & UFFDIO_REGISTER_MODE_WP)
		modes |= VM_UFFD_WP;
	else
		ioctls &= ~((u64)1 << _UFFDIO_WRITEPROTECT);
	if (reg.mode & UFFDIO_REGISTER_MODE_MINOR)
		modes |= VM_UFFD_MINOR;
	else
		ioctls &= ~((u64)1 << _UFFDIO_CONTINUE);
	error = check_range(reg.range.start, reg.range.len);
	if (!error)
		error = userfaultfd_register(ctx, reg.range.start, reg.range.len, modes);
	if (error)
		return error;
	return put_user(ioctls, &ureg->ioctls);
}

static int do_unregister(struct userfaultfd_ctx *ctx, struct uffdio_range __user *urange)
{
	struct uffdio_range range;
	int error;

	if (copy_from_user(&range, urange, sizeof(range)))
		return -EFAULT;
	error = check_range(range.start, range.len);
	return error ? error : userfaultfd_unregister(ctx, range.start, range.len);
}

static int do_wake(struct userfaultfd_ctx *ctx, struct uffdio_range __user *urange)
{
	struct uffdio_range range;
	int error;

	if (copy_from_user(&range, urange, sizeof(range)))
		return -EFAULT;
	error = check_range(range.start, range.len);
	if (!error)
		userfaultfd_wake(ctx, range.start, range.len);
	return error;
}

/* What was done goes to *result; all of it: 0, else -EAGAIN, or the errno. */
static int end_fill(struct userfaultfd_ctx *ctx, __s64 __user *result, long done, u64 start, u64 len,
		    bool wake)
{
	if (put_user((__s64)done, result))
		return -EFAULT;
	if (done < 0)
		return done;
	if (wake)
		userfaultfd_wake(ctx, start, done);
	return done == (long)len ? 0 : -EAGAIN;
}

static int do_copy(struct userfaultfd_ctx *ctx, struct uffdio_copy __user *ucopy)
{
	struct uffdio_copy c;
	long done;
	int error;

	if (copy_from_user(&c, ucopy, offsetof(struct uffdio_copy, copy)))
		return -EFAULT;
	error = check_range(c.dst, c.len);
	if (error)
		return error;
	if (c.src + c.len <= c.src || (c.mode & ~(UFFDIO_COPY_MODE_DONTWAKE | UFFDIO_COPY_MODE_WP)))
		return -EINVAL;
	done = userfaultfd_fill(ctx, UFFD_FILL_COPY, c.dst, c.src, c.len, c.mode & UFFDIO_COPY_MODE_WP);
	return end_fill(ctx, &ucopy->copy, done, c.dst, c.len, !(c.mode & UFFDIO_COPY_MODE_DONTWAKE));
}

static int do_zeropage(struct userfaultfd_ctx *ctx, struct uffdio_zeropage __user *uzero)
{
	struct uffdio_zeropage z;
	long done;
	int error;

	if (copy_from_user(&z, uzero, offsetof(struct uffdio_zeropage, zeropage)))
		return -EFAULT;
	error = check_range(z.range.start, z.range.len);
	if (error)
		return error;
	if (z.mode & ~UFFDIO_ZEROPAGE_MODE_DONTWAKE)
		return -EINVAL;
	done = userfaultfd_fill(ctx, UFFD_FILL_ZERO, z.range.start, 0, z.range.len, false);
	return end_fill(ctx, &uzero->zeropage, done, z.range.start, z.range.len, !z.mode);
}

static int do_continue(struct userfaultfd_ctx *ctx, struct uffdio_continue __user *ucont)
{
	struct uffdio_continue c;
	long done;
	int error;

	if (copy_from_user(&c, ucont, offsetof(struct uffdio_continue, mapped)))
		return -EFAULT;
	error = check_range(c.range.start, c.range.len);
	if (error)
		return error;
	if (c.mode & ~UFFDIO_CONTINUE_MODE_DONTWAKE)
		return -EINVAL;
	done = userfaultfd_fill(ctx, UFFD_FILL_CONTINUE, c.range.start, 0, c.range.len, false);
	return end_fill(ctx, &ucont->mapped, done, c.range.start, c.range.len, !c.mode);
}

static int do_writeprotect(struct userfaultfd_ctx *ctx, struct uffdio_writeprotect __user *uwp)
{
	struct uffdio_writeprotect w;
	bool protect;
	int error;

	if (copy_from_user(&w, uwp, sizeof(w)))
		return -EFAULT;
	error = check_range(w.range.start, w.range.len);
	if (error)
		return error;
	if (w.mode & ~(UFFDIO_WRITEPROTECT_MODE_WP | UFFDIO_WRITEPROTECT_MODE_DONTWAKE))
		return -EINVAL;
	protect = w.mode & UFFDIO_WRITEPROTECT_MODE_WP;
	if (protect && (w.mode & UFFDIO_WRITEPROTECT_MODE_DONTWAKE))
		return -EINVAL;
	error = userfaultfd_writeprotect(ctx, w.range.start, w.range.len, protect);
	if (!error && !w.mode)
		userfaultfd_wake(ctx, w.range.start, w.range.len);
	return error;
}

static long userfaultfd_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct userfaultfd_ctx *ctx = file->private_data;
	void __user *p = (void __user *)arg;

	if (cmd != UFFDIO_API && !atomic_read(&ctx->features))
		return -EINVAL;
	switch (cmd) {
	case UFFDIO_API:
		return do_api(ctx, p);
	case UFFDIO_REGISTER:
		return do_register(ctx, p);
	case UFFDIO_UNREGISTER:
		return do_unregister(ctx, p);
	case UFFDIO_WAKE:
		return do_wake(ctx, p);
	case UFFDIO_COPY:
		return do_copy(ctx, p);
	case UFFDIO_ZEROPAGE:
		return do_zeropage(ctx, p);
	case UFFDIO_WRITEPROTECT:
		return do_writeprotect(ctx, p);
	case UFFDIO_CONTINUE:
		return do_continue(ctx, p);
	}
	return -EINVAL;
}

static const struct file_operations userfaultfd_fops = {
	.read = userfaultfd_read,
	.poll = userfaultfd_poll,
	.release = userfaultfd_close,
	.unlocked_ioctl = userfaultfd_ioctl,
	.llseek = noop_llseek,
	.show_fdinfo = userfaultfd_show_fdinfo,
};

SYSCALL_DEFINE1(userfaultfd, int, flags)
{
	struct userfaultfd_ctx *ctx;

	if (!(flags & UFFD_USER_MODE_ONLY) && !READ_ONCE(unprivileged_userfaultfd) &&
	    !capable(CAP_SYS_PTRACE))
		return -EPERM;
	if (flags & ~(O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY))
		return -EINVAL;
	ctx = userfaultfd_alloc(current->mm, flags);
	if (!ctx)
		return -ENOMEM;
	return new_fd(ctx);
}

static const int zero, one = 1;

static const struct ctl_table userfaultfd_table[] = {
	{ "unprivileged_userfaultfd", &unprivileged_userfaultfd, sizeof(int), 0644,
	  proc_dointvec_minmax, &zero, &one },
	{ NULL },
};

static int __init userfaultfd_init(void)
{
	return register_sysctl("vm", userfaultfd_table);
}
late_initcall(userfaultfd_init);
