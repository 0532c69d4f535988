// SPDX-License-Identifier: MIT
/*
 * The way between user mode and the kernel.
 *
 *	user_mode_loop (um/trap):   resume guest -> event -> do_syscall_64 | fault | trap
 *					 ^			  |
 *					 '-- exit_to_user_mode <--'
 *
 * A call that a signal interrupts returns one of the ERESTART codes. On the way out, if a
 * handler is to run, the code says whether the call is restarted after it (the instruction
 * pointer is moved back over the two bytes of `syscall`) or gives EINTR; with no handler the
 * call is restarted at once. ERESTART_RESTARTBLOCK restarts by the call restart_syscall(),
 * which goes on where the sleep ended instead of starting over.
 */
#include <kern/entry.h>
#include <kern/errno.h>
#include <kern/preempt.h>
#include <kern/ptrace.h>
#include <kern/rseq.h>
#include <kern/sched.h>
#include <kern/seccomp.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/task_work.h>
#include <kern/thread_info.h>
#include <kern/user_dispatch.h>
#include <mm/memcontrol.h>
#include <um/irqflags.h>
#include <um/thread.h>

#include <asm/unistd.h>

#define SYSCALL_INSN_BYTES 2

long sys_ni_syscall(const struct pt_regs *regs)
{
	return -ENOSYS;
}

/* A tracer and filters see the call first. False: it is not to be made, ax says what it gives. */
static bool syscall_enter_work(struct pt_regs *regs, unsigned long work)
{
	if (work & ((1UL << TIF_SYSCALL_TRACE) | (1UL << TIF_SYSCALL_EMU))) {
		if (ptrace_report_syscall_entry(regs) || (work & (1UL << TIF_SYSCALL_EMU)))
			return false;
	}
	/* Asked again: the tracer may have let a filter be set meanwhile. */
	if (test_thread_flag(TIF_SECCOMP))
		return secure_computing(regs) == 0;
	return true;
}

static void syscall_exit_work(struct pt_regs *regs, unsigned long work)
{
	bool step = (work & (1UL << TIF_SINGLESTEP)) && !(work & (1UL << TIF_SYSCALL_EMU));

	if (step || (work & (1UL << TIF_SYSCALL_TRACE)))
		ptrace_report_syscall_exit(regs, step);
}

static void call_by_number(struct pt_regs *regs)
{
	unsigned long nr = (unsigned int)regs->orig_ax;

	if (likely(nr < nr_syscalls))
		regs->ax = sys_call_table[nr](regs);
	else if ((int)nr != -1)
		regs->ax = -ENOSYS;
}

void do_syscall_64(struct pt_regs *regs)
{
	unsigned long work = READ_ONCE(current->thread_flags);

	if (unlikely(work & (1UL << TIF_SYSCALL_USER_DISPATCH)) && syscall_user_dispatch(regs))
		return;
	if (likely(!(work & TIF_SYSCALL_ENTRY_WORK)) || syscall_enter_work(regs, work))
		call_by_number(regs);
	work = READ_ONCE(current->thread_flags);
	if (unlikely(work & TIF_SYSCALL_EXIT_WORK))
		syscall_exit_work(regs, work);
}

long do_no_restart_syscall(struct restart_block *restart)
{
	return -EINTR;
}

long set_restart_fn(struct restart_block *restart, long (*fn)(struct restart_block *))
{
	restart->fn = fn;
	return -ERESTART_RESTARTBLOCK;
}

SYSCALL_DEFINE0(restart_syscall)
{
	struct restart_block *restart = &current->restart_block;

	return restart->fn(restart);
}

static bool in_syscall(const struct pt_regs *regs)
{
	return (int)regs->orig_ax != -1;
}

static void restart_at(struct pt_regs *regs, unsigned long nr)
{
	regs->ax = nr;
	regs->ip -= SYSCALL_INSN_BYTES;
}

/* A handler is going to run: what becomes of the interrupted call? */
static void restart_before_handler(struct ksignal *ksig, struct pt_regs *regs)
{
	if (!in_syscall(regs))
		return;
	switch ((long)regs->ax) {
	case -ERESTART_RESTARTBLOCK:
	case -ERESTARTNOHAND:
		regs->ax = -EINTR;
		break;
	case -ERESTARTSYS:
		if (!(ksig->ka.sa.sa_flags & SA_RESTART)) {
			regs->ax = -EINTR;
			break;
		}
		fallthrough;
	case -ERESTARTNOINTR:
		restart_at(regs, regs->orig_ax);
		break;
	}
}

/* No handler after all. */
static void restart_without_handler(struct pt_regs *regs)
{
	if (!in_syscall(regs))
		return;
	switch ((long)regs->ax) {
	case -ERESTARTNOHAND:
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
		restart_at(regs, regs->orig_ax);
		break;
	case -ERESTART_RESTARTBLOCK:
		restart_at(regs, __NR_restart_syscall);
		break;
	}
}

static void deliver_signals(struct pt_regs *regs)
{
	struct ksignal ksig;
	bool stepping;

	if (!get_signal(&ksig)) {
		restart_without_handler(regs);
		restore_saved_sigmask();
		regs->orig_ax = -1UL;
		return;
	}
	restart_before_handler(&ksig, regs);
	/* The call is over for good: a second signal must not restart it again. */
	regs->orig_ax = -1UL;
	rseq_signal_deliver(&ksig, regs);
	stepping = test_thread_flag(TIF_SINGLESTEP);
	/* A step over a signal is the step to the handler's first instruction. */
	if (stepping)
		user_disable_single_step(current);
	signal_setup_done(setup_rt_frame(&ksig, regs), &ksig, stepping);
}

static void do_exit_work(struct pt_regs *regs, unsigned long work)
{
	if (work & (1UL << TIF_NEED_RESCHED))
		schedule();
	if (work & ((1UL << TIF_NOTIFY_RESUME) | (1UL << TIF_NOTIFY_SIGNAL))) {
		clear_thread_flag(TIF_NOTIFY_RESUME);
		task_work_run();
		mem_cgroup_handle_over_high();
		rseq_handle_notify_resume(NULL, regs);
	}
	if (work & ((1UL << TIF_SIGPENDING) | (1UL << TIF_NOTIFY_SIGNAL))) {
		um_state_complete();
		deliver_signals(regs);
	}
}

void exit_to_user_mode(struct pt_regs *regs)
{
	bool step_ready = false;

	for (;;) {
		unsigned long work;

		local_irq_disable();
		work = READ_ONCE(current->thread_flags) & (TIF_WORK_MASK | TIF_STEP_MASK);
		if (likely(!work) || (step_ready && !(work & TIF_WORK_MASK)))
			break;
		local_irq_enable();
		step_ready = !(work & TIF_WORK_MASK);
		if (step_ready)
			prepare_user_step(regs);
		else
			do_exit_work(regs, work);
	}
	if (likely(!step_ready))
		current->thread.step = 0;
	/* A mask to put back with no signal that would have done it. */
	if (unlikely(test_thread_flag(TIF_RESTORE_SIGMASK))) {
		local_irq_enable();
		restore_saved_sigmask();
		exit_to_user_mode(regs);
	}
}

void do_user_trap(struct pt_regs *regs, int signr, int si_code, unsigned long addr)
{
	/* Not a system call: nothing is to be restarted. */
	regs->orig_ax = -1UL;
	force_sig_fault(signr, si_code, (void __user *)addr);
}
