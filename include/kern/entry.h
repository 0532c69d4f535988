/* SPDX-License-Identifier: MIT */
/* The way between user mode and the kernel. */
#ifndef KERN_ENTRY_H
#define KERN_ENTRY_H

#include <kern/types.h>
#include <um/ptrace.h>

/*
 * One system call of the current task: regs->orig_ax is the number and the result goes to
 * regs->ax. => interrupts on.
 */
void do_syscall_64(struct pt_regs *regs);

/*
 * The last thing before user mode: reschedules, runs task work, delivers signals (which may
 * change regs, stop or end the task) until nothing is left. => interrupts on; returns with
 * interrupts off.
 */
void exit_to_user_mode(struct pt_regs *regs);

/*
 * The guest's instruction faulted in a way that no page can mend: SIGFPE, SIGILL, SIGTRAP,
 * SIGSEGV, SIGBUS with si_code and si_addr. The signal cannot be blocked or ignored.
 */
void do_user_trap(struct pt_regs *regs, int signr, int si_code, unsigned long addr);

/* A debug exception (#DB): a step, the guest's own TF, or int1. si_code as the host saw it. */
void do_user_debug(struct pt_regs *regs, int si_code);

struct restart_block;

long set_restart_fn(struct restart_block *restart, long (*fn)(struct restart_block *));
long do_no_restart_syscall(struct restart_block *restart);

#endif
