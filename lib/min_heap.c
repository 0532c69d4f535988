// SPDX-License-Identifier: MIT
/* A heap in an array, smallest first. */
#include <lib/min_heap.h>
#include <lib/string.h>

static char *element_at(const struct min_heap *heap, int i, const struct min_heap_callbacks *func)
{
	return (char *)heap->data + (long)i * func->elem_size;
}

void min_heapify(struct min_heap *heap, int pos, const struct min_heap_callbacks *func)
{
	for (;;) {
		int child = 2 * pos + 1;

		if (child >= heap->nr)
			return;
		if (child + 1 < heap->nr && func->less(element_at(heap, child + 1, func),
						       element_at(heap, child, func)))
			child++;
		if (!func->less(element_at(heap, child, func), element_at(heap, pos, func)))
			return;
		func->swp(element_at(heap, pos, func), element_at(heap, child, func));
		pos = child;
	}
}

void min_heapify_all(struct min_heap *heap, const struct min_heap_callbacks *func)
{
	for (int i = heap->nr / 2; i-- > 0;)
		min_heapify(heap, i, func);
}

bool min_heap_pop(struct min_heap *heap, const struct min_heap_callbacks *func)
{
	if (heap->nr <= 0)
		return false;
	heap->nr--;
	if (heap->nr)
		memcpy(heap->data, element_at(heap, heap->nr, func), func->elem_size);
	min_heapify(heap, 0, func);
	return true;
}

bool min_heap_push(struct min_heap *heap, const void *element,
		   const struct min_heap_callbacks *func)
{
	int pos = heap->nr;

	if (heap->nr >= heap->size)
		return false;
	memcpy(element_at(heap, pos, func), element, func->elem_size);
	heap->nr++;
	while (pos) {
		int parent = (pos - 1) / 2;

		if (!func->less(element_at(heap, pos, func), element_at(heap, parent, func)))
			break;
		func->swp(element_at(heap, pos, func), element_at(heap, parent, func));
		pos = parent;
	}
	return true;
}

void min_heap_pop_push(struct min_heap *heap, const void *element,
		       const struct min_heap_callbacks *func)
{
	memcpy(heap->data, element, func->elem_size);
	min_heapify(heap, 0, func);
}
