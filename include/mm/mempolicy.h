/* SPDX-License-Identifier: MIT */
/*
 * Memory policies: of which nodes a task, an area, or a part of a tmpfs file wants its pages, and the
 * system calls that set them (mm/mempolicy.c has the whole story). On a machine with one node they are
 * kept and shown, and no allocation looks at them.
 */
#ifndef MM_MEMPOLICY_H
#define MM_MEMPOLICY_H

#include <kern/refcount.h>
#include <mm/gfp.h>
#include <mm/mm_types.h>
#include <mm/nodemask.h>

struct task_struct;

/*
 * A policy. NULL stands for the default one.
 *   (c) constant   (w) WRITE_ONCE, since a cpuset may change under it; READ_ONCE to read
 */
struct mempolicy {
	refcount_t refs;
	unsigned short mode;	/* c: MPOL_*, never MPOL_DEFAULT */
	unsigned short flags;	/* c: MPOL_F_STATIC_NODES and its like */
	int home_node;		/* c: where MPOL_BIND and PREFERRED_MANY begin, or NUMA_NO_NODE */
	nodemask_t nodes;	/* w */
	nodemask_t asked;	/* w: with a flag as the user gave them, else what was allowed then */
};

void __mpol_put(struct mempolicy *pol);

static inline struct mempolicy *mpol_get(struct mempolicy *pol)
{
	if (pol)
		refcount_inc(&pol->refs);
	return pol;
}

static inline void mpol_put(struct mempolicy *pol)
{
	if (pol && refcount_dec_and_test(&pol->refs))
		__mpol_put(pol);
}

/* A copy with a life of its own (NULL: NULL), or ERR_PTR(-ENOMEM). => may sleep */
struct mempolicy *mpol_dup(const struct mempolicy *pol);
bool __mpol_equal(const struct mempolicy *a, const struct mempolicy *b);
static inline bool mpol_equal(const struct mempolicy *a, const struct mempolicy *b)
{
	return a == b || (a && b && __mpol_equal(a, b));
}

/* The longest text of mpol_to_str(), with its end. */
#define MPOL_STR_SIZE 256
/* As /proc/PID/numa_maps shows it: "interleave:0-1". */
void mpol_to_str(char *buf, size_t size, const struct mempolicy *pol);

/* ---- tasks ---- */

/* fork(): the child's own copy of what it has from its parent. 0 or -ENOMEM; the end of it. */
int mpol_copy_task(struct task_struct *task);
void mpol_put_task(struct task_struct *task);
/* The task's policy with a reference, or NULL. => may be another's */
struct mempolicy *mpol_get_task(struct task_struct *task);

/* May the process's threads have memory of the nodes, by their policies and cpusets? => RCU read side */
bool mpol_process_uses(struct task_struct *leader, nodemask_t nodes);

/* ---- areas; => mmap_lock held ---- */

/* The policy for an address with a reference: the file's or the area's, not the task's. NULL: none. */
struct mempolicy *mpol_of_address(const struct vm_area_struct *vma, unsigned long addr);

/* ---- cpusets ---- */

/* The nodes that the caller may have memory of: all, in interrupts. */
nodemask_t mems_allowed_now(void);
/* The task's nodes are others now. => cgroup_mutex held */
void mpol_rebind_task(struct task_struct *task, nodemask_t mems);
void mpol_rebind_mm(struct mm_struct *mm, nodemask_t mems);
/* Moves mm's pages from nodes to others, each to the one of the same rank. Pages that stayed, or -errno. */
long migrate_mm(struct mm_struct *mm, nodemask_t from, nodemask_t to, bool shared_too);

/* ---- pages ---- */

/* alloc_pages() by a policy. `index`: of the page in what is interleaved, or MPOL_NEXT_NODE. */
#define MPOL_NEXT_NODE (~0UL)
struct page *alloc_pages_mpol(gfp_t gfp, unsigned int order, struct mempolicy *pol,
			      unsigned long index);
struct page *__vma_alloc_pages(gfp_t gfp, unsigned int order, struct vm_area_struct *vma,
			       unsigned long addr);
bool __vma_interleaves(struct vm_area_struct *vma, unsigned long addr);
struct page *__mapping_alloc_page(gfp_t gfp, struct address_space *mapping, pgoff_t index);

/* Pages for an area at addr, as alloc_pages() gives them. => mmap_lock held, of any mm */
static inline struct page *vma_alloc_pages(gfp_t gfp, unsigned int order, struct vm_area_struct *vma,
					   unsigned long addr)
{
	return likely(nr_node_ids == 1) ? alloc_pages(gfp, order) :
					  __vma_alloc_pages(gfp, order, vma, addr);
}

/* Do neighbouring pages at addr come from different nodes? => mmap_lock held */
static inline bool vma_interleaves(struct vm_area_struct *vma, unsigned long addr)
{
	return unlikely(nr_node_ids > 1) && __vma_interleaves(vma, addr);
}

/* A page for a file's cache. */
static inline struct page *mapping_alloc_page(gfp_t gfp, struct address_space *mapping, pgoff_t index)
{
	return likely(!READ_ONCE(mapping->policy)) ? alloc_page(gfp) :
						     __mapping_alloc_page(gfp, mapping, index);
}

/* ---- files (mempolicy_shared.c) ---- */

/* The pages [first, last] of a tmpfs file are of the policy. 0 or -ENOMEM. => may sleep */
int mpol_set_shared(struct address_space *mapping, pgoff_t first, pgoff_t last,
		    const struct mempolicy *pol);
/* What a page of the file has, with a reference; NULL: nothing of its own. */
struct mempolicy *mpol_get_shared(struct address_space *mapping, pgoff_t index);
/* The inode goes. */
void mpol_free_shared(struct address_space *mapping);

#endif
