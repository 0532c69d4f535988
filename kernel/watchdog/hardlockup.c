// SPDX-License-Identifier: MIT
/*
 * Hard lockups: a CPU that keeps its interrupts masked.
 *
 * It cannot see that itself, and the host gives no interrupt that cannot be masked to look at every
 * CPU. So each timer interrupt counts for its CPU, and whichever CPU has the next one, now and then
 * looks at the counters of all. One that stands still belongs to a CPU that is idle, which the
 * host does not run, or that is locked up. Only the last one uses CPU: by the host's clock
 * of its thread, watchdog_thresh seconds. One vCPU alone has nobody to look.
 */
#include <kern/backtrace.h>
#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/panic.h>
#include <kern/percpu.h>
#include <kern/printk.h>
#include <kern/smp.h>
#include <kern/spinlock.h>
#include <kern/timekeeping.h>
#include <kern/watchdog.h>
#include <um/setup.h>

struct hardlockup {
	unsigned long alive;	/* its own CPU writes */
	/* look_lock: */
	unsigned long seen;	/* `alive` at the last look */
	u64 used;		/* CPU time when it stood still first; 0: it does not */
	bool reported;
};

static DEFINE_PER_CPU_ALIGNED(struct hardlockup, hardlockup);
static DEFINE_SPINLOCK(look_lock);
static unsigned long next_look; /* look_lock to write: jiffies */
static unsigned int lockups;	/* look_lock to write */

int hardlockup_panic;
u64 hardlockup_limit_ns = 10 * NSEC_PER_SEC;

unsigned int hardlockup_count(void)
{
	return READ_ONCE(lockups);
}

static void report(unsigned int cpu, u64 used)
{
	WRITE_ONCE(lockups, lockups + 1);
	pr_emerg("watchdog: Watchdog detected hard LOCKUP on cpu %u (%llu ms of CPU time)\n", cpu,
		 (unsigned long long)used / NSEC_PER_MSEC);
	trigger_all_cpu_backtrace();
	add_taint(TAINT_SOFTLOCKUP);
	if (READ_ONCE(hardlockup_panic))
		panic("Hard LOCKUP");
}

/* => look_lock held */
static void look_at(unsigned int cpu, u64 limit)
{
	struct hardlockup *h = per_cpu_ptr(&hardlockup, cpu);
	unsigned long alive = READ_ONCE(h->alive);
	u64 used;

	if (alive != h->seen) {
		h->seen = alive;
		h->used = 0;
		h->reported = false;
		return;
	}
	used = um_cpu_used_ns(cpu);
	if (!h->used) {
		h->used = used;
	} else if (used > h->used + limit && !h->reported) {
		h->reported = true;
		report(cpu, used - h->used);
	}
}

void hardlockup_alive(void)
{
	struct hardlockup *h = this_cpu_ptr(&hardlockup);

	WRITE_ONCE(h->alive, h->alive + 1);
}

void hardlockup_tick(void)
{
	u64 limit = READ_ONCE(hardlockup_limit_ns);
	unsigned int cpu;

	hardlockup_alive();
	if (likely(time_before(jiffies, READ_ONCE(next_look))) || !limit || num_online_cpus() < 2 ||
	    !spin_trylock(&look_lock))
		return;
	WRITE_ONCE(next_look, jiffies + max(limit / 4 / TICK_NSEC, 1UL));
	for_each_online_cpu(cpu)
		look_at(cpu, limit);
	spin_unlock(&look_lock);
}

core_param(hardlockup_panic, hardlockup_panic, int, 0644);
