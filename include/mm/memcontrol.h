/* SPDX-License-Identifier: MIT */
/*
 * The memory controller, as the rest of the kernel sees it: who charges what. While no group has
 * the controller, each of these costs one load and a branch.
 */
#ifndef MM_MEMCONTROL_H
#define MM_MEMCONTROL_H

#include <kern/types.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/vmstat.h>

struct cgroup;
struct mem_cgroup;
struct task_struct;

/* By frame: the number of the group that is charged for it, and MEMCG_KMEM. NULL: there are none. */
extern u32 *page_memcg_table;
#define MEMCG_KMEM (1U << 16)	/* the kernel's own */

static inline bool mem_cgroup_on(void)
{
	return unlikely(READ_ONCE(page_memcg_table) != NULL);
}

/* ---- pages ---- */

int __mem_cgroup_charge(struct page *pages, unsigned int nr, struct mm_struct *mm, gfp_t gfp);
void __mem_cgroup_uncharge(struct page *pages, unsigned long nr);
void __mem_cgroup_charge_copy(struct page *from, struct page *to);
void __mod_memcg_page_state(struct page *page, enum node_stat_item item, long delta);
void __count_memcg_event(enum vm_event_item event, unsigned long n);

/*
 * Charges pages in a row, new and on no list, to the group of mm's owner (NULL: of current). 0, or
 * -ENOMEM when the group is full and neither reclaim nor its OOM killer could help. They are uncharged
 * as each is freed. => sleeps only if gfp allows it
 */
static inline int mem_cgroup_charge(struct page *pages, unsigned int nr, struct mm_struct *mm,
				    gfp_t gfp)
{
	return mem_cgroup_on() ? __mem_cgroup_charge(pages, nr, mm, gfp) : 0;
}

/* The page allocator: the frames are free. => any context */
static inline void mem_cgroup_uncharge(struct page *pages, unsigned long nr)
{
	if (mem_cgroup_on())
		__mem_cgroup_uncharge(pages, nr);
}

/* Who pays for `from` pays for `to` as well, over its limit if need be. => from stays charged */
static inline void mem_cgroup_charge_copy(struct page *from, struct page *to)
{
	if (mem_cgroup_on())
		__mem_cgroup_charge_copy(from, to);
}

/* A level that the page is part of, of the machine and of its group. => the page stays charged */
static inline void mod_lruvec_page_state(struct page *page, enum node_stat_item item, long delta)
{
	mod_node_page_state(page, item, delta);
	if (mem_cgroup_on())
		__mod_memcg_page_state(page, item, delta);
}

/* Events of the current task's group; the machine's are counted by count_vm_events(). */
static inline void count_memcg_events(enum vm_event_item event, unsigned long n)
{
	if (mem_cgroup_on())
		__count_memcg_event(event, n);
}

/* ---- the kernel's memory ---- */

/* alloc_pages() with __GFP_ACCOUNT: 0 or -ENOMEM. */
int __memcg_kmem_charge(struct page *pages, unsigned long nr, gfp_t gfp);

/*
 * Memory without frames of its own (a kernel stack from the cache): the group it is charged to, 0
 * for none, or -ENOMEM. => may sleep
 */
int memcg_charge_kernel(unsigned long nr, gfp_t gfp, enum node_stat_item item, long delta);
/* => any context */
void memcg_uncharge_kernel(int group, unsigned long nr, enum node_stat_item item, long delta);

/* ---- swap ---- */

int __mem_cgroup_charge_swap(struct page *page);
void __mem_cgroup_uncharge_swap(unsigned int group);
void __mem_cgroup_swap_failed(struct page *page, int group);
int __mem_cgroup_charge_swapin(struct page *page, unsigned int group, gfp_t gfp);

/* A slot for the page: the group that pays, 0 for none, negative when it may have no more. */
static inline int mem_cgroup_charge_swap(struct page *page)
{
	return mem_cgroup_on() ? __mem_cgroup_charge_swap(page) : 0;
}

/* The slot is free. => any context */
static inline void mem_cgroup_uncharge_swap(unsigned int group)
{
	if (unlikely(group))
		__mem_cgroup_uncharge_swap(group);
}

/* There was no slot after all. */
static inline void mem_cgroup_swap_failed(struct page *page, int group)
{
	if (mem_cgroup_on())
		__mem_cgroup_swap_failed(page, group);
}

/* mem_cgroup_charge() of a page that is read from a slot that `group` pays for. */
static inline int mem_cgroup_charge_swapin(struct page *page, unsigned int group, gfp_t gfp)
{
	return unlikely(group) ? __mem_cgroup_charge_swapin(page, group, gfp) : 0;
}

/* ---- return to user mode, death by want of memory ---- */

/* => may sleep; reclaims as `gfp` allows */
void __mem_cgroup_handle_over_high(gfp_t gfp);
/* The task has charged beyond memory.high: it reclaims, or waits. => on the way to user mode */
#define mem_cgroup_handle_over_high() do { \
	if (unlikely(current->memcg_over_high)) \
		__mem_cgroup_handle_over_high(GFP_KERNEL); \
} while (0)
/* Did the last fault fail because its group is full? Then the machine's OOM killer is not asked. */
bool mem_cgroup_fault_was_refused(void);

/* The control group that pays for a page, with a reference; the root for nobody. => the page is kept */
struct cgroup *mem_cgroup_get_cgroup(const struct page *page);

/* ---- for kernel/cgroup; => cgroup_mutex held ---- */

extern struct mem_cgroup root_mem_cgroup;
/* The controller comes to a group that is a child of one with the controller. 0 or -ENOMEM. */
int mem_cgroup_online(struct cgroup *cg);
/* It goes: what is charged is its parent's from now on. */
void mem_cgroup_offline(struct cgroup *cg);

#endif
