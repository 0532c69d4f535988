/* SPDX-License-Identifier: MIT */
/*
 * The stub: all code of a guest process that is not the guest's. Three roles:
 *
 *   zygote   forks stubs on request; never shares memory with guest code
 *   mapper   first thread of a stub: maps, unmaps, protects and makes threads on request
 *   guest    threads that run guest code, and come here by signal
 *
 * Everything the guest can write is its plaything. So zygote and mapper keep all they know in
 * registers, read requests from a page that is read only here, and have no stack. Each
 * `syscall` stands in the filters by the address behind it (labels sys_*), with its number:
 * arch-host/guest_filter.c.
 */
#include <um/stub_layout.h>

#define SYS_mmap 9
#define SYS_munmap 11
#define SYS_sched_yield 24
#define SYS_rt_sigprocmask 14
#define SYS_getppid 110
#define SYS_sigaltstack 131
#define SYS_clone 56
#define SYS_prctl 157
#define SYS_arch_prctl 158
#define SYS_futex 202
#define SYS_seccomp 317
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define SECCOMP_SET_MODE_FILTER 1
#define SIG_SETMASK 2
#define PR_SET_PDEATHSIG 1
#define SIGKILL 9
#define SIGURG 23
#define MAP_SHARED_FIXED 0x11
#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002

	.macro site name
	syscall
	.globl	sys_\name
sys_\name:
	.endm

/* A place that the kernel has to know. */
	.macro at name
	.globl	at_\name
at_\name:
	.endm

/*
 * What the guest may have made of its bases. Without FSGSBASE it cannot change them, and the
 * kernel knows them. => config: a register with STUB_CONFIG
 */
	.macro save_bases config, scratch
	cmpl	$0, CONFIG_FSGSBASE(\config)
	je	9f
	rdfsbase \scratch
	movq	\scratch, SLOT_FSBASE(%rbx)
	rdgsbase \scratch
	movq	\scratch, SLOT_GSBASE(%rbx)
9:
	.endm

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

/* ---- guest threads: rbx slot ---- */

/* A new one: forgets the keys, and has no right but to sleep and wake once it is confined. */
guest_born:
	pxor	%xmm0, %xmm0
	pxor	%xmm1, %xmm1
	pxor	%xmm2, %xmm2
	pxor	%xmm3, %xmm3
	pxor	%xmm4, %xmm4
	pxor	%xmm5, %xmm5
	pxor	%xmm6, %xmm6
	pxor	%xmm7, %xmm7
	pxor	%xmm8, %xmm8
	pxor	%xmm9, %xmm9
	pxor	%xmm10, %xmm10
	pxor	%xmm11, %xmm11
	pxor	%xmm12, %xmm12
	movl	$SYS_sigaltstack, %eax
	leaq	REQUEST_ALTSTACK(%r12), %rdi
	xorl	%esi, %esi
	site	born_altstack
	movabsq	$STUB_CONFIG, %r14
	movl	$SYS_rt_sigprocmask, %eax
	movl	$SIG_SETMASK, %edi
	leaq	CONFIG_NO_SIGNALS(%r14), %rsi
	xorl	%edx, %edx
	movl	$8, %r10d
	site	born_mask
	movl	$SYS_seccomp, %eax
	movl	$SECCOMP_SET_MODE_FILTER, %edi
	xorl	%esi, %esi
	leaq	CONFIG_GUEST_FILTER(%r14), %rdx
	site	born_confine
	testq	%rax, %rax
	jnz	die
	movq	%rbp, %rbx
	movq	%r14, %r12
	movq	CONFIG_UC(%r12), %rsp
	leaq	-SLOT_IRET_BELOW_UC(%rsp,%rbx), %rsp
	jmp	publish

/*
 * All signals come here, on the stack in the slot: rdx is the ucontext. The first frame of
 * the slot is the guest's; a frame below it hit this code, and is dropped: what it interrupted
 * is begun again, either the announcement of the event or the way back to the guest.
 */
	.globl	handler
handler:
	movq	%rsp, %rbx
	andq	$-STUB_SLOT_STRIDE, %rbx
	pushq	$2			/* the guest's AC and NT flags must not hit us */
	popfq
	movabsq	$STUB_CONFIG, %r12
	movq	CONFIG_UC(%r12), %rax
	addq	%rbx, %rax
	cmpq	%rax, %rdx
	jne	nested
first_frame:
	movq	UC_IP(%rdx), %rcx
	movabsq	$STUB_TEXT, %rsi
	subq	%rsi, %rcx
	cmpq	$STUB_TRAMP + STUB_MAX_SITES * STUB_TRAMP_STRIDE - STUB_TEXT, %rcx
	jb	in_trampoline
frame_event:
	/* Below what the kernel edits, so that no further frame can fall on it. */
	leaq	-SLOT_IRET_BELOW_UC(%rax), %rsp
	jmp	publish

/*
 * A signal hit a trampoline, or what it shares with us: rcx is how far into the stub. On the
 * way back the registers are half the stub's: the kernel has them. A kick that comes before is
 * noted, and the trampoline gone on with: the kernel hears of us anyway, or has.
 */
in_trampoline:
	cmpl	$tramp_back_end - STUB_TEXT, %ecx
	jae	1f
	cmpl	$tramp_back - STUB_TEXT, %ecx
	jae	left_trampoline
1:
	cmpl	$SIGURG, %edi
	jne	frame_event
	cmpl	$STUB_TRAMP - STUB_TEXT, %ecx
	jae	2f
	cmpl	$announce - STUB_TEXT, %ecx
	jb	frame_event
	cmpl	$frame_go - STUB_TEXT, %ecx
	jb	2f
	cmpl	$at_tramp_const - STUB_TEXT, %ecx
	jb	frame_event
	cmpl	$tramp_end - STUB_TEXT, %ecx
	jae	frame_event
2:
	movl	$1, SLOT_KICKED(%rbx)
	save_bases %r12, %rcx
	movq	UC_IP(%rdx), %rcx
	movq	%rcx, -SLOT_IRET_BELOW_UC(%rax)
	movq	$0x33, 8-SLOT_IRET_BELOW_UC(%rax)
	movq	UC_FLAGS(%rdx), %rcx
	movq	%rcx, 16-SLOT_IRET_BELOW_UC(%rax)
	movq	UC_SP(%rdx), %rcx
	movq	%rcx, 24-SLOT_IRET_BELOW_UC(%rax)
	movq	$0x2b, 32-SLOT_IRET_BELOW_UC(%rax)
	leaq	-SLOT_IRET_BELOW_UC(%rax), %rsp
	jmp	frame_go
left_trampoline:
	leaq	-SLOT_IRET_BELOW_UC(%rax), %rsp
	save_bases %r12, %rax
	movl	$STUB_EVENT_LEFT, SLOT_KIND(%rbx)
	movl	$0, SLOT_MODE(%rbx)
	jmp	announce

publish:
	save_bases %r12, %rax
	movl	$STUB_EVENT_FRAME, SLOT_KIND(%rbx)
	movl	$0, SLOT_MODE(%rbx)
announce:
	movl	SLOT_EVENTS(%rbx), %eax
	incl	%eax
	jnz	1f
	incl	%eax			/* 0 means "go" */
1:
	movl	%eax, SLOT_TURN(%rbx)
	xchgl	%eax, SLOT_EVENTS(%rbx)
	cmpl	$0, SLOT_KERNEL_SLEEPS(%rbx)
	je	guest_wait
	movl	$SYS_futex, %eax
	leaq	SLOT_EVENTS(%rbx), %rdi
	movl	$FUTEX_WAKE, %esi
	movl	$1, %edx
	site	guest_wake
/* The turn is the kernel's. How to wait is the kernel's choice too, and it may change it. */
guest_wait:
	cmpl	$0, SLOT_TURN(%rbx)
	je	guest_go
	movabsq	$STUB_SLOTS, %rax
	movq	%rbx, %r12
	subq	%rax, %r12
	shrq	$STUB_SLOT_SHIFT, %r12
	movabsq	$STUB_POLICY, %rax
	addq	%rax, %r12
	movl	$STUB_YIELDS, %r14d
	/* Under SLEEP the counter is not read: with virtual time it traps. */
	cmpb	$STUB_POLICY_SLEEP, (%r12)
	je	guest_sleep
	rdtsc
	movl	%eax, %r13d
guest_look:
	movzbl	(%r12), %eax
	cmpl	$STUB_POLICY_SPIN, %eax
	jne	1f
	pause
	cmpl	$0, SLOT_TURN(%rbx)
	je	guest_go
	rdtsc
	subl	%r13d, %eax
	cmpl	$STUB_SPIN_CYCLES, %eax
	jb	guest_look
	jmp	guest_sleep
1:
	cmpl	$STUB_POLICY_YIELD, %eax
	je	2f
	cmpl	$STUB_POLICY_LINGER, %eax
	jne	guest_sleep
	rdtsc
	subl	%r13d, %eax
	cmpl	$STUB_SPIN_CYCLES, %eax
	jae	guest_sleep
	movl	$STUB_YIELDS, %r14d
2:
	movl	$SYS_sched_yield, %eax
	site	guest_yield
	cmpl	$0, SLOT_TURN(%rbx)
	je	guest_go
	decl	%r14d
	jnz	guest_look
guest_sleep:
	movl	$1, %eax
	xchgl	%eax, SLOT_GUEST_SLEEPS(%rbx)
1:
	movl	SLOT_TURN(%rbx), %edx
	testl	%edx, %edx
	jz	2f
	movl	$SYS_futex, %eax
	leaq	SLOT_TURN(%rbx), %rdi
	movl	$FUTEX_WAIT, %esi
	xorl	%r10d, %r10d
	site	guest_wait
	/*
	 * Whoever was found asleep on a slot's turn word goes on with that slot: guest_renew().
	 * Without a trampoline to go back by, on the slot's stack: a signal's frame must not fall
	 * on the first one.
	 */
	movq	%rdi, %rbx
	cmpl	$0, SLOT_MODE(%rbx)
	jne	1b
	movabsq	$STUB_CONFIG, %rax
	movq	CONFIG_UC(%rax), %rax
	leaq	-SLOT_IRET_BELOW_UC(%rax,%rbx), %rsp
	jmp	1b
2:
	movl	$0, SLOT_GUEST_SLEEPS(%rbx)
guest_go:
	cmpl	$0, SLOT_KICKED(%rbx)
	jne	answer_kick
	cmpl	$0, SLOT_MODE(%rbx)
	jne	tramp_back
	movabsq	$STUB_CONFIG, %r12
frame_go:
	cmpl	$0, CONFIG_FSGSBASE(%r12)
	je	set_bases
	movq	SLOT_FSBASE(%rbx), %rax
	wrfsbase %rax
	movq	SLOT_GSBASE(%rbx), %rax
	wrgsbase %rax
bases_set:
	movq	CONFIG_FP(%r12), %rdi
	addq	%rbx, %rdi
	/*
	 * The components that the host's frames have. Some processors look at the whole area of each
	 * one that is asked for, though its bit says that there is nothing: AMX tiles end behind us.
	 */
	movl	CONFIG_SW+8(%r12), %eax
	movl	CONFIG_SW+12(%r12), %edx
	xrstor64 (%rdi)
	addq	CONFIG_UC(%r12), %rbx
	leaq	-SLOT_IRET_BELOW_UC(%rbx), %rsp
#define FROM_UC(offset) (SLOT_IRET_BELOW_UC + offset)(%rsp)
	movq	FROM_UC(UC_R8), %r8
	movq	FROM_UC(UC_R9), %r9
	movq	FROM_UC(UC_R10), %r10
	movq	FROM_UC(UC_R11), %r11
	movq	FROM_UC(UC_R12), %r12
	movq	FROM_UC(UC_R13), %r13
	movq	FROM_UC(UC_R14), %r14
	movq	FROM_UC(UC_R15), %r15
	movq	FROM_UC(UC_DI), %rdi
	movq	FROM_UC(UC_SI), %rsi
	movq	FROM_UC(UC_BP), %rbp
	movq	FROM_UC(UC_BX), %rbx
	movq	FROM_UC(UC_DX), %rdx
	movq	FROM_UC(UC_AX), %rax
	movq	FROM_UC(UC_CX), %rcx
	iretq

/*
 * Without FSGSBASE the host sets them, which is slow: only what it has not set already. What a
 * kick interrupts here is begun again.
 */
set_bases:
	movl	$ARCH_SET_FS, %edi
	movq	SLOT_FSBASE(%rbx), %rsi
	cmpq	%rsi, SLOT_HOST_FSBASE(%rbx)
	je	1f
	movl	$SYS_arch_prctl, %eax
	site	guest_fsbase
	movq	%rsi, SLOT_HOST_FSBASE(%rbx)
1:
	movl	$ARCH_SET_GS, %edi
	movq	SLOT_GSBASE(%rbx), %rsi
	cmpq	%rsi, SLOT_HOST_GSBASE(%rbx)
	je	bases_set
	movl	$SYS_arch_prctl, %eax
	site	guest_gsbase
	movq	%rsi, SLOT_HOST_GSBASE(%rbx)
	jmp	bases_set

/*
 * A frame below the guest's, which hit this code. It may have hit any instruction, that of
 * another such frame too, so what was under way is told by the slot and not by where it was:
 *
 *   turn set, not counted in events    announcing: once more
 *   turn set and counted               announced: a kick of a guest that is parked
 *   turn clear, signal in the frame    not announced yet: the frame is looked at once more
 *   turn clear, none in it             on the way out: the kernel has taken it (frame_store())
 *
 * A kick that finds the guest parked or on its way out is noted, and answered instead of going
 * on. (Any other signal here is the guest's own mischief, and ends in a guest that answers
 * nothing.)
 */
nested:
	leaq	-SLOT_IRET_BELOW_UC(%rax), %rsp
	movl	SLOT_TURN(%rbx), %ecx
	testl	%ecx, %ecx
	jz	1f
	cmpl	%ecx, SLOT_EVENTS(%rbx)
	jne	announce
note_kick:
	movl	$1, SLOT_KICKED(%rbx)
	jmp	guest_wait
1:
	movq	CONFIG_INFO(%r12), %rcx
	movl	(%rcx,%rbx), %edi
	testl	%edi, %edi
	jz	note_kick
	movq	%rax, %rdx
	jmp	first_frame

/* The frame stands as the kernel left it: an event without news. */
answer_kick:
	movl	$0, SLOT_KICKED(%rbx)
	movl	$STUB_EVENT_KICK, SLOT_KIND(%rbx)
	jmp	announce

/* ---- system calls without a signal ---- */

/*
 * A rewritten site jumps through the jump table to its trampoline, which loads its number into
 * ecx and comes here with the guest's registers and flags as they were at the site; the stack
 * is the guest's and is not touched. What a `syscall` leaves alone is left alone: of the
 * registers ecx and r11 are free, and so is rax at a site that would load it.
 */
	at	tramp_const		/* "mov $number, %eax; syscall" */
	lahf
	seto	%al
	jmp	1f
	at	tramp_var		/* "syscall": the number is in eax, which goes above ecx */
	movl	%eax, %eax
	rorx	$32, %rax, %rax
	leaq	(%rcx,%rax), %rcx
	lahf
	seto	%al
1:
	/* Is %gs still ours? What the kernel makes of a fault here is tramp_slow. */
	at	tramp_self
	movq	%gs:SLOT_SELF, %r11
	testl	$STUB_SLOT_STRIDE-1, %r11d
	jnz	tramp_slow
	rorq	$32, %r11
	cmpl	$STUB_SLOTS>>32, %r11d
	jne	tramp_slow
	rorq	$32, %r11
	movq	%rax, SLOT_TFLAGS(%r11)
	movq	%rcx, SLOT_SITE(%r11)
	movq	%rbx, SLOT_REGS+0x08(%r11)
	movq	%rdx, SLOT_REGS+0x10(%r11)
	movq	%rsi, SLOT_REGS+0x18(%r11)
	movq	%rdi, SLOT_REGS+0x20(%r11)
	movq	%rbp, SLOT_REGS+0x28(%r11)
	movq	%rsp, SLOT_REGS+0x30(%r11)
	movq	%r8, SLOT_REGS+0x38(%r11)
	movq	%r9, SLOT_REGS+0x40(%r11)
	movq	%r10, SLOT_REGS+0x48(%r11)
	movq	%r12, SLOT_REGS+0x58(%r11)
	movq	%r13, SLOT_REGS+0x60(%r11)
	movq	%r14, SLOT_REGS+0x68(%r11)
	movq	%r15, SLOT_REGS+0x70(%r11)
	movq	%r11, %rbx
	movabsq	$STUB_CONFIG, %rax
	cmpl	$0, CONFIG_FSGSBASE(%rax)
	je	1f
	rdfsbase %rax
	movq	%rax, SLOT_FSBASE(%rbx)
1:
	movl	$STUB_EVENT_CALL, SLOT_KIND(%rbx)
	movl	$1, SLOT_MODE(%rbx)
	jmp	announce
tramp_end:
	/* The kernel makes the call for it, from the registers in the frame. */
	at	tramp_slow
tramp_slow:
	ud2

tramp_back:
	cmpl	$0, SLOT_WANT_FRAME(%rbx)
	jne	tramp_leave
	movl	SLOT_TFLAGS(%rbx), %eax
	addb	$0x7f, %al
	sahf
	movq	SLOT_REGS+0x00(%rbx), %rax
	movq	SLOT_REGS+0x10(%rbx), %rdx
	movq	SLOT_REGS+0x18(%rbx), %rsi
	movq	SLOT_REGS+0x20(%rbx), %rdi
	movq	SLOT_REGS+0x28(%rbx), %rbp
	movq	SLOT_REGS+0x30(%rbx), %rsp
	movq	SLOT_REGS+0x38(%rbx), %r8
	movq	SLOT_REGS+0x40(%rbx), %r9
	movq	SLOT_REGS+0x48(%rbx), %r10
	movq	SLOT_REGS+0x50(%rbx), %r11
	movq	SLOT_REGS+0x58(%rbx), %r12
	movq	SLOT_REGS+0x60(%rbx), %r13
	movq	SLOT_REGS+0x68(%rbx), %r14
	movq	SLOT_REGS+0x70(%rbx), %r15
	movq	SLOT_RIP(%rbx), %rcx
	movq	SLOT_REGS+0x08(%rbx), %rbx
	jmp	*%rcx
tramp_leave:
	int3			/* hypervisors intercept ud2 */
	ud2
tramp_back_end:

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
