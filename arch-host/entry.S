/* SPDX-License-Identifier: MIT */
/* The few host functions that must be instructions: interruptible calls, the signal restorer. */
	.text

/* long sys_interruptible(nr, a, b, c, d, pending): see sys.h. */
	.globl	sys_interruptible
	.type	sys_interruptible, @function
	.globl	interrupt_window_begin, interrupt_window_end, interrupt_window_abort
sys_interruptible:
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %rcx
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
interrupt_window_begin:
	cmpl	$0, (%rcx)
	jne	interrupt_window_abort
interrupt_window_end:			/* here the call has not happened yet */
	syscall
	ret
interrupt_window_abort:
	movq	$-4, %rax		/* -EINTR */
	ret
	.size	sys_interruptible, . - sys_interruptible

	.globl	signal_restorer
	.type	signal_restorer, @function
signal_restorer:
	movq	$15, %rax		/* rt_sigreturn */
	syscall
	.size	signal_restorer, . - signal_restorer

	.section .note.GNU-stack, "", @progbits
