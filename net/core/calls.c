// SPDX-License-Identifier: MIT
/* The system calls that make, name and connect sockets. */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <mm/uaccess.h>
#include <net/sock.h>
#include "internal.h"

int move_addr_to_kernel(void __user *uaddr, int ulen, struct sockaddr_storage *kaddr)
{
	if (ulen < 0 || ulen > (int)sizeof(*kaddr))
		return -EINVAL;
	if (!ulen)
		return 0;
	return copy_from_user(kaddr, uaddr, ulen) ? -EFAULT : 0;
}

int move_addr_to_user(struct sockaddr_storage *kaddr, int klen, void __user *uaddr,
		      int __user *ulen)
{
	int len;

	if (get_user(len, ulen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	len = min(len, klen);
	if (len && copy_to_user(uaddr, kaddr, len))
		return -EFAULT;
	/* The length told is the address's, also when only a part of it fits. */
	return put_user(klen, ulen);
}

/* Gives a socket its descriptor; releases it on failure. */
static int sock_map_fd(struct socket *sock, int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0) {
		sock_release(sock);
		return fd;
	}
	file = sock_alloc_file(sock, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

SYSCALL_DEFINE3(socket, int, family, int, type, int, protocol)
{
	int flags = type & ~SOCK_TYPE_MASK;
	struct socket *sock;
	int error;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	error = sock_create(family, type & SOCK_TYPE_MASK, protocol, &sock);
	if (error < 0)
		return error;
	return sock_map_fd(sock, flags & (O_CLOEXEC | O_NONBLOCK));
}

/* Two descriptors for two connected sockets, which are eaten. */
static int install_pair(struct socket *const socks[2], int flags, int __user *ufds)
{
	struct file *files[2];
	int fds[2];
	int error;

	files[0] = sock_alloc_file(socks[0], flags);
	if (IS_ERR(files[0])) {
		sock_release(socks[1]);
		return PTR_ERR(files[0]);
	}
	files[1] = sock_alloc_file(socks[1], flags);
	if (IS_ERR(files[1])) {
		fput(files[0]);
		return PTR_ERR(files[1]);
	}
	error = fds[0] = get_unused_fd_flags(flags);
	if (error < 0)
		goto fail_files;
	error = fds[1] = get_unused_fd_flags(flags);
	if (error < 0)
		goto fail_fd0;
	error = -EFAULT;
	if (copy_to_user(ufds, fds, sizeof(fds)))
		goto fail_fd1;
	fd_install(fds[0], files[0]);
	fd_install(fds[1], files[1]);
	return 0;
fail_fd1:
	put_unused_fd(fds[1]);
fail_fd0:
	put_unused_fd(fds[0]);
fail_files:
	fput(files[1]);
	fput(files[0]);
	return error;
}

SYSCALL_DEFINE4(socketpair, int, family, int, type, int, protocol, int __user *, ufds)
{
	int flags = type & ~SOCK_TYPE_MASK;
	struct socket *socks[2];
	int error;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	type &= SOCK_TYPE_MASK;
	error = sock_create(family, type, protocol, &socks[0]);
	if (error < 0)
		return error;
	error = sock_create(family, type, protocol, &socks[1]);
	if (error < 0)
		goto fail_first;
	error = socks[0]->ops->socketpair(socks[0], socks[1]);
	if (error < 0)
		goto fail_both;
	return install_pair(socks, flags, ufds);
fail_both:
	sock_release(socks[1]);
fail_first:
	sock_release(socks[0]);
	return error;
}

SYSCALL_DEFINE3(bind, int, fd, struct sockaddr __user *, uaddr, int, len)
{
	struct sockaddr_storage addr;
	struct socket *sock;
	struct fd f;
	int error;

	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	error = move_addr_to_kernel(uaddr, len, &addr);
	if (!error)
		error = sock->ops->bind(sock, (struct sockaddr *)&addr, len);
	fdput(f);
	return error;
}

SYSCALL_DEFINE2(listen, int, fd, int, backlog)
{
	struct socket *sock;
	unsigned int limit;
	struct fd f;
	int error;

	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	limit = READ_ONCE(sock_net(sock->sk)->sysctl_somaxconn);
	error = sock->ops->listen(sock, min((unsigned int)backlog, limit));
	fdput(f);
	return error;
}

/* A fresh socket with the next connection grafted to it, and its file. */
static struct file *do_accept(struct socket *sock, int file_flags, struct sockaddr __user *uaddr,
			      int __user *ulen, int flags)
{
	struct sockaddr_storage addr;
	struct socket *newsock = sock_alloc();
	struct file *newfile;
	int error;

	if (!newsock)
		return ERR_PTR(-ENFILE);
	newsock->type = sock->type;
	newsock->ops = sock->ops;
	newfile = sock_alloc_file(newsock, flags);
	if (IS_ERR(newfile))
		return newfile;
	error = sock->ops->accept(sock, newsock, file_flags);
	if (error >= 0 && uaddr) {
		error = newsock->ops->getname(newsock, (struct sockaddr *)&addr, 2);
		if (error < 0)
			error = -ECONNABORTED;
		else
			error = move_addr_to_user(&addr, error, uaddr, ulen);
	}
	if (error >= 0)
		return newfile;
	fput(newfile);
	return ERR_PTR(error);
}

static int accept_fd(int fd, struct sockaddr __user *uaddr, int __user *ulen, int flags)
{
	struct socket *sock;
	struct file *file;
	int newfd, error;
	struct fd f;

	if (flags & ~(SOCK_CLOEXEC | SOCK_NONBLOCK))
		return -EINVAL;
	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	newfd = get_unused_fd_flags(flags);
	if (newfd < 0)
		goto out;
	file = do_accept(sock, f.file->f_flags, uaddr, ulen, flags);
	if (IS_ERR(file)) {
		put_unused_fd(newfd);
		newfd = PTR_ERR(file);
	} else {
		fd_install(newfd, file);
	}
out:
	fdput(f);
	return newfd;
}

SYSCALL_DEFINE4(accept4, int, fd, struct sockaddr __user *, uaddr, int __user *, ulen, int, flags)
{
	return accept_fd(fd, uaddr, ulen, flags);
}

SYSCALL_DEFINE3(accept, int, fd, struct sockaddr __user *, uaddr, int __user *, ulen)
{
	return accept_fd(fd, uaddr, ulen, 0);
}

SYSCALL_DEFINE3(connect, int, fd, struct sockaddr __user *, uaddr, int, len)
{
	struct sockaddr_storage addr;
	struct socket *sock;
	struct fd f;
	int error;

	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	error = move_addr_to_kernel(uaddr, len, &addr);
	if (!error)
		error = sock->ops->connect(sock, (struct sockaddr *)&addr, len, f.file->f_flags);
	fdput(f);
	return error;
}

static int get_name(int fd, struct sockaddr __user *uaddr, int __user *ulen, int peer)
{
	struct sockaddr_storage addr;
	struct socket *sock;
	struct fd f;
	int error;

	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	error = sock->ops->getname(sock, (struct sockaddr *)&addr, peer);
	if (error >= 0)
		error = move_addr_to_user(&addr, error, uaddr, ulen);
	fdput(f);
	return error;
}

SYSCALL_DEFINE3(getsockname, int, fd, struct sockaddr __user *, uaddr, int __user *, ulen)
{
	return get_name(fd, uaddr, ulen, 0);
}

SYSCALL_DEFINE3(getpeername, int, fd, struct sockaddr __user *, uaddr, int __user *, ulen)
{
	return get_name(fd, uaddr, ulen, 1);
}

SYSCALL_DEFINE2(shutdown, int, fd, int, how)
{
	struct socket *sock;
	struct fd f;
	int error;

	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	error = sock->ops->shutdown(sock, how);
	fdput(f);
	return error;
}

SYSCALL_DEFINE5(setsockopt, int, fd, int, level, int, name, char __user *, val, int, len)
{
	struct socket *sock;
	struct fd f;
	int error;

	if (len < 0)
		return -EINVAL;
	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	if (level == SOL_SOCKET)
		error = sock_setsockopt(sock, name, val, len);
	else if (sock->ops->setsockopt)
		error = sock->ops->setsockopt(sock, level, name, val, len);
	else
		error = -EOPNOTSUPP;
	fdput(f);
	return error;
}

SYSCALL_DEFINE5(getsockopt, int, fd, int, level, int, name, char __user *, val, int __user *, len)
{
	struct socket *sock;
	struct fd f;
	int error;

	sock = sockfd_lookup(fd, &f, &error);
	if (!sock)
		return error;
	if (level == SOL_SOCKET)
		error = sock_getsockopt(sock, name, val, len);
	else if (sock->ops->getsockopt)
		error = sock->ops->getsockopt(sock, level, name, val, len);
	else
		error = -EOPNOTSUPP;
	fdput(f);
	return error;
}
