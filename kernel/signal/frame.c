// SPDX-License-Identifier: MIT
/*
 * The frame that a handler runs on, and the way back from it.
 *
 *	higher	| interrupted stack
 *		| 128 bytes that belong to the interrupted function (the red zone)
 *		| XSAVE area, 64-byte aligned, ends in FP_XSTATE_MAGIC2
 *		| siginfo
 *		| ucontext: flags, link, stack, sigcontext (registers), mask
 *	lower	| return address: the handler's restorer, which calls rt_sigreturn
 *
 * The handler starts with a stack pointer that is 8 below a multiple of 16, as after a call.
 * Everything rt_sigreturn reads back is the program's to forge, so it is checked: selectors,
 * flags, and the XSAVE area, which a wrong header would make the processor refuse.
 */
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/printk.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <um/fpu.h>
#include <um/ptrace.h>
#include <um/thread.h>

#include <asm/sigcontext.h>
#include <asm/ucontext.h>

#include "internal.h"

#define RED_ZONE    128
#define FXSAVE_SIZE 512
#define FRAME_ALIGN 16
#define XSAVE_ALIGN 64

struct rt_sigframe {
	void *pretcode;
	struct ucontext uc;
	struct siginfo info;
};

/* Where the frame goes: *fpstate gets the XSAVE area's address. 0 when it does not fit. */
static unsigned long place_frame(struct ksignal *ksig, const struct pt_regs *regs,
				 unsigned long *fpstate)
{
	unsigned long sp = regs->sp - RED_ZONE;
	bool nested = on_sig_stack(regs->sp);
	bool entering = false;

	if ((ksig->ka.sa.sa_flags & SA_ONSTACK) && current->sas_ss_size &&
	    (!nested || current->sas_ss_flags & SS_AUTODISARM)) {
		sp = current->sas_ss_sp + current->sas_ss_size;
		entering = true;
	}
	sp = round_down(sp - fpu_user_size(), XSAVE_ALIGN);
	*fpstate = sp;
	sp = round_down(sp - sizeof(struct rt_sigframe), FRAME_ALIGN) - 8;
	/* An alternate stack that would overflow is better not used at all. */
	if ((nested || entering) && !on_sig_stack(sp) &&
	    !(nested && current->sas_ss_flags & SS_AUTODISARM))
		return 0;
	return sp;
}

static void fill_sigcontext(struct sigcontext *sc, const struct pt_regs *regs, sigset_t mask,
			    unsigned long fpstate)
{
	const struct thread_struct *thread = &current->thread;

	sc->r8 = regs->r8;
	sc->r9 = regs->r9;
	sc->r10 = regs->r10;
	sc->r11 = regs->r11;
	sc->r12 = regs->r12;
	sc->r13 = regs->r13;
	sc->r14 = regs->r14;
	sc->r15 = regs->r15;
	sc->rdi = regs->di;
	sc->rsi = regs->si;
	sc->rbp = regs->bp;
	sc->rbx = regs->bx;
	sc->rdx = regs->dx;
	sc->rax = regs->ax;
	sc->rcx = regs->cx;
	sc->rsp = regs->sp;
	sc->rip = regs->ip;
	sc->eflags = regs->flags;
	sc->cs = regs->cs;
	sc->ss = regs->ss;
	sc->err = thread->error_code;
	sc->trapno = thread->trap_nr;
	sc->cr2 = thread->cr2;
	sc->oldmask = mask;
	sc->fpstate = (void *)fpstate;
}

static int copy_fpu_out(unsigned long fpstate)
{
	size_t size = fpu_user_size();
	void *xstate = kzalloc(size, GFP_KERNEL);
	int error;

	if (!xstate)
		return -ENOMEM;
	error = fpu_save_user(xstate, size);
	if (!error && copy_to_user((void __user *)fpstate, xstate, size))
		error = -EFAULT;
	kfree(xstate);
	return error;
}

static void save_altstack(stack_t *out, unsigned long sp)
{
	out->ss_sp = (void *)current->sas_ss_sp;
	out->ss_flags = current->sas_ss_flags;
	out->ss_size = current->sas_ss_size;
}

int setup_rt_frame(struct ksignal *ksig, struct pt_regs *regs)
{
	struct rt_sigframe __user *frame;
	struct rt_sigframe out = {};
	unsigned long fpstate, sp;

	/* This machine has no return code in the kernel: libc brings its own. */
	if (!(ksig->ka.sa.sa_flags & SA_RESTORER))
		return -EFAULT;
	sp = place_frame(ksig, regs, &fpstate);
	if (!sp || !access_ok(sp, sizeof(*frame)))
		return -EFAULT;
	if (copy_fpu_out(fpstate))
		return -EFAULT;

	frame = (struct rt_sigframe __user *)sp;
	out.pretcode = (void *)ksig->ka.sa.sa_restorer;
	out.uc.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS;
	save_altstack(&out.uc.uc_stack, regs->sp);
	fill_sigcontext(&out.uc.uc_mcontext, regs, *sigmask_to_save(), fpstate);
	out.uc.uc_sigmask = *sigmask_to_save();
	if (copy_to_user(frame, &out, offsetof(struct rt_sigframe, info)))
		return -EFAULT;
	if ((ksig->ka.sa.sa_flags & SA_SIGINFO) && copy_siginfo_to_user(&frame->info, &ksig->info))
		return -EFAULT;

	fpu_clear();
	regs->di = ksig->sig;
	regs->ax = 0; /* for handlers declared without prototype */
	regs->si = (unsigned long)&frame->info;
	regs->dx = (unsigned long)&frame->uc;
	regs->ip = (unsigned long)ksig->ka.sa.sa_handler;
	regs->sp = sp;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_TF | X86_EFLAGS_RF);
	return 0;
}

/* Only the code and data segments of 64-bit programs exist here. */
static int restore_segments(struct pt_regs *regs, const struct sigcontext *sc)
{
	if ((sc->cs | 3) != USER_CS)
		return -EFAULT;
	regs->cs = USER_CS;
	regs->ss = USER_DS;
	return 0;
}

static int restore_fpu(const void __user *fpstate)
{
	struct _fpx_sw_bytes sw;
	size_t size = fpu_user_size();
	void *xstate;
	int error = 0;

	if (!fpstate)
		goto clear;
	if (copy_from_user(&sw, (const char __user *)fpstate + FXSAVE_SIZE - sizeof(sw),
			   sizeof(sw)))
		return -EFAULT;
	xstate = kzalloc(size, GFP_KERNEL);
	if (!xstate)
		return -EFAULT;
	/* Without the magic numbers it is the old 512-byte area. */
	if (sw.magic1 != FP_XSTATE_MAGIC1 || sw.extended_size > size ||
	    sw.extended_size < FXSAVE_SIZE + 64 + FP_XSTATE_MAGIC2_SIZE ||
	    sw.xstate_size > sw.extended_size - FP_XSTATE_MAGIC2_SIZE)
		size = FXSAVE_SIZE;
	else
		size = sw.extended_size;
	if (copy_from_user(xstate, fpstate, size) || fpu_restore_user(xstate, size))
		error = -EFAULT;
	kfree(xstate);
	return error;
clear:
	fpu_clear();
	return 0;
}

static int restore_sigcontext(struct pt_regs *regs, const struct sigcontext *sc)
{
	int error = restore_segments(regs, sc);

	if (error)
		return error;
	regs->r8 = sc->r8;
	regs->r9 = sc->r9;
	regs->r10 = sc->r10;
	regs->r11 = sc->r11;
	regs->r12 = sc->r12;
	regs->r13 = sc->r13;
	regs->r14 = sc->r14;
	regs->r15 = sc->r15;
	regs->di = sc->rdi;
	regs->si = sc->rsi;
	regs->bp = sc->rbp;
	regs->bx = sc->rbx;
	regs->dx = sc->rdx;
	regs->ax = sc->rax;
	regs->cx = sc->rcx;
	regs->sp = sc->rsp;
	regs->ip = sc->rip;
	regs->flags = (regs->flags & ~USER_FLAGS_MASK) | (sc->eflags & USER_FLAGS_MASK);
	/* What rt_sigreturn() returns is the interrupted ax: no call is to be restarted. */
	regs->orig_ax = -1UL;
	return restore_fpu(sc->fpstate);
}

/* As sigaltstack(), but what is wrong is left alone: the program may have changed it. */
static void restore_altstack(const stack_t *stack)
{
	if (stack->ss_flags & ~(SS_AUTODISARM | SS_DISABLE | SS_ONSTACK))
		return;
	if (stack->ss_flags & SS_DISABLE) {
		current->sas_ss_sp = current->sas_ss_size = 0;
		current->sas_ss_flags = stack->ss_flags;
		return;
	}
	if (stack->ss_size < MINSIGSTKSZ)
		return;
	current->sas_ss_sp = (unsigned long)stack->ss_sp;
	current->sas_ss_size = stack->ss_size;
	current->sas_ss_flags = stack->ss_flags;
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *uregs = task_pt_regs(current);
	struct rt_sigframe __user *frame;
	struct ucontext uc;
	sigset_t mask;

	/* The restorer was returned to: its address has been popped. */
	frame = (struct rt_sigframe __user *)(uregs->sp - sizeof(long));
	if (copy_from_user(&uc, &frame->uc, sizeof(uc)))
		goto bad_frame;
	mask = uc.uc_sigmask;
	set_current_blocked(&mask);
	if (restore_sigcontext(uregs, &uc.uc_mcontext))
		goto bad_frame;
	restore_altstack(&uc.uc_stack);
	return uregs->ax;
bad_frame:
	uregs->orig_ax = -1UL;
	force_sig(SIGSEGV);
	return 0;
}
