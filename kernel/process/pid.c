// SPDX-License-Identifier: MIT
/*
 * Process numbers.
 *
 * A number that a program holds may be reused by the time the kernel looks at it; a struct
 * pid is not. It is the identity behind the number: tasks hang on it by role (the thread
 * itself, its group, the process group, the session), it lives as long as somebody holds a
 * reference, and looking it up is an idr lookup under RCU.
 *
 * A number stays taken while any role uses it, so a process group keeps its number after its
 * leader is reaped, as POSIX wants.
 *
 * Lock order: tasklist_lock (write) > pidmap_lock. Both may be taken with interrupts off.
 *
 *   pidmap_lock	the idr and pid_namespace.pid_allocated
 *   tasklist_lock	the hlists of struct pid and task->thread_pid, signal->pids
 */
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/signal.h>
#include <kern/spinlock.h>
#include <kern/task.h>
#include <lib/idr.h>
#include <lib/rculist.h>
#include <mm/slab.h>

int pid_max = PID_MAX_DEFAULT;

struct pid_namespace init_pid_ns = {
	.child_reaper = &init_task,
};

/* The idle tasks' number: 0, in no table. */
struct pid init_struct_pid = {
	.count = REFCOUNT_INIT(1),
	.wait_pidfd = __WAIT_QUEUE_HEAD_INITIALIZER(init_struct_pid.wait_pidfd),
	.numbers = { { .nr = 0, .ns = &init_pid_ns } },
};

static DEFINE_SPINLOCK(pidmap_lock);
static DEFINE_IDR(pid_idr);
static struct kmem_cache *pid_cachep;

struct pid *get_pid(struct pid *pid)
{
	if (pid)
		refcount_inc(&pid->count);
	return pid;
}

void put_pid(struct pid *pid)
{
	if (pid && refcount_dec_and_test(&pid->count))
		kmem_cache_free(pid_cachep, pid);
}

struct pid *alloc_pid(struct pid_namespace *ns)
{
	struct pid *pid = kmem_cache_alloc(pid_cachep, GFP_KERNEL);
	unsigned long flags;
	int nr;

	if (!pid)
		return ERR_PTR(-ENOMEM);
	refcount_set(&pid->count, 1);
	pid->level = ns->level;
	for (int type = 0; type < PIDTYPE_MAX; type++)
		INIT_HLIST_HEAD(&pid->tasks[type]);
	INIT_HLIST_HEAD(&pid->inodes);
	init_waitqueue_head(&pid->wait_pidfd);
	pid->numbers[0].ns = ns;

	/* Reserve the number first: nobody may find a pid that does not know it yet. */
	spin_lock_irqsave(&pidmap_lock, flags);
	nr = idr_alloc_cyclic(&pid_idr, NULL,
			      idr_get_cursor(&pid_idr) > RESERVED_PIDS ? RESERVED_PIDS : 1, pid_max,
			      GFP_ATOMIC);
	if (nr > 0) {
		pid->numbers[0].nr = nr;
		ns->pid_allocated++;
		idr_replace(&pid_idr, pid, nr);
	}
	spin_unlock_irqrestore(&pidmap_lock, flags);
	if (nr > 0)
		return pid;
	kmem_cache_free(pid_cachep, pid);
	return ERR_PTR(nr == -ENOSPC ? -EAGAIN : nr);
}

/* The number that was given last, for /proc/loadavg. => any context */
pid_t pid_last(void)
{
	return (pid_t)idr_get_cursor(&pid_idr) - 1;
}

static void delayed_put_pid(struct rcu_head *head)
{
	put_pid(container_of(head, struct pid, rcu));
}

/* Gives the number back. => no task uses it any more. */
void free_pid(struct pid *pid)
{
	unsigned long flags;

	spin_lock_irqsave(&pidmap_lock, flags);
	idr_remove(&pid_idr, pid->numbers[0].nr);
	pid->numbers[0].ns->pid_allocated--;
	spin_unlock_irqrestore(&pidmap_lock, flags);
	call_rcu(&pid->rcu, delayed_put_pid);
}

static struct pid **task_pid_slot(struct task_struct *task, enum pid_type type)
{
	return type == PIDTYPE_PID ? &task->thread_pid : &task->signal->pids[type];
}

void attach_pid(struct task_struct *task, enum pid_type type)
{
	struct pid *pid = *task_pid_slot(task, type);

	hlist_add_head_rcu(&task->pid_links[type], &pid->tasks[type]);
}

static void replace_pid(struct task_struct *task, enum pid_type type, struct pid *new)
{
	struct pid **slot = task_pid_slot(task, type);
	struct pid *old = *slot;

	hlist_del_rcu(&task->pid_links[type]);
	WRITE_ONCE(*slot, new);
	if (old == &init_struct_pid)
		return;
	for (int used = 0; used < PIDTYPE_MAX; used++)
		if (pid_has_task(old, used))
			return;
	free_pid(old);
}

void detach_pid(struct task_struct *task, enum pid_type type)
{
	replace_pid(task, type, NULL);
}

void change_pid(struct task_struct *task, enum pid_type type, struct pid *pid)
{
	replace_pid(task, type, pid);
	attach_pid(task, type);
}

void exchange_tids(struct task_struct *left, struct task_struct *right)
{
	struct pid *left_pid = left->thread_pid;
	struct pid *right_pid = right->thread_pid;
	struct hlist_head *left_head = &left_pid->tasks[PIDTYPE_PID];
	struct hlist_head *right_head = &right_pid->tasks[PIDTYPE_PID];
	struct hlist_node *left_first = left_head->first;
	struct hlist_node *right_first = right_head->first;

	WRITE_ONCE(left_head->first, right_first);
	right_first->pprev = &left_head->first;
	WRITE_ONCE(right_head->first, left_first);
	left_first->pprev = &right_head->first;
	WRITE_ONCE(left->thread_pid, right_pid);
	WRITE_ONCE(right->thread_pid, left_pid);
	swap(left->pid, right->pid);
}

void transfer_pid(struct task_struct *from, struct task_struct *to, enum pid_type type)
{
	hlist_replace_rcu(&from->pid_links[type], &to->pid_links[type]);
}

bool pid_has_task(struct pid *pid, enum pid_type type)
{
	return !hlist_empty(&pid->tasks[type]);
}

bool is_child_reaper(struct pid *pid)
{
	return pid->numbers[pid->level].nr == 1;
}

struct pid *find_pid_ns(int nr, struct pid_namespace *ns)
{
	return nr > 0 ? idr_find(&pid_idr, nr) : NULL;
}

struct pid *find_vpid(int nr)
{
	return find_pid_ns(nr, &init_pid_ns);
}

struct pid *find_ge_pid(int nr, struct pid_namespace *ns)
{
	return idr_get_next(&pid_idr, &nr);
}

struct task_struct *pid_task(struct pid *pid, enum pid_type type)
{
	struct hlist_node *first = pid ? READ_ONCE(pid->tasks[type].first) : NULL;

	return first ? hlist_entry(first, struct task_struct, pid_links[type]) : NULL;
}

struct task_struct *find_task_by_pid_ns(pid_t nr, struct pid_namespace *ns)
{
	return pid_task(find_pid_ns(nr, ns), PIDTYPE_PID);
}

struct task_struct *find_task_by_vpid(pid_t nr)
{
	return find_task_by_pid_ns(nr, &init_pid_ns);
}

struct pid *find_get_pid(int nr)
{
	struct pid *pid;

	rcu_read_lock();
	pid = find_vpid(nr);
	if (pid && !refcount_inc_not_zero(&pid->count))
		pid = NULL;
	rcu_read_unlock();
	return pid;
}

struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(pid, type);
	if (task && !refcount_inc_not_zero(&task->usage))
		task = NULL;
	rcu_read_unlock();
	return task;
}

struct task_struct *find_get_task_by_vpid(pid_t nr)
{
	struct task_struct *task;

	rcu_read_lock();
	task = find_task_by_vpid(nr);
	if (task && !refcount_inc_not_zero(&task->usage))
		task = NULL;
	rcu_read_unlock();
	return task;
}

struct pid *get_task_pid(struct task_struct *task, enum pid_type type)
{
	struct pid *pid;

	rcu_read_lock();
	pid = READ_ONCE(*task_pid_slot(task, type));
	if (pid && !refcount_inc_not_zero(&pid->count))
		pid = NULL;
	rcu_read_unlock();
	return pid;
}

struct pid *task_pid(struct task_struct *task)
{
	return READ_ONCE(task->thread_pid);
}

struct pid *task_tgid(struct task_struct *task)
{
	return READ_ONCE(task->signal->pids[PIDTYPE_TGID]);
}

struct pid *task_pgrp(struct task_struct *task)
{
	return READ_ONCE(task->signal->pids[PIDTYPE_PGID]);
}

struct pid *task_session(struct task_struct *task)
{
	return READ_ONCE(task->signal->pids[PIDTYPE_SID]);
}

struct pid_namespace *task_active_pid_ns(struct task_struct *task)
{
	return &init_pid_ns;
}

pid_t pid_nr(struct pid *pid)
{
	return pid ? pid->numbers[0].nr : 0;
}

pid_t pid_nr_ns(struct pid *pid, struct pid_namespace *ns)
{
	return pid_nr(pid);
}

pid_t pid_vnr(struct pid *pid)
{
	return pid_nr(pid);
}

static pid_t role_nr(struct task_struct *task, enum pid_type type)
{
	pid_t nr;

	rcu_read_lock();
	nr = pid_nr(READ_ONCE(*task_pid_slot(task, type)));
	rcu_read_unlock();
	return nr;
}

pid_t task_pid_nr(struct task_struct *task)
{
	return task->pid;
}

pid_t task_pid_vnr(struct task_struct *task)
{
	return role_nr(task, PIDTYPE_PID);
}

pid_t task_tgid_nr(struct task_struct *task)
{
	return task->tgid;
}

pid_t task_tgid_vnr(struct task_struct *task)
{
	return role_nr(task, PIDTYPE_TGID);
}

pid_t task_pgrp_vnr(struct task_struct *task)
{
	return role_nr(task, PIDTYPE_PGID);
}

pid_t task_session_vnr(struct task_struct *task)
{
	return role_nr(task, PIDTYPE_SID);
}

pid_t task_pid_nr_ns(struct task_struct *task, struct pid_namespace *ns)
{
	return role_nr(task, PIDTYPE_PID);
}

pid_t task_tgid_nr_ns(struct task_struct *task, struct pid_namespace *ns)
{
	return role_nr(task, PIDTYPE_TGID);
}

pid_t task_pgrp_nr_ns(struct task_struct *task, struct pid_namespace *ns)
{
	return role_nr(task, PIDTYPE_PGID);
}

pid_t task_session_nr_ns(struct task_struct *task, struct pid_namespace *ns)
{
	return role_nr(task, PIDTYPE_SID);
}

pid_t task_ppid_nr_ns(struct task_struct *task, struct pid_namespace *ns)
{
	pid_t nr;

	rcu_read_lock();
	nr = pid_nr(task->thread_pid) ? rcu_dereference(task->real_parent)->tgid : 0;
	rcu_read_unlock();
	return nr;
}

void pid_init(void)
{
	pid_cachep = kmem_cache_create("pid", sizeof(struct pid), 0, SLAB_HWCACHE_ALIGN, NULL);
	BUG_ON(!pid_cachep);
}
