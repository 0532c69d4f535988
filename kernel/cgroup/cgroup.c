// SPDX-License-Identifier: MIT
/*
 * Control groups, version 2: one tree of groups, each task a member of one.
 *
 * A controller distributes something among the children of a group, where the group's
 * subtree_control enables it. What it counts it counts in every group at all times, so that
 * enabling it later finds the figures right; only limits depend on it.
 *
 * A member is counted from the moment it can be seen (cgroup_post_fork) until it exits, so a
 * group that holds zombies only is empty and can be removed. A task keeps its last group until it
 * is freed.
 *
 * Locks, in this order:
 *   cgroup_mutex	the tree, what is set on groups
 *   cgroup_fork_rwsem	read: a task is being born; write: tasks change groups, or all are reached
 *   cgroup_lock	membership, populated, frozen; interrupts off
 *   sighand->siglock
 */
#include <block/blk_cgroup.h>
#include <kern/cgroup.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/rwsem.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <mm/memcontrol.h>
#include <mm/slab.h>

#include "internal.h"

DEFINE_MUTEX(cgroup_mutex);
DEFINE_SPINLOCK(cgroup_lock);
DECLARE_RWSEM(cgroup_fork_rwsem);
static u64 last_id = 1; /* cgroup_mutex */

unsigned int cgroup_root_flags;

struct cgroup cgroup_root = {
	.count = REFCOUNT_INIT(1),
	.id = 1,
	.name = "",
	.children = LIST_HEAD_INIT(cgroup_root.children),
	.sibling = LIST_HEAD_INIT(cgroup_root.sibling),
	.tasks = LIST_HEAD_INIT(cgroup_root.tasks),
	.domain = &cgroup_root,
	.max_descendants = CGROUP_NO_LIMIT,
	.max_depth = CGROUP_NO_LIMIT,
	.pids_max = CGROUP_NO_LIMIT,
	.cpu_weight = 100,
	.cpu_quota = U64_MAX,
	.memcg = &root_mem_cgroup,
	.io_disks = LIST_HEAD_INIT(cgroup_root.io_disks),
	.wait = __WAIT_QUEUE_HEAD_INITIALIZER(cgroup_root.wait),
};

/* ---- groups ---- */

struct cgroup *cgroup_get(struct cgroup *cg)
{
	if (cg != &cgroup_root)
		refcount_inc(&cg->count);
	return cg;
}

static void free_cgroup(struct work_struct *work)
{
	struct cgroup *cg = container_of(work, struct cgroup, event_work);
	struct cgroup *parent = cg->parent;

	mutex_lock(&cgroup_mutex);
	for (struct cgroup *up = parent; up; up = up->parent)
		up->nr_dying--;
	mutex_unlock(&cgroup_mutex);
	blkcg_free(cg);
	kfree(cg->name);
	kfree_rcu(cg, rcu);
	cgroup_put(parent);
}

/* The last reference may go in an RCU callback: the rest is done by a work item. */
void cgroup_put(struct cgroup *cg)
{
	if (!cg || cg == &cgroup_root || !refcount_dec_and_test(&cg->count))
		return;
	INIT_WORK(&cg->event_work, free_cgroup);
	schedule_work(&cg->event_work);
}

bool cgroup_is_descendant(const struct cgroup *cg, const struct cgroup *ancestor)
{
	while (cg->level > ancestor->level)
		cg = cg->parent;
	return cg == ancestor;
}

unsigned int cgroup_controllers(const struct cgroup *cg)
{
	unsigned int mask = cg->parent ? cg->parent->subtree_control : CGROUP_ALL_CONTROLLERS;

	return cg->domain == cg ? mask : mask & CGROUP_THREADED_CONTROLLERS;
}

static void tell(struct work_struct *work)
{
	struct cgroup *cg = container_of(work, struct cgroup, event_work);
	unsigned long bits = __atomic_exchange_n(&cg->pending_events, 0, __ATOMIC_SEQ_CST);

	for (int event = 0; event < CGROUP_EVENTS; event++)
		if (bits & (1UL << event))
			cgroupfs_notify(cg, event);
	cgroup_put(cg);
}

void cgroup_notify(struct cgroup *cg, enum cgroup_event event)
{
	if (!cg->parent)
		return;
	atomic_inc(&cg->events[event]);
	wake_up_interruptible(&cg->wait);
	__atomic_fetch_or(&cg->pending_events, 1UL << event, __ATOMIC_SEQ_CST);
	cgroup_get(cg);
	if (!schedule_work(&cg->event_work))
		cgroup_put(cg); /* it is on its way already */
}

/* How deep, and how many, may groups below each ancestor be? */
static bool below_limits(const struct cgroup *parent)
{
	int depth = 1;

	for (const struct cgroup *up = parent; up; up = up->parent, depth++) {
		if (up->max_descendants != CGROUP_NO_LIMIT && up->nr_descendants >= up->max_descendants)
			return false;
		if (up->max_depth != CGROUP_NO_LIMIT && depth > up->max_depth)
			return false;
	}
	return true;
}

struct cgroup *cgroup_create(struct cgroup *parent, const char *name)
{
	struct cgroup *cg;
	int error = -ENOMEM;

	if (parent->dead)
		return ERR_PTR(-ENODEV);
	if (!below_limits(parent))
		return ERR_PTR(-EAGAIN);
	cg = kzalloc(sizeof(*cg), GFP_KERNEL);
	if (!cg)
		return ERR_PTR(-ENOMEM);
	cg->name = kstrdup(name, GFP_KERNEL);
	if (!cg->name)
		goto fail;
	refcount_set(&cg->count, 1);
	cg->id = ++last_id;
	cg->level = parent->level + 1;
	INIT_LIST_HEAD(&cg->children);
	INIT_LIST_HEAD(&cg->sibling);
	INIT_LIST_HEAD(&cg->tasks);
	INIT_LIST_HEAD(&cg->io_disks);
	init_waitqueue_head(&cg->wait);
	INIT_WORK(&cg->event_work, tell);
	/* Below threads there are only threads, but that must be said (cgroup.type). */
	cg->domain = cg;
	cg->max_descendants = cg->max_depth = cg->pids_max = CGROUP_NO_LIMIT;
	cg->cpu_weight = 100;
	cg->cpu_quota = U64_MAX;
	cg->cpu_period = 100 * NSEC_PER_MSEC;
	cg->parent = parent;
	error = cpu_create(cg);
	if (error)
		goto fail;
	cg->memcg = parent->memcg;
	if (parent->subtree_control & (1U << CGROUP_MEMORY))
		error = mem_cgroup_online(cg);
	if (error) {
		cpu_destroy(cg);
		goto fail;
	}
	cgroup_get(parent);
	for (struct cgroup *up = parent; up; up = up->parent)
		up->nr_descendants++;
	cpuset_update(cg);
	spin_lock_irq(&cgroup_lock);
	list_add_tail(&cg->sibling, &parent->children);
	parent->nr_children++;
	cg->effective_freeze = parent->effective_freeze;
	cg->frozen = cg->effective_freeze;
	if (cg->frozen)
		parent->nr_frozen_children++;
	spin_unlock_irq(&cgroup_lock);
	return cg;
fail:
	kfree(cg->name);
	kfree(cg);
	return ERR_PTR(error);
}

int cgroup_destroy(struct cgroup *cg)
{
	int error = 0;

	if (!list_empty(&cg->children))
		return -EBUSY;
	spin_lock_irq(&cgroup_lock);
	if (cg->nr_tasks) {
		error = -EBUSY;
	} else {
		list_del_init(&cg->sibling);
		cg->parent->nr_children--;
		if (cg->frozen)
			cg->parent->nr_frozen_children--;
		cgroup_update_frozen(cg->parent);
	}
	spin_unlock_irq(&cgroup_lock);
	if (error)
		return error;
	cg->dead = true;
	cg->parent->dead_utime += cg->utime + cg->dead_utime;
	cg->parent->dead_stime += cg->stime + cg->dead_stime;
	if (cg->domain != cg)
		cg->parent->nr_threaded_children--;
	for (struct cgroup *up = cg->parent; up; up = up->parent) {
		up->nr_descendants--;
		up->nr_dying++;
	}
	cpu_destroy(cg);
	blkcg_offline(cg);
	mem_cgroup_offline(cg);
	/* Who exited there and still needs memory has it from nobody. */
	WRITE_ONCE(cg->memcg, &root_mem_cgroup);
	wake_up_interruptible(&cg->wait);
	cgroup_put(cg);
	return 0;
}

/* ---- members; => cgroup_lock held ---- */

static void set_populated(struct cgroup *cg, bool populated)
{
	for (; cg; cg = cg->parent) {
		bool was = cg->nr_populated;

		cg->nr_populated += populated ? 1 : -1;
		if (was == !!cg->nr_populated)
			return;
		cgroup_notify(cg, CGROUP_EVENT_CORE);
	}
}

static void add_member(struct cgroup *cg, struct task_struct *task)
{
	list_add_tail(&task->cg_list, &cg->tasks);
	if (!cg->nr_tasks++)
		set_populated(cg, true);
	task->cg_utime = task->utime;
	task->cg_stime = task->stime;
}

static void remove_member(struct cgroup *cg, struct task_struct *task)
{
	list_del_init(&task->cg_list);
	cg->utime += task->utime - task->cg_utime;
	cg->stime += task->stime - task->cg_stime;
	if (!--cg->nr_tasks)
		set_populated(cg, false);
}

struct cgroup *task_get_cgroup(struct task_struct *task)
{
	struct cgroup *cg;
	unsigned long flags;

	spin_lock_irqsave(&cgroup_lock, flags);
	cg = cgroup_get(task->cgroup ?: &cgroup_root);
	spin_unlock_irqrestore(&cgroup_lock, flags);
	return cg;
}

/* ---- birth and death ---- */

int cgroup_can_fork(struct task_struct *task, struct cgroup *cg)
{
	int error = 0;

	down_read(&cgroup_fork_rwsem);
	task->cgroup = cg ? cgroup_get(cg) : task_get_cgroup(current);
	if (cg && cg->dead)
		error = -ENODEV;
	if (!error)
		error = pids_charge(task->cgroup);
	if (error) {
		cgroup_put(task->cgroup);
		task->cgroup = NULL;
		up_read(&cgroup_fork_rwsem);
	}
	return error;
}

void cgroup_cancel_fork(struct task_struct *task)
{
	pids_uncharge(task->cgroup);
	cgroup_put(task->cgroup);
	task->cgroup = NULL;
	up_read(&cgroup_fork_rwsem);
}

void cgroup_post_fork(struct task_struct *task)
{
	struct cgroup *cg = task->cgroup;

	spin_lock_irq(&cgroup_lock);
	add_member(cg, task);
	if (cg->effective_freeze && !(task->flags & PF_KTHREAD)) {
		cgroup_freeze_task(task, true);
		cgroup_update_frozen(cg);
	}
	spin_unlock_irq(&cgroup_lock);
	if (task->sched.group != cg->cpu_group)
		sched_move_task(task, cg->cpu_group);
	cpuset_fork(cg, task);
	up_read(&cgroup_fork_rwsem);
}

void cgroup_exit(struct task_struct *task)
{
	struct cgroup *cg;

	spin_lock_irq(&cgroup_lock);
	cg = task->cgroup;
	if (cg && !list_empty(&task->cg_list)) {
		remove_member(cg, task);
		if (task->cg_frozen) {
			task->cg_frozen = false;
			cg->nr_frozen--;
		}
		pids_uncharge(cg);
		cgroup_update_frozen(cg);
	}
	spin_unlock_irq(&cgroup_lock);
}

void cgroup_free_task(struct task_struct *task)
{
	cgroup_put(task->cgroup);
}

/* ---- moving ---- */

/* Is the group one that processes may be put into? */
int cgroup_vet_destination(const struct cgroup *cg)
{
	if (cg->dead)
		return -ENODEV;
	/* A plain group beside or below threaded ones is good for nothing until it is threaded. */
	for (const struct cgroup *up = cg->parent; cg->domain == cg && up && up->parent; up = up->parent)
		if (up->domain != up || up->nr_threaded_children)
			return -EOPNOTSUPP;
	if (!cg->parent || !(cg->subtree_control & ~CGROUP_THREADED_CONTROLLERS))
		return 0;
	return -EBUSY;
}

/* => cgroup_fork_rwsem held for writing; the task's group is kept by the caller */
static void move_task(struct task_struct *task, struct cgroup *to)
{
	struct cgroup *from;

	spin_lock_irq(&cgroup_lock);
	from = task->cgroup;
	/* A task that exits stays where it was. */
	if (list_empty(&task->cg_list) || from == to) {
		spin_unlock_irq(&cgroup_lock);
		return;
	}
	remove_member(from, task);
	task->cgroup = cgroup_get(to);
	add_member(to, task);
	pids_move(from, to);
	if (task->cg_frozen) {
		from->nr_frozen--;
		to->nr_frozen++;
	}
	cgroup_freeze_task(task, to->effective_freeze);
	cgroup_update_frozen(from);
	cgroup_update_frozen(to);
	spin_unlock_irq(&cgroup_lock);
	if (from->cpu_group != to->cpu_group)
		sched_move_task(task, to->cpu_group);
	cpuset_apply(to, task);
	cgroup_put(from);
}

/* The threads of a process by tens: they cannot come or go meanwhile, but the list's lock is spun on. */
static void move_group(struct task_struct *leader, struct cgroup *to)
{
	struct task_struct *thread, *batch[16];
	int n;

	do {
		n = 0;
		rcu_read_lock();
		for_each_thread(leader, thread) {
			if (n < (int)ARRAY_SIZE(batch) && READ_ONCE(thread->cgroup) != to &&
			    !list_empty(&thread->cg_list) &&
			    refcount_inc_not_zero(&thread->usage))
				batch[n++] = thread;
		}
		rcu_read_unlock();
		for (int i = 0; i < n; i++) {
			move_task(batch[i], to);
			put_task_struct(batch[i]);
		}
	} while (n);
}

static struct task_struct *find_task(const char *text, bool threads)
{
	struct task_struct *task;
	int nr;

	if (kstrtoint(text, 0, &nr) || nr < 0)
		return ERR_PTR(-EINVAL);
	rcu_read_lock();
	task = nr ? find_task_by_vpid(nr) : current;
	if (task && !threads)
		task = task->group_leader;
	if (!task || !refcount_inc_not_zero(&task->usage))
		task = ERR_PTR(-ESRCH);
	rcu_read_unlock();
	/* Threads that the kernel has bound to a CPU stay with it. */
	if (!IS_ERR(task) && (task->flags & (PF_KTHREAD | PF_NO_SETAFFINITY)) == (PF_KTHREAD | PF_NO_SETAFFINITY)) {
		put_task_struct(task);
		task = ERR_PTR(-EINVAL);
	}
	return task;
}

int cgroup_attach(struct cgroup *cg, const char *text, const struct file *file, bool threads)
{
	struct task_struct *task = find_task(text, threads);
	struct cgroup *from;
	int error;

	if (IS_ERR(task))
		return PTR_ERR(task);
	from = task_get_cgroup(task);
	error = cgroup_vet_destination(cg) ?: cgroupfs_may_move(file, from, cg);
	/* The threads of a process stay within one domain. */
	if (!error && threads && cg->domain != from->domain)
		error = -EOPNOTSUPP;
	if (!error) {
		down_write(&cgroup_fork_rwsem);
		if (threads)
			move_task(task, cg);
		else
			move_group(task, cg);
		up_write(&cgroup_fork_rwsem);
	}
	cgroup_put(from);
	put_task_struct(task);
	return error;
}

/* ---- killing ---- */

static void kill_subtree(struct cgroup *cg)
{
	struct task_struct *task;
	struct cgroup *child;

	spin_lock_irq(&cgroup_lock);
	list_for_each_entry(task, &cg->tasks, cg_list)
		if (!(task->flags & PF_KTHREAD))
			send_sig(SIGKILL, task, 1);
	spin_unlock_irq(&cgroup_lock);
	list_for_each_entry(child, &cg->children, sibling)
		kill_subtree(child);
}

/* Nobody is half born meanwhile, and who is to die has no children any more. */
void cgroup_kill(struct cgroup *cg)
{
	down_write(&cgroup_fork_rwsem);
	kill_subtree(cg);
	up_write(&cgroup_fork_rwsem);
}

/* ---- names ---- */

static char *prepend(char *at, char *buf, const char *text, size_t len)
{
	if (IS_ERR(at) || at - buf < (long)len + 1)
		return ERR_PTR(-ENAMETOOLONG);
	at -= len;
	memcpy(at, text, len);
	*--at = '/';
	return at;
}

char *cgroup_path_ns(struct cgroup *cg, struct cgroup *root, char *buf, size_t size)
{
	const struct cgroup *common = root;
	char *at = buf + size - 1;

	*at = '\0';
	while (!cgroup_is_descendant(cg, common))
		common = common->parent;
	if (cg == root)
		return prepend(at, buf, "", 0);
	for (; cg != common && !IS_ERR(at); cg = cg->parent)
		at = prepend(at, buf, cg->name, strlen(cg->name));
	/* Outside of what the reader may see: up first. */
	for (; root != common && !IS_ERR(at); root = root->parent)
		at = prepend(at, buf, "..", 2);
	return at;
}

static int __init cgroup_init(void)
{
	cpumask_copy(&cgroup_root.effective_cpus, cpu_possible_mask);
	cgroup_root.effective_mems = node_online_map;
	INIT_WORK(&cgroup_root.event_work, tell);
	return 0;
}
pure_initcall(cgroup_init);
