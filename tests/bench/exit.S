/* SPDX-License-Identifier: MIT */
/* The smallest program: exit(0). */
	.globl	_start
_start:
	xorl	%edi, %edi
	movl	$60, %eax
	syscall
	.section .note.GNU-stack, "", @progbits
