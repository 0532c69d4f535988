// SPDX-License-Identifier: MIT
/*
 * Load averages and other sums over all CPUs. The average over 1, 5 and 15 minutes of the tasks
 * that run, wait to run or sleep uninterruptibly, sampled every 5 seconds. No tick is kept alive
 * for it: who looks first after a time without ticks makes up for the missed samples, during
 * which nothing ran.
 */
#include <kern/jiffies.h>
#include <kern/spinlock.h>
#include "internal.h"

#define LOAD_FREQ (5 * HZ + 1)

unsigned long avenrun[3]; /* load_lock to write */
static DEFINE_SPINLOCK(load_lock);
static unsigned long next_sample = LOAD_FREQ; /* load_lock to write */

/* exp(-5 s / 1, 5, 15 min) in fixed point. */
static const unsigned long decay[3] = { 1884, 2014, 2037 };

unsigned int nr_running(void)
{
	unsigned int cpu, sum = 0;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(cpu_rq(cpu)->nr_running);
	return sum;
}

unsigned int nr_iowait_cpu(int cpu)
{
	return max(atomic_read(&cpu_rq(cpu)->nr_iowait), 0);
}

unsigned int nr_iowait(void)
{
	unsigned int cpu;
	int sum = 0;

	for_each_possible_cpu(cpu)
		sum += atomic_read(&cpu_rq(cpu)->nr_iowait);
	return max(sum, 0);
}

u64 nr_context_switches(void)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(cpu_rq(cpu)->nr_switches);
	return sum;
}

static unsigned long nr_active(void)
{
	unsigned int cpu;
	long sum = nr_running();

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(cpu_rq(cpu)->nr_uninterruptible);
	return max(sum, 0L);
}

static void sample(unsigned long active)
{
	active *= FIXED_1;
	for (unsigned int i = 0; i < 3; i++) {
		unsigned long sum = avenrun[i] * decay[i] + active * (FIXED_1 - decay[i]);

		if (active >= avenrun[i])
			sum += FIXED_1 - 1;
		WRITE_ONCE(avenrun[i], sum / FIXED_1);
	}
}

/* Takes the samples that are due. => any context. */
static void calc_load(void)
{
	unsigned long flags, now = jiffies;

	if (time_before(now, READ_ONCE(next_sample)) || !spin_trylock_irqsave(&load_lock, flags))
		return;
	/* Old samples were missed because every CPU slept; after an hour nothing is left of them. */
	if (now - next_sample > 720UL * LOAD_FREQ)
		next_sample = now - 720UL * LOAD_FREQ;
	while (time_after_eq(now, next_sample + LOAD_FREQ)) {
		sample(0);
		next_sample += LOAD_FREQ;
	}
	if (time_after_eq(now, next_sample)) {
		sample(nr_active());
		WRITE_ONCE(next_sample, next_sample + LOAD_FREQ);
	}
	spin_unlock_irqrestore(&load_lock, flags);
}

void calc_load_tick(void)
{
	calc_load();
}

void get_avenrun(unsigned long *loads, unsigned long offset, int shift)
{
	calc_load();
	for (unsigned int i = 0; i < 3; i++)
		loads[i] = (READ_ONCE(avenrun[i]) + offset) << shift;
}
