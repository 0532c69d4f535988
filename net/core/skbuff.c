// SPDX-License-Identifier: MIT
/*
 * Buffers: memory for headers and bytes, clones, and copies in and out (see <net/skbuff.h>).
 *
 * The linear part is one kmalloc() block that ends in skb_shared_info; what a socket is charged
 * (truesize) is the memory really used, so a flood of tiny messages is bounded like one of big
 * ones. Pages of the other part come in blocks of up to 32 KiB where memory allows.
 */
#include <kern/init.h>
#include <kern/kernel.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <net/skbuff.h>
#include "internal.h"

static struct kmem_cache *skbuff_cache;

static void skb_init(struct sk_buff *skb, u8 *data, unsigned int size)
{
	struct skb_shared_info *info;

	memset(skb, 0, sizeof(*skb));
	skb->head = skb->data = skb->tail = data;
	skb->end = data + size;
	skb->truesize = SKB_TRUESIZE(size);
	refcount_set(&skb->users, 1);
	info = skb_shinfo(skb);
	atomic_set(&info->dataref, 1);
	info->nr_frags = 0;
}

struct sk_buff *alloc_skb(unsigned int size, gfp_t gfp)
{
	struct sk_buff *skb = kmem_cache_alloc(skbuff_cache, gfp);
	u8 *data;

	if (!skb)
		return NULL;
	data = kmalloc(SKB_DATA_ALIGN(size) + SKB_DATA_ALIGN(sizeof(struct skb_shared_info)), gfp);
	if (!data) {
		kmem_cache_free(skbuff_cache, skb);
		return NULL;
	}
	/* The block may be larger than asked for: all of it serves, all of it is charged. */
	skb_init(skb, data, SKB_WITH_OVERHEAD(ksize(data)));
	return skb;
}

/* A block of pages for the next frag: as large as useful and possible. */
static struct page *alloc_frag(size_t want, int max_order, gfp_t gfp, int *order)
{
	struct page *page;

	*order = min(max_order, get_order(want));
	/* Half-used blocks are waste: the tail of a message goes into a smaller one. */
	while (*order && (PAGE_SIZE << *order) > PAGE_ALIGN(want))
		(*order)--;
	for (; *order; (*order)--) {
		page = alloc_pages((gfp & ~__GFP_DIRECT_RECLAIM) | __GFP_COMP | __GFP_NOWARN |
					   __GFP_NORETRY,
				   *order);
		if (page)
			return page;
	}
	return alloc_page(gfp);
}

struct sk_buff *alloc_skb_with_frags(size_t header_len, size_t data_len, int max_order, int *error,
				     gfp_t gfp)
{
	struct sk_buff *skb;

	*error = -EMSGSIZE;
	if (DIV_ROUND_UP(data_len, PAGE_SIZE) > (size_t)MAX_SKB_FRAGS << max_order)
		return NULL;
	*error = -ENOBUFS;
	skb = alloc_skb(header_len, gfp);
	if (!skb)
		return NULL;
	while (data_len) {
		struct skb_shared_info *info = skb_shinfo(skb);
		struct page *page;
		size_t chunk;
		int order;

		*error = -EMSGSIZE;
		if (info->nr_frags == MAX_SKB_FRAGS)
			goto fail;
		page = alloc_frag(data_len, max_order, gfp, &order);
		*error = -ENOBUFS;
		if (!page)
			goto fail;
		chunk = min(data_len, (size_t)PAGE_SIZE << order);
		info->frags[info->nr_frags++] =
			(skb_frag_t){ .bv_page = page, .bv_len = chunk, .bv_offset = 0 };
		skb->truesize += PAGE_SIZE << order;
		data_len -= chunk;
	}
	return skb;
fail:
	kfree_skb(skb);
	return NULL;
}

static void skb_release_data(struct sk_buff *skb)
{
	struct skb_shared_info *info = skb_shinfo(skb);
	int i;

	if (!atomic_dec_and_test(&info->dataref))
		return;
	for (i = 0; i < info->nr_frags; i++)
		put_page(info->frags[i].bv_page);
	kfree(skb->head);
}

void consume_skb(struct sk_buff *skb)
{
	if (!skb || !refcount_dec_and_test(&skb->users))
		return;
	if (skb->destructor)
		skb->destructor(skb);
	skb_release_data(skb);
	kmem_cache_free(skbuff_cache, skb);
}

void kfree_skb(struct sk_buff *skb)
{
	consume_skb(skb);
}

void kfree_skb_list(struct sk_buff *skb)
{
	while (skb) {
		struct sk_buff *next = skb->next;

		kfree_skb(skb);
		skb = next;
	}
}

struct sk_buff *skb_clone(struct sk_buff *skb, gfp_t gfp)
{
	struct sk_buff *clone = kmem_cache_alloc(skbuff_cache, gfp);

	if (!clone)
		return NULL;
	*clone = *skb;
	clone->next = clone->prev = NULL;
	clone->sk = NULL;
	clone->destructor = NULL;
	refcount_set(&clone->users, 1);
	skb->cloned = clone->cloned = 1;
	atomic_inc(&skb_shinfo(skb)->dataref);
	return clone;
}

void pskb_trim(struct sk_buff *skb, unsigned int len)
{
	struct skb_shared_info *info = skb_shinfo(skb);
	unsigned int head = skb_headlen(skb), left;
	int i;

	if (len >= skb->len)
		return;
	left = len > head ? len - head : 0;
	skb->data_len = left;
	for (i = 0; i < info->nr_frags && left; i++) {
		info->frags[i].bv_len = min(info->frags[i].bv_len, left);
		left -= info->frags[i].bv_len;
	}
	while (info->nr_frags > i)
		put_page(info->frags[--info->nr_frags].bv_page);
	skb->len = len;
	skb->tail = skb->data + min(len, head);
}

/* ---- copies ---- */

enum skb_copy { SKB_TO_ITER, SKB_FROM_ITER, SKB_TO_MEMORY };

static size_t copy_piece(u8 *piece, size_t len, void *arg, enum skb_copy how)
{
	switch (how) {
	case SKB_TO_ITER:
		return copy_to_iter(piece, len, arg);
	case SKB_FROM_ITER:
		return copy_from_iter(piece, len, arg);
	default:
		memcpy(*(u8 **)arg, piece, len);
		*(u8 **)arg += len;
		return len;
	}
}

/* Calls copy_piece() for each piece of [offset, offset + len). 0, or -EFAULT */
static int skb_copy(const struct sk_buff *skb, size_t offset, size_t len, void *arg,
		    enum skb_copy how)
{
	const struct skb_shared_info *info = skb_shinfo(skb);
	size_t head = skb_headlen(skb);
	int i;

	if (offset < head && len) {
		size_t n = min(len, head - offset);

		if (copy_piece(skb->data + offset, n, arg, how) != n)
			return -EFAULT;
		len -= n;
		offset = head;
	}
	offset -= min(offset, head);
	for (i = 0; len && i < info->nr_frags; i++) {
		const skb_frag_t *frag = &info->frags[i];
		size_t n;

		if (offset >= frag->bv_len) {
			offset -= frag->bv_len;
			continue;
		}
		n = min(len, frag->bv_len - offset);
		if (copy_piece((u8 *)page_address(frag->bv_page) + frag->bv_offset + offset, n, arg,
			       how) != n)
			return -EFAULT;
		len -= n;
		offset = 0;
	}
	return len ? -EFAULT : 0;
}

int skb_copy_datagram_iter(const struct sk_buff *skb, int offset, struct iov_iter *to, int len)
{
	size_t before = iov_iter_count(to);

	if (!skb_copy(skb, offset, len, to, SKB_TO_ITER))
		return 0;
	iov_iter_revert(to, before - iov_iter_count(to));
	return -EFAULT;
}

int skb_copy_datagram_from_iter(struct sk_buff *skb, int offset, struct iov_iter *from, int len)
{
	return skb_copy(skb, offset, len, from, SKB_FROM_ITER);
}

int skb_copy_bits(const struct sk_buff *skb, int offset, void *to, int len)
{
	return skb_copy(skb, offset, len, &to, SKB_TO_MEMORY);
}

void __init skb_cache_init(void)
{
	skbuff_cache = kmem_cache_create("skbuff_head_cache", sizeof(struct sk_buff), 64,
					 SLAB_PANIC, NULL);
}
