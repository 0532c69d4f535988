// SPDX-License-Identifier: MIT
/* Heapsort and binary search over arrays. */
#include <lib/sort.h>

static void swap_bytes(char *a, char *b, size_t size)
{
	while (size--) {
		char t = *a;

		*a++ = *b;
		*b++ = t;
	}
}

static void swap_words(u64 *a, u64 *b, size_t size)
{
	for (; size; size -= sizeof(*a)) {
		u64 t = *a;

		*a++ = *b;
		*b++ = t;
	}
}

static void exchange(char *a, char *b, size_t size, swap_r_func_t swap, const void *priv)
{
	if (swap)
		swap(a, b, size, priv);
	else if ((((unsigned long)a | (unsigned long)b | size) & 7) == 0)
		swap_words((u64 *)a, (u64 *)b, size);
	else
		swap_bytes(a, b, size);
}

/* Lets the element at @root sink to its place in the heap of @n elements. */
static void sift_down(char *base, size_t root, size_t n, size_t size, cmp_r_func_t cmp,
		      swap_r_func_t swap, const void *priv)
{
	for (;;) {
		size_t child = 2 * root + 1;

		if (child >= n)
			return;
		if (child + 1 < n && cmp(base + child * size, base + (child + 1) * size, priv) < 0)
			child++;
		if (cmp(base + root * size, base + child * size, priv) >= 0)
			return;
		exchange(base + root * size, base + child * size, size, swap, priv);
		root = child;
	}
}

void sort_r(void *base, size_t num, size_t size, cmp_r_func_t cmp, swap_r_func_t swap,
	    const void *priv)
{
	char *p = base;

	for (size_t i = num / 2; i-- > 0;)
		sift_down(p, i, num, size, cmp, swap, priv);
	while (num > 1) {
		num--;
		exchange(p, p + num * size, size, swap, priv);
		sift_down(p, 0, num, size, cmp, swap, priv);
	}
}

struct plain_funcs {
	cmp_func_t cmp;
	swap_func_t swap;
};

static int call_cmp(const void *a, const void *b, const void *priv)
{
	return ((const struct plain_funcs *)priv)->cmp(a, b);
}

static void call_swap(void *a, void *b, int size, const void *priv)
{
	((const struct plain_funcs *)priv)->swap(a, b, size);
}

void sort(void *base, size_t num, size_t size, cmp_func_t cmp, swap_func_t swap)
{
	struct plain_funcs funcs = { cmp, swap };

	sort_r(base, num, size, call_cmp, swap ? call_swap : NULL, &funcs);
}

void *bsearch(const void *key, const void *base, size_t num, size_t size, cmp_func_t cmp)
{
	const char *low = base;

	while (num) {
		const char *middle = low + num / 2 * size;
		int c = cmp(key, middle);

		if (!c)
			return (void *)middle;
		if (c > 0) {
			low = middle + size;
			num--;
		}
		num /= 2;
	}
	return NULL;
}
