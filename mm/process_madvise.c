// SPDX-License-Identifier: MIT
/* process_madvise(2): the memory of a process named by a pidfd. */
#include "vm.h"

#include <kern/cred.h>
#include <kern/err.h>
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <kern/ptrace.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <linux/capability.h>
#include <linux/mman.h>
#include <linux/uio.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/uio.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

/* Only what changes how fast memory is, not what is in it. */
static bool advice_is_for_others(int advice)
{
	return advice == MADV_COLD || advice == MADV_PAGEOUT || advice == MADV_WILLNEED ||
	       advice == MADV_COLLAPSE;
}

/* The task behind a pidfd with a reference, or an ERR_PTR. */
static struct task_struct *task_of_pidfd(int pidfd)
{
	struct task_struct *task;
	unsigned int flags;
	struct pid *pid = pidfd_get_pid(pidfd, &flags);

	if (IS_ERR(pid))
		return ERR_CAST(pid);
	task = get_pid_task(pid, PIDTYPE_PID);
	put_pid(pid);
	return task ?: ERR_PTR(-ESRCH);
}

/* The mm to be advised, with a user reference, or an ERR_PTR. */
static struct mm_struct *get_advised_mm(int pidfd, int advice)
{
	struct task_struct *task = task_of_pidfd(pidfd);
	struct mm_struct *mm;

	if (IS_ERR(task))
		return ERR_CAST(task);
	if (!advice_is_for_others(advice))
		mm = ERR_PTR(-EINVAL);
	else
		mm = get_task_mm(task) ?: ERR_PTR(-ESRCH);
	if (!IS_ERR(mm) && mm != current->mm &&
	    !ptrace_may_access(task, PTRACE_MODE_READ_FSCREDS)) {
		mmput(mm);
		mm = ERR_PTR(-EACCES);
	}
	put_task_struct(task);
	/* To slow somebody down is a matter of priority. */
	if (!IS_ERR(mm) && mm != current->mm && !capable(CAP_SYS_NICE)) {
		mmput(mm);
		mm = ERR_PTR(-EPERM);
	}
	return mm;
}

SYSCALL_DEFINE5(process_madvise, int, pidfd, const struct iovec __user *, uvec, size_t, vlen, int,
		advice, unsigned int, flags)
{
	struct iovec fast[UIO_FASTIOV], *vec = fast;
	struct iov_iter iter;
	struct mm_struct *mm;
	ssize_t ret, done = 0;

	if (flags)
		return -EINVAL;
	ret = import_iovec(ITER_DEST, uvec, vlen, UIO_FASTIOV, &vec, &iter);
	if (ret < 0)
		goto out;
	mm = get_advised_mm(pidfd, advice);
	ret = PTR_ERR(mm);
	if (IS_ERR(mm))
		goto out;
	ret = 0;
	for (size_t i = 0; i < vlen && !ret; i++) {
		const struct iovec *v = &(vec ?: fast)[i];

		ret = do_madvise(mm, (unsigned long)v->iov_base, v->iov_len, advice);
		if (!ret)
			done += v->iov_len;
	}
	mmput(mm);
	if (done)
		ret = done;
out:
	kfree(vec);
	return ret;
}
