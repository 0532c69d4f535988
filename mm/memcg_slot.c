// SPDX-License-Identifier: MIT
/*
 * The numbers that charged memory names its group by, and a group's counters.
 *
 * A frame has 32 bits in page_memcg_table, an object of a slab and a slot of swap 16: the number of a
 * memcg_slot, which knows the group. When a group goes its slot becomes its parent's, so that no page
 * need be touched and nothing keeps the group. The slot stays until nothing names it.
 *
 * How many name a slot is counted by CPU. Once its group has gone the count only falls, so a sum of
 * zero, taken CPU by CPU, can be trusted: new charges always name the slot of a living group, also
 * when a page goes to swap or comes back. Slots that wait are looked at, some at a time, whenever a
 * group is made.
 *
 * Lock: memcg_lock, interrupts off; a lru_lock is taken inside.
 */
#include "memcg.h"

#include <kern/cpumask.h>
#include <kern/rcupdate.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>

#define SLOTS_IN_TABLE 256U
#define MAX_SLOTS      65536U
/* Waiting slots that are looked at for each new one. */
#define GC_BATCH 16

u32 *page_memcg_table;
static struct memcg_slot **tables[MAX_SLOTS / SLOTS_IN_TABLE]; /* memcg_lock to write; RCU */
static unsigned int last_id, nr_slots;			       /* memcg_lock */
static LIST_HEAD(dying_slots);				       /* memcg_lock */
static unsigned int nr_dying;				       /* memcg_lock */

/* For the first group; it stays. => cgroup_mutex held */
int memcg_table_create(void)
{
	u32 *table;

	if (page_memcg_table)
		return 0;
	table = vzalloc(max_pfn * sizeof(*table));
	if (!table)
		return -ENOMEM;
	__atomic_store_n(&page_memcg_table, table, __ATOMIC_RELEASE);
	return 0;
}

struct memcg_slot *memcg_slot_find(unsigned int id)
{
	struct memcg_slot **table;

	if (!id)
		return NULL;
	table = READ_ONCE(tables[id / SLOTS_IN_TABLE]);
	return table ? READ_ONCE(table[id % SLOTS_IN_TABLE]) : NULL;
}

void memcg_slot_hold(struct memcg_slot *slot, long n)
{
	__atomic_fetch_add(&slot->held[raw_smp_processor_id()], n, __ATOMIC_RELAXED);
}

static bool slot_is_held(const struct memcg_slot *slot)
{
	long sum = 0;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		sum += __atomic_load_n(&slot->held[cpu], __ATOMIC_ACQUIRE);
	return sum != 0;
}

/* => memcg_lock held */
static void forget_slot(struct memcg_slot *slot)
{
	WRITE_ONCE(tables[slot->id / SLOTS_IN_TABLE][slot->id % SLOTS_IN_TABLE], NULL);
	nr_slots--;
	list_del(&slot->link);
	kfree_rcu(slot, rcu);
}

static void collect_slots(unsigned int nr)
{
	for (nr = min(nr, nr_dying); nr; nr--) {
		struct memcg_slot *slot = list_first_entry(&dying_slots, struct memcg_slot, dying);

		if (slot_is_held(slot)) {
			list_move_tail(&slot->dying, &dying_slots);
			continue;
		}
		list_del(&slot->dying);
		nr_dying--;
		forget_slot(slot);
	}
}

void memcg_slot_retire(struct memcg_slot *slot)
{
	list_add(&slot->dying, &dying_slots);
	nr_dying++;
	collect_slots(1);
}

/* The place of the next free number, or NULL. => memcg_lock held; tables may be missing */
static unsigned int free_id(void)
{
	if (nr_slots >= MAX_SLOTS - 1)
		return 0;
	do {
		last_id = (last_id + 1) % MAX_SLOTS;
	} while (!last_id || memcg_slot_find(last_id));
	return last_id;
}

static struct memcg_slot *alloc_slot(struct mem_cgroup *memcg)
{
	struct memcg_slot *slot = kzalloc(sizeof(*slot) + nr_cpu_ids * sizeof(slot->held[0]) +
						  nr_node_ids * sizeof(slot->lruvecs[0]),
					  GFP_KERNEL);

	if (!slot)
		return NULL;
	slot->memcg = memcg;
	slot->lruvecs = (struct lruvec **)&slot->held[nr_cpu_ids];
	for (unsigned int nid = 0; nid < nr_node_ids; nid++)
		slot->lruvecs[nid] = &memcg->lruvecs[nid];
	return slot;
}

struct memcg_slot *memcg_slot_create(struct mem_cgroup *memcg)
{
	struct memcg_slot *slot = alloc_slot(memcg);
	struct memcg_slot **spare = kcalloc(SLOTS_IN_TABLE, sizeof(*spare), GFP_KERNEL);
	unsigned int id = 0;

	if (!slot || !spare)
		goto out;
	spin_lock_irq(&memcg_lock);
	collect_slots(nr_slots >= MAX_SLOTS - 1 ? nr_dying : GC_BATCH);
	id = free_id();
	if (id) {
		struct memcg_slot ***table = &tables[id / SLOTS_IN_TABLE];

		if (!*table) {
			WRITE_ONCE(*table, spare);
			spare = NULL;
		}
		slot->id = id;
		__atomic_store_n(&(*table)[id % SLOTS_IN_TABLE], slot, __ATOMIC_RELEASE);
		nr_slots++;
		list_add(&slot->link, &memcg->slots);
	}
	spin_unlock_irq(&memcg_lock);
out:
	kfree(spare);
	if (id)
		return slot;
	kfree(slot);
	return NULL;
}

/* ---- counters ---- */

void mod_memcg_state(struct mem_cgroup *memcg, int item, long delta)
{
	if (!mem_cgroup_is_root(memcg))
		__atomic_fetch_add(&memcg->stat[raw_smp_processor_id()].items[item], delta,
				   __ATOMIC_RELAXED);
}

void mod_memcg_node_state(struct mem_cgroup *memcg, int nid, enum node_stat_item item, long delta)
{
	mod_memcg_state(memcg, item, delta);
	if (unlikely(memcg->node_items))
		__atomic_fetch_add(&memcg->node_items[nid * NR_STAT_ITEMS + item], delta, __ATOMIC_RELAXED);
}

void count_memcg(struct mem_cgroup *memcg, enum vm_event_item event, unsigned long n)
{
	if (!mem_cgroup_is_root(memcg))
		__atomic_fetch_add(&memcg->stat[raw_smp_processor_id()].events[event], n,
				   __ATOMIC_RELAXED);
}

void __mod_memcg_page_state(struct page *page, enum node_stat_item item, long delta)
{
	u32 entry = READ_ONCE(page_memcg_table[page_to_pfn(page)]);
	struct memcg_slot *slot;

	if (!entry)
		return;
	rcu_read_lock();
	slot = memcg_slot_find((u16)entry);
	if (slot)
		mod_memcg_node_state(READ_ONCE(slot->memcg), page_to_nid(page), item, delta);
	rcu_read_unlock();
}

void __count_memcg_event(enum vm_event_item event, unsigned long n)
{
	rcu_read_lock();
	count_memcg(mem_cgroup_of_task(current), event, n);
	rcu_read_unlock();
}

static void sum_one(const struct mem_cgroup *memcg, struct memcg_cpu_stat *sum)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		for (int i = 0; i < NR_MEMCG_ITEMS; i++)
			sum->items[i] += READ_ONCE(memcg->stat[cpu].items[i]);
		for (int i = 0; i < NR_VM_EVENT_ITEMS; i++)
			sum->events[i] += READ_ONCE(memcg->stat[cpu].events[i]);
	}
}

void mem_cgroup_sum(struct mem_cgroup *memcg, struct memcg_cpu_stat *sum)
{
	struct mem_cgroup *at = NULL;

	memset(sum, 0, sizeof(*sum));
	while ((at = mem_cgroup_iter(memcg, at)))
		if (!mem_cgroup_is_root(at))
			sum_one(at, sum);
}

long mem_cgroup_node_sum(struct mem_cgroup *memcg, int nid, enum node_stat_item item)
{
	struct mem_cgroup *at = NULL;
	long sum = 0;

	while ((at = mem_cgroup_iter(memcg, at)))
		sum += READ_ONCE(at->node_items[nid * NR_STAT_ITEMS + item]);
	return sum;
}
