// SPDX-License-Identifier: MIT
/* process_vm_readv(2) and process_vm_writev(2); protection keys, which this machine has not. */
#include "vm.h"

#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/ptrace.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <linux/uio.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/uio.h>

/* Within one remote page: bytes or -errno. */
static ssize_t copy_remote_page(struct mm_struct *mm, unsigned long addr, size_t len,
				struct iov_iter *iter, bool write)
{
	struct page *page;
	size_t copied;
	long got;

	mmap_read_lock(mm);
	got = get_user_pages_remote(mm, addr, 1, write ? FOLL_WRITE : 0, &page);
	mmap_read_unlock(mm);
	if (got != 1)
		return -EFAULT;
	if (write)
		copied = copy_page_from_iter(page, offset_in_page(addr), len, iter);
	else
		copied = copy_page_to_iter(page, offset_in_page(addr), len, iter);
	if (write)
		set_page_dirty_lock(page);
	put_page(page);
	return copied;
}

static ssize_t copy_remote(struct mm_struct *mm, struct iov_iter *iter, const struct iovec *remote,
			   unsigned long count, bool write)
{
	ssize_t done = 0, n = 0;

	for (unsigned long i = 0; i < count && iter->count; i++) {
		unsigned long addr = (unsigned long)remote[i].iov_base;
		size_t left = remote[i].iov_len;

		while (left && iter->count) {
			size_t len = min3(left, iter->count, PAGE_SIZE - offset_in_page(addr));

			n = copy_remote_page(mm, addr, len, iter, write);
			if (n > 0)
				done += n;
			if (n < (ssize_t)len)
				return done ? done : n < 0 ? n : -EFAULT;
			addr += len;
			left -= len;
			cond_resched();
		}
	}
	return done;
}

/* The mm of the process if the caller may use it, or ERR_PTR. */
static struct mm_struct *get_remote_mm(pid_t pid)
{
	struct task_struct *task = find_get_task_by_vpid(pid);
	struct mm_struct *mm;

	if (!task)
		return ERR_PTR(-ESRCH);
	mm = get_task_mm(task);
	if (!mm) {
		put_task_struct(task);
		return ERR_PTR(-ESRCH);
	}
	if (mm != current->mm && !ptrace_may_access(task, PTRACE_MODE_ATTACH_REALCREDS)) {
		mmput(mm);
		mm = ERR_PTR(-EPERM);
	}
	put_task_struct(task);
	return mm;
}

static ssize_t process_vm_rw(pid_t pid, const struct iovec __user *lvec, unsigned long liovcnt,
			     const struct iovec __user *rvec, unsigned long riovcnt,
			     unsigned long flags, bool write)
{
	struct iovec fast[UIO_FASTIOV], *local = fast, *remote, *room;
	struct iov_iter iter, unused;
	struct mm_struct *mm;
	ssize_t ret;

	if (flags || liovcnt > UIO_MAXIOV || riovcnt > UIO_MAXIOV)
		return -EINVAL;
	ret = import_iovec(write ? ITER_SOURCE : ITER_DEST, lvec, liovcnt, UIO_FASTIOV, &local, &iter);
	if (ret <= 0)
		goto out_local;
	remote = room = kcalloc(UIO_MAXIOV, sizeof(*remote), GFP_KERNEL);
	ret = -ENOMEM;
	if (!remote)
		goto out_local;
	ret = import_iovec(ITER_DEST, rvec, riovcnt, UIO_MAXIOV, &room, &unused);
	if (ret < 0)
		goto out;
	mm = get_remote_mm(pid);
	ret = PTR_ERR(mm);
	if (IS_ERR(mm))
		goto out;
	ret = copy_remote(mm, &iter, remote, riovcnt, write);
	mmput(mm);
out:
	kfree(remote);
out_local:
	kfree(local);
	return ret;
}

SYSCALL_DEFINE6(process_vm_readv, pid_t, pid, const struct iovec __user *, lvec,
		unsigned long, liovcnt, const struct iovec __user *, rvec, unsigned long, riovcnt,
		unsigned long, flags)
{
	return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, false);
}

SYSCALL_DEFINE6(process_vm_writev, pid_t, pid, const struct iovec __user *, lvec,
		unsigned long, liovcnt, const struct iovec __user *, rvec, unsigned long, riovcnt,
		unsigned long, flags)
{
	return process_vm_rw(pid, lvec, liovcnt, rvec, riovcnt, flags, true);
}

/* ---- protection keys ---- */

SYSCALL_DEFINE2(pkey_alloc, unsigned long, flags, unsigned long, rights)
{
	return flags || (rights & ~3UL) ? -EINVAL : -ENOSPC;
}

SYSCALL_DEFINE1(pkey_free, int, pkey)
{
	return -EINVAL;
}
