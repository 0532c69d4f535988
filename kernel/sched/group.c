// SPDX-License-Identifier: MIT
/*
 * Task groups: tasks that get the CPU as one. A group's shares are its weight among its
 * siblings; on each CPU its entity weighs that part of the shares that the group's load there
 * is of its load everywhere.
 *
 * A group lives until its last task, its last child and its maker have put it.
 *
 * group_lock (a mutex) serialises changes of shares and limits; pi_lock and rq->lock nest in it.
 */
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/mutex.h>
#include <mm/slab.h>
#include "internal.h"

#define MIN_SHARES 2UL
#define MAX_SHARES (1UL << 18)

static DEFINE_MUTEX(group_lock);

void task_group_get(struct task_group *group)
{
	if (group)
		refcount_inc(&group->usage);
}

void task_group_put(struct task_group *group)
{
	while (group && refcount_dec_and_test(&group->usage)) {
		struct task_group *parent = group->parent;

		psi_group_exit(&group->psi);
		fair_bandwidth_destroy(&group->bandwidth);
		kfree(group);
		group = parent;
	}
}

struct task_group *sched_group_create(struct task_group *parent)
{
	struct task_group *group =
		kzalloc(sizeof(*group) + nr_cpu_ids * sizeof(group->cpu[0]), GFP_KERNEL);

	if (!group)
		return ERR_PTR(-ENOMEM);
	refcount_set(&group->usage, 1);
	group->shares = NICE_0_WEIGHT;
	task_group_get(parent);
	group->parent = parent;
	group->level = parent ? parent->level + 1 : 0;
	atomic64_set(&group->load, 0);
	fair_bandwidth_init(&group->bandwidth);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct sched_entity *se = &group->cpu[cpu].se;

		fair_queue_init(&group->cpu[cpu].queue, cpu_rq(cpu), group);
		se->own = &group->cpu[cpu].queue;
		se->weight = NICE_0_WEIGHT;
		se->queue = parent ? &parent->cpu[cpu].queue : &cpu_rq(cpu)->fair;
		se->parent = parent ? &parent->cpu[cpu].se : NULL;
	}
	psi_group_init(&group->psi);
	return group;
}

void sched_group_put(struct task_group *group)
{
	task_group_put(group);
}

void task_group_update_weight(struct fair_queue *q)
{
	struct task_group *group = q->group;
	s64 all = atomic64_read(&group->load);
	unsigned long shares = READ_ONCE(group->shares), weight = shares;

	if (!q->load)
		return;
	if ((unsigned long)all > q->load)
		weight = shares * q->load / (unsigned long)all;
	fair_reweight(&group->cpu[q->rq->cpu].se, clamp(weight, MIN_SHARES, shares));
}

int sched_group_set_shares(struct task_group *group, unsigned long shares)
{
	if (!group)
		return -EINVAL;
	mutex_lock(&group_lock);
	WRITE_ONCE(group->shares, clamp(shares, MIN_SHARES, MAX_SHARES));
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct rq *rq = cpu_rq(cpu);

		spin_lock_irq(&rq->lock);
		task_group_update_weight(&group->cpu[cpu].queue);
		spin_unlock_irq(&rq->lock);
	}
	mutex_unlock(&group_lock);
	return 0;
}

void sched_free_task(struct task_struct *task)
{
	task_group_put(task->sched.group);
}

static void change_group(struct task_struct *task, void *group)
{
	struct task_group *old = task->sched.group;

	psi_move(task_rq(task), task, group);
	fair_fork(task, group);
	/* Its last reference cannot be this one: the caller holds another until it is done. */
	task_group_put(old);
}

void sched_move_task(struct task_struct *task, struct task_group *group)
{
	struct task_group *old;
	unsigned long flags;
	struct rq *rq;

	rq = task_rq_lock(task, &flags);
	old = task->sched.group;
	task_group_get(old);
	if (old != group)
		change_task(rq, task, change_group, group);
	task_rq_unlock(rq, task, flags);
	task_group_put(old);
}
