// SPDX-License-Identifier: MIT
/*
 * Process numbers.
 *
 * A number that a program holds may be reused by the time the kernel looks at it; a struct
 * pid is not. It is the identity behind the number: tasks hang on it by role (the thread
 * itself, its group, the process group, the session), it lives as long as somebody holds a
 * reference, and looking it up is an idr lookup under RCU.
 *
 * A task of a name space has a number there and one in each name space above; the pid holds all.
 *
 * A number stays taken while any role uses it, so a process group keeps its number after its
 * leader is reaped, as POSIX wants.
 *
 * Lock order: tasklist_lock (write) > pidmap_lock. Both may be taken with interrupts off.
 *
 *   pidmap_lock	pid_namespace.idr and pid_allocated
 *   tasklist_lock	the hlists of struct pid and task->thread_pid, signal->pids
 */
#include <kern/err.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/spinlock.h>
#include <kern/task.h>
#include <kern/user_namespace.h>
#include <lib/idr.h>
#include <lib/rculist.h>
#include <mm/slab.h>

int pid_max = PID_MAX_DEFAULT;

struct pid_namespace init_pid_ns = {
	.idr = IDR_INIT(init_pid_ns.idr),
	.pid_allocated = PIDNS_ADDING,
	.child_reaper = &init_task,
	.user_ns = &init_user_ns,
	.ns = {
		.count = REFCOUNT_INIT(1),
		.inum = PROC_PID_INIT_INO,
		.ops = &pidns_operations,
	},
};

/* The idle tasks' number: 0, in no table. */
struct pid init_struct_pid = {
	.count = REFCOUNT_INIT(1),
	.wait_pidfd = __WAIT_QUEUE_HEAD_INITIALIZER(init_struct_pid.wait_pidfd),
	.numbers = { { .nr = 0, .ns = &init_pid_ns } },
};

static DEFINE_SPINLOCK(pidmap_lock);
static struct kmem_cache *pid_cachep;

struct pid *get_pid(struct pid *pid)
{
	if (pid)
		refcount_inc(&pid->count);
	return pid;
}

void put_pid(struct pid *pid)
{
	struct pid_namespace *ns;

	if (!pid || !refcount_dec_and_test(&pid->count))
		return;
	ns = ns_of_pid(pid);
	if (pid->level)
		kfree(pid);
	else
		kmem_cache_free(pid_cachep, pid);
	put_pid_ns(ns);
}

static struct pid *new_pid(struct pid_namespace *ns)
{
	struct pid *pid;

	if (ns->level)
		pid = kmalloc(struct_size(pid, numbers, ns->level + 1), GFP_KERNEL);
	else
		pid = kmem_cache_alloc(pid_cachep, GFP_KERNEL);
	if (!pid)
		return NULL;
	refcount_set(&pid->count, 1);
	pid->level = ns->level;
	for (int type = 0; type < PIDTYPE_MAX; type++)
		INIT_HLIST_HEAD(&pid->tasks[type]);
	INIT_HLIST_HEAD(&pid->inodes);
	init_waitqueue_head(&pid->wait_pidfd);
	get_pid_ns(ns);
	for (int level = ns->level; level >= 0; level--) {
		pid->numbers[level].ns = ns;
		ns = ns->parent;
	}
	return pid;
}

/* May the caller choose this number? */
static int check_set_tid(const struct pid_namespace *ns, pid_t tid)
{
	if (tid < 1 || tid >= pid_max)
		return -EINVAL;
	/* The first process of a name space is its init. */
	if (tid != 1 && !ns->child_reaper)
		return -EINVAL;
	if (!ns_capable(ns->user_ns, CAP_CHECKPOINT_RESTORE) &&
	    !ns_capable(ns->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	return 0;
}

/* The number is reserved only: nobody may find a pid that does not know all of its numbers. */
static int reserve_number(struct pid_namespace *ns, pid_t tid)
{
	struct idr *idr = &ns->idr;
	unsigned long flags;
	int nr;

	spin_lock_irqsave(&pidmap_lock, flags);
	if (tid) {
		nr = idr_alloc(idr, NULL, tid, tid + 1, GFP_ATOMIC);
		if (nr == -ENOSPC)
			nr = -EEXIST;
	} else {
		int low = idr_get_cursor(idr) > RESERVED_PIDS ? RESERVED_PIDS : 1;

		nr = idr_alloc_cyclic(idr, NULL, low, pid_max, GFP_ATOMIC);
		if (nr == -ENOSPC)
			nr = -EAGAIN;
	}
	spin_unlock_irqrestore(&pidmap_lock, flags);
	return nr;
}

static void release_numbers(struct pid *pid, int from)
{
	unsigned long flags;

	spin_lock_irqsave(&pidmap_lock, flags);
	for (int level = from; level <= (int)pid->level; level++) {
		struct idr *idr = &pid->numbers[level].ns->idr;

		idr_remove(idr, pid->numbers[level].nr);
		/* A first process that failed was not init: the next one is. */
		if (pid->numbers[level].nr == 1)
			idr_set_cursor(idr, 0);
	}
	spin_unlock_irqrestore(&pidmap_lock, flags);
}

/* Makes the numbers visible; false when init of the name space has died. */
static bool publish_pid(struct pid *pid)
{
	unsigned long flags;
	bool alive;

	spin_lock_irqsave(&pidmap_lock, flags);
	alive = ns_of_pid(pid)->pid_allocated & PIDNS_ADDING;
	for (unsigned int level = 0; alive && level <= pid->level; level++) {
		struct upid *upid = &pid->numbers[level];

		idr_replace(&upid->ns->idr, pid, upid->nr);
		upid->ns->pid_allocated++;
	}
	spin_unlock_irqrestore(&pidmap_lock, flags);
	return alive;
}

struct pid *alloc_pid(struct pid_namespace *ns, const pid_t *set_tid, size_t set_tid_size)
{
	int level = ns->level, error = 0;
	struct pid *pid;

	if (set_tid_size > ns->level + 1)
		return ERR_PTR(-EINVAL);
	pid = new_pid(ns);
	if (!pid)
		return ERR_PTR(-ENOMEM);
	for (; level >= 0; level--) {
		struct upid *upid = &pid->numbers[level];
		size_t at = pid->level - level;
		pid_t tid = at < set_tid_size ? set_tid[at] : 0;

		if (at < set_tid_size)
			error = check_set_tid(upid->ns, tid);
		if (!error) {
			upid->nr = reserve_number(upid->ns, tid);
			error = upid->nr < 0 ? upid->nr : 0;
		}
		if (error)
			break;
	}
	if (!error && publish_pid(pid))
		return pid;
	release_numbers(pid, level + 1);
	put_pid(pid);
	return ERR_PTR(error ?: -ENOMEM);
}

/* The number that was given last, for /proc/loadavg. => any context */
pid_t pid_last(void)
{
	return (pid_t)idr_get_cursor(&task_active_pid_ns(current)->idr) - 1;
}

static void delayed_put_pid(struct rcu_head *head)
{
	put_pid(container_of(head, struct pid, rcu));
}

/* Gives the numbers back. => no task uses them any more. */
void free_pid(struct pid *pid)
{
	unsigned long flags;

	spin_lock_irqsave(&pidmap_lock, flags);
	for (unsigned int level = 0; level <= pid->level; level++) {
		struct pid_namespace *ns = pid->numbers[level].ns;
		unsigned int left = --ns->pid_allocated;

		idr_remove(&ns->idr, pid->numbers[level].nr);
		if (!ns->child_reaper)
			idr_set_cursor(&ns->idr, 0);
		/* A dying init waits until it is alone, or alone with its dead leader. */
		else if (left == 1 || left == 2)
			wake_up_process(ns->child_reaper);
	}
	spin_unlock_irqrestore(&pidmap_lock, flags);
	call_rcu(&pid->rcu, delayed_put_pid);
}

void disable_pid_allocation(struct pid_namespace *ns)
{
	unsigned long flags;

	spin_lock_irqsave(&pidmap_lock, flags);
	ns->pid_allocated &= ~PIDNS_ADDING;
	spin_unlock_irqrestore(&pidmap_lock, flags);
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
	return nr > 0 ? idr_find(&ns->idr, nr) : NULL;
}

struct pid *find_vpid(int nr)
{
	return find_pid_ns(nr, task_active_pid_ns(current));
}

struct pid *find_ge_pid(int nr, struct pid_namespace *ns)
{
	return idr_get_next(&ns->idr, &nr);
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
	return find_task_by_pid_ns(nr, task_active_pid_ns(current));
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
	return ns_of_pid(task_pid(task));
}

pid_t pid_nr(struct pid *pid)
{
	return pid ? pid->numbers[0].nr : 0;
}

pid_t pid_nr_ns(struct pid *pid, struct pid_namespace *ns)
{
	const struct upid *upid;

	if (!pid || ns->level > pid->level)
		return 0;
	upid = &pid->numbers[ns->level];
	return upid->ns == ns ? upid->nr : 0;
}

pid_t pid_vnr(struct pid *pid)
{
	return pid_nr_ns(pid, task_active_pid_ns(current));
}

static pid_t role_nr(struct task_struct *task, enum pid_type type, struct pid_namespace *ns)
{
	pid_t nr = 0;

	if (!ns)
		return 0;
	rcu_read_lock();
	nr = pid_nr_ns(READ_ONCE(*task_pid_slot(task, type)), ns);
	rcu_read_unlock();
	return nr;
}

pid_t task_pid_nr(struct task_struct *task)
{
	return task->pid;
}

pid_t task_pid_vnr(struct task_struct *task)
{
	return role_nr(task, PIDTYPE_PID, task_active_pid_ns(current));
}

pid_t task_tgid_nr(struct task_struct *task)
{
	return task->tgid;
}

pid_t task_tgid_vnr(struct task_struct *task)
{
	return role_nr(task, PIDTYPE_TGID, task_active_pid_ns(current));
}

pid_t task_pgrp_vnr(struct task_struct *task)
{
	return role_nr(task, PIDTYPE_PGID, task_active_pid_ns(current));
}

pid_t task_session_vnr(struct task_struct *task)
{
	return role_nr(task, PIDTYPE_SID, task_active_pid_ns(current));
}

pid_t task_pid_nr_ns(struct task_struct *task, struct pid_namespace *ns)
{
	return role_nr(task, PIDTYPE_PID, ns);
}

pid_t task_tgid_nr_ns(struct task_struct *task, struct pid_namespace *ns)
{
	return role_nr(task, PIDTYPE_TGID, ns);
}

pid_t task_pgrp_nr_ns(struct task_struct *task, struct pid_namespace *ns)
{
	return role_nr(task, PIDTYPE_PGID, ns);
}

pid_t task_session_nr_ns(struct task_struct *task, struct pid_namespace *ns)
{
	return role_nr(task, PIDTYPE_SID, ns);
}

pid_t task_ppid_nr_ns(struct task_struct *task, struct pid_namespace *ns)
{
	pid_t nr = 0;

	rcu_read_lock();
	if (task_pid(task))
		nr = task_tgid_nr_ns(rcu_dereference(task->real_parent), ns);
	rcu_read_unlock();
	return nr;
}

void pid_init(void)
{
	pid_cachep = kmem_cache_create("pid", struct_size(&init_struct_pid, numbers, 1), 0,
				       SLAB_HWCACHE_ALIGN | SLAB_PANIC | SLAB_ACCOUNT, NULL);
}
