// SPDX-License-Identifier: MIT
/*
 * What a dying task leaves to others: its children to a new parent, its news to its parent,
 * its process group perhaps without anybody who could continue it.
 *
 * => all of it under tasklist_lock, held for writing.
 */
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <kern/panic.h>
#include <kern/ptrace.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/rculist.h>

#include "internal.h"

/*
 * A process group is orphaned when no member has a parent in another group of the same
 * session: then no shell is left that would continue a stopped member.
 */
int will_become_orphaned_pgrp(struct pid *pgrp, struct task_struct *ignored)
{
	struct task_struct *task;

	do_each_pid_task(pgrp, PIDTYPE_PGID, task)
	{
		if (task == ignored || (task->exit_state && thread_group_empty(task)) ||
		    is_global_init(task->real_parent))
			continue;
		if (task_pgrp(task->real_parent) != pgrp &&
		    task_session(task->real_parent) == task_session(task))
			return 0;
	}
	while_each_pid_task(pgrp, PIDTYPE_PGID, task);
	return 1;
}

bool is_current_pgrp_orphaned(void)
{
	bool orphaned;

	read_lock(&tasklist_lock);
	orphaned = will_become_orphaned_pgrp(task_pgrp(current), NULL);
	read_unlock(&tasklist_lock);
	return orphaned;
}

static bool has_stopped_jobs(struct pid *pgrp)
{
	struct task_struct *task;

	do_each_pid_task(pgrp, PIDTYPE_PGID, task)
	{
		if (task->signal->flags & SIGNAL_STOP_STOPPED)
			return true;
	}
	while_each_pid_task(pgrp, PIDTYPE_PGID, task);
	return false;
}

/*
 * The exit of `task` (parent NULL), or of `parent` whose child `task` was, may orphan a group
 * with stopped members: they get SIGHUP and SIGCONT.
 */
void kill_orphaned_pgrp(struct task_struct *task, struct task_struct *parent)
{
	struct pid *pgrp = task_pgrp(task);
	struct task_struct *ignored = task;

	if (!parent)
		parent = task->real_parent;
	else
		ignored = NULL;
	if (task_pgrp(parent) != pgrp && task_session(parent) == task_session(task) &&
	    will_become_orphaned_pgrp(pgrp, ignored) && has_stopped_jobs(pgrp)) {
		__kill_pgrp_info(SIGHUP, SEND_SIG_PRIV, pgrp);
		__kill_pgrp_info(SIGCONT, SEND_SIG_PRIV, pgrp);
	}
}

static struct task_struct *find_alive_thread(struct task_struct *task)
{
	struct task_struct *thread;

	for_each_thread(task, thread) {
		if (!(thread->flags & PF_EXITING))
			return thread;
	}
	return NULL;
}

/*
 * init lives on in another thread, if it was a thread of init that died. With the last one its
 * name space ends: the lock is dropped while everybody in it is killed and reaped.
 */
static struct task_struct *find_child_reaper(struct task_struct *father, struct list_head *dead)
{
	struct pid_namespace *ns = task_active_pid_ns(father);
	struct task_struct *alive, *child, *next;

	if (ns->child_reaper != father)
		return ns->child_reaper;
	alive = find_alive_thread(father);
	if (alive) {
		ns->child_reaper = alive;
		return alive;
	}
	if (ns == &init_pid_ns)
		panic("Attempted to kill init! exitcode=0x%08x",
		      father->signal->group_exit_code ?: father->exit_code);
	write_unlock_irq(&tasklist_lock);
	list_for_each_entry_safe(child, next, dead, dead_entry) {
		list_del_init(&child->dead_entry);
		release_task(child);
	}
	zap_pid_ns_processes(ns);
	write_lock_irq(&tasklist_lock);
	return father;
}

/* A living sibling thread, else the nearest ancestor that asked for orphans, else init. */
static struct task_struct *find_new_reaper(struct task_struct *father,
					   struct task_struct *child_reaper)
{
	struct task_struct *thread = find_alive_thread(father);
	struct task_struct *reaper;
	unsigned int level;

	if (thread)
		return thread;
	if (!father->signal->has_child_subreaper)
		return child_reaper;
	/* Ancestors in an outer name space would not see the orphans' numbers. */
	level = task_pid(father)->level;
	for (reaper = father->real_parent;
	     !same_thread_group(reaper, child_reaper) && task_pid(reaper)->level == level;
	     reaper = reaper->real_parent) {
		if (reaper == &init_task)
			break;
		if (!reaper->signal->is_child_subreaper)
			continue;
		thread = find_alive_thread(reaper);
		if (thread)
			return thread;
	}
	return child_reaper;
}

/* A child of a dead process: its new parent must hear of it if it is a zombie already. */
static void reparent_leader(struct task_struct *father, struct task_struct *child,
			    struct list_head *dead)
{
	if (child->exit_state == EXIT_DEAD)
		return;
	child->exit_signal = SIGCHLD;
	if (!child->ptrace && child->exit_state == EXIT_ZOMBIE && thread_group_empty(child) &&
	    do_notify_parent(child, child->exit_signal)) {
		child->exit_state = EXIT_DEAD;
		list_add(&child->dead_entry, dead);
	}
	kill_orphaned_pgrp(child, father);
}

static void forget_original_parent(struct task_struct *father, struct list_head *dead)
{
	struct task_struct *child, *thread, *reaper;

	exit_ptrace(father, dead);
	reaper = find_child_reaper(father, dead);
	if (list_empty(&father->children))
		return;
	reaper = find_new_reaper(father, reaper);
	list_for_each_entry(child, &father->children, sibling) {
		for_each_thread(child, thread) {
			WRITE_ONCE(thread->real_parent, reaper);
			if (!thread->ptrace)
				thread->parent = reaper;
			if (thread->pdeath_signal)
				group_send_sig_info(thread->pdeath_signal, SEND_SIG_NOINFO, thread,
						    PIDTYPE_TGID);
		}
		if (!same_thread_group(reaper, father))
			reparent_leader(father, child, dead);
	}
	list_splice_tail_init(&father->children, &reaper->children);
}

/*
 * Tells everybody concerned. Afterwards the task is a zombie for its parent to reap, or is
 * released here.
 */
void exit_notify(struct task_struct *task, bool group_dead)
{
	struct task_struct *next;
	bool autoreap = true;
	LIST_HEAD(dead);

	write_lock_irq(&tasklist_lock);
	forget_original_parent(task, &dead);
	if (group_dead)
		kill_orphaned_pgrp(task->group_leader, NULL);
	task->exit_state = EXIT_ZOMBIE;
	if (unlikely(task->ptrace)) {
		/* The tracer hears of each thread; of the last one with the group's own signal. */
		bool whole = thread_group_leader(task) && thread_group_empty(task) &&
			     !ptrace_reparented(task);

		autoreap = do_notify_parent(task, whole ? task->exit_signal : SIGCHLD);
	} else if (thread_group_leader(task)) {
		autoreap = thread_group_empty(task) && do_notify_parent(task, task->exit_signal);
	}
	if (autoreap) {
		task->exit_state = EXIT_DEAD;
		list_add(&task->dead_entry, &dead);
	}
	/* A thread that waits in execve() for the leader. */
	if (thread_group_leader(task) && task->signal->notify_count < 0 &&
	    task->signal->group_exec_task)
		wake_up_process(task->signal->group_exec_task);
	write_unlock_irq(&tasklist_lock);

	list_for_each_entry_safe(task, next, &dead, dead_entry) {
		list_del_init(&task->dead_entry);
		release_task(task);
	}
}
