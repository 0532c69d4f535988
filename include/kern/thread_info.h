/* SPDX-License-Identifier: MIT */
/* task->thread_flags: atomic bits that ask a task to do something before it leaves the kernel. */
#ifndef KERN_THREAD_INFO_H
#define KERN_THREAD_INFO_H

#include <kern/task.h>

static inline void set_tsk_thread_flag(struct task_struct *task, int flag)
{
	__atomic_fetch_or(&task->thread_flags, 1UL << flag, __ATOMIC_SEQ_CST);
}

static inline void clear_tsk_thread_flag(struct task_struct *task, int flag)
{
	__atomic_fetch_and(&task->thread_flags, ~(1UL << flag), __ATOMIC_SEQ_CST);
}

static inline bool test_tsk_thread_flag(const struct task_struct *task, int flag)
{
	return __atomic_load_n(&task->thread_flags, __ATOMIC_RELAXED) >> flag & 1;
}

static inline bool test_and_set_tsk_thread_flag(struct task_struct *task, int flag)
{
	return __atomic_fetch_or(&task->thread_flags, 1UL << flag, __ATOMIC_SEQ_CST) >> flag & 1;
}

static inline bool test_and_clear_tsk_thread_flag(struct task_struct *task, int flag)
{
	return __atomic_fetch_and(&task->thread_flags, ~(1UL << flag), __ATOMIC_SEQ_CST) >> flag &
	       1;
}

#define set_thread_flag(flag)		 set_tsk_thread_flag(current, flag)
#define clear_thread_flag(flag)		 clear_tsk_thread_flag(current, flag)
#define test_thread_flag(flag)		 test_tsk_thread_flag(current, flag)
#define test_and_clear_thread_flag(flag) test_and_clear_tsk_thread_flag(current, flag)

/* What makes exit_to_user_mode() do more than nothing. */
#define TIF_WORK_MASK                                                                              \
	((1UL << TIF_NOTIFY_RESUME) | (1UL << TIF_SIGPENDING) | (1UL << TIF_NEED_RESCHED) |        \
	 (1UL << TIF_NOTIFY_SIGNAL))

/* The guest goes one instruction at a time: prepare_user_step() before each. */
#define TIF_STEP_MASK ((1UL << TIF_SINGLESTEP) | (1UL << TIF_HW_BREAKPOINT))

/* What makes do_syscall_64() look closer, before and after the call. */
#define TIF_SYSCALL_ENTRY_WORK                                                                     \
	((1UL << TIF_SYSCALL_TRACE) | (1UL << TIF_SYSCALL_EMU) | (1UL << TIF_SECCOMP) |           \
	 (1UL << TIF_SYSCALL_USER_DISPATCH))
#define TIF_SYSCALL_EXIT_WORK                                                                      \
	((1UL << TIF_SYSCALL_TRACE) | (1UL << TIF_SYSCALL_EMU) | (1UL << TIF_SINGLESTEP))
#define TIF_SYSCALL_WORK (TIF_SYSCALL_ENTRY_WORK | TIF_SYSCALL_EXIT_WORK)

#endif
