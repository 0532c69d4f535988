/* SPDX-License-Identifier: MIT */
/* Making and ending tasks. */
#ifndef KERN_FORK_H
#define KERN_FORK_H

#include <kern/spinlock.h>
#include <kern/task.h>
#include <kern/types.h>

#include <linux/sched.h>

struct completion;
struct pid;
struct rusage;
struct wait_opts;

#define CSIGNAL_MASK CSIGNAL

/* What clone(), clone3(), fork() and kernel_thread() come down to. */
struct kernel_clone_args {
	u64 flags;
	int __user *pidfd;
	int __user *child_tid;
	int __user *parent_tid;
	int exit_signal;
	unsigned long stack;
	unsigned long stack_size;
	unsigned long tls;
	int (*fn)(void *arg); /* kernel thread: what it runs */
	void *fn_arg;
	bool kthread; /* never enters user mode */
	bool idle;
	const pid_t *set_tid; /* clone3: the numbers to give, innermost name space first */
	size_t set_tid_size;
	struct cgroup *cgroup; /* CLONE_INTO_CGROUP; the caller keeps a reference */
};

/* Guards the family tree, thread lists and struct pid's lists; readers may use RCU. */
extern rwlock_t tasklist_lock;
extern struct task_struct init_task;
extern int nr_threads; /* tasklist_lock to write */
extern int max_threads;
extern unsigned long total_forks; /* tasklist_lock to write */

/* Makes a task and starts it; its number or -errno. => may sleep. */
pid_t kernel_clone(struct kernel_clone_args *args);
/* Runs fn(arg) in a new kernel thread (no mm). flags: CLONE_FS | CLONE_FILES ...; or -errno. */
pid_t kernel_thread(int (*fn)(void *), void *arg, unsigned long flags);
/* The same for a thread that is going to kernel_execve(): when fn returns 0 it enters user mode. */
pid_t user_mode_thread(int (*fn)(void *), void *arg, unsigned long flags);
/* The idle task of a vCPU, with its stack, not started; or an ERR_PTR. */
struct task_struct *fork_idle(int cpu);

/* References; the last one frees the task by RCU. */
struct task_struct *get_task_struct(struct task_struct *task);
void put_task_struct(struct task_struct *task);
void free_task(struct task_struct *task);

/* Kernel stacks, cached; with their guard page. 0 or -ENOMEM. */
int alloc_thread_stack(struct task_struct *task);
void free_thread_stack(struct task_struct *task);
/* The scheduler has left the stack of a dead task for good. => any context */
void put_task_stack(struct task_struct *task);

/*
 * The first frame of every task, entered by switch_to: finishes the switch, then runs the
 * kernel thread's function or enters user mode.
 */
void ret_from_fork(struct task_struct *last, void *arg) __attribute__((noreturn));

/* Ends the current task. do_group_exit ends its siblings too. Codes as wait4 reports them. */
void do_exit(long code) __attribute__((noreturn));
void do_group_exit(int code) __attribute__((noreturn));
void make_task_dead(int sig) __attribute__((noreturn));
/* Unlinks a zombie for good. => no lock held. */
void release_task(struct task_struct *task);
/* kernel_wait4: the child's number, 0, or -errno. */
long kernel_wait4(pid_t upid, int __user *status, int options, struct rusage *usage);
int kernel_wait(pid_t pid, int *status);

/* Gives up current's mm on exec and exit: robust futexes, clear_child_tid, vfork. */
void exit_mm_release(struct task_struct *task, struct mm_struct *mm);
void exec_mm_release(struct task_struct *task, struct mm_struct *mm);
void mm_release(struct task_struct *task, struct mm_struct *mm);
/* current has left mm: somebody else owns it, or nobody. */
void mm_pass_ownership(struct mm_struct *mm);

static inline void task_lock(struct task_struct *task)
{
	spin_lock(&task->alloc_lock);
}
static inline void task_unlock(struct task_struct *task)
{
	spin_unlock(&task->alloc_lock);
}

/* 'R', 'S', 'D', 'T', 't', 'X', 'Z', 'P', 'I': the letter that ps shows. */
char task_state_to_char(struct task_struct *task);

/* User and system time of a task or its group, ns. => no lock held. */
void task_cputime_adjusted(struct task_struct *task, u64 *utime, u64 *stime);
void thread_group_cputime_adjusted(struct task_struct *task, u64 *utime, u64 *stime);

/* Called once at boot, in this order, by start_kernel(). */
void fork_init(void);
void signals_init(void);
void proc_caches_init(void);

#endif
