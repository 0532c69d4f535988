// SPDX-License-Identifier: MIT
/*
 * Charging a group, and what to do when it is full.
 *
 * Each CPU charges ahead for one group, up to CHARGE_BATCH pages, and gives what is uncharged back to
 * that stock first, so that most charges touch no counter that others use. What the kernel's objects
 * use is counted in bytes: a stock has the rest of a page, and what is over when the CPU turns to
 * another group is kept in kernel_bytes until it makes a page. When a limit is hit all stocks of groups
 * below it are given back before anybody is killed; who reads the counters drains them too.
 *
 * A full group, in order: reclaim from it and all below; the stocks; its OOM killer; then -ENOMEM, or
 * for who is to die, or reclaims itself, more than the limit.
 *
 * Lock: a stock's, innermost, interrupts off.
 */
#include "memcg.h"

#include <kern/cpumask.h>
#include <kern/init.h>
#include <kern/preempt.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <mm/oom.h>
#include <um/percpu.h>

#define CHARGE_BATCH 64UL
/* Rounds of reclaim before somebody in the group is killed, or the charge fails. */
#define MAX_RECLAIM_RETRIES 16
#define COSTLY_PAGES	    8

struct memcg_stock {
	spinlock_t lock;
	struct mem_cgroup *memcg; /* lock: counted, or NULL */
	unsigned long nr_pages;	  /* lock: charged, not in use */
	unsigned int nr_bytes;	  /* lock: of charged pages, not in use; less than a page */
};
static DEFINE_PER_CPU_ALIGNED(struct memcg_stock, memcg_stocks);

/* ---- stocks ---- */

/* => stock->lock held. The group whose reference the caller has to put after unlocking, or NULL. */
static struct mem_cgroup *drain_stock(struct memcg_stock *stock)
{
	struct mem_cgroup *memcg = stock->memcg;

	if (!memcg)
		return NULL;
	if (stock->nr_pages)
		page_counter_uncharge(&memcg->memory, stock->nr_pages);
	if (stock->nr_bytes)
		atomic_long_add(stock->nr_bytes, &memcg->kernel_bytes);
	stock->memcg = NULL;
	stock->nr_pages = 0;
	stock->nr_bytes = 0;
	return memcg;
}

/* The calling CPU's, locked. */
static struct memcg_stock *lock_stock(unsigned long *flags)
{
	struct memcg_stock *stock;

	local_irq_save(*flags);
	stock = this_cpu_ptr(&memcg_stocks);
	spin_lock(&stock->lock);
	return stock;
}

static void unlock_stock(struct memcg_stock *stock, unsigned long flags)
{
	spin_unlock(&stock->lock);
	local_irq_restore(flags);
}

bool consume_stock(struct mem_cgroup *memcg, unsigned long nr)
{
	struct memcg_stock *stock;
	unsigned long flags;
	bool had;

	if (nr > CHARGE_BATCH)
		return false;
	stock = lock_stock(&flags);
	had = stock->memcg == memcg && stock->nr_pages >= nr;
	if (had)
		stock->nr_pages -= nr;
	unlock_stock(stock, flags);
	return had;
}

/*
 * Charged pages, and bytes of such, that are not in use. What the CPU had for another group goes; for
 * a group that cannot be held any more they go straight back.
 */
static void refill_stock(struct mem_cgroup *memcg, unsigned long nr, unsigned int bytes)
{
	struct mem_cgroup *old = NULL;
	struct memcg_stock *stock;
	unsigned long flags;

	stock = lock_stock(&flags);
	if (stock->memcg != memcg) {
		old = drain_stock(stock);
		stock->memcg = mem_cgroup_tryget(memcg) ? memcg : NULL;
	}
	if (stock->memcg) {
		bytes += stock->nr_bytes;
		stock->nr_pages += nr + bytes / PAGE_SIZE;
		stock->nr_bytes = bytes % PAGE_SIZE;
		if (stock->nr_pages > CHARGE_BATCH) {
			page_counter_uncharge(&memcg->memory, stock->nr_pages);
			stock->nr_pages = 0;
		}
	} else {
		page_counter_uncharge(&memcg->memory, nr);
		atomic_long_add(bytes, &memcg->kernel_bytes);
	}
	unlock_stock(stock, flags);
	mem_cgroup_put(old);
}

void memcg_uncharge_pages(struct mem_cgroup *memcg, unsigned long nr)
{
	if (nr >= CHARGE_BATCH)
		page_counter_uncharge(&memcg->memory, nr);
	else
		refill_stock(memcg, nr, 0);
}

bool consume_stock_bytes(struct mem_cgroup *memcg, unsigned int bytes)
{
	struct memcg_stock *stock;
	unsigned long flags;
	bool had;

	stock = lock_stock(&flags);
	had = stock->memcg == memcg &&
	      (stock->nr_bytes >= bytes || stock->nr_pages > bytes / PAGE_SIZE);
	if (had && stock->nr_bytes < bytes) {
		unsigned long take = DIV_ROUND_UP(bytes - stock->nr_bytes, PAGE_SIZE);

		stock->nr_pages -= take;
		stock->nr_bytes += take << PAGE_SHIFT;
	}
	if (had)
		stock->nr_bytes -= bytes;
	unlock_stock(stock, flags);
	return had;
}

void refill_stock_bytes(struct mem_cgroup *memcg, unsigned int bytes)
{
	refill_stock(memcg, 0, bytes);
}

void memcg_uncharge_bytes(struct mem_cgroup *memcg, unsigned int bytes)
{
	struct memcg_stock *stock;
	unsigned long flags, pages;
	bool same;
	long all;

	if (mem_cgroup_is_root(memcg))
		return;
	stock = lock_stock(&flags);
	same = stock->memcg == memcg;
	unlock_stock(stock, flags);
	if (same) {
		refill_stock(memcg, 0, bytes);
		return;
	}
	all = atomic_long_add_return(bytes, &memcg->kernel_bytes);
	while (all >= (long)PAGE_SIZE) {
		if (!atomic_long_try_cmpxchg(&memcg->kernel_bytes, &all, all % (long)PAGE_SIZE))
			continue;
		pages = all >> PAGE_SHIFT;
		page_counter_uncharge(&memcg->memory, pages);
		break;
	}
}

void drain_all_stock(struct mem_cgroup *root)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct memcg_stock *stock = per_cpu_ptr(&memcg_stocks, cpu);
		struct mem_cgroup *old = NULL;
		unsigned long flags;

		spin_lock_irqsave(&stock->lock, flags);
		if (stock->memcg && mem_cgroup_is_descendant(stock->memcg, root))
			old = drain_stock(stock);
		spin_unlock_irqrestore(&stock->lock, flags);
		mem_cgroup_put(old);
	}
}

/* ---- full groups ---- */

bool memcg_kmem_bypass(void)
{
	return !in_task() || irqs_disabled() || !current->mm || (current->flags & PF_KTHREAD);
}

/* Who frees memory, or is about to free its own, is not held up. */
static bool exempt(gfp_t gfp)
{
	if ((gfp & __GFP_MEMALLOC) || (current->flags & (PF_MEMALLOC | PF_EXITING)))
		return true;
	return (current->mm && READ_ONCE(current->mm->oom_killed)) || fatal_signal_pending(current);
}

static unsigned long margin(const struct page_counter *full)
{
	unsigned long usage = page_counter_read(full), max = READ_ONCE(full->max);

	return usage < max ? max - usage : 0;
}

/* Makes room in a group that is full. True: it is worth another try. */
static bool make_room(struct mem_cgroup *full, gfp_t gfp, unsigned long nr)
{
	unsigned int swappiness = READ_ONCE(vm_swappiness);

	for (int retries = MAX_RECLAIM_RETRIES; retries; retries--) {
		unsigned long freed;

		mem_cgroup_event(full, MEMCG_MAX);
		freed = try_to_free_mem_cgroup_pages(full, nr, gfp, true, swappiness);
		if (margin(&full->memory) >= nr)
			return true;
		drain_all_stock(full);
		if (margin(&full->memory) >= nr)
			return true;
		if (gfp & __GFP_NORETRY)
			return false;
		if (freed && nr <= COSTLY_PAGES)
			return true;
		if (fatal_signal_pending(current))
			return true;
	}
	if ((gfp & (__GFP_RETRY_MAYFAIL | __GFP_NOFAIL)) || nr > COSTLY_PAGES)
		return false;
	return mem_cgroup_out_of_memory(full, gfp);
}

int try_charge(struct mem_cgroup *memcg, gfp_t gfp, unsigned long nr)
{
	unsigned long batch = max(nr, CHARGE_BATCH);
	struct page_counter *fail;

	/* Blocks that one could do without, for a task that has to answer first. */
	if (nr > 1 && !gfpflags_allow_blocking(gfp) && current->memcg_over_high > CHARGE_BATCH)
		return -ENOMEM;
	for (;;) {
		struct mem_cgroup *full;

		if (page_counter_try_charge(&memcg->memory, batch, &fail))
			break;
		if (batch > nr) {
			batch = nr;
			continue;
		}
		if (exempt(gfp) || (gfp & __GFP_ATOMIC)) {
			page_counter_charge(&memcg->memory, nr);
			break;
		}
		if (!gfpflags_allow_blocking(gfp) || irqs_disabled() || !preemptible())
			return -ENOMEM;
		full = container_of(fail, struct mem_cgroup, memory);
		if (make_room(full, gfp, nr))
			continue;
		if (!(gfp & __GFP_NOFAIL)) {
			current->memcg_refused = true;
			return -ENOMEM;
		}
		page_counter_charge(&memcg->memory, nr);
		break;
	}
	if (batch > nr)
		refill_stock(memcg, batch - nr, 0);
	mem_cgroup_check_high(memcg, gfp, batch);
	/* One call that charges much answers for it on its way: it could fill the group before it returns. */
	if (unlikely(current->memcg_over_high > CHARGE_BATCH) && gfpflags_allow_blocking(gfp) &&
	    !exempt(gfp) && !irqs_disabled() && preemptible())
		__mem_cgroup_handle_over_high(gfp);
	return 0;
}

bool mem_cgroup_fault_was_refused(void)
{
	bool refused = current->memcg_refused;

	current->memcg_refused = false;
	return refused;
}

static int __init memcg_charge_init(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		spin_lock_init(&per_cpu_ptr(&memcg_stocks, cpu)->lock);
	return 0;
}
core_initcall(memcg_charge_init);
