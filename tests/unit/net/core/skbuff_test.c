// SPDX-License-Identifier: MIT
// Buffers: room, pages, copies, clones, accounts.
#include <kern/ktest.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <net/sock.h>

KTEST(skbuff, room_moves_between_the_ends)
{
	struct sk_buff *skb = alloc_skb(200, GFP_KERNEL);
	u8 *start;

	KASSERT_TRUE(skb);
	KEXPECT_EQ(skb->len, 0);
	KEXPECT_GE(skb_tailroom(skb), 200);
	KEXPECT_EQ(skb->truesize, SKB_TRUESIZE(skb->end - skb->head));
	skb_reserve(skb, 40);
	KEXPECT_EQ(skb_headroom(skb), 40);
	start = skb_put(skb, 100);
	KEXPECT_EQ(skb->len, 100);
	KEXPECT_EQ(skb_push(skb, 10), start - 10);
	KEXPECT_EQ(skb->len, 110);
	KEXPECT_EQ(skb_pull(skb, 30), start + 20);
	KEXPECT_EQ(skb->len, 80);
	KEXPECT_EQ(skb_pull(skb, 81), NULL);
	kfree_skb(skb);
}

/* Fills a buffer with a pattern through the iterator. */
static void fill(struct sk_buff *skb, size_t len)
{
	u8 *bytes = kvmalloc(len, GFP_KERNEL);
	struct kvec vec = { bytes, len };
	struct iov_iter iter;

	KASSERT_TRUE(bytes);
	for (size_t i = 0; i < len; i++)
		bytes[i] = i * 7;
	iov_iter_kvec(&iter, ITER_SOURCE, &vec, 1, len);
	KEXPECT_EQ(skb_copy_datagram_from_iter(skb, 0, &iter, len), 0);
	kvfree(bytes);
}

KTEST(skbuff, pages_hold_what_the_head_does_not)
{
	const size_t head = 100, data = 3 * PAGE_SIZE + 50;
	struct sk_buff *skb;
	u8 bytes[300];
	int error;

	skb = alloc_skb_with_frags(head, data, 3, &error, GFP_KERNEL);
	KASSERT_TRUE(skb);
	skb->tail += head;
	skb->len = head + data;
	skb->data_len = data;
	KEXPECT_EQ(skb_headlen(skb), head);
	KEXPECT_EQ(skb_tailroom(skb), 0);
	KEXPECT_GE(skb->truesize, data);
	fill(skb, head + data);
	/* Over the edge of the head, and over the edge of pages. */
	KEXPECT_EQ(skb_copy_bits(skb, 50, bytes, 300), 0);
	for (int i = 0; i < 300; i++)
		KEXPECT_EQ(bytes[i], (u8)((50 + i) * 7));
	KEXPECT_EQ(skb_copy_bits(skb, head + PAGE_SIZE - 10, bytes, 300), 0);
	for (int i = 0; i < 300; i++)
		KEXPECT_EQ(bytes[i], (u8)((head + PAGE_SIZE - 10 + i) * 7));
	KEXPECT_EQ(skb_copy_bits(skb, head + data - 10, bytes, 11), -EFAULT);
	kfree_skb(skb);
	KEXPECT_EQ(alloc_skb_with_frags(0, (size_t)MAX_SKB_FRAGS * PAGE_SIZE + 1, 0, &error,
					GFP_KERNEL), NULL);
	KEXPECT_EQ(error, -EMSGSIZE);
}

KTEST(skbuff, a_short_destination_takes_nothing_back)
{
	struct sk_buff *skb = alloc_skb(64, GFP_KERNEL);
	u8 out[16];
	struct kvec vec = { out, sizeof(out) };
	struct iov_iter iter;

	KASSERT_TRUE(skb);
	skb_put(skb, 64);
	fill(skb, 64);
	iov_iter_kvec(&iter, ITER_DEST, &vec, 1, sizeof(out));
	KEXPECT_EQ(skb_copy_datagram_iter(skb, 0, &iter, 32), -EFAULT);
	KEXPECT_EQ(iov_iter_count(&iter), sizeof(out));
	KEXPECT_EQ(skb_copy_datagram_iter(skb, 8, &iter, 16), 0);
	KEXPECT_EQ(out[0], 8 * 7);
	kfree_skb(skb);
}

KTEST(skbuff, clones_share_bytes)
{
	struct sk_buff *skb = alloc_skb(64, GFP_KERNEL), *clone;

	KASSERT_TRUE(skb);
	memset(skb_put(skb, 10), 5, 10);
	clone = skb_clone(skb, GFP_KERNEL);
	KASSERT_TRUE(clone);
	KEXPECT_EQ(atomic_read(&skb_shinfo(skb)->dataref), 2);
	skb_pull(clone, 4);
	KEXPECT_EQ(skb->len, 10);
	KEXPECT_EQ(clone->len, 6);
	kfree_skb(skb);
	KEXPECT_EQ(clone->data[0], 5);
	KEXPECT_EQ(atomic_read(&skb_shinfo(clone)->dataref), 1);
	kfree_skb(clone);
}

KTEST(skbuff, queues_keep_order)
{
	struct sk_buff_head a, b;
	struct sk_buff *skb, *first = NULL, *last = NULL;

	skb_queue_head_init(&a);
	skb_queue_head_init(&b);
	KEXPECT_EQ(skb_peek(&a), NULL);
	KEXPECT_EQ(skb_dequeue(&a), NULL);
	for (int i = 0; i < 4; i++) {
		skb = alloc_skb(1, GFP_KERNEL);
		KASSERT_TRUE(skb);
		if (i & 1) {
			skb_queue_head(&a, skb);
			first = skb;
		} else {
			skb_queue_tail(&a, skb);
			last = skb;
		}
	}
	KEXPECT_EQ(skb_queue_len(&a), 4);
	KEXPECT_EQ(skb_peek(&a), first);
	KEXPECT_EQ(skb_peek_tail(&a), last);
	skb_unlink(first, &a);
	kfree_skb(first);
	skb_queue_splice_tail_init(&a, &b);
	KEXPECT_TRUE(skb_queue_empty(&a));
	KEXPECT_EQ(skb_queue_len(&b), 3);
	KEXPECT_EQ(skb_peek_tail(&b), last);
	skb_queue_purge(&b);
	KEXPECT_TRUE(skb_queue_empty(&b));
	KEXPECT_EQ(skb_queue_len(&b), 0);
}

KTEST(skbuff, accounts_come_back_to_zero)
{
	struct socket *sock;
	struct sk_buff *skb;
	struct sock *sk;
	int error;

	KASSERT_EQ(sock_create_kern(&init_net, AF_UNIX, SOCK_DGRAM, 0, &sock), 0);
	sk = sock->sk;
	sock_hold(sk);
	KEXPECT_EQ(sk_wmem_alloc_get(sk), 0);
	skb = sock_alloc_send_pskb(sk, 10, 0, 1, &error, 0);
	KASSERT_TRUE(skb);
	KEXPECT_EQ(sk_wmem_alloc_get(sk), skb->truesize);
	kfree_skb(skb);
	KEXPECT_EQ(sk_wmem_alloc_get(sk), 0);
	sk->sk_sndbuf = 1;
	skb = sock_alloc_send_pskb(sk, 10, 0, 1, &error, 0);
	KASSERT_TRUE(skb);
	KEXPECT_EQ(sock_alloc_send_pskb(sk, 10, 0, 1, &error, 0), NULL);
	KEXPECT_EQ(error, -EAGAIN);
	/* A message under way outlives its sender's socket. */
	sock_release(sock);
	KEXPECT_EQ(sk_wmem_alloc_get(sk), skb->truesize);
	sock_put(sk);
	kfree_skb(skb);
}
