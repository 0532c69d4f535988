// SPDX-License-Identifier: MIT
/*
 * The end of a task.
 *
 *	 running --do_exit--> (exit_notify) --> EXIT_ZOMBIE --wait4 of the parent--> EXIT_DEAD
 *						\--- nobody wants to know ---------> EXIT_DEAD
 *
 * do_exit() gives up what the task holds, in an order in which each part may still use what
 * is given up later, tells the parent, and never returns. What remains of a zombie is its
 * task_struct with the exit code; release_task() takes it out of the tree and of the tables.
 * The task itself does that when the parent does not want to wait (SIGCHLD ignored), or when
 * it is a thread that is not the leader.
 *
 * A group's leader that dies first stays a zombie, silent, until its last thread is gone: the
 * group's number is the leader's.
 */
#include <driver/tty.h>
#include <fs/fdtable.h>
#include <fs/fs_struct.h>
#include <fs/proc_fs.h>
#include <kern/acct.h>
#include <kern/cgroup.h>
#include <kern/completion.h>
#include <kern/coredump.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/futex.h>
#include <kern/ipc.h>
#include <kern/itimer.h>
#include <kern/ioprio.h>
#include <kern/kthread.h>
#include <kern/nsproxy.h>
#include <kern/panic.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/ptrace.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/seccomp.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/task_work.h>
#include <kern/user_namespace.h>
#include <lib/rculist.h>
#include <mm/mempolicy.h>
#include <mm/mmap.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <um/thread.h>

#include <linux/futex.h>

#include "internal.h"

/* Takes the task out of the tables. => tasklist_lock (write) and siglock held */
void __unhash_process(struct task_struct *task, bool group_dead)
{
	nr_threads--;
	detach_pid(task, PIDTYPE_PID);
	if (group_dead) {
		detach_pid(task, PIDTYPE_TGID);
		detach_pid(task, PIDTYPE_PGID);
		detach_pid(task, PIDTYPE_SID);
		list_del_rcu(&task->tasks);
		list_del_init(&task->sibling);
	}
	list_del_rcu(&task->thread_node);
}

/* The signal side of release_task(). => tasklist_lock held for writing */
static void exit_signal_state(struct task_struct *task)
{
	struct signal_struct *sig = task->signal;
	struct sighand_struct *sighand = task->sighand;
	bool group_dead = thread_group_leader(task);

	spin_lock(&sighand->siglock);
	if (group_dead) {
		sig->curr_target = NULL;
	} else {
		/* execve() of a thread waits for its siblings. */
		if (sig->notify_count > 0 && !--sig->notify_count)
			wake_up_process(sig->group_exec_task);
		if (task == sig->curr_target)
			sig->curr_target = next_thread(task);
	}
	account_exited_thread(sig, task);
	sig->nr_threads--;
	__unhash_process(task, group_dead);
	flush_sigqueue(&task->pending);
	WRITE_ONCE(task->sighand, NULL);
	spin_unlock(&sighand->siglock);

	__cleanup_sighand(sighand);
	if (group_dead)
		flush_sigqueue(&sig->shared_pending);
}

static void delayed_put_task_struct(struct rcu_head *head)
{
	put_task_struct(container_of(head, struct task_struct, rcu));
}

void release_task(struct task_struct *task)
{
	struct task_struct *leader;
	struct pid *pid;
	bool zap_leader;

	do {
		count_processes(task->real_cred->ucounts, -1);

		write_lock_irq(&tasklist_lock);
		if (unlikely(task->ptrace))
			ptrace_unlink(task);
		leader = task->group_leader;
		pid = get_pid(task->thread_pid);
		exit_signal_state(task);
		/*
		 * The last thread behind a leader that died long ago: now the leader may tell its
		 * parent, and if nobody listens it is ours to release too.
		 */
		zap_leader = false;
		if (leader != task && thread_group_empty(leader) &&
		    leader->exit_state == EXIT_ZOMBIE) {
			zap_leader = do_notify_parent(leader, leader->exit_signal);
			if (zap_leader)
				leader->exit_state = EXIT_DEAD;
		}
		write_unlock_irq(&tasklist_lock);

		proc_flush_pid(pid);
		put_pid(pid);
		call_rcu(&task->rcu, delayed_put_task_struct);
		task = leader;
	} while (zap_leader);
}

/* The next thread of the group, going round. => tasklist_lock or siglock */
struct task_struct *next_thread(struct task_struct *task)
{
	struct list_head *next = task->thread_node.next;

	if (next == &task->signal->thread_head)
		next = next->next;
	return list_entry(next, struct task_struct, thread_node);
}

/* A vfork() parent goes on. */
static void complete_vfork_done(struct task_struct *task)
{
	struct completion *vfork;

	task_lock(task);
	vfork = task->vfork_done;
	if (vfork) {
		task->vfork_done = NULL;
		complete(vfork);
	}
	task_unlock(task);
}

void mm_release(struct task_struct *task, struct mm_struct *mm)
{
	/*
	 * Others that share the memory may sleep on the thread's number: pthread_join(). With no
	 * sharer left nobody can.
	 */
	if (task->clear_child_tid) {
		if (mm && atomic_read(&mm->mm_users) > 1) {
			put_user(0, task->clear_child_tid);
			do_futex((u32 __user *)task->clear_child_tid, FUTEX_WAKE, 1, NULL, NULL, 0,
				 0);
		}
		task->clear_child_tid = NULL;
	}
	if (task->vfork_done)
		complete_vfork_done(task);
}

void exit_mm_release(struct task_struct *task, struct mm_struct *mm)
{
	futex_exit_release(task);
	mm_release(task, mm);
}

void exec_mm_release(struct task_struct *task, struct mm_struct *mm)
{
	futex_exec_release(task);
	mm_release(task, mm);
}

/*
 * The task has left mm: a thread that stays owns it, or nobody. Threads that leave later look at the
 * owner after their own mm is gone, so none is missed.
 */
void mm_pass_ownership(struct mm_struct *mm)
{
	struct task_struct *t;

	if (READ_ONCE(mm->owner) != current)
		return;
	WRITE_ONCE(mm->owner, NULL);
	rcu_read_lock();
	for_each_thread(current, t) {
		task_lock(t);
		if (t->mm == mm)
			WRITE_ONCE(mm->owner, t);
		task_unlock(t);
		if (READ_ONCE(mm->owner))
			break;
	}
	rcu_read_unlock();
}

static void exit_mm(void)
{
	struct task_struct *task = current;
	struct mm_struct *mm = task->mm;

	exit_mm_release(task, mm);
	if (!mm)
		return;
	/* The task will not see user mode again. */
	arch_release_thread(task);
	task_lock(task);
	task->mm = NULL;
	task->active_mm = NULL;
	task_unlock(task);
	mm_pass_ownership(mm);
	mmput(mm);
}

/*
 * From here on the task takes no group signals; those that wait go to somebody else.
 */
static void exit_signals(struct task_struct *task)
{
	bool stopped;

	spin_lock_irq(&task->sighand->siglock);
	task->flags |= PF_EXITING;
	task->signal->quick_threads--;
	if (!thread_group_empty(task))
		retarget_shared_pending(task, ~task->blocked);
	/* A stop of the group does not wait for the dead. */
	stopped = exit_group_stop(task);
	spin_unlock_irq(&task->sighand->siglock);
	if (!stopped)
		return;
	read_lock(&tasklist_lock);
	do_notify_parent_cldstop(task, false, CLD_STOPPED);
	read_unlock(&tasklist_lock);
}

static void fail_in_bad_place(struct task_struct *task, long code)
{
	if (in_interrupt())
		panic("Aiee, killing interrupt handler!");
	if (!task->pid)
		panic("Attempted to kill the idle task!");
	if (task->flags & PF_EXITING) {
		pr_alert("Fixing recursive fault but reboot is needed!\n");
		for (;;) {
			set_current_state(TASK_UNINTERRUPTIBLE);
			schedule();
		}
	}
}

void do_exit(long code)
{
	struct task_struct *task = current;
	bool group_dead;

	fail_in_bad_place(task, code);
	coredump_task_exit();
	ptrace_event(PTRACE_EVENT_EXIT, code);
	exit_signals(task);
	seccomp_filter_release(task);
	group_dead = atomic_dec_and_test(&task->signal->live);
	if (group_dead) {
		if (is_global_init(task))
			panic("Attempted to kill init! exitcode=0x%08x",
			      task->signal->group_exit_code ?: (int)code);
		exit_itimers(task);
		if (task->mm)
			note_peak_rss(task->signal, task->mm);
	}
	task->exit_code = code;
	if (group_dead)
		acct_process(code);
	if (task->flags & PF_KTHREAD)
		kthread_on_exit(task, code);
	exit_mm();
	mpol_put_task(task);
	exit_sem(task);
	exit_io(task);
	exit_files(task);
	exit_fs(task);
	exit_task_namespaces(task);
	cgroup_exit(task);
	if (group_dead)
		disassociate_ctty(1);
	exit_task_work(task);
	flush_hw_breakpoints(task);
	exit_notify(task, group_dead);
	do_task_dead();
}

/* An oops in task context: the task cannot go on. */
void make_task_dead(int sig)
{
	if (in_interrupt())
		panic("Fatal exception in interrupt");
	if (!current->pid)
		panic("Attempted to kill the idle task!");
	do_exit(sig);
}

void do_group_exit(int code)
{
	struct signal_struct *sig = current->signal;
	struct sighand_struct *sighand = current->sighand;

	spin_lock_irq(&sighand->siglock);
	if (sig->flags & SIGNAL_GROUP_EXIT) {
		code = sig->group_exit_code;
	} else if (sig->group_exec_task) {
		code = 0;
	} else if (!thread_group_empty(current) || get_nr_threads(current) > 1) {
		sig->group_exit_code = code;
		sig->flags = (sig->flags & SIGNAL_UNKILLABLE) | SIGNAL_GROUP_EXIT;
		zap_other_threads(current);
	}
	spin_unlock_irq(&sighand->siglock);
	do_exit(code);
}

SYSCALL_DEFINE1(exit, int, code)
{
	do_exit((code & 0xff) << 8);
}

SYSCALL_DEFINE1(exit_group, int, code)
{
	do_group_exit((code & 0xff) << 8);
}
