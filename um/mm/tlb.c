// SPDX-License-Identifier: MIT
/*
 * The stub's host mappings as a TLB: what the page tables say is shown to the guest by
 * mmap(MAP_SHARED | MAP_FIXED) of RAM in the stub, on a fault or ahead of one, and taken away
 * when entries change.
 *
 * guest->areas records what the stub has mapped, so that a flush of addresses it never had is
 * free, and that fork can write-protect whole runs. It is written when a request is sent, by
 * whoever holds guest->lock: requests are served in order, so it describes the mappings once
 * the last request is answered.
 *
 * New mappings are read out of the page tables under guest->lock and sent before it is
 * dropped. An entry that changes meanwhile is flushed by its changer after that, in the next
 * request: an old entry cannot come back.
 *
 * Host mappings are scarce (65,530 a process): before they are near the end, all are dropped.
 */
#include <kern/bug.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <lib/sort.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <um/mmu.h>
#include <um/processor.h>
#include <um/tlb.h>
#include "areas.h"
#include "guest.h"

#define HOST_NR_MMAP	      9
#define HOST_NR_MPROTECT      10
#define HOST_NR_MUNMAP	      11
#define HOST_PROT_READ	      1
#define HOST_PROT_WRITE	      2
#define HOST_PROT_EXEC	      4
#define HOST_MAP_SHARED_FIXED 0x11
#define HOST_MAP_POPULATE     0x8000

#define POPULATE_READ_PAGES 4

#define MAX_MAPPINGS 50000

/* ---- requests ---- */

/* Unmaps a range, but not the jump table. => room for two operations */
static void unmap_ops(struct guest *guest, unsigned long start, unsigned long end)
{
	unsigned long low_end = min(end, UM_JUMP_TABLE), high = max(start, UM_JUMP_TABLE_END);

	if (start < low_end)
		guest_op(guest, HOST_NR_MUNMAP, start, low_end - start, 0, 0, 0, 0);
	if (high < end)
		guest_op(guest, HOST_NR_MUNMAP, high, end - high, 0, 0, 0, 0);
}

void guest_unmap_ops(struct guest *guest)
{
	unmap_ops(guest, UM_MMAP_MIN_ADDR, TASK_SIZE);
}

/* Drops all mappings of the stub. => lock held, nothing outstanding; with proof. */
static void drop_everything(struct guest *guest)
{
	guest->nops = 0;
	guest_unmap_ops(guest);
	if (guest_post_wait(guest)) {
		guest_kill(guest);
		while (guest->host.state == HOST_GUEST_ALIVE)
			guest_wait_word(&guest->host.state, HOST_GUEST_ALIVE);
	}
	guest_forget_areas(guest);
	guest_put_kept(guest);
}

/* => lock held. Waits for the last request; what it failed to do is undone. */
static void settle(struct guest *guest)
{
	bool was_outstanding = guest->outstanding;

	if (!guest_complete(guest) && was_outstanding && guest->result > -4096UL)
		drop_everything(guest);
}

/* Sends what was added, and waits for the proof. */
static void post_proven(struct guest *guest)
{
	if (guest_post_wait(guest))
		drop_everything(guest);
}

static int host_prot(pte_t pte)
{
	int prot = HOST_PROT_READ;

	if (pte_write(pte))
		prot |= HOST_PROT_WRITE;
	if (pte_exec(pte))
		prot |= HOST_PROT_EXEC;
	return prot;
}

/*
 * The one place where pages are chosen to be shown to a guest: RAM holds the kernel's own
 * memory too.
 */
static void check_mappable(const struct page *page)
{
	BUG_ON(!pfn_valid(page_to_pfn(page)) || !PageUser(page));
}

/* Adds the entry to the last run, or begins a new one. False when there is no room. */
static bool add_entry(struct guest *guest, unsigned int *nruns, unsigned long addr, pte_t pte)
{
	struct guest_run *run = *nruns ? &guest->runs[*nruns - 1] : NULL;
	struct page *page = pte_page(pte);
	unsigned long phys;
	int prot = host_prot(pte);
	bool file = !PageAnon(page);

	if (page->text_twin && prot == (HOST_PROT_READ | HOST_PROT_EXEC))
		page = text_choose(guest, addr, page);
	check_mappable(page);
	phys = page_to_phys(page);
	if (run && run->addr + run->size == addr && run->phys + run->size == phys &&
	    run->prot == prot && run->file == file) {
		run->size += PAGE_SIZE;
		return true;
	}
	if (*nruns == REQUEST_MAX_OPS)
		return false;
	guest->runs[(*nruns)++] = (struct guest_run){ addr, phys, PAGE_SIZE, prot, file };
	return true;
}

/* Collects the entries of a range as runs. False when there is no more room. */
static bool collect(struct guest *guest, struct mm_struct *mm, unsigned long addr,
		    unsigned long end, unsigned int *nruns)
{
	bool room = true;

	spin_lock(&mm->page_table_lock);
	while (room) {
		pte_t *ptep;

		addr = pte_next_table(mm, addr, end, &ptep);
		if (addr >= end)
			break;
		do {
			pte_t pte = ptep_get(ptep++);

			if (pte_accessible(pte) && pte_young(pte))
				room = add_entry(guest, nruns, addr, pte);
			addr += PAGE_SIZE;
		} while (room && addr < end && addr & ~PMD_MASK);
	}
	spin_unlock(&mm->page_table_lock);
	return room;
}

/* Is the run mapped so already? What is recorded is up to date: changed entries are flushed. */
static bool is_mapped(struct guest *guest, const struct guest_run *run)
{
	struct guest_area *area = area_find(guest, run->addr);

	return area && area->start <= run->addr && area->end >= run->addr + run->size &&
	       area->prot == run->prot;
}

/*
 * Host page table entries at once, or by the host's own fault on first touch? The host brings
 * 16 pages with one read fault, for less than populating them; write faults come one by one.
 */
static int map_flags(const struct guest_run *run)
{
	if (run->prot & HOST_PROT_WRITE || run->size <= POPULATE_READ_PAGES * PAGE_SIZE)
		return HOST_MAP_SHARED_FIXED | HOST_MAP_POPULATE;
	return HOST_MAP_SHARED_FIXED;
}

/* Turns the runs into operations. Runs that cannot be recorded are not mapped. */
static void add_runs(struct guest *guest, unsigned int nruns, bool force)
{
	for (unsigned int i = 0; i < nruns; i++) {
		const struct guest_run *run = &guest->runs[i];
		bool same = run->file && !(run->prot & HOST_PROT_WRITE);

		if (!force && is_mapped(guest, run))
			continue;
		if (!areas_insert(guest, run->addr, run->addr + run->size, run->prot,
				  same ? run->phys : 0))
			continue;
		guest->mappings++;
		guest_op(guest, HOST_NR_MMAP, run->addr, run->size, run->prot, map_flags(run),
			 STUB_RAM_FD, run->phys);
	}
}

bool guest_build_ranges(struct guest *guest, struct mm_struct *mm)
{
	struct guest_range ranges[GUEST_MAX_RANGES];
	unsigned int nranges;

	guest->nruns = 0;
	settle(guest);
	if (guest->mappings > MAX_MAPPINGS)
		drop_everything(guest);
	spin_lock(&guest->range_lock);
	nranges = guest->nranges;
	memcpy(ranges, guest->ranges, nranges * sizeof(ranges[0]));
	guest->nranges = 0;
	spin_unlock(&guest->range_lock);
	for (unsigned int i = 0; i < nranges; i++) {
		unsigned long end = ranges[i].addr + ranges[i].nr * PAGE_SIZE;

		if (!collect(guest, mm, ranges[i].addr, end, &guest->nruns))
			break;
	}
	if (guest->nkept) {
		guest_match_kept(guest);
		if (guest->nops)
			post_proven(guest);
		guest_put_kept(guest);
	}
	add_runs(guest, guest->nruns, guest->distrust);
	guest->distrust = false;
	return guest->nops != 0;
}

/* ---- the interface ---- */

bool guest_has_mapped(const struct guest *guest, unsigned long addr)
{
	for (unsigned int i = 0; i < guest->nruns; i++)
		if (addr >= guest->runs[i].addr && addr - guest->runs[i].addr < guest->runs[i].size)
			return true;
	return areas_overlap((struct guest *)guest, addr, addr + 1);
}

void update_mmu_cache_range(struct mm_struct *mm, unsigned long addr, unsigned int nr)
{
	struct guest *guest = READ_ONCE(mm->context.guest);
	struct guest_range *last;

	if (!guest)
		return;
	spin_lock(&guest->range_lock);
	last = guest->nranges ? &guest->ranges[guest->nranges - 1] : NULL;
	if (last && last->addr + last->nr * PAGE_SIZE == addr) {
		last->nr += nr;
	} else if (guest->nranges < GUEST_MAX_RANGES) {
		guest->ranges[guest->nranges++] = (struct guest_range){ addr, nr };
	} else {
		/* Only a hint; the newest is the likeliest to be needed. */
		*last = (struct guest_range){ addr, nr };
	}
	spin_unlock(&guest->range_lock);
}

/*
 * The child of a fork is about to do what its parent just did: shows it at once what the
 * parent's stub has mapped, as far as its own page tables have it.
 */
void guest_inherit(struct mm_struct *child, struct guest *parent)
{
	unsigned long start = 0, end = 0;

	mutex_lock(&parent->lock);
	for (struct guest_area *area = area_find(parent, 0); area; area = area_next(area)) {
		if (area->start != end) {
			if (end)
				update_mmu_cache_range(child, start, (end - start) >> PAGE_SHIFT);
			start = area->start;
		}
		end = area->end;
	}
	mutex_unlock(&parent->lock);
	if (end)
		update_mmu_cache_range(child, start, (end - start) >> PAGE_SHIFT);
}

void flush_tlb_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct guest *guest = READ_ONCE(mm->context.guest);

	if (!guest)
		return;
	start = max(start, UM_MMAP_MIN_ADDR);
	end = min(end, TASK_SIZE);
	if (start >= end)
		return;
	mutex_lock(&guest->lock);
	settle(guest);
	if (areas_overlap(guest, start, end)) {
		if (areas_remove(guest, start, end)) {
			unmap_ops(guest, start, end);
			post_proven(guest);
		} else {
			drop_everything(guest);
		}
	}
	mutex_unlock(&guest->lock);
}

void flush_tlb_page(struct mm_struct *mm, unsigned long addr)
{
	addr &= PAGE_MASK;
	flush_tlb_range(mm, addr, addr + PAGE_SIZE);
}

static int by_address(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return (x > y) - (x < y);
}

void flush_tlb_pages(struct mm_struct *mm, unsigned long *addrs, unsigned int nr)
{
	struct guest *guest = READ_ONCE(mm->context.guest);
	unsigned long end;

	if (!guest)
		return;
	sort(addrs, nr, sizeof(*addrs), by_address, NULL);
	mutex_lock(&guest->lock);
	settle(guest);
	for (unsigned int i = 0, run; i < nr; i += run) {
		end = addrs[i] + PAGE_SIZE;
		for (run = 1; i + run < nr && addrs[i + run] <= end; run++)
			end = addrs[i + run] + PAGE_SIZE;
		if (!areas_overlap(guest, addrs[i], end))
			continue;
		if (guest->nops == REQUEST_MAX_OPS)
			post_proven(guest);
		if (!areas_remove(guest, addrs[i], end)) {
			drop_everything(guest);
			break;
		}
		guest_op(guest, HOST_NR_MUNMAP, addrs[i], end - addrs[i], 0, 0, 0, 0);
	}
	if (guest->nops)
		post_proven(guest);
	mutex_unlock(&guest->lock);
}

void flush_tlb_mm(struct mm_struct *mm)
{
	flush_tlb_range(mm, 0, TASK_SIZE);
}

/* Adds the operations that unmap what is recorded; what is kept is not. */
static void unmap_recorded(struct guest *guest)
{
	unsigned long at = UM_MMAP_MIN_ADDR;

	for (unsigned int i = 0; i < guest->nkept; i++) {
		if (areas_overlap(guest, at, guest->kept[i].addr))
			unmap_ops(guest, at, guest->kept[i].addr);
		at = guest->kept[i].addr + guest->kept[i].size;
	}
	if (areas_overlap(guest, at, TASK_SIZE))
		unmap_ops(guest, at, TASK_SIZE);
}

void tlb_end_mm(struct mm_struct *mm)
{
	struct guest *guest = READ_ONCE(mm->context.guest);

	if (!guest)
		return;
	mutex_lock(&guest->lock);
	settle(guest);
	if (mm->context.forked)
		guest_keep(guest, mm->context.family);
	if (!RB_EMPTY_ROOT(&guest->areas)) {
		unmap_recorded(guest);
		guest_forget_areas(guest);
		post_proven(guest);
	}
	mutex_unlock(&guest->lock);
}

/* Where the run ends, from addr on, of entries that are all writable, or all not; *writable: which. */
static unsigned long writable_run(struct mm_struct *mm, unsigned long addr, unsigned long end,
				  bool *writable)
{
	unsigned long at = addr;
	pte_t *ptep = NULL;

	spin_lock(&mm->page_table_lock);
	do {
		bool now;

		if (at == addr || !(at & ~PMD_MASK))
			ptep = pte_lookup(mm, at);
		else if (ptep)
			ptep++;
		now = ptep && pte_accessible(ptep_get(ptep)) && pte_write(ptep_get(ptep));

		if (at == addr)
			*writable = now;
		else if (now != *writable)
			break;
		at += PAGE_SIZE;
	} while (at < end);
	spin_unlock(&mm->page_table_lock);
	return at;
}

/*
 * Takes write permission from what lost it of [from, to), which is mapped with prot. False: all
 * was dropped instead. => lock held
 */
static bool protect_runs(struct guest *guest, struct mm_struct *mm, unsigned long from,
			 unsigned long to, int prot)
{
	unsigned long stop;
	bool writable = false;

	for (; from < to; from = stop) {
		stop = writable_run(mm, from, to, &writable);
		if (writable)
			continue;
		if (guest->nops == REQUEST_MAX_OPS) {
			post_proven(guest);
			if (RB_EMPTY_ROOT(&guest->areas))
				return false;
		}
		guest_op(guest, HOST_NR_MPROTECT, from, stop - from, prot & ~HOST_PROT_WRITE, 0, 0, 0);
		if (!areas_insert(guest, from, stop, prot & ~HOST_PROT_WRITE, 0)) {
			drop_everything(guest);
			return false;
		}
	}
	return true;
}

void tlb_wrprotect_range(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct guest *guest = READ_ONCE(mm->context.guest);
	struct guest_area *area;

	if (!guest)
		return;
	mutex_lock(&guest->lock);
	settle(guest);
	while (start < end && (area = area_find(guest, start)) && area->start < end) {
		unsigned long from = max(area->start, start);

		start = min(area->end, end);
		if (area->prot & HOST_PROT_WRITE && !protect_runs(guest, mm, from, start, area->prot))
			break;
	}
	if (guest->nops)
		post_proven(guest);
	mutex_unlock(&guest->lock);
}

void tlb_replace_page(struct mm_struct *mm, unsigned long addr)
{
	struct guest *guest = READ_ONCE(mm->context.guest);

	if (!guest)
		return;
	addr &= PAGE_MASK;
	mutex_lock(&guest->lock);
	guest->nruns = 0;
	settle(guest);
	if (!areas_overlap(guest, addr, addr + PAGE_SIZE)) {
		update_mmu_cache_range(mm, addr, 1);
	} else {
		collect(guest, mm, addr, addr + PAGE_SIZE, &guest->nruns);
		add_runs(guest, guest->nruns, true);
		if (guest->nops)
			post_proven(guest);
		else
			drop_everything(guest);
	}
	mutex_unlock(&guest->lock);
}

bool um_range_is_hole(unsigned long start, unsigned long end)
{
	if (start < UM_MMAP_MIN_ADDR || end > TASK_SIZE || end < start)
		return true;
	return start < UM_JUMP_TABLE_END && end > UM_JUMP_TABLE;
}

/* ---- the address space's life ---- */

int init_new_context(struct task_struct *task, struct mm_struct *mm)
{
	static atomic64_t families = ATOMIC64_INIT(0);

	mm->context = (struct mm_context){ .family = atomic64_inc_return(&families) };
	return 0;
}

void fork_context(struct mm_struct *child, const struct mm_struct *parent)
{
	child->context.family = parent->context.family;
	child->context.forked = true;
}

void destroy_context(struct mm_struct *mm)
{
	struct guest *guest = mm->context.guest;

	mm->context.guest = NULL;
	if (guest)
		guest_put(guest);
}

int um_mm_attach(struct mm_struct *mm)
{
	struct guest *guest, *nobody = NULL;

	if (mm->context.guest)
		return 0;
	guest = guest_take(mm->context.forked ? mm->context.family : 0);
	if (!guest)
		return -EAGAIN;
	if (!__atomic_compare_exchange_n(&mm->context.guest, &nobody, guest, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		guest_put(guest);
	return 0;
}
