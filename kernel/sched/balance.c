// SPDX-License-Identifier: MIT
/*
 * On which CPU a task runs: placement at wake-up, and pulling tasks between run queues.
 *
 * Waking an idle vCPU costs the host tens of microseconds, so a wake-up prefers a CPU that runs
 * already when the waker is about to sleep (WF_SYNC), and the task's old CPU otherwise. What
 * then stands uneven is evened out by CPUs that run dry (newidle_balance) and by the tick, which
 * also wakes an idle CPU when this one has tasks waiting.
 */
#include <kern/jiffies.h>
#include <kern/smp.h>
#include "internal.h"

#define BALANCE_INTERVAL (HZ / 25)

bool idle_cpu(int cpu)
{
	struct rq *rq = cpu_rq(cpu);

	return READ_ONCE(rq->curr) == rq->idle && !READ_ONCE(rq->nr_running);
}

static unsigned int find_idle(struct task_struct *task)
{
	unsigned int cpu;

	for_each_cpu(cpu, &task->sched.cpus_mask) {
		if (cpu_online(cpu) && idle_cpu(cpu))
			return cpu;
	}
	return NR_CPUS;
}

static unsigned int least_loaded(struct task_struct *task)
{
	unsigned int cpu, best = NR_CPUS;

	for_each_cpu(cpu, &task->sched.cpus_mask) {
		if (cpu_online(cpu) &&
		    (best == NR_CPUS ||
		     READ_ONCE(cpu_rq(cpu)->nr_running) < READ_ONCE(cpu_rq(best)->nr_running)))
			best = cpu;
	}
	/* No CPU of the mask is there: any will do. */
	return best == NR_CPUS ? cpumask_first(cpu_online_mask) : best;
}

/* => pi_lock held, or the task is on no run queue and nobody else moves it. */
unsigned int select_cpu(struct task_struct *task, int wake_flags)
{
	unsigned int prev = task_cpu(task), this = raw_smp_processor_id(), cpu;

	if (task->sched.migration_disabled ||
	    (task->sched.nr_cpus_allowed == 1 && cpu_allowed(task, prev)))
		return prev;
	if ((wake_flags & WF_SYNC) && cpu_allowed(task, this) &&
	    READ_ONCE(this_rq()->nr_running) == 1)
		return this;
	if (!(wake_flags & WF_FORK) && cpu_allowed(task, prev) && idle_cpu(prev))
		return prev;
	cpu = find_idle(task);
	if (cpu != NR_CPUS)
		return cpu;
	if (!(wake_flags & WF_FORK) && cpu_allowed(task, prev) &&
	    task->sched.class == &fair_sched_class)
		return prev;
	return least_loaded(task);
}

/* Moves one waiting task that may run here. => both locks held. */
static bool pull_one(struct rq *to, struct rq *from)
{
	const struct sched_class *const classes[] = { &rt_sched_class, &fair_sched_class };

	for (unsigned int i = 0; i < ARRAY_SIZE(classes); i++) {
		struct task_struct *task = NULL;

		while ((task = classes[i]->next_waiting(from, task))) {
			if (!cpu_allowed(task, to->cpu) || task->sched.on_cpu)
				continue;
			WRITE_ONCE(task->sched.on_rq, ON_RQ_MIGRATING);
			deactivate_task(from, task);
			set_task_cpu(task, to->cpu);
			activate_task(to, task, false);
			return true;
		}
	}
	return false;
}

static struct rq *busiest(struct rq *than)
{
	unsigned int cpu, most = READ_ONCE(than->nr_running) + 1;
	struct rq *found = NULL;

	for_each_online_cpu(cpu) {
		unsigned int nr = READ_ONCE(cpu_rq(cpu)->nr_running);

		if (cpu_rq(cpu) != than && nr > most) {
			most = nr;
			found = cpu_rq(cpu);
		}
	}
	return found;
}

bool newidle_balance(struct rq *rq)
{
	struct rq *from = busiest(rq);
	bool pulled;

	if (!from || !spin_trylock(&from->lock))
		return false;
	pulled = pull_one(rq, from);
	spin_unlock(&from->lock);
	return pulled;
}

static void kick_idle_cpu(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (idle_cpu(cpu)) {
			resched_cpu(cpu);
			return;
		}
	}
}

/* From the tick. => interrupts masked, no lock held. */
void periodic_balance(struct rq *rq)
{
	struct rq *from;

	if (num_online_cpus() == 1 || time_before(jiffies, rq->next_balance))
		return;
	rq->next_balance = jiffies + BALANCE_INTERVAL;
	if (rq->nr_running > 1)
		kick_idle_cpu();
	from = busiest(rq);
	if (!from)
		return;
	spin_lock(&rq->lock);
	if (spin_trylock(&from->lock)) {
		if (from->nr_running > rq->nr_running + 1 && pull_one(rq, from) &&
		    rq->curr == rq->idle)
			resched_curr(rq);
		spin_unlock(&from->lock);
	}
	spin_unlock(&rq->lock);
}
