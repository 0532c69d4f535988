// SPDX-License-Identifier: MIT
/*
 * The page allocator: a list of single pages of each node on every CPU in front of the zones' free
 * blocks (buddy.c).
 *
 * An allocation names a node (struct alloc_context); from there it goes through the nodes of that
 * node's zonelist, and in each from the highest zone it may use downwards. Which node that is when
 * nobody names one is the task's memory policy's business (mempolicy.c): the calling CPU's, mostly.
 * The task's cpuset leaves some nodes out. Users of memory keep to that; what the kernel needs for
 * itself comes from other nodes before anything is reclaimed, and in interrupts from all alike.
 *
 * Watermarks: ordinary allocations stop at `low` and then reclaim, may go to `min`, atomic
 * ones to half of it, the killed (so that they can exit) to zero.
 *
 * Lock order: pcp->lock, then zone->lock. Both are taken with interrupts off, and nothing
 * is taken inside.
 */
#include "vm.h"

#include <kern/preempt.h>
#include <kern/task.h>
#include <mm/memcontrol.h>
#include <mm/mempolicy.h>
#include <um/percpu.h>
#include <um/text.h>

struct per_cpu_pages {
	spinlock_t lock;
	unsigned int count;
	struct list_head lists[MIGRATE_TYPES];
};
static DEFINE_PER_CPU_ALIGNED(struct per_cpu_pages, pcp_pages[MAX_NUMNODES]);
static unsigned int pcp_high = 128, pcp_batch = 32;

static void pcp_init_one(struct per_cpu_pages *pcp)
{
	spin_lock_init(&pcp->lock);
	for (int t = 0; t < MIGRATE_TYPES; t++)
		INIT_LIST_HEAD(&pcp->lists[t]);
}

void pcp_init(void)
{
	int nid;

	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			for_each_online_node(nid)
				pcp_init_one(per_cpu_ptr(&pcp_pages[nid], cpu));
}

static enum migratetype gfp_type(gfp_t gfp)
{
	if (gfp & __GFP_MOVABLE)
		return MIGRATE_MOVABLE;
	return gfp & __GFP_RECLAIMABLE ? MIGRATE_RECLAIMABLE : MIGRATE_UNMOVABLE;
}

/* ---- the CPUs' lists ---- */

static unsigned long zone_mark(const struct zone *zone, gfp_t gfp, enum zone_watermark mark)
{
	if (gfp & __GFP_MEMALLOC)
		return 0;
	if (mark == WMARK_MIN && (gfp & __GFP_HIGH))
		return zone->watermark[WMARK_MIN] / 2;
	return zone->watermark[mark];
}

static struct page *node_rmqueue(struct pglist_data *pgdat, gfp_t gfp, unsigned int order,
				 enum zone_watermark mark)
{
	int top = gfp & (__GFP_DMA32 | __GFP_DMA) ? ZONE_DMA32 : ZONE_NORMAL;

	for (int i = top; i >= 0; i--) {
		struct zone *zone = &pgdat->node_zones[i];
		struct page *page;
		unsigned long flags;

		if (!zone_ok(zone, order, zone_mark(zone, gfp, mark)))
			continue;
		spin_lock_irqsave(&zone->lock, flags);
		page = rmqueue(zone, order, gfp_type(gfp));
		spin_unlock_irqrestore(&zone->lock, flags);
		if (page)
			return page;
	}
	return NULL;
}

/* => pcp->lock held, interrupts off */
static void pcp_refill(struct pglist_data *pgdat, struct per_cpu_pages *pcp, gfp_t gfp,
		       enum zone_watermark mark)
{
	enum migratetype type = gfp_type(gfp);

	for (int i = ZONE_NORMAL; i >= 0 && list_empty(&pcp->lists[type]); i--) {
		struct zone *zone = &pgdat->node_zones[i];

		if (!zone_ok(zone, 0, zone_mark(zone, gfp, mark)))
			continue;
		spin_lock(&zone->lock);
		for (unsigned int n = 0; n < pcp_batch; n++) {
			struct page *page;

			if (n && !zone_ok(zone, 0, zone_mark(zone, gfp, mark)))
				break;
			page = rmqueue(zone, 0, type);
			if (!page)
				break;
			page->flags |= 1UL << PG_percpu;
			/* In order of address: runs of pages stay contiguous. */
			list_add_tail(&page->lru, &pcp->lists[type]);
			pcp->count++;
		}
		spin_unlock(&zone->lock);
	}
}

/* => pcp->lock held, interrupts off */
static void pcp_drain(struct per_cpu_pages *pcp, unsigned int nr)
{
	struct zone *locked = NULL;
	int type = 0;

	while (nr-- && pcp->count) {
		struct page *page;
		struct zone *zone;

		while (list_empty(&pcp->lists[type]))
			type = (type + 1) % MIGRATE_TYPES;
		page = list_last_entry(&pcp->lists[type], struct page, lru);
		zone = page_zone(page);
		type = (type + 1) % MIGRATE_TYPES;
		if (zone != locked) {
			if (locked)
				spin_unlock(&locked->lock);
			spin_lock(&zone->lock);
			locked = zone;
		}
		list_del(&page->lru);
		pcp->count--;
		free_one_block(zone, page, 0, page->flags & (1UL << PG_zeroed));
	}
	if (locked)
		spin_unlock(&locked->lock);
}

static struct page *pcp_alloc(struct pglist_data *pgdat, gfp_t gfp, enum zone_watermark mark)
{
	enum migratetype type = gfp_type(gfp);
	struct per_cpu_pages *pcp;
	struct page *page = NULL;
	unsigned long flags;

	local_irq_save(flags);
	pcp = this_cpu_ptr(&pcp_pages[pgdat->node_id]);
	spin_lock(&pcp->lock);
	if (list_empty(&pcp->lists[type]))
		pcp_refill(pgdat, pcp, gfp, mark);
	if (!list_empty(&pcp->lists[type])) {
		page = list_first_entry(&pcp->lists[type], struct page, lru);
		list_del(&page->lru);
		pcp->count--;
	}
	spin_unlock(&pcp->lock);
	local_irq_restore(flags);
	return page;
}

/* Frees a single page with no reference left. */
static void pcp_free(struct page *page)
{
	struct per_cpu_pages *pcp;
	unsigned long flags;

	local_irq_save(flags);
	pcp = this_cpu_ptr(&pcp_pages[page_to_nid(page)]);
	spin_lock(&pcp->lock);
	page->flags = 1UL << PG_percpu;
	list_add(&page->lru, &pcp->lists[pageblock_type(page_to_pfn(page))]);
	if (++pcp->count > pcp_high)
		pcp_drain(pcp, pcp_batch);
	spin_unlock(&pcp->lock);
	local_irq_restore(flags);
}

static void drain_pages(unsigned int cpu)
{
	unsigned long flags;
	int nid;

	for_each_online_node(nid) {
		struct per_cpu_pages *pcp = per_cpu_ptr(&pcp_pages[nid], cpu);

		spin_lock_irqsave(&pcp->lock, flags);
		pcp_drain(pcp, pcp->count);
		spin_unlock_irqrestore(&pcp->lock, flags);
	}
}

void drain_local_pages(void)
{
	drain_pages(smp_processor_id());
}

void drain_all_pages(void)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			drain_pages(cpu);
}

/* ---- allocation ---- */

#ifdef CONFIG_DEBUG
static void poison_pages(struct page *page, unsigned int order)
{
	memset(page_address(page), POISON_PAGE, PAGE_SIZE << order);
}
#else
static void poison_pages(struct page *page, unsigned int order) { }
#endif

static void make_compound(struct page *page, unsigned int order)
{
	for (unsigned long i = 1; i < 1UL << order; i++) {
		page[i].flags = 1UL << PG_tail;
		page[i].head = page;
	}
	page[1].order = order;
	page->flags |= 1UL << PG_head;
}

struct page *prep_new_page(struct page *page, unsigned int order, gfp_t gfp)
{
	bool zeroed = page->flags & (1UL << PG_zeroed);

	for (unsigned long i = 0; i < 1UL << order; i++) {
		page[i].flags = 0;
		page[i].mapping = NULL;
		page[i].index = 0;
		page[i].private = 0;
		page[i].text_twin = NULL;
		atomic_set(&page[i]._mapcount, 0);
	}
	kasan_unpoison(page_address(page), PAGE_SIZE << order);
	if ((gfp & __GFP_ZERO) && !zeroed)
		memset(page_address(page), 0, PAGE_SIZE << order);
	if (order && (gfp & __GFP_COMP))
		make_compound(page, order);
	atomic_set_release(&page->_refcount, 1);
	count_vm_events(page_to_pfn(page) < DMA32_END_PFN ? PGALLOC_DMA32 : PGALLOC_NORMAL, 1UL << order);
	return page;
}

static struct page *node_alloc(struct pglist_data *pgdat, gfp_t gfp, unsigned int order,
			       enum zone_watermark mark)
{
	if (order == 0 && !(gfp & (__GFP_DMA32 | __GFP_DMA)))
		return pcp_alloc(pgdat, gfp, mark);
	return node_rmqueue(pgdat, gfp, order, mark);
}

static void count_numa(int nid, enum numa_stat_item item)
{
	this_cpu_add(numa_stat_cpu[nid][item], 1);
}

/* The block was wanted of one node and came from another, or the same. */
static void count_numa_alloc(int wanted, int got)
{
	if (wanted == got) {
		count_numa(got, NUMA_HIT);
	} else {
		count_numa(got, NUMA_MISS);
		count_numa(wanted, NUMA_FOREIGN);
	}
	count_numa(got, got == numa_node_id() ? NUMA_LOCAL : NUMA_OTHER);
}

/* The nodes that the context allows, the nearest first. */
static struct page *nodes_alloc(gfp_t gfp, unsigned int order, enum zone_watermark mark,
				const struct alloc_context *ac)
{
	const struct zonelist *list = &NODE_DATA(ac->nid)->zonelist;
	int wanted = NUMA_NO_NODE;

	for (unsigned int i = 0; i < nr_node_ids; i++) {
		int nid = list->nodes[i];
		struct page *page;

		if (!node_isset(nid, ac->nodes))
			continue;
		if (wanted == NUMA_NO_NODE)
			wanted = nid;
		page = node_alloc(NODE_DATA(nid), gfp, order, mark);
		if (page) {
			count_numa_alloc(wanted, nid);
			return page;
		}
	}
	return NULL;
}

static struct page *get_page_from_freelist(gfp_t gfp, unsigned int order, enum zone_watermark mark,
					   const struct alloc_context *ac)
{
	struct page *page;

	if (likely(nr_node_ids == 1))
		page = node_alloc(NODE_DATA(0), gfp, order, mark);
	else
		page = nodes_alloc(gfp, order, mark, ac);
	return page ? prep_new_page(page, order, gfp) : NULL;
}

/* Of the nodes that the policy leaves those of the cpuset, which a user must keep to (alloc_pages_slow()). */
static void limit_nodes(struct alloc_context *ac, gfp_t gfp, const nodemask_t *nodes)
{
	if (gfp & __GFP_THISNODE)
		ac->policy_nodes = nodemask_of_node(ac->nid);
	else if (nodes)
		ac->policy_nodes = nodes_and(*nodes, node_online_map);
	ac->nodes = nodes_and(ac->policy_nodes, mems_allowed_now());
	/* A policy from elsewhere that leaves nothing is none. */
	if (nodes_empty(ac->nodes) && !(gfp & __GFP_THISNODE))
		ac->nodes = mems_allowed_now();
}

struct page *__alloc_pages(gfp_t gfp, unsigned int order, int nid, const nodemask_t *nodes)
{
	struct alloc_context ac = { .nid = nid, .nodes = node_online_map,
				    .policy_nodes = node_online_map };
	struct page *page;

	if (unlikely(order > MAX_ORDER))
		return NULL;
	if (gfp & __GFP_DIRECT_RECLAIM)
		might_sleep();
	if (should_fail_page(gfp, order))
		return NULL;
	if (unlikely(nr_node_ids > 1))
		limit_nodes(&ac, gfp, nodes);
	page = get_page_from_freelist(gfp, order, WMARK_LOW, &ac);
	if (unlikely(!page))
		page = alloc_pages_slow(gfp, order, &ac);
	if (page && (gfp & __GFP_ACCOUNT) && mem_cgroup_on() &&
	    __memcg_kmem_charge(page, 1UL << order, gfp)) {
		__free_pages(page, order);
		page = NULL;
	}
	return page;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	if (likely(nr_node_ids == 1))
		return __alloc_pages(gfp, order, 0, NULL);
	return alloc_pages_mpol(gfp, order, in_task() ? current->mempolicy : NULL, MPOL_NEXT_NODE);
}

/* The allocation attempts of mm/vmscan.c. */
struct page *alloc_pages_mark(gfp_t gfp, unsigned int order, enum zone_watermark mark,
			      const struct alloc_context *ac)
{
	return get_page_from_freelist(gfp, order, mark, ac);
}

/* ---- freeing ---- */

static void check_free_page(const struct page *page)
{
	if (likely(!page_mapcount(page) && !atomic_read(&page->_refcount) &&
		   !(page->flags & ((1UL << PG_buddy) | (1UL << PG_percpu) | (1UL << PG_locked) |
				    (1UL << PG_lru) | (1UL << PG_writeback)))))
		return;
	pr_err("BUG: bad page freed: pfn %lx flags %lx count %d mapcount %d\n", page_to_pfn(page),
	       page->flags, atomic_read(&page->_refcount), page_mapcount(page));
	BUG();
}

/* => no reference left */
static void free_block(struct page *page, unsigned int order)
{
	struct zone *zone = page_zone(page);
	unsigned long flags;
	bool dirty;

	check_free_page(page);
	if (PageHead(page))
		order = page[1].order;
	for (unsigned long i = 0; i < 1UL << order; i++) {
		page[i].flags = 0;
		if (unlikely(page[i].text_twin))
			um_text_twin_free(page + i);
	}
	mem_cgroup_uncharge(page, 1UL << order);
	count_vm_events(PGFREE, 1UL << order);
	poison_pages(page, order);
	kasan_poison(page_address(page), PAGE_SIZE << order);
	if (order == 0) {
		pcp_free(page);
		return;
	}
	spin_lock_irqsave(&zone->lock, flags);
	free_one_block(zone, page, order, false);
	dirty = zone->nr_dirty != 0;
	spin_unlock_irqrestore(&zone->lock, flags);
	if (dirty)
		wakeup_kswapd(page_pgdat(page));
}

void __put_page(struct page *page)
{
	lru_cache_del(page);
	free_block(page, compound_order(page));
}

void __free_pages(struct page *page, unsigned int order)
{
	bool compound = PageHead(page);

	if (atomic_dec_and_test(&page->_refcount)) {
		free_block(page, order);
	} else if (!compound) {
		/* A speculative reference holds the first page; its holder frees that one. */
		while (order-- > 0)
			free_block(page + (1UL << order), order);
	}
}

void free_unref_pages(struct page **pages, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (PageHead(pages[i])) {
			free_block(pages[i], 0);
			continue;
		}
		check_free_page(pages[i]);
		if (unlikely(pages[i]->text_twin))
			um_text_twin_free(pages[i]);
		mem_cgroup_uncharge(pages[i], 1);
		poison_pages(pages[i], 0);
		kasan_poison(page_address(pages[i]), PAGE_SIZE);
		count_vm_event(PGFREE);
		pcp_free(pages[i]);
	}
}

unsigned int pcp_count(unsigned int cpu, int nid)
{
	return READ_ONCE(per_cpu_ptr(&pcp_pages[nid], cpu)->count);
}

unsigned int pcp_limit(void)
{
	return pcp_high;
}

unsigned int pcp_step(void)
{
	return pcp_batch;
}

unsigned long node_free_pages(const struct pglist_data *pgdat)
{
	unsigned long sum = node_free_pages_fast(pgdat);

	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			sum += pcp_count(cpu, pgdat->node_id);
	return sum;
}

unsigned long nr_free_pages(void)
{
	struct pglist_data *pgdat;
	unsigned long sum = 0;

	for_each_online_pgdat(pgdat)
		sum += node_free_pages(pgdat);
	return sum;
}

unsigned long node_managed_pages(const struct pglist_data *pgdat)
{
	return pgdat->node_zones[ZONE_DMA32].managed_pages +
	       pgdat->node_zones[ZONE_NORMAL].managed_pages;
}

/* ---- watermarks ---- */

int min_free_kbytes, watermark_scale_factor = 10;

unsigned long node_watermark(const struct pglist_data *pgdat, enum zone_watermark mark)
{
	return pgdat->node_zones[ZONE_DMA32].watermark[mark] +
	       pgdat->node_zones[ZONE_NORMAL].watermark[mark];
}

unsigned long total_watermark(enum zone_watermark mark)
{
	struct pglist_data *pgdat;
	unsigned long sum = 0;

	for_each_online_pgdat(pgdat)
		sum += node_watermark(pgdat, mark);
	return sum;
}

/* The marks for min_free_kbytes, each zone its share. */
void setup_watermarks(void)
{
	unsigned long total = totalram_pages(), min = (unsigned long)min_free_kbytes >> (PAGE_SHIFT - 10);
	struct zone *z;

	for_each_zone(z) {
		unsigned long m = total ? min * z->managed_pages / total : 0;
		unsigned long step = max(m / 4, z->managed_pages * watermark_scale_factor / 10000);

		z->watermark[WMARK_MIN] = m;
		z->watermark[WMARK_LOW] = m + step;
		z->watermark[WMARK_HIGH] = m + 2 * step;
	}
}

/* The reserve grows with the square root of memory, as on Linux: 2 MiB at 256 MiB. */
void setup_zone_watermarks(void)
{
	unsigned long total = totalram_pages(), kb = total << (PAGE_SHIFT - 10), root = 1;

	while (root * root < kb * 16)
		root++;
	min_free_kbytes = clamp(root, 128UL, 262144UL);
	setup_watermarks();
	pcp_high = clamp(total / 256, 16UL, 128UL);
	pcp_batch = clamp(pcp_high / 4, 4U, 32U);
}
