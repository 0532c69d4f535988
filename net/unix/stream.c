// SPDX-License-Identifier: MIT
/*
 * SOCK_STREAM: bytes.
 *
 * A send is cut into messages of at most half the send buffer and 36 KiB, so that a reader can
 * begin while the writer goes on. A reader takes from the first message, remembers in UNIXCB how
 * far it came, and frees what it used up. What carries files, or was written by somebody else
 * (when the reader asked for credentials), ends a read.
 */
#include <fs/file.h>
#include <kern/err.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <mm/page.h>
#include "internal.h"

#define FRAGS_SIZE  32768
#define FRAGS_ORDER 3

/* ---- sending ---- */

/* The next piece: charged to sk, filled, not yet sent. */
static struct sk_buff *make_piece(struct sock *sk, struct msghdr *msg, size_t left,
				  struct scm_cookie *scm, bool first)
{
	size_t size = min(left, (size_t)max((READ_ONCE(sk->sk_sndbuf) >> 1) - 64, 1));
	size_t data_len = 0;
	struct sk_buff *skb;
	int error;

	size = min(size, SKB_MAX_HEAD(0) + (size_t)FRAGS_SIZE);
	if (size > SKB_MAX_HEAD(0))
		data_len = min(size, (size_t)PAGE_ALIGN(size - SKB_MAX_HEAD(0)));
	skb = sock_alloc_send_pskb(sk, size - data_len, data_len, msg->msg_flags & MSG_DONTWAIT,
				   &error, FRAGS_ORDER);
	if (!skb)
		return ERR_PTR(error);
	/* Only the first piece carries the files. */
	error = unix_scm_to_skb(scm, skb, first);
	if (error)
		goto fail;
	skb->tail += size - data_len;
	skb->len = size;
	skb->data_len = data_len;
	error = skb_copy_datagram_from_iter(skb, 0, &msg->msg_iter, size);
	if (!error)
		return skb;
fail:
	kfree_skb(skb);
	return ERR_PTR(error);
}

/* -EPIPE when nobody reads; eats the piece. */
static int send_piece(struct socket *sock, struct sock *other, struct sk_buff *skb)
{
	unix_state_lock(other);
	if (sock_flag(other, SOCK_DEAD) || (other->sk_shutdown & RCV_SHUTDOWN)) {
		unix_state_unlock(other);
		kfree_skb(skb);
		return -EPIPE;
	}
	unix_maybe_add_creds(skb, sock, other);
	unix_scm_stat_add(other, skb);
	skb_queue_tail(&other->sk_receive_queue, skb);
	unix_state_unlock(other);
	other->sk_data_ready(other);
	return 0;
}

/* Bytes sent before an error, or the error. */
static int send_all(struct socket *sock, struct sock *other, struct msghdr *msg, size_t len,
		    struct scm_cookie *scm)
{
	struct sock *sk = sock->sk;
	bool first = true;
	size_t sent = 0;
	int error = 0;

	while (sent < len) {
		struct sk_buff *skb = make_piece(sk, msg, len - sent, scm, first);
		size_t size;

		if (IS_ERR(skb)) {
			error = PTR_ERR(skb);
			break;
		}
		size = skb->len;
		error = send_piece(sock, other, skb);
		if (error)
			break;
		first = false;
		sent += size;
	}
	return sent ? (int)sent : error;
}

int unix_stream_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk, *other;
	size_t urgent = msg->msg_flags & MSG_OOB && len ? 1 : 0;
	struct scm_cookie scm;
	int error, sent = 0;

	error = scm_send(sock, msg, &scm, false);
	if (error < 0)
		return error;
	error = -EOPNOTSUPP;
	if ((msg->msg_flags & MSG_OOB) && !len)
		goto out;
	if (msg->msg_namelen) {
		error = sk->sk_state == TCP_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
		goto out;
	}
	error = -ENOTCONN;
	other = READ_ONCE(unix_peer(sk));
	if (!other)
		goto out;
	error = -EPIPE;
	if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
		goto out;
	error = 0;
	if (len > urgent) {
		sent = send_all(sock, other, msg, len - urgent, &scm);
		if (sent < 0) {
			error = sent;
			sent = 0;
		}
	}
	if (urgent && !error && (size_t)sent == len - urgent) {
		error = unix_queue_oob(sock, msg, other, &scm);
		if (!error)
			sent++;
	}
out:
	if (error == -EPIPE && !sent && !(msg->msg_flags & MSG_NOSIGNAL))
		send_sig(SIGPIPE, current, 0);
	scm_destroy(&scm);
	return sent ?: error;
}

/* ---- peek offsets ---- */

int unix_set_peek_off(struct sock *sk, int val)
{
	struct unix_sock *u = unix_sk(sk);
	int error = mutex_lock_interruptible(&u->iolock);

	if (error)
		return -EINTR;
	WRITE_ONCE(sk->sk_peek_off, val);
	mutex_unlock(&u->iolock);
	return 0;
}

int unix_peek_start(const struct sock *sk, int flags)
{
	return flags & MSG_PEEK ? max(READ_ONCE(sk->sk_peek_off), 0) : 0;
}

void unix_peek_offset_fwd(struct sock *sk, int val)
{
	if (sk->sk_peek_off >= 0)
		WRITE_ONCE(sk->sk_peek_off, sk->sk_peek_off + val);
}

void unix_peek_offset_bwd(struct sock *sk, int val)
{
	if (sk->sk_peek_off >= 0)
		WRITE_ONCE(sk->sk_peek_off, max(sk->sk_peek_off - val, 0));
}

/* ---- receiving ---- */

/* One call's state. */
struct stream_read {
	struct socket *sock;
	struct sock *sk;
	struct msghdr *msg;
	struct scm_cookie scm;
	size_t size; /* room left */
	int flags;
	int skip; /* peeking: bytes from the front to step over */
	int copied;
	int target;	 /* enough to return with */
	int error;	 /* why it ended, when nothing was copied */
	bool have_creds; /* scm has those of the first message */
};

/* Where the queue ended at the last look. */
struct queue_end {
	const struct sk_buff *last;
	unsigned int len;
};

static bool nothing_new(struct sock *sk, const struct queue_end *end)
{
	const struct sk_buff *tail = skb_peek_tail(&sk->sk_receive_queue);

	return tail == end->last && (!tail || tail->len == end->len) && !sk->sk_err &&
	       !(sk->sk_shutdown & RCV_SHUTDOWN) && !signal_pending(current) &&
	       !sock_flag(sk, SOCK_DEAD);
}

static long wait_for_data(struct sock *sk, long timeo, const struct queue_end *end)
{
	DEFINE_WAIT(wait);

	unix_state_lock(sk);
	while (timeo) {
		prepare_to_wait(sk_sleep(sk), &wait, TASK_INTERRUPTIBLE);
		if (!nothing_new(sk, end))
			break;
		unix_state_unlock(sk);
		timeo = schedule_timeout(timeo);
		unix_state_lock(sk);
	}
	finish_wait(sk_sleep(sk), &wait);
	unix_state_unlock(sk);
	return timeo;
}

enum look { FOUND, STOP, SLEEP };

/* There is nothing to read: is the call over? => sk locked */
static enum look nothing_left(struct stream_read *r)
{
	if (r->copied >= r->target || (r->copied && (r->flags & MSG_PEEK)))
		return STOP;
	r->error = sock_error(r->sk);
	return r->error || (r->sk->sk_shutdown & RCV_SHUTDOWN) ? STOP : SLEEP;
}

/*
 * Finds the message to read from, and in *at the place in it. The message cannot go while the
 * caller holds iolock.
 */
static enum look find_piece(struct stream_read *r, struct sk_buff **piece, int *at,
			    struct queue_end *end)
{
	struct sk_buff_head *queue = &r->sk->sk_receive_queue;
	struct sk_buff *skb, *next, *dead = NULL;
	enum look result;

	*at = r->skip;
	*end = (struct queue_end){ NULL, 0 };
	unix_state_lock(r->sk);
	for (skb = skb_peek(queue); skb; skb = next) {
		enum unix_oob what = unix_oob_look(r->sk, skb, r->flags, r->copied && !*at);

		next = skb_peek_next(skb, queue);
		if (what == UNIX_OOB_STOP) {
			result = STOP;
			goto out;
		}
		if (what == UNIX_OOB_DROP) {
			skb_unlink(skb, queue);
			unix_scm_stat_del(r->sk, skb);
			skb->next = dead;
			dead = skb;
			continue;
		}
		*end = (struct queue_end){ skb, skb->len };
		if (what == UNIX_OOB_SKIP)
			continue;
		if (*at < (int)unix_skb_len(skb)) {
			*piece = skb;
			result = FOUND;
			goto out;
		}
		*at -= unix_skb_len(skb);
	}
	result = nothing_left(r);
out:
	unix_state_unlock(r->sk);
	kfree_skb_list(dead);
	return result;
}

/* Whose bytes are they, and do they belong to the same read as those before? */
static bool same_writer(struct stream_read *r, const struct sk_buff *skb)
{
	if (r->have_creds)
		return unix_skb_scm_eq(skb, &r->scm);
	if (test_bit(SOCK_PASSCRED, &r->sock->flags) || test_bit(SOCK_PASSPIDFD, &r->sock->flags)) {
		scm_set_cred(&r->scm, UNIXCB(skb).pid, UNIXCB(skb).uid, UNIXCB(skb).gid);
		r->have_creds = true;
	}
	return true;
}

/* Marks bytes as read. false: the call is over */
static bool eat(struct stream_read *r, struct sk_buff *skb, int chunk)
{
	bool files = UNIXCB(skb).fp;

	UNIXCB(skb).consumed += chunk;
	unix_peek_offset_bwd(r->sk, chunk);
	if (files) {
		unix_scm_stat_del(r->sk, skb);
		unix_detach_fds(&r->scm, skb);
	}
	if (!unix_skb_len(skb)) {
		skb_unlink(skb, &r->sk->sk_receive_queue);
		consume_skb(skb);
	}
	return !files;
}

/* Copies from one message. false: the call is over */
static bool read_piece(struct stream_read *r, struct sk_buff *skb, int at)
{
	int chunk = min_t(size_t, unix_skb_len(skb) - at, r->size);

	if (!same_writer(r, skb))
		return false;
	if (r->msg->msg_name) {
		unix_copy_addr(r->msg, skb->sk);
		r->msg->msg_name = NULL;
	}
	if (skb_copy_datagram_iter(skb, UNIXCB(skb).consumed + at, &r->msg->msg_iter, chunk)) {
		r->error = -EFAULT;
		return false;
	}
	r->copied += chunk;
	r->size -= chunk;
	if (!(r->flags & MSG_PEEK))
		return eat(r, skb, chunk);
	unix_peek_offset_fwd(r->sk, chunk);
	r->skip += chunk;
	if (!UNIXCB(skb).fp)
		return true;
	r->error = unix_peek_fds(&r->scm, skb);
	return false;
}

/* Reads what is there. => iolock held; false: sleep, then call again */
static bool read_pieces(struct stream_read *r, struct queue_end *end)
{
	while (r->size) {
		struct sk_buff *skb = NULL;
		int at;

		switch (find_piece(r, &skb, &at, end)) {
		case SLEEP:
			return false;
		case STOP:
			return true;
		default:
			if (!read_piece(r, skb, at))
				return true;
		}
	}
	return true;
}

int unix_stream_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
{
	struct sock *sk = sock->sk;
	struct unix_sock *u = unix_sk(sk);
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);
	struct stream_read r = { .sock = sock, .sk = sk, .msg = msg, .size = size, .flags = flags };
	struct queue_end end;

	if (sk->sk_state != TCP_ESTABLISHED)
		return -EINVAL;
	if (flags & MSG_OOB)
		return unix_recv_oob(sock, msg, flags);
	r.target = sock_rcvlowat(sk, flags & MSG_WAITALL, size);
	mutex_lock(&u->iolock);
	r.skip = unix_peek_start(sk, flags);
	while (!read_pieces(&r, &end)) {
		if (!timeo) {
			r.error = -EAGAIN;
			break;
		}
		mutex_unlock(&u->iolock);
		timeo = wait_for_data(sk, timeo, &end);
		if (signal_pending(current)) {
			scm_destroy(&r.scm);
			return r.copied ?: sock_intr_errno(timeo);
		}
		mutex_lock(&u->iolock);
	}
	mutex_unlock(&u->iolock);
	scm_recv(sock, msg, &r.scm, flags);
	return r.copied ?: r.error;
}

/* ---- poll ---- */

__poll_t unix_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	__poll_t mask = sock_poll_input(file, sock, wait);

	if (READ_ONCE(unix_sk(sk)->oob_skb))
		mask |= EPOLLPRI;
	if (sk->sk_state == TCP_CLOSE)
		mask |= EPOLLHUP;
	if (unix_writable(sk))
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	else
		set_bit(SOCK_NOSPACE, &sock->flags);
	return mask;
}
