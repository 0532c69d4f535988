// SPDX-License-Identifier: MIT
/*
 * Virtual time, for runs that can be repeated (time=virtual seed=N).
 *
 * Problem: two runs of one workload differ, because timers fire and devices answer when the host
 * lets them. So under time=virtual nothing that the host decides is allowed to decide anything:
 *
 *   the clock     is a number. A system call, a look at a clock and RDTSC of a guest add TRAP_NS,
 *                 half of it the program's, half the kernel's; a task switch adds SWITCH_NS; a
 *                 delay adds what it waits. Page faults add nothing: how many there are is also a
 *                 matter of what the host has mapped.
 *   timers        are looked at whenever time has moved; no host timer is set.
 *   idle          is a jump to the next timer.
 *   the host      is waited for on the spot, with no other task running meanwhile: making and
 *                 burying stubs, mapping, disks, folders, init's descriptors. Only input that
 *                 is not there yet (a terminal, an empty pipe) comes when it comes.
 *   randomness    all follows from the seed.
 *
 * One vCPU only: which of two is faster is the host's affair.
 *
 *   repeatable --a guest used LIMIT_NS of CPU without a trap--> not repeatable (said once)
 *
 * A guest that spins would stop the clock for ever, so after a limit of its CPU time the next timer
 * is made due; the limit is short from then on.
 *
 * Two numbers tell whether two runs were the same: a hash over all task switches with their times,
 * and one over the contents of all pages that guests have mapped or that hold files.
 *
 * Locks: none; there is one vCPU, and interrupts are masked where two words belong together.
 */
#include "../internal.h"
#include <kern/init.h>
#include <kern/irq.h>
#include <kern/kernel.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <mm/page.h>
#include <um/irqflags.h>
#include <um/virtual.h>

#define TRAP_NS	  1000
#define SWITCH_NS 1000
/* Midnight of 1 January 2026, UTC. */
#define EPOCH_NS 1767225600000000000UL
/* Clocks that begin at 0 look as if they were not set. */
#define START_NS 1000000000UL
#define NEVER	 (~0UL)

/* CPU time without a trap: before a run counts as not repeatable, and after. */
#define LIMIT_NS       3000000000UL
#define LIMIT_LATER_NS 4000000UL

#define HASH_START 0xcbf29ce484222325UL
#define HASH_PRIME 0x9e3779b97f4a7c15UL

bool um_virtual;

/* Written by the vCPU with interrupts masked. */
static struct {
	u64 now;
	u64 deadline; /* of the timer, or NEVER */
	u64 switches, trace;
	bool overrun;
} clock = { .now = START_NS, .deadline = NEVER, .trace = HASH_START };

void um_virtual_init(void)
{
	um_virtual = um_host_info->virtual_time;
}

u64 um_virtual_ns(void)
{
	return READ_ONCE(clock.now);
}

u64 um_virtual_wall_ns(void)
{
	return um_virtual_ns() - START_NS + EPOCH_NS;
}

static void check_timer(void)
{
	if (clock.now < clock.deadline)
		return;
	clock.deadline = NEVER;
	__atomic_fetch_or(this_cpu_ptr(&um_irq_pending), HOST_LINE_TIMER, __ATOMIC_SEQ_CST);
}

void um_virtual_advance(u64 ns)
{
	unsigned long flags;

	local_irq_save(flags);
	WRITE_ONCE(clock.now, clock.now + ns);
	check_timer();
	local_irq_restore(flags);
}

void um_virtual_program(u64 delta)
{
	unsigned long flags;

	local_irq_save(flags);
	clock.deadline = clock.now + delta;
	check_timer();
	local_irq_restore(flags);
}

void um_virtual_cancel(void)
{
	clock.deadline = NEVER;
}

void um_virtual_trap(void)
{
	local_irq_disable();
	account_user_enter();
	WRITE_ONCE(clock.now, clock.now + TRAP_NS / 2);
	account_user_exit();
	WRITE_ONCE(clock.now, clock.now + TRAP_NS / 2);
	check_timer();
	local_irq_enable();
}

bool um_virtual_idle(void)
{
	if (clock.deadline == NEVER)
		return false;
	WRITE_ONCE(clock.now, max(clock.now, clock.deadline));
	check_timer();
	return true;
}

static u64 mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * HASH_PRIME;
	return hash ^ hash >> 29;
}

void um_virtual_note_switch(pid_t prev, pid_t next)
{
	clock.switches++;
	clock.trace = mix(mix(clock.trace, (u64)prev << 32 | (u32)next), clock.now);
	WRITE_ONCE(clock.now, clock.now + SWITCH_NS);
	check_timer();
}

u64 um_virtual_limit(void)
{
	return clock.overrun ? LIMIT_LATER_NS : LIMIT_NS;
}

void um_virtual_overrun(void)
{
	if (!clock.overrun) {
		clock.overrun = true;
		pr_warn("virtual time: %s[%d] computes without a trap: this run is not repeatable\n",
			current->comm, current->pid);
	}
	local_irq_disable();
	um_virtual_idle();
	local_irq_enable();
}

void um_virtual_wait(const volatile u32 *word)
{
	while (!*word) {
		local_irq_disable();
		host_wait_word(word, 0, this_cpu_ptr(&um_irq_pending), 0);
		local_irq_enable();
	}
}

static u64 page_hash(u64 hash, const u64 *words)
{
	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(*words); i++)
		hash = mix(hash, words[i]);
	return hash;
}

void um_virtual_report(void)
{
	unsigned long pages = 0;
	u64 hash = HASH_START;

	if (!um_virtual)
		return;
	for (unsigned long pfn = 0; pfn < max_pfn; pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (!PageUser(page) && !PageLRU(page))
			continue;
		pages++;
		hash = page_hash(mix(hash, pfn), page_address(page));
	}
	pr_notice("virtual time: %llu ns, %llu switches, trace %016llx, %lu pages, memory %016llx%s\n",
		  (unsigned long long)(clock.now - START_NS), (unsigned long long)clock.switches,
		  (unsigned long long)clock.trace, pages, (unsigned long long)hash,
		  clock.overrun ? ", not repeatable" : "");
}

static int tell_seed(void)
{
	if (um_virtual)
		pr_info("virtual time: seed=%lu\n", um_host_info->seed);
	if (um_virtual && !um_host_info->tsc_traps)
		pr_warn("virtual time: RDTSC does not trap on this host: programs that use it do not repeat\n");
	return 0;
}
core_initcall(tell_seed);
