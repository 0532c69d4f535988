// SPDX-License-Identifier: MIT
/*
 * Moving a page to another frame while it is in use.
 *
 * No entry is ever taken away, so that faults, fork, mremap and munmap meet nothing new:
 *
 *	1. the page and the new one are locked, all entries lose their write permission, and the host
 *	   mappings of those that had it go: nothing changes the content any more
 *	2. if nobody but these entries, the page's cache and the caller has a reference, the content is
 *	   copied, and each entry gets the new page; the old one keeps the entries' references
 *	   until the host mappings are gone
 *	3. the cache, of the file or of swap, gets the new page in the place of the old one
 *
 * In between some entries may show the old page and some the new one, which is the same to all, for
 * both have the same content:
 *
 *	anonymous	who writes finds a page that others (the caller) have too: he waits a moment while it is
 *			locked, or gets a copy of his own
 *	of a file	who writes waits for the lock of the page, then finds what the cache has
 *
 * So it does no harm when entries of an anonymous page are not found, or when step 3 finds that somebody
 * has looked the page up since; then the entries get the old page back. Who has pinned a page for writing
 * has it in step 2: the page stays. References are counted down to zero in step 3, so that a lookup
 * either has the old page for reading before the change, or waits for the new one.
 *
 * Groups (memcg) pay for both pages meanwhile, over their limit if need be.
 *
 * Lock order: as in rmap.c; the new page's lock inside the old one's, since nobody else knows it.
 */
#include "migrate.h"

#include <kern/sched.h>
#include <mm/memcontrol.h>
#include <mm/pagemap.h>
#include <um/tlb.h>

#include "swap_internal.h"

/* How often a page that is in use is tried, with its lock waited for. */
#define TRIES 10

/* What `to` takes over besides content and place. */
#define MOVED_FLAGS ((1UL << PG_swapbacked) | (1UL << PG_uptodate) | (1UL << PG_user) | \
		     (1UL << PG_active) | (1UL << PG_referenced) | (1UL << PG_workingset) | \
		     (1UL << PG_readahead) | (1UL << PG_mappedtodisk) | (1UL << PG_checked))

/* ---- step 1 ---- */

struct protect_arg {
	struct rmap_flush *flush;
	bool full;		/* the flush is, and the walk ended early */
	int found;
};

static bool protect_one(struct page *page, struct mm_struct *mm, unsigned long addr, pte_t *ptep,
			void *data)
{
	struct protect_arg *arg = data;
	pte_t pte = ptep_get(ptep);

	if (pte_write(pte)) {
		arg->full = !rmap_flush_add(arg->flush, mm, addr);
		if (arg->full)
			return false;
		pmd_split_huge(mm, addr);
		set_pte(ptep, pte_wrprotect(pte));
	}
	arg->found++;
	return true;
}

/* Nothing is left of it but the caller's reference, or its place in a file has gone. */
static bool page_is_gone(const struct page *page)
{
	return !page_mapped(page) && !PageSwapCache(page) && !page_mapping(page);
}

/* => page locked. 0, 1: there is nothing to move; or -errno */
static int protect(struct migration *m, const struct migrate_control *mc, struct rmap_flush *flush)
{
	struct protect_arg walk = { .flush = flush };
	struct page *page = m->from;

	if (page_is_gone(page))
		return 1;
	if (PageWriteback(page) || !PageUptodate(page) || PagePrivate(page))
		return -EBUSY;
	/* Threads may be inside of a call that its twin has made: the way back is the twin's (um/text). */
	if (page->text_twin)
		return -EBUSY;
	m->to = mc->target(m, mc->arg);
	if (!m->to)
		return -ENOMEM;
	rmap_walk(page, protect_one, &walk, mc->wait);
	while (walk.full) {
		rmap_flush_now(flush);
		walk = (struct protect_arg){ .flush = flush };
		rmap_walk(page, protect_one, &walk, mc->wait);
	}
	return walk.found == page_mapcount(page) ? 0 : -EBUSY;
}

/* ---- step 2 ---- */

struct replace_arg {
	struct page *to;
	struct rmap_flush *flush;
	bool full;
	unsigned int refs;
};

/* `to` is mapped in place of a locked page: then nobody unlocks it by unmapping the other. */
static void copy_mlock(struct page *from, struct page *to)
{
	if (!PageMlocked(from) || TestSetPageMlocked(to))
		return;
	SetPageUnevictable(to);
	mod_node_page_state(to, NR_MLOCK, 1);
}

static bool replace_one(struct page *page, struct mm_struct *mm, unsigned long addr, pte_t *ptep,
			void *data)
{
	struct replace_arg *arg = data;
	struct page *to = arg->to;
	pte_t pte = ptep_get(ptep);

	if (pte_write(pte))
		return false;
	arg->full = !rmap_flush_add(arg->flush, mm, addr);
	if (arg->full)
		return false;
	pmd_split_huge(mm, addr);
	to->index = page->index;
	copy_mlock(page, to);
	get_page(to);
	page_add_rmap(to, PageAnon(page));
	set_pte(ptep, __pte((pte_val(pte) & ~PTE_PFN_MASK) | page_to_phys(to)));
	page_remove_rmap(page);
	arg->refs++;
	return true;
}

/* The entries of `from` get `to`. How many references of `from` are to be dropped after the flush. */
static unsigned int replace_entries(struct page *from, struct page *to, bool wait,
				    struct rmap_flush *flush)
{
	struct replace_arg walk = { .to = to, .flush = flush };

	rmap_walk(from, replace_one, &walk, wait);
	while (walk.full) {
		rmap_flush_now(flush);
		for (; walk.refs; walk.refs--)
			put_page(from);
		walk.full = false;
		rmap_walk(from, replace_one, &walk, wait);
	}
	return walk.refs;
}

/* The page has no users but its entries, its cache and the caller. */
static bool nobody_else_has(const struct page *page)
{
	int cached = PageSwapCache(page) || page_mapping(page);

	return page_count(page) == 1 + page_mapcount(page) + cached;
}

static int replace(struct migration *m, bool wait, struct rmap_flush *flush)
{
	struct page *from = m->from, *to = m->to;

	if (!nobody_else_has(from))
		return -EBUSY;
	copy_highpage(to, from);
	to->flags |= (from->flags & MOVED_FLAGS) | (1UL << PG_locked);
	to->index = from->index;
	WRITE_ONCE(to->mapping, from->mapping);
	mem_cgroup_charge_copy(from, to);
	m->refs = replace_entries(from, to, wait, flush);
	return 0;
}

/*
 * The entries that step 2 changed get the old page again. Step 2 has met nobody who changes the file's areas,
 * so it is not the caller himself who does. All of a file's are found; of an anonymous page's not those that
 * mremap() hides, which do no harm.
 */
static void take_back(struct migration *m, struct rmap_flush *flush)
{
	for (int i = 0; page_mapped(m->to) && (i < TRIES || !PageAnon(m->to)); i++) {
		unsigned int refs = replace_entries(m->to, m->from, true, flush);

		rmap_flush_now(flush);
		while (refs--)
			put_page(m->to);
		cond_resched();
	}
}

/* ---- step 3 ---- */

/* What a node counts of a page that its cache has. */
static void move_state(struct page *from, struct page *to, enum node_stat_item item)
{
	mod_lruvec_page_state(from, item, -1);
	mod_lruvec_page_state(to, item, 1);
}

/* `from` has no users left, so that its flag is the last word. */
static void move_dirty(struct page *from, struct page *to, bool counted)
{
	if (!TestClearPageDirty(from))
		return;
	if (counted)
		mod_lruvec_page_state(from, NR_FILE_DIRTY, -1);
	if (!TestSetPageDirty(to) && counted)
		mod_lruvec_page_state(to, NR_FILE_DIRTY, 1);
}

/* Are the mapping's dirty pages counted? */
static bool counts_dirty(const struct address_space *mapping)
{
	return mapping && mapping->a_ops && mapping->a_ops->writepage;
}

static bool replace_in_file(struct page *from, struct page *to)
{
	struct address_space *mapping = from->mapping;

	xa_lock_irq(&mapping->i_pages);
	/* The cache's reference and the caller's. At zero, lookups wait until the place has `to`. */
	if (atomic_cmpxchg(&from->_refcount, 2, 0) != 2) {
		xa_unlock_irq(&mapping->i_pages);
		return false;
	}
	get_page(to);
	move_dirty(from, to, counts_dirty(mapping));
	__xa_store(&mapping->i_pages, from->index, to, 0);
	move_state(from, to, NR_FILE_PAGES);
	if (PageSwapBacked(from))
		move_state(from, to, NR_SHMEM);
	from->mapping = NULL;
	atomic_set_release(&from->_refcount, 1);
	xa_unlock_irq(&mapping->i_pages);
	return true;
}

static bool replace_in_swap_cache(struct page *from, struct page *to)
{
	swp_entry_t entry = page_swap_entry(from);
	struct xarray *cache = swap_cache_of(entry);

	xa_lock_irq(cache);
	if (atomic_cmpxchg(&from->_refcount, 2, 0) != 2) {
		xa_unlock_irq(cache);
		return false;
	}
	get_page(to);
	to->private = entry.val;
	SetPageSwapCache(to);
	move_dirty(from, to, false);
	__xa_store(cache, swp_offset(entry), to, 0);
	move_state(from, to, NR_SWAPCACHE);
	ClearPageSwapCache(from);
	from->private = 0;
	atomic_set_release(&from->_refcount, 1);
	xa_unlock_irq(cache);
	return true;
}

/* => host mappings of the old page are gone. True: `to` has its place. */
static bool replace_in_cache(struct page *from, struct page *to)
{
	if (page_mapped(from))
		return false;
	if (PageSwapCache(from))
		return replace_in_swap_cache(from, to);
	if (page_mapping(from))
		return replace_in_file(from, to);
	move_dirty(from, to, false);
	return true;
}

static void finish(struct migration *m, struct rmap_flush *flush)
{
	struct page *from = m->from, *to = m->to;

	while (m->refs) {
		m->refs--;
		put_page(from);
	}
	if (replace_in_cache(from, to))
		m->err = 0;
	else if (!PageAnon(from) || PageSwapCache(from))
		take_back(m, flush);
	/* An entry that went meanwhile may have left word that it was written. */
	if (m->err && page_mapping(from))
		move_dirty(to, from, counts_dirty(page_mapping(from)));
	/* What is mapped of an anonymous page is one by itself; the rest is tried again. */
	if (m->err && !page_mapped(to))
		WRITE_ONCE(to->mapping, NULL);
	else
		lru_cache_add(to);
	unlock_page(to);
}

/* ---- all of it ---- */

static void release(struct migration *m)
{
	if (m->locked)
		unlock_page(m->from);
	m->locked = false;
	if (m->to)
		put_page(m->to);
	m->to = NULL;
}

/* One attempt at the pages that have not been moved yet and are locked. */
static void attempt(struct migration *pages, unsigned int nr, const struct migrate_control *mc)
{
	struct rmap_flush flush = { .nr = 0 };

	for (unsigned int i = 0; i < nr; i++)
		if (pages[i].locked)
			pages[i].err = protect(&pages[i], mc, &flush);
	rmap_flush_now(&flush);
	for (unsigned int i = 0; i < nr; i++)
		if (pages[i].locked && !pages[i].err)
			pages[i].err = replace(&pages[i], mc->wait, &flush) ?: -EAGAIN;
	rmap_flush_now(&flush);
	for (unsigned int i = 0; i < nr; i++) {
		if (pages[i].locked && pages[i].err == -EAGAIN)
			finish(&pages[i], &flush);
		if (pages[i].err == -EAGAIN)
			pages[i].err = -EBUSY;
		if (pages[i].err == 1)
			pages[i].err = 0;
		release(&pages[i]);
	}
}

/* By itself, waiting for whoever has it. */
static void migrate_one(struct migration *m, const struct migrate_control *mc)
{
	for (int i = 0; i < TRIES && m->err == -EBUSY; i++) {
		/* Rewritten text stays, however long one waits. */
		if (m->from->text_twin)
			break;
		tlb_release_pages();
		wait_on_page_writeback(m->from);
		lock_page(m->from);
		m->locked = true;
		attempt(m, 1, mc);
		if (m->err == -EBUSY && i >= TRIES / 2)
			schedule_timeout_uninterruptible(1);
		else
			cond_resched();
	}
}

unsigned int migrate_batch(struct migration *pages, unsigned int nr, const struct migrate_control *mc)
{
	unsigned int stayed = 0;

	/* Several locks at a time: none is waited for. */
	for (unsigned int i = 0; i < nr; i++) {
		pages[i].err = -EBUSY;
		pages[i].locked = trylock_page(pages[i].from);
	}
	attempt(pages, nr, mc);
	for (unsigned int i = 0; i < nr; i++) {
		if (mc->wait)
			migrate_one(&pages[i], mc);
		if (pages[i].err)
			stayed++;
		count_vm_event(pages[i].err ? PGMIGRATE_FAIL : PGMIGRATE_SUCCESS);
		if (pages[i].err)
			putback_lru_page(pages[i].from);
		else
			put_page(pages[i].from);
	}
	return stayed;
}
