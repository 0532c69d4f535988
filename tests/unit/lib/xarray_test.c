// SPDX-License-Identifier: MIT
/* The XArray, IDR and IDA, against plain arrays; they lock and allocate: in a booted kernel. */
#include <kern/kernel.h>
#include <kern/kthread.h>
#include <kern/ktest.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <lib/idr.h>
#include <lib/xarray.h>
#include <mm/gfp.h>
#include <mm/slab.h>

#define INDICES 64

/* Indices of all magnitudes, so that the tree grows and shrinks through all its heights. */
static unsigned long spread(unsigned int i)
{
	return i < 16 ? i : (1UL << (i - 10)) + i * 3;
}

struct model {
	void *entries[INDICES];
	bool marks[INDICES][3];
};

static void compare(struct xarray *xa, const struct model *m)
{
	for (xa_mark_t mark = 0; mark <= 3; mark++) {
		xa_mark_t filter = mark == 3 ? XA_PRESENT : mark;
		unsigned long index = 0, at;
		unsigned int i = 0;
		void *entry;

		for (entry = xa_find(xa, &index, ~0UL, filter); entry;
		     entry = xa_find_after(xa, &index, ~0UL, filter), i++) {
			while (i < INDICES && !(m->entries[i] && (mark == 3 || m->marks[i][mark])))
				i++;
			KASSERT_LT(i, (unsigned int)INDICES);
			at = spread(i);
			KASSERT_EQ(index, at);
			KASSERT_EQ(entry, m->entries[i]);
		}
		for (; i < INDICES; i++)
			KASSERT_FALSE(m->entries[i] && (mark == 3 || m->marks[i][mark]));
	}
	for (unsigned int i = 0; i < INDICES; i++)
		KASSERT_EQ(xa_load(xa, spread(i)), m->entries[i]);
}

KTEST(xarray, is_an_array)
{
	static struct model m;
	DEFINE_XARRAY(xa);

	memset(&m, 0, sizeof(m));
	for (int step = 0; step < 4000; step++) {
		unsigned int i = ktest_random_below(INDICES);
		unsigned int mark = ktest_random_below(3);
		unsigned long index = spread(i);
		void *entry = xa_mk_value(step);

		switch (ktest_random_below(8)) {
		case 0:
		case 1:
			KASSERT_EQ(xa_store(&xa, index, entry, GFP_KERNEL), m.entries[i]);
			m.entries[i] = entry;
			break;
		case 2:
		case 3:
		case 4:
			KASSERT_EQ(xa_erase(&xa, index), m.entries[i]);
			m.entries[i] = NULL;
			memset(m.marks[i], 0, sizeof(m.marks[i]));
			break;
		case 5:
			xa_set_mark(&xa, index, mark);
			if (m.entries[i])
				m.marks[i][mark] = true;
			break;
		case 6:
			xa_clear_mark(&xa, index, mark);
			m.marks[i][mark] = false;
			break;
		case 7:
			KASSERT_EQ(xa_insert(&xa, index, entry, GFP_KERNEL),
				   m.entries[i] ? -EBUSY : 0);
			if (!m.entries[i])
				m.entries[i] = entry;
			break;
		}
		KASSERT_EQ(xa_get_mark(&xa, index, mark), m.marks[i][mark]);
		if (step % 8 == 0)
			compare(&xa, &m);
	}
	for (unsigned int i = 0; i < INDICES; i++)
		xa_erase(&xa, spread(i));
	KEXPECT_TRUE(xa_empty(&xa));
	xa_destroy(&xa);
}

KTEST(xarray, compares_and_exchanges)
{
	void *a = xa_mk_value(1), *b = xa_mk_value(2);
	DEFINE_XARRAY(xa);

	KEXPECT_NULL(xa_cmpxchg(&xa, 1000, a, b, GFP_KERNEL));
	KEXPECT_TRUE(xa_empty(&xa));
	KEXPECT_NULL(xa_cmpxchg(&xa, 1000, NULL, a, GFP_KERNEL));
	KEXPECT_EQ(xa_cmpxchg(&xa, 1000, b, NULL, GFP_KERNEL), a);
	KEXPECT_EQ(xa_cmpxchg(&xa, 1000, a, b, GFP_KERNEL), a);
	KEXPECT_EQ(xa_cmpxchg(&xa, 1000, b, NULL, GFP_KERNEL), b);
	KEXPECT_TRUE(xa_empty(&xa));
}

KTEST(xarray, reserves)
{
	DEFINE_XARRAY(xa);
	unsigned long index = 0;

	KEXPECT_EQ(xa_reserve(&xa, 77, GFP_KERNEL), 0);
	KEXPECT_NULL(xa_load(&xa, 77));
	KEXPECT_NULL(xa_find(&xa, &index, ~0UL, XA_PRESENT));
	KEXPECT_EQ(xa_insert(&xa, 77, xa_mk_value(1), GFP_KERNEL), -EBUSY);
	KEXPECT_NULL(xa_store(&xa, 77, xa_mk_value(1), GFP_NOWAIT));
	xa_release(&xa, 77);
	KEXPECT_EQ(xa_load(&xa, 77), xa_mk_value(1));
	xa_erase(&xa, 77);
	xa_reserve(&xa, 5, GFP_KERNEL);
	xa_release(&xa, 5);
	KEXPECT_TRUE(xa_empty(&xa));
}

KTEST(xarray, the_last_index)
{
	DEFINE_XARRAY(xa);
	unsigned long index = 1;

	xa_store(&xa, ~0UL, xa_mk_value(9), GFP_KERNEL);
	xa_store(&xa, 0, xa_mk_value(8), GFP_KERNEL);
	KEXPECT_EQ(xa_find(&xa, &index, ~0UL, XA_PRESENT), xa_mk_value(9));
	KEXPECT_EQ(index, ~0UL);
	KEXPECT_NULL(xa_find_after(&xa, &index, ~0UL, XA_PRESENT));
	index = 1;
	KEXPECT_NULL(xa_find(&xa, &index, ~0UL - 1, XA_PRESENT));
	xa_destroy(&xa);
	KEXPECT_TRUE(xa_empty(&xa));
}

KTEST(xarray, extracts_ranges)
{
	DEFINE_XARRAY(xa);
	void *got[10];

	for (unsigned long i = 0; i < 300; i += 3)
		xa_store(&xa, i, xa_mk_value(i), GFP_KERNEL);
	KEXPECT_EQ(xa_extract(&xa, got, 10, 20, 10, XA_PRESENT), 3U);
	KEXPECT_EQ(got[0], xa_mk_value(12));
	KEXPECT_EQ(got[2], xa_mk_value(18));
	KEXPECT_EQ(xa_extract(&xa, got, 0, ~0UL, 10, XA_PRESENT), 10U);
	KEXPECT_EQ(xa_extract(&xa, got, 298, ~0UL, 10, XA_PRESENT), 0U);
	xa_destroy(&xa);
}

KTEST(xarray, allocates_the_lowest_free_index)
{
	static bool used[3000];
	DEFINE_XARRAY_ALLOC(xa);
	u32 id;

	memset(used, 0, sizeof(used));
	for (int step = 0; step < 6000; step++) {
		unsigned int i = ktest_random_below(3000), min = ktest_random_below(2000), want;

		if (ktest_random_below(5) < 2) {
			xa_erase(&xa, i);
			used[i] = false;
			continue;
		}
		for (want = min; want < 3000 && used[want]; want++)
			;
		if (want == 3000) {
			KASSERT_EQ(xa_alloc(&xa, &id, xa_mk_value(1), XA_LIMIT(min, 2999), GFP_KERNEL),
				   -EBUSY);
			continue;
		}
		KASSERT_EQ(xa_alloc(&xa, &id, xa_mk_value(1), XA_LIMIT(min, 2999), GFP_KERNEL), 0);
		KASSERT_EQ(id, want);
		used[want] = true;
	}
	xa_destroy(&xa);
	KEXPECT_EQ(xa_alloc(&xa, &id, xa_mk_value(1), xa_limit_32b, GFP_KERNEL), 0);
	KEXPECT_EQ(id, 0U);
	KEXPECT_EQ(xa_alloc(&xa, &id, xa_mk_value(1), XA_LIMIT(0, 0), GFP_KERNEL), -EBUSY);
	xa_destroy(&xa);
}

KTEST(xarray, allocates_in_circles)
{
	DEFINE_XARRAY_ALLOC1(xa);
	u32 id, next = 0;

	for (u32 i = 1; i <= 5; i++) {
		KEXPECT_EQ(xa_alloc_cyclic(&xa, &id, &xa, XA_LIMIT(1, 5), &next, GFP_KERNEL), 0);
		KEXPECT_EQ(id, i);
	}
	KEXPECT_EQ(xa_alloc_cyclic(&xa, &id, &xa, XA_LIMIT(1, 5), &next, GFP_KERNEL), -EBUSY);
	xa_erase(&xa, 2);
	KEXPECT_EQ(xa_alloc_cyclic(&xa, &id, &xa, XA_LIMIT(1, 5), &next, GFP_KERNEL), 1);
	KEXPECT_EQ(id, 2U);
	xa_destroy(&xa);
}

static DEFINE_XARRAY(shared);
static int stop_readers;

static int reader(void *data)
{
	unsigned long *errors = data;

	while (!READ_ONCE(stop_readers)) {
		for (unsigned long i = 0; i < 500; i++) {
			void *entry = xa_load(&shared, i * 37);

			if (entry && xa_to_value(entry) != i * 37)
				(*errors)++;
			/* Multiples of 5 are never removed. */
			if (!entry && i % 5 == 0)
				(*errors)++;
		}
		cond_resched();
	}
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

KTEST(xarray, readers_without_the_lock)
{
	struct task_struct *threads[3] = {};
	unsigned long errors[3] = {};

	for (unsigned long i = 0; i < 500; i += 5)
		xa_store(&shared, i * 37, xa_mk_value(i * 37), GFP_KERNEL);
	WRITE_ONCE(stop_readers, 0);
	for (int t = 0; t < 3; t++) {
		threads[t] = kthread_run(reader, &errors[t], "xa-reader/%d", t);
		KASSERT_FALSE(IS_ERR(threads[t]));
	}
	for (int round = 0; round < 40; round++) {
		for (unsigned long i = 0; i < 500; i++)
			if (i % 5)
				xa_store(&shared, i * 37, xa_mk_value(i * 37), GFP_KERNEL);
		for (unsigned long i = 0; i < 500; i++)
			if (i % 5)
				xa_erase(&shared, i * 37);
		cond_resched();
	}
	WRITE_ONCE(stop_readers, 1);
	for (int t = 0; t < 3; t++) {
		kthread_stop(threads[t]);
		KEXPECT_EQ(errors[t], 0UL);
	}
	xa_destroy(&shared);
}

KTEST(idr, gives_and_takes_ids)
{
	DEFINE_IDR(idr);
	int a = 0, b = 0, id, seen = 0;
	int *entry;

	KEXPECT_TRUE(idr_is_empty(&idr));
	KEXPECT_EQ(idr_alloc(&idr, &a, 0, 0, GFP_KERNEL), 0);
	KEXPECT_EQ(idr_alloc(&idr, &b, 10, 12, GFP_KERNEL), 10);
	KEXPECT_EQ(idr_alloc(&idr, &b, 10, 12, GFP_KERNEL), 11);
	KEXPECT_EQ(idr_alloc(&idr, &b, 10, 12, GFP_KERNEL), -ENOSPC);
	KEXPECT_EQ((int *)idr_find(&idr, 10), &b);
	KEXPECT_NULL(idr_find(&idr, 5));
	KEXPECT_EQ((int *)idr_replace(&idr, &a, 10), &b);
	KEXPECT_EQ(PTR_ERR(idr_replace(&idr, &a, 5)), (long)-ENOENT);
	KEXPECT_EQ(idr_alloc(&idr, NULL, 3, 0, GFP_KERNEL), 3);
	KEXPECT_NULL(idr_find(&idr, 3));
	KEXPECT_NULL(idr_replace(&idr, &b, 3));
	KEXPECT_EQ((int *)idr_find(&idr, 3), &b);
	idr_for_each_entry(&idr, entry, id)
		seen = seen * 100 + id;
	KEXPECT_EQ(seen, 31011);
	KEXPECT_EQ((int *)idr_remove(&idr, 10), &a);
	KEXPECT_NULL(idr_remove(&idr, 10));
	idr_destroy(&idr);
	KEXPECT_TRUE(idr_is_empty(&idr));
}

KTEST(idr, goes_round)
{
	struct idr idr;

	idr_init_base(&idr, 1);
	KEXPECT_EQ(idr_alloc_cyclic(&idr, &idr, 1, 4, GFP_KERNEL), 1);
	KEXPECT_EQ(idr_alloc_cyclic(&idr, &idr, 1, 4, GFP_KERNEL), 2);
	idr_remove(&idr, 1);
	KEXPECT_EQ(idr_alloc_cyclic(&idr, &idr, 1, 4, GFP_KERNEL), 3);
	KEXPECT_EQ(idr_alloc_cyclic(&idr, &idr, 1, 4, GFP_KERNEL), 1);
	KEXPECT_EQ(idr_alloc_cyclic(&idr, &idr, 1, 4, GFP_KERNEL), -ENOSPC);
	idr_destroy(&idr);
}

KTEST(ida, gives_the_lowest_free_number)
{
	static bool used[5000];
	DEFINE_IDA(ida);

	memset(used, 0, sizeof(used));
	for (int step = 0; step < 8000; step++) {
		unsigned int i = ktest_random_below(5000), want;
		unsigned int min = ktest_random_below(3) ? 0 : ktest_random_below(4000);

		if (used[i] && ktest_random_below(3) == 0) {
			ida_free(&ida, i);
			used[i] = false;
		}
		for (want = min; want < 5000 && used[want]; want++)
			;
		KASSERT_EQ(ida_alloc_range(&ida, min, 4999, GFP_KERNEL),
			   want == 5000 ? -ENOSPC : (int)want);
		if (want < 5000)
			used[want] = true;
	}
	for (unsigned int i = 0; i < 5000; i++) {
		KASSERT_EQ(ida_exists(&ida, i), used[i]);
		if (used[i])
			ida_free(&ida, i);
	}
	KEXPECT_TRUE(ida_is_empty(&ida));
	ida_destroy(&ida);
}
