// SPDX-License-Identifier: MIT
/*
 * Guest page tables (see <mm/pgtable.h>). A table that is missing on the way down is allocated
 * without the lock and installed under it; tables are freed once no area needs their range.
 */
#include "vm.h"

#include <mm/memcontrol.h>

/* Entries of tables above the last level: an address of the next table, and this. */
#define TABLE_BITS (_PAGE_PRESENT | _PAGE_RW | _PAGE_USER)
/* Of a last-level table: its entries are one huge page. The processor's bit, with a table below. */
#define TABLE_HUGE 0x080UL

static unsigned int level_shift(int level)
{
	return PAGE_SHIFT + 9 * level;
}

static u64 *level_entry(u64 *table, unsigned long addr, int level)
{
	return &table[(addr >> level_shift(level)) & (PTRS_PER_PTE - 1)];
}

static u64 *entry_table(u64 entry)
{
	return __va(entry & PTE_PFN_MASK);
}

pte_t *pte_lookup(struct mm_struct *mm, unsigned long addr)
{
	u64 *table = (u64 *)mm->pgd;

	if (unlikely(addr >= TASK_SIZE))
		return NULL;
	for (int level = 3; level > 0; level--) {
		u64 entry = *level_entry(table, addr, level);

		if (!entry)
			return NULL;
		table = entry_table(entry);
	}
	return (pte_t *)level_entry(table, addr, 0);
}

unsigned long pte_next_table(struct mm_struct *mm, unsigned long addr, unsigned long end,
			     pte_t **ptep)
{
	while (addr < end) {
		u64 *table = (u64 *)mm->pgd;
		int level;

		for (level = 3; level > 0; level--) {
			u64 entry = *level_entry(table, addr, level);

			if (!entry)
				break;
			table = entry_table(entry);
		}
		if (!level) {
			*ptep = (pte_t *)level_entry(table, addr, 0);
			return addr;
		}
		addr = (addr | ((1UL << level_shift(level)) - 1)) + 1;
		if (!addr)
			break;
	}
	return end;
}

/* The entry that points to the last-level table for addr, or NULL. */
static u64 *pmd_lookup(struct mm_struct *mm, unsigned long addr)
{
	u64 *table = (u64 *)mm->pgd;

	if (addr >= TASK_SIZE)
		return NULL;
	for (int level = 3; level > 1; level--) {
		u64 entry = *level_entry(table, addr, level);

		if (!entry)
			return NULL;
		table = entry_table(entry);
	}
	return level_entry(table, addr, 1);
}

bool pmd_is_huge(struct mm_struct *mm, unsigned long addr)
{
	u64 *pmd = pmd_lookup(mm, addr);

	return pmd && (*pmd & TABLE_HUGE);
}

void pmd_mark_huge(struct mm_struct *mm, unsigned long addr)
{
	u64 *pmd = pmd_lookup(mm, addr);
	struct page *page;

	if (*pmd & TABLE_HUGE)
		return;
	*pmd |= TABLE_HUGE;
	/* The table remembers which page it was: its entries go before the mark. */
	page = pte_page(*(pte_t *)entry_table(*pmd));
	virt_to_page(entry_table(*pmd))->private = (unsigned long)page;
	mod_lruvec_page_state(page, NR_ANON_THPS, 1);
}

void pmd_clear_huge(struct mm_struct *mm, unsigned long addr)
{
	u64 *pmd = pmd_lookup(mm, addr);

	if (!pmd || !(*pmd & TABLE_HUGE))
		return;
	*pmd &= ~TABLE_HUGE;
	mod_lruvec_page_state((struct page *)virt_to_page(entry_table(*pmd))->private, NR_ANON_THPS,
			    -1);
}

void pmd_split_huge(struct mm_struct *mm, unsigned long addr)
{
	if (!pmd_is_huge(mm, addr))
		return;
	pmd_clear_huge(mm, addr);
	count_vm_event(THP_SPLIT_PMD);
}

static struct page *alloc_table(struct mm_struct *mm)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO | __GFP_ACCOUNT);

	if (!page)
		return NULL;
	SetPageTable(page);
	atomic_long_add(PAGE_SIZE, &mm->pgtables_bytes);
	mod_lruvec_page_state(page, NR_PAGETABLE, 1);
	return page;
}

static void free_table(struct mm_struct *mm, struct page *page)
{
	ClearPageTable(page);
	atomic_long_sub(PAGE_SIZE, &mm->pgtables_bytes);
	mod_lruvec_page_state(page, NR_PAGETABLE, -1);
	__free_page(page);
}

/*
 * The entry for addr, its tables made as needed, page_table_lock held; NULL (not held) when
 * memory is out. => may sleep
 */
pte_t *pte_alloc_lock(struct mm_struct *mm, unsigned long addr)
{
	struct page *spare = NULL;
	int level = 3;
	u64 *table;

	spin_lock(&mm->page_table_lock);
	table = (u64 *)mm->pgd;
	while (level > 0) {
		u64 *slot = level_entry(table, addr, level);

		if (!*slot && !spare) {
			spin_unlock(&mm->page_table_lock);
			spare = alloc_table(mm);
			if (!spare)
				return NULL;
			spin_lock(&mm->page_table_lock);
			table = (u64 *)mm->pgd;
			level = 3;
			continue;
		}
		if (!*slot) {
			__atomic_store_n(slot, page_to_phys(spare) | TABLE_BITS, __ATOMIC_RELEASE);
			spare = NULL;
		}
		table = entry_table(*slot);
		level--;
	}
	if (spare)
		free_table(mm, spare);
	return (pte_t *)level_entry(table, addr, 0);
}

struct free_tables {
	unsigned long start, end;	/* entries to look at */
	unsigned long floor, ceiling;	/* nothing else is mapped between these */
	struct list_head pages;		/* detached tables */
};

/* Detaches the tables below `table` (of `level`, covering addresses from base). */
static void detach_tables(u64 *table, int level, unsigned long base, struct free_tables *f)
{
	unsigned long size = 1UL << level_shift(level);
	unsigned long at = max(base, f->start & ~(size - 1));
	unsigned long last = base + (size << 9) - 1;

	for (; at < f->end && at >= base && at <= last; at += size) {
		u64 *slot = level_entry(table, at, level);
		struct page *page;

		if (!*slot)
			continue;
		if (level > 1)
			detach_tables(entry_table(*slot), level - 1, at, f);
		if (at < f->floor || at + size > f->ceiling)
			continue;
		page = phys_to_page(*slot & PTE_PFN_MASK);
		__atomic_store_n(slot, 0, __ATOMIC_RELEASE);
		list_add(&page->lru, &f->pages);
	}
}

/*
 * Frees the tables that served [start, end), as far as nothing in [floor, ceiling) needs them.
 * => the entries are empty; mmap_lock held for writing
 */
void free_pgtables(struct mm_struct *mm, unsigned long start, unsigned long end,
		   unsigned long floor, unsigned long ceiling)
{
	struct free_tables f = { start, end, floor, ceiling, LIST_HEAD_INIT(f.pages) };
	struct page *page, *next;

	spin_lock(&mm->page_table_lock);
	detach_tables((u64 *)mm->pgd, 3, 0, &f);
	spin_unlock(&mm->page_table_lock);
	list_for_each_entry_safe(page, next, &f.pages, lru)
		free_table(mm, page);
}

int pgd_alloc(struct mm_struct *mm)
{
	struct page *page = alloc_table(mm);

	if (!page)
		return -ENOMEM;
	mm->pgd = page_address(page);
	return 0;
}

void pgd_free(struct mm_struct *mm)
{
	free_table(mm, virt_to_page(mm->pgd));
	mm->pgd = NULL;
}

/*
 * Private pages start read-only, so that the first write takes its own copy; so do shared ones,
 * so that the first write makes the page dirty. What may be neither read, written nor executed
 * is PROT_NONE. x86 cannot express write-only or execute-only: both can be read.
 */
pgprot_t vm_get_page_prot(vm_flags_t vm_flags)
{
	u64 prot = _PAGE_USER | _PAGE_ACCESSED;

	if (!(vm_flags & VM_ACCESS_FLAGS))
		return __pgprot(prot | _PAGE_PROTNONE | _PAGE_NX);
	prot |= _PAGE_PRESENT;
	if (!(vm_flags & VM_EXEC))
		prot |= _PAGE_NX;
	return __pgprot(prot);
}
