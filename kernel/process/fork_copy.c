// SPDX-License-Identifier: MIT
/*
 * What a new task is made of: a copy of its parent's task_struct with a state of its own, and the
 * parts that it shares or copies as the clone flags say. Nobody else sees it yet: see fork.c.
 */
#include <fs/fdtable.h>
#include <fs/fs_struct.h>
#include <kern/entry.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/futex.h>
#include <kern/itimer.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/timekeeping.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/slab.h>

#include <linux/sched.h>

#include "internal.h"

static void reset_task_state(struct task_struct *task)
{
	task->thread_flags = 0;
	task->exit_state = 0;
	task->exit_code = 0;
	task->pdeath_signal = 0;
	task->jobctl = 0;
	task->fail_nth = 0;
	task->oom_faults = 0;
	task->task_works = NULL;
	task->sas_ss_sp = 0;
	task->sas_ss_size = 0;
	task->sas_ss_flags = SS_DISABLE;
	task->restart_block.fn = do_no_restart_syscall;
	task->robust_list = NULL;
	futex_init_task(task);
	memset(&task->user_dispatch, 0, sizeof(task->user_dispatch));
	spin_lock_init(&task->pi_lock);
	cpu_timers_init(&task->cpu_timers);
	task->pi_waiters = RB_ROOT_CACHED;
	task->pi_blocked_on = NULL;
	task->vfork_done = NULL;
	task->in_execve = 0;
	task->utime = task->stime = 0;
	task->nvcsw = task->nivcsw = 0;
	task->min_flt = task->maj_flt = 0;
	task->memcg_over_high = 0;
	task->memcg_refused = false;
	task->rchar = task->wchar = task->syscr = task->syscw = 0;
	task->read_bytes = task->write_bytes = 0;
	task->softirq_running = 0;
	task->rcu_read_lock_nesting = 0;
	task->wait_reason = NULL;
	task->worker_private = NULL;
	task->kthread_fn = NULL;
	task->io_context = NULL;
	task->sysvsem = NULL;
	task->sched.group = NULL;
#ifdef CONFIG_DEBUG
	memset(&task->lockdep, 0, sizeof(task->lockdep));
#endif
	task->cgroup = NULL;
	task->cg_frozen = false;
	INIT_LIST_HEAD(&task->cg_list);
	INIT_LIST_HEAD(&task->children);
	INIT_LIST_HEAD(&task->sibling);
	INIT_LIST_HEAD(&task->tasks);
	INIT_LIST_HEAD(&task->thread_node);
	INIT_LIST_HEAD(&task->dead_entry);
	INIT_LIST_HEAD(&task->ptraced);
	INIT_LIST_HEAD(&task->ptrace_entry);
	task->ptrace = 0;
	task->ptracer_cred = NULL;
	task->ptrace_message = 0;
	task->last_siginfo = NULL;
	task->seccomp_mode = 0;
	task->seccomp_filters = 0;
	task->seccomp_filter = NULL;
	memset(task->pid_links, 0, sizeof(task->pid_links));
	init_sigpending(&task->pending);
	spin_lock_init(&task->alloc_lock);
}

struct task_struct *dup_task_struct(struct task_struct *orig)
{
	struct task_struct *task = kmem_cache_alloc(task_cachep, GFP_KERNEL);

	if (!task)
		return NULL;
	memcpy(task, orig, sizeof(*task));
	task->stack = NULL;
	if (alloc_thread_stack(task)) {
		kmem_cache_free(task_cachep, task);
		return NULL;
	}
	refcount_set(&task->usage, 2);
	task->flags &= ~(PF_SUPERPRIV | PF_WQ_WORKER | PF_IDLE | PF_NO_SETAFFINITY | PF_KTHREAD |
			 PF_NPROC_EXCEEDED | PF_MEMALLOC | PF_SIGNALED | PF_DUMPCORE);
	task->flags |= PF_FORKNOEXEC;
	reset_task_state(task);
	task->default_timer_slack_ns = orig->timer_slack_ns;
	task->start_time = ktime_get_ns();
	task->start_boottime = ktime_get_boottime_ns();
	return task;
}

int copy_mm(unsigned long flags, struct task_struct *task)
{
	struct mm_struct *old = current->mm;

	task->mm = NULL;
	task->active_mm = NULL;
	if (!old)
		return 0;
	if (flags & CLONE_VM) {
		mmget(old);
		task->mm = old;
	} else {
		task->mm = dup_mm(task, old);
		if (!task->mm)
			return -ENOMEM;
	}
	task->active_mm = task->mm;
	return 0;
}

int copy_fs(unsigned long flags, struct task_struct *task)
{
	struct fs_struct *fs = current->fs;

	if (!fs)
		return 0;
	if (flags & CLONE_FS)
		return share_fs_struct(fs);
	task->fs = copy_fs_struct(fs);
	return task->fs ? 0 : -ENOMEM;
}

int copy_files(unsigned long flags, struct task_struct *task)
{
	struct files_struct *files = current->files;

	if (!files)
		return 0;
	if (flags & CLONE_FILES) {
		atomic_inc(&files->count);
		return 0;
	}
	files = dup_fd(files, ~0U);
	if (IS_ERR(files)) {
		task->files = NULL;
		return PTR_ERR(files);
	}
	task->files = files;
	return 0;
}

int copy_sighand(unsigned long flags, struct task_struct *task)
{
	struct sighand_struct *sighand;

	if (flags & CLONE_SIGHAND) {
		refcount_inc(&current->sighand->count);
		return 0;
	}
	sighand = kmem_cache_alloc(sighand_cachep, GFP_KERNEL);
	task->sighand = sighand;
	if (!sighand)
		return -ENOMEM;
	refcount_set(&sighand->count, 1);
	spin_lock_irq(&current->sighand->siglock);
	memcpy(sighand->action, current->sighand->action, sizeof(sighand->action));
	spin_unlock_irq(&current->sighand->siglock);
	if (flags & CLONE_CLEAR_SIGHAND)
		flush_signal_handlers(task, 0);
	return 0;
}

int copy_signal(unsigned long flags, struct task_struct *task)
{
	struct signal_struct *parent = current->signal;
	struct signal_struct *sig;

	if (flags & CLONE_THREAD)
		return 0;
	sig = kmem_cache_zalloc(signal_cachep, GFP_KERNEL);
	task->signal = sig;
	if (!sig)
		return -ENOMEM;
	refcount_set(&sig->sigcnt, 1);
	atomic_set(&sig->live, 1);
	sig->nr_threads = 1;
	sig->quick_threads = 1;
	sig->thread_head = (struct list_head)LIST_HEAD_INIT(task->thread_node);
	task->thread_node = (struct list_head)LIST_HEAD_INIT(sig->thread_head);
	init_waitqueue_head(&sig->wait_chldexit);
	sig->curr_target = task;
	init_sigpending(&sig->shared_pending);
	INIT_LIST_HEAD(&sig->posix_timers);
	cpu_timers_init(&sig->cpu_timers);
	seqlock_init(&sig->stats_lock);
	init_rwsem(&sig->exec_update_lock);
	mutex_init(&sig->cred_guard_mutex);
	itimer_init(sig);
	task_lock(current->group_leader);
	memcpy(sig->rlim, parent->rlim, sizeof(sig->rlim));
	task_unlock(current->group_leader);
	/* A limit of CPU time must be looked at from the first tick. */
	sig->cputimer_active = sig->rlim[RLIMIT_CPU].rlim_cur != RLIM_INFINITY;
	sig->oom_score_adj = parent->oom_score_adj;
	sig->oom_score_adj_min = parent->oom_score_adj_min;
	sig->has_child_subreaper = parent->has_child_subreaper || parent->is_child_subreaper;
	return 0;
}
