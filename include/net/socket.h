/* SPDX-License-Identifier: MIT */
/*
 * Sockets as files see them: struct socket is the half that hangs on an inode of sockfs, struct
 * sock (<net/sock.h>) is the protocol's half, and proto_ops is how the one asks the other.
 */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <fs/poll.h>
#include <kern/rcupdate.h>
#include <kern/types.h>
#include <kern/wait.h>
#include <linux/socket_abi.h>
#include <mm/uio.h>

struct fasync_struct;
struct file;
struct net;
struct pipe_inode_info;
struct seq_file;
struct sock;

#define sockaddr_storage __kernel_sockaddr_storage

/* One message on its way. msg_control is kernel memory when sending, the user's when receiving. */
struct msghdr {
	void *msg_name;
	int msg_namelen;
	struct iov_iter msg_iter;
	union {
		void *msg_control;
		void __user *msg_control_user;
	};
	size_t msg_controllen;	/* receiving: what is left of it */
	unsigned int msg_flags;	/* MSG_* of the caller when sending, of the message when received */
};

static inline size_t msg_data_left(const struct msghdr *msg)
{
	return iov_iter_count(&msg->msg_iter);
}

#define CMSG_OK(msg, cmsg) ((cmsg)->cmsg_len >= sizeof(struct cmsghdr) && \
	(cmsg)->cmsg_len <= (size_t)((msg)->msg_controllen - \
				     ((char *)(cmsg) - (char *)(msg)->msg_control)))

static inline struct cmsghdr *cmsg_first(struct msghdr *msg)
{
	return msg->msg_controllen >= sizeof(struct cmsghdr) ? msg->msg_control : NULL;
}

static inline struct cmsghdr *cmsg_next(struct msghdr *msg, struct cmsghdr *cmsg)
{
	char *next = (char *)cmsg + CMSG_ALIGN(cmsg->cmsg_len);

	if ((size_t)(next + sizeof(*cmsg) - (char *)msg->msg_control) > msg->msg_controllen)
		return NULL;
	return (struct cmsghdr *)next;
}

#define for_each_cmsghdr(cmsg, msg) \
	for ((cmsg) = cmsg_first(msg); (cmsg); (cmsg) = cmsg_next(msg, cmsg))

/* Bits of socket->flags. */
#define SOCK_NOSPACE		2	/* somebody waits for room to write */
#define SOCK_PASSCRED		3
#define SOCK_PASSSEC		4
#define SOCK_PASSPIDFD		5

/*
 * Who waits on a socket. Sleepers of a sock reach it through sk->sk_wq under RCU: it lives in
 * the inode, whose memory stays for a grace period.
 */
struct socket_wq {
	wait_queue_head_t wait;
	struct fasync_struct *fasync_list;	/* fasync_helper() locks */
};

/*
 *   (i) constant after creation   (k) the sock's lock (the family says which)   (x) atomic bits
 */
struct socket {
	socket_state state;		/* k */
	short type;			/* i: SOCK_* */
	unsigned long flags;		/* x: SOCK_* bits */
	const struct proto_ops *ops;	/* i */
	struct file *file;		/* i: not counted */
	struct sock *sk;		/* k: NULL after release */
	struct socket_wq wq;
};

/*
 * Operations of one kind of socket. All run in process context, may sleep, hold no lock, and
 * return an errno below zero; addresses are kernel copies of `len` bytes.
 */
struct proto_ops {
	int family;
	/* The last reference to the file has gone: sock->sk is let go. */
	int (*release)(struct socket *sock);
	int (*bind)(struct socket *sock, struct sockaddr *addr, int len);
	/* flags: O_NONBLOCK */
	int (*connect)(struct socket *sock, struct sockaddr *addr, int len, int flags);
	int (*socketpair)(struct socket *a, struct socket *b);
	/* Grafts the next connection to `newsock`, which has no sock yet. */
	int (*accept)(struct socket *sock, struct socket *newsock, int flags);
	/* Writes the address (at most sizeof(struct sockaddr_storage)); returns its length. */
	int (*getname)(struct socket *sock, struct sockaddr *addr, int peer);
	__poll_t (*poll)(struct file *file, struct socket *sock, poll_table *wait);
	/* -ENOIOCTLCMD: not known. */
	int (*ioctl)(struct socket *sock, unsigned int cmd, unsigned long arg);
	int (*listen)(struct socket *sock, int backlog);
	int (*shutdown)(struct socket *sock, int how);
	/* Levels other than SOL_SOCKET; NULL: -EOPNOTSUPP. */
	int (*setsockopt)(struct socket *sock, int level, int name, char __user *val,
			  unsigned int len);
	int (*getsockopt)(struct socket *sock, int level, int name, char __user *val,
			  int __user *len);
	/* Bytes taken from msg_iter. */
	int (*sendmsg)(struct socket *sock, struct msghdr *msg, size_t len);
	/* Bytes put into msg_iter, or the whole length with MSG_TRUNC in `flags`. */
	int (*recvmsg)(struct socket *sock, struct msghdr *msg, size_t len, int flags);
	/* SO_PEEK_OFF and what else only some kinds know; NULL: -EOPNOTSUPP. */
	int (*set_peek_off)(struct sock *sk, int val);
	void (*show_fdinfo)(struct seq_file *m, struct socket *sock);
};

/* A family of addresses. create() sets sock->ops and sock->sk. */
struct net_proto_family {
	int family;
	int (*create)(struct net *net, struct socket *sock, int protocol, int kern);
};

/* -EEXIST, -ENOBUFS (number out of range). => may sleep */
int sock_register(const struct net_proto_family *family);

/* A socket without a file; sock_release() ends it. Errnos of socket(2). => may sleep */
int sock_create(int family, int type, int protocol, struct socket **res);
int sock_create_kern(struct net *net, int family, int type, int protocol, struct socket **res);
/* A bare one for accept(): no family's create() runs. NULL without memory. */
struct socket *sock_alloc(void);
void sock_release(struct socket *sock);
/* Makes the file; on failure the socket is released. */
struct file *sock_alloc_file(struct socket *sock, int flags);
/* The socket of a file, or NULL. */
struct socket *sock_from_file(const struct file *file);
struct inode *SOCK_INODE(struct socket *sock);

int sock_sendmsg(struct socket *sock, struct msghdr *msg);
int sock_recvmsg(struct socket *sock, struct msghdr *msg, int flags);

/* Addresses between user and kernel: -EINVAL, -EFAULT. `len` of a user is checked. */
int move_addr_to_kernel(void __user *uaddr, int ulen, struct sockaddr_storage *kaddr);
int move_addr_to_user(struct sockaddr_storage *kaddr, int klen, void __user *uaddr,
		      int __user *ulen);

/* SIGIO and POLL_* for one who asked. => any context, under RCU */
enum { SOCK_WAKE_IO, SOCK_WAKE_WAITD, SOCK_WAKE_SPACE, SOCK_WAKE_URG };
int sock_wake_async(struct socket_wq *wq, int how, int band);

int sock_setsockopt(struct socket *sock, int name, char __user *val, unsigned int len);
int sock_getsockopt(struct socket *sock, int name, char __user *val, int __user *len);

/* Answers of kinds that lack an operation. */
int sock_no_bind(struct socket *sock, struct sockaddr *addr, int len);
int sock_no_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
int sock_no_socketpair(struct socket *a, struct socket *b);
int sock_no_accept(struct socket *sock, struct socket *newsock, int flags);
int sock_no_listen(struct socket *sock, int backlog);
int sock_no_shutdown(struct socket *sock, int how);
int sock_no_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg);

#endif
