/* SPDX-License-Identifier: MIT */
/*
 * The stub: all code of a guest process that is not the guest's. Three roles:
 *
 *   zygote   forks stubs on request; never shares memory with guest code
 *   mapper   first thread of a stub: maps, unmaps, protects and makes threads on request
 *   guest    threads that run guest code, and come here by signal (guest.S)
 *
 * Everything the guest can write is its plaything. So zygote and mapper keep all they know in
 * registers, read requests from a page that is read only here, and have no stack. Each
 * `syscall` stands in the filters by the address behind it (labels sys_*), with its number:
 * arch-host/guest_filter.c.
 */
#include <um/stub_layout.h>
#include "calls.h"

	.text
	.globl	_start
_start:
	movq	%rsp, %rdi
	andq	$-16, %rsp
	call	stub_init		/* rax: where the address space ends, rdx: the vdso */

	/* From here on no stack. The stack goes, and with it the last of the program's start. */
	movq	%rax, %r15
	movq	%rdx, %r14
	movabsq	$STUB_SLOTS, %rdi
	movq	%r15, %rsi
	subq	%rdi, %rsi
	xorl	%esp, %esp
	movl	$SYS_munmap, %eax
	syscall
	testq	%rax, %rax
	jz	1f
	/* A sealed vdso: what lies around it goes. It is above TASK_SIZE, and in nobody's way. */
	movabsq	$STUB_SLOTS, %rdi
	movq	%r14, %rsi
	subq	$0x20000, %rsi
	subq	%rdi, %rsi
	movl	$SYS_munmap, %eax
	syscall
	leaq	0x10000(%r14), %rdi
	movq	%r15, %rsi
	subq	%rdi, %rsi
	movl	$SYS_munmap, %eax
	syscall
1:
	movabsq	$STUB_CONFIG, %r12
	movl	$SYS_seccomp, %eax
	movl	$SECCOMP_SET_MODE_FILTER, %edi
	xorl	%esi, %esi
	leaq	CONFIG_MAPPER_FILTER(%r12), %rdx
	syscall
	testq	%rax, %rax
	jz	2f
	ud2
2:
	xorl	%r13d, %r13d
	movabsq	$STUB_REQUEST, %r12
	movabsq	$STUB_DONE, %rbx
	xorl	%eax, %eax
	jmp	zygote_answer

/* ---- zygote: r12 request page, r13 last request, rbx answer page ---- */
zygote:
	movl	REQUEST_SEQ(%r12), %eax
	cmpl	%r13d, %eax
	jne	zygote_fork
	movl	$SYS_futex, %eax
	leaq	REQUEST_SEQ(%r12), %rdi
	movl	$FUTEX_WAIT, %esi
	movl	%r13d, %edx
	xorl	%r10d, %r10d
	site	zygote_wait
	jmp	zygote
zygote_fork:
	movl	%eax, %r13d
	movq	ZYGOTE_REQUEST_PAGE(%r12), %r14
	movq	ZYGOTE_DONE_PAGE(%r12), %r15
	movl	$SYS_clone, %eax
	movl	$STUB_FORK_FLAGS, %edi
	xorl	%esi, %esi
	xorl	%edx, %edx
	xorl	%r10d, %r10d
	xorl	%r8d, %r8d
	site	zygote_fork
	testq	%rax, %rax
	jz	newborn
zygote_answer:
	movq	%rax, DONE_RESULT(%rbx)
	movl	%r13d, %eax
	xchgl	%eax, DONE_SEQ(%rbx)
	movl	$SYS_futex, %eax
	leaq	DONE_SEQ(%rbx), %rdi
	movl	$FUTEX_WAKE, %esi
	movl	$1, %edx
	site	zygote_wake
	jmp	zygote

/* A new stub: dies with ./vmlinux, trades the zygote's pages for its own, becomes a mapper. */
newborn:
	movl	$SYS_prctl, %eax
	movl	$PR_SET_PDEATHSIG, %edi
	movl	$SIGKILL, %esi
	site	newborn_prctl
	movl	$SYS_getppid, %eax
	site	newborn_getppid
	movabsq	$STUB_CONFIG, %rcx
	cmpl	CONFIG_PARENT(%rcx), %eax
	jne	die
	movl	$SYS_mmap, %eax
	movabsq	$STUB_REQUEST, %rdi
	movl	$2*STUB_PAGE, %esi	/* with STUB_POLICY */
	movl	$1, %edx
	movl	$MAP_SHARED_FIXED, %r10d
	movl	$STUB_RAM_FD, %r8d
	movq	%r14, %r9
	site	newborn_request
	cmpq	%r12, %rax
	jne	die
	movl	$SYS_mmap, %eax
	movabsq	$STUB_DONE, %rdi
	movl	$STUB_PAGE, %esi
	movl	$3, %edx
	movl	$MAP_SHARED_FIXED, %r10d
	movl	$STUB_RAM_FD, %r8d
	movq	%r15, %r9
	site	newborn_done
	cmpq	%rbx, %rax
	jne	die
	/* The kernel wipes the keys once this mapper has answered. */
	movdqa	REQUEST_KEYS+0x00(%r12), %xmm0
	movdqa	REQUEST_KEYS+0x10(%r12), %xmm1
	movdqa	REQUEST_KEYS+0x20(%r12), %xmm2
	movdqa	REQUEST_KEYS+0x30(%r12), %xmm3
	movdqa	REQUEST_KEYS+0x40(%r12), %xmm4
	movdqa	REQUEST_KEYS+0x50(%r12), %xmm5
	movdqa	REQUEST_KEYS+0x60(%r12), %xmm6
	movdqa	REQUEST_KEYS+0x70(%r12), %xmm7
	movdqa	REQUEST_KEYS+0x80(%r12), %xmm8
	movdqa	REQUEST_KEYS+0x90(%r12), %xmm9
	movdqa	REQUEST_KEYS+0xa0(%r12), %xmm10
	xorl	%r13d, %r13d
	jmp	mapper
	.globl	die
die:
	ud2

/* ---- mapper: r12 request page, r13 last request, xmm0-10 keys ---- */
mapper:
	movl	REQUEST_SEQ(%r12), %eax
	cmpl	%r13d, %eax
	jne	mapper_serve
	movl	$SYS_futex, %eax
	leaq	REQUEST_SEQ(%r12), %rdi
	movl	$FUTEX_WAIT, %esi
	movl	%r13d, %edx
	xorl	%r10d, %r10d
	site	mapper_wait
	jmp	mapper
mapper_serve:
	movl	%eax, %r13d
	movl	REQUEST_COUNT(%r12), %r14d
	leaq	REQUEST_OPS(%r12), %rbx
	xorl	%r15d, %r15d
mapper_next:
	testl	%r14d, %r14d
	jz	mapper_answer
	decl	%r14d
	movl	0(%rbx), %eax
	movq	8(%rbx), %rdi
	movq	16(%rbx), %rsi
	movq	24(%rbx), %rdx
	movq	32(%rbx), %r10
	movq	40(%rbx), %r8
	movq	48(%rbx), %r9
	addq	$REQUEST_OP_SIZE, %rbx
	cmpl	$SYS_clone, %eax
	je	mapper_clone
	site	mapper_map
	movq	%rax, %r15
	cmpq	$-4095, %rax
	jb	mapper_next
mapper_answer:
	/* token = AES(seq, result): nobody else in this process can make it. */
	movd	%r13d, %xmm11
	movq	%r15, %xmm12
	punpcklqdq %xmm12, %xmm11
	pxor	%xmm0, %xmm11
	aesenc	%xmm1, %xmm11
	aesenc	%xmm2, %xmm11
	aesenc	%xmm3, %xmm11
	aesenc	%xmm4, %xmm11
	aesenc	%xmm5, %xmm11
	aesenc	%xmm6, %xmm11
	aesenc	%xmm7, %xmm11
	aesenc	%xmm8, %xmm11
	aesenc	%xmm9, %xmm11
	aesenclast %xmm10, %xmm11
	/* Read before answering: the kernel may write the next request then. */
	movq	REQUEST_WAKE_SLOT(%r12), %r14
	movl	REQUEST_WAKE_TURN(%r12), %r9d
	movabsq	$STUB_DONE, %rdi
	movq	%r15, DONE_RESULT(%rdi)
	movdqa	%xmm11, DONE_TOKEN(%rdi)
	movl	%r13d, %eax
	xchgl	%eax, DONE_SEQ(%rdi)
	/* Read after it: who sets it late has then seen the answer. */
	cmpl	$0, REQUEST_WAKE_KERNEL(%r12)
	je	1f
	addq	$DONE_SEQ, %rdi
	movl	$SYS_futex, %eax
	movl	$FUTEX_WAKE, %esi
	movl	$1, %edx
	site	mapper_wake_kernel
1:
	testq	%r14, %r14
	jz	mapper
	/*
	 * Let the guest thread go, if it still waits with that event: a request may be sent twice.
	 * SLOT_TURN is at offset 0.
	 */
	movl	%r9d, %eax
	xorl	%ecx, %ecx
	lock cmpxchgl %ecx, (%r14)
	movq	%r14, %rdi
	movl	$SYS_futex, %eax
	movl	$FUTEX_WAKE, %esi
	movl	$1, %edx
	site	mapper_wake_guest
	jmp	mapper
mapper_clone:
	movq	%r9, %rbp		/* the new thread's slot */
	xorl	%r9d, %r9d
	site	mapper_clone
	testq	%rax, %rax
	jz	guest_born
	movq	%rax, %r15
	cmpq	$-4095, %rax
	jb	mapper_next
	jmp	mapper_answer

/* Only to calibrate, in the zygote before it is confined: notes where the frame lies. */
	.globl	probe_handler, probe_return
probe_handler:
	movq	%rdx, probe_uc(%rip)
	movq	%rsi, probe_info(%rip)
	movq	UC_FPSTATE(%rdx), %rax
	movq	%rax, probe_fp(%rip)
	ret
probe_return:
	movl	$15, %eax
	syscall
	.globl	no_return
no_return:
	ud2

/* long init_call(nr, a, b, c, d, e, f): the start-up code's system call. */
	.globl	init_call
init_call:
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	movq	8(%rsp), %r9
	syscall
	ret

	.bss
	.globl	probe_uc, probe_info, probe_fp
	.balign	8
probe_uc:	.quad 0
probe_info:	.quad 0
probe_fp:	.quad 0

	.section .note.GNU-stack, "", @progbits
