// SPDX-License-Identifier: MIT
/*
 * Memory before the page allocator: sorted tables of ranges that exist, that are taken, and
 * that were taken once and given back (so that they are no longer known to hold zeros).
 *
 * Runs on one CPU before interrupts, so there is no lock. All RAM is fresh from the host and
 * reads as zeros; memblock_alloc() does not touch what it returns, so that a memmap for many
 * gigabytes costs nothing until its pages are used.
 */
#include "internal.h"

#include <mm/memblock.h>

struct range {
	phys_addr_t base, size;
};

#define MAX_RANGES 128

struct range_table {
	unsigned int nr;
	struct range r[MAX_RANGES];
};

static struct range_table memory, reserved, dirty;
/* Set once the page allocator has taken over: no more allocations here. */
bool memblock_closed;

static void table_remove_at(struct range_table *t, unsigned int i)
{
	t->nr--;
	memmove(&t->r[i], &t->r[i + 1], (t->nr - i) * sizeof(t->r[0]));
}

static int table_insert_at(struct range_table *t, unsigned int i, phys_addr_t base,
			   phys_addr_t size)
{
	if (t->nr == MAX_RANGES)
		return -ENOMEM;
	memmove(&t->r[i + 1], &t->r[i], (t->nr - i) * sizeof(t->r[0]));
	t->r[i] = (struct range){ base, size };
	t->nr++;
	return 0;
}

/* Adds a range, merging it with all that it touches. */
static int table_add(struct range_table *t, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = base + size;
	unsigned int i = 0;

	if (!size)
		return 0;
	if (end < base)
		return -EINVAL;
	while (i < t->nr && t->r[i].base + t->r[i].size < base)
		i++;
	while (i < t->nr && t->r[i].base <= end) {
		base = min(base, t->r[i].base);
		end = max(end, t->r[i].base + t->r[i].size);
		table_remove_at(t, i);
	}
	return table_insert_at(t, i, base, end - base);
}

static int table_remove(struct range_table *t, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = base + size;
	unsigned int i = 0;

	if (end < base)
		return -EINVAL;
	while (i < t->nr && t->r[i].base < end) {
		phys_addr_t rbase = t->r[i].base, rend = rbase + t->r[i].size;

		if (rend <= base) {
			i++;
			continue;
		}
		table_remove_at(t, i);
		if (rbase < base && table_insert_at(t, i++, rbase, base - rbase))
			return -ENOMEM;
		if (rend > end && table_insert_at(t, i++, end, rend - end))
			return -ENOMEM;
	}
	return 0;
}

/* The first range that overlaps [base, end), or NULL. */
static const struct range *table_overlap(const struct range_table *t, phys_addr_t base,
					 phys_addr_t end)
{
	for (unsigned int i = 0; i < t->nr; i++)
		if (t->r[i].base < end && t->r[i].base + t->r[i].size > base)
			return &t->r[i];
	return NULL;
}

int memblock_add(phys_addr_t base, phys_addr_t size)
{
	return table_add(&memory, base, size);
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	return table_add(&reserved, base, size);
}

int memblock_free(phys_addr_t base, phys_addr_t size)
{
	int err = table_remove(&reserved, base, size);

	return err ? err : table_add(&dirty, base, size);
}

/* Lowest fit; a reserved range in the way moves the candidate behind it. */
phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align)
{
	if (!size || memblock_closed)
		return 0;
	if (align < 64)
		align = 64;
	for (unsigned int i = 0; i < memory.nr; i++) {
		phys_addr_t end = memory.r[i].base + memory.r[i].size;
		phys_addr_t at = memory.r[i].base ? memory.r[i].base : PAGE_SIZE;

		for (;;) {
			const struct range *hit;

			at = (at + align - 1) & ~(align - 1);
			if (at + size > end || at + size < at)
				break;
			hit = table_overlap(&reserved, at, at + size);
			if (!hit) {
				if (memblock_reserve(at, size))
					return 0;
				return at;
			}
			at = hit->base + hit->size;
		}
	}
	return 0;
}

void *memblock_alloc(phys_addr_t size, phys_addr_t align)
{
	phys_addr_t phys = memblock_phys_alloc(size, align);

	if (!phys)
		return NULL;
	if (table_overlap(&dirty, phys, phys + size))
		memset(__va(phys), 0, size);
	return __va(phys);
}

bool memblock_is_reserved(phys_addr_t addr)
{
	return table_overlap(&reserved, addr, addr + 1) != NULL;
}

phys_addr_t memblock_phys_mem_size(void)
{
	phys_addr_t sum = 0;

	for (unsigned int i = 0; i < memory.nr; i++)
		sum += memory.r[i].size;
	return sum;
}

phys_addr_t memblock_end_of_DRAM(void)
{
	return memory.nr ? memory.r[memory.nr - 1].base + memory.r[memory.nr - 1].size : 0;
}

void memblock_for_each_free(void (*fn)(unsigned long start_pfn, unsigned long end_pfn, bool fresh))
{
	for (unsigned int i = 0; i < memory.nr; i++) {
		phys_addr_t at = memory.r[i].base, end = at + memory.r[i].size;

		while (at < end) {
			const struct range *hit = table_overlap(&reserved, at, end);
			phys_addr_t stop = hit ? hit->base : end;

			if (stop > at && PFN_UP(at) < PFN_DOWN(stop))
				fn(PFN_UP(at), PFN_DOWN(stop), !table_overlap(&dirty, at, stop));
			at = hit ? hit->base + hit->size : end;
		}
	}
}
