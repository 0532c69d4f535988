// SPDX-License-Identifier: MIT
/*
 * Counting the runs of guests.
 *
 * Each vCPU counts up when a guest starts to run and when its event has come, so the count is odd
 * in between. A passage is over when each count that was odd at its begin has changed. The count
 * is written before the guest is let go by an exchange of its turn word, so who has unmapped
 * something, and then reads an even count, knows that the guest comes too late to see it.
 *
 * A straggler runs without a count, and comes back under a new one. So a passage during which
 * there was any begins anew, until there was none.
 */
#include <kern/barrier.h>
#include <kern/smp.h>
#include <um/percpu.h>
#include "passage.h"

static DEFINE_PER_CPU(u32, runs); /* written by its vCPU only */
/* Lower half: how many there are; upper half: how many there have been. */
static u64 straggles;

#define STRAGGLER_COMES (1UL << 32 | 1)

void guest_run_begin(void)
{
	__atomic_store_n(this_cpu_ptr(&runs), this_cpu_read(runs) + 1, __ATOMIC_RELAXED);
}

void guest_run_end(void)
{
	__atomic_store_n(this_cpu_ptr(&runs), this_cpu_read(runs) + 1, __ATOMIC_RELEASE);
}

bool guest_runs(void)
{
	return this_cpu_read(runs) & 1;
}

void guest_straggles(bool begins)
{
	if (begins)
		__atomic_fetch_add(&straggles, STRAGGLER_COMES, __ATOMIC_SEQ_CST);
	else
		__atomic_fetch_sub(&straggles, 1, __ATOMIC_SEQ_CST);
}

void guest_passage_begin(struct guest_passage *passage)
{
	unsigned int cpu;

	smp_mb();
	passage->straggles = __atomic_load_n(&straggles, __ATOMIC_SEQ_CST);
	for_each_possible_cpu(cpu)
		passage->runs[cpu] = __atomic_load_n(per_cpu_ptr(&runs, cpu), __ATOMIC_ACQUIRE);
}

bool guest_passage_over(struct guest_passage *passage)
{
	u64 now = __atomic_load_n(&straggles, __ATOMIC_SEQ_CST);
	unsigned int cpu;

	if (now != passage->straggles || (u32)now) {
		guest_passage_begin(passage);
		return false;
	}
	for_each_possible_cpu(cpu) {
		u32 was = passage->runs[cpu];

		if (was & 1 && __atomic_load_n(per_cpu_ptr(&runs, cpu), __ATOMIC_ACQUIRE) == was)
			return false;
	}
	/* One that began to straggle meanwhile did so before its count changed. */
	return __atomic_load_n(&straggles, __ATOMIC_SEQ_CST) == now;
}
