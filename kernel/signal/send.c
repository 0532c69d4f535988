// SPDX-License-Identifier: MIT
/*
 * Signals.
 *
 * A signal is sent to one thread or to a thread group: it is put on that queue (`pending` or
 * `shared_pending`), a thread that can take it is told by TIF_SIGPENDING and woken, and that
 * thread takes it off the queue on its way back to user mode (get_signal), or in
 * sigtimedwait(). All of it happens under sighand->siglock, which all threads of a group
 * share, and which execve() and exit replace or remove under tasklist_lock: use
 * lock_task_sighand() for a task that may be dying.
 *
 * Signals 1..31 are queued once; real-time ones as often as they are sent, up to
 * RLIMIT_SIGPENDING of the user. A lost sigqueue loses the information, never the signal.
 *
 * A fatal signal without handler is not queued like the others: complete_signal() ends the
 * whole group at once by giving SIGKILL to each thread.
 *
 * TIF_SIGPENDING is set whenever something might be to do; recalc_sigpending() takes it back,
 * by the task itself only, or the task might miss a signal sent in between.
 *
 * Files: send.c queues; dequeue.c takes off and decides; jobctl.c stops and continues;
 * notify.c tells parents; frame.c builds and takes down the handler's frame; the rest are
 * system calls. Lock order: see kernel/process/fork.c.
 */
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/ptrace.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "internal.h"

static struct kmem_cache *sigqueue_cachep;

bool sig_handler_ignored(struct task_struct *task, int sig)
{
	__sighandler_t handler = task->sighand->action[sig - 1].sa.sa_handler;

	return handler == SIG_IGN || (handler == SIG_DFL && sig_kernel_ignore(sig));
}

static bool sig_task_ignored(struct task_struct *task, int sig, bool force)
{
	/* init cannot be killed by a signal it does not handle. */
	if ((task->signal->flags & SIGNAL_UNKILLABLE) &&
	    task->sighand->action[sig - 1].sa.sa_handler == SIG_DFL &&
	    !(force && sig_kernel_only(sig)))
		return true;
	return sig_handler_ignored(task, sig);
}

static bool sig_ignored(struct task_struct *task, int sig, bool force)
{
	/* A blocked signal is kept: a handler may be set before it is unblocked. */
	if (sigismember(&task->blocked, sig) || sigismember(&task->real_blocked, sig))
		return false;
	/* A tracer wants to hear of what the program ignores. */
	if (task->ptrace && sig != SIGKILL)
		return false;
	return sig_task_ignored(task, sig, force);
}

static bool has_pending(const struct task_struct *task)
{
	unsigned long ready = (task->pending.signal | task->signal->shared_pending.signal) &
			      ~task->blocked;

	return ready || (task->jobctl & (JOBCTL_PENDING_MASK | JOBCTL_TRAP_FREEZE)) ||
	       READ_ONCE(task->cg_frozen);
}

bool recalc_sigpending_tsk(struct task_struct *task)
{
	if (!has_pending(task))
		return false;
	set_tsk_thread_flag(task, TIF_SIGPENDING);
	return true;
}

void recalc_sigpending(void)
{
	if (!recalc_sigpending_tsk(current))
		clear_thread_flag(TIF_SIGPENDING);
}

void signal_wake_up_state(struct task_struct *task, unsigned int state)
{
	set_tsk_thread_flag(task, TIF_SIGPENDING);
	/* It sleeps, or it runs: then it must look soon, also if it runs the guest. */
	if (!wake_up_state(task, state | TASK_INTERRUPTIBLE))
		kick_process(task);
}

void signal_wake_up(struct task_struct *task, bool fatal)
{
	unsigned int state = 0;

	/* While a tracer's request is under way its end does the waking: see unfreeze_traced(). */
	if (fatal && !(task->jobctl & JOBCTL_FROZEN))
		state = TASK_WAKEKILL | __TASK_TRACED;
	signal_wake_up_state(task, state);
}

void ptrace_signal_wake_up(struct task_struct *task, bool resume)
{
	signal_wake_up_state(task, resume ? __TASK_TRACED : 0);
}

/* A seized tracee that is in a group stop hears of its end, and of the next one, by a trap. */
void ptrace_trap_notify(struct task_struct *task)
{
	task_set_jobctl_pending(task, JOBCTL_TRAP_NOTIFY);
	ptrace_signal_wake_up(task, task->jobctl & JOBCTL_LISTENING);
}

static struct sigqueue *alloc_queue_entry(int sig, struct task_struct *task, bool over_limit)
{
	struct user_struct *user;
	struct sigqueue *q = NULL;
	long pending;

	rcu_read_lock();
	user = __task_cred(task)->user;
	pending = atomic_long_inc_return(&user->sigpending);
	if (over_limit ||
	    pending <= (long)min(task_rlimit(task, RLIMIT_SIGPENDING), (unsigned long)LONG_MAX))
		q = kmem_cache_alloc(sigqueue_cachep, GFP_ATOMIC | __GFP_NOWARN);
	if (q) {
		INIT_LIST_HEAD(&q->list);
		q->flags = 0;
		q->user = get_uid(user);
	} else {
		atomic_long_dec(&user->sigpending);
	}
	rcu_read_unlock();
	return q;
}

void sigqueue_release(struct sigqueue *q)
{
	if (q->flags & SIGQUEUE_PREALLOC)
		return;
	atomic_long_dec(&q->user->sigpending);
	free_uid(q->user);
	kmem_cache_free(sigqueue_cachep, q);
}

void flush_sigqueue(struct sigpending *pending)
{
	struct sigqueue *q, *next;

	sigemptyset(&pending->signal);
	list_for_each_entry_safe(q, next, &pending->list, list) {
		list_del_init(&q->list);
		sigqueue_release(q);
	}
}

void flush_sigqueue_mask(sigset_t *mask, struct sigpending *pending)
{
	struct sigqueue *q, *next;

	if (!(pending->signal & *mask))
		return;
	pending->signal &= ~*mask;
	list_for_each_entry_safe(q, next, &pending->list, list) {
		if (sigismember(mask, q->info.si_signo)) {
			list_del_init(&q->list);
			sigqueue_release(q);
		}
	}
}

static void flush_group_mask(struct task_struct *task, unsigned long which)
{
	struct task_struct *thread;
	sigset_t mask = which;

	flush_sigqueue_mask(&mask, &task->signal->shared_pending);
	for_each_thread(task, thread)
		flush_sigqueue_mask(&mask, &thread->pending);
}

/* SIGCONT goes on at once, whatever its handler or the mask: both happen at sending. */
static void continue_group(struct task_struct *task)
{
	struct signal_struct *sig = task->signal;
	struct task_struct *thread;
	unsigned int why = 0;

	flush_group_mask(task, SIG_KERNEL_STOP_MASK);
	for_each_thread(task, thread) {
		task_clear_jobctl_pending(thread, JOBCTL_STOP_PENDING);
		if (thread->ptrace & PT_SEIZED)
			ptrace_trap_notify(thread);
		else
			wake_up_state(thread, __TASK_STOPPED);
	}
	/* The parent is told by the first thread that runs: here its locks are not ours. */
	if (sig->flags & SIGNAL_STOP_STOPPED)
		why = SIGNAL_CLD_CONTINUED;
	else if (sig->group_stop_count)
		why = SIGNAL_CLD_STOPPED;
	if (why) {
		sig->flags = (sig->flags & ~SIGNAL_STOP_MASK) | why | SIGNAL_STOP_CONTINUED;
		sig->group_stop_count = 0;
		sig->group_exit_code = 0;
	}
}

/* What sending does even if nobody takes the signal. Is it to be queued? */
bool prepare_signal(int sig, struct task_struct *task, bool force)
{
	/* While it is dumped it can still be killed. */
	if (task->signal->flags & SIGNAL_GROUP_EXIT)
		return task->signal->core_state && sig == SIGKILL;
	if (sig_kernel_stop(sig))
		flush_group_mask(task, SIG_ONE(SIGCONT));
	else if (sig == SIGCONT)
		continue_group(task);
	return !sig_ignored(task, sig, force);
}

static bool wants_signal(int sig, struct task_struct *task)
{
	if (sigismember(&task->blocked, sig))
		return false;
	if (task->flags & PF_EXITING)
		return false;
	if (sig == SIGKILL)
		return true;
	if (READ_ONCE(task->state) & (__TASK_STOPPED | __TASK_TRACED))
		return false;
	return task_curr(task) || !test_tsk_thread_flag(task, TIF_SIGPENDING);
}

/* A thread of the group that can take it now: the given one, else in turn. */
static struct task_struct *pick_thread(int sig, struct task_struct *task, enum pid_type type)
{
	struct signal_struct *signal = task->signal;
	struct task_struct *thread;

	if (wants_signal(sig, task))
		return task;
	if (type == PIDTYPE_PID || signal->nr_threads <= 1)
		return NULL;
	thread = signal->curr_target ?: task;
	while (!wants_signal(sig, thread)) {
		thread = next_thread(thread);
		if (thread == signal->curr_target || (!signal->curr_target && thread == task))
			return NULL;
	}
	signal->curr_target = thread;
	return thread;
}

void complete_signal(int sig, struct task_struct *task, enum pid_type type)
{
	struct signal_struct *signal = task->signal;
	struct task_struct *thread = pick_thread(sig, task, type);

	if (!thread)
		return; /* whoever unblocks it will find it */
	if (sig_fatal(task, sig) && !(signal->flags & SIGNAL_GROUP_EXIT) &&
	    (sig == SIGKILL || !(signal->flags & SIGNAL_UNKILLABLE)) &&
	    !sigismember(&thread->real_blocked, sig) &&
	    (sig == SIGKILL || (!task->ptrace && !sig_kernel_coredump(sig)))) {
		/* Everybody dies: no need to wait until this thread runs. */
		signal->flags = SIGNAL_GROUP_EXIT;
		signal->group_exit_code = sig;
		signal->group_stop_count = 0;
		__for_each_thread(signal, thread)
		{
			task_clear_jobctl_pending(thread, JOBCTL_PENDING_MASK);
			sigaddset(&thread->pending.signal, SIGKILL);
			signal_wake_up(thread, true);
		}
		return;
	}
	signal_wake_up(thread, sig == SIGKILL);
}

/* Is a sender named in it? */
static bool has_pid_and_uid(const struct siginfo *info)
{
	if (is_si_special(info))
		return false;
	return info->si_code == SI_USER || info->si_code == SI_TKILL || info->si_code == SI_QUEUE ||
	       info->si_code == SI_MESGQ ||
	       (info->si_signo == SIGCHLD && info->si_code >= CLD_EXITED &&
		info->si_code <= CLD_CONTINUED);
}

/* The number of a user as the target's user name space shows it. => rcu_read_lock not needed */
static uid_t uid_for(struct task_struct *task, kuid_t uid)
{
	uid_t id;

	rcu_read_lock();
	id = from_kuid_munged(__task_cred(task)->user_ns, uid);
	rcu_read_unlock();
	return id;
}

static void fill_info(struct sigqueue *q, int sig, struct siginfo *info, struct task_struct *task)
{
	if (!is_si_special(info)) {
		q->info = *info;
		return;
	}
	clear_siginfo(&q->info);
	q->info.si_signo = sig;
	if (info == SEND_SIG_NOINFO) {
		q->info.si_code = SI_USER;
		q->info.si_pid = task_tgid_nr_ns(current, task_active_pid_ns(task));
		q->info.si_uid = uid_for(task, current_uid());
	} else {
		q->info.si_code = SI_KERNEL;
	}
}

/* A signal for many processes: children on their way get it too. */
static void note_for_forks(struct signal_struct *signal, int sig)
{
	struct multiprocess_signals *fork;

	hlist_for_each_entry(fork, &signal->multiprocess, node) {
		if (sig == SIGCONT)
			fork->signal &= ~SIG_KERNEL_STOP_MASK;
		else if (sig_kernel_stop(sig))
			sigdelset(&fork->signal, SIGCONT);
		sigaddset(&fork->signal, sig);
	}
}

int send_signal_queue(int sig, struct siginfo *info, struct task_struct *task, enum pid_type type,
		      bool force)
{
	struct sigpending *pending;
	struct sigqueue *q;
	bool over_limit;

	if (!prepare_signal(sig, task, force))
		return 0;
	pending = type == PIDTYPE_PID ? &task->pending : &task->signal->shared_pending;
	if (sig < SIGRTMIN && sigismember(&pending->signal, sig))
		return 0;
	/* SIGKILL needs no information; kernel threads tell nobody. */
	if (sig == SIGKILL || (task->flags & PF_KTHREAD))
		goto out_set;
	if (sig < SIGRTMIN)
		over_limit = is_si_special(info) || info->si_code >= 0;
	else
		over_limit = false;
	q = alloc_queue_entry(sig, task, over_limit);
	if (q) {
		list_add_tail(&q->list, &pending->list);
		fill_info(q, sig, info, task);
	} else if (!is_si_special(info) && sig >= SIGRTMIN && info->si_code != SI_USER) {
		/* sigqueue() promised a queued signal. */
		return -EAGAIN;
	}
out_set:
	sigaddset(&pending->signal, sig);
	if (type > PIDTYPE_TGID)
		note_for_forks(task->signal, sig);
	wake_up(&task->sighand->signalfd_wqh);
	complete_signal(sig, task, type);
	return 0;
}

int send_signal_locked(int sig, struct siginfo *info, struct task_struct *task, enum pid_type type)
{
	/* Somebody in an outer name space, whom the target cannot see? */
	bool outside = !task_pid_nr_ns(current, task_active_pid_ns(task));
	struct siginfo seen;
	bool force;

	/* The kernel's own signals, and those from outside, reach init as far as it must obey. */
	if (is_si_special(info))
		return send_signal_queue(sig, info, task, type, info == SEND_SIG_PRIV || outside);
	force = info->si_code > 0;
	if (!has_pid_and_uid(info))
		return send_signal_queue(sig, info, task, type, force);
	seen = *info;
	seen.si_uid = uid_for(task, make_kuid(current_user_ns(), info->si_uid));
	if (outside) {
		seen.si_pid = 0;
		force = true;
	}
	return send_signal_queue(sig, &seen, task, type, force);
}

struct sighand_struct *lock_task_sighand(struct task_struct *task, unsigned long *flags)
{
	struct sighand_struct *sighand;

	rcu_read_lock();
	for (;;) {
		sighand = rcu_dereference(task->sighand);
		if (!sighand)
			break;
		/* The memory stays a sighand (SLAB_TYPESAFE_BY_RCU): lock it, then look again. */
		spin_lock_irqsave(&sighand->siglock, *flags);
		if (sighand == READ_ONCE(task->sighand))
			break;
		spin_unlock_irqrestore(&sighand->siglock, *flags);
	}
	rcu_read_unlock();
	return sighand;
}

void unlock_task_sighand(struct task_struct *task, unsigned long *flags)
{
	spin_unlock_irqrestore(&task->sighand->siglock, *flags);
}

int do_send_sig_info(int sig, struct siginfo *info, struct task_struct *task, enum pid_type type)
{
	unsigned long flags;
	int error = -ESRCH;

	if (lock_task_sighand(task, &flags)) {
		error = send_signal_locked(sig, info, task, type);
		unlock_task_sighand(task, &flags);
	}
	return error;
}

int send_sig_info(int sig, struct siginfo *info, struct task_struct *task)
{
	if (!valid_signal(sig))
		return -EINVAL;
	return do_send_sig_info(sig, info, task, PIDTYPE_PID);
}

int send_sig(int sig, struct task_struct *task, int priv)
{
	return send_sig_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, task);
}

int zap_other_threads(struct task_struct *task)
{
	struct task_struct *thread;
	int count = 0;

	task->signal->group_stop_count = 0;
	for_each_thread(task, thread) {
		task_clear_jobctl_pending(thread, JOBCTL_PENDING_MASK);
		if (thread == task)
			continue;
		count++;
		if (thread->exit_state)
			continue;
		sigaddset(&thread->pending.signal, SIGKILL);
		signal_wake_up(thread, true);
	}
	return count;
}

void signals_init(void)
{
	sigqueue_cachep = kmem_cache_create("sigqueue", sizeof(struct sigqueue), 0, SLAB_PANIC, NULL);
}

/* POSIX timers own their entry, so that expiry never needs memory. */
struct sigqueue *sigqueue_alloc(void)
{
	struct sigqueue *q = alloc_queue_entry(-1, current, false);

	if (q)
		q->flags |= SIGQUEUE_PREALLOC;
	return q;
}

void sigqueue_free(struct sigqueue *q)
{
	spinlock_t *lock = &current->sighand->siglock;
	unsigned long flags;

	/* Queued still: it goes when it is dequeued. */
	spin_lock_irqsave(lock, flags);
	q->flags &= ~SIGQUEUE_PREALLOC;
	if (!list_empty(&q->list))
		q = NULL;
	spin_unlock_irqrestore(lock, flags);
	if (q)
		sigqueue_release(q);
}

/* A timer's signal: 0 queued, 1 it is queued still or ignored, -1 nobody is there. */
int send_sigqueue(struct sigqueue *q, struct pid *pid, enum pid_type type)
{
	int sig = q->info.si_signo;
	struct sigpending *pending;
	struct task_struct *task;
	unsigned long flags;
	int ret = -1;

	rcu_read_lock();
	task = pid_task(pid, type);
	if (!task || !lock_task_sighand(task, &flags))
		goto out;
	ret = 1;
	if (!prepare_signal(sig, task, false))
		goto out_unlock;
	ret = 0;
	if (!list_empty(&q->list)) {
		/* Not taken yet: count the lost ones. */
		q->info.si_overrun++;
		goto out_unlock;
	}
	q->info.si_overrun = 0;
	pending = type == PIDTYPE_PID ? &task->pending : &task->signal->shared_pending;
	list_add_tail(&q->list, &pending->list);
	sigaddset(&pending->signal, sig);
	wake_up(&task->sighand->signalfd_wqh);
	complete_signal(sig, task, type);
out_unlock:
	unlock_task_sighand(task, &flags);
out:
	rcu_read_unlock();
	return ret;
}
