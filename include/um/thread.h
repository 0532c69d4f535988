/* SPDX-License-Identifier: MIT */
/* What the machine keeps for each task: its registers and its thread in the stub. */
#ifndef UM_THREAD_H
#define UM_THREAD_H

#include <um/ptrace.h>

struct guest_slot;
struct task_struct;

/* All fields belong to the task itself (current), or to fork before the child runs. */
struct thread_struct {
	unsigned long ksp;	      /* kernel stack pointer while another task runs */
	struct pt_regs regs;	      /* valid while the task is in the kernel */
	unsigned long fsbase, gsbase; /* likewise */
	struct guest_slot *slot;      /* its host thread; NULL: none yet, or exited */
	bool fpu_init;		      /* the FPU starts from its initial state at the next resume */
	unsigned long trap_nr, error_code, cr2; /* of the last fault, for signal frames */
	unsigned int step;		/* STEP_*: how TF is set while the guest runs */
	unsigned long debugreg[8];	/* as the tracer set them; 4 and 5 unused, 6 is status */
	u64 watched[4];			/* what DR0-3 watch, before the instruction */
	unsigned int touched;		/* bits of DR0-3 that the instruction touches */
	void *fpu_next;			/* FPU state to load at the next resume, or NULL */
};

/*
 * regs.flags holds the guest's own TF. With STEP_FORCE_TF the guest runs one instruction; its
 * TF afterwards is what it was before, but with STEP_KEEP_TF, when that instruction loads it.
 */
#define STEP_FORCE_TF 1
#define STEP_KEEP_TF  2

#define INIT_THREAD                                                                                \
	{                                                                                          \
		.fpu_init = true, .regs = { .orig_ax = -1UL }                                      \
	}

/*
 * Prepares child->thread from current's: registers (ax = 0; sp = newsp unless 0; fs base = tls
 * with CLONE_SETTLS), FPU, and the host thread that will run it: a thread of the shared stub
 * with CLONE_VM, else a new stub (child->mm is set already). 0, -ENOMEM, or -EAGAIN when the
 * host gives none. => child not visible yet; may sleep
 */
int arch_dup_thread(struct task_struct *child, u64 clone_flags, unsigned long newsp,
		    unsigned long tls);

/*
 * Gives the task's host thread back. Called by do_exit() before exit_mm() for current, and by
 * whoever frees a task that never ran; harmless when there is none. => may sleep
 */
void arch_release_thread(struct task_struct *task);

/*
 * Makes all of current's user state readable and writable by the kernel: what is still in the
 * processor is put where fpu_save_user() and fork find it. => may sleep
 */
void um_state_complete(void);

/* exec: forgets registers, FPU, fs and gs base, host thread of current. After the mm switch. */
void arch_flush_thread(void);

/* exec: current goes on in user mode at ip with stack sp, all else zero. */
void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp);

/* Body of every task with a user part: runs the guest and serves its events for ever. */
void user_mode_loop(void) __attribute__((noreturn));

/* The fs and gs base of a task that is in the kernel. -EPERM when not a user address. */
int um_set_fsbase(struct task_struct *task, unsigned long base);
int um_set_gsbase(struct task_struct *task, unsigned long base);
static inline unsigned long um_get_fsbase(const struct thread_struct *thread)
{
	return thread->fsbase;
}
static inline unsigned long um_get_gsbase(const struct thread_struct *thread)
{
	return thread->gsbase;
}

#endif
