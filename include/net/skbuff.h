/* SPDX-License-Identifier: MIT */
/*
 * sk_buff: one packet or message. Its bytes are a linear part, [data, tail) of the buffer
 * [head, end), then pieces of pages listed in skb_shared_info, which stands at `end`.
 *
 * A clone is a second header for the same bytes: dataref counts headers. Whoever wants to write
 * the bytes of a buffer with more than one header copies first.
 */
#ifndef NET_SKBUFF_H
#define NET_SKBUFF_H

#include <kern/atomic.h>
#include <kern/bug.h>
#include <um/processor.h>
#include <kern/ktime.h>
#include <kern/refcount.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <mm/gfp.h>
#include <mm/uio.h>

struct sock;
struct sk_buff;

#define SKB_DATA_ALIGN(n) (((n) + SMP_CACHE_BYTES - 1) & ~(size_t)(SMP_CACHE_BYTES - 1))
#define MAX_SKB_FRAGS 17

typedef struct bio_vec skb_frag_t;

struct skb_shared_info {
	atomic_t dataref;		/* headers of these bytes */
	u8 nr_frags;
	skb_frag_t frags[MAX_SKB_FRAGS];
};

#define SKB_WITH_OVERHEAD(n) ((n) - SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))
#define SKB_MAX_ORDER(reserve, order) SKB_WITH_OVERHEAD((PAGE_SIZE << (order)) - (reserve))
#define SKB_MAX_HEAD(reserve) SKB_MAX_ORDER(reserve, 0)
/* What a buffer of n bytes costs its socket. */
#define SKB_TRUESIZE(n) ((n) + SKB_DATA_ALIGN(sizeof(struct sk_buff)) + \
			 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

struct sk_buff_head {
	struct sk_buff *next, *prev;	/* lock; must match struct sk_buff */
	u32 qlen;			/* lock; read without it as a hint */
	spinlock_t lock;		/* taken with interrupts on or off, never in interrupts */
};

/*
 * A header belongs to whoever holds it, or to the queue it is on (whose lock guards next, prev).
 */
struct sk_buff {
	struct sk_buff *next, *prev;
	struct sock *sk;		/* charged for truesize, until destructor() */
	void (*destructor)(struct sk_buff *skb);
	ktime_t tstamp;
	char cb[48] __attribute__((aligned(8)));	/* the protocol's */
	unsigned int len;		/* all bytes */
	unsigned int data_len;		/* of these in pages */
	unsigned int truesize;
	u32 priority;
	u32 mark;
	u16 protocol;
	u8 cloned;
	u8 pkt_type;
	u8 *head, *data, *tail, *end;
	refcount_t users;
};

#define skb_shinfo(skb) ((struct skb_shared_info *)(skb)->end)

/* An empty buffer with room for `size` bytes; NULL without memory. */
struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp);
/* With `data_len` bytes in pages of up to 2^order, zero bytes used; NULL and *error. */
struct sk_buff *alloc_skb_with_frags(size_t header_len, size_t data_len, int order, int *error,
				     gfp_t gfp);
/* Drop a reference. => not in interrupts; destructors may take locks but not sleep */
void kfree_skb(struct sk_buff *skb);
void consume_skb(struct sk_buff *skb);
void kfree_skb_list(struct sk_buff *skb);
/* Another header for the same bytes, belonging to no socket. */
struct sk_buff *skb_clone(struct sk_buff *skb, gfp_t gfp);

static inline struct sk_buff *skb_get(struct sk_buff *skb)
{
	refcount_inc(&skb->users);
	return skb;
}

/* Lets the owner's account go. */
static inline void skb_orphan(struct sk_buff *skb)
{
	if (skb->destructor) {
		skb->destructor(skb);
		skb->destructor = NULL;
	}
	skb->sk = NULL;
}

static inline unsigned int skb_headlen(const struct sk_buff *skb)
{
	return skb->len - skb->data_len;
}

static inline unsigned int skb_headroom(const struct sk_buff *skb)
{
	return skb->data - skb->head;
}

static inline unsigned int skb_tailroom(const struct sk_buff *skb)
{
	return skb->data_len ? 0 : skb->end - skb->tail;
}

/* Room in front, of an empty buffer. */
static inline void skb_reserve(struct sk_buff *skb, unsigned int len)
{
	skb->data += len;
	skb->tail += len;
}

/* Bytes at the end of the linear part, in front, and away from the front: the new or old place. */
static inline void *skb_put(struct sk_buff *skb, unsigned int len)
{
	u8 *tail = skb->tail;

	BUG_ON(skb->data_len || len > (size_t)(skb->end - tail));
	skb->tail += len;
	skb->len += len;
	return tail;
}

static inline void *skb_push(struct sk_buff *skb, unsigned int len)
{
	BUG_ON(len > skb_headroom(skb));
	skb->data -= len;
	skb->len += len;
	return skb->data;
}

static inline void *skb_pull(struct sk_buff *skb, unsigned int len)
{
	if (len > skb_headlen(skb))
		return NULL;
	skb->len -= len;
	return skb->data += len;
}

/* Cuts the end off: `len` bytes stay. => nobody else has the buffer */
void pskb_trim(struct sk_buff *skb, unsigned int len);

/* Copies between the bytes from `offset` on and memory: 0 or -EFAULT. */
int skb_copy_datagram_iter(const struct sk_buff *skb, int offset, struct iov_iter *to, int len);
int skb_copy_datagram_from_iter(struct sk_buff *skb, int offset, struct iov_iter *from, int len);
int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len);

/* ---- queues; the __ and unlinked forms need the lock (or a queue nobody else sees) ---- */

void __skb_queue_head_init(struct sk_buff_head *list);
#define skb_queue_head_init(list) do { \
	__skb_queue_head_init(list); \
	spin_lock_init(&(list)->lock); \
} while (0)

static inline bool skb_queue_empty(const struct sk_buff_head *list)
{
	return list->next == (const struct sk_buff *)list;
}

static inline bool skb_queue_empty_lockless(const struct sk_buff_head *list)
{
	return READ_ONCE(list->next) == (const struct sk_buff *)list;
}

static inline u32 skb_queue_len(const struct sk_buff_head *list)
{
	return list->qlen;
}

static inline u32 skb_queue_len_lockless(const struct sk_buff_head *list)
{
	return READ_ONCE(list->qlen);
}

static inline struct sk_buff *skb_peek(const struct sk_buff_head *list)
{
	return skb_queue_empty(list) ? NULL : list->next;
}

static inline struct sk_buff *skb_peek_tail(const struct sk_buff_head *list)
{
	return skb_queue_empty(list) ? NULL : list->prev;
}

static inline struct sk_buff *skb_peek_next(const struct sk_buff *skb,
					    const struct sk_buff_head *list)
{
	return skb->next == (const struct sk_buff *)list ? NULL : skb->next;
}

void __skb_queue_tail(struct sk_buff_head *list, struct sk_buff *skb);
void __skb_queue_head(struct sk_buff_head *list, struct sk_buff *skb);
void __skb_unlink(struct sk_buff *skb, struct sk_buff_head *list);
struct sk_buff *__skb_dequeue(struct sk_buff_head *list);
void __skb_queue_purge(struct sk_buff_head *list);
/* Moves all to the end of another queue and leaves the first one empty. */
void skb_queue_splice_tail_init(struct sk_buff_head *list, struct sk_buff_head *to);

/* => no lock held */
void skb_queue_tail(struct sk_buff_head *list, struct sk_buff *skb);
void skb_queue_head(struct sk_buff_head *list, struct sk_buff *skb);
void skb_unlink(struct sk_buff *skb, struct sk_buff_head *list);
struct sk_buff *skb_dequeue(struct sk_buff_head *list);
void skb_queue_purge(struct sk_buff_head *list);

#define skb_queue_walk(queue, skb) \
	for ((skb) = (queue)->next; (skb) != (struct sk_buff *)(queue); (skb) = (skb)->next)
#define skb_queue_walk_safe(queue, skb, tmp) \
	for ((skb) = (queue)->next, (tmp) = (skb)->next; (skb) != (struct sk_buff *)(queue); \
	     (skb) = (tmp), (tmp) = (skb)->next)

#endif
