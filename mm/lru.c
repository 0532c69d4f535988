// SPDX-License-Identifier: MIT
/*
 * The lists of pages by age: active and inactive, of files and of anonymous memory (with
 * tmpfs), and those that must stay (mlock). New pages start inactive; use moves them to the
 * active list, reclaim (reclaim.c) brings them back to the inactive one and takes from its tail.
 *
 * A page on a list has PG_lru, and its flags say which list: PG_unevictable, PG_swapbacked,
 * PG_active. Who changes these takes the page off its list first. The lists hold no reference:
 * a page leaves its list before it is freed.
 *
 * Each memory group has lists on each node (struct lruvec): which one a page is on follows from the
 * group that pays for it, and that is settled before the page comes to a list.
 *
 * Lock: the node's lru_lock, interrupts off, innermost.
 */
#include "memcg.h"

#include <kern/init.h>
#include <mm/pagemap.h>

_Static_assert(NR_INACTIVE_ANON + NR_LRU_LISTS - 1 == NR_UNEVICTABLE, "counters in the lists' order");

void lruvec_init(struct lruvec *lruvec, struct mem_cgroup *memcg)
{
	for (int i = 0; i < NR_LRU_LISTS; i++)
		INIT_LIST_HEAD(&lruvec->lists[i]);
	lruvec->memcg = memcg;
}

static spinlock_t *lru_lock_of(const struct page *page)
{
	return &page_pgdat(page)->lru_lock;
}

/* => the node's lru_lock held, as for all below: the page's group does not go meanwhile */
static struct lruvec *page_lruvec(const struct page *page)
{
	struct memcg_slot *slot = page_memcg_slot(page);

	return slot ? slot->lruvecs[page_to_nid(page)] : &page_pgdat(page)->lruvec;
}

static enum lru_list page_lru(const struct page *page)
{
	if (PageUnevictable(page))
		return LRU_UNEVICTABLE;
	return (PageSwapBacked(page) ? 0 : LRU_FILE) + (PageActive(page) ? LRU_ACTIVE : 0);
}

static void add_to_sizes(struct lruvec *lruvec, int nid, enum lru_list lru, long nr)
{
	lruvec->sizes[lru] += nr;
	for (struct mem_cgroup *memcg = lruvec->memcg; memcg; memcg = memcg->parent)
		memcg_lruvec(memcg, nid)->tree_sizes[lru] += nr;
}

static void lru_insert(struct page *page, bool tail)
{
	struct lruvec *lruvec = page_lruvec(page);
	enum lru_list lru = page_lru(page);

	if (tail)
		list_add_tail(&page->lru, &lruvec->lists[lru]);
	else
		list_add(&page->lru, &lruvec->lists[lru]);
	add_to_sizes(lruvec, page_to_nid(page), lru, 1);
	mod_node_page_state(page, NR_INACTIVE_ANON + lru, 1);
}

static void lru_remove(struct page *page)
{
	enum lru_list lru = page_lru(page);

	list_del(&page->lru);
	add_to_sizes(page_lruvec(page), page_to_nid(page), lru, -1);
	mod_node_page_state(page, NR_INACTIVE_ANON + lru, -1);
}

unsigned long lru_size(enum lru_list lru)
{
	unsigned long sum = 0;

	for (unsigned int nid = 0; nid < nr_node_ids; nid++)
		sum += node_lru_size(NODE_DATA(nid), lru);
	return sum;
}

void lru_cache_add(struct page *page)
{
	spinlock_t *lock = lru_lock_of(page);
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	if (!TestSetPageLRU(page))
		lru_insert(page, false);
	spin_unlock_irqrestore(lock, flags);
}

/* New pages of one block, on no list yet. */
void lru_cache_add_run(struct page *pages, unsigned int nr)
{
	spinlock_t *lock = lru_lock_of(pages);
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	for (unsigned int i = 0; i < nr; i++) {
		SetPageLRU(pages + i);
		lru_insert(pages + i, false);
	}
	spin_unlock_irqrestore(lock, flags);
}

void lru_cache_del(struct page *page)
{
	spinlock_t *lock = lru_lock_of(page);
	unsigned long flags;

	if (!PageLRU(page))
		return;
	spin_lock_irqsave(lock, flags);
	if (TestClearPageLRU(page))
		lru_remove(page);
	spin_unlock_irqrestore(lock, flags);
}

void mark_page_accessed(struct page *page)
{
	spinlock_t *lock = lru_lock_of(page);
	unsigned long flags;

	if (!PageReferenced(page)) {
		SetPageReferenced(page);
		return;
	}
	if (!PageLRU(page) || PageActive(page) || PageUnevictable(page))
		return;
	spin_lock_irqsave(lock, flags);
	if (PageLRU(page) && !PageActive(page) && !PageUnevictable(page)) {
		lru_remove(page);
		SetPageActive(page);
		lru_insert(page, false);
		ClearPageReferenced(page);
		count_vm_event(PGACTIVATE);
		count_memcg(page_lruvec(page)->memcg, PGACTIVATE, 1);
		workingset_activation(page);
	}
	spin_unlock_irqrestore(lock, flags);
}

/* ---- isolation ---- */

unsigned int isolate_lru_pages(struct pglist_data *pgdat, struct lruvec *lruvec, enum lru_list lru,
			       unsigned int nr, struct list_head *list)
{
	spinlock_t *lock = &pgdat->lru_lock;
	unsigned int taken = 0;
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	while (taken < nr && !list_empty(&lruvec->lists[lru])) {
		struct page *page = list_last_entry(&lruvec->lists[lru], struct page, lru);

		lru_remove(page);
		if (!get_page_unless_zero(page)) {
			/* On its way to be freed: it leaves the list by itself. */
			lru_insert(page, false);
			nr--;
			continue;
		}
		ClearPageLRU(page);
		list_add(&page->lru, list);
		taken++;
	}
	spin_unlock_irqrestore(lock, flags);
	return taken;
}

bool isolate_lru_page(struct page *page)
{
	spinlock_t *lock = lru_lock_of(page);
	bool taken = false;
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	if (PageLRU(page) && get_page_unless_zero(page)) {
		lru_remove(page);
		ClearPageLRU(page);
		taken = true;
	}
	spin_unlock_irqrestore(lock, flags);
	return taken;
}

void putback_lru_page(struct page *page)
{
	lru_cache_add(page);
	put_page(page);
}

void rotate_reclaimable_page(struct page *page)
{
	spinlock_t *lock = lru_lock_of(page);
	unsigned long flags;

	spin_lock_irqsave(lock, flags);
	if (PageLRU(page) && !PageActive(page) && !PageUnevictable(page)) {
		lru_remove(page);
		lru_insert(page, true);
		count_vm_event(PGROTATED);
	}
	spin_unlock_irqrestore(lock, flags);
}

/* ---- groups that go ---- */

void lru_reparent(struct mem_cgroup *memcg, int nid)
{
	struct lruvec *from = memcg_lruvec(memcg, nid), *to = memcg_lruvec(memcg->parent, nid);
	struct memcg_slot *slot;
	unsigned long flags;

	spin_lock_irqsave(&NODE_DATA(nid)->lru_lock, flags);
	for (enum lru_list lru = 0; lru < NR_LRU_LISTS; lru++) {
		list_splice_tail_init(&from->lists[lru], &to->lists[lru]);
		/* The sums of all above have them already. */
		to->sizes[lru] += from->sizes[lru];
		from->tree_sizes[lru] -= from->sizes[lru];
		from->sizes[lru] = 0;
	}
	list_for_each_entry(slot, &memcg->slots, link)
		slot->lruvecs[nid] = to;
	spin_unlock_irqrestore(&NODE_DATA(nid)->lru_lock, flags);
}
