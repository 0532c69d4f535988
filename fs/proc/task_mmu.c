// SPDX-License-Identifier: MIT
/*
 * /proc/PID/maps, smaps and smaps_rollup.
 *
 * A walk holds the address space's mmap_lock between start() and stop(), and finds its place
 * again by address: the position is the number of lines given, `next_addr` where to go on.
 */
#include <fs/kdev_t.h>
#include <kern/fork.h>
#include <kern/sched.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <um/vdso.h>

#include "internal.h"

struct maps_walk {
	struct mm_struct *mm;		/* counted (mm_count) */
	unsigned long next_addr;	/* end of the last area shown */
	struct inode *inode;
};

static void *maps_start(struct seq_file *m, loff_t *pos)
{
	struct maps_walk *walk = m->private;
	struct vm_area_struct *vma;

	if (!walk->mm || !mmget_not_zero(walk->mm))
		return NULL;
	mmap_read_lock(walk->mm);
	if (!*pos)
		walk->next_addr = 0;
	vma = find_vma(walk->mm, walk->next_addr);
	if (!vma && walk->next_addr <= VSYSCALL_ADDR)
		vma = get_gate_vma(walk->mm);
	if (vma)
		return vma;
	mmap_read_unlock(walk->mm);
	mmput(walk->mm);
	return NULL;
}

static void *maps_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct maps_walk *walk = m->private;
	struct vm_area_struct *vma = v;

	(*pos)++;
	walk->next_addr = vma->vm_end;
	vma = vma->vm_next;
	/* The last is the one that is in nobody's list. */
	if (!vma && walk->next_addr <= VSYSCALL_ADDR)
		vma = get_gate_vma(walk->mm);
	if (vma)
		return vma;
	mmap_read_unlock(walk->mm);
	mmput(walk->mm);
	return NULL;
}

/* v is NULL after the end, when next() has let go already. */
static void maps_stop(struct seq_file *m, void *v)
{
	struct maps_walk *walk = m->private;

	if (IS_ERR_OR_NULL(v))
		return;
	mmap_read_unlock(walk->mm);
	mmput(walk->mm);
}

static void show_header(struct seq_file *m, unsigned long start, unsigned long end,
			vm_flags_t flags, unsigned long long pgoff, dev_t dev, unsigned long ino)
{
	seq_setwidth(m, 25 + sizeof(void *) * 6 - 1);
	seq_printf(m, "%08lx-%08lx %c%c%c%c %08llx %02x:%02x %lu ", start, end,
		   flags & VM_READ ? 'r' : '-', flags & VM_WRITE ? 'w' : '-',
		   flags & VM_EXEC ? 'x' : '-', flags & VM_MAYSHARE ? 's' : 'p', pgoff, MAJOR(dev),
		   MINOR(dev), ino);
}

static void show_area(struct seq_file *m, struct vm_area_struct *vma)
{
	const char *name = NULL;
	unsigned long ino = 0;
	dev_t dev = 0;

	if (vma->vm_file) {
		struct inode *inode = d_inode(file_user_path(vma->vm_file)->dentry);

		dev = inode->i_sb->s_dev;
		ino = inode->i_ino;
	}
	show_header(m, vma->vm_start, vma->vm_end, vma->vm_flags,
		    vma->vm_file ? (unsigned long long)vma->vm_pgoff << PAGE_SHIFT : 0, dev, ino);
	if (vma->vm_file) {
		seq_pad(m, ' ');
		seq_file_path(m, vma->vm_file, "\n");
	} else {
		name = arch_vma_name(vma);
		if (name) {
			seq_pad(m, ' ');
			seq_puts(m, name);
		}
	}
	seq_putc(m, '\n');
}

static int maps_show(struct seq_file *m, void *v)
{
	show_area(m, v);
	return 0;
}

/* ---- smaps ---- */

struct usage {
	unsigned long rss, pss, shared_clean, shared_dirty, private_clean, private_dirty;
	unsigned long referenced, anonymous, size, pss_dirty, anon_huge;
	unsigned long swap, swap_pss;
};

static void add_page(struct usage *u, struct page *page, bool dirty, bool young)
{
	int mapped = page_mapcount(page);

	u->rss += PAGE_SIZE;
	if (PageAnon(page))
		u->anonymous += PAGE_SIZE;
	if (young || PageReferenced(page))
		u->referenced += PAGE_SIZE;
	dirty |= PageDirty(page);
	if (mapped > 1) {
		if (dirty)
			u->shared_dirty += PAGE_SIZE;
		else
			u->shared_clean += PAGE_SIZE;
	} else {
		mapped = 1;
		if (dirty)
			u->private_dirty += PAGE_SIZE;
		else
			u->private_clean += PAGE_SIZE;
	}
	u->pss += PAGE_SIZE / mapped;
	if (dirty)
		u->pss_dirty += PAGE_SIZE / mapped;
}

static void add_swap(struct usage *u, pte_t pte)
{
	swp_entry_t entry = pte_to_swp_entry(pte);
	unsigned int users = swp_type(entry) < MAX_SWAPFILES ? swap_count(entry) : 0;

	if (!users)
		return;
	u->swap += PAGE_SIZE;
	u->swap_pss += PAGE_SIZE / users;
}

/* Adds up what is mapped of an area, a table at a time. => mmap_lock held */
static void measure(struct vm_area_struct *vma, struct usage *u)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long addr = vma->vm_start, end = vma->vm_end;

	u->size += end - addr;
	if (!mm)
		return;
	/* What tmpfs has on swap has no entries; private copies are found by theirs. */
	if (vma->vm_file && (vma->vm_flags & (VM_SHARED | VM_WRITE)) != VM_WRITE)
		u->swap += shmem_swapped_in_range(vma->vm_file->f_mapping, vma->vm_pgoff,
						  vma->vm_pgoff + vma_pages(vma) - 1) << PAGE_SHIFT;
	while (addr < end) {
		unsigned long stop;
		pte_t *ptep;

		spin_lock(&mm->page_table_lock);
		addr = pte_next_table(mm, addr, end, &ptep);
		stop = min((addr & PMD_MASK) + PMD_SIZE, end);
		if (addr < stop && pmd_is_huge(mm, addr))
			u->anon_huge += PMD_SIZE;
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			pte_t pte = ptep_get(ptep);

			if (pte_is_swap(pte))
				add_swap(u, pte);
			if (pte_present(pte) && !pte_special(pte))
				add_page(u, pte_page(pte), pte_dirty(pte),
					 pte_val(pte) & _PAGE_ACCESSED);
		}
		spin_unlock(&mm->page_table_lock);
		cond_resched();
	}
}

static void line(struct seq_file *m, const char *name, unsigned long bytes)
{
	seq_printf(m, "%-16s%8lu kB\n", name, bytes >> 10);
}

static void show_usage(struct seq_file *m, const struct usage *u)
{
	line(m, "Rss:", u->rss);
	line(m, "Pss:", u->pss);
	line(m, "Pss_Dirty:", u->pss_dirty);
	line(m, "Shared_Clean:", u->shared_clean);
	line(m, "Shared_Dirty:", u->shared_dirty);
	line(m, "Private_Clean:", u->private_clean);
	line(m, "Private_Dirty:", u->private_dirty);
	line(m, "Referenced:", u->referenced);
	line(m, "Anonymous:", u->anonymous);
	line(m, "LazyFree:", 0);
	line(m, "AnonHugePages:", u->anon_huge);
	line(m, "ShmemPmdMapped:", 0);
	line(m, "FilePmdMapped:", 0);
	line(m, "Shared_Hugetlb:", 0);
	line(m, "Private_Hugetlb:", 0);
	line(m, "Swap:", u->swap);
	line(m, "SwapPss:", u->swap_pss);
}

static void show_flags(struct seq_file *m, vm_flags_t flags)
{
	static const struct {
		vm_flags_t bit;
		const char *name;
	} names[] = {
		{ VM_READ, "rd" }, { VM_WRITE, "wr" }, { VM_EXEC, "ex" }, { VM_SHARED, "sh" },
		{ VM_MAYREAD, "mr" }, { VM_MAYWRITE, "mw" }, { VM_MAYEXEC, "me" },
		{ VM_MAYSHARE, "ms" }, { VM_GROWSDOWN, "gd" }, { VM_UFFD_MISSING, "um" },
		{ VM_UFFD_WP, "uw" }, { VM_UFFD_MINOR, "ui" }, { VM_SEALED, "sl" }, { VM_PFNMAP, "pf" },
		{ VM_LOCKED, "lo" }, { VM_IO, "io" }, { VM_SEQ_READ, "sr" }, { VM_RAND_READ, "rr" },
		{ VM_DONTCOPY, "dc" }, { VM_DONTEXPAND, "de" }, { VM_ACCOUNT, "ac" },
		{ VM_NORESERVE, "nr" }, { VM_WIPEONFORK, "wf" }, { VM_DONTDUMP, "dd" },
		{ VM_HUGEPAGE, "hg" }, { VM_NOHUGEPAGE, "nh" }, { VM_MERGEABLE, "mg" },
	};

	seq_puts(m, "VmFlags: ");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].bit)
			seq_printf(m, "%s ", names[i].name);
	seq_putc(m, '\n');
}

static int smaps_show(struct seq_file *m, void *v)
{
	struct vm_area_struct *vma = v;
	struct usage u = {};

	measure(vma, &u);
	show_area(m, vma);
	line(m, "Size:", vma->vm_end - vma->vm_start);
	line(m, "KernelPageSize:", PAGE_SIZE);
	line(m, "MMUPageSize:", PAGE_SIZE);
	show_usage(m, &u);
	line(m, "Locked:", vma->vm_flags & VM_LOCKED ? u.pss : 0);
	seq_printf(m, "THPeligible:    %8u\n", vma_thp_eligible(vma));
	show_flags(m, vma->vm_flags);
	return 0;
}

/* ---- files ---- */

static const struct seq_operations maps_op = {
	.start = maps_start,
	.next = maps_next,
	.stop = maps_stop,
	.show = maps_show,
};

static const struct seq_operations smaps_op = {
	.start = maps_start,
	.next = maps_next,
	.stop = maps_stop,
	.show = smaps_show,
};

static int numa_maps_show(struct seq_file *m, void *v)
{
	struct maps_walk *walk = m->private;

	return proc_numa_maps_show(m, v, walk->inode);
}

static const struct seq_operations numa_maps_op = {
	.start = maps_start,
	.next = maps_next,
	.stop = maps_stop,
	.show = numa_maps_show,
};

struct mm_struct *proc_grab_mm(struct inode *inode)
{
	struct task_struct *task = get_proc_task(inode);
	struct mm_struct *mm;

	if (!task)
		return ERR_PTR(-ESRCH);
	mm = proc_may_access(task, false) ? get_task_mm(task) : ERR_PTR(-EACCES);
	put_task_struct(task);
	if (!IS_ERR_OR_NULL(mm)) {
		mmgrab(mm);
		mmput(mm);
	}
	return mm;
}

static int open_walk(struct inode *inode, struct file *file, const struct seq_operations *op)
{
	struct mm_struct *mm = proc_grab_mm(inode);
	struct maps_walk *walk;

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	walk = __seq_open_private(file, op, sizeof(*walk));
	if (!walk) {
		if (mm)
			mmdrop(mm);
		return -ENOMEM;
	}
	walk->mm = mm;
	walk->inode = inode;
	return 0;
}

static int maps_open(struct inode *inode, struct file *file)
{
	return open_walk(inode, file, &maps_op);
}

static int smaps_open(struct inode *inode, struct file *file)
{
	return open_walk(inode, file, &smaps_op);
}

static int numa_maps_open(struct inode *inode, struct file *file)
{
	return open_walk(inode, file, &numa_maps_op);
}

static int walk_release(struct inode *inode, struct file *file)
{
	struct maps_walk *walk = ((struct seq_file *)file->private_data)->private;

	if (walk->mm)
		mmdrop(walk->mm);
	return seq_release_private(inode, file);
}

const struct file_operations proc_maps_operations = {
	.open = maps_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = walk_release,
};

const struct file_operations proc_numa_maps_operations = {
	.open = numa_maps_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = walk_release,
};

const struct file_operations proc_smaps_operations = {
	.open = smaps_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = walk_release,
};

static int rollup_show(struct seq_file *m, void *v)
{
	struct mm_struct *mm = proc_grab_mm(m->private);
	unsigned long first = 0, last = 0, locked = 0;
	struct vm_area_struct *vma;
	struct usage u = {};

	if (IS_ERR_OR_NULL(mm))
		return mm ? PTR_ERR(mm) : -ESRCH;
	if (!mmget_not_zero(mm)) {
		mmdrop(mm);
		return -ESRCH;
	}
	mmap_read_lock(mm);
	for_each_vma(mm, vma) {
		unsigned long before = u.pss;

		if (!last)
			first = vma->vm_start;
		last = vma->vm_end;
		measure(vma, &u);
		if (vma->vm_flags & VM_LOCKED)
			locked += u.pss - before;
	}
	show_header(m, first, last, 0, 0, 0, 0);
	seq_pad(m, ' ');
	seq_puts(m, "[rollup]\n");
	show_usage(m, &u);
	line(m, "Locked:", locked);
	mmap_read_unlock(mm);
	mmput(mm);
	mmdrop(mm);
	return 0;
}

static int rollup_open(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = proc_grab_mm(inode);

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	if (mm)
		mmdrop(mm);
	return single_open(file, rollup_show, inode);
}

const struct file_operations proc_smaps_rollup_operations = {
	.open = rollup_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};
