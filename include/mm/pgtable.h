/* SPDX-License-Identifier: MIT */
/*
 * Guest page tables: four levels in guest-physical memory, in the processor's format. No
 * processor reads them: the kernel walks them for user copies, and um/mm turns present entries
 * into host mappings of the stub, its TLB. So the accessed and dirty bits come from faults: an
 * entry is writable only once a write fault has made its page dirty.
 *
 * Entries change under mm->page_table_lock only; a table page is freed under it too, so a
 * walker that holds it needs nothing else.
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include <kern/types.h>
#include <mm/mm_types.h>
#include <mm/page.h>

#define _PAGE_PRESENT	0x001UL
#define _PAGE_RW	0x002UL
#define _PAGE_USER	0x004UL
#define _PAGE_ACCESSED	0x020UL
#define _PAGE_DIRTY	0x040UL
#define _PAGE_PROTNONE	0x100UL	/* not _PAGE_PRESENT: the page is there, access is not */
#define _PAGE_SPECIAL	0x200UL	/* no struct page counting (zero page, PFN maps) */
#define _PAGE_SWAP	0x400UL	/* not present: a swap entry (<mm/swap.h>) */
#define _PAGE_UFFD_WP	0x800UL	/* userfaultfd: present, and protected from writing */
#define _PAGE_NX	(1UL << 63)
#define PTE_PFN_MASK	0x000ffffffffff000UL

#define PTRS_PER_PTE	512
#define HPAGE_PMD_ORDER	9
#define HPAGE_PMD_NR	(1UL << HPAGE_PMD_ORDER)
#define PMD_SHIFT	21
#define PMD_SIZE	(1UL << PMD_SHIFT)
#define PMD_MASK	(~(PMD_SIZE - 1))
#define PUD_SHIFT	30
#define PUD_SIZE	(1UL << PUD_SHIFT)
#define PUD_MASK	(~(PUD_SIZE - 1))
#define PGDIR_SHIFT	39
#define PGDIR_SIZE	(1UL << PGDIR_SHIFT)
#define PGDIR_MASK	(~(PGDIR_SIZE - 1))

#define __pgprot(x)	((pgprot_t){ (x) })
#define pgprot_val(x)	((x).pgprot)
#define __pte(x)	((pte_t){ (x) })
#define pte_val(x)	((x).pte)

static inline bool pte_none(pte_t pte)
{
	return !pte.pte;
}

/* A page is there, though perhaps without any access (PROT_NONE). */
static inline bool pte_present(pte_t pte)
{
	return (pte.pte & (_PAGE_PRESENT | _PAGE_PROTNONE)) != 0;
}

/* The guest may read it. */
static inline bool pte_accessible(pte_t pte)
{
	return (pte.pte & _PAGE_PRESENT) != 0;
}

static inline bool pte_write(pte_t pte)
{
	return (pte.pte & _PAGE_RW) != 0;
}

static inline bool pte_exec(pte_t pte)
{
	return !(pte.pte & _PAGE_NX);
}

static inline bool pte_dirty(pte_t pte)
{
	return (pte.pte & _PAGE_DIRTY) != 0;
}

static inline bool pte_special(pte_t pte)
{
	return (pte.pte & _PAGE_SPECIAL) != 0;
}

static inline unsigned long pte_pfn(pte_t pte)
{
	return (pte.pte & PTE_PFN_MASK) >> PAGE_SHIFT;
}

#define pte_page(pte) pfn_to_page(pte_pfn(pte))

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte(((u64)pfn << PAGE_SHIFT) | pgprot_val(prot));
}

#define mk_pte(page, prot) pfn_pte(page_to_pfn(page), prot)

static inline pte_t pte_mkwrite(pte_t pte)
{
	return __pte(pte.pte | _PAGE_RW);
}

static inline pte_t pte_wrprotect(pte_t pte)
{
	return __pte(pte.pte & ~_PAGE_RW);
}

static inline pte_t pte_mkdirty(pte_t pte)
{
	return __pte(pte.pte | _PAGE_DIRTY);
}

static inline pte_t pte_mkclean(pte_t pte)
{
	return __pte(pte.pte & ~_PAGE_DIRTY);
}

static inline pte_t pte_mkyoung(pte_t pte)
{
	return __pte(pte.pte | _PAGE_ACCESSED);
}

/*
 * Used since it was last made old. Old entries are not shown to the host, so that the next use
 * is a fault, which makes them young.
 */
static inline bool pte_young(pte_t pte)
{
	return (pte.pte & _PAGE_ACCESSED) != 0;
}

static inline pte_t pte_mkold(pte_t pte)
{
	return __pte(pte.pte & ~_PAGE_ACCESSED);
}

/* A swap entry, or that of a page on the move: not present, not none. */
static inline bool pte_is_swap(pte_t pte)
{
	return (pte.pte & (_PAGE_PRESENT | _PAGE_PROTNONE | _PAGE_SWAP)) == _PAGE_SWAP;
}

static inline bool pte_uffd_wp(pte_t pte)
{
	return (pte.pte & _PAGE_UFFD_WP) != 0;
}

static inline pte_t pte_mkuffd_wp(pte_t pte)
{
	return __pte((pte.pte | _PAGE_UFFD_WP) & ~_PAGE_RW);
}

static inline pte_t pte_clear_uffd_wp(pte_t pte)
{
	return __pte(pte.pte & ~_PAGE_UFFD_WP);
}

static inline pte_t pte_mkspecial(pte_t pte)
{
	return __pte(pte.pte | _PAGE_SPECIAL);
}

static inline pte_t ptep_get(const pte_t *ptep)
{
	return __pte(__atomic_load_n(&ptep->pte, __ATOMIC_RELAXED));
}

static inline void set_pte(pte_t *ptep, pte_t pte)
{
	__atomic_store_n(&ptep->pte, pte.pte, __ATOMIC_RELEASE);
}

static inline unsigned int pte_index(unsigned long addr)
{
	return (addr >> PAGE_SHIFT) & (PTRS_PER_PTE - 1);
}

/*
 * The entry for addr, or NULL when a table on the way is missing.
 * => page_table_lock held
 */
pte_t *pte_lookup(struct mm_struct *mm, unsigned long addr);

/*
 * The first address in [addr, end) for which a last-level table exists, and its entry in
 * *ptep; `end` when there is none. Skips empty regions fast.
 * => page_table_lock held
 */
unsigned long pte_next_table(struct mm_struct *mm, unsigned long addr, unsigned long end,
			     pte_t **ptep);

/* Does the table for addr map one aligned block of 2 MiB? => page_table_lock held */
bool pmd_is_huge(struct mm_struct *mm, unsigned long addr);

/* Protection of a mapping's pages by its VM_READ|WRITE|EXEC bits, before write faults. */
pgprot_t vm_get_page_prot(vm_flags_t vm_flags);

#endif
