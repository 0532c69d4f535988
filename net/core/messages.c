// SPDX-License-Identifier: MIT
/* The system calls that send and receive. */
#include <fs/file.h>
#include <kern/kernel.h>
#include <kern/ktime.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_user.h>
#include <kern/timekeeping.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <net/sock.h>
#include "internal.h"

#define CONTROL_ON_STACK 64

int sysctl_optmem_max = 131072;

/* A message header as copied from the user, and what hangs on it. */
struct user_message {
	struct msghdr msg;
	struct sockaddr_storage addr;
	struct sockaddr __user *uaddr;
	struct iovec fast[UIO_FASTIOV];
	struct iovec *iov; /* to be freed */
};

/* Reads the header and the vector of pieces. 0, -EFAULT, -EINVAL, -EMSGSIZE, -ENOMEM */
static int copy_msghdr(struct user_message *um, struct user_msghdr __user *umsg, int direction)
{
	struct user_msghdr h;
	ssize_t n;

	if (copy_from_user(&h, umsg, sizeof(h)))
		return -EFAULT;
	if (h.msg_namelen < 0)
		return -EINVAL;
	memset(&um->msg, 0, sizeof(um->msg));
	um->msg.msg_flags = h.msg_flags;
	um->msg.msg_control_user = h.msg_control;
	um->msg.msg_controllen = h.msg_control ? h.msg_controllen : 0;
	um->msg.msg_namelen = h.msg_name ? min(h.msg_namelen, (int)sizeof(um->addr)) : 0;
	um->uaddr = h.msg_name;
	if (h.msg_iovlen > UIO_MAXIOV)
		return -EMSGSIZE;
	if (direction == ITER_SOURCE && um->msg.msg_namelen) {
		int error = move_addr_to_kernel(h.msg_name, um->msg.msg_namelen, &um->addr);

		if (error < 0)
			return error;
		um->msg.msg_name = &um->addr;
	} else if (direction == ITER_DEST && h.msg_name) {
		um->msg.msg_name = &um->addr;
	}
	um->iov = um->fast;
	n = import_iovec(direction, h.msg_iov, h.msg_iovlen, UIO_FASTIOV, &um->iov,
			 &um->msg.msg_iter);
	return n < 0 ? n : 0;
}

/* ---- sending ---- */

static ssize_t do_sendto(int fd, void __user *buf, size_t len, unsigned int flags,
			 struct sockaddr __user *uaddr, int addr_len)
{
	struct sockaddr_storage addr;
	struct msghdr msg = { .msg_flags = flags };
	struct socket *sock;
	struct iovec iov;
	struct fd f;
	int error;

	error = import_single_range(ITER_SOURCE, buf, len, &iov, &msg.msg_iter);
	if (error)
		return error;
	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	if (uaddr) {
		error = move_addr_to_kernel(uaddr, addr_len, &addr);
		if (error)
			goto out;
		msg.msg_name = &addr;
		msg.msg_namelen = addr_len;
	}
	if (f.file->f_flags & O_NONBLOCK)
		msg.msg_flags |= MSG_DONTWAIT;
	error = sock_sendmsg(sock, &msg);
out:
	fdput(f);
	return error;
}

SYSCALL_DEFINE6(sendto, int, fd, void __user *, buf, size_t, len, unsigned int, flags,
		struct sockaddr __user *, addr, int, addr_len)
{
	return do_sendto(fd, buf, len, flags, addr, addr_len);
}

/* Takes the control messages into the kernel, once, before anybody looks at them. */
static int send_with_control(struct socket *sock, struct msghdr *msg)
{
	u8 small[CONTROL_ON_STACK] __attribute__((aligned(sizeof(size_t))));
	size_t len = msg->msg_controllen;
	void *control = small;
	int error;

	if (!len)
		return sock_sendmsg(sock, msg);
	if (len > INT_MAX || len > (size_t)READ_ONCE(sysctl_optmem_max))
		return -ENOBUFS;
	if (len > sizeof(small)) {
		control = kmalloc(len, GFP_KERNEL);
		if (!control)
			return -ENOBUFS;
	}
	error = -EFAULT;
	if (!copy_from_user(control, msg->msg_control_user, len)) {
		msg->msg_control = control;
		error = sock_sendmsg(sock, msg);
	}
	if (control != small)
		kfree(control);
	return error;
}

static int send_one(struct socket *sock, struct file *file, struct user_msghdr __user *umsg,
		    unsigned int flags)
{
	struct user_message um;
	int error = copy_msghdr(&um, umsg, ITER_SOURCE);

	if (error)
		return error;
	um.msg.msg_flags = flags;
	if (file->f_flags & O_NONBLOCK)
		um.msg.msg_flags |= MSG_DONTWAIT;
	error = send_with_control(sock, &um.msg);
	kfree(um.iov);
	return error;
}

SYSCALL_DEFINE3(sendmsg, int, fd, struct user_msghdr __user *, umsg, unsigned int, flags)
{
	struct socket *sock;
	struct fd f;
	int error;

	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	error = send_one(sock, f.file, umsg, flags);
	fdput(f);
	return error;
}

SYSCALL_DEFINE4(sendmmsg, int, fd, struct mmsghdr __user *, mmsg, unsigned int, vlen, unsigned int,
		flags)
{
	struct socket *sock;
	unsigned int done = 0;
	struct fd f;
	int error;

	vlen = min(vlen, (unsigned int)UIO_MAXIOV);
	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	error = 0;
	while (done < vlen) {
		error = send_one(sock, f.file, &mmsg[done].msg_hdr, flags);
		if (error < 0)
			break;
		error = put_user((unsigned int)error, &mmsg[done].msg_len);
		if (error)
			break;
		done++;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	fdput(f);
	return done ? (int)done : error;
}

/* ---- receiving ---- */

SYSCALL_DEFINE6(recvfrom, int, fd, void __user *, buf, size_t, len, unsigned int, flags,
		struct sockaddr __user *, uaddr, int __user *, ulen)
{
	struct sockaddr_storage addr;
	struct msghdr msg = { .msg_name = uaddr ? &addr : NULL };
	struct socket *sock;
	struct iovec iov;
	struct fd f;
	int error, error2;

	error = import_single_range(ITER_DEST, buf, len, &iov, &msg.msg_iter);
	if (error)
		return error;
	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	if (f.file->f_flags & O_NONBLOCK)
		flags |= MSG_DONTWAIT;
	error = sock_recvmsg(sock, &msg, flags);
	if (error >= 0 && uaddr) {
		error2 = move_addr_to_user(&addr, msg.msg_namelen, uaddr, ulen);
		if (error2 < 0)
			error = error2;
	}
	fdput(f);
	return error;
}

/* Writes back what the receiver is told beside the bytes. */
static int finish_recv(struct user_message *um, struct user_msghdr __user *umsg,
		       void __user *control, unsigned int flags)
{
	int error = 0;

	if (um->uaddr)
		error = move_addr_to_user(&um->addr, um->msg.msg_namelen, um->uaddr,
					  &umsg->msg_namelen);
	if (error < 0)
		return error;
	if (put_user((um->msg.msg_flags & ~MSG_CMSG_CLOEXEC) | (flags & MSG_CMSG_CLOEXEC),
		     &umsg->msg_flags))
		return -EFAULT;
	return put_user((unsigned long)um->msg.msg_control_user - (unsigned long)control,
			&umsg->msg_controllen);
}

static int recv_one(struct socket *sock, struct file *file, struct user_msghdr __user *umsg,
		    unsigned int flags)
{
	struct user_message um;
	void __user *control;
	int received, error = copy_msghdr(&um, umsg, ITER_DEST);

	if (error)
		return error;
	control = um.msg.msg_control_user;
	/* Not the caller's msg_flags: receiving only writes them. */
	um.msg.msg_flags = flags & MSG_CMSG_CLOEXEC;
	um.msg.msg_namelen = 0;
	if (file->f_flags & O_NONBLOCK)
		flags |= MSG_DONTWAIT;
	received = sock_recvmsg(sock, &um.msg, flags);
	if (received >= 0) {
		error = finish_recv(&um, umsg, control, flags);
		if (error < 0)
			received = error;
	}
	kfree(um.iov);
	return received;
}

SYSCALL_DEFINE3(recvmsg, int, fd, struct user_msghdr __user *, umsg, unsigned int, flags)
{
	struct socket *sock;
	struct fd f;
	int error;

	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	error = recv_one(sock, f.file, umsg, flags);
	fdput(f);
	return error;
}

/* Receives until `vlen`, an error, the deadline (looked at between messages), or a signal. */
static int recv_many(struct socket *sock, struct file *file, struct mmsghdr __user *mmsg,
		     unsigned int vlen, unsigned int flags, const ktime_t *deadline)
{
	unsigned int done = 0;
	int error = sock_error(sock->sk);

	if (error)
		return error;
	while (done < vlen) {
		error = recv_one(sock, file, &mmsg[done].msg_hdr, flags & ~MSG_WAITFORONE);
		if (error < 0)
			break;
		error = put_user((unsigned int)error, &mmsg[done].msg_len);
		if (error)
			break;
		done++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (deadline && ktime_get() >= *deadline)
			break;
		cond_resched();
	}
	/* An error after the first message is told by the next call. */
	if (done && error < 0 && error != -EAGAIN)
		WRITE_ONCE(sock->sk->sk_err, -error);
	return done ? (int)done : error;
}

SYSCALL_DEFINE5(recvmmsg, int, fd, struct mmsghdr __user *, mmsg, unsigned int, vlen, unsigned int,
		flags, struct __kernel_timespec __user *, utimeout)
{
	struct timespec64 ts;
	struct socket *sock;
	ktime_t deadline;
	struct fd f;
	int error;

	error = utimeout ? get_deadline_from_now(&deadline, utimeout) : 0;
	if (error)
		return error;
	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	error = recv_many(sock, f.file, mmsg, min(vlen, (unsigned int)UIO_MAXIOV), flags,
			  utimeout ? &deadline : NULL);
	fdput(f);
	if (utimeout && error > 0) {
		ts = ktime_to_timespec64(max((ktime_t)0, deadline - ktime_get()));
		if (put_timespec64(&ts, utimeout))
			return -EFAULT;
	}
	return error;
}
