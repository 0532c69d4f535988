// SPDX-License-Identifier: MIT
/*
 * Who asks for pages to be moved among nodes: mbind(2) with MPOL_MF_MOVE, migrate_pages(2), cpusets, and
 * move_pages(2). They find pages by the entries of an address space, so what is on swap or was never
 * touched stays out of it. A page that several have mapped moves only for who may move all.
 *
 * Lock order: mmap_lock (either side), then as in migrate.c.
 */
#include "migrate.h"

#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/ptrace.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <linux/capability.h>
#include <linux/mempolicy.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "mempolicy_internal.h"

/* Passes over a range as long as there are pages to move. */
#define PASSES 3
#define TARGET_GFP (GFP_HIGHUSER_MOVABLE | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

static struct page *page_on_node(const struct migration *m, void *unused)
{
	return __alloc_pages(TARGET_GFP | __GFP_THISNODE, 0, m->nid, NULL);
}

static bool vma_may_move(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_IO | VM_PFNMAP));
}

/* The page of an entry that can be moved at all, or NULL. */
static struct page *movable_page(pte_t pte)
{
	return pte_present(pte) && !pte_special(pte) ? pte_page(pte) : NULL;
}

/* ---- ranges ---- */

/* Moves what lies on `nodes` by `target`. */
struct range_move {
	nodemask_t nodes;
	int nid;		/* for page_on_node() */
	bool shared_too;
	struct migrate_control mc;
	unsigned int nr;
	long moved, stayed;	/* in this pass */
	int err;		/* -ENOMEM: there was no page for one */
	struct migration pages[MIGRATE_BATCH];
};

static void move_batch(struct range_move *rm)
{
	unsigned int stayed = migrate_batch(rm->pages, rm->nr, &rm->mc);

	rm->stayed += stayed;
	rm->moved += rm->nr - stayed;
	for (unsigned int i = 0; i < rm->nr; i++)
		if (rm->pages[i].err == -ENOMEM)
			rm->err = -ENOMEM;
	rm->nr = 0;
}

/* => page_table_lock held */
static void consider(struct range_move *rm, pte_t pte)
{
	struct page *page = movable_page(pte);

	if (!page || !node_isset(page_to_nid(page), rm->nodes))
		return;
	if (!rm->shared_too && page_mapcount(page) > 1)
		return;
	if (isolate_lru_page(page))
		rm->pages[rm->nr++] = (struct migration){ .from = page, .nid = rm->nid };
	/* Not busy, but of no list: the vdso, for one. */
	else if (PageAnon(page) || page_mapping(page))
		rm->stayed++;
}

/* => mmap_lock held, [start, end) in the area */
static void move_in_vma(struct range_move *rm, struct vm_area_struct *vma, unsigned long start,
			unsigned long end)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long addr = start;

	while (addr < end && !rm->err && !fatal_signal_pending(current)) {
		unsigned long stop;
		pte_t *ptep;

		spin_lock(&mm->page_table_lock);
		addr = pte_next_table(mm, addr, end, &ptep);
		stop = min(end, (addr & PMD_MASK) + PMD_SIZE);
		for (; addr < stop && rm->nr < MIGRATE_BATCH; addr += PAGE_SIZE, ptep++)
			consider(rm, ptep_get(ptep));
		spin_unlock(&mm->page_table_lock);
		if (rm->nr == MIGRATE_BATCH)
			move_batch(rm);
		cond_resched();
	}
}

/* => mmap_lock held. Pages that stayed, or -ENOMEM */
static long move_range(struct range_move *rm, struct mm_struct *mm, unsigned long start,
		       unsigned long end)
{
	for (int pass = 0; pass < PASSES; pass++) {
		struct vm_area_struct *vma = find_vma_intersection(mm, start, end);

		rm->stayed = rm->moved = 0;
		for (; vma && vma->vm_start < end; vma = vma->vm_next)
			if (vma_may_move(vma))
				move_in_vma(rm, vma, max(start, vma->vm_start), min(end, vma->vm_end));
		move_batch(rm);
		/* Where there was something, a writer may have got a copy in between. */
		if ((!rm->stayed && !rm->moved) || rm->err || fatal_signal_pending(current))
			break;
	}
	return rm->err ? rm->err : rm->stayed;
}

/* ---- mbind() ---- */

/* Where the policy does not want pages. */
static nodemask_t wrong_nodes(const struct mempolicy *pol)
{
	nodemask_t right = pol ? mpol_nodes(pol) : NODE_MASK_NONE;

	return nodes_andnot(node_online_map, right);
}

bool range_follows_policy(struct mm_struct *mm, unsigned long start, unsigned long end,
			  const struct mempolicy *pol)
{
	nodemask_t wrong = wrong_nodes(pol);
	unsigned long addr = start;
	bool follows = true;

	while (addr < end && follows) {
		unsigned long stop;
		pte_t *ptep;

		spin_lock(&mm->page_table_lock);
		addr = pte_next_table(mm, addr, end, &ptep);
		stop = min(end, (addr & PMD_MASK) + PMD_SIZE);
		for (; addr < stop && follows; addr += PAGE_SIZE, ptep++) {
			struct page *page = movable_page(ptep_get(ptep));

			follows = !page || !node_isset(page_to_nid(page), wrong);
		}
		spin_unlock(&mm->page_table_lock);
		cond_resched();
	}
	return follows;
}

static struct page *page_by_policy(const struct migration *m, void *pol)
{
	return alloc_pages_mpol(TARGET_GFP, 0, pol, m->from->index);
}

int move_range_by_policy(struct mm_struct *mm, unsigned long start, unsigned long end,
			 struct mempolicy *pol, unsigned int flags)
{
	struct range_move rm = { .nodes = wrong_nodes(pol), .shared_too = flags & MPOL_MF_MOVE_ALL,
				 .mc = { .target = page_by_policy, .arg = pol, .wait = true } };
	long stayed;

	/* Near is right, where no node is named. */
	if (!pol || pol->mode == MPOL_LOCAL)
		node_clear(numa_node_id(), &rm.nodes);
	stayed = move_range(&rm, mm, start, end);
	return stayed && (flags & MPOL_MF_STRICT) ? -EIO : 0;
}

/* ---- whole address spaces ---- */

/*
 * The next step of moving `left` among nodes: of those that are to be left the one whose target is not to
 * be left itself, so that no page moves twice; else any. False: nothing is left to do.
 */
static bool next_step(nodemask_t *left, nodemask_t from, nodemask_t to, int *source, int *dest)
{
	bool same_size = nodes_weight(from) == nodes_weight(to);
	int nid;

	*source = NUMA_NO_NODE;
	for_each_node_mask(nid, *left) {
		int target = remap_node(nid, from, to);

		/* Of sets of different size, what is in both stays. */
		if (target == nid || (!same_size && node_isset(nid, to)))
			continue;
		*source = nid;
		*dest = target;
		if (!node_isset(target, *left))
			break;
	}
	if (*source == NUMA_NO_NODE)
		return false;
	node_clear(*source, left);
	return true;
}

long migrate_mm(struct mm_struct *mm, nodemask_t from, nodemask_t to, bool shared_too)
{
	nodemask_t left = nodes_and(from, node_online_map);
	struct range_move *rm = kzalloc(sizeof(*rm), GFP_KERNEL);
	long stayed = 0;
	int source, dest = 0;

	if (!rm)
		return -ENOMEM;
	rm->mc = (struct migrate_control){ .target = page_on_node, .wait = true };
	rm->shared_too = shared_too;
	mmap_read_lock(mm);
	while (stayed >= 0 && next_step(&left, from, to, &source, &dest)) {
		long one;

		rm->nodes = nodemask_of_node(source);
		rm->nid = dest;
		one = move_range(rm, mm, 0, TASK_SIZE);
		stayed = one < 0 ? one : stayed + one;
	}
	mmap_read_unlock(mm);
	kfree(rm);
	return stayed;
}

/* ---- another's memory ---- */

/* A process whose pages are to be moved. */
struct subject {
	struct mm_struct *mm;	/* counted */
	nodemask_t mems;	/* of its cpuset */
};

/* The process (0: the caller) if the caller may look into it. 0 or -errno. */
static int get_subject(pid_t pid, struct subject *s)
{
	struct task_struct *task = pid ? find_get_task_by_vpid(pid) : get_task_struct(current);
	int err = 0;

	if (!task)
		return -ESRCH;
	s->mems = (nodemask_t){ { READ_ONCE(task->mems_allowed.bits[0]) } };
	s->mm = get_task_mm(task);
	if (task != current && !ptrace_may_access(task, PTRACE_MODE_READ_REALCREDS))
		err = -EPERM;
	else if (!s->mm)
		err = -EINVAL;
	if (err && s->mm)
		mmput(s->mm);
	put_task_struct(task);
	return err;
}

SYSCALL_DEFINE4(migrate_pages, pid_t, pid, unsigned long, maxnode,
		const unsigned long __user *, old_nodes, const unsigned long __user *, new_nodes)
{
	bool may_all = capable(CAP_SYS_NICE), any, beyond;
	nodemask_t from, to;
	struct subject s;
	long ret = get_nodes(old_nodes, maxnode, &from, &any);

	if (!ret)
		ret = get_nodes(new_nodes, maxnode, &to, &any);
	if (!ret)
		ret = get_subject(pid, &s);
	if (ret)
		return ret;
	beyond = !nodes_subset(to, s.mems);
	to = nodes_and(to, nodes_and(mems_allowed_now(), node_online_map));
	if (beyond && !may_all)
		ret = -EPERM;
	else if (nodes_empty(to))
		ret = -EINVAL;
	else
		ret = migrate_mm(s.mm, from, to, may_all);
	mmput(s.mm);
	return ret;
}

/* ---- move_pages() ---- */

/* Some of the pages that a program names: what becomes of each. */
struct chunk {
	unsigned int nr, moving;
	unsigned long addr[MIGRATE_BATCH];
	int nid[MIGRATE_BATCH];		/* where to */
	int status[MIGRATE_BATCH];
	unsigned int which[MIGRATE_BATCH]; /* of the pages on their way: their place in the chunk */
	struct migration pages[MIGRATE_BATCH];
};

/* The page of an address with page_table_lock held; or an errno, without. => mmap_lock held */
static int lock_page_at(struct mm_struct *mm, unsigned long addr, struct page **page)
{
	struct vm_area_struct *vma = vma_lookup(mm, addr);
	int err = -ENOENT;
	pte_t *ptep;

	if (!vma || !vma_may_move(vma))
		return -EFAULT;
	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, addr);
	if (ptep && pte_present(ptep_get(ptep))) {
		*page = movable_page(ptep_get(ptep));
		if (*page)
			return 0;
		err = -EFAULT;
	}
	spin_unlock(&mm->page_table_lock);
	return err;
}

/* Its node, or why there is none. => mmap_lock held */
static int node_of_page(struct mm_struct *mm, unsigned long addr)
{
	struct page *page;
	int err = lock_page_at(mm, addr, &page);

	if (err)
		return err;
	err = page_to_nid(page);
	spin_unlock(&mm->page_table_lock);
	return err;
}

/* What is to become of page i of the chunk, which may be on its way then. => mmap_lock held */
static int prepare_page(struct chunk *c, unsigned int i, struct mm_struct *mm, bool all)
{
	struct page *page;
	int status = lock_page_at(mm, c->addr[i], &page);

	if (status)
		return status;
	if (page_to_nid(page) == c->nid[i]) {
		status = c->nid[i];
	} else if (page_mapcount(page) > 1 && !all) {
		status = -EACCES;
	} else if (!isolate_lru_page(page)) {
		status = -EBUSY;
	} else {
		c->which[c->moving] = i;
		c->pages[c->moving++] = (struct migration){ .from = page, .nid = c->nid[i] };
	}
	spin_unlock(&mm->page_table_lock);
	return status;
}

/* Moves the pages of a chunk: how many stayed though nothing forbids it. */
static unsigned int move_chunk(struct chunk *c, struct mm_struct *mm, bool all)
{
	struct migrate_control mc = { .target = page_on_node, .wait = true };
	unsigned int stayed;

	c->moving = 0;
	mmap_read_lock(mm);
	for (unsigned int i = 0; i < c->nr; i++)
		c->status[i] = prepare_page(c, i, mm, all);
	stayed = migrate_batch(c->pages, c->moving, &mc);
	mmap_read_unlock(mm);
	for (unsigned int n = 0; n < c->moving; n++)
		c->status[c->which[n]] = c->pages[n].err ? c->pages[n].err : c->pages[n].nid;
	return stayed;
}

static void query_chunk(struct chunk *c, struct mm_struct *mm)
{
	mmap_read_lock(mm);
	for (unsigned int i = 0; i < c->nr; i++)
		c->status[i] = node_of_page(mm, c->addr[i]);
	mmap_read_unlock(mm);
}

/* Reads up to `want` pages and nodes (if given). 0, or why it stopped: c->nr are good. */
static int read_chunk(struct chunk *c, unsigned long want, const void __user *__user *pages,
		      const int __user *nodes, nodemask_t mems)
{
	for (c->nr = 0; c->nr < min(want, (unsigned long)MIGRATE_BATCH); c->nr++) {
		const void __user *page;
		int nid = 0;

		if (get_user(page, pages + c->nr) || (nodes && get_user(nid, nodes + c->nr)))
			return -EFAULT;
		if (!node_online(nid))
			return -ENODEV;
		if (nodes && !node_isset(nid, mems))
			return -EACCES;
		c->addr[c->nr] = (unsigned long)page & PAGE_MASK;
		c->nid[c->nr] = nid;
	}
	return 0;
}

static long move_all(const struct subject *s, struct chunk *c, unsigned long nr,
		     const void __user *__user *pages, const int __user *nodes, int __user *status,
		     int flags)
{
	long stayed = 0;
	int err = 0;

	for (unsigned long at = 0; at < nr && !err; at += c->nr) {
		err = read_chunk(c, nr - at, pages + at, nodes ? nodes + at : NULL, s->mems);
		if (nodes)
			stayed += move_chunk(c, s->mm, flags & MPOL_MF_MOVE_ALL);
		else
			query_chunk(c, s->mm);
		if (copy_to_user(status + at, c->status, c->nr * sizeof(*status)))
			err = -EFAULT;
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err ? err : stayed;
}

SYSCALL_DEFINE6(move_pages, pid_t, pid, unsigned long, nr, const void __user *__user *, pages,
		const int __user *, nodes, int __user *, status, int, flags)
{
	struct subject s;
	struct chunk *c;
	long ret;

	if (flags & ~(MPOL_MF_MOVE | MPOL_MF_MOVE_ALL))
		return -EINVAL;
	if ((flags & MPOL_MF_MOVE_ALL) && !capable(CAP_SYS_NICE))
		return -EPERM;
	ret = get_subject(pid, &s);
	if (ret)
		return ret;
	c = kmalloc(sizeof(*c), GFP_KERNEL);
	ret = c ? move_all(&s, c, nr, pages, nodes, status, flags) : -ENOMEM;
	kfree(c);
	mmput(s.mm);
	return ret;
}
