/* SPDX-License-Identifier: MIT */
/*
 * The stub's guest threads: birth, the handler of all signals, waiting for the kernel, the way back
 * to the guest, and trampolines. rbx is the slot. in_trampoline tells by the address what a signal
 * hit: it relies on the order in which this file's labels stand.
 */
#include <um/stub_layout.h>
#include "calls.h"

#define SIGURG 23

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

/* A new one: forgets the keys, and has no right but to sleep and wake once it is confined. */
	.globl	guest_born
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

	.section .note.GNU-stack, "", @progbits
