/* SPDX-License-Identifier: MIT */
/* Signals: the state of a thread group, sending, dequeuing, job control. */
#ifndef KERN_SIGNAL_H
#define KERN_SIGNAL_H

#include <kern/atomic.h>
#include <kern/cpu_timers.h>
#include <kern/hrtimer.h>
#include <kern/mutex.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/refcount.h>
#include <kern/rwsem.h>
#include <kern/signal_types.h>
#include <kern/spinlock.h>
#include <kern/task.h>
#include <kern/thread_info.h>
#include <kern/types.h>
#include <kern/wait.h>
#include <lib/list.h>

#include <linux/resource.h>

struct core_state;
struct tty_struct;
struct mm_struct;
struct pt_regs;

/* Handlers, shared by tasks with CLONE_SIGHAND. */
struct sighand_struct {
	spinlock_t siglock;
	refcount_t count;
	wait_queue_head_t signalfd_wqh;
	struct k_sigaction action[_NSIG]; /* siglock */
	struct rcu_head rcu;
};

/*
 * Signals that came for several processes while one of them was forking: the child, which will
 * be one of them too, gets them as well. Guarded by siglock.
 */
struct multiprocess_signals {
	sigset_t signal;
	struct hlist_node node;
};

/* CPU time of one group or one task, ns. */
struct task_cputime {
	u64 stime;
	u64 utime;
	u64 sum_exec_runtime;
};

/* An interval timer that counts CPU time (ITIMER_VIRTUAL, ITIMER_PROF). */
struct cpu_itimer {
	u64 expires;
	u64 incr;
};

/* signal->flags */
#define SIGNAL_STOP_STOPPED   0x00000001 /* job control stop in effect */
#define SIGNAL_STOP_CONTINUED 0x00000002 /* SIGCONT since WCONTINUED reaped it */
#define SIGNAL_GROUP_EXIT     0x00000004 /* the group is going away */
#define SIGNAL_CLD_STOPPED    0x00000010 /* the parent must still be told */
#define SIGNAL_CLD_CONTINUED  0x00000020
#define SIGNAL_CLD_MASK	      (SIGNAL_CLD_STOPPED | SIGNAL_CLD_CONTINUED)
#define SIGNAL_STOP_MASK      (SIGNAL_CLD_MASK | SIGNAL_STOP_STOPPED | SIGNAL_STOP_CONTINUED)
#define SIGNAL_UNKILLABLE     0x00000040 /* init: fatal signals without handler are ignored */

/*
 * State of a thread group.
 *   (t) tasklist_lock   (s) sighand->siglock   (g) task_lock(group_leader)   (i) constant
 */
struct signal_struct {
	refcount_t sigcnt;		      /* references: tasks */
	atomic_t live;			      /* tasks that have not entered exit */
	int nr_threads;			      /* s and t */
	int quick_threads;		      /* s: not yet exiting */
	struct list_head thread_head;	      /* t, s: task->thread_node */
	wait_queue_head_t wait_chldexit;      /* parents in wait4 */
	struct task_struct *curr_target;      /* s: where the next group signal goes */
	struct sigpending shared_pending;     /* s */
	struct hlist_head multiprocess;	      /* s: forks under way (struct multiprocess_signals) */
	int group_exit_code;		      /* s */
	struct task_struct *group_exec_task;  /* s: the task in execve that kills its siblings */
	int notify_count;		      /* s: how many it still waits for */
	int group_stop_count;		      /* s */
	unsigned int flags;		      /* s: SIGNAL_* */
	unsigned int is_child_subreaper : 1;  /* t */
	unsigned int has_child_subreaper : 1; /* t */

	int next_posix_timer_id;       /* s */
	struct list_head posix_timers; /* s */
	struct hrtimer real_timer;     /* ITIMER_REAL */
	ktime_t it_real_incr;	       /* s */
	struct cpu_itimer it[2];       /* s: CPUCLOCK_PROF, CPUCLOCK_VIRT */
	bool cputimer_active;	       /* s: `it` or RLIMIT_CPU wants CPU time checked at the tick */
	struct cpu_timers cpu_timers;  /* POSIX timers on the process's CPU clocks */

	struct pid *pids[PIDTYPE_MAX]; /* t */
	struct pid *tty_old_pgrp;      /* s */
	int leader;		       /* t: session leader */
	struct tty_struct *tty;	       /* s: controlling terminal */

	seqlock_t stats_lock;
	u64 utime, stime, cutime, cstime; /* stats_lock: of reaped threads and children */
	unsigned long nvcsw, nivcsw, cnvcsw, cnivcsw;
	unsigned long min_flt, maj_flt, cmin_flt, cmaj_flt;
	unsigned long inblock, oublock, cinblock, coublock;
	unsigned long maxrss, cmaxrss;
	u64 sum_sched_runtime;
	u64 rchar, wchar, syscr, syscw, read_bytes, write_bytes; /* of reaped threads */

	struct rlimit rlim[RLIM_NLIMITS]; /* g */

	short oom_score_adj;
	short oom_score_adj_min;
	struct mm_struct *oom_mm; /* set once when the OOM killer chose it */
	bool oom_flag_origin;
	struct rw_semaphore exec_update_lock; /* held while credentials change in execve */
	struct mutex cred_guard_mutex;	      /* execve, PTRACE_ATTACH and seccomp TSYNC exclude each other */
	struct core_state *core_state;	      /* s: a dump of the group is under way */
	struct rcu_head rcu;
};

extern struct signal_struct init_signals;
extern struct sighand_struct init_sighand;

#define SEND_SIG_NOINFO ((struct siginfo *)0)
#define SEND_SIG_PRIV	((struct siginfo *)1)

static inline bool is_si_special(const struct siginfo *info)
{
	return info <= SEND_SIG_PRIV;
}

/* Signal sets: one word. */
#define sigmask(sig) (1UL << ((sig)-1))
static inline void sigaddset(sigset_t *set, int sig)
{
	*set |= sigmask(sig);
}
static inline void sigdelset(sigset_t *set, int sig)
{
	*set &= ~sigmask(sig);
}
static inline bool sigismember(const sigset_t *set, int sig)
{
	return *set & sigmask(sig);
}
static inline void sigemptyset(sigset_t *set)
{
	*set = 0;
}
static inline void sigfillset(sigset_t *set)
{
	*set = ~0UL;
}
static inline bool sigisemptyset(const sigset_t *set)
{
	return !*set;
}
static inline void sigdelsetmask(sigset_t *set, unsigned long mask)
{
	*set &= ~mask;
}
static inline void siginitset(sigset_t *set, unsigned long mask)
{
	*set = mask;
}
static inline void sigorsets(sigset_t *r, const sigset_t *a, const sigset_t *b)
{
	*r = *a | *b;
}
static inline void sigandsets(sigset_t *r, const sigset_t *a, const sigset_t *b)
{
	*r = *a & *b;
}
static inline void signandsets(sigset_t *r, const sigset_t *a, const sigset_t *b)
{
	*r = *a & ~*b;
}
static inline bool valid_signal(unsigned long sig)
{
	return sig <= _NSIG;
}
static inline void clear_siginfo(kernel_siginfo_t *info)
{
	__builtin_memset(info, 0, sizeof(*info));
}

static inline void init_sigpending(struct sigpending *pending)
{
	pending->signal = 0;
	INIT_LIST_HEAD(&pending->list);
}

/* Does a signal wait? Cheap; also true when an interruptible sleep must end for other reasons. */
static inline bool signal_pending(struct task_struct *task)
{
	return test_tsk_thread_flag(task, TIF_SIGPENDING) ||
	       test_tsk_thread_flag(task, TIF_NOTIFY_SIGNAL);
}

static inline bool __fatal_signal_pending(struct task_struct *task)
{
	return sigismember(&task->pending.signal, SIGKILL);
}

static inline bool fatal_signal_pending(struct task_struct *task)
{
	return signal_pending(task) && __fatal_signal_pending(task);
}

/* Would a task that sleeps in `state` have to wake? Used by schedule() and wait loops. */
static inline bool signal_pending_state(unsigned int state, struct task_struct *task)
{
	if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)))
		return false;
	if (!signal_pending(task))
		return false;
	return (state & TASK_INTERRUPTIBLE) || __fatal_signal_pending(task);
}

/*
 * Sending. All return 0 or -errno, take siglock themselves and may be called in any context
 * but a hard interrupt of unknown origin; => rcu_read_lock or a reference keeps `task` alive.
 */
int send_sig_info(int sig, struct siginfo *info, struct task_struct *task);
int send_sig(int sig, struct task_struct *task, int priv);
int do_send_sig_info(int sig, struct siginfo *info, struct task_struct *task, enum pid_type type);
int group_send_sig_info(int sig, struct siginfo *info, struct task_struct *task,
			enum pid_type type);
int kill_pid_info(int sig, struct siginfo *info, struct pid *pid);
int kill_pid(struct pid *pid, int sig, int priv);
int kill_pgrp(struct pid *pgrp, int sig, int priv);
/* => tasklist_lock held for reading. */
int __kill_pgrp_info(int sig, struct siginfo *info, struct pid *pgrp);
int send_signal_locked(int sig, struct siginfo *info, struct task_struct *task, enum pid_type type);

/* Signals that the task cannot escape: blocked or ignored ones kill. */
int force_sig_info(struct siginfo *info);
/* Nothing keeps it from ending the task: no handler, no tracer, not that it is init. */
int force_exit_sig_info(struct siginfo *info);
void force_sig(int sig);
void force_fatal_sig(int sig);
void force_sigsegv(int sig);
int force_sig_fault(int sig, int code, void __user *addr);

/* POSIX timers keep their queue entry. */
struct sigqueue *sigqueue_alloc(void);
void sigqueue_free(struct sigqueue *q);
int send_sigqueue(struct sigqueue *q, struct pid *pid, enum pid_type type);

/* Removes a queued signal of the mask. => siglock held. 0 when none. */
int dequeue_signal(struct task_struct *task, sigset_t *mask, kernel_siginfo_t *info,
		   enum pid_type *type);
/* The signal to deliver to current, or false; stops and dies inside. */
bool get_signal(struct ksignal *ksig);
/* Builds the handler's frame on the guest's stack and points regs at the handler. 0 or -EFAULT. */
int setup_rt_frame(struct ksignal *ksig, struct pt_regs *regs);
/* After the frame stands (or could not be made). */
void signal_setup_done(int failed, struct ksignal *ksig, int stepping);

void recalc_sigpending(void); /* siglock held */
bool recalc_sigpending_tsk(struct task_struct *task);
void signal_wake_up_state(struct task_struct *task, unsigned int state);
void signal_wake_up(struct task_struct *task, bool fatal);
void flush_signals(struct task_struct *task);
void flush_signal_handlers(struct task_struct *task, int force_default);
void flush_sigqueue(struct sigpending *pending);
void flush_sigqueue_mask(sigset_t *mask, struct sigpending *pending);
void ignore_signals(struct task_struct *task);
/* Ends all threads but the caller. => siglock held; number of threads. */
int zap_other_threads(struct task_struct *task);
bool sig_fatal_disposition(struct task_struct *task, int sig);
/* Is it blocked or ignored, so that a background tty access gives EIO? */
bool signal_blocked_or_ignored(int sig);

/* current->blocked. */
void set_current_blocked(sigset_t *set);
void __set_current_blocked(const sigset_t *set);
/* pselect/ppoll/epoll_pwait: take a guest's mask for the time of the call; 0 or -errno. */
int set_user_sigmask(const sigset_t __user *umask, size_t sigsetsize);
void restore_saved_sigmask(void);
void restore_saved_sigmask_unless(bool interrupted);
sigset_t *sigmask_to_save(void);

/* Shows and copies. */
int copy_siginfo_to_user(siginfo_t __user *to, const kernel_siginfo_t *from);
int copy_siginfo_from_user(kernel_siginfo_t *to, const siginfo_t __user *from);

/* Lock the handlers of a task that may be exiting; NULL when it is past that. */
struct sighand_struct *lock_task_sighand(struct task_struct *task, unsigned long *flags);
void unlock_task_sighand(struct task_struct *task, unsigned long *flags);
void __cleanup_sighand(struct sighand_struct *sighand);

/* Telling the parent. => tasklist_lock held. notify: is the task to be reaped at once? */
bool do_notify_parent(struct task_struct *task, int sig);
void __wake_up_parent(struct task_struct *task, struct task_struct *parent);
/* Jobs. */
bool is_current_pgrp_orphaned(void);
int will_become_orphaned_pgrp(struct pid *pgrp, struct task_struct *ignored);

static inline bool on_sig_stack(unsigned long sp)
{
	return sp > current->sas_ss_sp && sp - current->sas_ss_sp <= current->sas_ss_size;
}

static inline int sas_ss_flags(unsigned long sp)
{
	if (!current->sas_ss_size)
		return SS_DISABLE;
	return on_sig_stack(sp) ? SS_ONSTACK : 0;
}

static inline bool signal_group_exit(const struct signal_struct *sig)
{
	return (sig->flags & SIGNAL_GROUP_EXIT) || sig->group_exec_task;
}

/* Process groups: threads. */
#define for_each_process(p)                                                                        \
	for (p = &init_task;                                                                       \
	     (p = list_entry_rcu(p->tasks.next, struct task_struct, tasks)) != &init_task;)
#define __for_each_thread(sig, t) list_for_each_entry_rcu(t, &(sig)->thread_head, thread_node)
#define for_each_thread(p, t)	  __for_each_thread((p)->signal, t)
#define for_each_process_thread(p, t)                                                              \
	for_each_process(p)                                                                        \
		for_each_thread(p, t)

static inline bool thread_group_leader(struct task_struct *task)
{
	return task->exit_signal >= 0;
}
static inline bool same_thread_group(struct task_struct *a, struct task_struct *b)
{
	return a->signal == b->signal;
}
static inline int get_nr_threads(struct task_struct *task)
{
	return task->signal->nr_threads;
}
static inline bool thread_group_empty(struct task_struct *task)
{
	return thread_group_leader(task) &&
	       list_is_last(&task->thread_node, &task->signal->thread_head);
}
/* A dead leader whose threads live: it must not be reaped yet. */
static inline bool delay_group_leader(struct task_struct *task)
{
	return thread_group_leader(task) && !thread_group_empty(task);
}
/* The next thread of the group, going round. => tasklist_lock or siglock held */
struct task_struct *next_thread(struct task_struct *task);

/* task->jobctl, under siglock */
#define JOBCTL_STOP_SIGMASK  0xffffUL	 /* which signal began the stop */
#define JOBCTL_STOP_DEQUEUED (1UL << 16) /* a stop signal was taken off the queue */
#define JOBCTL_STOP_PENDING  (1UL << 17) /* the task must stop */
#define JOBCTL_STOP_CONSUME  (1UL << 18) /* and is counted in group_stop_count */
#define JOBCTL_TRAP_STOP     (1UL << 19) /* stop for the tracer (PTRACE_EVENT_STOP) */
#define JOBCTL_TRAP_NOTIFY   (1UL << 20) /* the same, to tell that a group stop began or ended */
#define JOBCTL_TRAPPING      (1UL << 21) /* PTRACE_ATTACH waits for STOPPED to become TRACED */
#define JOBCTL_LISTENING     (1UL << 22) /* PTRACE_LISTEN: stopped, but not for requests */
#define JOBCTL_TRAP_FREEZE   (1UL << 23) /* stand still: kernel/cgroup/freezer.c */
#define JOBCTL_FROZEN	     (1UL << 24) /* a request is under way: not even SIGKILL wakes */

#define JOBCTL_TRAP_MASK    (JOBCTL_TRAP_STOP | JOBCTL_TRAP_NOTIFY)
#define JOBCTL_PENDING_MASK (JOBCTL_STOP_PENDING | JOBCTL_TRAP_MASK)
/* => siglock held. False: the task is dying, nothing is set. */
bool task_set_jobctl_pending(struct task_struct *task, unsigned long mask);
void task_clear_jobctl_pending(struct task_struct *task, unsigned long mask);
void task_clear_jobctl_trapping(struct task_struct *task);
/* A tracer's news for a stopped or running tracee. => siglock held */
void ptrace_signal_wake_up(struct task_struct *task, bool resume);
void ptrace_trap_notify(struct task_struct *task);
/* Exit's part of job control. => siglock held; tells the parent itself when the stop completes */
void retarget_shared_pending(struct task_struct *task, sigset_t which);
bool exit_group_stop(struct task_struct *task);
/* => tasklist_lock held; to the tracer, or to the parent of the group */
void do_notify_parent_cldstop(struct task_struct *task, bool for_ptracer, int why);

#endif
