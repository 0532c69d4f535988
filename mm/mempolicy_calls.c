// SPDX-License-Identifier: MIT
/*
 * System calls that set and tell memory policies: set_mempolicy(2), mbind(2), get_mempolicy(2),
 * set_mempolicy_home_node(2). Moving pages is migrate_calls.c's.
 */
#include "vm.h"

#include <fs/file.h>
#include <kern/cred.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <linux/capability.h>
#include <linux/mempolicy.h>
#include <mm/pagemap.h>
#include <mm/uaccess.h>

#include "mempolicy_internal.h"
#include "migrate.h"

/* How many nodes a set may name, as Linux is built by most. */
#define MAX_NODE_BITS 1024

/* ---- sets of nodes ---- */

int get_nodes(const unsigned long __user *nmask, unsigned long maxnode, nodemask_t *nodes, bool *any)
{
	*nodes = NODE_MASK_NONE;
	*any = false;
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
			nodes->bits[0] = word;
	}
	return 0;
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

/* The policy that a program asks for: NULL for the default one, or ERR_PTR. */
static struct mempolicy *read_policy(int mode_in, const unsigned long __user *nmask,
				     unsigned long maxnode)
{
	unsigned int flags = mode_in & MPOL_MODE_FLAGS, mode = mode_in & ~MPOL_MODE_FLAGS;
	nodemask_t nodes;
	bool any;
	int err;

	if (mode >= MPOL_MAX)
		return ERR_PTR(-EINVAL);
	if ((flags & MPOL_F_STATIC_NODES) && (flags & MPOL_F_RELATIVE_NODES))
		return ERR_PTR(-EINVAL);
	if ((flags & MPOL_F_NUMA_BALANCING) && mode != MPOL_BIND)
		return ERR_PTR(-EINVAL);
	err = get_nodes(nmask, maxnode, &nodes, &any);
	return err ? ERR_PTR(err) : mpol_new(mode, flags, nodes, any);
}

/* ---- setting ---- */

SYSCALL_DEFINE3(set_mempolicy, int, mode, const unsigned long __user *, nmask,
		unsigned long, maxnode)
{
	struct mempolicy *pol = read_policy(mode, nmask, maxnode);

	if (IS_ERR(pol))
		return PTR_ERR(pol);
	mpol_set_task(current, pol);
	return 0;
}

/* An area, all of it, and its file's pages if that keeps policies. 0 or -ENOMEM. */
static int set_vma_policy(struct vm_area_struct *vma, struct mempolicy *pol)
{
	struct address_space *mapping = vma->vm_file ? vma->vm_file->f_mapping : NULL;
	struct mempolicy *old = vma->vm_policy;
	int err = 0;

	if (mapping && test_bit(AS_SHMEM, &mapping->flags))
		err = mpol_set_shared(mapping, vma->vm_pgoff, vma->vm_pgoff + vma_pages(vma) - 1, pol);
	if (err)
		return err;
	vma->vm_policy = mpol_get(pol);
	mpol_put(old);
	return 0;
}

/* => mmap_lock held for writing, all of the range is mapped; 0 or -ENOMEM */
static int set_range_policy(struct mm_struct *mm, unsigned long start, unsigned long end,
			    struct mempolicy *pol)
{
	while (start < end) {
		struct vm_area_struct *vma = vma_lookup(mm, start);
		unsigned long stop = min(end, vma->vm_end);
		int err = vma_isolate(mm, vma, start, stop);

		if (!err)
			err = set_vma_policy(vma, pol);
		vma_try_merge(mm, vma);
		if (err)
			return err;
		start = stop;
	}
	return 0;
}

SYSCALL_DEFINE6(mbind, unsigned long, start, unsigned long, len, unsigned long, mode,
		const unsigned long __user *, nmask, unsigned long, maxnode, unsigned int, flags)
{
	struct mm_struct *mm = current->mm;
	struct mempolicy *pol = read_policy(mode, nmask, maxnode);
	unsigned long end = start + PAGE_ALIGN(len);
	int err = 0;

	if (IS_ERR(pol))
		return PTR_ERR(pol);
	if ((flags & ~(unsigned int)MPOL_MF_VALID) || offset_in_page(start) || end < start)
		err = -EINVAL;
	else if ((flags & MPOL_MF_MOVE_ALL) && !capable(CAP_SYS_NICE))
		err = -EPERM;
	if (!pol)
		flags &= ~MPOL_MF_STRICT;
	if (err || end == start)
		goto out;
	err = mmap_write_lock_killable(mm);
	if (err)
		goto out;
	err = range_is_mapped(mm, start, end) ? 0 : -EFAULT;
	if (!err && flags & MPOL_MF_STRICT && !(flags & (MPOL_MF_MOVE | MPOL_MF_MOVE_ALL)))
		err = range_follows_policy(mm, start, end, pol) ? 0 : -EIO;
	if (!err)
		err = set_range_policy(mm, start, end, pol);
	if (!err && flags & (MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		err = move_range_by_policy(mm, start, end, pol, flags);
	mmap_write_unlock(mm);
out:
	mpol_put(pol);
	return err;
}

SYSCALL_DEFINE4(set_mempolicy_home_node, unsigned long, start, unsigned long, len,
		unsigned long, home_node, unsigned long, flags)
{
	struct mm_struct *mm = current->mm;
	unsigned long end = start + PAGE_ALIGN(len);
	int err = -ENOENT;

	if (offset_in_page(start) || flags || home_node >= nr_node_ids || end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	while (start < end) {
		struct vm_area_struct *vma = find_vma_intersection(mm, start, end);
		unsigned long from, stop;
		struct mempolicy *pol;

		if (!vma)
			break;
		from = max(start, vma->vm_start);
		stop = min(end, vma->vm_end);
		start = stop;
		if (!vma->vm_policy)
			continue;
		err = -EOPNOTSUPP;
		if (vma->vm_policy->mode != MPOL_BIND && vma->vm_policy->mode != MPOL_PREFERRED_MANY)
			break;
		pol = mpol_dup(vma->vm_policy);
		if (IS_ERR(pol)) {
			err = PTR_ERR(pol);
			break;
		}
		pol->home_node = home_node;
		err = set_range_policy(mm, from, stop, pol);
		mpol_put(pol);
		if (err)
			break;
	}
	mmap_write_unlock(mm);
	return err;
}

/* ---- telling ---- */

/* The policy of an address, and unless `nid` is NULL the node of its page, which is brought in. */
static int policy_of_address(unsigned long addr, int *nid, struct mempolicy **pol)
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
		*pol = mpol_of_address(vma, addr);
	if (!err && nid && get_user_pages(addr & PAGE_MASK, 1, 0, &page) != 1)
		err = -EFAULT;
	mmap_read_unlock(mm);
	if (page) {
		*nid = page_to_nid(page);
		put_page(page);
	}
	return err;
}

/* What get_mempolicy() tells of a policy that it has found. */
static int tell_policy(const struct mempolicy *pol, unsigned long flags, int nid, int *value,
		       nodemask_t *nodes)
{
	*nodes = pol ? mpol_shown_nodes(pol) : NODE_MASK_NONE;
	*value = pol ? pol->mode | pol->flags : MPOL_DEFAULT;
	if (!(flags & MPOL_F_NODE))
		return 0;
	if (flags & MPOL_F_ADDR)
		*value = nid;
	else if (pol && pol->mode == MPOL_INTERLEAVE)
		*value = next_node_in(current->il_prev, mpol_nodes(pol));
	else
		return -EINVAL;
	return 0;
}

SYSCALL_DEFINE5(get_mempolicy, int __user *, policy_out, unsigned long __user *, nmask,
		unsigned long, maxnode, unsigned long, addr, unsigned long, flags)
{
	struct mempolicy *pol = NULL;
	int value = 0, err = 0, nid = 0;
	nodemask_t nodes;

	if (nmask && maxnode < nr_node_ids)
		return -EINVAL;
	if (flags & ~(unsigned long)(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED))
		return -EINVAL;
	if (flags & MPOL_F_MEMS_ALLOWED) {
		if (flags & (MPOL_F_NODE | MPOL_F_ADDR))
			return -EINVAL;
		nodes = mems_allowed_now();
	} else {
		if (flags & MPOL_F_ADDR)
			err = policy_of_address(addr, flags & MPOL_F_NODE ? &nid : NULL, &pol);
		else if (addr)
			err = -EINVAL;
		else
			pol = mpol_get(current->mempolicy);
		if (!err)
			err = tell_policy(pol, flags, nid, &value, &nodes);
		mpol_put(pol);
		if (err)
			return err;
	}
	if (policy_out && put_user(value, policy_out))
		return -EFAULT;
	return nmask ? put_nodes(nmask, maxnode, nodes.bits[0]) : 0;
}
