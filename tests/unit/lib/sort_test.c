// SPDX-License-Identifier: MIT
/* Sorting, searching, heaps, ring buffers. */
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/ktest.h>
#include <lib/kfifo.h>
#include <lib/min_heap.h>
#include <lib/sort.h>

static int cmp_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

struct wide {
	int key;
	char payload[9];
};

KTEST_BARE(sort, sorts_any_size_of_element)
{
	static int ints[500];
	static struct wide wides[200];
	static u64 words[200];

	for (int round = 0; round < 50; round++) {
		size_t n = ktest_random_below(500);
		long sum = 0;

		for (size_t i = 0; i < n; i++)
			sum += ints[i] = ktest_random_below(round < 25 ? 10 : 1000000);
		sort(ints, n, sizeof(int), cmp_int, NULL);
		for (size_t i = 0; i < n; i++) {
			sum -= ints[i];
			KASSERT_TRUE(!i || ints[i - 1] <= ints[i]);
		}
		KASSERT_EQ(sum, 0L);
	}
	for (int i = 0; i < 200; i++) {
		wides[i].key = ktest_random_below(1000);
		wides[i].payload[8] = wides[i].key % 100;
		words[i] = ktest_random_below(1000);
	}
	sort(wides, 200, sizeof(wides[0]), cmp_int, NULL);
	sort(words, 200, sizeof(words[0]), cmp_int, NULL);
	for (int i = 1; i < 200; i++) {
		KASSERT_LE(wides[i - 1].key, wides[i].key);
		KASSERT_EQ(wides[i].payload[8], wides[i].key % 100);
		KASSERT_LE(words[i - 1], words[i]);
	}
}

KTEST_BARE(sort, bsearch_finds_all_and_nothing_else)
{
	int odd[101];

	for (int n = 0; n <= 101; n++) {
		for (int i = 0; i < n; i++)
			odd[i] = 2 * i + 1;
		for (int key = 0; key <= 2 * n; key++) {
			int *found = bsearch(&key, odd, n, sizeof(int), cmp_int);

			KASSERT_EQ(found, key % 2 ? &odd[key / 2] : NULL);
		}
	}
}

static bool int_less(const void *a, const void *b)
{
	return *(const int *)a < *(const int *)b;
}

static void int_swap(void *a, void *b)
{
	int t = *(int *)a;

	*(int *)a = *(int *)b;
	*(int *)b = t;
}

KTEST_BARE(min_heap, gives_the_smallest_first)
{
	static const struct min_heap_callbacks funcs = { sizeof(int), int_less, int_swap };
	int data[64], value = 3, last = -1;
	struct min_heap heap = { .data = data, .nr = 0, .size = 64 };

	KEXPECT_FALSE(min_heap_pop(&heap, &funcs));
	for (int i = 0; i < 64; i++) {
		value = ktest_random_below(100);
		KASSERT_TRUE(min_heap_push(&heap, &value, &funcs));
	}
	KEXPECT_FALSE(min_heap_push(&heap, &value, &funcs));
	value = 1000;
	min_heap_pop_push(&heap, &value, &funcs);
	for (int i = 0; i < 64; i++) {
		KASSERT_LE(last, data[0]);
		last = data[0];
		KASSERT_TRUE(min_heap_pop(&heap, &funcs));
	}
	KEXPECT_EQ(last, 1000);
	for (int i = 0; i < 64; i++)
		data[i] = ktest_random_below(100);
	heap.nr = 64;
	min_heapify_all(&heap, &funcs);
	for (int i = 1; i < 64; i++)
		KEXPECT_LE(data[(i - 1) / 2], data[i]);
}

KTEST_BARE(kfifo, keeps_order_and_wraps)
{
	static DEFINE_KFIFO(fifo, int, 16);
	int in = 0, out = 0, value, many[20];

	KEXPECT_TRUE(kfifo_is_empty(&fifo));
	KEXPECT_EQ(kfifo_size(&fifo), 16U);
	fifo.kfifo.in = fifo.kfifo.out = ~0U - 20;
	for (int round = 0; round < 2000; round++) {
		unsigned int n = ktest_random_below(20), done;

		if (ktest_random_below(2)) {
			unsigned int room = kfifo_avail(&fifo);

			for (unsigned int i = 0; i < n; i++)
				many[i] = in + i;
			done = kfifo_in(&fifo, many, n);
			KASSERT_EQ(done, min(n, room));
			in += done;
		} else {
			done = kfifo_out(&fifo, many, n);
			for (unsigned int i = 0; i < done; i++)
				KASSERT_EQ(many[i], out + (int)i);
			out += done;
		}
		KASSERT_EQ((int)kfifo_len(&fifo), in - out);
		if (kfifo_peek(&fifo, &value))
			KASSERT_EQ(value, out);
	}
	kfifo_reset(&fifo);
	for (int i = 0; i < 16; i++)
		KEXPECT_EQ(kfifo_put(&fifo, i), 1U);
	KEXPECT_TRUE(kfifo_is_full(&fifo));
	KEXPECT_EQ(kfifo_put(&fifo, 99), 0U);
	KEXPECT_EQ(kfifo_get(&fifo, &value), 1U);
	KEXPECT_EQ(value, 0);
	kfifo_skip(&fifo);
	KEXPECT_EQ(kfifo_get(&fifo, &value), 1U);
	KEXPECT_EQ(value, 2);
	kfifo_reset_out(&fifo);
	KEXPECT_EQ(kfifo_get(&fifo, &value), 0U);
}
