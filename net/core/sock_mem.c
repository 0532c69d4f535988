// SPDX-License-Identifier: MIT
/*
 * What a socket's messages cost it.
 *
 * A message is charged to its sender (sk_wmem_alloc) from allocation until the reader frees it,
 * or to its receiver (sk_rmem_alloc) from queueing on; the destructor gives it back. A sender
 * over sk_sndbuf waits on its socket's queue for sk_write_space().
 */
#include <kern/signal.h>
#include <net/sock.h>

void sock_wfree(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	/* One unit stays until sk_write_space() has used the sock. */
	refcount_sub_and_test(skb->truesize - 1, &sk->sk_wmem_alloc);
	sk->sk_write_space(sk);
	sk_free(sk);
}

void skb_set_owner_w(struct sk_buff *skb, struct sock *sk)
{
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_wfree;
	refcount_add(skb->truesize, &sk->sk_wmem_alloc);
}

static bool room_to_send(struct sock *sk)
{
	return sk_wmem_alloc_get(sk) < READ_ONCE(sk->sk_sndbuf);
}

/* Sleeps until there is room, an end, or a signal. Jiffies left. */
static long wait_for_wmem(struct sock *sk, long timeo)
{
	DEFINE_WAIT(wait);

	for (;;) {
		if (!timeo || signal_pending(current))
			break;
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		prepare_to_wait(sk_sleep(sk), &wait, TASK_INTERRUPTIBLE);
		if (room_to_send(sk) || (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN) ||
		    READ_ONCE(sk->sk_err))
			break;
		timeo = schedule_timeout(timeo);
	}
	finish_wait(sk_sleep(sk), &wait);
	return timeo;
}

/* 0 when there is room, or why there will be none. */
static int wait_until_room(struct sock *sk, int noblock)
{
	long timeo = sock_sndtimeo(sk, noblock);

	for (;;) {
		int error = sock_error(sk);

		if (error)
			return error;
		if (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN)
			return -EPIPE;
		if (room_to_send(sk))
			return 0;
		set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
		if (!timeo)
			return -EAGAIN;
		if (signal_pending(current))
			return sock_intr_errno(timeo);
		timeo = wait_for_wmem(sk, timeo);
	}
}

struct sk_buff *sock_alloc_send_pskb(struct sock *sk, size_t header_len, size_t data_len,
				     int noblock, int *error, int max_order)
{
	struct sk_buff *skb;

	*error = wait_until_room(sk, noblock);
	if (*error)
		return NULL;
	skb = alloc_skb_with_frags(header_len, data_len, max_order, error, sk->sk_allocation);
	if (skb)
		skb_set_owner_w(skb, sk);
	return skb;
}
