// SPDX-License-Identifier: MIT
/* The tree of areas against a bitmap of pages; page tables against an array. */
#include <kern/ktest.h>
#include <kern/task.h>
#include <mm/slab.h>

#include "mm/vm.h"

#define BASE 0x100000000000UL
#define PAGES 2048

struct model {
	struct mm_struct *mm;
	u8 mapped[PAGES];	/* 0: hole, else the area's kind */
};

static struct model *new_model(void)
{
	struct model *m = kvzalloc(sizeof(*m), GFP_KERNEL);

	if (m)
		m->mm = mm_alloc(current);
	return m;
}

static void free_model(struct model *m)
{
	mmput(m->mm);
	kvfree(m);
}

static vm_flags_t kind_flags(int kind)
{
	return VM_MAYREAD | VM_MAYWRITE | (kind & 1 ? VM_READ : 0) | (kind & 2 ? VM_WRITE : 0);
}

/* Every page agrees; list, tree and gaps agree with each other. */
static void check_model(struct model *m)
{
	struct vm_area_struct *vma, *prev = NULL;
	int count = 0;

	for (unsigned long i = 0; i < PAGES; i++) {
		vma = vma_lookup(m->mm, BASE + i * PAGE_SIZE);
		KASSERT_EQ(vma != NULL, m->mapped[i] != 0);
		if (vma)
			KASSERT_EQ(vma->vm_flags, kind_flags(m->mapped[i]));
	}
	for_each_vma(m->mm, vma) {
		KASSERT_LT(vma->vm_start, vma->vm_end);
		KASSERT_EQ(vma->vm_prev, prev);
		if (prev) {
			KASSERT_LE(prev->vm_end, vma->vm_start);
			/* Alike neighbours have merged. */
			KASSERT_TRUE(prev->vm_end != vma->vm_start ||
				     prev->vm_flags != vma->vm_flags);
		}
		prev = vma;
		count++;
	}
	KASSERT_EQ(count, m->mm->map_count);
}

static int insert(struct model *m, unsigned long first, unsigned long n, int kind)
{
	struct vm_area_struct *vma = vm_area_alloc(m->mm), *prev;

	if (!vma)
		return -ENOMEM;
	vma->vm_start = BASE + first * PAGE_SIZE;
	vma->vm_end = vma->vm_start + n * PAGE_SIZE;
	vma->vm_flags = kind_flags(kind);
	vma->vm_pgoff = vma->vm_start >> PAGE_SHIFT;
	if (vma_find_place(m->mm, vma->vm_start, vma->vm_end, &prev)) {
		vm_area_free(vma);
		return -EEXIST;
	}
	vma_link(m->mm, vma);
	vma_try_merge(m->mm, vma);
	return 0;
}

KTEST(vma, random_maps_and_unmaps_match_the_model)
{
	struct model *m = new_model();

	KASSERT_NOT_NULL(m);
	KASSERT_NOT_NULL(m->mm);
	mmap_write_lock(m->mm);
	for (int i = 0; i < 1500; i++) {
		unsigned long first = ktest_random_below(PAGES), n = 1 + ktest_random_below(40);
		int kind = 1 + ktest_random_below(3);
		bool overlap = false;

		n = min(n, PAGES - first);
		for (unsigned long p = first; p < first + n; p++)
			overlap |= m->mapped[p] != 0;
		if (ktest_random_below(3)) {
			KASSERT_EQ(insert(m, first, n, kind), overlap ? -EEXIST : 0);
			if (!overlap)
				memset(m->mapped + first, kind, n);
		} else {
			KASSERT_EQ(do_munmap(m->mm, BASE + first * PAGE_SIZE, n * PAGE_SIZE), 0);
			memset(m->mapped + first, 0, n);
		}
		if (i % 50 == 0)
			check_model(m);
	}
	check_model(m);
	mmap_write_unlock(m->mm);
	free_model(m);
}

/* What the search should find, the slow way. */
static unsigned long model_topdown(struct model *m, unsigned long n, unsigned long low,
				   unsigned long high)
{
	for (long at = (long)high - (long)n; at >= (long)low; at--) {
		unsigned long i;

		for (i = at; i < at + n && !m->mapped[i]; i++)
			;
		if (i == at + n)
			return BASE + at * PAGE_SIZE;
	}
	return -ENOMEM;
}

static unsigned long model_bottomup(struct model *m, unsigned long n, unsigned long low,
				    unsigned long high)
{
	for (unsigned long at = low; at + n <= high; at++) {
		unsigned long i;

		for (i = at; i < at + n && !m->mapped[i]; i++)
			;
		if (i == at + n)
			return BASE + at * PAGE_SIZE;
	}
	return -ENOMEM;
}

KTEST(vma, free_ranges_are_found_as_by_hand)
{
	struct model *m = new_model();

	KASSERT_NOT_NULL(m);
	KASSERT_NOT_NULL(m->mm);
	mmap_write_lock(m->mm);
	for (int i = 0; i < 600; i++) {
		unsigned long first = ktest_random_below(PAGES - 8), n = 1 + ktest_random_below(8);
		unsigned long low = ktest_random_below(PAGES / 2);
		unsigned long high = low + 1 + ktest_random_below(PAGES - low - 1);
		unsigned long want = 1 + ktest_random_below(40);
		struct unmapped_info info = {
			.length = want * PAGE_SIZE,
			.low = BASE + low * PAGE_SIZE,
			.high = BASE + high * PAGE_SIZE,
		};

		if (!insert(m, first, n, 1))
			memset(m->mapped + first, 1, n);
		KASSERT_EQ(unmapped_area_topdown(m->mm, &info), model_topdown(m, want, low, high));
		KASSERT_EQ(unmapped_area_bottomup(m->mm, &info), model_bottomup(m, want, low, high));
	}
	mmap_write_unlock(m->mm);
	free_model(m);
}

KTEST(vma, protection_changes_split_and_merge)
{
	struct model *m = new_model();

	KASSERT_NOT_NULL(m);
	KASSERT_NOT_NULL(m->mm);
	mmap_write_lock(m->mm);
	KASSERT_EQ(insert(m, 0, PAGES, 1), 0);
	memset(m->mapped, 1, PAGES);
	for (int i = 0; i < 400; i++) {
		unsigned long first = ktest_random_below(PAGES), n = 1 + ktest_random_below(60);
		int kind = 1 + ktest_random_below(3);
		unsigned long at, end;

		n = min(n, PAGES - first);
		at = BASE + first * PAGE_SIZE;
		end = at + n * PAGE_SIZE;
		while (at < end) {
			struct vm_area_struct *vma = vma_lookup(m->mm, at);
			unsigned long stop = min(end, vma->vm_end);

			KASSERT_EQ(vma_isolate(m->mm, vma, at, stop), 0);
			vma->vm_flags = kind_flags(kind);
			vma_try_merge(m->mm, vma);
			at = stop;
		}
		memset(m->mapped + first, kind, n);
		if (i % 25 == 0)
			check_model(m);
	}
	check_model(m);
	mmap_write_unlock(m->mm);
	free_model(m);
}

KTEST(pgtable, entries_are_where_they_were_put)
{
	static const unsigned long where[] = {
		0x10000, 0x1ff000, 0x200000, 0x3fffffff000, 0x40000000, 0x7fffffffff000 & 0x7dffffffffff,
		0x100000000000, 0x100000001000, 0x5abcdef12000,
	};
	struct mm_struct *mm = mm_alloc(current);
	pte_t *pte;

	KASSERT_NOT_NULL(mm);
	for (unsigned int i = 0; i < ARRAY_SIZE(where); i++) {
		pte = pte_alloc_lock(mm, where[i]);
		KASSERT_NOT_NULL(pte);
		KEXPECT_TRUE(pte_none(*pte));
		set_pte(pte, pte_mkspecial(pfn_pte(i + 100, __pgprot(_PAGE_PRESENT))));
		spin_unlock(&mm->page_table_lock);
	}
	spin_lock(&mm->page_table_lock);
	for (unsigned int i = 0; i < ARRAY_SIZE(where); i++) {
		pte = pte_lookup(mm, where[i]);
		KEXPECT_NOT_NULL(pte);
		if (pte) {
			KEXPECT_EQ(pte_pfn(*pte), i + 100UL);
			set_pte(pte, __pte(0));
		}
	}
	KEXPECT_NULL(pte_lookup(mm, 0x300000000000));
	KEXPECT_NULL(pte_lookup(mm, TASK_SIZE));
	KEXPECT_EQ(pte_next_table(mm, 0x300000000000, TASK_SIZE, &pte), 0x5abcdee00000UL);
	spin_unlock(&mm->page_table_lock);
	KEXPECT_GT(atomic_long_read(&mm->pgtables_bytes), 5L * PAGE_SIZE);
	free_pgtables(mm, 0, TASK_SIZE, 0, TASK_SIZE);
	KEXPECT_EQ(atomic_long_read(&mm->pgtables_bytes), (long)PAGE_SIZE);
	mmput(mm);
}

KTEST(pgtable, tables_of_neighbours_stay)
{
	struct mm_struct *mm = mm_alloc(current);
	unsigned long a = BASE, b = BASE + 4 * PMD_SIZE;
	long before;

	KASSERT_NOT_NULL(mm);
	KASSERT_NOT_NULL(pte_alloc_lock(mm, a));
	spin_unlock(&mm->page_table_lock);
	KASSERT_NOT_NULL(pte_alloc_lock(mm, b));
	spin_unlock(&mm->page_table_lock);
	before = atomic_long_read(&mm->pgtables_bytes);
	/* Something lives just above a's page, in the same table: only b's goes. */
	free_pgtables(mm, a, b + PAGE_SIZE, a + PAGE_SIZE, TASK_SIZE);
	KEXPECT_EQ(atomic_long_read(&mm->pgtables_bytes), before - (long)PAGE_SIZE);
	spin_lock(&mm->page_table_lock);
	KEXPECT_NOT_NULL(pte_lookup(mm, a));
	KEXPECT_NULL(pte_lookup(mm, b));
	spin_unlock(&mm->page_table_lock);
	free_pgtables(mm, 0, TASK_SIZE, 0, TASK_SIZE);
	mmput(mm);
}
