/* SPDX-License-Identifier: MIT */
/*
 * A list without locks: any context adds at the head, a consumer takes all of it at once.
 * Several consumers that take single elements must serialise among themselves.
 */
#ifndef LIB_LLIST_H
#define LIB_LLIST_H

#include <kern/compiler.h>
#include <kern/kernel.h>
#include <kern/types.h>

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

#define LLIST_HEAD_INIT(name) { NULL }
#define LLIST_HEAD(name) struct llist_head name = LLIST_HEAD_INIT(name)

static inline void init_llist_head(struct llist_head *list)
{
	list->first = NULL;
}

static inline bool llist_empty(const struct llist_head *head)
{
	return !READ_ONCE(head->first);
}

static inline struct llist_node *llist_next(struct llist_node *node)
{
	return node->next;
}

/* => Adds the chain @first..@last; returns true when the list was empty before. */
static inline bool llist_add_batch(struct llist_node *first, struct llist_node *last,
				   struct llist_head *head)
{
	struct llist_node *old = READ_ONCE(head->first);

	do
		last->next = old;
	while (!__atomic_compare_exchange_n(&head->first, &old, first, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_RELAXED));
	return !old;
}

static inline bool llist_add(struct llist_node *node, struct llist_head *head)
{
	return llist_add_batch(node, node, head);
}

/* => Takes everything, newest first. */
static inline struct llist_node *llist_del_all(struct llist_head *head)
{
	return __atomic_exchange_n(&head->first, NULL, __ATOMIC_SEQ_CST);
}

/* => One consumer at a time. */
static inline struct llist_node *llist_del_first(struct llist_head *head)
{
	struct llist_node *entry = __atomic_load_n(&head->first, __ATOMIC_ACQUIRE);

	do {
		if (!entry)
			return NULL;
	} while (!__atomic_compare_exchange_n(&head->first, &entry, READ_ONCE(entry->next), false,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return entry;
}

/* => Oldest first, of a chain taken by llist_del_all(). */
static inline struct llist_node *llist_reverse_order(struct llist_node *head)
{
	struct llist_node *reversed = NULL;

	while (head) {
		struct llist_node *next = head->next;

		head->next = reversed;
		reversed = head;
		head = next;
	}
	return reversed;
}

#define llist_entry(ptr, type, member) container_of(ptr, type, member)

#define __llist_entry_or_null(ptr, type, member) ({				\
	struct llist_node *__node = (ptr);					\
	__node ? container_of(__node, type, member) : NULL;			\
})

#define llist_for_each(pos, node) for (pos = (node); pos; pos = pos->next)

#define llist_for_each_safe(pos, n, node)					\
	for (pos = (node); pos && ({ n = pos->next; 1; }); pos = n)

#define llist_for_each_entry(pos, node, member)					\
	for (pos = __llist_entry_or_null(node, typeof(*(pos)), member); pos;	\
	     pos = __llist_entry_or_null((pos)->member.next, typeof(*(pos)), member))

#define llist_for_each_entry_safe(pos, n, node, member)				\
	for (pos = __llist_entry_or_null(node, typeof(*(pos)), member);		\
	     pos && ({ n = __llist_entry_or_null((pos)->member.next, typeof(*(n)), member); 1; }); \
	     pos = n)

#endif
