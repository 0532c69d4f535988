// SPDX-License-Identifier: MIT
/*
 * Unix sockets: the family, and the life of its sockets.
 *
 * Problem: processes of one machine want connections with the interface of network sockets, at
 * the cost of a pipe, with names in the file system, and with open files as part of messages.
 *
 * A message is an sk_buff on the *receiver's* sk_receive_queue, charged to the *sender's*
 * sk_wmem_alloc. A sender is held back by its own sk_sndbuf; datagrams also by the length of the
 * receiver's queue (peer_wait). A connection that waits for accept() is a message on the
 * listener's queue whose skb->sk is the finished other end (an "embryo").
 *
 *	create          connect/socketpair             shutdown, peer's release
 *	TCP_CLOSE ------------------------> TCP_ESTABLISHED (sk_shutdown tells which ways are shut)
 *	    `--- listen ---> TCP_LISTEN                release: SOCK_DEAD, TCP_CLOSE
 *
 * Locks, outermost first:
 *   iolock, bindlock (mutexes)   one reader; one who names
 *   bucket locks                 the tables of names; two in order of their index
 *   unix_state_lock()            peer, state, shutdown, and arrival at the queue; two in order of
 *                                address, but a listener before the one that connects
 *   sk_receive_queue.lock        what is in the queue
 * unix_gc_lock (garbage.c) is outside of queue locks and inside of nothing.
 *
 * Races: a peer may die at any moment between lookup and use, so each sender checks SOCK_DEAD
 * under the state lock, where release sets it; release empties the queue afterwards, so nothing
 * arrives later. The peer of a stream is cleared only by release of that stream itself: while its
 * file is held, the peer's memory stays.
 */
#include <asm/ioctls.h>
#include <fs/file.h>
#include <fs/fdtable.h>
#include <fs/seq_file.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/panic.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <linux/sockios.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include "internal.h"

struct proto unix_proto = { .name = "UNIX", .obj_size = sizeof(struct unix_sock) };
static struct proto unix_stream_proto = { .name = "UNIX-STREAM",
					  .obj_size = sizeof(struct unix_sock) };

bool unix_writable(const struct sock *sk)
{
	return sk->sk_state != TCP_LISTEN &&
	       ((u64)refcount_read(&sk->sk_wmem_alloc) << 2) <= (u64)READ_ONCE(sk->sk_sndbuf);
}

static void unix_write_space(struct sock *sk)
{
	struct socket_wq *wq;

	if (!unix_writable(sk))
		return;
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_sync_poll(&wq->wait, EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	rcu_read_unlock();
}

void unix_state_double_lock(struct sock *a, struct sock *b)
{
	if (a == b || !b) {
		unix_state_lock(a);
		return;
	}
	if (a > b) {
		struct sock *t = a;

		a = b;
		b = t;
	}
	unix_state_lock(a);
	spin_lock_nested(&unix_sk(b)->lock, U_LOCK_SECOND);
}

void unix_state_double_unlock(struct sock *a, struct sock *b)
{
	unix_state_unlock(a);
	if (b && b != a)
		unix_state_unlock(b);
}

struct sock *unix_peer_get(struct sock *sk)
{
	struct sock *peer;

	unix_state_lock(sk);
	peer = unix_peer(sk);
	if (peer)
		sock_hold(peer);
	unix_state_unlock(sk);
	return peer;
}

/* ---- beginning and end ---- */

static void unix_sock_destructor(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk);

	skb_queue_purge(&sk->sk_receive_queue);
	BUG_ON(u->inflight);
	if (u->addr)
		unix_release_addr(u->addr);
}

struct sock *unix_create1(struct net *net, struct socket *sock, int type, gfp_t gfp)
{
	struct sock *sk =
		sk_alloc(net, PF_UNIX, gfp, type == SOCK_STREAM ? &unix_stream_proto : &unix_proto);
	struct unix_sock *u;

	if (!sk)
		return NULL;
	sock_init_data(sock, sk);
	u = unix_sk(sk);
	sk->sk_type = type;
	sk->sk_max_ack_backlog = READ_ONCE(net->sysctl_max_dgram_qlen);
	sk->sk_write_space = unix_write_space;
	sk->sk_destruct = unix_sock_destructor;
	spin_lock_init(&u->lock);
	mutex_init(&u->iolock);
	mutex_init(&u->bindlock);
	init_waitqueue_head(&u->peer_wait);
	init_waitqueue_func_entry(&u->peer_wake, unix_peer_wake_relay);
	INIT_LIST_HEAD(&u->inflight_link);
	unix_table_insert(sk);
	return sk;
}

/* The other end of a connection hears of the end. */
static void release_peer(struct sock *sk, struct sock *peer, bool lost_data)
{
	if (sk->sk_type != SOCK_DGRAM) {
		unix_state_lock(peer);
		WRITE_ONCE(peer->sk_shutdown, SHUTDOWN_MASK);
		if (lost_data)
			WRITE_ONCE(peer->sk_err, ECONNRESET);
		unix_state_unlock(peer);
		peer->sk_state_change(peer);
		sk_wake_async(peer, SOCK_WAKE_WAITD, POLL_HUP);
	}
	unix_peer_wake_disconnect(sk, peer);
	sock_put(peer);
}

void unix_release_sock(struct sock *sk, bool embryo)
{
	struct unix_sock *u = unix_sk(sk);
	struct sk_buff *skb;
	struct sock *peer;
	struct path path;
	int state;

	unix_table_remove(sk);
	unix_state_lock(sk);
	sock_orphan(sk);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	path = u->path;
	u->path = (struct path){ NULL, NULL };
	state = sk->sk_state;
	sk->sk_state = TCP_CLOSE;
	peer = unix_peer(sk);
	unix_peer(sk) = NULL;
	u->oob_skb = NULL; /* the queue's reference goes with the queue */
	unix_state_unlock(sk);
	wake_up_interruptible_all(&u->peer_wait);
	if (peer)
		release_peer(sk, peer, !skb_queue_empty_lockless(&sk->sk_receive_queue) || embryo);
	while ((skb = skb_dequeue(&sk->sk_receive_queue))) {
		if (state == TCP_LISTEN)
			unix_release_sock(skb->sk, true);
		kfree_skb(skb);
	}
	if (path.dentry)
		path_put(&path);
	sock_put(sk);
	unix_schedule_gc();
}

static int unix_release(struct socket *sock)
{
	if (sock->sk)
		unix_release_sock(sock->sk, false);
	return 0;
}

/* ---- names and ends ---- */

/* `name` of sk, or the empty one. Length. */
static int copy_name(struct sock *sk, void *name)
{
	struct unix_address *addr = smp_load_acquire(&unix_sk(sk)->addr);

	if (addr) {
		memcpy(name, addr->name, addr->len);
		return addr->len;
	}
	((struct sockaddr *)name)->sa_family = AF_UNIX;
	return UNIX_ADDR_MIN;
}

void unix_copy_addr(struct msghdr *msg, struct sock *sk)
{
	struct unix_address *addr = smp_load_acquire(&unix_sk(sk)->addr);

	if (addr) {
		msg->msg_namelen = addr->len;
		memcpy(msg->msg_name, addr->name, addr->len);
	}
}

static int unix_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	struct sock *sk = sock->sk;
	int len;

	if (!peer)
		return copy_name(sk, addr);
	sk = unix_peer_get(sk);
	if (!sk)
		return -ENOTCONN;
	len = copy_name(sk, addr);
	sock_put(sk);
	return len;
}

static int unix_shutdown(struct socket *sock, int how)
{
	struct sock *sk = sock->sk, *other;
	int mode, peer_mode = 0;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return -EINVAL;
	mode = how + 1; /* RCV_SHUTDOWN, SEND_SHUTDOWN, both */
	unix_state_lock(sk);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | mode);
	other = unix_peer(sk);
	if (other)
		sock_hold(other);
	unix_state_unlock(sk);
	sk->sk_state_change(sk);
	if (!other)
		return 0;
	if (sk->sk_type != SOCK_DGRAM) {
		if (mode & RCV_SHUTDOWN)
			peer_mode |= SEND_SHUTDOWN;
		if (mode & SEND_SHUTDOWN)
			peer_mode |= RCV_SHUTDOWN;
		unix_state_lock(other);
		WRITE_ONCE(other->sk_shutdown, other->sk_shutdown | peer_mode);
		unix_state_unlock(other);
		other->sk_state_change(other);
		if (peer_mode == SHUTDOWN_MASK)
			sk_wake_async(other, SOCK_WAKE_WAITD, POLL_HUP);
		else if (peer_mode & RCV_SHUTDOWN)
			sk_wake_async(other, SOCK_WAKE_WAITD, POLL_IN);
	}
	sock_put(other);
	return 0;
}

/* ---- ioctl ---- */

/* Bytes that can be read: of all messages, or of the first where bounds are kept. */
static long unix_inq_len(struct sock *sk)
{
	struct sk_buff *skb;
	long amount = 0;

	if (sk->sk_state == TCP_LISTEN)
		return -EINVAL;
	spin_lock(&sk->sk_receive_queue.lock);
	if (sk->sk_type == SOCK_DGRAM) {
		skb = skb_peek(&sk->sk_receive_queue);
		amount = skb ? skb->len : 0;
	} else {
		skb_queue_walk(&sk->sk_receive_queue, skb) amount += unix_skb_len(skb);
	}
	spin_unlock(&sk->sk_receive_queue.lock);
	return amount;
}

/* A descriptor (O_PATH) of the file that the socket is bound to. */
static int unix_open_file(struct sock *sk)
{
	struct path path = { NULL, NULL };
	struct file *file;
	int fd;

	if (!ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (!smp_load_acquire(&unix_sk(sk)->addr))
		return -ENOENT;
	unix_state_lock(sk);
	path = unix_sk(sk)->path;
	if (path.dentry)
		path_get(&path);
	unix_state_unlock(sk);
	if (!path.dentry)
		return -ENOENT;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		goto out;
	file = dentry_open(&path, O_PATH, current_cred());
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		fd = PTR_ERR(file);
	} else {
		fd_install(fd, file);
	}
out:
	path_put(&path);
	return fd;
}

static int unix_ioctl(struct socket *sock, unsigned int cmd, unsigned long arg)
{
	struct sock *sk = sock->sk;
	long amount;

	switch (cmd) {
	case SIOCOUTQ:
		return put_user(sk_wmem_alloc_get(sk), (int __user *)arg);
	case SIOCINQ:
		amount = unix_inq_len(sk);
		return amount < 0 ? amount : put_user(amount, (int __user *)arg);
	case SIOCUNIXFILE:
		return unix_open_file(sk);
	case SIOCATMARK:
		return put_user(unix_at_mark(sk), (int __user *)arg);
	}
	return -ENOIOCTLCMD;
}

static void unix_show_fdinfo(struct seq_file *m, struct socket *sock)
{
	struct sock *sk = sock->sk;
	int files = atomic_read(&unix_sk(sk)->scm_files);

	if (sk->sk_state == TCP_LISTEN) {
		struct sk_buff *skb;

		spin_lock(&sk->sk_receive_queue.lock);
		skb_queue_walk(&sk->sk_receive_queue, skb)
			files += atomic_read(&unix_sk(skb->sk)->scm_files);
		spin_unlock(&sk->sk_receive_queue.lock);
	}
	seq_printf(m, "scm_fds: %u\n", files);
}

/* ---- the family ---- */

static const struct proto_ops unix_stream_ops = {
	.family = PF_UNIX,
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_stream_connect,
	.socketpair = unix_socketpair,
	.accept = unix_accept,
	.getname = unix_getname,
	.poll = unix_poll,
	.ioctl = unix_ioctl,
	.listen = unix_listen,
	.shutdown = unix_shutdown,
	.sendmsg = unix_stream_sendmsg,
	.recvmsg = unix_stream_recvmsg,
	.set_peek_off = unix_set_peek_off,
	.show_fdinfo = unix_show_fdinfo,
};

static const struct proto_ops unix_dgram_ops = {
	.family = PF_UNIX,
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_dgram_connect,
	.socketpair = unix_socketpair,
	.accept = sock_no_accept,
	.getname = unix_getname,
	.poll = unix_dgram_poll,
	.ioctl = unix_ioctl,
	.listen = sock_no_listen,
	.shutdown = unix_shutdown,
	.sendmsg = unix_dgram_sendmsg,
	.recvmsg = unix_dgram_recvmsg,
	.set_peek_off = unix_set_peek_off,
	.show_fdinfo = unix_show_fdinfo,
};

static const struct proto_ops unix_seqpacket_ops = {
	.family = PF_UNIX,
	.release = unix_release,
	.bind = unix_bind,
	.connect = unix_stream_connect,
	.socketpair = unix_socketpair,
	.accept = unix_accept,
	.getname = unix_getname,
	.poll = unix_dgram_poll,
	.ioctl = unix_ioctl,
	.listen = unix_listen,
	.shutdown = unix_shutdown,
	.sendmsg = unix_seqpacket_sendmsg,
	.recvmsg = unix_seqpacket_recvmsg,
	.set_peek_off = unix_set_peek_off,
	.show_fdinfo = unix_show_fdinfo,
};

static int unix_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	if (protocol && protocol != PF_UNIX)
		return -EPROTONOSUPPORT;
	switch (sock->type) {
	case SOCK_STREAM:
		sock->ops = &unix_stream_ops;
		break;
	case SOCK_RAW:
		/* Old programs ask for it and mean datagrams. */
		sock->type = SOCK_DGRAM;
		/* fall through */
	case SOCK_DGRAM:
		sock->ops = &unix_dgram_ops;
		break;
	case SOCK_SEQPACKET:
		sock->ops = &unix_seqpacket_ops;
		break;
	default:
		return -ESOCKTNOSUPPORT;
	}
	return unix_create1(net, sock, sock->type, GFP_KERNEL) ? 0 : -ENOMEM;
}

static const struct net_proto_family unix_family = { .family = PF_UNIX, .create = unix_create };

static int __init af_unix_init(void)
{
	unix_table_init();
	if (proto_register(&unix_proto) || proto_register(&unix_stream_proto))
		panic("no memory for unix sockets");
	BUG_ON(sock_register(&unix_family));
	unix_proc_init();
	return 0;
}
device_initcall(af_unix_init);
