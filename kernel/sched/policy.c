// SPDX-License-Identifier: MIT
/* Policies, priorities and affinity of a task: at fork, and when somebody changes them. */
#include <kern/cgroup.h>
#include <kern/delay.h>
#include <kern/fork.h>
#include <kern/errno.h>
#include <kern/jiffies.h>
#include <kern/resource.h>
#include <kern/rtmutex.h>
#include <kern/smp.h>
#include <kern/signal.h>
#include <lib/string.h>
#include "internal.h"

/* Each step of nice is worth about a quarter more CPU: 1024 * 1.25 ^ -nice, rounded. */
static const u32 nice_weights[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916,
	9548,  7620,  6100,  4904,  3906,  3121,  2501,	 1991,	1586,  1277,
	1024,  820,   655,   526,   423,   335,	  272,	 215,	172,   137,
	110,   87,    70,    56,    45,	   36,	  29,	 23,	18,    15,
};

#define IDLE_WEIGHT 3

/* Short sleeps of wait_task_inactive() before it looks once a tick. */
#define INACTIVE_SOON 16

u32 nice_to_weight(int nice)
{
	return nice_weights[clamp(nice, MIN_NICE, MAX_NICE) - MIN_NICE];
}

void set_task_class(struct task_struct *task)
{
	struct sched_task *s = &task->sched;
	unsigned int rt_prio;

	/* A stopper is one for ever. */
	if (s->class == &stop_sched_class)
		return;
	if (!rt_policy(s->policy))
		s->rt_priority = 0;
	rt_prio = max(s->rt_priority, s->pi_prio);
	if (dl_policy(s->policy)) {
		s->class = &dl_sched_class;
		s->prio = -1;
	} else if (rt_prio) {
		s->class = &rt_sched_class;
		s->prio = MAX_RT_PRIO - 1 - rt_prio;
	} else {
		s->class = &fair_sched_class;
		s->prio = s->static_prio;
	}
	s->se.weight = s->policy == SCHED_IDLE ? IDLE_WEIGHT :
						 nice_to_weight(PRIO_TO_NICE(s->static_prio));
}

int sched_fork(u64 clone_flags, struct task_struct *task)
{
	struct sched_task *s = &task->sched;
	const struct sched_task *parent = &current->sched;

	/* Nobody admitted a second one of its bandwidth. */
	if (dl_policy(parent->policy) && !parent->reset_on_fork)
		return -EAGAIN;
	/* The copy of the parent's part is a start; what is the task's own begins anew. */
	memset(s, 0, sizeof(*s));
	spin_lock_init(&s->pi_lock);
	s->static_prio = parent->static_prio;
	s->policy = parent->policy;
	s->rt_priority = parent->rt_priority;
	s->cpus_mask = parent->cpus_mask;
	s->user_cpus_mask = parent->user_cpus_mask;
	s->nr_cpus_allowed = parent->nr_cpus_allowed;
	if (current->flags & PF_IDLE) {
		cpumask_copy(&s->cpus_mask, cpu_possible_mask);
		s->user_cpus_mask = s->cpus_mask;
		s->nr_cpus_allowed = cpumask_weight(&s->cpus_mask);
		s->static_prio = DEFAULT_PRIO;
		s->policy = SCHED_NORMAL;
	}
	if (parent->reset_on_fork) {
		if (!fair_policy(s->policy)) {
			s->policy = SCHED_NORMAL;
			s->static_prio = DEFAULT_PRIO;
		} else if (s->static_prio < DEFAULT_PRIO) {
			s->static_prio = DEFAULT_PRIO;
		}
		s->rt_priority = 0;
	}
	set_task_class(task);
	INIT_LIST_HEAD(&s->rt_node);
	s->time_slice = HZ / 10;
	s->cpu = raw_smp_processor_id();
	spin_lock_irq(&current->sched.pi_lock);
	fair_fork(task, parent->group);
	spin_unlock_irq(&current->sched.pi_lock);
	WRITE_ONCE(task->state, TASK_NEW);
	/* The switch to it comes with preemption off, once for schedule() and once for the lock. */
	task->preempt_count_saved = 2 * PREEMPT_OFFSET;
	clear_tsk_thread_flag(task, TIF_NEED_RESCHED);
#ifdef CONFIG_DEBUG
	task->lockdep.depth = 0;
#endif
	task->nvcsw = task->nivcsw = 0;
	task->utime = task->stime = 0;
	return 0;
}

/* The idle task of a CPU: never queued, runs when nothing else does. */
void init_idle(struct task_struct *idle, int cpu)
{
	struct rq *rq = cpu_rq(cpu);
	struct sched_task *s = &idle->sched;

	spin_lock_init(&s->pi_lock);
	s->class = &idle_sched_class;
	s->policy = SCHED_NORMAL;
	s->static_prio = DEFAULT_PRIO;
	s->prio = IDLE_PRIO;
	s->se.weight = IDLE_WEIGHT;
	s->cpu = cpu;
	s->on_cpu = 1;
	s->cpus_mask = *cpumask_of(cpu);
	s->user_cpus_mask = s->cpus_mask;
	s->nr_cpus_allowed = 1;
	INIT_LIST_HEAD(&s->rt_node);
	idle->flags |= PF_IDLE | PF_KTHREAD | PF_NO_SETAFFINITY;
	WRITE_ONCE(idle->state, TASK_RUNNING);
	idle->preempt_count_saved = PREEMPT_OFFSET;
	rq->idle = idle;
	rq->curr = idle;
}

void change_task(struct rq *rq, struct task_struct *task,
		 void (*change)(struct task_struct *task, void *arg), void *arg)
{
	bool queued = task->sched.on_rq == ON_RQ_QUEUED;

	update_rq_clock(rq);
	if (queued)
		deactivate_task(rq, task);
	change(task, arg);
	if (!queued)
		return;
	activate_task(rq, task, false);
	if (rq->curr == task)
		resched_curr(rq);
	else
		check_preempt(rq, task);
}

static void change_nice(struct task_struct *task, void *nice)
{
	task->sched.static_prio = NICE_TO_PRIO(*(long *)nice);
	set_task_class(task);
}

void set_user_nice(struct task_struct *task, long nice)
{
	unsigned long flags;
	struct rq *rq;

	if (nice < MIN_NICE || nice > MAX_NICE || task_nice(task) == nice)
		return;
	rq = task_rq_lock(task, &flags);
	change_task(rq, task, change_nice, &nice);
	task_rq_unlock(rq, task, flags);
}

int task_prio(const struct task_struct *task)
{
	return task->sched.prio - MAX_RT_PRIO;
}

/* A task that comes from another class begins where newcomers do. */
static void start_fair(struct task_struct *task, const struct sched_class *before)
{
	if (task->sched.class == &fair_sched_class && before != &fair_sched_class)
		fair_start(task);
}

static void change_inherited(struct task_struct *task, void *prio)
{
	const struct sched_class *class = task->sched.class;

	task->sched.pi_prio = *(unsigned int *)prio;
	set_task_class(task);
	start_fair(task, class);
}

void sched_inherit(struct task_struct *task, unsigned int prio)
{
	unsigned long flags;
	struct rq *rq;

	if (task->sched.pi_prio == prio)
		return;
	rq = task_rq_lock(task, &flags);
	change_task(rq, task, change_inherited, &prio);
	task_rq_unlock(rq, task, flags);
}

static void change_policy(struct task_struct *task, void *arg)
{
	const struct sched_attr *attr = arg;
	const struct sched_class *class = task->sched.class;
	bool was_fair = fair_policy(task->sched.policy);

	task->sched.policy = attr->sched_policy;
	task->sched.rt_priority = attr->sched_priority;
	task->sched.reset_on_fork = attr->sched_flags & SCHED_FLAG_RESET_ON_FORK;
	if (fair_policy(attr->sched_policy))
		task->sched.static_prio = NICE_TO_PRIO(attr->sched_nice);
	set_task_class(task);
	if (dl_policy(attr->sched_policy))
		dl_set_params(task, attr);
	else
		dl_reclaim_leave(task);
	start_fair(task, class);
	if (was_fair)
		task->sched.time_slice = sched_rr_slice;
}

/* Deadlines are met only if every CPU may help. */
static bool runs_everywhere(const struct task_struct *task)
{
	return cpumask_subset(cpu_online_mask, &task->sched.cpus_mask);
}

int sched_change_attr(struct task_struct *task, const struct sched_attr *attr)
{
	struct sched_attr to = *attr;
	int policy = attr->sched_policy, error;
	unsigned long flags;
	struct rq *rq;

	if (!fair_policy(policy) && !rt_policy(policy) && !dl_policy(policy))
		return -EINVAL;
	if (rt_policy(policy) != (attr->sched_priority != 0) ||
	    attr->sched_priority >= MAX_RT_PRIO)
		return -EINVAL;
	error = dl_policy(policy) ? dl_check(attr) : 0;
	if (error)
		return error;
	rq = task_rq_lock(task, &flags);
	if (task->sched.class == &stop_sched_class)
		error = -EINVAL;
	else if (dl_policy(policy) && !runs_everywhere(task))
		error = -EPERM;
	if (!error)
		error = dl_admit(task, policy, attr);
	if (!error)
		change_task(rq, task, change_policy, &to);
	task_rq_unlock(rq, task, flags);
	if (!error)
		rt_mutex_adjust_pi(task);
	return error;
}

int sched_change_policy(struct task_struct *task, int policy, int rt_priority, int nice,
			bool reset_on_fork)
{
	struct sched_attr attr = {
		.sched_policy = policy,
		.sched_priority = rt_priority,
		.sched_nice = nice,
		.sched_flags = reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0,
	};

	return sched_change_attr(task, &attr);
}

int sched_setscheduler_nocheck(struct task_struct *task, int policy, int rt_priority)
{
	return sched_change_policy(task, policy, rt_priority, task_nice(task),
				   task->sched.reset_on_fork);
}

int sched_set_fifo(struct task_struct *task)
{
	return sched_setscheduler_nocheck(task, SCHED_FIFO, MAX_RT_PRIO / 2);
}

void sched_set_normal(struct task_struct *task, int nice)
{
	(void)sched_change_policy(task, SCHED_NORMAL, 0, nice, false);
}

void normalize_rt_tasks(void)
{
	struct task_struct *leader, *task;

	read_lock(&tasklist_lock);
	for_each_process_thread(leader, task) {
		if (task->flags & PF_KTHREAD)
			continue;
		if (!fair_policy(task->sched.policy))
			sched_set_normal(task, 0);
		else if (task_nice(task) < 0)
			set_user_nice(task, 0);
	}
	read_unlock(&tasklist_lock);
}

/*
 * The mask changed: moves a waiting task, makes a running one move itself. True: that one has not
 * left its CPU yet. => task_rq_lock held.
 */
static bool leave_forbidden_cpu(struct rq *rq, struct task_struct *task)
{
	unsigned int cpu;
	struct rq *to;

	if (cpu_allowed(task, rq->cpu) || task->sched.on_rq != ON_RQ_QUEUED)
		return false;
	if (rq->curr == task || task->sched.on_cpu) {
		resched_curr(rq);
		return true;
	}
	cpu = select_cpu(task, 0);
	to = cpu_rq(cpu);
	if (to == rq)
		return false;
	update_rq_clock(rq);
	WRITE_ONCE(task->sched.on_rq, ON_RQ_MIGRATING);
	deactivate_task(rq, task);
	set_task_cpu(task, cpu);
	/* pi_lock stays with us, and ON_RQ_MIGRATING keeps everybody else away. */
	spin_unlock(&rq->lock);
	spin_lock(&to->lock);
	update_rq_clock(to);
	activate_task(to, task, false);
	check_preempt(to, task);
	spin_unlock(&to->lock);
	spin_lock(&rq->lock);
	return false;
}

static int nothing(void *unused)
{
	return 0;
}

int set_cpus_allowed_ptr(struct task_struct *task, const struct cpumask *mask)
{
	struct cpumask allowed;
	unsigned long flags;
	unsigned int cpu;
	bool runs_on;
	struct rq *rq;

	if (!cpumask_and(&allowed, mask, cpu_possible_mask) ||
	    !cpumask_intersects(&allowed, cpu_online_mask))
		return -EINVAL;
	rq = task_rq_lock(task, &flags);
	task->sched.cpus_mask = allowed;
	task->sched.nr_cpus_allowed = cpumask_weight(&allowed);
	runs_on = leave_forbidden_cpu(rq, task);
	cpu = rq->cpu;
	task_rq_unlock(rq, task, flags);
	if (task == current)
		cond_resched();
	else if (runs_on && preemptible())
		(void)stop_one_cpu(cpu, nothing, NULL);
	return 0;
}

long sched_setaffinity_task(struct task_struct *task, const struct cpumask *mask)
{
	struct cpumask allowed;
	int ret;

	if (task->flags & PF_NO_SETAFFINITY)
		return -EINVAL;
	if (dl_policy(task->sched.policy) && !cpumask_subset(cpu_online_mask, mask))
		return -EBUSY;
	cpuset_cpus_allowed(task, &allowed);
	cpumask_and(&allowed, &allowed, mask);
	ret = set_cpus_allowed_ptr(task, &allowed);
	if (!ret)
		cpumask_and(&task->sched.user_cpus_mask, mask, cpu_possible_mask);
	return ret;
}

void migrate_disable(void)
{
	preempt_disable();
	current->sched.migration_disabled++;
	preempt_enable();
}

void migrate_enable(void)
{
	preempt_disable();
	if (!--current->sched.migration_disabled && !cpu_allowed(current, smp_processor_id())) {
		set_tsk_thread_flag(current, TIF_NEED_RESCHED);
		this_cpu_write(__need_resched, 1);
	}
	preempt_enable();
}

struct task_struct *idle_task(int cpu)
{
	return cpu_rq(cpu)->idle;
}

struct task_struct *curr_task(int cpu)
{
	return READ_ONCE(cpu_rq(cpu)->curr);
}

int task_curr(const struct task_struct *task)
{
	return READ_ONCE(cpu_rq(task_cpu(task))->curr) == task;
}

unsigned long __sched wait_task_inactive(struct task_struct *task, unsigned int state)
{
	for (unsigned int rounds = 0;; rounds++) {
		unsigned long flags, ran;
		bool off;
		struct rq *rq;

		if (state && !(READ_ONCE(task->state) & state))
			return 0;
		rq = task_rq_lock(task, &flags);
		off = !task->sched.on_rq && !READ_ONCE(task->sched.on_cpu);
		ran = task->nvcsw | 1;
		if (state && !(READ_ONCE(task->state) & state))
			ran = 0;
		task_rq_unlock(rq, task, flags);
		if (!ran || off)
			return ran;
		/* One that has just made us run is about to sleep. */
		if (rounds < INACTIVE_SOON)
			usleep_range(10, 20);
		else
			schedule_timeout_uninterruptible(1);
	}
}
