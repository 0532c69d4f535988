// SPDX-License-Identifier: MIT
/*
 * Two pairs that want to spin, and host cores for one.
 *
 * Problem: a pair of vCPU and guest thread that spins uses two host cores, and is eight times as
 * quick as one that shares a core. When every core has a busy vCPU, and more than one of them does
 * nothing but system calls, all would stay home: together they are slower than one alone.
 *
 * But where a call has work to do, a hand-over at home is cheap beside it, and two at work are
 * quicker than one that spins: such pairs stay home (handover_wants_away()).
 *
 * All others take turns. One vCPU has the turn for a few ticks; the others that want to spin sleep
 * meanwhile, in what counts as their guests' time, as if they were idle. So there is a core to
 * spare, and handover.c lets the pair of the one go away.
 *
 *   nobody's --take()--> mine --pass(): over, and others wait--> the next waiter's
 *       ^                 | \
 *       |                 |  '--not seen for STALE_TICKS--> whoever wants it next takes it
 *       '-----------------'
 *        release(): the task leaves the vCPU
 *
 * A wait ends with the turn, an interrupt that wants the task out of user mode, or when waiting
 * makes no sense any more, which is looked at each tick. Nothing depends on the turn being right:
 * who has it wrongly stays home, and who waits wrongly does so for a slice.
 *
 * Locks: none. `turn` changes by compare and exchange; all else is a hint.
 */
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <kern/smp.h>
#include <um/irqflags.h>
#include <um/percpu.h>
#include <um/setup.h>
#include <um/smp.h>
#include "../mm/guest.h"
#include "handover.h"
#include "turns.h"

#define SLICE_TICKS 2
#define STALE_TICKS 2
#define LOOK_NS	    (1000000000UL / HZ)

static u32 turn; /* number of the vCPU + 1; 0: nobody's */
static unsigned long turn_until, turn_seen; /* jiffies; written by who has it */
static unsigned int nwaiters;
static DEFINE_PER_CPU(bool, waits);

static u32 my_turn(void)
{
	return raw_smp_processor_id() + 1;
}

static bool set_turn(u32 from, u32 to)
{
	if (!__atomic_compare_exchange_n(&turn, &from, to, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_RELAXED))
		return false;
	WRITE_ONCE(turn_until, jiffies + SLICE_TICKS);
	WRITE_ONCE(turn_seen, jiffies);
	return true;
}

static void wake_waiters(void)
{
	unsigned int n = __atomic_load_n(&nwaiters, __ATOMIC_SEQ_CST);

	while (n--)
		host_wake_shared(&turn);
}

/* The turn that follows: of the next vCPU that waits, or nobody's. */
static u32 next_turn(void)
{
	unsigned int me = raw_smp_processor_id(), n = um_nr_cpus();

	for (unsigned int i = 1; i < n; i++) {
		unsigned int cpu = (me + i) % n;

		if (READ_ONCE(per_cpu(waits, cpu)))
			return cpu + 1;
	}
	return 0;
}

/* One that has the turn, and whose time is over while others wait, gives it away. */
static bool pass(void)
{
	if (time_before(jiffies, READ_ONCE(turn_until)) || !READ_ONCE(nwaiters) ||
	    !set_turn(my_turn(), next_turn()))
		return false;
	wake_waiters();
	return true;
}

/* Has who has it not been seen for long: idle, or with a guest that computes? */
static bool is_stale(void)
{
	return time_after(jiffies, READ_ONCE(turn_seen) + STALE_TICKS);
}

void turns_release(void)
{
	if (READ_ONCE(turn) == my_turn() && set_turn(my_turn(), 0))
		wake_waiters();
}

bool turns_must_wait(const struct guest_slot *slot)
{
	u32 now = READ_ONCE(turn);

	if (now == my_turn()) {
		WRITE_ONCE(turn_seen, jiffies);
		return pass();
	}
	if (!handover_wants_away(slot))
		return false;
	if (!now || is_stale())
		return !set_turn(now, my_turn());
	/* Worth it if the one that has the turn can spin then. */
	return (int)um_nr_cpus() - __atomic_load_n(&um_idle_vcpus, __ATOMIC_RELAXED) ==
	       (int)host_cores();
}

void turns_wait_begin(void)
{
	this_cpu_write(waits, true);
	__atomic_fetch_add(&nwaiters, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&um_idle_vcpus, 1, __ATOMIC_RELAXED);
}

bool turns_wait(void)
{
	u32 now = READ_ONCE(turn);

	if (!now || now == my_turn() || is_stale())
		return false;
	host_wait_shared(&turn, now, this_cpu_ptr(&um_irq_pending), LOOK_NS);
	return true;
}

void turns_wait_end(void)
{
	__atomic_fetch_sub(&um_idle_vcpus, 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&nwaiters, 1, __ATOMIC_SEQ_CST);
	this_cpu_write(waits, false);
}
