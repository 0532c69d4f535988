// SPDX-License-Identifier: MIT
/*
 * Pressure stall information: what part of the time tasks wait for CPU, I/O or memory although
 * they could do something else ("some"), and what part all that are not idle wait ("full"). The
 * system has it, and each group of tasks (group.c), with all groups below it.
 *
 * Each CPU knows for each group how many of its tasks are there and in which way (enum psi_count),
 * and since when the group has therefore been in which states; it closes that stretch when they
 * change. Every PERIOD the stretches of all CPUs are put together, weighted by how long each was
 * not idle, and enter averages that fade over 10, 60 and 300 s. For the system the tick does that,
 * or who reads, for groups a work item that the tick queues; no tick is kept alive for it, and
 * periods in which every CPU slept count as what they were: idle.
 *
 * Of the system's counts some are the run queue's own (psi_note()). A task's change goes to its
 * group and all above; tasks of the top group, where there is nobody to tell, cost a look at
 * task->sched.group.
 *
 *	a task		counts in its groups on task->sched.cpu as
 *	on_rq		RUNNING, in a throttled group too; in a memory stall MEMSTALL_RUNNING as well
 *	is rq->curr	ONCPU, until the next one is; in a memory stall MEMSTALL_ONCPU as well
 *	asleep		IOWAIT, when in_iowait
 *	anywhere	MEMSTALL, from entering to leaving the stall (memstall_counted)
 *
 * It follows from these fields alone how a task counts, so that one that changes its group,
 * whatever it does, takes that along (psi_move()). It changes its CPU while it is runnable
 * (ON_RQ_MIGRATING when it leaves) or is woken (psi_wake() is told where).
 *
 * Locks: rq->lock for counts and stretches of its CPU, in every group; psi_lock, outside of it, for
 * sums, averages and the list of groups.
 */
#include <kern/timekeeping.h>
#include <kern/workqueue.h>
#include <lib/string.h>
#include "internal.h"

#define PERIOD (2 * NSEC_PER_SEC)

#define BIT_OF(count) (1U << PSI_NR_##count)
#define RUNS_STALLED  (BIT_OF(MEMSTALL) | BIT_OF(MEMSTALL_RUNNING) | BIT_OF(MEMSTALL_ONCPU))

/* exp(-2 s / 10, 60, 300 s) with FSHIFT bits. */
static const unsigned long decay[3] = { 1677, 1981, 2034 };

static DEFINE_SPINLOCK(psi_lock);
static LIST_HEAD(groups); /* psi_lock */
static u64 next_tick;	  /* psi_lock to write: sched_clock() of the next samples by a tick */

struct psi_group psi_system = { .enabled = true };

static struct task_group *owner_of(struct psi_group *group)
{
	return container_of(group, struct task_group, psi);
}

static struct psi_cpu *on_cpu(struct psi_group *group, unsigned int cpu)
{
	return group == &psi_system ? &cpu_rq(cpu)->psi : &owner_of(group)->cpu[cpu].psi;
}

struct psi_group *sched_group_psi(struct task_group *group)
{
	return group ? &group->psi : &psi_system;
}

/* ---- counts and stretches; => rq->lock held ---- */

/* Who is in a stall and has the CPU keeps the others from doing anything. */
static unsigned int states_of(const unsigned int *nr)
{
	unsigned int running = nr[PSI_NR_RUNNING], mask = 0;

	if (running > nr[PSI_NR_ONCPU])
		mask |= 1 << PSI_CPU_SOME | (nr[PSI_NR_ONCPU] ? 0 : 1 << PSI_CPU_FULL);
	if (nr[PSI_NR_IOWAIT])
		mask |= 1 << PSI_IO_SOME | (running ? 0 : 1 << PSI_IO_FULL);
	if (nr[PSI_NR_MEMSTALL])
		mask |= 1 << PSI_MEM_SOME |
			(nr[PSI_NR_MEMSTALL_ONCPU] || running <= nr[PSI_NR_MEMSTALL_RUNNING] ?
				 1 << PSI_MEM_FULL : 0);
	if (running || nr[PSI_NR_IOWAIT] || nr[PSI_NR_MEMSTALL])
		mask |= 1 << PSI_NONIDLE;
	return mask;
}

static void close_stretch(struct psi_cpu *c, u64 now)
{
	u64 passed = now > c->since ? now - c->since : 0;

	c->since = now;
	for (unsigned int mask = c->mask; mask; mask &= mask - 1)
		c->times[__builtin_ctz(mask)] += passed;
}

static void refresh(const struct psi_group *group, struct psi_cpu *c)
{
	unsigned int mask = states_of(c->nr);

	if (likely(mask == c->mask))
		return;
	if (!READ_ONCE(group->enabled))
		mask = 0;
	close_stretch(c, sched_clock());
	c->mask = mask;
}

void psi_note(struct rq *rq)
{
	/* Those that are throttled wait, though they are not in nr_running. */
	rq->psi.nr[PSI_NR_ONCPU] = !!rq->nr_running;
	rq->psi.nr[PSI_NR_IOWAIT] = (unsigned int)atomic_read(&rq->nr_iowait);
	refresh(&psi_system, &rq->psi);
}

static void change(struct psi_cpu *c, unsigned int bits, int by)
{
	for (; bits; bits &= bits - 1)
		c->nr[__builtin_ctz(bits)] += by;
}

static void change_group(struct rq *rq, struct task_group *group, unsigned int bits, int by)
{
	struct psi_cpu *c = &group->cpu[rq->cpu].psi;

	change(c, bits, by);
	refresh(&group->psi, c);
}

static void change_upwards(struct rq *rq, struct task_group *group, unsigned int bits, int by)
{
	for (; group; group = group->parent)
		change_group(rq, group, bits, by);
}

/* What counted as `bits` in one group does so in another; those above both see no change. */
static void transfer(struct rq *rq, struct task_group *from, struct task_group *to,
		     unsigned int bits)
{
	while (from != to) {
		if (!to || (from && from->level >= to->level)) {
			change_group(rq, from, bits, -1);
			from = from->parent;
		} else {
			change_group(rq, to, bits, 1);
			to = to->parent;
		}
	}
}

/* Of the system's counts, those of memory are kept here. */
static void count_memstall(struct rq *rq, struct task_struct *task, unsigned int bits, int by)
{
	change(&rq->psi, bits, by);
	psi_note(rq);
	change_upwards(rq, task->sched.group, bits, by);
}

void __psi_queue(struct rq *rq, struct task_struct *task, bool join)
{
	bool moves = task->sched.on_rq == ON_RQ_MIGRATING;
	unsigned int stall = 0;

	if (READ_ONCE(task->sched.memstall)) {
		stall = BIT_OF(MEMSTALL_RUNNING);
		if (join ? !task->sched.memstall_counted : moves) {
			stall |= BIT_OF(MEMSTALL);
			task->sched.memstall_counted = join;
		}
		change(&rq->psi, stall, join ? 1 : -1);
	}
	change_upwards(rq, task->sched.group, BIT_OF(RUNNING) | stall, join ? 1 : -1);
}

void __psi_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	if (unlikely(READ_ONCE(prev->sched.memstall)))
		count_memstall(rq, prev, BIT_OF(MEMSTALL_ONCPU), -1);
	transfer(rq, prev->sched.group, next->sched.group, BIT_OF(ONCPU));
	if (unlikely(READ_ONCE(next->sched.memstall)))
		count_memstall(rq, next, BIT_OF(MEMSTALL_ONCPU), 1);
}

void psi_iowait(struct rq *rq, struct task_struct *task)
{
	atomic_inc(&rq->nr_iowait);
	change_upwards(rq, task->sched.group, BIT_OF(IOWAIT), 1);
}

void psi_wake(struct rq *rq, struct task_struct *task, unsigned int cpu)
{
	if (task->sched.in_iowait) {
		atomic_dec(&rq->nr_iowait);
		psi_note(rq);
		change_upwards(rq, task->sched.group, BIT_OF(IOWAIT), -1);
	}
	if (task->sched.memstall_counted && cpu != rq->cpu) {
		task->sched.memstall_counted = false;
		count_memstall(rq, task, BIT_OF(MEMSTALL), -1);
	}
}

/* => task_rq_lock; what counts while the task is queued has been taken off */
void psi_move(struct rq *rq, struct task_struct *task, struct task_group *to)
{
	unsigned int bits = 0;

	if (rq->curr == task)
		bits |= BIT_OF(ONCPU) |
			(READ_ONCE(task->sched.memstall) ? BIT_OF(MEMSTALL_ONCPU) : 0);
	if (!task->sched.on_rq && task->sched.in_iowait)
		bits |= BIT_OF(IOWAIT);
	if (task->sched.memstall_counted)
		bits |= BIT_OF(MEMSTALL);
	if (bits)
		transfer(rq, task->sched.group, to, bits);
}

void psi_memstall_enter(void)
{
	struct rq *rq;

	if (current->sched.memstall) {
		/* Only whether it is 0 matters to others. */
		WRITE_ONCE(current->sched.memstall, current->sched.memstall + 1);
		return;
	}
	local_irq_disable();
	rq = this_rq();
	spin_lock(&rq->lock);
	current->sched.memstall = 1;
	current->sched.memstall_counted = true;
	count_memstall(rq, current, RUNS_STALLED, 1);
	spin_unlock(&rq->lock);
	local_irq_enable();
}

void psi_memstall_leave(void)
{
	struct rq *rq;

	if (current->sched.memstall > 1) {
		WRITE_ONCE(current->sched.memstall, current->sched.memstall - 1);
		return;
	}
	local_irq_disable();
	rq = this_rq();
	spin_lock(&rq->lock);
	current->sched.memstall = 0;
	current->sched.memstall_counted = false;
	count_memstall(rq, current, RUNS_STALLED, -1);
	spin_unlock(&rq->lock);
	local_irq_enable();
}

/* ---- sums and averages; => psi_lock held, interrupts masked ---- */

/* What the group spent in each state since the last sample, on each CPU. */
static void collect(struct psi_group *group, u64 *stalled, u64 *nonidle)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct psi_cpu *c = on_cpu(group, cpu);
		struct rq *rq = cpu_rq(cpu);
		u64 delta[NR_PSI_STATES];

		spin_lock(&rq->lock);
		close_stretch(c, sched_clock());
		for (unsigned int i = 0; i < NR_PSI_STATES; i++) {
			delta[i] = c->times[i] - c->collected[i];
			c->collected[i] = c->times[i];
		}
		spin_unlock(&rq->lock);
		*nonidle += delta[PSI_NONIDLE] >> 10;
		for (unsigned int i = 0; i < NR_PSI_STATES; i++)
			stalled[i] += (delta[i] >> 10) * (delta[PSI_NONIDLE] >> 10);
	}
}

/* The stalls of `passed` ns go into the averages, as if spread over them evenly. */
static void fade(unsigned long *averages, u64 stalled, u64 passed)
{
	unsigned long percent = min(stalled * 100, passed * 100) * FIXED_1 / passed;

	/* After an hour nothing is left of what was before. */
	for (u64 n = min(passed / PERIOD, 1800ULL); n; n--) {
		for (unsigned int i = 0; i < 3; i++)
			averages[i] = (averages[i] * decay[i] + percent * (FIXED_1 - decay[i])) /
				      FIXED_1;
	}
}

/* Brings the totals up to date. */
static void update_totals(struct psi_group *group)
{
	u64 stalled[NR_PSI_STATES] = { 0 }, nonidle = 0;

	collect(group, stalled, &nonidle);
	for (unsigned int i = 0; i < NR_PSI_STATES; i++) {
		u64 ns = nonidle ? stalled[i] / nonidle << 10 : 0;

		group->total[i] += ns;
		group->fresh[i] += ns;
	}
}

/* Takes a sample when one is due. */
static void sample(struct psi_group *group)
{
	u64 now = sched_clock(), passed = now - group->sampled_until;

	if (now < group->sampled_until + PERIOD)
		return;
	update_totals(group);
	for (unsigned int i = 0; i < NR_PSI_STATES; i++) {
		fade(group->averages[i], group->fresh[i], passed);
		group->fresh[i] = 0;
	}
	group->sampled_until = now;
}

void psi_fetch(struct psi_group *group, enum psi_state state, struct psi_figures *figures)
{
	spin_lock_irq(&psi_lock);
	update_totals(group);
	sample(group);
	figures->total_ns = group->total[state];
	for (unsigned int i = 0; i < 3; i++)
		figures->average[i] = group->averages[state][i];
	spin_unlock_irq(&psi_lock);
}

u64 psi_total(struct psi_group *group, enum psi_state state)
{
	u64 ns;

	spin_lock_irq(&psi_lock);
	update_totals(group);
	ns = group->total[state];
	spin_unlock_irq(&psi_lock);
	return ns;
}

/* ---- groups ---- */

void psi_group_get(struct psi_group *group)
{
	if (group != &psi_system)
		task_group_get(owner_of(group));
}

void psi_group_put(struct psi_group *group)
{
	if (group && group != &psi_system)
		task_group_put(owner_of(group));
}

void psi_group_init(struct psi_group *group)
{
	unsigned long flags;

	group->enabled = true;
	group->sampled_until = sched_clock();
	spin_lock_irqsave(&psi_lock, flags);
	list_add_tail(&group->node, &groups);
	spin_unlock_irqrestore(&psi_lock, flags);
}

void psi_group_exit(struct psi_group *group)
{
	unsigned long flags;

	spin_lock_irqsave(&psi_lock, flags);
	list_del(&group->node);
	spin_unlock_irqrestore(&psi_lock, flags);
}

void psi_group_enable(struct psi_group *group, bool enable)
{
	unsigned int cpu;

	WRITE_ONCE(group->enabled, enable);
	spin_lock_irq(&psi_lock);
	for_each_online_cpu(cpu) {
		struct psi_cpu *c = on_cpu(group, cpu);

		spin_lock(&cpu_rq(cpu)->lock);
		close_stretch(c, sched_clock());
		c->mask = enable ? states_of(c->nr) : 0;
		spin_unlock(&cpu_rq(cpu)->lock);
	}
	update_totals(group);
	if (enable) {
		memset(group->averages, 0, sizeof(group->averages));
		memset(group->fresh, 0, sizeof(group->fresh));
		group->sampled_until = sched_clock();
	}
	spin_unlock_irq(&psi_lock);
}

/* The group after `prev` (NULL: the first), with a reference; lets that on prev go. */
static struct psi_group *next_group(struct psi_group *prev)
{
	struct psi_group *found = NULL;
	struct list_head *at;

	spin_lock_irq(&psi_lock);
	for (at = prev ? prev->node.next : groups.next; !found && at != &groups; at = at->next) {
		struct psi_group *group = list_entry(at, struct psi_group, node);

		if (refcount_inc_not_zero(&owner_of(group)->usage))
			found = group;
	}
	spin_unlock_irq(&psi_lock);
	psi_group_put(prev);
	return found;
}

static void sample_groups(struct work_struct *work)
{
	for (struct psi_group *group = next_group(NULL); group; group = next_group(group)) {
		spin_lock_irq(&psi_lock);
		sample(group);
		spin_unlock_irq(&psi_lock);
		cond_resched();
	}
}

static DECLARE_WORK(groups_work, sample_groups);

void psi_tick(void)
{
	u64 now = sched_clock();
	unsigned long flags;
	bool more;

	if (now < READ_ONCE(next_tick) || !spin_trylock_irqsave(&psi_lock, flags))
		return;
	WRITE_ONCE(next_tick, now + PERIOD);
	sample(&psi_system);
	more = !list_empty(&groups);
	spin_unlock_irqrestore(&psi_lock, flags);
	if (more)
		schedule_work(&groups_work);
}
