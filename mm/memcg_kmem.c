// SPDX-License-Identifier: MIT
/*
 * What the kernel keeps for a group: objects of slabs, and memory without frames of its own.
 *
 * Objects of all groups share slabs. A slab that has objects which somebody is charged for has a
 * vector with a number for each of its objects (page->slab_groups), made with the first.
 */
#include "memcg.h"
#include "slab.h"

#include <kern/rcupdate.h>
#include <kern/task.h>

static unsigned int object_index(const struct kmem_cache *s, const struct page *page,
				 const void *object)
{
	const char *base = (const char *)page_address(page) + page->colour * SLAB_COLOUR_UNIT;

	return (unsigned int)((const char *)object - base) / s->size;
}

static int slab_item(const struct kmem_cache *s)
{
	return s->flags & SLAB_RECLAIM_ACCOUNT ? NR_SLAB_RECLAIMABLE : NR_SLAB_UNRECLAIMABLE;
}

/* The vector of the object's slab; NULL without memory. */
static u16 *slab_groups(struct page *page, gfp_t gfp)
{
	u16 *groups = READ_ONCE(page->slab_groups), *old = NULL;

	if (groups)
		return groups;
	gfp &= ~(__GFP_ACCOUNT | __GFP_ZERO | __GFP_DMA32 | __GFP_RECLAIMABLE);
	groups = kcalloc(page->objects, sizeof(*groups), gfp);
	if (groups && !try_cmpxchg(&page->slab_groups, &old, groups)) {
		kfree(groups);
		groups = old;
	}
	return groups;
}

static int charge_bytes(struct mem_cgroup *memcg, gfp_t gfp, unsigned int bytes)
{
	unsigned long pages = DIV_ROUND_UP(bytes, PAGE_SIZE);
	int err;

	if (consume_stock_bytes(memcg, bytes))
		return 0;
	err = try_charge(memcg, gfp, pages);
	if (!err && (pages << PAGE_SHIFT) > bytes)
		refill_stock_bytes(memcg, (pages << PAGE_SHIFT) - bytes);
	return err;
}

bool memcg_slab_charge(struct kmem_cache *s, void *object, gfp_t gfp)
{
	struct page *page = virt_to_head_page(object);
	struct mem_cgroup *memcg;
	bool ok = false;
	u16 *groups;

	if (memcg_kmem_bypass())
		return true;
	memcg = get_mem_cgroup(NULL);
	if (mem_cgroup_is_root(memcg))
		return true;
	groups = slab_groups(page, gfp);
	if (groups && !charge_bytes(memcg, gfp, s->size)) {
		groups[object_index(s, page, object)] = memcg->slot->id;
		memcg_slot_hold(memcg->slot, 1);
		mod_memcg_node_state(memcg, page_to_nid(page), slab_item(s), s->size);
		mod_memcg_state(memcg, MEMCG_KERNEL_B, s->size);
		ok = true;
	}
	mem_cgroup_put(memcg);
	return ok;
}

void memcg_slab_uncharge(struct kmem_cache *s, struct page *page, const void *object)
{
	u16 *group = &page->slab_groups[object_index(s, page, object)];
	struct mem_cgroup *memcg;
	struct memcg_slot *slot;

	if (!*group)
		return;
	rcu_read_lock();
	slot = memcg_slot_find(*group);
	*group = 0;
	memcg = READ_ONCE(slot->memcg);
	memcg_uncharge_bytes(memcg, s->size);
	mod_memcg_node_state(memcg, page_to_nid(page), slab_item(s), -(long)s->size);
	mod_memcg_state(memcg, MEMCG_KERNEL_B, -(long)s->size);
	memcg_slot_hold(slot, -1);
	rcu_read_unlock();
}

/* ---- memory without frames of its own ---- */

int memcg_charge_kernel(unsigned long nr, gfp_t gfp, enum node_stat_item item, long delta)
{
	struct mem_cgroup *memcg;
	int group = 0;

	if (!mem_cgroup_on() || memcg_kmem_bypass())
		return 0;
	memcg = get_mem_cgroup(NULL);
	if (!mem_cgroup_is_root(memcg)) {
		group = consume_stock(memcg, nr) ? 0 : try_charge(memcg, gfp, nr);
		if (!group) {
			group = memcg->slot->id;
			memcg_slot_hold(memcg->slot, nr);
			mod_memcg_state(memcg, item, delta);
			mod_memcg_state(memcg, MEMCG_KERNEL_B, nr << PAGE_SHIFT);
		}
	}
	mem_cgroup_put(memcg);
	return group;
}

void memcg_uncharge_kernel(int group, unsigned long nr, enum node_stat_item item, long delta)
{
	struct mem_cgroup *memcg;
	struct memcg_slot *slot;

	if (!group)
		return;
	rcu_read_lock();
	slot = memcg_slot_find(group);
	memcg = READ_ONCE(slot->memcg);
	if (!mem_cgroup_is_root(memcg))
		memcg_uncharge_pages(memcg, nr);
	mod_memcg_state(memcg, item, -delta);
	mod_memcg_state(memcg, MEMCG_KERNEL_B, -(long)(nr << PAGE_SHIFT));
	memcg_slot_hold(slot, -(long)nr);
	rcu_read_unlock();
}
