/* SPDX-License-Identifier: MIT */
/* A heap in an array whose smallest element is at index 0. */
#ifndef LIB_MIN_HEAP_H
#define LIB_MIN_HEAP_H

#include <kern/types.h>

struct min_heap {
	void *data;
	int nr;			/* elements in use */
	int size;		/* elements that fit */
};

struct min_heap_callbacks {
	int elem_size;
	bool (*less)(const void *lhs, const void *rhs);
	void (*swp)(void *lhs, void *rhs);
};

/* Restores the order below @pos, and of the whole array. */
void min_heapify(struct min_heap *heap, int pos, const struct min_heap_callbacks *func);
void min_heapify_all(struct min_heap *heap, const struct min_heap_callbacks *func);
/* => False when it is empty, or full. */
bool min_heap_pop(struct min_heap *heap, const struct min_heap_callbacks *func);
bool min_heap_push(struct min_heap *heap, const void *element,
		   const struct min_heap_callbacks *func);
/* Replaces the smallest element. */
void min_heap_pop_push(struct min_heap *heap, const void *element,
		       const struct min_heap_callbacks *func);

#endif
