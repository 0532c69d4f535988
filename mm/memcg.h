/* SPDX-License-Identifier: MIT */
/* The inside of the memory controller. */
#ifndef MM_MEMCG_H
#define MM_MEMCG_H

#include "reclaim.h"

#include <kern/cgroup_fs.h>
#include <kern/refcount.h>
#include <kern/workqueue.h>
#include <mm/memcontrol.h>
#include <mm/page_counter.h>

/* What is told in memory.events, memory.swap.events, and only counted here, in bytes or pages. */
enum memcg_event {
	MEMCG_LOW, MEMCG_HIGH, MEMCG_MAX, MEMCG_OOM, MEMCG_OOM_KILL, MEMCG_OOM_GROUP_KILL,
	MEMCG_SWAP_HIGH, MEMCG_SWAP_MAX, MEMCG_SWAP_FAIL, NR_MEMCG_EVENTS
};

/* Levels beyond the machine's: bytes. (Those of slabs are bytes in a group too.) */
enum memcg_item { MEMCG_KERNEL_B = NR_STAT_ITEMS, NR_MEMCG_ITEMS };

/* One CPU's share of a group's counters: that CPU adds, atomically since it may be preempted. */
struct memcg_cpu_stat {
	long items[NR_MEMCG_ITEMS];
	long events[NR_VM_EVENT_ITEMS];
} __attribute__((aligned(64)));

/*
 * What charged memory names: a number, and whose it is now. It outlives its group while anything is
 * charged to it.
 */
struct memcg_slot {
	struct mem_cgroup *memcg;	/* memcg_lock to write; RCU to read */
	unsigned int id;		/* constant: from 1 */
	struct list_head link;		/* memcg_lock: memcg->slots */
	struct list_head dying;		/* memcg_lock: dying_slots, when its group has gone */
	struct rcu_head rcu;
	struct lruvec **lruvecs;	/* by node, the lru_lock of that: where its pages are */
	long held[];			/* by CPU: pages, slots of swap, objects that name it */
};

/*
 * A group that has the controller, or the root.
 *   (c) constant after creation   (t) memcg_lock   (w) written under cgroup_mutex, WRITE_ONCE
 *   (x) atomic
 */
struct mem_cgroup {
	refcount_t refs;		/* x: being online, children, stocks, walkers, who charges */
	struct cgroup *cg;		/* c: counted; NULL for the root */
	struct mem_cgroup *parent;	/* c: counted */
	struct memcg_slot *slot;	/* c: its own; NULL for the root, which is not charged */
	struct list_head slots;		/* t: its own, and those of children that are gone */
	struct list_head children, sibling; /* t */
	struct mem_cgroup *resume;	/* t: counted; where the next partial walk of reclaim begins */
	bool online;			/* t */

	struct page_counter memory, swap;
	unsigned long high, swap_high;	/* w: pages */
	bool oom_group;			/* w */
	atomic_long_t kernel_bytes;	/* x: charged whole pages, of which so much is free */
	atomic_long_t events[NR_MEMCG_EVENTS], local_events[NR_MEMCG_EVENTS]; /* x */

	struct memcg_cpu_stat *stat;	/* x: by CPU; NULL for the root */
	long *node_items;		/* x: by node, of NR_STAT_ITEMS; NULL for the root, or with one node */
	struct lruvec *lruvecs;		/* c: by node; the root's are the nodes' own */
	unsigned long cost[2];		/* hints: of bringing back anonymous pages, and files' */
	atomic_t age;			/* x: the clock of workingset.c, of all below too */
	struct work_struct high_work;	/* x: reclaims for who could not */
	struct work_struct work;	/* takes it away, in two steps */
};

extern spinlock_t memcg_lock;

/* ---- memcontrol.c ---- */

static inline struct lruvec *memcg_lruvec(const struct mem_cgroup *memcg, int nid)
{
	return memcg->lruvecs ? &memcg->lruvecs[nid] : &NODE_DATA(nid)->lruvec;
}

/* The pages of a kind of the group and of those below. */
static inline unsigned long mem_cgroup_lru_size(const struct mem_cgroup *memcg, enum lru_list lru)
{
	unsigned long sum = 0;

	for (unsigned int nid = 0; nid < nr_node_ids; nid++)
		sum += READ_ONCE(memcg_lruvec(memcg, nid)->tree_sizes[lru]);
	return sum;
}

static inline bool mem_cgroup_is_root(const struct mem_cgroup *memcg)
{
	return memcg == &root_mem_cgroup;
}
bool mem_cgroup_tryget(struct mem_cgroup *memcg);
void mem_cgroup_put(struct mem_cgroup *memcg);
/* The group that pays for the task's memory. => RCU read side */
struct mem_cgroup *mem_cgroup_of_task(struct task_struct *task);
/* The same for mm (NULL: current's), with a reference. */
struct mem_cgroup *get_mem_cgroup(struct mm_struct *mm);
static inline bool mem_cgroup_is_descendant(const struct mem_cgroup *memcg,
					    const struct mem_cgroup *ancestor)
{
	while (memcg && memcg != ancestor)
		memcg = memcg->parent;
	return memcg != NULL;
}
/*
 * The groups below `root` and itself, parents first: the one after `prev` (NULL: the first), with a
 * reference; the one on `prev` is dropped. NULL at the end. Who stops early puts what it holds.
 */
struct mem_cgroup *mem_cgroup_iter(struct mem_cgroup *root, struct mem_cgroup *prev);
/* Where a walk below root that stopped early is to go on, with the reference; NULL: at the root. */
struct mem_cgroup *mem_cgroup_take_resume(struct mem_cgroup *root);
/* A walk stops at memcg, whose reference is the function's. */
void mem_cgroup_set_resume(struct mem_cgroup *root, struct mem_cgroup *memcg);
/* What a page names; NULL: nobody pays. => it is charged, RCU read side, or its node's lru_lock */
struct memcg_slot *page_memcg_slot(const struct page *page);
/* Whose a page is (the root's, if nobody pays). => RCU read side, or lru_lock */
struct mem_cgroup *page_mem_cgroup(const struct page *page);
/* How many slots of swap it may still have, and there are. */
unsigned long mem_cgroup_swap_left(const struct mem_cgroup *memcg);
/* The pages name the group, which has paid for them. => it is referenced, or RCU read side */
void memcg_commit(struct mem_cgroup *memcg, struct page *pages, unsigned long nr, u32 kmem);
void mem_cgroup_event(struct mem_cgroup *memcg, enum memcg_event event);

/* ---- memcg_slot.c: numbers; => RCU read side, or the number is held ---- */

struct memcg_slot *memcg_slot_find(unsigned int id);
struct memcg_slot *memcg_slot_create(struct mem_cgroup *memcg);
void memcg_slot_hold(struct memcg_slot *slot, long n);
/* No more will be charged to it: it goes once nothing names it. => memcg_lock held */
void memcg_slot_retire(struct memcg_slot *slot);
int memcg_table_create(void);
void mod_memcg_state(struct mem_cgroup *memcg, int item, long delta);
/* The same of what lies on a node. */
void mod_memcg_node_state(struct mem_cgroup *memcg, int nid, enum node_stat_item item, long delta);
void count_memcg(struct mem_cgroup *memcg, enum vm_event_item event, unsigned long n);

/* ---- memcg_charge.c ---- */

/* 0 or -ENOMEM. => the group is referenced */
int try_charge(struct mem_cgroup *memcg, gfp_t gfp, unsigned long nr);
/* The same, or nothing at all: from what this CPU has in stock. => any context */
bool consume_stock(struct mem_cgroup *memcg, unsigned long nr);
void memcg_uncharge_pages(struct mem_cgroup *memcg, unsigned long nr);
/* Gives back what the CPUs have in stock for groups below root. */
void drain_all_stock(struct mem_cgroup *root);
/* How much of nr bytes this CPU has in stock: all, or nothing. => any context */
bool consume_stock_bytes(struct mem_cgroup *memcg, unsigned int bytes);
void refill_stock_bytes(struct mem_cgroup *memcg, unsigned int bytes);
void memcg_uncharge_bytes(struct mem_cgroup *memcg, unsigned int bytes);

/* Does nobody pay for what the kernel allocates now: interrupts, kernel threads? */
bool memcg_kmem_bypass(void);

/* ---- memcg_high.c ---- */

/* Pages have been charged: is that too much for memory.high, or memory.swap.high, of someone above? */
void mem_cgroup_check_high(struct mem_cgroup *memcg, gfp_t gfp, unsigned int nr);
void memcg_high_work(struct work_struct *work);

/* ---- oom.c ---- */

/* Kills somebody in the group or below, or all of a memory.oom.group. False: there is nobody. */
bool mem_cgroup_out_of_memory(struct mem_cgroup *memcg, gfp_t gfp);

/* ---- memcg_stat.c ---- */

/* memory.stat. 0 or -ENOMEM */
int mem_cgroup_stat_show(struct seq_file *m, struct mem_cgroup *memcg);
/* memory.numa_stat. 0 or -ENOMEM */
int mem_cgroup_numa_stat_show(struct seq_file *m, struct mem_cgroup *memcg);
/* The sum of a node's level over the group and all below. => not the root */
long mem_cgroup_node_sum(struct mem_cgroup *memcg, int nid, enum node_stat_item item);
/* Sums over the group and all below: levels and events, as struct memcg_cpu_stat has them. */
void mem_cgroup_sum(struct mem_cgroup *memcg, struct memcg_cpu_stat *sum);

/* ---- lru.c: the pages of a group, and of its slots, are on its parent's lists. => memcg_lock ---- */
void lru_reparent(struct mem_cgroup *memcg, int nid);

#endif
