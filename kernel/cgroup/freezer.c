// SPDX-License-Identifier: MIT
/*
 * cgroup.freeze: the members of a group, and of all below it, stand still.
 *
 * A task that is to freeze gets JOBCTL_TRAP_FREEZE and leaves its sleep as for a signal; on its
 * way to user mode it sleeps in get_signal() until the bit goes. Tasks that are stopped for job
 * control or for a tracer, and parents in vfork(), stand still as well and count as frozen.
 *
 * A group is frozen when it shall be and all of its members and children are.
 */
#include <kern/cgroup.h>
#include <kern/fork.h>
#include <kern/sched.h>
#include <kern/signal.h>

#include "internal.h"

void cgroup_freeze_task(struct task_struct *task, bool freeze)
{
	struct sighand_struct *sighand = READ_ONCE(task->sighand);

	if (!sighand || (task->flags & PF_KTHREAD))
		return;
	/* A member has not exited, so its sighand stays; execve() may replace it, which is seen here. */
	spin_lock(&sighand->siglock);
	if (sighand == READ_ONCE(task->sighand)) {
		if (freeze && !(task->jobctl & JOBCTL_TRAP_FREEZE)) {
			task->jobctl |= JOBCTL_TRAP_FREEZE;
			signal_wake_up(task, false);
		} else if (!freeze && (task->jobctl & JOBCTL_TRAP_FREEZE)) {
			task->jobctl &= ~JOBCTL_TRAP_FREEZE;
			wake_up_process(task);
		}
	}
	spin_unlock(&sighand->siglock);
}

void cgroup_update_frozen(struct cgroup *cg)
{
	for (; cg->parent; cg = cg->parent) {
		bool frozen = cg->effective_freeze && cg->nr_frozen == cg->nr_tasks &&
			      cg->nr_frozen_children == cg->nr_children;

		if (frozen == cg->frozen)
			return;
		cg->frozen = frozen;
		cg->parent->nr_frozen_children += frozen ? 1 : -1;
		cgroup_notify(cg, CGROUP_EVENT_CORE);
	}
}

void cgroup_enter_frozen(void)
{
	struct cgroup *cg;

	spin_lock_irq(&cgroup_lock);
	cg = current->cgroup;
	if (!current->cg_frozen && !list_empty(&current->cg_list)) {
		current->cg_frozen = true;
		cg->nr_frozen++;
		cgroup_update_frozen(cg);
	}
	spin_unlock_irq(&cgroup_lock);
}

/* Without `always` it stays frozen if it shall be: it goes on to stand still in get_signal(). */
void cgroup_leave_frozen(bool always)
{
	struct cgroup *cg;

	if (!READ_ONCE(current->cg_frozen))
		return;
	spin_lock_irq(&cgroup_lock);
	cg = current->cgroup;
	if (current->cg_frozen && (always || !cg->effective_freeze)) {
		current->cg_frozen = false;
		cg->nr_frozen--;
		cgroup_update_frozen(cg);
	}
	spin_unlock_irq(&cgroup_lock);
}
