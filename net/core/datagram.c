// SPDX-License-Identifier: MIT
/* Receiving whole messages: taking, peeking, waiting, and what poll() says about it. */
#include <fs/file.h>
#include <kern/signal.h>
#include <kern/timekeeping.h>
#include <lib/string.h>
#include <net/scm.h>
#include <net/sock.h>

/* Finds the message that a look at *off bytes behind the start falls into. => queue locked */
static struct sk_buff *find_message(struct sk_buff_head *queue, unsigned int flags, int *off,
				    struct sk_buff **last)
{
	struct sk_buff *skb;
	int skip = *off;

	*last = queue->prev;
	skb_queue_walk(queue, skb)
	{
		if ((flags & MSG_PEEK) && skip && skip >= (int)skb->len) {
			skip -= skb->len;
			continue;
		}
		*off = skip;
		return skb;
	}
	return NULL;
}

struct sk_buff *__skb_try_recv_datagram(struct sock *sk, unsigned int flags, int *off, int *error,
					struct sk_buff **last)
{
	struct sk_buff_head *queue = &sk->sk_receive_queue;
	struct sk_buff *skb;
	unsigned long irq;

	*error = sock_error(sk);
	if (*error)
		return NULL;
	spin_lock_irqsave(&queue->lock, irq);
	skb = find_message(queue, flags, off, last);
	if (skb && (flags & MSG_PEEK))
		skb_get(skb);
	else if (skb)
		__skb_unlink(skb, queue);
	spin_unlock_irqrestore(&queue->lock, irq);
	if (!skb)
		*error = -EAGAIN;
	return skb;
}

static bool connection_based(const struct sock *sk)
{
	return sk->sk_type == SOCK_SEQPACKET || sk->sk_type == SOCK_STREAM;
}

int __skb_wait_for_more_packets(struct sock *sk, int *error, long *timeo,
				const struct sk_buff *last)
{
	int stop = 1;
	DEFINE_WAIT(wait);

	prepare_to_wait_exclusive(sk_sleep(sk), &wait, TASK_INTERRUPTIBLE);
	*error = sock_error(sk);
	if (*error)
		goto out;
	if (READ_ONCE(sk->sk_receive_queue.prev) != last) {
		stop = 0;
		goto out;
	}
	*error = 0;
	if (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN)
		goto out;
	*error = -ENOTCONN;
	if (connection_based(sk) && sk->sk_state != TCP_ESTABLISHED && sk->sk_state != TCP_LISTEN)
		goto out;
	*error = sock_intr_errno(*timeo);
	if (signal_pending(current))
		goto out;
	*error = 0;
	*timeo = schedule_timeout(*timeo);
	stop = 0;
out:
	finish_wait(sk_sleep(sk), &wait);
	return stop;
}

struct sk_buff *skb_recv_datagram(struct sock *sk, unsigned int flags, int *error)
{
	long timeo = sock_rcvtimeo(sk, flags & MSG_DONTWAIT);

	for (;;) {
		struct sk_buff *skb, *last;
		int off = 0;

		skb = __skb_try_recv_datagram(sk, flags, &off, error, &last);
		if (skb || *error != -EAGAIN || !timeo)
			return skb;
		if (__skb_wait_for_more_packets(sk, error, &timeo, last))
			return NULL;
	}
}

__poll_t sock_poll_input(struct file *file, struct socket *sock, poll_table *wait)
{
	struct sock *sk = sock->sk;
	u8 shutdown;
	__poll_t mask = 0;

	poll_wait(file, &sock->wq.wait, wait);
	shutdown = READ_ONCE(sk->sk_shutdown);
	if (READ_ONCE(sk->sk_err))
		mask |= EPOLLERR;
	if (shutdown & RCV_SHUTDOWN)
		mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (shutdown == SHUTDOWN_MASK)
		mask |= EPOLLHUP;
	if (!skb_queue_empty_lockless(&sk->sk_receive_queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

__poll_t datagram_poll(struct file *file, struct socket *sock, poll_table *wait)
{
	__poll_t mask = sock_poll_input(file, sock, wait);

	if (sock_writeable(sock->sk))
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	else
		set_bit(SOCK_NOSPACE, &sock->flags);
	return mask;
}

/* ---- what the receiver asked to be told beside the bytes ---- */

/* The four forms of a time stamp are two on 64 bits: microseconds and nanoseconds. */
static void recv_timestamp(struct msghdr *msg, struct sock *sk, ktime_t stamp)
{
	bool new = sock_flag(sk, SOCK_TSTAMP_NEW);
	struct timespec64 ts = ktime_to_timespec64(stamp);
	s64 value[2] = { ts.tv_sec, ts.tv_nsec };

	if (sock_flag(sk, SOCK_RCVTSTAMPNS)) {
		put_cmsg(msg, SOL_SOCKET, new ? SO_TIMESTAMPNS_NEW : SO_TIMESTAMPNS_OLD,
			 sizeof(value), value);
		return;
	}
	value[1] /= NSEC_PER_USEC;
	put_cmsg(msg, SOL_SOCKET, new ? SO_TIMESTAMP_NEW : SO_TIMESTAMP_OLD, sizeof(value), value);
}

void sock_recv_cmsgs(struct msghdr *msg, struct sock *sk, struct sk_buff *skb)
{
	/* Who asks after the message was sent learns the time of receipt. */
	if (sock_flag(sk, SOCK_RCVTSTAMP))
		recv_timestamp(msg, sk, skb->tstamp ?: ktime_get_real());
	if (sock_flag(sk, SOCK_RXQ_OVFL)) {
		u32 drops = atomic_read(&sk->sk_drops);

		if (drops)
			put_cmsg(msg, SOL_SOCKET, SO_RXQ_OVFL, sizeof(drops), &drops);
	}
	if (sock_flag(sk, SOCK_RCVMARK))
		put_cmsg(msg, SOL_SOCKET, SO_MARK, sizeof(skb->mark), &skb->mark);
}
