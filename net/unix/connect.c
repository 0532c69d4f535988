// SPDX-License-Identifier: MIT
/* Connecting unix sockets: pairs, listeners, and the peers of datagram sockets. */
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/pid.h>
#include <kern/signal.h>
#include <lib/string.h>
#include "internal.h"

/* ---- listeners ---- */

int unix_listen(struct socket *sock, int backlog)
{
	struct sock *sk = sock->sk;
	struct unix_sock *u = unix_sk(sk);
	int error = -EINVAL;

	if (sock->state != SS_UNCONNECTED)
		return -EINVAL;
	if (!smp_load_acquire(&u->addr))
		return -EINVAL; /* there is no point in it without a name */
	unix_state_lock(sk);
	if (sk->sk_state == TCP_CLOSE || sk->sk_state == TCP_LISTEN) {
		if ((u32)backlog > sk->sk_max_ack_backlog)
			wake_up_interruptible_all(&u->peer_wait);
		WRITE_ONCE(sk->sk_max_ack_backlog, backlog);
		sk->sk_state = TCP_LISTEN;
		error = 0;
	}
	unix_state_unlock(sk);
	/* Those who connect learn who listened, not who accepts. */
	if (!error)
		sock_init_peercred(sk);
	return error;
}

long unix_wait_for_peer(struct sock *other, long timeo)
{
	struct unix_sock *u = unix_sk(other);
	bool sleep;
	DEFINE_WAIT(wait);

	prepare_to_wait_exclusive(&u->peer_wait, &wait, TASK_INTERRUPTIBLE);
	sleep = !sock_flag(other, SOCK_DEAD) && !(other->sk_shutdown & RCV_SHUTDOWN) &&
		unix_recvq_full(other);
	unix_state_unlock(other);
	if (sleep)
		timeo = schedule_timeout(timeo);
	finish_wait(&u->peer_wait, &wait);
	return timeo;
}

/* May a socket in this state connect? 0, -EISCONN, -EINVAL */
static int check_unconnected(unsigned char state)
{
	if (state == TCP_CLOSE)
		return 0;
	return state == TCP_ESTABLISHED ? -EISCONN : -EINVAL;
}

/*
 * Ties sk to the embryo: both are connected afterwards. => other (the listener) locked
 * 0, -EISCONN, -EINVAL
 */
static int tie_embryo(struct socket *sock, struct sock *other, struct sock *newsk)
{
	struct unix_sock *newu = unix_sk(newsk), *otheru = unix_sk(other);
	struct sock *sk = sock->sk;
	int error;

	/*
	 * A listener must not lock another listener, or itself: two that connect to each other
	 * would wait for each other. One never stops to be a listener, so this look without the
	 * lock keeps them out; what is still free may change until it is locked.
	 */
	error = check_unconnected(sk->sk_state);
	if (error)
		return error;
	spin_lock_nested(&unix_sk(sk)->lock, U_LOCK_SECOND);
	error = check_unconnected(sk->sk_state);
	if (error) {
		unix_state_unlock(sk);
		return error;
	}
	sock_hold(sk);
	unix_peer(newsk) = sk;
	newsk->sk_state = TCP_ESTABLISHED;
	refcount_inc(&otheru->addr->refcnt);
	smp_store_release(&newu->addr, otheru->addr);
	newu->path = otheru->path;
	if (newu->path.dentry)
		path_get(&newu->path);
	sock->state = SS_CONNECTED;
	sk->sk_state = TCP_ESTABLISHED;
	sock_hold(newsk);
	unix_peer(sk) = newsk;
	unix_state_unlock(sk);
	return 0;
}

/*
 * Finds a listener with room in its queue, waiting for it, and locks it. It is the caller's
 * reference.
 */
static struct sock *lock_listener(struct sock *sk, struct sockaddr_un *name, int len, int flags)
{
	long timeo = sock_sndtimeo(sk, flags & O_NONBLOCK);
	struct sock *other;
	int error;

	for (;;) {
		other = unix_find_other(sock_net(sk), name, len, sk->sk_type);
		if (IS_ERR(other))
			return other;
		unix_state_lock(other);
		if (sock_flag(other, SOCK_DEAD)) {
			unix_state_unlock(other);
			sock_put(other);
			continue;
		}
		error = -ECONNREFUSED;
		if (other->sk_state != TCP_LISTEN || (other->sk_shutdown & RCV_SHUTDOWN))
			goto fail_locked;
		if (!unix_recvq_full(other))
			return other;
		error = -EAGAIN;
		if (!timeo)
			goto fail_locked;
		timeo = unix_wait_for_peer(other, timeo);
		sock_put(other);
		if (signal_pending(current))
			return ERR_PTR(sock_intr_errno(timeo));
	}
fail_locked:
	unix_state_unlock(other);
	sock_put(other);
	return ERR_PTR(error);
}

/* The embryo and the message that stands for it in the listener's queue. */
static struct sk_buff *make_embryo(struct sock *sk)
{
	struct sock *newsk = unix_create1(sock_net(sk), NULL, sk->sk_type, GFP_KERNEL);
	struct sk_buff *skb;

	if (!newsk)
		return ERR_PTR(-ENOMEM);
	skb = alloc_skb(1, GFP_KERNEL);
	if (!skb) {
		unix_release_sock(newsk, false);
		return ERR_PTR(-ENOMEM);
	}
	skb_set_owner_w(skb, newsk);
	sock_init_peercred(newsk);
	return skb;
}

int unix_stream_connect(struct socket *sock, struct sockaddr *uaddr, int len, int flags)
{
	struct sockaddr_un *name = (struct sockaddr_un *)uaddr;
	struct sock *sk = sock->sk, *newsk, *other;
	struct sk_buff *skb;
	int error;

	error = unix_validate_addr(name, len);
	if (!error)
		error = unix_autobind_for_cred(sock);
	if (error)
		return error;
	skb = make_embryo(sk);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	newsk = skb->sk;
	other = lock_listener(sk, name, len, flags);
	if (IS_ERR(other)) {
		error = PTR_ERR(other);
		goto fail;
	}
	error = tie_embryo(sock, other, newsk);
	if (error) {
		unix_state_unlock(other);
		sock_put(other);
		goto fail;
	}
	sock_copy_peercred(sk, other);
	skb_queue_tail(&other->sk_receive_queue, skb);
	unix_state_unlock(other);
	other->sk_data_ready(other);
	sock_put(other);
	return 0;
fail:
	kfree_skb(skb);
	unix_release_sock(newsk, false);
	return error;
}

int unix_accept(struct socket *sock, struct socket *newsock, int flags)
{
	struct sock *sk = sock->sk, *newsk;
	struct sk_buff *skb;
	int error = 0;

	if (sk->sk_state != TCP_LISTEN)
		return -EINVAL;
	skb = skb_recv_datagram(sk, flags & O_NONBLOCK ? MSG_DONTWAIT : 0, &error);
	if (!skb)
		return error ?: -EINVAL; /* it was shut down */
	newsk = skb->sk;
	kfree_skb(skb);
	wake_up_interruptible(&unix_sk(sk)->peer_wait);
	unix_state_lock(newsk);
	newsock->state = SS_CONNECTED;
	/* Options of the listener that its connections take over. */
	newsock->flags |= READ_ONCE(sock->flags) &
			  (1UL << SOCK_PASSCRED | 1UL << SOCK_PASSSEC | 1UL << SOCK_PASSPIDFD);
	sock_graft(newsk, newsock);
	unix_state_unlock(newsk);
	return 0;
}

/* ---- pairs ---- */

int unix_socketpair(struct socket *a, struct socket *b)
{
	struct sock *ska = a->sk, *skb = b->sk;

	sock_hold(ska);
	sock_hold(skb);
	unix_peer(ska) = skb;
	unix_peer(skb) = ska;
	sock_init_peercred(ska);
	sock_init_peercred(skb);
	ska->sk_state = TCP_ESTABLISHED;
	skb->sk_state = TCP_ESTABLISHED;
	a->state = SS_CONNECTED;
	b->state = SS_CONNECTED;
	return 0;
}

/* ---- datagram peers ---- */

void unix_dgram_disconnected(struct sock *sk, struct sock *other)
{
	if (skb_queue_empty_lockless(&sk->sk_receive_queue))
		return;
	skb_queue_purge(&sk->sk_receive_queue);
	wake_up_interruptible_all(&unix_sk(sk)->peer_wait);
	/* One direction of a pair broke: the other end hears that messages are lost. */
	if (!sock_flag(other, SOCK_DEAD) && unix_peer(other) == sk) {
		WRITE_ONCE(other->sk_err, ECONNRESET);
		other->sk_error_report(other);
	}
}

/* The new peer, locked together with sk; ERR_PTR and nothing locked. */
static struct sock *lock_peer(struct sock *sk, struct sockaddr_un *name, int len)
{
	struct sock *other;

	for (;;) {
		other = unix_find_other(sock_net(sk), name, len, sk->sk_type);
		if (IS_ERR(other))
			return other;
		unix_state_double_lock(sk, other);
		if (!sock_flag(other, SOCK_DEAD))
			break;
		unix_state_double_unlock(sk, other);
		sock_put(other);
	}
	if (unix_may_send(sk, other))
		return other;
	unix_state_double_unlock(sk, other);
	sock_put(other);
	return ERR_PTR(-EPERM);
}

int unix_dgram_connect(struct socket *sock, struct sockaddr *uaddr, int len, int flags)
{
	struct sock *sk = sock->sk, *other = NULL, *old;
	int error;

	if (len < (int)sizeof(uaddr->sa_family))
		return -EINVAL;
	if (uaddr->sa_family == AF_UNSPEC) {
		unix_state_lock(sk);
	} else {
		error = unix_validate_addr((struct sockaddr_un *)uaddr, len);
		if (!error)
			error = unix_autobind_for_cred(sock);
		if (error)
			return error;
		other = lock_peer(sk, (struct sockaddr_un *)uaddr, len);
		if (IS_ERR(other))
			return PTR_ERR(other);
		sk->sk_state = other->sk_state = TCP_ESTABLISHED;
	}
	old = unix_peer(sk);
	unix_peer(sk) = other;
	if (!other)
		sk->sk_state = TCP_CLOSE;
	if (old)
		unix_peer_wake_disconnect_wakeup(sk, old);
	unix_state_double_unlock(sk, other);
	if (!old)
		return 0;
	if (old != other) {
		unix_dgram_disconnected(sk, old);
		unix_state_lock(old);
		if (!unix_peer(old))
			old->sk_state = TCP_CLOSE;
		unix_state_unlock(old);
	}
	sock_put(old);
	return 0;
}
