// SPDX-License-Identifier: MIT
/* Queues of buffers: rings whose head looks like the first two words of a buffer. */
#include <net/skbuff.h>

void __skb_queue_head_init(struct sk_buff_head *list)
{
	list->next = list->prev = (struct sk_buff *)list;
	list->qlen = 0;
}

static void insert(struct sk_buff *skb, struct sk_buff *prev, struct sk_buff *next,
		   struct sk_buff_head *list)
{
	WRITE_ONCE(skb->next, next);
	WRITE_ONCE(skb->prev, prev);
	WRITE_ONCE(next->prev, skb);
	WRITE_ONCE(prev->next, skb);
	WRITE_ONCE(list->qlen, list->qlen + 1);
}

void __skb_queue_tail(struct sk_buff_head *list, struct sk_buff *skb)
{
	insert(skb, list->prev, (struct sk_buff *)list, list);
}

void __skb_queue_head(struct sk_buff_head *list, struct sk_buff *skb)
{
	insert(skb, (struct sk_buff *)list, list->next, list);
}

void __skb_unlink(struct sk_buff *skb, struct sk_buff_head *list)
{
	struct sk_buff *next = skb->next, *prev = skb->prev;

	WRITE_ONCE(list->qlen, list->qlen - 1);
	skb->next = skb->prev = NULL;
	WRITE_ONCE(next->prev, prev);
	WRITE_ONCE(prev->next, next);
}

struct sk_buff *__skb_dequeue(struct sk_buff_head *list)
{
	struct sk_buff *skb = skb_peek(list);

	if (skb)
		__skb_unlink(skb, list);
	return skb;
}

void __skb_queue_purge(struct sk_buff_head *list)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(list)))
		kfree_skb(skb);
}

void skb_queue_splice_tail_init(struct sk_buff_head *list, struct sk_buff_head *to)
{
	struct sk_buff *first = list->next, *last = list->prev;

	if (skb_queue_empty(list))
		return;
	first->prev = to->prev;
	WRITE_ONCE(to->prev->next, first);
	last->next = (struct sk_buff *)to;
	WRITE_ONCE(to->prev, last);
	WRITE_ONCE(to->qlen, to->qlen + list->qlen);
	__skb_queue_head_init(list);
}

void skb_queue_tail(struct sk_buff_head *list, struct sk_buff *skb)
{
	unsigned long flags;

	spin_lock_irqsave(&list->lock, flags);
	__skb_queue_tail(list, skb);
	spin_unlock_irqrestore(&list->lock, flags);
}

void skb_queue_head(struct sk_buff_head *list, struct sk_buff *skb)
{
	unsigned long flags;

	spin_lock_irqsave(&list->lock, flags);
	__skb_queue_head(list, skb);
	spin_unlock_irqrestore(&list->lock, flags);
}

void skb_unlink(struct sk_buff *skb, struct sk_buff_head *list)
{
	unsigned long flags;

	spin_lock_irqsave(&list->lock, flags);
	__skb_unlink(skb, list);
	spin_unlock_irqrestore(&list->lock, flags);
}

struct sk_buff *skb_dequeue(struct sk_buff_head *list)
{
	struct sk_buff *skb;
	unsigned long flags;

	spin_lock_irqsave(&list->lock, flags);
	skb = __skb_dequeue(list);
	spin_unlock_irqrestore(&list->lock, flags);
	return skb;
}

void skb_queue_purge(struct sk_buff_head *list)
{
	struct sk_buff_head mine;
	unsigned long flags;

	if (skb_queue_empty_lockless(list))
		return;
	__skb_queue_head_init(&mine);
	spin_lock_irqsave(&list->lock, flags);
	skb_queue_splice_tail_init(list, &mine);
	spin_unlock_irqrestore(&list->lock, flags);
	__skb_queue_purge(&mine);
}
