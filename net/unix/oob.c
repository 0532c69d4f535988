// SPDX-License-Identifier: MIT
/*
 * The urgent byte of a stream (MSG_OOB).
 *
 * It travels in the queue as a message of its own, which oob_skb points to until it was read. A
 * plain read stops in front of it, so that its place in the stream is known; the next one steps
 * over it, or with SO_OOBINLINE reads it. Read by MSG_OOB it stays in the queue without bytes: as
 * the mark.
 */
#include <fs/file.h>
#include <kern/err.h>
#include "internal.h"

enum unix_oob unix_oob_look(struct sock *sk, struct sk_buff *skb, int flags, bool copied)
{
	struct unix_sock *u = unix_sk(sk);
	bool peek = flags & MSG_PEEK;

	if (!unix_skb_len(skb)) {
		if (copied && !u->oob_skb)
			return UNIX_OOB_STOP;
		return peek ? UNIX_OOB_SKIP : UNIX_OOB_DROP;
	}
	if (skb != u->oob_skb)
		return UNIX_OOB_READ;
	if (copied)
		return UNIX_OOB_STOP;
	if (!peek)
		WRITE_ONCE(u->oob_skb, NULL);
	if (sock_flag(sk, SOCK_URGINLINE))
		return UNIX_OOB_READ;
	return peek ? UNIX_OOB_SKIP : UNIX_OOB_DROP;
}

static void signal_urgent(struct sock *sk)
{
	read_lock_bh(&sk->sk_callback_lock);
	if (sk->sk_socket && sk->sk_socket->file) {
		send_sigurg(&sk->sk_socket->file->f_owner);
		sk_wake_async(sk, SOCK_WAKE_URG, POLL_PRI);
	}
	read_unlock_bh(&sk->sk_callback_lock);
}

int unix_queue_oob(struct socket *sock, struct msghdr *msg, struct sock *other,
		   struct scm_cookie *scm)
{
	struct sk_buff *skb;
	int error;

	skb = sock_alloc_send_pskb(sock->sk, 1, 0, msg->msg_flags & MSG_DONTWAIT, &error, 0);
	if (!skb)
		return error;
	error = unix_scm_to_skb(scm, skb, true);
	if (error)
		goto fail;
	skb_put(skb, 1);
	error = skb_copy_datagram_from_iter(skb, 0, &msg->msg_iter, 1);
	if (error)
		goto fail;
	unix_state_lock(other);
	if (sock_flag(other, SOCK_DEAD) || (other->sk_shutdown & RCV_SHUTDOWN)) {
		unix_state_unlock(other);
		error = -EPIPE;
		goto fail;
	}
	unix_maybe_add_creds(skb, sock, other);
	unix_scm_stat_add(other, skb);
	WRITE_ONCE(unix_sk(other)->oob_skb, skb);
	skb_queue_tail(&other->sk_receive_queue, skb);
	unix_state_unlock(other);
	signal_urgent(other);
	other->sk_data_ready(other);
	return 0;
fail:
	kfree_skb(skb);
	return error;
}

int unix_recv_oob(struct socket *sock, struct msghdr *msg, int flags)
{
	struct sock *sk = sock->sk;
	struct unix_sock *u = unix_sk(sk);
	struct sk_buff *skb;
	int error;

	mutex_lock(&u->iolock);
	unix_state_lock(sk);
	skb = sock_flag(sk, SOCK_URGINLINE) ? NULL : u->oob_skb;
	if (skb && !(flags & MSG_PEEK))
		WRITE_ONCE(u->oob_skb, NULL);
	unix_state_unlock(sk);
	error = -EINVAL;
	if (!skb)
		goto out;
	error = skb_copy_datagram_iter(skb, 0, &msg->msg_iter, min(msg_data_left(msg), (size_t)1));
	if (!(flags & MSG_PEEK))
		UNIXCB(skb).consumed++;
	if (!error) {
		msg->msg_flags |= MSG_OOB;
		error = 1;
	}
out:
	mutex_unlock(&u->iolock);
	return error;
}

int unix_at_mark(struct sock *sk)
{
	struct unix_sock *u = unix_sk(sk);
	const struct sk_buff *skb;
	int answer = 0;

	mutex_lock(&u->iolock);
	unix_state_lock(sk);
	skb = skb_peek(&sk->sk_receive_queue);
	if (skb && skb == u->oob_skb)
		answer = 1;
	else if (skb && !unix_skb_len(skb))
		answer = !u->oob_skb || skb_peek_next(skb, &sk->sk_receive_queue) == u->oob_skb;
	unix_state_unlock(sk);
	mutex_unlock(&u->iolock);
	return answer;
}
