// SPDX-License-Identifier: MIT
/* The memory of tasks: references, caches, and how many there may be. */
#include <driver/tty.h>
#include <kern/bug.h>
#include <kern/cgroup.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/itimer.h>
#include <kern/kernel.h>
#include <kern/kthread.h>
#include <kern/pid.h>
#include <kern/signal.h>
#include <kern/spinlock.h>
#include <kern/wait.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/vmstat.h>
#include <um/processor.h>

#include <linux/resource.h>

#include "internal.h"

int max_threads;
struct kmem_cache *task_cachep;
struct kmem_cache *sighand_cachep;
struct kmem_cache *signal_cachep;

struct task_struct *get_task_struct(struct task_struct *task)
{
	refcount_inc(&task->usage);
	return task;
}

void put_signal_struct(struct signal_struct *sig)
{
	if (!refcount_dec_and_test(&sig->sigcnt))
		return;
	tty_signal_exit(sig);
	if (sig->oom_mm)
		mmdrop(sig->oom_mm);
	kmem_cache_free(signal_cachep, sig);
}

/* Frees the memory of a task that nobody can reach. => any context */
void free_task(struct task_struct *task)
{
	sched_free_task(task);
	free_thread_stack(task);
	if (task->flags & PF_KTHREAD)
		free_kthread_struct(task);
	kmem_cache_free(task_cachep, task);
}

void put_task_struct(struct task_struct *task)
{
	if (!refcount_dec_and_test(&task->usage))
		return;
	WARN_ON(task == current);
	exit_creds(task);
	cgroup_free_task(task);
	put_signal_struct(task->signal);
	free_task(task);
}

/* Readers under RCU may hold a sighand that is being freed and lock it, then look again. */
static void sighand_ctor(void *object)
{
	struct sighand_struct *sighand = object;

	spin_lock_init(&sighand->siglock);
	init_waitqueue_head(&sighand->signalfd_wqh);
}

void fork_init(void)
{
	/* Kernel stacks may fill half of the memory. */
	unsigned long threads = totalram_pages() / (2UL << UM_KSTACK_ORDER);

	max_threads = clamp_t(unsigned long, threads, 64, PID_MAX_LIMIT);
	for (int i = 0; i < 2; i++) {
		int limit = i ? RLIMIT_SIGPENDING : RLIMIT_NPROC;

		init_signals.rlim[limit].rlim_cur = max_threads / 2;
		init_signals.rlim[limit].rlim_max = max_threads / 2;
	}
	task_cachep = kmem_cache_create("task_struct", sizeof(struct task_struct), 64,
					SLAB_PANIC | SLAB_ACCOUNT, NULL);
	itimer_init(&init_signals);
}

void proc_caches_init(void)
{
	sighand_cachep = kmem_cache_create("sighand_cache", sizeof(struct sighand_struct), 64,
					   SLAB_TYPESAFE_BY_RCU | SLAB_PANIC | SLAB_ACCOUNT, sighand_ctor);
	signal_cachep = kmem_cache_create("signal_cache", sizeof(struct signal_struct), 64,
					  SLAB_PANIC | SLAB_ACCOUNT, NULL);
}
