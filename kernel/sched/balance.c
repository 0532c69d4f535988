// SPDX-License-Identifier: MIT
/*
 * On which CPU a task runs: placement at wake-up, and pulling tasks between run queues.
 *
 * Waking an idle vCPU costs the host tens of microseconds, so a wake-up prefers a CPU that runs
 * already when the waker is about to sleep (WF_SYNC), and the task's old CPU otherwise. What
 * then stands uneven is evened out by CPUs that run dry (newidle_balance) and by the tick, which
 * also wakes an idle CPU when this one has tasks waiting. When only the running one may go there,
 * the stopper takes it off and moves it.
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

/* Is what runs there less urgent than the task, which is of the deadline or real-time class? */
static bool runs_lower(unsigned int cpu, struct task_struct *task)
{
	struct task_struct *curr = READ_ONCE(cpu_rq(cpu)->curr);
	int difference = task->sched.class->rank - curr->sched.class->rank;

	if (difference)
		return difference > 0;
	if (task->sched.class == &dl_sched_class)
		return (s64)(task->sched.dl.deadline - READ_ONCE(curr->sched.dl.deadline)) < 0;
	return task->sched.prio < READ_ONCE(curr->sched.prio);
}

/* A CPU where the task, which is urgent, would run at once; else one with few tasks. */
static unsigned int select_cpu_urgent(struct task_struct *task, unsigned int prev)
{
	unsigned int cpu;

	if (cpu_allowed(task, prev) && runs_lower(prev, task))
		return prev;
	for_each_cpu(cpu, &task->sched.cpus_mask) {
		if (cpu_online(cpu) && runs_lower(cpu, task))
			return cpu;
	}
	return cpu_allowed(task, prev) ? prev : least_loaded(task);
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
	if (task->sched.class->rank > fair_sched_class.rank)
		return select_cpu_urgent(task, prev);
	if (!(wake_flags & WF_FORK) && cpu_allowed(task, prev))
		return prev;
	return least_loaded(task);
}

/* The first waiting task of a class that may run on `to`, or NULL. => from's lock held */
static struct task_struct *first_movable(const struct sched_class *class, struct rq *from,
					 struct rq *to)
{
	struct task_struct *task = NULL;

	while ((task = class->next_waiting(from, task))) {
		if (cpu_allowed(task, to->cpu) && !task->sched.on_cpu)
			return task;
	}
	return NULL;
}

/* => both locks held */
static void move_waiting(struct task_struct *task, struct rq *from, struct rq *to)
{
	WRITE_ONCE(task->sched.on_rq, ON_RQ_MIGRATING);
	deactivate_task(from, task);
	set_task_cpu(task, to->cpu);
	activate_task(to, task, false);
}

/* Moves one waiting task that may run here. => both locks held. */
static bool pull_one(struct rq *to, struct rq *from)
{
	for (unsigned int i = 0; sched_classes[i]; i++) {
		struct task_struct *task = first_movable(sched_classes[i], from, to);

		if (task) {
			move_waiting(task, from, to);
			return true;
		}
	}
	return false;
}

/* Does the class have a task that waits here and is as urgent as `task`? */
static bool has_better(struct rq *rq, const struct sched_class *class, struct task_struct *task)
{
	struct task_struct *first = class->next_waiting(rq, NULL);

	if (!first)
		return false;
	if (class == &dl_sched_class)
		return (s64)(first->sched.dl.deadline - task->sched.dl.deadline) <= 0;
	return first->sched.prio <= task->sched.prio;
}

/* From one other run queue. True when a task came. => both locks held */
static bool pull_urgent_from(struct rq *rq, struct rq *from)
{
	for (unsigned int i = 0; sched_classes[i] != &fair_sched_class; i++) {
		const struct sched_class *class = sched_classes[i];
		struct task_struct *task = first_movable(class, from, rq);

		if (task && !has_better(rq, class, task)) {
			move_waiting(task, from, rq);
			return true;
		}
		/* What waits here is of a higher class than what is left there. */
		if (class->next_waiting(rq, NULL))
			return false;
	}
	return false;
}

void pull_urgent(struct rq *rq)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct rq *from = cpu_rq(cpu);
		bool pulled;

		if (from == rq || !(READ_ONCE(from->dl.nr) + READ_ONCE(from->rt.nr)) ||
		    !spin_trylock(&from->lock))
			continue;
		pulled = pull_urgent_from(rq, from);
		spin_unlock(&from->lock);
		if (pulled)
			return;
	}
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

/*
 * Active migration, in the stopper of the CPU that has too much: the task that ran there a moment
 * ago waits now, and can be moved like any other.
 */
static int push_stopped(void *arg)
{
	struct rq *from = arg, *to = cpu_rq(from->push_to);
	unsigned long flags;

	local_irq_save(flags);
	spin_lock(from->cpu < to->cpu ? &from->lock : &to->lock);
	spin_lock_nested(from->cpu < to->cpu ? &to->lock : &from->lock, 1);
	update_rq_clock(from);
	update_rq_clock(to);
	/* The stopper itself counts too. */
	if (from->nr_running > 2 && to->curr == to->idle && pull_one(to, from))
		resched_curr(to);
	spin_unlock(&from->lock);
	spin_unlock(&to->lock);
	__atomic_store_n(&from->pushing, false, __ATOMIC_RELEASE);
	local_irq_restore(flags);
	return 0;
}

/* May none of the tasks that wait here run there, but the one that runs here may? */
static bool only_running_may(struct rq *rq, unsigned int cpu)
{
	bool only;

	spin_lock(&rq->lock);
	only = rq->curr != rq->idle && rq->curr->sched.class == &fair_sched_class &&
	       cpu_allowed(rq->curr, cpu) && !first_movable(&fair_sched_class, rq, cpu_rq(cpu));
	spin_unlock(&rq->lock);
	return only;
}

/* Tasks wait here and a CPU is idle: it comes for one, or gets the one that runs. */
static void use_idle_cpu(struct rq *rq)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (!idle_cpu(cpu))
			continue;
		if (!only_running_may(rq, cpu)) {
			resched_cpu(cpu);
		} else if (!__atomic_exchange_n(&rq->pushing, true, __ATOMIC_ACQUIRE)) {
			rq->push_to = cpu;
			if (!stop_one_cpu_nowait(rq->cpu, push_stopped, rq, &rq->push_work))
				WRITE_ONCE(rq->pushing, false);
		}
		return;
	}
}

/* From the tick. => interrupts masked, no lock held. */
void periodic_balance(struct rq *rq)
{
	struct rq *from;

	if (num_online_cpus() == 1 || time_before(jiffies, rq->next_balance))
		return;
	rq->next_balance = jiffies + BALANCE_INTERVAL;
	if (READ_ONCE(rq->nr_running) > 1)
		use_idle_cpu(rq);
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
