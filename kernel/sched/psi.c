// SPDX-License-Identifier: MIT
/*
 * Pressure stall information: what part of the time tasks wait for CPU, I/O or memory although
 * they could do something else ("some"), and what part all that are not idle wait ("full").
 *
 * Each CPU knows since when it has been in which states, and closes that stretch when they
 * change (psi_note(), after every change of nr_running, nr_iowait or nr_memstall). Every
 * PERIOD the stretches of all CPUs are put together, weighted by how long each was not idle,
 * and enter averages that fade over 10, 60 and 300 s. The tick does that, or who reads; no tick
 * is kept alive for it, and periods in which every CPU slept count as what they were: idle.
 *
 * Locks: rq->lock for the stretches; psi_lock, outside of it, for sums and averages.
 */
#include <kern/timekeeping.h>
#include "internal.h"

#define PERIOD (2 * NSEC_PER_SEC)

/* exp(-2 s / 10, 60, 300 s) with FSHIFT bits. */
static const unsigned long decay[3] = { 1677, 1981, 2034 };

static DEFINE_SPINLOCK(psi_lock);
static u64 sampled_until;		  /* psi_lock to write; sched_clock() */
static u64 collected[NR_CPUS][NR_PSI_STATES]; /* psi_lock: of each CPU's times, up to then */
static u64 total[NR_PSI_STATES];	  /* psi_lock: ns */
static u64 fresh[NR_PSI_STATES];	  /* psi_lock: of total, not yet in the averages */
static unsigned long averages[NR_PSI_STATES][3]; /* psi_lock: per cent, FSHIFT bits */

static unsigned int states_of(const struct rq *rq)
{
	int iowait = atomic_read(&rq->nr_iowait);
	unsigned int mask = 0;

	if (rq->nr_running > 1)
		mask |= 1 << PSI_CPU_SOME;
	if (iowait > 0)
		mask |= 1 << PSI_IO_SOME | (rq->nr_running ? 0 : 1 << PSI_IO_FULL);
	if (rq->nr_memstall)
		mask |= 1 << PSI_MEM_SOME |
			(rq->nr_running > rq->nr_memstall ? 0 : 1 << PSI_MEM_FULL);
	if (rq->nr_running || iowait > 0 || rq->nr_memstall)
		mask |= 1 << PSI_NONIDLE;
	return mask;
}

/* => rq->lock held */
static void close_stretch(struct rq *rq, u64 now)
{
	u64 passed = now > rq->psi.since ? now - rq->psi.since : 0;

	rq->psi.since = now;
	for (unsigned int mask = rq->psi.mask; mask; mask &= mask - 1)
		rq->psi.times[__builtin_ctz(mask)] += passed;
}

void psi_note(struct rq *rq)
{
	unsigned int mask = states_of(rq);

	if (likely(mask == rq->psi.mask))
		return;
	close_stretch(rq, sched_clock());
	rq->psi.mask = mask;
}

void psi_memstall_enter(void)
{
	struct rq *rq;

	if (current->sched.memstall++)
		return;
	local_irq_disable();
	rq = this_rq();
	spin_lock(&rq->lock);
	rq->nr_memstall++;
	psi_note(rq);
	spin_unlock(&rq->lock);
	current->sched.memstall_cpu = rq->cpu;
	local_irq_enable();
}

void psi_memstall_leave(void)
{
	struct rq *rq;

	if (--current->sched.memstall)
		return;
	/* Where it was counted, wherever it is now. */
	rq = cpu_rq(current->sched.memstall_cpu);
	spin_lock_irq(&rq->lock);
	rq->nr_memstall--;
	psi_note(rq);
	spin_unlock_irq(&rq->lock);
}

/* What each CPU spent in each state since the last sample. => psi_lock held */
static void collect(u64 *stalled, u64 *nonidle)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);
		u64 delta[NR_PSI_STATES];

		spin_lock(&rq->lock);
		close_stretch(rq, sched_clock());
		for (unsigned int i = 0; i < NR_PSI_STATES; i++) {
			delta[i] = rq->psi.times[i] - collected[cpu][i];
			collected[cpu][i] = rq->psi.times[i];
		}
		spin_unlock(&rq->lock);
		*nonidle += delta[PSI_NONIDLE] >> 10;
		for (unsigned int i = 0; i < NR_PSI_STATES; i++)
			stalled[i] += (delta[i] >> 10) * (delta[PSI_NONIDLE] >> 10);
	}
}

/* The stalls of `passed` ns go into the averages, as if spread over them evenly. */
static void fade(unsigned int state, u64 stalled, u64 passed)
{
	unsigned long percent = min(stalled * 100, passed * 100) * FIXED_1 / passed;

	/* After an hour nothing is left of what was before. */
	for (u64 n = min(passed / PERIOD, 1800ULL); n; n--) {
		for (unsigned int i = 0; i < 3; i++)
			averages[state][i] = (averages[state][i] * decay[i] +
					      percent * (FIXED_1 - decay[i])) / FIXED_1;
	}
}

/* Brings the totals up to date. => psi_lock held, interrupts masked */
static void update_totals(void)
{
	u64 stalled[NR_PSI_STATES] = { 0 }, nonidle = 0;

	collect(stalled, &nonidle);
	for (unsigned int i = 0; i < NR_PSI_STATES; i++) {
		u64 ns = nonidle ? stalled[i] / nonidle << 10 : 0;

		total[i] += ns;
		fresh[i] += ns;
	}
}

/* Takes a sample when one is due. => psi_lock held, interrupts masked */
static void sample(void)
{
	u64 now = sched_clock(), passed = now - sampled_until;

	if (now < sampled_until + PERIOD)
		return;
	update_totals();
	for (unsigned int i = 0; i < NR_PSI_STATES; i++) {
		fade(i, fresh[i], passed);
		fresh[i] = 0;
	}
	WRITE_ONCE(sampled_until, now);
}

void psi_tick(void)
{
	unsigned long flags;

	if (sched_clock() < READ_ONCE(sampled_until) + PERIOD ||
	    !spin_trylock_irqsave(&psi_lock, flags))
		return;
	sample();
	spin_unlock_irqrestore(&psi_lock, flags);
}

void psi_fetch(enum psi_state state, struct psi_figures *figures)
{
	spin_lock_irq(&psi_lock);
	sample();
	figures->total_ns = total[state];
	for (unsigned int i = 0; i < 3; i++)
		figures->average[i] = averages[state][i];
	spin_unlock_irq(&psi_lock);
}

u64 psi_total(enum psi_state state)
{
	u64 ns;

	if (state == NR_PSI_STATES)
		return 0;
	spin_lock_irq(&psi_lock);
	update_totals();
	ns = total[state];
	spin_unlock_irq(&psi_lock);
	return ns;
}
