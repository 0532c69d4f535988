// SPDX-License-Identifier: MIT
/*
 * Messages with bounds: SOCK_DGRAM, and SOCK_SEQPACKET on top of it.
 *
 * A receiver's queue takes max_dgram_qlen messages from those it is not connected to. A sender
 * that finds it full sleeps on the receiver's peer_wait. One that polls cannot sleep there: its
 * sock has an entry (peer_wake) on peer_wait whose wake function wakes the sock's own pollers.
 */
#include <fs/file.h>
#include <kern/err.h>
#include <kern/signal.h>
#include <kern/timekeeping.h>
#include <lib/string.h>
#include <mm/page.h>
#include "internal.h"

/* Messages larger than this get pages for the rest. */
#define LINEAR_MAX	SKB_MAX_ORDER(0, 2)
#define MAX_ORDER_FRAGS 3

/* ---- waking pollers of a full receiver ---- */

int unix_peer_wake_relay(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key)
{
	struct unix_sock *u = container_of(entry, struct unix_sock, peer_wake);
	struct socket_wq *wq;

	/* peer_wait.lock of the peer is held: the entry says itself that it is off the queue. */
	list_del_init(&entry->entry);
	entry->private = NULL;
	rcu_read_lock();
	wq = rcu_dereference(u->sk.sk_wq);
	if (wq)
		wake_up_interruptible_poll(&wq->wait, key_to_poll(key));
	rcu_read_unlock();
	return 0;
}

/* => sk locked; true when the entry is on other's queue because of this call */
static bool peer_wake_connect(struct sock *sk, struct sock *other)
{
	struct unix_sock *u = unix_sk(sk), *o = unix_sk(other);
	bool added = false;

	spin_lock(&o->peer_wait.lock);
	if (!u->peer_wake.private) {
		u->peer_wake.private = other;
		__add_wait_queue(&o->peer_wait, &u->peer_wake);
		added = true;
	}
	spin_unlock(&o->peer_wait.lock);
	return added;
}

void unix_peer_wake_disconnect(struct sock *sk, struct sock *other)
{
	struct unix_sock *u = unix_sk(sk), *o = unix_sk(other);

	spin_lock(&o->peer_wait.lock);
	if (u->peer_wake.private == other) {
		__remove_wait_queue(&o->peer_wait, &u->peer_wake);
		u->peer_wake.private = NULL;
	}
	spin_unlock(&o->peer_wait.lock);
}

void unix_peer_wake_disconnect_wakeup(struct sock *sk, struct sock *other)
{
	unix_peer_wake_disconnect(sk, other);
	wake_up_interruptible_poll(sk_sleep(sk), EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
}

/*
 * Asks for a wake-up when other has room. => sk locked, sk's peer is other
 * true: wait; false: there is room already, or it is dead
 */
static bool peer_wake_me(struct sock *sk, struct sock *other)
{
	bool added = peer_wake_connect(sk, other);

	if (!sock_flag(other, SOCK_DEAD) && unix_recvq_full(other))
		return true;
	if (added)
		unix_peer_wake_disconnect(sk, other);
	return false;
}

/* ---- sending ---- */

/* The message with its bytes and what it carries; charged to sk. */
static struct sk_buff *make_message(struct sock *sk, struct msghdr *msg, size_t len,
				    struct scm_cookie *scm)
{
	size_t data_len = 0;
	struct sk_buff *skb;
	int error = -EMSGSIZE;

	if (len > (size_t)max(READ_ONCE(sk->sk_sndbuf) - 32, 0))
		return ERR_PTR(-EMSGSIZE);
	if (len > LINEAR_MAX)
		data_len = PAGE_ALIGN(len - LINEAR_MAX);
	skb = sock_alloc_send_pskb(sk, len - min(len, data_len), min(len, data_len),
				   msg->msg_flags & MSG_DONTWAIT, &error, MAX_ORDER_FRAGS);
	if (!skb)
		return ERR_PTR(error);
	error = unix_scm_to_skb(scm, skb, true);
	if (error)
		goto fail;
	skb->tail += len - min(len, data_len);
	skb->len = len;
	skb->data_len = min(len, data_len);
	error = skb_copy_datagram_from_iter(skb, 0, &msg->msg_iter, len);
	if (!error)
		return skb;
fail:
	kfree_skb(skb);
	return ERR_PTR(error);
}

/* The receiver died. => other locked, and sk with sk_locked; both unlocked. 0: look it up again */
static int peer_is_dead(struct sock *sk, struct sock *other, bool sk_locked)
{
	int error = 0;

	unix_state_unlock(other);
	if (!sk_locked)
		unix_state_lock(sk);
	if (sk->sk_type == SOCK_SEQPACKET) {
		unix_state_unlock(sk);
		return -EPIPE;
	}
	if (unix_peer(sk) == other) {
		unix_peer(sk) = NULL;
		unix_peer_wake_disconnect_wakeup(sk, other);
		sk->sk_state = TCP_CLOSE;
		unix_state_unlock(sk);
		unix_dgram_disconnected(sk, other);
		sock_put(other); /* the connection's reference */
		error = -ECONNREFUSED;
	} else {
		unix_state_unlock(sk);
	}
	return error;
}

/*
 * Locks a receiver that can take a message now, waiting for one that cannot.
 * => on success other is locked; -EAGAIN to look it up again only with *again set
 */
static int lock_receiver(struct sock *sk, struct sock *other, long *timeo, bool *again)
{
	bool sk_locked = false;
	int error;

	*again = false;
	unix_state_lock(other);
	for (;;) {
		error = -EPERM;
		if (!unix_may_send(sk, other))
			break;
		if (sock_flag(other, SOCK_DEAD)) {
			error = peer_is_dead(sk, other, sk_locked);
			*again = !error;
			return error ?: -EAGAIN;
		}
		error = -EPIPE;
		if (other->sk_shutdown & RCV_SHUTDOWN)
			break;
		/* A pair of connected sockets is bounded by its senders' buffers alone. */
		if (other == sk || unix_peer(other) == sk || !unix_recvq_full(other)) {
			if (sk_locked)
				unix_state_unlock(sk);
			return 0;
		}
		if (*timeo) {
			*timeo = unix_wait_for_peer(other, *timeo);
			if (signal_pending(current))
				return sock_intr_errno(*timeo);
			*again = true;
			return -EAGAIN;
		}
		/* A poller of sk must hear of room: ask for it, then look once more. */
		if (!sk_locked) {
			unix_state_unlock(other);
			unix_state_double_lock(sk, other);
			sk_locked = true;
		}
		error = -EAGAIN;
		if (unix_peer(sk) != other || peer_wake_me(sk, other))
			break;
	}
	if (sk_locked)
		unix_state_unlock(sk);
	unix_state_unlock(other);
	return error;
}

/* Hands a message to a receiver, whose reference is eaten. 0 or an errno; eats it on success. */
static int deliver(struct socket *sock, struct msghdr *msg, struct sock *other, struct sk_buff *skb)
{
	struct sock *sk = sock->sk;
	long timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	bool again;
	int error;

	for (;;) {
		if (sk_filter(other, skb)) {
			/* The receiver does not want it; that is nothing the sender is told. */
			sock_put(other);
			kfree_skb(skb);
			return 0;
		}
		error = lock_receiver(sk, other, &timeo, &again);
		if (!error)
			break;
		sock_put(other);
		if (!again)
			return error;
		if (msg->msg_namelen)
			other = unix_find_other(sock_net(sk), msg->msg_name, msg->msg_namelen,
						sk->sk_type);
		else
			other = unix_peer_get(sk) ?: ERR_PTR(-ECONNRESET);
		if (IS_ERR(other))
			return PTR_ERR(other);
	}
	if (sock_flag(other, SOCK_RCVTSTAMP))
		skb->tstamp = ktime_get_real();
	unix_maybe_add_creds(skb, sock, other);
	unix_scm_stat_add(other, skb);
	skb_queue_tail(&other->sk_receive_queue, skb);
	unix_state_unlock(other);
	other->sk_data_ready(other);
	sock_put(other);
	return 0;
}

/* Whom it is for, with a reference. */
static struct sock *get_receiver(struct sock *sk, struct msghdr *msg)
{
	int error;

	if (!msg->msg_namelen)
		return unix_peer_get(sk) ?: ERR_PTR(-ENOTCONN);
	error = unix_validate_addr(msg->msg_name, msg->msg_namelen);
	if (error)
		return ERR_PTR(error);
	return unix_find_other(sock_net(sk), msg->msg_name, msg->msg_namelen, sk->sk_type);
}

int unix_dgram_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk, *other;
	struct scm_cookie scm;
	struct sk_buff *skb;
	int error;

	error = scm_send(sock, msg, &scm, false);
	if (error < 0)
		return error;
	error = -EOPNOTSUPP;
	if (msg->msg_flags & MSG_OOB)
		goto out;
	error = unix_autobind_for_cred(sock);
	if (error)
		goto out;
	other = get_receiver(sk, msg);
	error = PTR_ERR(other);
	if (IS_ERR(other))
		goto out;
	skb = make_message(sk, msg, len, &scm);
	if (IS_ERR(skb)) {
		sock_put(other);
		error = PTR_ERR(skb);
		goto out;
	}
	error = deliver(sock, msg, other, skb);
	if (error)
		kfree_skb(skb);
out:
	scm_destroy(&scm);
	return error ?: (int)len;
}

int unix_seqpacket_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	int error = sock_error(sock->sk);

	if (error)
		return error;
	if (sock->sk->sk_state != TCP_ESTABLISHED)
		return -ENOTCONN;
	msg->msg_namelen = 0;
	return unix_dgram_sendmsg(sock, msg, len);
}

/* ---- receiving ---- */

/* The next message, waiting for it; with iolock held when there is one. */
static struct sk_buff *next_message(struct sock *sk, int flags, int *skip, int *error)
{
	struct unix_sock *u = unix_sk(sk);
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	struct sk_buff *skb, *last;

	do {
		mutex_lock(&u->iolock);
		*skip = unix_peek_start(sk, flags);
		skb = __skb_try_recv_datagram(sk, flags, skip, error, &last);
		if (skb) {
			if (!(flags & MSG_PEEK))
				unix_scm_stat_del(sk, skb);
			return skb;
		}
		mutex_unlock(&u->iolock);
		if (*error != -EAGAIN)
			return NULL;
	} while (timeo && !__skb_wait_for_more_packets(sk, error, &timeo, last));
	/* A connection that ended: end of file also for one who does not wait. */
	if (sk->sk_type == SOCK_SEQPACKET && *error == -EAGAIN &&
	    (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN))
		*error = 0;
	return NULL;
}

/* Files and offsets after the bytes were copied. */
static int take_extras(struct sock *sk, struct sk_buff *skb, struct scm_cookie *scm, int flags,
		       int size)
{
	if (!(flags & MSG_PEEK)) {
		if (UNIXCB(skb).fp)
			unix_detach_fds(scm, skb);
		unix_peek_offset_bwd(sk, skb->len);
		return 0;
	}
	unix_peek_offset_fwd(sk, size);
	return UNIXCB(skb).fp ? unix_peek_fds(scm, skb) : 0;
}

int unix_dgram_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
{
	struct sock *sk = sock->sk;
	struct unix_sock *u = unix_sk(sk);
	struct scm_cookie scm = { 0 };
	struct sk_buff *skb;
	int skip, error;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	skb = next_message(sk, flags, &skip, &error);
	if (!skb)
		return error;
	if (wq_has_sleeper(&u->peer_wait))
		wake_up_interruptible_sync_poll(&u->peer_wait,
						EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	if (msg->msg_name)
		unix_copy_addr(msg, skb->sk);
	if (size > skb->len - skip)
		size = skb->len - skip;
	else if (size < skb->len - skip)
		msg->msg_flags |= MSG_TRUNC;
	error = skb_copy_datagram_iter(skb, skip, &msg->msg_iter, size);
	if (error)
		goto out;
	sock_recv_cmsgs(msg, sk, skb);
	scm_set_cred(&scm, UNIXCB(skb).pid, UNIXCB(skb).uid, UNIXCB(skb).gid);
	error = take_extras(sk, skb, &scm, flags, size);
	if (error) {
		scm_destroy(&scm);
		goto out;
	}
	error = flags & MSG_TRUNC ? skb->len - skip : size;
	scm_recv(sock, msg, &scm, flags);
out:
	kfree_skb(skb);
	mutex_unlock(&u->iolock);
	return error;
}

int unix_seqpacket_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
{
	if (sock->sk->sk_state != TCP_ESTABLISHED)
		return -ENOTCONN;
	return unix_dgram_recvmsg(sock, msg, size, flags);
}

/* ---- poll ---- */

/* Is the receiver's queue too full for sk? Then pollers are told when it is not any more. */
static bool peer_is_full(struct sock *sk)
{
	struct sock *other;
	bool full;

	unix_state_lock(sk);
	other = unix_peer(sk);
	/* Its own peer is guarded by its own lock: compared only. */
	full = other && READ_ONCE(unix_peer(other)) != sk && unix_recvq_full(other) &&
	       peer_wake_me(sk, other);
	unix_state_unlock(sk);
	return full;
}

__poll_t unix_dgram_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask = sock_poll_input(file, sock, wait);

	if (sk->sk_type == SOCK_SEQPACKET && sk->sk_state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (!(poll_requested_events(wait) & (EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT)))
		return mask;
	if (unix_writable(sk) && !peer_is_full(sk))
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	else
		set_bit(SOCK_NOSPACE, &sock->flags);
	return mask;
}
