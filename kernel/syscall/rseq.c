// SPDX-License-Identifier: MIT
/*
 * Restartable sequences. A guest registers a structure in which the kernel keeps the number of
 * the CPU it runs on, and points it at a critical section while it is in one: if the thread is
 * preempted, moved or signalled inside, it goes on at the section's abort address.
 */
#include <kern/errno.h>
#include <kern/rseq.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <kern/thread_info.h>
#include <mm/uaccess.h>
#include <um/percpu.h>
#include <um/ptrace.h>

#include <linux/rseq.h>

#define RSEQ_MIN_SIZE 32

void rseq_preempt(struct task_struct *task)
{
	if (task->rseq)
		set_tsk_thread_flag(task, TIF_NOTIFY_RESUME);
}

static int write_cpu(u32 cpu_start, u32 cpu)
{
	struct rseq __user *rseq = current->rseq;

	return put_user(cpu_start, &rseq->cpu_id_start) || put_user(cpu, &rseq->cpu_id) ? -EFAULT :
											  0;
}

/* Is ip inside the registered section? 1: go on at *abort_ip; 0: no; -EINVAL or -EFAULT. */
static int in_critical_section(unsigned long ip, unsigned long *abort_ip)
{
	struct rseq __user *rseq = current->rseq;
	struct rseq_cs cs;
	u64 ptr = 0;
	u32 sig;

	if (get_user(ptr, &rseq->rseq_cs))
		return -EFAULT;
	if (!ptr)
		return 0;
	if (copy_from_user(&cs, (void __user *)ptr, sizeof(cs)))
		return -EFAULT;
	if (cs.version || cs.start_ip >= TASK_SIZE || cs.abort_ip >= TASK_SIZE ||
	    cs.start_ip + cs.post_commit_offset >= TASK_SIZE ||
	    cs.start_ip + cs.post_commit_offset < cs.start_ip ||
	    cs.abort_ip - cs.start_ip < cs.post_commit_offset)
		return -EINVAL;
	/* The signature before the abort code shows that it is one. */
	if (get_user(sig, (u32 __user *)(cs.abort_ip - sizeof(u32))))
		return -EFAULT;
	if (sig != current->rseq_sig)
		return -EINVAL;
	if (ip - cs.start_ip >= cs.post_commit_offset) {
		/* Left already: forget it. */
		return put_user(0, &rseq->rseq_cs) ? -EFAULT : 0;
	}
	*abort_ip = cs.abort_ip;
	return 1;
}

void rseq_handle_notify_resume(struct ksignal *ksig, struct pt_regs *regs)
{
	struct rseq __user *rseq = current->rseq;
	unsigned long abort_ip;
	u32 cpu;
	int ret;

	if (!rseq || (current->flags & PF_EXITING))
		return;
	ret = in_critical_section(regs->ip, &abort_ip);
	if (ret > 0) {
		ret = put_user(0, &rseq->rseq_cs);
		regs->ip = abort_ip;
	}
	cpu = raw_smp_processor_id();
	if (ret || write_cpu(cpu, cpu))
		force_sigsegv(ksig ? ksig->sig : 0);
}

void rseq_signal_deliver(struct ksignal *ksig, struct pt_regs *regs)
{
	rseq_handle_notify_resume(ksig, regs);
}

SYSCALL_DEFINE4(rseq, struct rseq __user *, rseq, u32, rseq_len, int, flags, u32, sig)
{
	struct task_struct *task = current;

	if (flags & RSEQ_FLAG_UNREGISTER) {
		if (flags & ~RSEQ_FLAG_UNREGISTER)
			return -EINVAL;
		if (task->rseq != rseq || !task->rseq || rseq_len != task->rseq_len)
			return -EINVAL;
		if (task->rseq_sig != sig)
			return -EPERM;
		if (write_cpu(0, RSEQ_CPU_ID_UNINITIALIZED))
			return -EFAULT;
		task->rseq = NULL;
		task->rseq_len = task->rseq_sig = 0;
		return 0;
	}
	if (flags)
		return -EINVAL;
	if (task->rseq) {
		if (task->rseq != rseq || rseq_len != task->rseq_len)
			return -EINVAL;
		return task->rseq_sig != sig ? -EPERM : -EBUSY;
	}
	if ((unsigned long)rseq % RSEQ_MIN_SIZE || rseq_len != RSEQ_MIN_SIZE)
		return -EINVAL;
	if (!access_ok(rseq, rseq_len))
		return -EFAULT;
	task->rseq = rseq;
	task->rseq_len = rseq_len;
	task->rseq_sig = sig;
	/* The CPU number is written on the way out. */
	set_thread_flag(TIF_NOTIFY_RESUME);
	return 0;
}
