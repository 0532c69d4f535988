// SPDX-License-Identifier: MIT
/*
 * process_mrelease(2): gives the memory of a process that was killed back at once, without waiting
 * until it gets to run and exit. What is private goes; nobody will look at it any more.
 */
#include "vm.h"

#include <kern/err.h>
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>

/* Is the task on its way out for good? */
static bool is_dying(struct task_struct *task)
{
	if (READ_ONCE(task->signal->flags) & SIGNAL_GROUP_EXIT)
		return true;
	return thread_group_empty(task) && (READ_ONCE(task->flags) & PF_EXITING);
}

/* A thread of the process that still has its mm: the mm, with a user reference; or NULL. */
static struct mm_struct *mm_of_group(struct task_struct *task)
{
	struct mm_struct *mm = NULL;
	struct task_struct *t;

	rcu_read_lock();
	for_each_thread(task, t) {
		task_lock(t);
		mm = t->mm;
		if (mm && !(t->flags & PF_KTHREAD))
			mmget(mm);
		else
			mm = NULL;
		task_unlock(t);
		if (mm)
			break;
	}
	rcu_read_unlock();
	return mm;
}

/* All that share the memory must be dying: another process would still use it. */
static bool all_users_dying(struct mm_struct *mm)
{
	struct task_struct *leader, *t;
	bool dying = true;

	rcu_read_lock();
	for_each_process(leader) {
		for_each_thread(leader, t) {
			if (READ_ONCE(t->mm) == mm && !is_dying(t))
				dying = false;
		}
	}
	rcu_read_unlock();
	return dying;
}

static int release_memory(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	for (vma = mm->mmap; vma; vma = vma->vm_next) {
		if (vma->vm_flags & VM_PFNMAP)
			continue;
		if (vma_is_anonymous(vma) || !(vma->vm_flags & VM_SHARED))
			zap_page_range(vma, vma->vm_start, vma->vm_end - vma->vm_start);
	}
	mmap_read_unlock(mm);
	return 0;
}

static int release_task_memory(struct task_struct *task)
{
	struct mm_struct *mm = mm_of_group(task);
	int error;

	if (!mm)
		return -ESRCH;
	error = is_dying(task) && all_users_dying(mm) ? release_memory(mm) : -EINVAL;
	mmput(mm);
	return error;
}

SYSCALL_DEFINE2(process_mrelease, int, pidfd, unsigned int, flags)
{
	struct task_struct *task;
	unsigned int file_flags;
	struct pid *pid;
	int error;

	if (flags)
		return -EINVAL;
	pid = pidfd_get_pid(pidfd, &file_flags);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	task = get_pid_task(pid, PIDTYPE_TGID);
	put_pid(pid);
	if (!task)
		return -ESRCH;
	error = release_task_memory(task);
	put_task_struct(task);
	return error;
}
