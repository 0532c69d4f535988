// SPDX-License-Identifier: MIT
/*
 * Twins: copies of text pages in which system calls are rewritten (sites.c).
 *
 * A twin hangs on the page of the page cache that it copies (page->text_twin), lives as long as
 * it, and is shown in its place to every stub that may execute but not write it. All else
 * (read(2), ptrace, /proc/PID/mem, the kernel) goes by the page tables, and sees the original.
 * Twins are made for 32 pages at once, in one block, so that the host needs one mapping for
 * them; and once seen by anybody they never change, so no processor ever executes an
 * instruction that is being written.
 *
 * A page gets a twin when a system call in it has come by signal a few times, in one program or
 * in several: those that start programs and end at once never make many. What is a site is
 * found by its bytes; that these bytes begin an instruction is nearly certain: a call number
 * below 1024 between them, or the comparison with the largest error numbers, and no prefix
 * before that would make it another instruction.
 *
 * Files that are open for writing have no twins, and lose them when they are opened so:
 *
 *   make: set AS_TEXT_TWINS; look at i_writecount     open: count i_writecount; look at the flag
 *
 * Two mappings of one page in one address space cannot both have its twin, since a site's number
 * would not say from which it came: the second shows the original.
 *
 * Lock order: mmap_lock -> twin_mutex -> i_mmap_rwsem -> guest->lock. twin_mutex guards the
 * making and taking away of twins; page->text_twin is set by a release, and read under the
 * guest->lock of the stub that will map it, which whoever unmaps the page takes afterwards.
 */
#include <fs/file.h>
#include <fs/inode.h>
#include <kern/kernel.h>
#include <kern/mutex.h>
#include <kern/task.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/pagemap.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <um/text.h>
#include <um/tlb.h>
#include "../mm/guest.h"
#include "text.h"

#include <asm/unistd.h>

#define BLOCK_ORDER 5
#define BLOCK_PAGES (1UL << BLOCK_ORDER)

/* A site by signal so often: shows a twin that there is; makes one. */
#define SHOW_AFTER 2
#define MAKE_AFTER 6

/* How often sites came by signal, by where they are in memory: counted at the first in a program. */
#define HEAT_BITS 10
static u8 heat[1 << HEAT_BITS];

#define MAX_CALL_NUMBER 1024

/* The sites of a twin: twin->private. */
struct twin_sites {
	unsigned int count;
	struct {
		u16 offset, nr;
	} at[];
};

static DEFINE_MUTEX(twin_mutex);

static struct twin_sites *sites_of(const struct page *twin)
{
	return (struct twin_sites *)twin->private;
}

/* ---- finding sites ---- */

static s32 read_imm(const u8 *at)
{
	s32 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/*
 * A child begins with all of its parent's registers, the FPU's too, which only a signal's frame
 * holds: a thread that came by the trampoline would have to leave it by a second event.
 */
static bool wants_frame(s32 number)
{
	return number == __NR_clone || number == __NR_fork || number == __NR_vfork ||
	       number == __NR_clone3;
}

/* What kind of site the `syscall` at `at` belongs to; *start: where it begins. */
static enum site_kind classify(const u8 *text, unsigned int at, unsigned int *start, s32 *value)
{
	/* The byte before must be there to be looked at: REX.B would make it `mov %r8d`. */
	bool constant = at >= 6 && text[at - 5] == 0xb8 && (text[at - 6] & 0xf1) != 0x41;

	if (constant && wants_frame(read_imm(text + at - 4)))
		return SITE_FREE;
	/* As glibc and others compare: -4095 or -4096. */
	if (at + 8 <= PAGE_SIZE && text[at + 2] == 0x48 && text[at + 3] == 0x3d) {
		*value = read_imm(text + at + 4);
		*start = at;
		if (*value == -4095 || *value == -4096)
			return SITE_VAR;
	}
	if (!constant)
		return SITE_FREE;
	*value = read_imm(text + at - 4);
	*start = at - 5;
	return *value >= 0 && *value < MAX_CALL_NUMBER ? SITE_CONST : SITE_FREE;
}

static bool is_syscall(const u8 *at)
{
	return at[0] == 0x0f && at[1] == 0x05;
}

static unsigned int count_sites(const u8 *text)
{
	unsigned int count = 0, start;
	s32 value;

	for (unsigned int at = 0; at + 2 <= PAGE_SIZE; at++)
		count += is_syscall(text + at) && classify(text, at, &start, &value);
	return count;
}

/* ---- making twins ---- */

static void twin_free(struct page *twin)
{
	struct twin_sites *sites = sites_of(twin);

	for (unsigned int i = 0; sites && i < sites->count; i++)
		site_free(sites->at[i].nr);
	kfree(sites);
	twin->private = 0;
	__free_page(twin);
}

/* Rewrites the copy: looks for sites in the original, which does not change meanwhile. */
static bool rewrite(struct page *twin, const u8 *text)
{
	u8 *copy = page_address(twin);
	struct twin_sites *sites;
	unsigned int room = count_sites(text), start;
	s32 value;

	memcpy(copy, text, PAGE_SIZE);
	twin->private = 0;
	if (!room)
		return true;
	sites = kzalloc(sizeof(*sites) + room * sizeof(sites->at[0]), GFP_KERNEL | __GFP_NOWARN);
	if (!sites)
		return false;
	twin->private = (unsigned long)sites;
	for (unsigned int at = 0; at + 2 <= PAGE_SIZE && sites->count < room; at++) {
		enum site_kind kind = is_syscall(text + at) ? classify(text, at, &start, &value) :
							      SITE_FREE;
		int nr;

		if (kind == SITE_FREE)
			continue;
		nr = site_alloc(kind, value);
		if (nr < 0)
			break;
		site_patch(nr, copy + start);
		sites->at[sites->count].offset = start;
		sites->at[sites->count++].nr = nr;
	}
	return true;
}

/* => twin_mutex held, page counted */
static bool make_twin(struct page *page, struct page *twin)
{
	if (!page || !PageUptodate(page) || page->text_twin)
		return false;
	if (!rewrite(twin, page_address(page)))
		return false;
	SetPageUser(twin);
	smp_store_release(&page->text_twin, twin);
	return true;
}

static void make_block(struct address_space *mapping, pgoff_t first)
{
	struct page *block;

	set_bit(AS_TEXT_TWINS, &mapping->flags);
	smp_mb();
	if (atomic_read(&mapping->host->i_writecount) > 0)
		return;
	block = alloc_pages(GFP_KERNEL | __GFP_NOWARN, BLOCK_ORDER);
	if (!block)
		return;
	split_page(block, BLOCK_ORDER);
	for (unsigned int i = 0; i < BLOCK_PAGES; i++) {
		struct page *page = find_get_page(mapping, first + i);

		if (!make_twin(page, block + i))
			__free_page(block + i);
		if (page)
			put_page(page);
	}
}

void um_text_twin_free(struct page *page)
{
	struct page *twin = page->text_twin;

	page->text_twin = NULL;
	twin_free(twin);
}

void um_text_written(struct address_space *mapping)
{
	struct page *gone = NULL;
	pgoff_t index = 0;

	mutex_lock(&twin_mutex);
	clear_bit(AS_TEXT_TWINS, &mapping->flags);
	for (;;) {
		struct page *page = NULL, *twin;

		if (!find_get_pages_range(mapping, &index, ~0UL, 1, &page))
			break;
		twin = __atomic_exchange_n(&page->text_twin, NULL, __ATOMIC_SEQ_CST);
		if (twin) {
			twin->mapping = (void *)gone;
			gone = twin;
		}
		put_page(page);
	}
	if (gone)
		unmap_mapping_range(mapping, 0, 0, 0);
	while (gone) {
		struct page *next = (void *)gone->mapping;

		gone->mapping = NULL;
		twin_free(gone);
		gone = next;
	}
	mutex_unlock(&twin_mutex);
}

/* ---- showing them ---- */

/* Notes where a site is in this address space. False: no memory, or it is elsewhere too. */
static bool record(struct guest *guest, unsigned int nr, unsigned long addr)
{
	struct guest_sites **chunk = &guest->sites[nr / GUEST_SITES_CHUNK];
	unsigned long old;

	if (!*chunk) {
		struct guest_sites *new = kzalloc(sizeof(*new), GFP_ATOMIC | __GFP_NOWARN);

		if (!new)
			return false;
		smp_store_release(chunk, new);
	}
	old = (*chunk)->at[nr % GUEST_SITES_CHUNK];
	if (old && old != addr && guest_has_mapped(guest, old))
		return false;
	WRITE_ONCE((*chunk)->at[nr % GUEST_SITES_CHUNK], addr);
	return true;
}

struct page *text_choose(struct guest *guest, unsigned long addr, struct page *page)
{
	struct page *twin = smp_load_acquire(&page->text_twin);
	struct twin_sites *sites;

	if (!twin || guest->plain_text)
		return page;
	sites = sites_of(twin);
	for (unsigned int i = 0; sites && i < sites->count; i++)
		if (!record(guest, sites->at[i].nr, addr + sites->at[i].offset))
			return page;
	return twin;
}

/* Has the block around addr shown anew. => mmap_lock held */
static void show_block(struct guest *guest, struct vm_area_struct *vma, unsigned long addr)
{
	pgoff_t index = ((addr - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;
	unsigned long before = index % BLOCK_PAGES * PAGE_SIZE;
	unsigned long start = (addr & PAGE_MASK) - min(before, (addr & PAGE_MASK) - vma->vm_start);
	unsigned long end = min((addr & PAGE_MASK) - before + BLOCK_PAGES * PAGE_SIZE, vma->vm_end);

	update_mmu_cache_range(vma->vm_mm, start, (end - start) >> PAGE_SHIFT);
	WRITE_ONCE(guest->distrust, true);
}

/* The page of the page cache that is mapped at addr, counted; NULL: another kind of page. */
static struct page *text_page(struct vm_area_struct *vma, unsigned long addr)
{
	struct mm_struct *mm = vma->vm_mm;
	struct page *page = NULL;
	pte_t *ptep;

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	if (ptep && pte_present(*ptep) && !pte_special(*ptep) && pte_exec(*ptep) &&
	    !pte_write(*ptep)) {
		page = pte_page(*ptep);
		if (page_mapping(page) == vma->vm_file->f_mapping)
			get_page(page);
		else
			page = NULL;
	}
	spin_unlock(&mm->page_table_lock);
	return page;
}

/* Another program has come here. True: often enough. A hint, so races do no harm. */
static bool heat_up(const struct page *page, unsigned long ip)
{
	u8 *count = &heat[hash_64(page_to_pfn(page) << PAGE_SHIFT | offset_in_page(ip), HEAT_BITS)];
	u8 now = READ_ONCE(*count);

	if (now < MAKE_AFTER)
		WRITE_ONCE(*count, now + 1);
	return now + 1 >= MAKE_AFTER;
}

/* count: how often this program has come here. */
static void consider(struct guest *guest, struct vm_area_struct *vma, unsigned long ip,
		     unsigned int count)
{
	struct page *page = text_page(vma, ip);
	unsigned int start;
	s32 value;

	if (!page)
		return;
	if (is_syscall((u8 *)page_address(page) + offset_in_page(ip)) &&
	    classify(page_address(page), offset_in_page(ip), &start, &value)) {
		if (!page->text_twin &&
		    (count == MAKE_AFTER || (count == 1 && heat_up(page, ip)))) {
			mutex_lock(&twin_mutex);
			/* Not the page's: it may have been truncated away by now. */
			make_block(vma->vm_file->f_mapping, page->index & ~(BLOCK_PAGES - 1));
			mutex_unlock(&twin_mutex);
		}
		if (page->text_twin && count >= SHOW_AFTER)
			show_block(guest, vma, ip);
	}
	put_page(page);
}

void text_consider(struct guest *guest, unsigned long ip)
{
	struct guest_hot *hot = &guest->hot[(ip ^ ip >> 8) % GUEST_HOT];
	struct mm_struct *mm = current->mm;
	unsigned int count = READ_ONCE(hot->count);
	struct vm_area_struct *vma;

	/* Threads may spoil each other's counts: no harm. */
	if (READ_ONCE(hot->ip) != ip) {
		WRITE_ONCE(hot->ip, ip);
		count = 0;
	}
	if (count > MAKE_AFTER)
		return;
	WRITE_ONCE(hot->count, ++count);
	if ((count != 1 && count != SHOW_AFTER && count != MAKE_AFTER) ||
	    !text_works() ||
	    guest->plain_text || offset_in_page(ip) > PAGE_SIZE - 2)
		return;
	mmap_read_lock(mm);
	vma = vma_lookup(mm, ip);
	if (vma && vma->vm_file && (vma->vm_flags & VM_EXEC))
		consider(guest, vma, ip, count);
	mmap_read_unlock(mm);
}

void um_text_plain(struct mm_struct *mm)
{
	struct guest *guest = READ_ONCE(mm->context.guest);

	if (!guest || guest->plain_text)
		return;
	WRITE_ONCE(guest->plain_text, true);
	flush_tlb_mm(mm);
}
