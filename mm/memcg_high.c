// SPDX-License-Identifier: MIT
/*
 * memory.high and memory.swap.high: who uses more is slowed down, not refused.
 *
 * The charge itself succeeds; on the way back to user mode the task reclaims from the groups that
 * have too much, and if that was not enough it sleeps, the longer the further the group is above its
 * mark: with the square of the part that is over, so that a little costs nothing that is felt and a
 * group that cannot be reclaimed hardly moves, up to two seconds for each return. Who cannot reclaim
 * (interrupts) leaves that to a work item.
 */
#include "memcg.h"

#include <kern/jiffies.h>
#include <kern/preempt.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <kern/thread_info.h>

#define HIGH_BATCH   64U
#define HIGH_RETRIES 16
#define MAX_PENALTY  (2 * HZ)
/* Less than a hundredth of a second is not slept. */
#define MIN_PENALTY (HZ / 100 + 1)

static bool over_mark(const struct page_counter *counter, unsigned long mark)
{
	return page_counter_read(counter) > mark;
}

static bool is_over(const struct mem_cgroup *memcg)
{
	return over_mark(&memcg->memory, READ_ONCE(memcg->high)) ||
	       over_mark(&memcg->swap, READ_ONCE(memcg->swap_high));
}

void mem_cgroup_check_high(struct mem_cgroup *memcg, gfp_t gfp, unsigned int nr)
{
	for (; !mem_cgroup_is_root(memcg); memcg = memcg->parent) {
		if (!is_over(memcg))
			continue;
		if (!in_task() || !current->mm) {
			if (over_mark(&memcg->memory, READ_ONCE(memcg->high)) &&
			    mem_cgroup_tryget(memcg) && !schedule_work(&memcg->high_work))
				mem_cgroup_put(memcg);
			continue;
		}
		current->memcg_over_high += nr;
		set_thread_flag(TIF_NOTIFY_RESUME);
		return;
	}
}

/* Reclaims nr pages from each group from memcg up that has too much. The number. */
static unsigned long reclaim_high(struct mem_cgroup *memcg, unsigned int nr, gfp_t gfp)
{
	unsigned long freed = 0;

	for (; !mem_cgroup_is_root(memcg); memcg = memcg->parent) {
		if (!over_mark(&memcg->memory, READ_ONCE(memcg->high)))
			continue;
		mem_cgroup_event(memcg, MEMCG_HIGH);
		freed += try_to_free_mem_cgroup_pages(memcg, nr, gfp, true,
						      READ_ONCE(vm_swappiness));
	}
	return freed;
}

void memcg_high_work(struct work_struct *work)
{
	struct mem_cgroup *memcg = container_of(work, struct mem_cgroup, high_work);

	reclaim_high(memcg, HIGH_BATCH, GFP_KERNEL);
	mem_cgroup_put(memcg);
}

/* How far above its mark, in 1/1024 of the mark. */
static unsigned long overage(const struct page_counter *counter, unsigned long mark)
{
	unsigned long usage = page_counter_read(counter);

	if (usage <= mark)
		return 0;
	return ((usage - mark) << 10) / max(mark, 1UL);
}

/* The jiffies that the worst of the groups from memcg up costs for nr pages. */
static unsigned long penalty(struct mem_cgroup *memcg, unsigned int nr)
{
	unsigned long most = 0, ticks;

	for (; !mem_cgroup_is_root(memcg); memcg = memcg->parent) {
		unsigned long swap = overage(&memcg->swap, READ_ONCE(memcg->swap_high));

		if (swap)
			mem_cgroup_event(memcg, MEMCG_SWAP_HIGH);
		most = max3(most, swap, overage(&memcg->memory, READ_ONCE(memcg->high)));
	}
	/* 1/32 over: 1/16 s for each batch. */
	most = min(most, 1UL << 12);
	ticks = most * most * HZ >> 14;
	return min(ticks * nr / HIGH_BATCH, (unsigned long)MAX_PENALTY);
}

void __mem_cgroup_handle_over_high(gfp_t gfp)
{
	unsigned int nr = current->memcg_over_high;
	struct mem_cgroup *memcg = get_mem_cgroup(NULL);
	unsigned long wait = 0, freed;
	int retries = HIGH_RETRIES;

	current->memcg_over_high = 0;
	do {
		freed = reclaim_high(memcg, wait ? HIGH_BATCH : nr, gfp);
		wait = penalty(memcg, nr);
	} while (wait >= MIN_PENALTY && freed && --retries && !fatal_signal_pending(current));
	if (wait >= MIN_PENALTY && !fatal_signal_pending(current)) {
		psi_memstall_enter();
		schedule_timeout_killable(wait);
		psi_memstall_leave();
	}
	mem_cgroup_put(memcg);
}
