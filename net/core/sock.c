// SPDX-License-Identifier: MIT
/*
 * The life of struct sock, and the callbacks that tell its socket of changes.
 *
 * References: sk_refcnt counts holders; it begins with the one of the socket. sk_wmem_alloc
 * begins at one and also counts the bytes of buffers under way: the memory goes when both have
 * gone, so a buffer's destructor may always use its sock.
 *
 * The way from a sock to those who sleep on its socket (sk_wq) is cut by sock_orphan() under
 * sk_callback_lock; callbacks follow it under RCU.
 */
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/seq_file.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/mutex.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <net/sock.h>
#include "internal.h"

static DEFINE_MUTEX(proto_list_lock);
static LIST_HEAD(proto_list);

int proto_register(struct proto *prot)
{
	prot->slab = kmem_cache_create(prot->name, prot->obj_size, 64, 0, NULL);
	if (!prot->slab)
		return -ENOBUFS;
	mutex_lock(&proto_list_lock);
	list_add(&prot->node, &proto_list);
	mutex_unlock(&proto_list_lock);
	return 0;
}

/* /proc/net/protocols: which there are, how large, how many in use, and which calls they have. */
void sock_show_protocols(struct seq_file *m)
{
	struct proto *prot;

	seq_puts(m, "protocol  size sockets  memory press maxhdr  slab module     "
		    "cl co di ac io in de sh ss gs se re bi br ha uh gp em\n");
	mutex_lock(&proto_list_lock);
	list_for_each_entry(prot, &proto_list, node)
		seq_printf(m,
			   "%-9s %4u %6ld  %6d   %-3s %6u   %-3s  %-10s "
			   " n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n\n",
			   prot->name, prot->obj_size, atomic_long_read(&prot->inuse), -1, "NI", 0,
			   "yes", "kernel");
	mutex_unlock(&proto_list_lock);
}

/* ---- what a new sock does when something changes ---- */

static void sock_def_wakeup(struct sock *sk)
{
	struct socket_wq *wq;

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_all(&wq->wait);
	rcu_read_unlock();
}

static void sock_def_error_report(struct sock *sk)
{
	struct socket_wq *wq;

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_poll(&wq->wait, EPOLLERR);
	sock_wake_async(wq, SOCK_WAKE_IO, POLL_ERR);
	rcu_read_unlock();
}

static void sock_def_readable(struct sock *sk)
{
	struct socket_wq *wq;

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (skwq_has_sleeper(wq))
		wake_up_interruptible_sync_poll(&wq->wait,
						EPOLLIN | EPOLLPRI | EPOLLRDNORM | EPOLLRDBAND);
	sock_wake_async(wq, SOCK_WAKE_WAITD, POLL_IN);
	rcu_read_unlock();
}

static void sock_def_write_space(struct sock *sk)
{
	struct socket_wq *wq;

	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	if (sock_writeable(sk)) {
		if (skwq_has_sleeper(wq))
			wake_up_interruptible_sync_poll(&wq->wait,
							EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
		sock_wake_async(wq, SOCK_WAKE_SPACE, POLL_OUT);
	}
	rcu_read_unlock();
}

static void sock_def_destruct(struct sock *sk)
{
}

void sk_wake_async(const struct sock *sk, int how, int band)
{
	rcu_read_lock();
	sock_wake_async(rcu_dereference(sk->sk_wq), how, band);
	rcu_read_unlock();
}

/* ---- life ---- */

struct sock *sk_alloc(struct net *net, int family, gfp_t gfp, struct proto *prot)
{
	struct sock *sk = kmem_cache_zalloc(prot->slab, gfp);

	if (!sk)
		return NULL;
	sk->sk_family = family;
	sk->sk_prot = prot;
	sk->sk_net = get_net(net);
	refcount_set(&sk->sk_wmem_alloc, 1);
	refcount_set(&sk->sk_refcnt, 1);
	atomic_long_inc(&prot->inuse);
	return sk;
}

void sock_init_data(struct socket *sock, struct sock *sk)
{
	skb_queue_head_init(&sk->sk_receive_queue);
	mutex_init(&sk->sk_lock);
	spin_lock_init(&sk->sk_peer_lock);
	rwlock_init(&sk->sk_callback_lock);
	sk->sk_rcvbuf = sysctl_rmem_default;
	sk->sk_sndbuf = sysctl_wmem_default;
	sk->sk_allocation = GFP_KERNEL;
	sk->sk_state = TCP_CLOSE;
	sk->sk_rcvlowat = 1;
	sk->sk_rcvtimeo = MAX_SCHEDULE_TIMEOUT;
	sk->sk_sndtimeo = MAX_SCHEDULE_TIMEOUT;
	sk->sk_peek_off = -1;
	sk->sk_max_pacing_rate = ~0ULL;
	sk->sk_incoming_cpu = -1;
	sk->sk_state_change = sock_def_wakeup;
	sk->sk_data_ready = sock_def_readable;
	sk->sk_write_space = sock_def_write_space;
	sk->sk_error_report = sock_def_error_report;
	sk->sk_destruct = sock_def_destruct;
	sk->sk_socket = sock;
	if (sock) {
		sk->sk_type = sock->type;
		sk->sk_wq = &sock->wq;
		sock->sk = sk;
		sk->sk_uid = SOCK_INODE(sock)->i_uid;
	}
}

static void __sk_free(struct sock *sk)
{
	struct proto *prot = sk->sk_prot;

	sk->sk_destruct(sk);
	sk_filter_release(sk);
	put_pid(sk->sk_peer_pid);
	if (sk->sk_peer_cred)
		put_cred(sk->sk_peer_cred);
	put_net(sk->sk_net);
	atomic_long_dec(&prot->inuse);
	kmem_cache_free(prot->slab, sk);
}

void sk_free(struct sock *sk)
{
	if (refcount_dec_and_test(&sk->sk_wmem_alloc))
		__sk_free(sk);
}

void sock_graft(struct sock *sk, struct socket *parent)
{
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_pointer(sk->sk_wq, &parent->wq);
	parent->sk = sk;
	WRITE_ONCE(sk->sk_socket, parent);
	sk->sk_uid = SOCK_INODE(parent)->i_uid;
	write_unlock_bh(&sk->sk_callback_lock);
}

void sock_orphan(struct sock *sk)
{
	write_lock_bh(&sk->sk_callback_lock);
	sock_set_flag(sk, SOCK_DEAD);
	WRITE_ONCE(sk->sk_socket, NULL);
	WRITE_ONCE(sk->sk_wq, NULL);
	write_unlock_bh(&sk->sk_callback_lock);
}

unsigned long sock_i_ino(struct sock *sk)
{
	unsigned long ino;

	read_lock_bh(&sk->sk_callback_lock);
	ino = sk->sk_socket ? SOCK_INODE(sk->sk_socket)->i_ino : 0;
	read_unlock_bh(&sk->sk_callback_lock);
	return ino;
}

u64 sock_gen_cookie(struct sock *sk)
{
	static atomic64_t last_cookie;
	u64 cookie = atomic64_read(&sk->sk_cookie);

	if (cookie)
		return cookie;
	atomic64_cmpxchg(&sk->sk_cookie, 0, atomic64_add_return(1, &last_cookie));
	return atomic64_read(&sk->sk_cookie);
}

/* ---- the other end ---- */

void cred_to_ucred(struct pid *pid, const struct cred *cred, struct ucred *ucred)
{
	ucred->pid = pid_vnr(pid);
	ucred->uid = ucred->gid = -1;
	if (cred) {
		ucred->uid = from_kuid_munged(current_user_ns(), cred->euid);
		ucred->gid = from_kgid_munged(current_user_ns(), cred->egid);
	}
}

static void set_peercred(struct sock *sk, struct pid *pid, const struct cred *cred)
{
	const struct cred *old_cred;
	struct pid *old_pid;

	spin_lock(&sk->sk_peer_lock);
	old_pid = sk->sk_peer_pid;
	old_cred = sk->sk_peer_cred;
	sk->sk_peer_pid = pid;
	sk->sk_peer_cred = cred;
	spin_unlock(&sk->sk_peer_lock);
	put_pid(old_pid);
	if (old_cred)
		put_cred(old_cred);
}

void sock_init_peercred(struct sock *sk)
{
	set_peercred(sk, get_pid(task_tgid(current)), get_cred(current_cred()));
}

void sock_copy_peercred(struct sock *sk, struct sock *from)
{
	const struct cred *cred;
	struct pid *pid;

	spin_lock(&from->sk_peer_lock);
	pid = get_pid(from->sk_peer_pid);
	cred = from->sk_peer_cred ? get_cred(from->sk_peer_cred) : NULL;
	spin_unlock(&from->sk_peer_lock);
	set_peercred(sk, pid, cred);
}
