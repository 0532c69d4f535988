/* SPDX-License-Identifier: MIT */
/* Changing stacks. FPU control words are the same everywhere in the kernel: not saved. */
	.text

/*
 * void *um_switch_stack(unsigned long *save, unsigned long load, void *last): pushes the
 * callee-saved registers, leaves the stack pointer in *save, goes on with the stack `load`
 * and returns `last` there.
 */
	.globl	um_switch_stack
	.type	um_switch_stack, @function
um_switch_stack:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, (%rdi)
	movq	%rsi, %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	movq	%rdx, %rax
	ret
	.size	um_switch_stack, . - um_switch_stack

/* The first switch to a task returns here: rax is last, r12 the entry, r13 its argument. */
	.globl	um_thread_begin
	.type	um_thread_begin, @function
um_thread_begin:
	movq	%rax, %rdi
	movq	%r13, %rsi
	xorl	%ebp, %ebp
	call	*%r12
	ud2
	.size	um_thread_begin, . - um_thread_begin

/* void um_run_on_stack(void *top, void (*entry)(unsigned long), unsigned long a) */
	.globl	um_run_on_stack
	.type	um_run_on_stack, @function
um_run_on_stack:
	movq	%rdi, %rsp
	movq	%rdx, %rdi
	xorl	%ebp, %ebp
	andq	$-16, %rsp
	call	*%rsi
	ud2
	.size	um_run_on_stack, . - um_run_on_stack

	.section .note.GNU-stack, "", @progbits
