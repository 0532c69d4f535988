// SPDX-License-Identifier: MIT
/*
 * The memory side of cpusets: of which nodes the members of a group have memory. A task carries the set
 * (mems_allowed), which the page allocator reads; its policies and those of its areas follow a change,
 * and so do the pages it has: that takes long, and is done when all locks are free again, by whoever
 * wrote to the group's file.
 *
 * Lock order: cgroup_mutex -> cgroup_fork_rwsem -> mmap_lock; moves_lock innermost.
 */
#include <kern/kernel.h>
#include <kern/fork.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/mempolicy.h>
#include <mm/mmap.h>
#include <mm/slab.h>

#include "internal.h"

/* An address space whose pages have to go from nodes to others. */
struct move {
	struct list_head link;
	struct mm_struct *mm;	/* a user's reference */
	nodemask_t from, to;
};

static DEFINE_SPINLOCK(moves_lock);
static LIST_HEAD(moves);	/* moves_lock */

/* Takes over the reference. Without memory the pages stay. */
static void add_move(struct mm_struct *mm, nodemask_t from, nodemask_t to)
{
	struct move *move = kmalloc(sizeof(*move), GFP_KERNEL);

	if (!move) {
		mmput(mm);
		return;
	}
	move->mm = mm;
	move->from = from;
	move->to = to;
	spin_lock(&moves_lock);
	list_add_tail(&move->link, &moves);
	spin_unlock(&moves_lock);
}

static struct move *take_move(void)
{
	struct move *move;

	spin_lock(&moves_lock);
	move = list_first_entry_or_null(&moves, struct move, link);
	if (move)
		list_del(&move->link);
	spin_unlock(&moves_lock);
	return move;
}

void cpuset_move_memory(void)
{
	struct move *move;

	if (list_empty_careful(&moves))
		return;
	while ((move = take_move())) {
		migrate_mm(move->mm, move->from, move->to, true);
		mmput(move->mm);
		kfree(move);
	}
}

void cpuset_apply_mems(struct cgroup *cg, struct task_struct *task)
{
	nodemask_t old = task->mems_allowed, mems = cg->effective_mems;
	struct mm_struct *mm;

	if (nodes_equal(old, mems))
		return;
	mpol_rebind_task(task, mems);
	/* Threads share the memory of their leader, and go where it is. */
	mm = thread_group_leader(task) ? get_task_mm(task) : NULL;
	if (!mm)
		return;
	mpol_rebind_mm(mm, mems);
	add_move(mm, old, mems);
}
