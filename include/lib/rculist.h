/* SPDX-License-Identifier: MIT */
/*
 * Lists that readers walk under rcu_read_lock() while a writer, under the list's own lock,
 * adds and removes. A removed element keeps its next pointer, so that a reader that stands on
 * it finds its way; the writer frees it after a grace period.
 */
#ifndef LIB_RCULIST_H
#define LIB_RCULIST_H

#include <lib/list.h>

#define __rcu_list_publish(p, v) __atomic_store_n(&(p), v, __ATOMIC_RELEASE)

/* The next pointer of a list_head, for readers. */
#define list_next_rcu(list) (*((struct list_head **)(&(list)->next)))

static inline void INIT_LIST_HEAD_RCU(struct list_head *list)
{
	INIT_LIST_HEAD(list);
}

static inline void __list_add_rcu(struct list_head *entry, struct list_head *prev,
				  struct list_head *next)
{
	entry->next = next;
	entry->prev = prev;
	__rcu_list_publish(prev->next, entry);
	next->prev = entry;
}

static inline void list_add_rcu(struct list_head *entry, struct list_head *head)
{
	__list_add_rcu(entry, head, head->next);
}

static inline void list_add_tail_rcu(struct list_head *entry, struct list_head *head)
{
	__list_add_rcu(entry, head->prev, head);
}

static inline void list_del_rcu(struct list_head *entry)
{
	__list_del_entry(entry);
	entry->prev = LIST_POISON2;
}

static inline void list_replace_rcu(struct list_head *old, struct list_head *entry)
{
	entry->next = old->next;
	entry->prev = old->prev;
	__rcu_list_publish(entry->prev->next, entry);
	entry->next->prev = entry;
	old->prev = LIST_POISON2;
}

static inline void hlist_del_rcu(struct hlist_node *n)
{
	__hlist_del(n);
	WRITE_ONCE(n->pprev, LIST_POISON2);
}

static inline void hlist_del_init_rcu(struct hlist_node *n)
{
	if (!hlist_unhashed(n)) {
		__hlist_del(n);
		WRITE_ONCE(n->pprev, NULL);
	}
}

static inline void hlist_replace_rcu(struct hlist_node *old, struct hlist_node *entry)
{
	entry->next = old->next;
	WRITE_ONCE(entry->pprev, old->pprev);
	__rcu_list_publish(*entry->pprev, entry);
	if (entry->next)
		WRITE_ONCE(entry->next->pprev, &entry->next);
	WRITE_ONCE(old->pprev, LIST_POISON2);
}

static inline void hlist_add_head_rcu(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node *first = h->first;

	n->next = first;
	WRITE_ONCE(n->pprev, &h->first);
	__rcu_list_publish(h->first, n);
	if (first)
		WRITE_ONCE(first->pprev, &n->next);
}

static inline void hlist_add_tail_rcu(struct hlist_node *n, struct hlist_head *h)
{
	struct hlist_node *i, *last = NULL;

	for (i = h->first; i; i = i->next)
		last = i;
	if (!last) {
		hlist_add_head_rcu(n, h);
		return;
	}
	n->next = NULL;
	WRITE_ONCE(n->pprev, &last->next);
	__rcu_list_publish(last->next, n);
}

static inline void hlist_add_before_rcu(struct hlist_node *n, struct hlist_node *next)
{
	WRITE_ONCE(n->pprev, next->pprev);
	n->next = next;
	__rcu_list_publish(*(n->pprev), n);
	WRITE_ONCE(next->pprev, &n->next);
}

static inline void hlist_add_behind_rcu(struct hlist_node *n, struct hlist_node *prev)
{
	n->next = prev->next;
	WRITE_ONCE(n->pprev, &prev->next);
	__rcu_list_publish(prev->next, n);
	if (n->next)
		WRITE_ONCE(n->next->pprev, &n->next);
}

#define list_entry_rcu(ptr, type, member) container_of(READ_ONCE(ptr), type, member)

#define list_first_or_null_rcu(head, type, member) ({				\
	struct list_head *__head = (head);					\
	struct list_head *__first = READ_ONCE(__head->next);			\
	__first != __head ? container_of(__first, type, member) : NULL;		\
})

/* The optional last argument of Linux (a lockdep condition) is accepted and ignored. */
#define list_for_each_entry_rcu(pos, head, member, ...)				\
	for (pos = list_entry_rcu((head)->next, typeof(*pos), member);		\
	     &pos->member != (head);						\
	     pos = list_entry_rcu(pos->member.next, typeof(*pos), member))

#define list_for_each_entry_continue_rcu(pos, head, member)			\
	for (pos = list_entry_rcu(pos->member.next, typeof(*pos), member);	\
	     &pos->member != (head);						\
	     pos = list_entry_rcu(pos->member.next, typeof(*pos), member))

#define list_for_each_entry_from_rcu(pos, head, member)				\
	for (; &(pos)->member != (head);					\
	     pos = list_entry_rcu(pos->member.next, typeof(*(pos)), member))

#define hlist_first_rcu(head) READ_ONCE((head)->first)
#define hlist_next_rcu(node) READ_ONCE((node)->next)

#define hlist_for_each_entry_rcu(pos, head, member, ...)			\
	for (pos = hlist_entry_safe(READ_ONCE((head)->first), typeof(*(pos)), member); \
	     pos;								\
	     pos = hlist_entry_safe(READ_ONCE((pos)->member.next), typeof(*(pos)), member))

#define hlist_for_each_entry_continue_rcu(pos, member)				\
	for (pos = hlist_entry_safe(READ_ONCE((pos)->member.next), typeof(*(pos)), member); \
	     pos;								\
	     pos = hlist_entry_safe(READ_ONCE((pos)->member.next), typeof(*(pos)), member))

#endif
