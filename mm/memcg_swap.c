// SPDX-License-Identifier: MIT
/*
 * Swap that a group uses: a slot is charged to the group of the page that goes there, until it is
 * free; a page that comes back is charged to that group again, whoever touched it.
 */
#include "memcg.h"

#include <kern/rcupdate.h>

int __mem_cgroup_charge_swap(struct page *page)
{
	struct page_counter *fail;
	struct mem_cgroup *memcg;
	int group = 0;

	rcu_read_lock();
	memcg = page_mem_cgroup(page);
	if (mem_cgroup_is_root(memcg)) {
		group = 0;
	} else if (page_counter_try_charge(&memcg->swap, 1, &fail)) {
		group = memcg->slot->id;
		memcg_slot_hold(memcg->slot, 1);
	} else {
		mem_cgroup_event(container_of(fail, struct mem_cgroup, swap), MEMCG_SWAP_MAX);
		group = -1;
	}
	rcu_read_unlock();
	return group;
}

void __mem_cgroup_uncharge_swap(unsigned int group)
{
	struct mem_cgroup *memcg;
	struct memcg_slot *slot;

	rcu_read_lock();
	slot = memcg_slot_find(group);
	memcg = READ_ONCE(slot->memcg);
	if (!mem_cgroup_is_root(memcg))
		page_counter_uncharge(&memcg->swap, 1);
	memcg_slot_hold(slot, -1);
	rcu_read_unlock();
}

void __mem_cgroup_swap_failed(struct page *page, int group)
{
	if (group > 0)
		__mem_cgroup_uncharge_swap(group);
	rcu_read_lock();
	mem_cgroup_event(page_mem_cgroup(page), MEMCG_SWAP_FAIL);
	rcu_read_unlock();
}

int __mem_cgroup_charge_swapin(struct page *page, unsigned int group, gfp_t gfp)
{
	struct mem_cgroup *memcg;
	int err = 0;

	rcu_read_lock();
	do {
		memcg = READ_ONCE(memcg_slot_find(group)->memcg);
	} while (!mem_cgroup_tryget(memcg));
	rcu_read_unlock();
	if (!mem_cgroup_is_root(memcg)) {
		err = try_charge(memcg, gfp, 1);
		if (!err)
			memcg_commit(memcg, page, 1, 0);
	}
	mem_cgroup_put(memcg);
	return err;
}

unsigned long mem_cgroup_swap_left(const struct mem_cgroup *memcg)
{
	unsigned long left = get_nr_swap_pages();

	for (; !mem_cgroup_is_root(memcg); memcg = memcg->parent) {
		unsigned long usage = page_counter_read(&memcg->swap),
			      max = READ_ONCE(memcg->swap.max);

		left = min(left, usage < max ? max - usage : 0);
	}
	return left;
}
