/* SPDX-License-Identifier: MIT */
/* Changing kernel stacks: the callee-saved registers and the stack pointer, nothing else. */
#ifndef UM_SWITCH_TO_H
#define UM_SWITCH_TO_H

struct task_struct;

/*
 * Stops `prev` here and goes on where `next` stopped. Returns, in the task that stopped
 * earlier, the task that ran before it on this vCPU ("last").
 * => interrupts masked, preemption off, on entry and on exit; the caller has written
 *    current_task (and the run queue) already.
 * The stopped stack pointer is kept in task->thread.ksp (<um/thread.h>).
 */
struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next);

/* `task` gives the vCPU to another: um/trap lets its guest thread sleep. */
void um_switch_out(struct task_struct *task);

#define switch_to(prev, next, last) do {	\
	um_switch_out(prev);			\
	(last) = __switch_to(prev, next);	\
} while (0)

/*
 * Prepares the stack of a task that never ran: its first switch_to enters
 * entry(last, arg) with interrupts masked. entry never returns.
 * => task->stack set, UM_KSTACK_SIZE bytes.
 */
void um_thread_init_stack(struct task_struct *task, void (*entry)(struct task_struct *last, void *arg),
			  void *arg);

/*
 * Makes the page at addr the guard below a kernel stack (on) or ordinary memory again (off).
 * Also tells memcheck and AddressSanitizer that [addr, addr + UM_KSTACK_SIZE) is a (fresh) stack.
 * 0 or -ENOMEM (the host's limit of mappings).
 */
int um_stack_guard(void *addr, int on);

/* Forgets sanitizer state of a stack that is about to be used by another task. */
void um_stack_clean(void *stack);

#endif
