// SPDX-License-Identifier: MIT
/*
 * Sockets as files.
 *
 * Problem: a program holds a socket by a descriptor, a protocol works with struct sock, and each
 * can outlive the other. struct socket stands between them: it lives in an inode of sockfs (a
 * file system that is never mounted by users), has a file once a descriptor is given out, and
 * points to the sock of its family until the last reference to the file goes.
 *
 * Families register a create(); the calls of socket(2) and its relatives are in calls.c and
 * messages.c, options in sockopt.c.
 *
 * Locks: families_lock guards registration; lookups are under RCU. sock->file and sock->ops are
 * set before the file is visible to others. sock->sk is cleared only by release(), when nobody
 * else holds the file.
 */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/mount.h>
#include <fs/super.h>
#include <fs/xattr.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <linux/magic.h>
#include <mm/slab.h>
#include <net/sock.h>
#include "internal.h"

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

static struct kmem_cache *sock_inode_cache;
static struct vfsmount *sock_mnt;
static const struct inode_operations sockfs_inode_operations;
static atomic_long_t nr_used;
static const struct file_operations socket_file_ops;

long sock_nr_used(void)
{
	return atomic_long_read(&nr_used);
}

struct inode *SOCK_INODE(struct socket *sock)
{
	return &container_of(sock, struct socket_alloc, socket)->vfs_inode;
}

static struct socket *SOCKET_I(struct inode *inode)
{
	return &container_of(inode, struct socket_alloc, vfs_inode)->socket;
}

/* ---- families ---- */

static DEFINE_SPINLOCK(families_lock);
static const struct net_proto_family *families[AF_MAX]; /* families_lock to write, RCU to read */

int sock_register(const struct net_proto_family *family)
{
	int error = -EEXIST;

	if (family->family < 0 || family->family >= AF_MAX)
		return -ENOBUFS;
	spin_lock(&families_lock);
	if (!families[family->family]) {
		rcu_assign_pointer(families[family->family], family);
		error = 0;
	}
	spin_unlock(&families_lock);
	return error;
}

/* ---- making and ending ---- */

struct socket *sock_alloc(void)
{
	struct inode *inode = new_inode_pseudo(sock_mnt->mnt_sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = S_IFSOCK | 0777;
	inode->i_op = &sockfs_inode_operations;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	atomic_long_inc(&nr_used);
	return SOCKET_I(inode);
}

void sock_release(struct socket *sock)
{
	if (sock->ops) {
		sock->ops->release(sock);
		sock->sk = NULL;
		sock->ops = NULL;
	}
	atomic_long_dec(&nr_used);
	if (!sock->file)
		iput(SOCK_INODE(sock));
	else
		sock->file = NULL;
}

int __sock_create(struct net *net, int family, int type, int protocol, struct socket **res,
		  int kern)
{
	const struct net_proto_family *pf;
	struct socket *sock;
	int error;

	if (family < 0 || family >= AF_MAX)
		return -EAFNOSUPPORT;
	if (type < 0 || type >= SOCK_MAX)
		return -EINVAL;
	/* Families are never unloaded while a call may be inside: the pointer stays good. */
	rcu_read_lock();
	pf = rcu_dereference(families[family]);
	rcu_read_unlock();
	if (!pf)
		return -EAFNOSUPPORT;
	sock = sock_alloc();
	if (!sock)
		return -ENFILE;
	sock->type = type;
	error = pf->create(net, sock, protocol, kern);
	if (error < 0) {
		sock->ops = NULL;
		sock_release(sock);
		return error;
	}
	*res = sock;
	return 0;
}

int sock_create(int family, int type, int protocol, struct socket **res)
{
	return __sock_create(current_net(), family, type, protocol, res, 0);
}

int sock_create_kern(struct net *net, int family, int type, int protocol, struct socket **res)
{
	return __sock_create(net, family, type, protocol, res, 1);
}

struct file *sock_alloc_file(struct socket *sock, int flags)
{
	struct file *file = alloc_file_pseudo(SOCK_INODE(sock), sock_mnt, "",
					      O_RDWR | (flags & O_NONBLOCK), &socket_file_ops);

	if (IS_ERR(file)) {
		sock_release(sock);
		return file;
	}
	sock->file = file;
	file->private_data = sock;
	file->f_mode |= FMODE_STREAM | FMODE_NOWAIT;
	return file;
}

struct socket *sock_from_file(const struct file *file)
{
	return file->f_op == &socket_file_ops ? file->private_data : NULL;
}

struct socket *sockfd_lookup(int fd, struct fd *f, int *error)
{
	struct socket *sock;

	*f = fdget(fd);
	*error = -EBADF;
	if (!f->file)
		return NULL;
	sock = sock_from_file(f->file);
	if (sock)
		return sock;
	fdput(*f);
	*error = -ENOTSOCK;
	return NULL;
}

/* ---- file operations ---- */

int sock_sendmsg(struct socket *sock, struct msghdr *msg)
{
	return sock->ops->sendmsg(sock, msg, msg_data_left(msg));
}

int sock_recvmsg(struct socket *sock, struct msghdr *msg, int flags)
{
	return sock->ops->recvmsg(sock, msg, msg_data_left(msg), flags);
}

static bool kiocb_nonblock(const struct kiocb *iocb)
{
	return (iocb->ki_filp->f_flags & O_NONBLOCK) || (iocb->ki_flags & IOCB_NOWAIT);
}

static ssize_t sock_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct socket *sock = iocb->ki_filp->private_data;
	struct msghdr msg = { .msg_iter = *to };
	ssize_t result;

	if (!iov_iter_count(to))
		return 0;
	result = sock_recvmsg(sock, &msg, kiocb_nonblock(iocb) ? MSG_DONTWAIT : 0);
	*to = msg.msg_iter;
	return result;
}

static ssize_t sock_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct socket *sock = iocb->ki_filp->private_data;
	struct msghdr msg = { .msg_iter = *from };
	ssize_t result;

	if (kiocb_nonblock(iocb))
		msg.msg_flags = MSG_DONTWAIT;
	if (sock->type == SOCK_SEQPACKET)
		msg.msg_flags |= MSG_EOR;
	result = sock_sendmsg(sock, &msg);
	*from = msg.msg_iter;
	return result;
}

static __poll_t sock_poll(struct file *file, poll_table *wait)
{
	struct socket *sock = file->private_data;

	return sock->ops->poll ? sock->ops->poll(file, sock, wait) : 0;
}

static int sock_close(struct inode *inode, struct file *file)
{
	sock_release(file->private_data);
	return 0;
}

static int sock_fasync(int fd, struct file *file, int on)
{
	struct socket *sock = file->private_data;
	int error;

	if (!sock->sk)
		return -EINVAL;
	error = fasync_helper(fd, file, on, &sock->wq.fasync_list);
	return error < 0 ? error : 0;
}

static void sock_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct socket *sock = file->private_data;

	if (sock->ops && sock->ops->show_fdinfo)
		sock->ops->show_fdinfo(m, sock);
}

static const struct file_operations socket_file_ops = {
	.llseek = NULL,
	.read_iter = sock_read_iter,
	.write_iter = sock_write_iter,
	.poll = sock_poll,
	.unlocked_ioctl = sock_ioctl,
	.release = sock_close,
	.fasync = sock_fasync,
	.show_fdinfo = sock_show_fdinfo,
};

int sock_wake_async(struct socket_wq *wq, int how, int band)
{
	if (!wq || !READ_ONCE(wq->fasync_list))
		return -1;
	if (how == SOCK_WAKE_SPACE) {
		struct socket *sock = container_of(wq, struct socket, wq);

		if (!test_and_clear_bit(SOCK_NOSPACE, &sock->flags))
			return 0;
	}
	kill_fasync(&wq->fasync_list, how == SOCK_WAKE_URG ? SIGURG : SIGIO, band);
	return 0;
}

/* ---- what a kind of socket cannot do ---- */

int sock_no_bind(struct socket *sock, struct sockaddr *addr, int len)
{
	return -EOPNOTSUPP;
}

int sock_no_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	return -EOPNOTSUPP;
}

int sock_no_socketpair(struct socket *a, struct socket *b)
{
	return -EOPNOTSUPP;
}

int sock_no_accept(struct socket *sock, struct socket *newsock, int flags)
{
	return -EOPNOTSUPP;
}

int sock_no_listen(struct socket *sock, int backlog)
{
	return -EOPNOTSUPP;
}

int sock_no_shutdown(struct socket *sock, int how)
{
	return -EOPNOTSUPP;
}

int sock_no_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	return -ENOIOCTLCMD;
}

/* ---- the file system ---- */

/* The protocol as /proc/net/protocols names it; read only. */
#define PROTONAME "system.sockprotoname"

static int protoname_get(const struct xattr_handler *handler, struct dentry *dentry,
			 struct inode *inode, const char *name, void *buffer, size_t size)
{
	const char *text = SOCKET_I(inode)->sk->sk_prot->name;
	size_t len = strlen(text) + 1;

	if (size && size < len)
		return -ERANGE;
	if (size)
		memcpy(buffer, text, len);
	return len;
}

static int protoname_set(const struct xattr_handler *handler, struct dentry *dentry,
			 struct inode *inode, const char *name, const void *value, size_t size,
			 int flags)
{
	return -EOPNOTSUPP;
}

static const struct xattr_handler protoname_handler = {
	.name = PROTONAME, .get = protoname_get, .set = protoname_set,
};

static const struct xattr_handler *const sockfs_xattr_handlers[] = { &protoname_handler, NULL };

static ssize_t sockfs_listxattr(struct dentry *dentry, char *list, size_t size)
{
	if (size && size < sizeof(PROTONAME))
		return -ERANGE;
	if (size)
		memcpy(list, PROTONAME, sizeof(PROTONAME));
	return sizeof(PROTONAME);
}

static const struct inode_operations sockfs_inode_operations = { .listxattr = sockfs_listxattr };

static struct inode *sock_alloc_inode(struct super_block *sb)
{
	struct socket_alloc *ei = kmem_cache_alloc(sock_inode_cache, GFP_KERNEL);
	struct socket *sock;

	if (!ei)
		return NULL;
	sock = &ei->socket;
	memset(sock, 0, sizeof(*sock));
	sock->state = SS_UNCONNECTED;
	init_waitqueue_head(&sock->wq.wait);
	return &ei->vfs_inode;
}

static void sock_free_inode(struct inode *inode)
{
	kmem_cache_free(sock_inode_cache, container_of(inode, struct socket_alloc, vfs_inode));
}

static const struct super_operations sockfs_ops = {
	.alloc_inode = sock_alloc_inode,
	.free_inode = sock_free_inode,
	.statfs = simple_statfs,
};

static char *sockfs_dname(struct dentry *dentry, char *buf, int buflen)
{
	return dynamic_dname(buf, buflen, "socket:[%lu]", d_inode(dentry)->i_ino);
}

static const struct dentry_operations sockfs_dentry_operations = { .d_dname = sockfs_dname };

static struct dentry *sockfs_mount(struct file_system_type *type, int flags, const char *name,
				   void *data)
{
	return mount_pseudo(type, "socket:", &sockfs_ops, &sockfs_dentry_operations, SOCKFS_MAGIC);
}

static struct file_system_type sock_fs_type = {
	.name = "sockfs",
	.mount = sockfs_mount,
	.kill_sb = kill_anon_super,
};

int __init sockfs_init(void)
{
	sock_inode_cache = kmem_cache_create("sock_inode_cache", sizeof(struct socket_alloc), 0,
					     SLAB_PANIC | SLAB_ACCOUNT, NULL);
	BUG_ON(register_filesystem(&sock_fs_type));
	sock_mnt = kern_mount_at_boot(&sock_fs_type);
	sock_mnt->mnt_sb->s_xattr = sockfs_xattr_handlers;
	return 0;
}
