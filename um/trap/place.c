// SPDX-License-Identifier: MIT
/*
 * Hand-over costs 2.7 us when both threads share a host core and 76 us when one must wake an
 * idle core, so a guest thread is bound to the core that its vCPU runs on. It is moved only
 * while it is parked: re-binding a running thread costs milliseconds.
 *
 * The vCPU itself is bound while its guests run, or the host would move it away at each wake.
 * It is let go when it idles, and now and then, so that the host can balance its load.
 */
#include <kern/jiffies.h>
#include <um/percpu.h>
#include "../mm/guest.h"
#include "place.h"

/* Ticks that a busy vCPU stays on one core, and then runs where the host wants. */
#define STAY_TICKS (HZ / 5)
#define FREE_TICKS 2

static DEFINE_PER_CPU(int, bound_core) = -1;
static DEFINE_PER_CPU(unsigned long, bound_until);
static DEFINE_PER_CPU(unsigned long, free_until);

void um_core_release(void)
{
	if (this_cpu_read(bound_core) < 0)
		return;
	this_cpu_write(bound_core, -1);
	host_unplace();
}

static void bind_vcpu(int core)
{
	if (this_cpu_read(bound_core) == core) {
		if (time_before(jiffies, this_cpu_read(bound_until)))
			return;
		um_core_release();
		this_cpu_write(free_until, jiffies + FREE_TICKS);
		return;
	}
	if (time_before(jiffies, this_cpu_read(free_until)))
		return;
	host_place(0, core);
	this_cpu_write(bound_core, core);
	this_cpu_write(bound_until, jiffies + STAY_TICKS);
}

void place_threads(struct guest_slot *slot)
{
	int core = host_core();

	bind_vcpu(core);
	core = host_core();
	if (slot->core != core) {
		host_place(slot->tid, core);
		slot->core = core;
	}
}
