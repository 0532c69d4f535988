/* SPDX-License-Identifier: MIT */
/* The task: one thread of execution, of the kernel or of a guest program. */
#ifndef KERN_TASK_H
#define KERN_TASK_H

#include <kern/atomic.h>
#include <kern/cpu_timers.h>
#include <kern/kcsan_types.h>
#include <kern/refcount.h>
#include <kern/sched_types.h>
#include <kern/seqlock.h>
#include <kern/signal_types.h>
#include <kern/spinlock_types.h>
#include <kern/types.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <mm/nodemask.h>
#include <um/percpu.h>
#include <um/thread.h>

struct mm_struct;
struct files_struct;
struct fs_struct;
struct nameidata;
struct nsproxy;
struct cred;
struct pid;
struct completion;
struct robust_list_head;
struct io_context;
struct audit_context;
struct cgroup;
struct task_work;
struct rt_mutex_waiter;
struct seccomp_filter;

#define TASK_COMM_LEN 16

/*
 * task->state. A sleeper sets its state before it looks at its condition; a waker makes the
 * condition true before it calls try_to_wake_up(), which alone moves a task to TASK_RUNNING.
 */
#define TASK_RUNNING		0x0000
#define TASK_INTERRUPTIBLE	0x0001
#define TASK_UNINTERRUPTIBLE	0x0002
#define __TASK_STOPPED		0x0004
#define __TASK_TRACED		0x0008
#define EXIT_DEAD		0x0010	/* exit_state only */
#define EXIT_ZOMBIE		0x0020	/* exit_state only */
#define EXIT_TRACE		(EXIT_DEAD | EXIT_ZOMBIE)	/* its tracer is telling its parent */
#define TASK_PARKED		0x0040
#define TASK_DEAD		0x0080
#define TASK_WAKEKILL		0x0100
#define TASK_NOLOAD		0x0400
#define TASK_NEW		0x0800
#define TASK_KILLABLE		(TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_STOPPED		(TASK_WAKEKILL | __TASK_STOPPED)
#define TASK_TRACED		__TASK_TRACED
#define TASK_IDLE		(TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_NORMAL		(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)

/* task->flags: written by the task itself only (or before it runs). */
#define PF_IDLE			0x00000002
#define PF_EXITING		0x00000004
#define PF_POSTCOREDUMP		0x00000008	/* no dump waits for it any more */
#define PF_WQ_WORKER		0x00000020
#define PF_FORKNOEXEC		0x00000040
#define PF_MCE_PROCESS		0x00000080	/* prctl(PR_MCE_KILL): a policy of its own ... */
#define PF_SUPERPRIV		0x00000100
#define PF_NPROC_EXCEEDED	0x00001000
#define PF_DUMPCORE		0x00000200
#define PF_SIGNALED		0x00000400
#define PF_MEMALLOC		0x00000800
#define PF_NOFREEZE		0x00008000
#define PF_KSWAPD		0x00020000
#define PF_MEMALLOC_NOIO	0x00080000	/* its allocations start no I/O, prctl(PR_SET_IO_FLUSHER) */
#define PF_LOCAL_THROTTLE	0x00100000	/* set with the former */
#define PF_KTHREAD		0x00200000
#define PF_RANDOMIZE		0x00400000
#define PF_NO_SETAFFINITY	0x04000000
#define PF_MCE_EARLY		0x08000000	/* ... and it is to be told early */

/* task->thread_flags: atomic bits, set by anybody. */
#define TIF_NOTIFY_RESUME	1	/* task work waits */
#define TIF_SIGPENDING		2	/* a signal waits */
#define TIF_NEED_RESCHED	3	/* schedule() before the next user instruction */
#define TIF_RESTORE_SIGMASK	4	/* put saved_sigmask back on the way out */
#define TIF_NOTIFY_SIGNAL	5	/* leave interruptible sleeps for task work */
#define TIF_SINGLESTEP		6	/* a tracer steps it: report after each instruction */
#define TIF_SYSCALL_TRACE	7	/* stop at the begin and the end of system calls */
#define TIF_SYSCALL_EMU		8	/* stop at the begin, and do not execute it */
#define TIF_SECCOMP		9	/* system calls pass filters first */
#define TIF_SYSCALL_USER_DISPATCH 11	/* system calls from outside a range are signals */
#define TIF_HW_BREAKPOINT	10	/* debug registers are armed: see kernel/ptrace/hw_breakpoint.c */

/* Where system calls may come from; kernel/syscall/user_dispatch.c. */
struct user_dispatch {
	unsigned long offset, len;
	char *selector;			/* guest address */
};

/*
 * Which lock guards a field:
 *   (t) tasklist_lock: written under write_lock, read under read_lock or RCU
 *   (s) sighand->siglock
 *   (p) pi_lock, then the run queue's lock: see kernel/sched
 *   (a) alloc_lock (task_lock)
 *   (c) the task itself writes (current only); others may read a stale value
 *   (i) set before the task becomes visible, then constant
 *   (x) atomic
 */
struct task_struct {
	unsigned int state;			/* p: see above; READ_ONCE outside */
	unsigned int flags;			/* c: PF_* */
	unsigned long thread_flags;		/* x: TIF_* */
	void *stack;				/* i: lowest usable address of the kernel stack */
	refcount_t usage;			/* x */
	unsigned int preempt_count_saved;	/* p: valid while the task does not run */
	int exit_state;				/* t: 0, EXIT_ZOMBIE, EXIT_DEAD */
	int exit_code;				/* s before exit, then t */
	int exit_signal;			/* t: to the parent; -1 for a thread that is not the leader */
	int pdeath_signal;			/* c */

	struct sched_task sched;		/* p: the scheduler's part (<kern/sched_types.h>) */

	struct mm_struct *mm;			/* a: NULL for a kernel thread */
	struct mm_struct *active_mm;		/* p */
	struct files_struct *files;		/* a */
	struct fs_struct *fs;			/* a */
	struct nameidata *nameidata;		/* c: the path lookup under way (fs/vfs) */
	struct nsproxy *nsproxy;		/* a */
	struct list_head *scm_dying;		/* c: lists of passed files that are being put (net) */

	pid_t pid;				/* i: in the initial namespace */
	pid_t tgid;				/* i */
	struct pid *thread_pid;			/* t: RCU */
	struct hlist_node pid_links[4];		/* t: RCU; PIDTYPE_* */
	struct task_struct *group_leader;	/* t */
	struct task_struct *real_parent;	/* t: RCU; reaps it without ptrace */
	struct task_struct *parent;		/* t: RCU; gets SIGCHLD and wait4() */
	struct list_head children;		/* t */
	struct list_head sibling;		/* t */
	struct list_head tasks;			/* t: RCU; all thread group leaders */
	struct list_head thread_node;		/* t: RCU; in signal->thread_head */
	struct list_head dead_entry;		/* t: list of those to be released by a dying parent */

	unsigned int ptrace;			/* t and s: PT_* of <kern/ptrace.h>; 0: not traced */
	struct list_head ptraced;		/* t: tasks that this one traces */
	struct list_head ptrace_entry;		/* t: in the tracer's ptraced */
	const struct cred *ptracer_cred;	/* t: the tracer's rights when it attached; RCU */
	unsigned long ptrace_message;		/* c, or the tracer while it is frozen: GETEVENTMSG */
	kernel_siginfo_t *last_siginfo;		/* s: what it is stopped for */

	struct signal_struct *signal;		/* t, s: shared by the thread group */
	struct sighand_struct *sighand;		/* t, s */
	sigset_t blocked;			/* s: written by the task itself */
	sigset_t real_blocked;			/* s */
	sigset_t saved_sigmask;			/* c */
	struct sigpending pending;		/* s */
	unsigned long sas_ss_sp;		/* c */
	size_t sas_ss_size;			/* c */
	unsigned int sas_ss_flags;		/* c */
	unsigned long jobctl;			/* s */
	struct restart_block restart_block;	/* c */
	struct task_work *task_works;		/* x */

	const struct cred *cred;		/* c writes: RCU; effective */
	const struct cred *real_cred;		/* c writes: RCU; objective */
	char comm[TASK_COMM_LEN];		/* a */
	unsigned int personality;		/* c */
	unsigned int in_execve : 1;		/* c */
	unsigned int sched_reset_on_fork : 1;	/* p */

	bool no_new_privs;			/* s when by another thread (TSYNC): never cleared */
	int seccomp_mode;			/* s, x: SECCOMP_MODE_*; grows only */
	int seccomp_filters;			/* s: how many filters, for /proc */
	struct seccomp_filter *seccomp_filter;	/* s: the newest; counted */

	int *set_child_tid;			/* c: guest address */
	int *clear_child_tid;			/* c: guest address */
	struct robust_list_head *robust_list;	/* c: guest address */
	struct list_head pi_state_list;		/* kernel/futex/pi_state.c: pi_states_lock */
	unsigned int futex_state;		/* likewise: FUTEX_STATE_* */
	spinlock_t pi_lock;			/* kernel/locking/rtmutex.c */
	struct rb_root_cached pi_waiters;	/* pi_lock */
	struct rt_mutex_waiter *pi_blocked_on;	/* pi_lock */
	struct completion *vfork_done;		/* a */
	struct user_dispatch user_dispatch;	/* c */
	void *rseq;				/* c: guest address */
	u32 rseq_len;				/* c */
	u32 rseq_sig;				/* c */

	struct cpu_timers cpu_timers;		/* POSIX timers on this thread's CPU clocks */
	u64 utime;				/* c: ns in user mode */
	u64 stime;				/* c: ns in the kernel */
	u64 start_time;				/* i: ns, CLOCK_MONOTONIC */
	u64 start_boottime;			/* i: ns, CLOCK_BOOTTIME */
	unsigned long nvcsw, nivcsw;		/* p: switches it asked for, and suffered */
	unsigned long min_flt, maj_flt;		/* c */
	u64 rchar, wchar, syscr, syscw;		/* c: /proc/PID/io */
	u64 read_bytes, write_bytes;		/* c */
	u64 timer_slack_ns;			/* c, and who may set it by /proc */
	u64 default_timer_slack_ns;		/* i: what it was at birth */
	struct mempolicy *mempolicy;		/* c and a to write: counted; NULL: the default */
	int il_prev;				/* c: the last node of an interleaving policy */
	nodemask_t mems_allowed;		/* WRITE_ONCE under a: the nodes of its cpuset */
	unsigned long last_exec_id;		/* c: grows with every execve */
	void *worker_private;			/* c: a kernel thread's struct kthread */
	int (*kthread_fn)(void *arg);		/* i: what ret_from_fork() runs first, or NULL */
	void *kthread_arg;			/* i */
	struct io_context *io_context;		/* a: I/O priority; NULL: none was set */
	struct sem_undo_list *sysvsem;		/* c: what exit takes back, or NULL */

	struct cgroup *cgroup;			/* cgroup_lock: counted; NULL before there are any */
	struct list_head cg_list;		/* cgroup_lock: in cgroup->tasks, until it exits */
	u64 cg_utime, cg_stime;			/* cgroup_lock: its times when it became a member */
	bool cg_frozen;				/* cgroup_lock: stands still, counted in nr_frozen */
	bool cg_cpus;				/* cgroup_mutex: a cpuset chose its CPUs */
	bool memcg_refused;			/* c: a charge failed since that was asked last */
	unsigned int memcg_over_high;		/* c: pages charged above memory.high, to answer for */
	int stack_group;			/* i: who pays for its kernel stack (<mm/memcontrol.h>) */

	spinlock_t alloc_lock;			/* guards (a) */
	struct rcu_head rcu;
	int softirq_running;			/* c */
	int rcu_read_lock_nesting;		/* c */
#ifdef CONFIG_KCSAN
	struct kcsan_ctx kcsan;			/* c */
#endif
#ifdef CONFIG_DEBUG
	struct lockdep_task lockdep;		/* c */
#endif
	unsigned int fail_nth;			/* c, and who sets it by /proc: mm/fault_inject.c */
	bool make_it_fail;			/* likewise */
	unsigned int oom_faults;		/* c: page faults in a row without memory (mm/oom.c) */
	const char *wait_reason;		/* c: shown by /proc/PID/wchan */

	struct thread_struct thread;		/* c: registers, slot (<um/thread.h>) */
};

DECLARE_PER_CPU(struct task_struct *, current_task);

/* The task that runs on this vCPU; stays right across preemption and migration. */
static inline struct task_struct *get_current(void)
{
	return this_cpu_read(current_task);
}
#define current get_current()

extern struct task_struct init_task;

static inline bool is_global_init(const struct task_struct *task)
{
	return task->tgid == 1;
}

#endif
