// SPDX-License-Identifier: MIT
/* Small calls: sysinfo(), getcpu(), personality(), arch_prctl(), kcmp(), unshare(). */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/poll.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/preempt.h>
#include <kern/ptrace.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_namespace.h>
#include <kern/timekeeping.h>
#include <lib/string.h>
#include <mm/node.h>
#include <mm/mmap.h>
#include <mm/uaccess.h>
#include <mm/vmstat.h>
#include <um/fpu.h>
#include <um/thread.h>

#include <asm/prctl.h>
#include <linux/kcmp.h>
#include <linux/sched.h>
#include <linux/sysinfo.h>

#define XFEATURE_XTILE_DATA 18

SYSCALL_DEFINE1(sysinfo, struct sysinfo __user *, uinfo)
{
	struct sysinfo info = {};

	si_meminfo(&info);
	info.uptime = ktime_get_boottime_seconds() + timens_offset(CLOCK_BOOTTIME) / NSEC_PER_SEC;
	get_avenrun(info.loads, 0, SI_LOAD_SHIFT - FSHIFT);
	info.procs = READ_ONCE(nr_threads);
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : 0;
}

SYSCALL_DEFINE3(getcpu, unsigned int __user *, cpup, unsigned int __user *, nodep, void __user *,
		unused)
{
	unsigned int cpu = raw_smp_processor_id();

	if ((cpup && put_user(cpu, cpup)) || (nodep && put_user(cpu_to_node(cpu), nodep)))
		return -EFAULT;
	return 0;
}

SYSCALL_DEFINE1(personality, unsigned int, personality)
{
	unsigned int old = current->personality;

	if (personality != 0xffffffff)
		current->personality = personality;
	return old;
}

/*
 * Components of the FPU state that a program has to ask for: AMX's tiles are the only ones that
 * Linux knows, and we have no room for them.
 */
static long request_xcomp(unsigned long component)
{
	return component > XFEATURE_XTILE_DATA ? -EINVAL : -EOPNOTSUPP;
}

SYSCALL_DEFINE2(arch_prctl, int, option, unsigned long, arg2)
{
	struct task_struct *task = current;

	switch (option) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		return option == ARCH_SET_FS ? um_set_fsbase(task, arg2) :
					       um_set_gsbase(task, arg2);
	case ARCH_GET_FS:
		return put_user(um_get_fsbase(&task->thread), (unsigned long __user *)arg2) ?
			       -EFAULT :
			       0;
	case ARCH_GET_GS:
		return put_user(um_get_gsbase(&task->thread), (unsigned long __user *)arg2) ?
			       -EFAULT :
			       0;
	case ARCH_GET_XCOMP_SUPP:
	case ARCH_GET_XCOMP_PERM:
		return put_user(fpu_xfeatures(), (u64 __user *)arg2) ? -EFAULT : 0;
	case ARCH_REQ_XCOMP_PERM:
		return request_xcomp(arg2);
	case ARCH_GET_CPUID:
		return 1;
	case ARCH_SET_CPUID:
		return -ENODEV;
	default:
		return -EINVAL;
	}
}

static long compare(const void *a, const void *b)
{
	return a < b ? 1 : a > b ? 2 : 0;
}

static long compare_files(struct task_struct *a, struct task_struct *b, unsigned long fd1,
			  unsigned long fd2)
{
	struct file *left = fget_task(a, fd1), *right = fget_task(b, fd2);
	long ret = left && right ? compare(left, right) : -EBADF;

	if (left)
		fput(left);
	if (right)
		fput(right);
	return ret;
}

/* A descriptor against what an epoll set of the other task watches. */
static long compare_watched(struct task_struct *a, struct task_struct *b, unsigned long fd,
			    const void __user *uslot)
{
	struct kcmp_epoll_slot slot;
	struct file *file, *set;
	const struct file *watched;
	long ret = -EBADF;

	if (copy_from_user(&slot, uslot, sizeof(slot)))
		return -EFAULT;
	file = fget_task(a, fd);
	set = file ? fget_task(b, slot.efd) : NULL;
	if (set) {
		watched = epoll_watched_file(set, slot.tfd, slot.toff);
		ret = IS_ERR(watched) ? PTR_ERR(watched) : compare(file, watched);
		fput(set);
	}
	if (file)
		fput(file);
	return ret;
}

static long compare_tasks(struct task_struct *a, struct task_struct *b, int type,
			  unsigned long idx1, unsigned long idx2)
{
	if (!ptrace_may_access(a, PTRACE_MODE_READ_REALCREDS) ||
	    !ptrace_may_access(b, PTRACE_MODE_READ_REALCREDS))
		return -EPERM;
	switch (type) {
	case KCMP_FILE:
		return compare_files(a, b, idx1, idx2);
	case KCMP_VM:
		return compare(a->mm, b->mm);
	case KCMP_FILES:
		return compare(a->files, b->files);
	case KCMP_FS:
		return compare(a->fs, b->fs);
	case KCMP_SIGHAND:
		return compare(a->sighand, b->sighand);
	case KCMP_IO:
		/* No task has an I/O context, so all have the same. */
		return 0;
	case KCMP_SYSVSEM:
		return compare(a->sysvsem, b->sysvsem);
	case KCMP_EPOLL_TFD:
		return compare_watched(a, b, idx1, (const void __user *)idx2);
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE5(kcmp, pid_t, pid1, pid_t, pid2, int, type, unsigned long, idx1, unsigned long, idx2)
{
	struct task_struct *a = find_get_task_by_vpid(pid1), *b = find_get_task_by_vpid(pid2);
	long ret = a && b ? compare_tasks(a, b, type, idx1, idx2) : -ESRCH;

	if (a)
		put_task_struct(a);
	if (b)
		put_task_struct(b);
	return ret;
}

char task_state_to_char(struct task_struct *task)
{
	unsigned int state = READ_ONCE(task->state);

	if (task->exit_state & EXIT_DEAD)
		return 'X';
	if (task->exit_state & EXIT_ZOMBIE)
		return 'Z';
	if (state == TASK_RUNNING || state == TASK_NEW)
		return 'R';
	if (state & TASK_INTERRUPTIBLE)
		return 'S';
	if ((state & TASK_IDLE) == TASK_IDLE)
		return 'I';
	if (state & TASK_UNINTERRUPTIBLE)
		return 'D';
	if (state & __TASK_STOPPED)
		return 'T';
	if (state & __TASK_TRACED)
		return 't';
	if (state & TASK_PARKED)
		return 'P';
	return 'X';
}
