// SPDX-License-Identifier: MIT
/* ptrace(2): who may ask, and what is asked. */
#include <kern/errno.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/sched.h>
#include <kern/seccomp.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <mm/mmap.h>
#include <mm/uaccess.h>

#include <linux/uio.h>

#include "internal.h"

/*
 * Holds the tracee in its stop: from here on only we, or the end of our request, wake it.
 * => tasklist_lock held for reading
 */
static bool freeze_traced(struct task_struct *child)
{
	bool frozen = false;

	if (child->jobctl & JOBCTL_LISTENING)
		return false;
	spin_lock_irq(&child->sighand->siglock);
	if (task_is_traced(child) && !__fatal_signal_pending(child)) {
		child->jobctl |= JOBCTL_FROZEN;
		frozen = true;
	}
	spin_unlock_irq(&child->sighand->siglock);
	return frozen;
}

static void unfreeze_traced(struct task_struct *child)
{
	unsigned long flags;

	/* A request that let it go has cleared the bit, or the tracee has when it woke. */
	if (!(READ_ONCE(child->jobctl) & JOBCTL_FROZEN) || !lock_task_sighand(child, &flags))
		return;
	if (child->jobctl & JOBCTL_FROZEN) {
		child->jobctl &= ~JOBCTL_FROZEN;
		/* A SIGKILL that came meanwhile waits for us. */
		if (__fatal_signal_pending(child))
			wake_up_state(child, __TASK_TRACED);
	}
	unlock_task_sighand(child, &flags);
}

/* Is it ours, and stopped (unless that does not matter)? Then it is frozen. 0 or -ESRCH. */
static int check_attach(struct task_struct *child, bool running_too)
{
	int error = -ESRCH;

	read_lock(&tasklist_lock);
	if (child->ptrace && child->parent == current && child->sighand &&
	    (running_too || freeze_traced(child)))
		error = 0;
	read_unlock(&tasklist_lock);
	/* It may still be on its way to sleep, on another processor, with registers in use. */
	if (!error && !running_too)
		wait_task_inactive(child, __TASK_TRACED);
	return error;
}

/* The tracee's memory, past its protections. Bytes done. */
static int access_child(struct task_struct *child, unsigned long addr, void *buf, int len,
			unsigned int flags)
{
	struct mm_struct *mm = get_task_mm(child);
	int done = 0;

	if (!mm)
		return 0;
	if (get_dumpable(mm) == SUID_DUMP_USER || ptracer_capable(child, mm->user_ns))
		done = access_remote_vm(mm, addr, buf, len, flags | FOLL_FORCE);
	mmput(mm);
	return done;
}

static long peek_data(struct task_struct *child, unsigned long addr, unsigned long __user *data)
{
	unsigned long word;

	if (access_child(child, addr, &word, sizeof(word), 0) != sizeof(word))
		return -EIO;
	return put_user(word, data) ? -EFAULT : 0;
}

static long poke_data(struct task_struct *child, unsigned long addr, unsigned long word)
{
	return access_child(child, addr, &word, sizeof(word), FOLL_WRITE) == sizeof(word) ? 0 :
											    -EIO;
}

static void set_flag_if(struct task_struct *child, int flag, bool on)
{
	if (on)
		set_tsk_thread_flag(child, flag);
	else
		clear_tsk_thread_flag(child, flag);
}

static long resume(struct task_struct *child, long request, unsigned long sig)
{
	bool step = request == PTRACE_SINGLESTEP || request == PTRACE_SYSEMU_SINGLESTEP;

	if (!valid_signal(sig))
		return -EIO;
	set_flag_if(child, TIF_SYSCALL_TRACE, request == PTRACE_SYSCALL);
	set_flag_if(child, TIF_SYSCALL_EMU,
		    request == PTRACE_SYSEMU || request == PTRACE_SYSEMU_SINGLESTEP);
	if (step)
		user_enable_single_step(child);
	else
		user_disable_single_step(child);
	spin_lock_irq(&child->sighand->siglock);
	child->exit_code = sig;
	/* It goes on, and what comes later is no business of this request. */
	child->jobctl &= ~JOBCTL_FROZEN;
	wake_up_state(child, __TASK_TRACED);
	spin_unlock_irq(&child->sighand->siglock);
	return 0;
}

/* Stops a seized task without a signal; or, when it listens, makes it stop anew. */
static long interrupt(struct task_struct *child)
{
	unsigned long flags;

	if (!(child->ptrace & PT_SEIZED) || !lock_task_sighand(child, &flags))
		return -EIO;
	if (task_set_jobctl_pending(child, JOBCTL_TRAP_STOP))
		ptrace_signal_wake_up(child, child->jobctl & JOBCTL_LISTENING);
	unlock_task_sighand(child, &flags);
	return 0;
}

/* Leaves a seized task in its group stop, to hear when that ends. */
static long listen(struct task_struct *child)
{
	unsigned long flags;
	long error = -EIO;

	if (!(child->ptrace & PT_SEIZED) || !lock_task_sighand(child, &flags))
		return -EIO;
	if (child->last_siginfo && child->last_siginfo->si_code >> 8 == PTRACE_EVENT_STOP) {
		child->jobctl |= JOBCTL_LISTENING;
		if (child->jobctl & JOBCTL_TRAP_NOTIFY)
			ptrace_signal_wake_up(child, true);
		error = 0;
	}
	unlock_task_sighand(child, &flags);
	return error;
}

static long set_options(struct task_struct *child, unsigned long options)
{
	int error = check_ptrace_options(options);

	if (!error)
		ptrace_set_options(child, options);
	return error;
}

static long regset_request(struct task_struct *child, bool set, unsigned int type,
			   struct iovec __user *uiov)
{
	struct iovec iov;
	long error;

	if (copy_from_user(&iov, uiov, sizeof(iov)))
		return -EFAULT;
	error = ptrace_regset(child, set, type, &iov);
	if (!error && put_user(iov.iov_len, &uiov->iov_len))
		error = -EFAULT;
	return error;
}

/* What moves the tracee on, or its tracer away. */
static long control_request(struct task_struct *child, long request, unsigned long data)
{
	switch (request) {
	case PTRACE_CONT:
	case PTRACE_SYSCALL:
	case PTRACE_SYSEMU:
	case PTRACE_SYSEMU_SINGLESTEP:
	case PTRACE_SINGLESTEP:
		return resume(child, request, data);
	case PTRACE_SINGLEBLOCK:
		/* The processor's branch trap is the host's. */
		return -EIO;
	case PTRACE_KILL:
		send_sig_info(SIGKILL, SEND_SIG_NOINFO, child);
		return 0;
	case PTRACE_INTERRUPT:
		return interrupt(child);
	case PTRACE_LISTEN:
		return listen(child);
	case PTRACE_DETACH:
		return ptrace_detach(child, data);
	case PTRACE_OLDSETOPTIONS:
	case PTRACE_SETOPTIONS:
		return set_options(child, data);
	}
	return -EIO;
}

/* What looks at the tracee, or changes what it is made of. */
static long ptrace_request(struct task_struct *child, long request, unsigned long addr,
			   unsigned long data)
{
	void __user *udata = (void __user *)data;

	switch (request) {
	case PTRACE_PEEKTEXT:
	case PTRACE_PEEKDATA:
		return peek_data(child, addr, udata);
	case PTRACE_POKETEXT:
	case PTRACE_POKEDATA:
		return poke_data(child, addr, data);
	case PTRACE_PEEKUSR:
		return ptrace_peek_user(child, addr, udata);
	case PTRACE_POKEUSR:
		return ptrace_poke_user(child, addr, data);
	case PTRACE_GETREGS:
		return ptrace_get_regs(child, udata);
	case PTRACE_SETREGS:
		return ptrace_set_regs(child, udata);
	case PTRACE_GETFPREGS:
		return ptrace_get_fpregs(child, udata);
	case PTRACE_SETFPREGS:
		return ptrace_set_fpregs(child, udata);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return regset_request(child, request == PTRACE_SETREGSET, addr, udata);
	case PTRACE_ARCH_PRCTL:
		return ptrace_arch_prctl(child, data, addr);
	case PTRACE_GETEVENTMSG:
		return put_user(child->ptrace_message, (unsigned long __user *)udata) ? -EFAULT : 0;
	case PTRACE_GETSIGINFO:
		return ptrace_getsiginfo(child, udata);
	case PTRACE_SETSIGINFO:
		return ptrace_setsiginfo(child, udata);
	case PTRACE_PEEKSIGINFO:
		return ptrace_peek_siginfo(child, (void __user *)addr, udata);
	case PTRACE_GETSIGMASK:
		return ptrace_get_sigmask(child, addr, udata);
	case PTRACE_SETSIGMASK:
		return ptrace_set_sigmask(child, addr, udata);
	case PTRACE_GET_SYSCALL_INFO:
		return ptrace_get_syscall_info(child, addr, udata);
	case PTRACE_GET_RSEQ_CONFIGURATION:
		return ptrace_get_rseq(child, addr, udata);
	case PTRACE_SECCOMP_GET_FILTER:
		return seccomp_get_filter(child, addr, udata);
	case PTRACE_SECCOMP_GET_METADATA:
		return seccomp_get_metadata(child, addr, udata);
	}
	return control_request(child, request, data);
}

SYSCALL_DEFINE4(ptrace, long, request, long, pid, unsigned long, addr, unsigned long, data)
{
	struct task_struct *child;
	long ret;

	if (request == PTRACE_TRACEME)
		return ptrace_traceme();
	child = find_get_task_by_vpid(pid);
	if (!child)
		return -ESRCH;
	if (request == PTRACE_ATTACH || request == PTRACE_SEIZE) {
		ret = ptrace_attach(child, request == PTRACE_SEIZE, addr, data);
		goto out;
	}
	ret = check_attach(child, request == PTRACE_KILL || request == PTRACE_INTERRUPT);
	if (ret)
		goto out;
	ret = ptrace_request(child, request, addr, data);
	if (ret || request != PTRACE_DETACH)
		unfreeze_traced(child);
out:
	put_task_struct(child);
	return ret;
}
