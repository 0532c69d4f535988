// SPDX-License-Identifier: MIT
/* A stable merge sort of doubly linked lists. */
#include <lib/list.h>
#include <lib/sort.h>

/* Merges two chains that end in NULL (only next is right); @a's elements go first on ties. */
static struct list_head *merge(void *priv, list_cmp_func_t cmp, struct list_head *a,
			       struct list_head *b)
{
	struct list_head *head = NULL, **tail = &head;

	while (a && b) {
		struct list_head **from = cmp(priv, a, b) <= 0 ? &a : &b;

		*tail = *from;
		tail = &(*from)->next;
		*from = (*from)->next;
	}
	*tail = a ? a : b;
	return head;
}

/*
 * Bottom up: part[i] holds a sorted chain of 2^i elements or nothing, and adding an element is
 * counting in binary. Later parts hold earlier elements, which keeps the sort stable.
 */
void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	struct list_head *part[64] = {}, *rest = head->next, *sorted = NULL, *prev = head;
	unsigned int top = 0, i;

	if (list_empty(head))
		return;
	head->prev->next = NULL;
	while (rest) {
		struct list_head *chain = rest;

		rest = rest->next;
		chain->next = NULL;
		for (i = 0; part[i]; i++) {
			chain = merge(priv, cmp, part[i], chain);
			part[i] = NULL;
		}
		part[i] = chain;
		if (i > top)
			top = i;
	}
	for (i = 0; i <= top; i++)
		if (part[i])
			sorted = sorted ? merge(priv, cmp, part[i], sorted) : part[i];
	for (; sorted; sorted = sorted->next) {
		prev->next = sorted;
		sorted->prev = prev;
		prev = sorted;
	}
	prev->next = head;
	head->prev = prev;
}
