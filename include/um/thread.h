/* SPDX-License-Identifier: MIT */
/* The machine's part of a task. */
#ifndef UM_THREAD_H
#define UM_THREAD_H

#include <kern/types.h>
#include <um/ptrace.h>

struct guest_thread;
struct task_struct;

/* All fields: the task itself (current), or its creator before it runs. */
struct thread_struct {
	unsigned long ksp;		/* kernel stack pointer while switched out */
	struct pt_regs regs;		/* user registers, valid while in the kernel */
	unsigned long fsbase, gsbase;
	unsigned long cr2, error_code, trap_nr;	/* of the last fault, for signal frames */
	struct guest_thread *guest;	/* its host thread in the stub, NULL before the first resume */
	void *xstate;			/* FPU state to load at the next resume, or NULL */
	bool fs_gs_dirty;		/* load the bases at the next resume */
};

#define task_pt_regs(task) (&(task)->thread.regs)
#define current_pt_regs() task_pt_regs(current)

/* fork and clone: registers, FPU and bases of current into the child; its ax is 0. 0 or -errno. */
int arch_dup_thread(struct task_struct *child, u64 clone_flags, unsigned long newsp, unsigned long tls);
/* The task is gone for good: its host thread goes back to the pool or dies with its stub. */
void arch_release_thread(struct task_struct *task);
/* exec: registers of a new program; FPU to its initial state, bases 0. */
void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp);
void arch_flush_thread(void);
void um_set_fsbase(struct task_struct *task, unsigned long base);
void um_set_gsbase(struct task_struct *task, unsigned long base);
unsigned long um_get_fsbase(struct task_struct *task);
unsigned long um_get_gsbase(struct task_struct *task);

/* The life of a guest task after its first return to user mode (um/trap). */
void user_mode_loop(void) __attribute__((noreturn));

#endif
