// SPDX-License-Identifier: MIT
/*
 * The memory controller: what memory a group uses, and how much it may.
 *
 * A page is charged to the group of who needs it first, before it is mapped or cached, and uncharged
 * when it is freed; it does not follow tasks that change groups. Counters are hierarchical
 * (page_counter.c), CPUs charge ahead (memcg_charge.c). What is charged names its group by a number
 * (memcg_slot.c). Each group has LRU lists of its own, which reclaim walks (reclaim.c).
 *
 * Only groups whose parent has the controller in its subtree_control have a struct mem_cgroup; other
 * groups' tasks are charged to the nearest above. The root is not charged, so where the controller is
 * off there is nothing to do.
 *
 * Life of a group:
 *
 *	online  --rmdir, or the controller is disabled: slots, pages and lists are the parent's-->
 *	offline --nobody charges any more (RCU), nobody holds it-->  counters added to the parent's, freed
 *
 * so that no page keeps a group that is gone.
 *
 * Locks: cgroup_mutex; memcg_lock (the tree, numbers), lru_lock inside, interrupts off.
 */
#include "memcg.h"

#include <kern/cpumask.h>
#include <kern/rcupdate.h>
#include <kern/task.h>
#include <mm/slab.h>

DEFINE_SPINLOCK(memcg_lock);

struct mem_cgroup root_mem_cgroup = {
	.refs = REFCOUNT_INIT(1),
	.slots = LIST_HEAD_INIT(root_mem_cgroup.slots),
	.children = LIST_HEAD_INIT(root_mem_cgroup.children),
	.sibling = LIST_HEAD_INIT(root_mem_cgroup.sibling),
	.online = true,
	.high = PAGE_COUNTER_MAX,
	.swap_high = PAGE_COUNTER_MAX,
};

/* ---- references, the tree ---- */

bool mem_cgroup_tryget(struct mem_cgroup *memcg)
{
	return mem_cgroup_is_root(memcg) || refcount_inc_not_zero(&memcg->refs);
}

static void move_count(long *to, long *from)
{
	__atomic_fetch_add(to, __atomic_exchange_n(from, 0, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}

/* What the group has counted is its parent's. */
static void add_to_parent(struct mem_cgroup *memcg)
{
	struct memcg_cpu_stat *to = memcg->parent->stat, *from = memcg->stat;

	if (!to)
		return;
	for (unsigned int i = 0; memcg->node_items && i < nr_node_ids * NR_STAT_ITEMS; i++)
		move_count(&memcg->parent->node_items[i], &memcg->node_items[i]);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		for (int i = 0; i < NR_MEMCG_ITEMS; i++)
			move_count(&to[cpu].items[i], &from[cpu].items[i]);
		for (int i = 0; i < NR_VM_EVENT_ITEMS; i++)
			move_count(&to[cpu].events[i], &from[cpu].events[i]);
	}
	memcg_uncharge_bytes(memcg->parent, atomic_long_xchg(&memcg->kernel_bytes, 0));
}

static void free_mem_cgroup(struct mem_cgroup *memcg)
{
	kfree(memcg->lruvecs);
	kfree(memcg->node_items);
	kfree(memcg->stat);
	kfree(memcg);
}

/* The last reference has gone: nobody finds it any more. */
static void release(struct work_struct *work)
{
	struct mem_cgroup *memcg = container_of(work, struct mem_cgroup, work);
	struct mem_cgroup *parent = memcg->parent;

	spin_lock_irq(&memcg_lock);
	list_del(&memcg->sibling);
	memcg_slot_retire(memcg->slot);
	spin_unlock_irq(&memcg_lock);
	add_to_parent(memcg);
	cgroup_put(memcg->cg);
	/* Nobody looks at a group that has no reference but by RCU. */
	synchronize_rcu();
	free_mem_cgroup(memcg);
	mem_cgroup_put(parent);
}

void mem_cgroup_put(struct mem_cgroup *memcg)
{
	if (!memcg || mem_cgroup_is_root(memcg) || !refcount_dec_and_test(&memcg->refs))
		return;
	INIT_WORK(&memcg->work, release);
	schedule_work(&memcg->work);
}

/* => memcg_lock held */
static struct mem_cgroup *next_in_tree(struct mem_cgroup *root, struct mem_cgroup *at)
{
	if (!list_empty(&at->children))
		return list_first_entry(&at->children, struct mem_cgroup, sibling);
	for (; at != root; at = at->parent)
		if (!list_is_last(&at->sibling, &at->parent->children))
			return list_next_entry(at, sibling);
	return NULL;
}

struct mem_cgroup *mem_cgroup_iter(struct mem_cgroup *root, struct mem_cgroup *prev)
{
	struct mem_cgroup *at;
	unsigned long flags;

	spin_lock_irqsave(&memcg_lock, flags);
	at = prev ? next_in_tree(root, prev) : root;
	while (at && !mem_cgroup_tryget(at))
		at = next_in_tree(root, at);
	spin_unlock_irqrestore(&memcg_lock, flags);
	mem_cgroup_put(prev);
	return at;
}

struct mem_cgroup *mem_cgroup_take_resume(struct mem_cgroup *root)
{
	struct mem_cgroup *memcg;
	unsigned long flags;

	if (!READ_ONCE(root->resume))
		return NULL;
	spin_lock_irqsave(&memcg_lock, flags);
	memcg = root->resume;
	root->resume = NULL;
	spin_unlock_irqrestore(&memcg_lock, flags);
	return memcg;
}

void mem_cgroup_set_resume(struct mem_cgroup *root, struct mem_cgroup *memcg)
{
	struct mem_cgroup *old = memcg;
	unsigned long flags;

	spin_lock_irqsave(&memcg_lock, flags);
	if (root->online && memcg->online && memcg != root) {
		old = root->resume;
		root->resume = memcg;
	}
	spin_unlock_irqrestore(&memcg_lock, flags);
	mem_cgroup_put(old);
}

struct memcg_slot *page_memcg_slot(const struct page *page)
{
	return mem_cgroup_on() ?
		       memcg_slot_find((u16)READ_ONCE(page_memcg_table[page_to_pfn(page)])) :
		       NULL;
}

struct mem_cgroup *page_mem_cgroup(const struct page *page)
{
	struct memcg_slot *slot = page_memcg_slot(page);

	return slot ? READ_ONCE(slot->memcg) : &root_mem_cgroup;
}

struct cgroup *mem_cgroup_get_cgroup(const struct page *page)
{
	struct mem_cgroup *memcg;
	struct cgroup *cg;

	rcu_read_lock();
	do {
		memcg = page_mem_cgroup(page);
	} while (!mem_cgroup_tryget(memcg));
	rcu_read_unlock();
	cg = cgroup_get(memcg->cg ?: &cgroup_root);
	mem_cgroup_put(memcg);
	return cg;
}

struct mem_cgroup *mem_cgroup_of_task(struct task_struct *task)
{
	struct cgroup *cg = READ_ONCE(task->cgroup);

	return cg ? READ_ONCE(cg->memcg) : &root_mem_cgroup;
}

/* Whose group pays for mm's memory. => RCU read side */
static struct mem_cgroup *mem_cgroup_of_mm(struct mm_struct *mm)
{
	struct task_struct *owner = mm && mm != current->mm ? READ_ONCE(mm->owner) : NULL;

	/* A child that is not born yet is nowhere: its parent pays. */
	return mem_cgroup_of_task(owner && READ_ONCE(owner->cgroup) ? owner : current);
}

struct mem_cgroup *get_mem_cgroup(struct mm_struct *mm)
{
	struct mem_cgroup *memcg;

	rcu_read_lock();
	do {
		memcg = mem_cgroup_of_mm(mm);
	} while (!mem_cgroup_tryget(memcg));
	rcu_read_unlock();
	return memcg;
}

/* ---- charging pages ---- */

void memcg_commit(struct mem_cgroup *memcg, struct page *pages, unsigned long nr, u32 kmem)
{
	u32 *entry = &page_memcg_table[page_to_pfn(pages)], id = memcg->slot->id | kmem;

	for (unsigned long i = 0; i < nr; i++)
		WRITE_ONCE(entry[i], id);
	memcg_slot_hold(memcg->slot, nr);
	if (kmem)
		mod_memcg_state(memcg, MEMCG_KERNEL_B, nr << PAGE_SHIFT);
}

static int charge(struct page *pages, unsigned long nr, struct mm_struct *mm, gfp_t gfp, u32 kmem)
{
	struct mem_cgroup *memcg;
	bool done;
	int err;

	rcu_read_lock();
	memcg = mem_cgroup_of_mm(mm);
	done = mem_cgroup_is_root(memcg);
	if (!done && consume_stock(memcg, nr)) {
		memcg_commit(memcg, pages, nr, kmem);
		done = true;
	}
	rcu_read_unlock();
	if (done)
		return 0;
	memcg = get_mem_cgroup(mm);
	err = mem_cgroup_is_root(memcg) ? 0 : try_charge(memcg, gfp, nr);
	if (!err && !mem_cgroup_is_root(memcg))
		memcg_commit(memcg, pages, nr, kmem);
	mem_cgroup_put(memcg);
	return err;
}

int __mem_cgroup_charge(struct page *pages, unsigned int nr, struct mm_struct *mm, gfp_t gfp)
{
	return charge(pages, nr, mm, gfp, 0);
}

int __memcg_kmem_charge(struct page *pages, unsigned long nr, gfp_t gfp)
{
	if (memcg_kmem_bypass())
		return 0;
	return charge(pages, nr, NULL, gfp, MEMCG_KMEM);
}

/* A run of pages with one entry. */
static void uncharge_run(u32 entry, unsigned long nr)
{
	struct mem_cgroup *memcg;
	struct memcg_slot *slot;

	rcu_read_lock();
	slot = memcg_slot_find((u16)entry);
	memcg = READ_ONCE(slot->memcg);
	if (!mem_cgroup_is_root(memcg))
		memcg_uncharge_pages(memcg, nr);
	if (entry & MEMCG_KMEM)
		mod_memcg_state(memcg, MEMCG_KERNEL_B, -(long)(nr << PAGE_SHIFT));
	memcg_slot_hold(slot, -(long)nr);
	rcu_read_unlock();
}

void __mem_cgroup_uncharge(struct page *pages, unsigned long nr)
{
	u32 *entry = &page_memcg_table[page_to_pfn(pages)];

	for (unsigned long i = 0, run; i < nr; i += run) {
		u32 first = entry[i];

		for (run = 0; i + run < nr && entry[i + run] == first; run++)
			if (first)
				WRITE_ONCE(entry[i + run], 0);
		if (first)
			uncharge_run(first, run);
	}
}

void __mem_cgroup_charge_copy(struct page *from, struct page *to)
{
	struct mem_cgroup *memcg;

	rcu_read_lock();
	memcg = page_mem_cgroup(from);
	if (!mem_cgroup_is_root(memcg)) {
		page_counter_charge(&memcg->memory, 1);
		memcg_commit(memcg, to, 1, 0);
	}
	rcu_read_unlock();
}

/* ---- events ---- */

void mem_cgroup_event(struct mem_cgroup *memcg, enum memcg_event event)
{
	bool swap = event >= MEMCG_SWAP_HIGH;

	if (mem_cgroup_is_root(memcg))
		return;
	atomic_long_inc(&memcg->local_events[event]);
	if (!swap)
		cgroup_notify(memcg->cg, CGROUP_EVENT_MEMORY_LOCAL);
	for (; memcg && !mem_cgroup_is_root(memcg); memcg = memcg->parent) {
		atomic_long_inc(&memcg->events[event]);
		cgroup_notify(memcg->cg, swap ? CGROUP_EVENT_SWAP : CGROUP_EVENT_MEMORY);
		if (cgroup_root_has(CGRP_ROOT_MEMORY_LOCAL_EVENTS))
			break;
	}
}

/* ---- coming and going; => cgroup_mutex held ---- */

/* The group and those below that have none of their own pay by `to`. */
static void set_memcg(struct cgroup *cg, struct mem_cgroup *from, struct mem_cgroup *to)
{
	struct cgroup *child;

	if (cg->memcg != from)
		return;
	WRITE_ONCE(cg->memcg, to);
	list_for_each_entry(child, &cg->children, sibling)
		set_memcg(child, from, to);
}

static struct mem_cgroup *alloc_mem_cgroup(struct mem_cgroup *parent)
{
	bool top = mem_cgroup_is_root(parent);
	struct mem_cgroup *memcg = kzalloc(sizeof(*memcg), GFP_KERNEL);

	if (!memcg)
		return NULL;
	memcg->stat = kcalloc(nr_cpu_ids, sizeof(*memcg->stat), GFP_KERNEL);
	memcg->lruvecs = kcalloc(nr_node_ids, sizeof(*memcg->lruvecs), GFP_KERNEL);
	if (nr_node_ids > 1)
		memcg->node_items = kcalloc(nr_node_ids * NR_STAT_ITEMS, sizeof(long), GFP_KERNEL);
	if (!memcg->stat || !memcg->lruvecs || (nr_node_ids > 1 && !memcg->node_items))
		goto fail;
	for (unsigned int nid = 0; nid < nr_node_ids; nid++)
		lruvec_init(&memcg->lruvecs[nid], memcg);
	INIT_LIST_HEAD(&memcg->slots);
	memcg->slot = memcg_slot_create(memcg);
	if (!memcg->slot)
		goto fail;
	refcount_set(&memcg->refs, 1);
	INIT_LIST_HEAD(&memcg->children);
	INIT_WORK(&memcg->high_work, memcg_high_work);
	page_counter_init(&memcg->memory, top ? NULL : &parent->memory);
	page_counter_init(&memcg->swap, top ? NULL : &parent->swap);
	memcg->high = memcg->swap_high = PAGE_COUNTER_MAX;
	return memcg;
fail:
	free_mem_cgroup(memcg);
	return NULL;
}

int mem_cgroup_online(struct cgroup *cg)
{
	struct mem_cgroup *parent = cg->parent->memcg, *memcg;

	if (memcg_table_create())
		return -ENOMEM;
	memcg = alloc_mem_cgroup(parent);
	if (!memcg)
		return -ENOMEM;
	memcg->cg = cgroup_get(cg);
	memcg->parent = parent;
	memcg->online = true;
	mem_cgroup_tryget(parent);
	spin_lock_irq(&memcg_lock);
	list_add_tail(&memcg->sibling, &parent->children);
	spin_unlock_irq(&memcg_lock);
	set_memcg(cg, parent, memcg);
	return 0;
}

/* Tasks that were just charging have finished, or hold a reference. */
static void offline_work(struct work_struct *work)
{
	struct mem_cgroup *memcg = container_of(work, struct mem_cgroup, work);

	synchronize_rcu();
	drain_all_stock(memcg);
	add_to_parent(memcg);
	mem_cgroup_put(memcg);
}

/* Nobody resumes a walk at a group that is gone: the references are put by the caller. */
static unsigned int forget_resume(struct mem_cgroup *memcg)
{
	unsigned int refs = 0;

	for (struct mem_cgroup *up = memcg; up; up = up->parent)
		if (up->resume == memcg) {
			up->resume = NULL;
			refs++;
		}
	return refs;
}

void mem_cgroup_offline(struct cgroup *cg)
{
	struct mem_cgroup *memcg = cg->memcg, *parent = memcg->parent;
	struct mem_cgroup *resume;
	struct memcg_slot *slot;
	unsigned int refs;

	if (memcg->cg != cg)
		return;
	set_memcg(cg, memcg, parent);
	/* What it was promised is for others now. */
	page_counter_set_min(&memcg->memory, 0);
	page_counter_set_low(&memcg->memory, 0);
	spin_lock_irq(&memcg_lock);
	memcg->online = false;
	refs = forget_resume(memcg);
	resume = memcg->resume;
	memcg->resume = NULL;
	for (unsigned int nid = 0; nid < nr_node_ids; nid++)
		lru_reparent(memcg, nid);
	list_for_each_entry(slot, &memcg->slots, link)
		WRITE_ONCE(slot->memcg, parent);
	list_splice_init(&memcg->slots, &parent->slots);
	spin_unlock_irq(&memcg_lock);
	while (refs--)
		mem_cgroup_put(memcg);
	mem_cgroup_put(resume);
	INIT_WORK(&memcg->work, offline_work);
	schedule_work(&memcg->work);
}
