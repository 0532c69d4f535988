// SPDX-License-Identifier: MIT
/* The first task, which exists before anything can be allocated; it becomes vCPU 0's idle task. */
#include <fs/fdtable.h>
#include <fs/fs_struct.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/nsproxy.h>
#include <kern/pid.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <kern/uts.h>
#include <mm/mmap.h>
#include <um/processor.h>

#include <linux/resource.h>

/* With the guard page at its bottom, as every kernel stack. */
char init_stack[UM_KSTACK_SIZE] __attribute__((aligned(UM_KSTACK_SIZE)));

struct sighand_struct init_sighand = {
	.count = REFCOUNT_INIT(1),
	.siglock = __SPIN_LOCK_UNLOCKED(init_sighand.siglock),
	.signalfd_wqh = __WAIT_QUEUE_HEAD_INITIALIZER(init_sighand.signalfd_wqh),
};

#define UNLIMITED                                                                                  \
	{                                                                                          \
		RLIM_INFINITY, RLIM_INFINITY                                                       \
	}

struct signal_struct init_signals = {
	.sigcnt = REFCOUNT_INIT(1),
	.live = ATOMIC_INIT(1),
	.nr_threads = 1,
	.quick_threads = 1,
	.thread_head = LIST_HEAD_INIT(init_task.thread_node),
	.wait_chldexit = __WAIT_QUEUE_HEAD_INITIALIZER(init_signals.wait_chldexit),
	.shared_pending = { .list = LIST_HEAD_INIT(init_signals.shared_pending.list) },
	.posix_timers = LIST_HEAD_INIT(init_signals.posix_timers),
	.cpu_timers = CPU_TIMERS_INIT(init_signals.cpu_timers),
	.stats_lock = __SEQLOCK_UNLOCKED(init_signals.stats_lock),
	.exec_update_lock = __RWSEM_INITIALIZER(init_signals.exec_update_lock),
	.cred_guard_mutex = __MUTEX_INITIALIZER(init_signals.cred_guard_mutex),
	.pids = {
		[PIDTYPE_PID] = &init_struct_pid,
		[PIDTYPE_TGID] = &init_struct_pid,
		[PIDTYPE_PGID] = &init_struct_pid,
		[PIDTYPE_SID] = &init_struct_pid,
	},
	.rlim = {
		[RLIMIT_CPU] = UNLIMITED,
		[RLIMIT_FSIZE] = UNLIMITED,
		[RLIMIT_DATA] = UNLIMITED,
		[RLIMIT_STACK] = { _STK_LIM, RLIM_INFINITY },
		[RLIMIT_CORE] = { 0, RLIM_INFINITY },
		[RLIMIT_RSS] = UNLIMITED,
		[RLIMIT_NPROC] = { 0, 0 },		/* fork_init() */
		[RLIMIT_NOFILE] = { 1024, 4096 },
		[RLIMIT_MEMLOCK] = { MLOCK_LIMIT, MLOCK_LIMIT },
		[RLIMIT_AS] = UNLIMITED,
		[RLIMIT_LOCKS] = UNLIMITED,
		[RLIMIT_SIGPENDING] = { 0, 0 },		/* fork_init() */
		[RLIMIT_MSGQUEUE] = { 819200, 819200 },
		[RLIMIT_NICE] = { 0, 0 },
		[RLIMIT_RTPRIO] = { 0, 0 },
		[RLIMIT_RTTIME] = UNLIMITED,
	},
};

struct task_struct init_task = {
	.state = TASK_RUNNING,
	.flags = PF_KTHREAD,
	.stack = init_stack,
	.usage = REFCOUNT_INIT(2),
	.active_mm = &init_mm,
	.ptraced = LIST_HEAD_INIT(init_task.ptraced),
	.ptrace_entry = LIST_HEAD_INIT(init_task.ptrace_entry),
	.files = &init_files,
	.fs = &init_fs,
	.nsproxy = &init_nsproxy,
	.thread_pid = &init_struct_pid,
	.group_leader = &init_task,
	.real_parent = &init_task,
	.parent = &init_task,
	.children = LIST_HEAD_INIT(init_task.children),
	.sibling = LIST_HEAD_INIT(init_task.sibling),
	.tasks = LIST_HEAD_INIT(init_task.tasks),
	.thread_node = LIST_HEAD_INIT(init_signals.thread_head),
	.dead_entry = LIST_HEAD_INIT(init_task.dead_entry),
	.pi_state_list = LIST_HEAD_INIT(init_task.pi_state_list),
	.signal = &init_signals,
	.sighand = &init_sighand,
	.pending = { .list = LIST_HEAD_INIT(init_task.pending.list) },
	.cred = &init_cred,
	.real_cred = &init_cred,
	.comm = "swapper",
	.timer_slack_ns = 50000,
	.default_timer_slack_ns = 50000,
	.thread = INIT_THREAD,
	.alloc_lock = __SPIN_LOCK_UNLOCKED(init_task.alloc_lock),
	.pi_lock = __SPIN_LOCK_UNLOCKED(init_task.pi_lock),
	.cpu_timers = CPU_TIMERS_INIT(init_task.cpu_timers),
};
