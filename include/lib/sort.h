/* SPDX-License-Identifier: MIT */
/* Sorting arrays in place: heapsort, no recursion, no memory, O(n log n) always; not stable. */
#ifndef LIB_SORT_H
#define LIB_SORT_H

#include <kern/types.h>

typedef void (*swap_func_t)(void *a, void *b, int size);
typedef int (*cmp_func_t)(const void *a, const void *b);
typedef int (*cmp_r_func_t)(const void *a, const void *b, const void *priv);
typedef void (*swap_r_func_t)(void *a, void *b, int size, const void *priv);

/* @swap may be NULL. */
void sort(void *base, size_t num, size_t size, cmp_func_t cmp, swap_func_t swap);
void sort_r(void *base, size_t num, size_t size, cmp_r_func_t cmp, swap_r_func_t swap,
	    const void *priv);

struct list_head;
/* Stable merge sort of a list; @cmp returns > 0 when @a belongs after @b. */
typedef int (*list_cmp_func_t)(void *priv, const struct list_head *a, const struct list_head *b);
void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp);

void *bsearch(const void *key, const void *base, size_t num, size_t size, cmp_func_t cmp);

#endif
