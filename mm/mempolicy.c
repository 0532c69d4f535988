// SPDX-License-Identifier: MIT
/*
 * Memory policies of a machine with one node: they are checked, kept and shown as on any other,
 * and then every page comes from node 0.
 *
 * On several nodes (numa=fake=) pages come from the calling CPU's, and nothing moves them. There the
 * calls tell where pages are, and refuse what they could not keep: ENOSYS for policies but the default
 * one and MPOL_LOCAL, EBUSY for pages that should move.
 *
 * A policy is one word: the mode with its flags, shifted by one, and whether node 0 is in the
 * set. 0 is the default policy. A task's is its own; an area's is guarded by mmap_lock.
 */
#include "vm.h"

#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/ptrace.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <linux/capability.h>
#include <linux/mempolicy.h>
#include <mm/uaccess.h>

#define MAX_NODE_BITS 1024
#define MODE_FLAGS (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES | MPOL_F_NUMA_BALANCING)

/* Reads a set of nodes: 0 and whether node 0 is in it, and whether any is; or -errno. */
static int get_nodes(const unsigned long __user *nmask, unsigned long maxnode, bool *zero,
		     bool *any)
{
	*zero = *any = false;
	maxnode--;
	if (!maxnode || !nmask)
		return 0;
	if (maxnode > PAGE_SIZE * 8)
		return -EINVAL;
	for (unsigned long bit = 0; bit < maxnode; bit += 64, nmask++) {
		unsigned long word;

		if (get_user(word, nmask))
			return -EFAULT;
		if (maxnode - bit < 64)
			word &= (1UL << (maxnode - bit)) - 1;
		if (word && bit >= MAX_NODE_BITS)
			return -EINVAL;
		*any |= word != 0;
		if (!bit)
			*zero = word & 1;
	}
	return 0;
}

/* The word for what a program asked for, or -errno. */
static long make_policy(int mode_in, const unsigned long __user *nmask, unsigned long maxnode)
{
	unsigned int flags = mode_in & MODE_FLAGS, mode = mode_in & ~MODE_FLAGS;
	bool zero, any;
	int err;

	if (mode >= MPOL_MAX)
		return -EINVAL;
	if ((flags & MPOL_F_STATIC_NODES) && (flags & MPOL_F_RELATIVE_NODES))
		return -EINVAL;
	if ((flags & MPOL_F_NUMA_BALANCING) && mode != MPOL_BIND)
		return -EINVAL;
	err = get_nodes(nmask, maxnode, &zero, &any);
	if (err)
		return err;
	if (mode == MPOL_DEFAULT)
		return any ? -EINVAL : 0;
	if (mode == MPOL_PREFERRED && !any) {
		if (flags)
			return -EINVAL;
		mode = MPOL_LOCAL;
	} else if (mode == MPOL_LOCAL) {
		if (any || flags)
			return -EINVAL;
	} else if (nr_node_ids > 1) {
		return any ? -ENOSYS : -EINVAL;
	} else if (!zero) {
		return -EINVAL;
	}
	return (mode | flags) << 1 | zero;
}

SYSCALL_DEFINE3(set_mempolicy, int, mode, const unsigned long __user *, nmask,
		unsigned long, maxnode)
{
	long policy = make_policy(mode, nmask, maxnode);

	if (policy < 0)
		return policy;
	current->mempolicy = policy;
	return 0;
}

/* => mmap_lock held for writing; 0, or -EFAULT when the range has a hole */
static int set_range_policy(struct mm_struct *mm, unsigned long start, unsigned long end,
			    unsigned int policy)
{
	while (start < end) {
		struct vm_area_struct *vma = vma_lookup(mm, start);
		unsigned long stop;
		int err;

		if (!vma)
			return -EFAULT;
		stop = min(end, vma->vm_end);
		if (vma->mempolicy != policy) {
			err = vma_isolate(mm, vma, start, stop);
			if (err)
				return err;
			vma->mempolicy = policy;
			vma_try_merge(mm, vma);
		}
		start = stop;
	}
	return 0;
}

SYSCALL_DEFINE6(mbind, unsigned long, start, unsigned long, len, unsigned long, mode,
		const unsigned long __user *, nmask, unsigned long, maxnode, unsigned int, flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long end;
	long policy;
	int err;

	if (flags & ~(unsigned int)MPOL_MF_VALID)
		return -EINVAL;
	if ((flags & MPOL_MF_MOVE_ALL) && !capable(CAP_SYS_NICE))
		return -EPERM;
	if (offset_in_page(start) || mode > INT_MAX)
		return -EINVAL;
	policy = make_policy(mode, nmask, maxnode);
	if (policy < 0)
		return policy;
	end = start + PAGE_ALIGN(len);
	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = range_is_mapped(mm, start, end) ? set_range_policy(mm, start, end, policy) : -EFAULT;
	mmap_write_unlock(mm);
	return err;
}

/* A set of nodes in the form that programs want. */
static int put_nodes(unsigned long __user *nmask, unsigned long maxnode, unsigned long word)
{
	unsigned long copy = ((maxnode - 1 + 63) & ~63UL) / 8;

	if (!copy)
		return 0;
	if (copy > sizeof(word)) {
		if (copy > PAGE_SIZE)
			return -EINVAL;
		if (clear_user((char __user *)nmask + sizeof(word), copy - sizeof(word)))
			return -EFAULT;
	}
	return put_user(word, nmask) ? -EFAULT : 0;
}

/* The policy of an address, and unless `nid` is NULL the node of its page, which is brought in. */
static int policy_of_address(unsigned long addr, int *nid, unsigned int *policy)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	struct page *page = NULL;
	int err = 0;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (!vma)
		err = -EFAULT;
	else
		*policy = vma->mempolicy ? vma->mempolicy : 0;
	if (!err && nid && get_user_pages(addr & PAGE_MASK, 1, 0, &page) != 1)
		err = -EFAULT;
	mmap_read_unlock(mm);
	if (page) {
		*nid = page_to_nid(page);
		put_page(page);
	}
	return err;
}

SYSCALL_DEFINE5(get_mempolicy, int __user *, policy_out, unsigned long __user *, nmask,
		unsigned long, maxnode, unsigned long, addr, unsigned long, flags)
{
	unsigned int policy = current->mempolicy;
	unsigned long nodes;
	int value, err, nid = 0;

	if (flags & ~(unsigned long)(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED))
		return -EINVAL;
	if (nmask && maxnode < nr_node_ids)
		return -EINVAL;
	if (flags & MPOL_F_MEMS_ALLOWED) {
		if (flags & (MPOL_F_NODE | MPOL_F_ADDR))
			return -EINVAL;
		value = 0;
		nodes = node_online_map.bits[0];
		goto out;
	}
	if (flags & MPOL_F_ADDR) {
		err = policy_of_address(addr, flags & MPOL_F_NODE ? &nid : NULL, &policy);
		if (err)
			return err;
	} else if (addr) {
		return -EINVAL;
	}
	nodes = policy & 1;
	value = policy >> 1;
	if (flags & MPOL_F_NODE) {
		if (!(flags & MPOL_F_ADDR) && (value & ~MODE_FLAGS) != MPOL_INTERLEAVE)
			return -EINVAL;
		value = nid;
	}
out:
	if (policy_out && put_user(value, policy_out))
		return -EFAULT;
	return nmask ? put_nodes(nmask, maxnode, nodes) : 0;
}

SYSCALL_DEFINE4(set_mempolicy_home_node, unsigned long, start, unsigned long, len,
		unsigned long, home_node, unsigned long, flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + PAGE_ALIGN(len);
	int err = 0;

	if (offset_in_page(start) || flags || home_node)
		return -EINVAL;
	if (end < start)
		return -EINVAL;
	mmap_read_lock(mm);
	while (start < end && !err) {
		struct vm_area_struct *vma = find_vma_intersection(mm, start, end);
		unsigned int mode;

		if (!vma)
			break;
		mode = vma->mempolicy >> 1 & ~MODE_FLAGS;
		if (!vma->mempolicy)
			err = -ENOENT;
		else if (mode != MPOL_BIND && mode != MPOL_PREFERRED_MANY)
			err = -EOPNOTSUPP;
		start = vma->vm_end;
	}
	mmap_read_unlock(mm);
	return err;
}

/* ---- moving: everything stays where it is ---- */

/* The mm of a process (0: the caller's) that the caller may move pages of, or ERR_PTR. */
static struct mm_struct *get_movable_mm(pid_t pid)
{
	struct task_struct *task;
	struct mm_struct *mm;

	if (!pid) {
		mm = get_task_mm(current);
		return mm ? mm : ERR_PTR(-EINVAL);
	}
	task = find_get_task_by_vpid(pid);
	if (!task)
		return ERR_PTR(-ESRCH);
	mm = get_task_mm(task);
	if (mm && mm != current->mm && !ptrace_may_access(task, PTRACE_MODE_READ_REALCREDS)) {
		mmput(mm);
		mm = ERR_PTR(-EPERM);
	}
	put_task_struct(task);
	return mm ? mm : ERR_PTR(-EINVAL);
}

SYSCALL_DEFINE4(migrate_pages, pid_t, pid, unsigned long, maxnode,
		const unsigned long __user *, old_nodes, const unsigned long __user *, new_nodes)
{
	bool zero, any;
	struct mm_struct *mm;
	int err = get_nodes(old_nodes, maxnode, &zero, &any);

	if (!err)
		err = get_nodes(new_nodes, maxnode, &zero, &any);
	if (err)
		return err;
	mm = get_movable_mm(pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	mmput(mm);
	if (nr_node_ids > 1)
		return -ENOSYS;
	return zero ? 0 : -EINVAL;
}

/* Its node, or why there is none. => mmap_lock held */
static int node_of_page(struct mm_struct *mm, unsigned long addr)
{
	int node = -ENOENT;
	pte_t *ptep;

	if (!vma_lookup(mm, addr))
		return -EFAULT;
	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	if (ptep && pte_present(*ptep))
		node = pte_special(*ptep) ? -EFAULT : page_to_nid(pte_page(*ptep));
	spin_unlock(&mm->page_table_lock);
	return node;
}

SYSCALL_DEFINE6(move_pages, pid_t, pid, unsigned long, nr, const void __user *__user *, pages,
		const int __user *, nodes, int __user *, status, int, flags)
{
	struct mm_struct *mm;
	long err = 0, stayed = 0;

	if (flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if ((flags & MPOL_MF_MOVE_ALL) && !capable(CAP_SYS_NICE))
		return -EPERM;
	mm = get_movable_mm(pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	for (unsigned long i = 0; i < nr && !err; i++) {
		const void __user *page;
		int node = 0, state;

		if (get_user(page, pages + i) || (nodes && get_user(node, nodes + i))) {
			err = -EFAULT;
			break;
		}
		if (!node_online(node)) {
			err = -ENODEV;
			break;
		}
		mmap_read_lock(mm);
		state = node_of_page(mm, (unsigned long)page & PAGE_MASK);
		mmap_read_unlock(mm);
		if (nodes && state >= 0 && state != node) {
			state = -EBUSY;
			stayed++;
		}
		if (put_user(state, status + i))
			err = -EFAULT;
		cond_resched();
	}
	mmput(mm);
	return err ? err : stayed;
}
