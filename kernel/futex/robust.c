// SPDX-License-Identifier: MIT
/* Robust lists: the locks that a task holds, which its death must not leave locked for ever. */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/futex.h>
#include <kern/pid.h>
#include <kern/ptrace.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <mm/uaccess.h>

#include "futex.h"

/* How many locks of a dead task are looked at, in case its list is a ring. */
#define ROBUST_LIST_MAX 2048

/* One lock of the dead task: mark it, and wake one who waits for it. */
static int handle_futex_death(u32 __user *uaddr, struct task_struct *task, bool pi, bool pending)
{
	u32 value, new, seen;

	if ((unsigned long)uaddr % sizeof(u32))
		return -1;
	for (;;) {
		if (get_user(value, uaddr))
			return -1;
		/*
		 * It died between clearing the word and waking a waiter: the waiter must be woken
		 * though the lock is nobody's.
		 */
		if (pending && !pi && !value) {
			futex_wake(uaddr, FLAGS_SHARED, 1, FUTEX_BITSET_MATCH_ANY);
			return 0;
		}
		if ((value & FUTEX_TID_MASK) != task_pid_vnr(task))
			return 0;
		new = (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
		if (futex_atomic_cmpxchg_inatomic(&seen, uaddr, value, new)) {
			if (fault_in_writeable((char __user *)uaddr, sizeof(u32)))
				return -1;
			continue;
		}
		if (seen == value)
			break;
	}
	if (!pi && (value & FUTEX_WAITERS))
		futex_wake(uaddr, FLAGS_SHARED, 1, FUTEX_BITSET_MATCH_ANY);
	return 0;
}

/* Entries are pointers whose lowest bit marks a priority-inheriting lock. */
static int fetch_entry(struct robust_list __user **entry, bool *pi,
		       struct robust_list __user *__user *from)
{
	unsigned long value = 0;

	if (get_user(value, (unsigned long __user *)from))
		return -EFAULT;
	*entry = (struct robust_list __user *)(value & ~1UL);
	*pi = value & 1;
	return 0;
}

void exit_robust_list(struct task_struct *task)
{
	struct robust_list_head __user *head = task->robust_list;
	struct robust_list __user *entry, *next, *pending;
	bool pi, next_pi, pending_pi;
	unsigned int limit = ROBUST_LIST_MAX;
	long offset = 0;
	int error;

	if (fetch_entry(&entry, &pi, &head->list.next) || get_user(offset, &head->futex_offset) ||
	    fetch_entry(&pending, &pending_pi, &head->list_op_pending))
		return;
	next = NULL;
	while (entry != &head->list) {
		/* Before the wake-up, after which the entry may be gone. */
		error = fetch_entry(&next, &next_pi, &entry->next);
		if (entry != pending &&
		    handle_futex_death((u32 __user *)((char __user *)entry + offset), task, pi,
				       false))
			return;
		if (error)
			return;
		entry = next;
		pi = next_pi;
		if (!--limit)
			break;
		cond_resched();
	}
	if (pending)
		handle_futex_death((u32 __user *)((char __user *)pending + offset), task,
				   pending_pi, true);
}

SYSCALL_DEFINE2(set_robust_list, struct robust_list_head __user *, head, size_t, len)
{
	if (len != sizeof(*head))
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

SYSCALL_DEFINE3(get_robust_list, int, pid, struct robust_list_head __user *__user *, head_ptr,
		size_t __user *, len_ptr)
{
	struct robust_list_head __user *head;
	struct task_struct *task;
	bool allowed;

	task = pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
	if (!task)
		return -ESRCH;
	allowed = ptrace_may_access(task, PTRACE_MODE_READ_REALCREDS);
	head = task->robust_list;
	put_task_struct(task);
	if (!allowed)
		return -EPERM;
	if (put_user(sizeof(*head), len_ptr) || put_user(head, head_ptr))
		return -EFAULT;
	return 0;
}
