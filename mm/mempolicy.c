// SPDX-License-Identifier: MIT
/*
 * Memory policies: which nodes pages come from.
 *
 *	MPOL_LOCAL		the calling CPU's node, else by distance; so does the default policy (NULL)
 *	MPOL_PREFERRED		one node, else by its distances
 *	MPOL_PREFERRED_MANY	a set, the nearest first; when all of it is short, any
 *	MPOL_BIND		a set, the nearest first, and no other
 *	MPOL_INTERLEAVE		each page the next of a set: by its place in the area or file, or in turn
 *
 * A task has a policy, which fork() copies and exec() keeps. An area has one by mbind(), which goes
 * before the task's; pages of tmpfs have theirs with the file, by offset (mempolicy_shared.c), which
 * goes before both. Fresh anonymous pages, copies on write and pages from swap follow the area's, the
 * page cache and the kernel's own memory the task's.
 *
 * A policy names nodes among those that the task's cpuset allows. When that set changes the policy
 * follows (mpol_rebind()): with MPOL_F_STATIC_NODES it is what was asked for as far as it is allowed,
 * with MPOL_F_RELATIVE_NODES it counts within the allowed ones, else each node becomes the one of
 * the same rank.
 *
 * Areas of one address space share policies, tasks and address spaces do not, so that each is rebound
 * by the cpuset of who has it. Locks: a task's pointer changes by itself and under its alloc_lock; an
 * area's under mmap_lock for writing. The set of nodes is one word that is read and written whole.
 */
#include <mm/mempolicy.h>

#include "vm.h"

#include <fs/file.h>
#include <kern/fork.h>
#include <kern/preempt.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <lib/sprintf.h>
#include <linux/mempolicy.h>
#include <mm/slab.h>

#include "mempolicy_internal.h"

#define KEEPS_ASKED (MPOL_F_STATIC_NODES | MPOL_F_RELATIVE_NODES)

/* ---- sets of nodes ---- */

/* Each node of `set` becomes the one of `to` that has its rank in `from`; others stay. */
static nodemask_t remap_nodes(nodemask_t set, nodemask_t from, nodemask_t to)
{
	nodemask_t result = NODE_MASK_NONE;
	int nid;

	for_each_node_mask(nid, set)
		node_set(remap_node(nid, from, to), &result);
	return result;
}

int remap_node(int nid, nodemask_t from, nodemask_t to)
{
	if (!node_isset(nid, from) || nodes_empty(to))
		return nid;
	return nth_node(node_rank(nid, from), to);
}

/* `asked` counts within `allowed`, round and round. */
static nodemask_t relative_nodes(nodemask_t asked, nodemask_t allowed)
{
	nodemask_t result = NODE_MASK_NONE;
	int n;

	for_each_node_mask(n, asked)
		node_set(nth_node(n, allowed), &result);
	return result;
}

/* ---- making policies ---- */

/* The nodes that a policy has of what was asked for; empty: none is allowed. */
static nodemask_t effective_nodes(unsigned short mode, unsigned short flags, nodemask_t asked,
				  nodemask_t allowed)
{
	nodemask_t nodes = flags & MPOL_F_RELATIVE_NODES ? relative_nodes(asked, allowed) :
							   nodes_and(asked, allowed);

	if (mode == MPOL_PREFERRED && !nodes_empty(nodes))
		nodes = nodemask_of_node(first_node(nodes));
	return nodes;
}

struct mempolicy *mpol_new(unsigned short mode, unsigned short flags, nodemask_t asked,
			   bool any_asked)
{
	nodemask_t allowed = mems_allowed_now(), nodes = NODE_MASK_NONE;
	struct mempolicy *pol;

	if (mode == MPOL_DEFAULT)
		return any_asked ? ERR_PTR(-EINVAL) : NULL;
	if (mode == MPOL_PREFERRED && !any_asked)
		mode = MPOL_LOCAL;
	if (mode == MPOL_LOCAL) {
		if (any_asked || (flags & KEEPS_ASKED))
			return ERR_PTR(-EINVAL);
	} else {
		nodes = effective_nodes(mode, flags, asked, allowed);
		if (nodes_empty(nodes))
			return ERR_PTR(-EINVAL);
	}
	pol = kmalloc(sizeof(*pol), GFP_KERNEL_ACCOUNT);
	if (!pol)
		return ERR_PTR(-ENOMEM);
	*pol = (struct mempolicy){ .refs = REFCOUNT_INIT(1), .mode = mode, .flags = flags,
				   .home_node = NUMA_NO_NODE, .nodes = nodes,
				   .asked = flags & KEEPS_ASKED ? asked : allowed };
	return pol;
}

struct mempolicy *mpol_dup(const struct mempolicy *pol)
{
	struct mempolicy *copy;

	if (!pol)
		return NULL;
	copy = kmemdup(pol, sizeof(*pol), GFP_KERNEL_ACCOUNT);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	refcount_set(&copy->refs, 1);
	return copy;
}

void __mpol_put(struct mempolicy *pol)
{
	kfree(pol);
}

nodemask_t mpol_nodes(const struct mempolicy *pol)
{
	return (nodemask_t){ { READ_ONCE(pol->nodes.bits[0]) } };
}

nodemask_t mpol_shown_nodes(const struct mempolicy *pol)
{
	if (pol->flags & KEEPS_ASKED)
		return (nodemask_t){ { READ_ONCE(pol->asked.bits[0]) } };
	return mpol_nodes(pol);
}

bool __mpol_equal(const struct mempolicy *a, const struct mempolicy *b)
{
	if (a->mode != b->mode || a->flags != b->flags || a->home_node != b->home_node)
		return false;
	if ((a->flags & KEEPS_ASKED) && !nodes_equal(a->asked, b->asked))
		return false;
	return nodes_equal(mpol_nodes(a), mpol_nodes(b));
}

void mpol_to_str(char *buf, size_t size, const struct mempolicy *pol)
{
	static const char *const names[] = { "default", "prefer", "bind", "interleave", "local",
					     "prefer (many)" };
	nodemask_t nodes = pol ? mpol_nodes(pol) : NODE_MASK_NONE;
	unsigned int flags = pol ? pol->flags : 0;
	int n = snprintf(buf, size, "%s", names[pol ? pol->mode : MPOL_DEFAULT]);

	if (flags)
		n += snprintf(buf + n, size - n, "=%s%s%s",
			      flags & MPOL_F_STATIC_NODES ? "static" :
			      flags & MPOL_F_RELATIVE_NODES ? "relative" : "",
			      (flags & KEEPS_ASKED) && (flags & MPOL_F_NUMA_BALANCING) ? "|" : "",
			      flags & MPOL_F_NUMA_BALANCING ? "balancing" : "");
	if (!nodes_empty(nodes))
		snprintf(buf + n, size - n, ":%*pbl", MAX_NUMNODES, nodes.bits);
}

/* ---- the nodes of a cpuset ---- */

nodemask_t mems_allowed_now(void)
{
	if (!in_task())
		return node_online_map;
	return (nodemask_t){ { READ_ONCE(current->mems_allowed.bits[0]) } };
}

/* The nodes that may be used are `mems` now. */
static void mpol_rebind(struct mempolicy *pol, nodemask_t mems)
{
	nodemask_t nodes;

	if (!pol || pol->mode == MPOL_LOCAL)
		return;
	if (pol->flags & KEEPS_ASKED) {
		nodes = effective_nodes(pol->mode, pol->flags, pol->asked, mems);
	} else {
		if (nodes_equal(pol->asked, mems))
			return;
		nodes = remap_nodes(pol->nodes, pol->asked, mems);
		WRITE_ONCE(pol->asked.bits[0], mems.bits[0]);
	}
	if (nodes_empty(nodes))
		nodes = mems;
	WRITE_ONCE(pol->nodes.bits[0], nodes.bits[0]);
}

void mpol_rebind_task(struct task_struct *task, nodemask_t mems)
{
	task_lock(task);
	WRITE_ONCE(task->mems_allowed.bits[0], mems.bits[0]);
	mpol_rebind(task->mempolicy, mems);
	task_unlock(task);
}

void mpol_rebind_mm(struct mm_struct *mm, nodemask_t mems)
{
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	for_each_vma(mm, vma)
		mpol_rebind(vma->vm_policy, mems);
	mmap_write_unlock(mm);
}

/* ---- tasks ---- */

int mpol_copy_task(struct task_struct *task)
{
	struct mempolicy *pol = mpol_dup(current->mempolicy);

	if (IS_ERR(pol))
		return PTR_ERR(pol);
	task->mempolicy = pol;
	return 0;
}

void mpol_set_task(struct task_struct *task, struct mempolicy *pol)
{
	struct mempolicy *old;

	task_lock(task);
	old = task->mempolicy;
	task->mempolicy = pol;
	task->il_prev = MAX_NUMNODES - 1;
	task_unlock(task);
	mpol_put(old);
}

void mpol_put_task(struct task_struct *task)
{
	mpol_set_task(task, NULL);
}

struct mempolicy *mpol_get_task(struct task_struct *task)
{
	struct mempolicy *pol;

	task_lock(task);
	pol = mpol_get(task->mempolicy);
	task_unlock(task);
	return pol;
}

bool mpol_process_uses(struct task_struct *leader, nodemask_t nodes)
{
	struct task_struct *t;
	bool uses = false;

	for_each_thread(leader, t) {
		const struct mempolicy *pol;

		task_lock(t);
		pol = t->mempolicy;
		uses |= pol && pol->mode == MPOL_BIND ? nodes_intersects(mpol_nodes(pol), nodes) :
							nodes_intersects(t->mems_allowed, nodes);
		task_unlock(t);
	}
	return uses;
}

struct mempolicy *mpol_of_address(const struct vm_area_struct *vma, unsigned long addr)
{
	struct address_space *mapping = vma->vm_file ? vma->vm_file->f_mapping : NULL;

	if (mapping && mapping->policy)
		return mpol_get_shared(mapping, vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT));
	return mpol_get(vma->vm_policy);
}

/* ---- allocation ---- */

/* Whose turn it is. */
static int next_in_turn(const struct mempolicy *pol)
{
	int nid = next_node_in(current->il_prev, mpol_nodes(pol));

	current->il_prev = nid;
	return nid;
}

static struct page *alloc_interleaved(gfp_t gfp, unsigned int order, const struct mempolicy *pol,
				      unsigned long index)
{
	int nid = index == MPOL_NEXT_NODE ? next_in_turn(pol) : nth_node(index, mpol_nodes(pol));
	struct page *page = __alloc_pages(gfp, order, nid, NULL);

	if (page && page_to_nid(page) == nid)
		this_cpu_add(numa_stat_cpu[nid][NUMA_INTERLEAVE_HIT], 1);
	return page;
}

/* What is short of memory in the set is not worth reclaim while there are others. */
static struct page *alloc_preferred_many(gfp_t gfp, unsigned int order, nodemask_t nodes, int nid)
{
	struct page *page = __alloc_pages((gfp | __GFP_NOWARN) &
					  ~(__GFP_DIRECT_RECLAIM | __GFP_NOFAIL), order, nid, &nodes);

	return page ? page : __alloc_pages(gfp, order, nid, NULL);
}

struct page *alloc_pages_mpol(gfp_t gfp, unsigned int order, struct mempolicy *pol,
			      unsigned long index)
{
	nodemask_t nodes;
	int nid = numa_node_id();

	if (!pol || pol->mode == MPOL_LOCAL || (gfp & __GFP_THISNODE))
		return __alloc_pages(gfp, order, nid, NULL);
	nodes = mpol_nodes(pol);
	if (pol->home_node != NUMA_NO_NODE)
		nid = pol->home_node;
	switch (pol->mode) {
	case MPOL_INTERLEAVE:
		return alloc_interleaved(gfp, order, pol, index);
	case MPOL_PREFERRED:
		return __alloc_pages(gfp, order, first_node(nodes), NULL);
	case MPOL_PREFERRED_MANY:
		return alloc_preferred_many(gfp, order, nodes, nid);
	default:
		return __alloc_pages(gfp, order, nid, &nodes);
	}
}

/* What counts for an address: the area's, or the caller's own. With a reference. */
static struct mempolicy *mpol_for_fault(const struct vm_area_struct *vma, unsigned long addr)
{
	struct mempolicy *pol = mpol_of_address(vma, addr);

	return pol ? pol : mpol_get(current->mempolicy);
}

struct page *__vma_alloc_pages(gfp_t gfp, unsigned int order, struct vm_area_struct *vma,
			       unsigned long addr)
{
	struct mempolicy *pol = mpol_for_fault(vma, addr);
	unsigned long index = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	struct page *page = alloc_pages_mpol(gfp, order, pol, index >> order);

	mpol_put(pol);
	return page;
}

bool __vma_interleaves(struct vm_area_struct *vma, unsigned long addr)
{
	struct mempolicy *pol = mpol_for_fault(vma, addr);
	bool yes = pol && pol->mode == MPOL_INTERLEAVE;

	mpol_put(pol);
	return yes;
}

struct page *__mapping_alloc_page(gfp_t gfp, struct address_space *mapping, pgoff_t index)
{
	struct mempolicy *pol = mpol_get_shared(mapping, index);
	struct page *page;

	if (!pol)
		return alloc_page(gfp);
	page = alloc_pages_mpol(gfp, 0, pol, index);
	mpol_put(pol);
	return page;
}
