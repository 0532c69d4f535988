// SPDX-License-Identifier: MIT
/* The pages of a process one by one: pagemap, numa_maps, clear_refs. */
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/kstrtox.h>
#include <mm/mempolicy.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/pgtable.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <um/tlb.h>

#include "internal.h"

/* ---- pagemap: eight bytes a page ---- */

#define PM_ENTRY_BYTES sizeof(u64)
#define PM_EXCLUSIVE   (1ULL << 56)
#define PM_UFFD_WP     (1ULL << 57)
#define PM_FILE	       (1ULL << 61)
#define PM_SWAP	       (1ULL << 62)
#define PM_PRESENT     (1ULL << 63)
#define PM_BATCH       512

static u64 pagemap_entry(pte_t pte, bool show_pfn)
{
	struct page *page;
	u64 entry;

	if (!pte_present(pte))
		return pte_none(pte) ? 0 : PM_SWAP;
	entry = PM_PRESENT | (show_pfn ? pte_pfn(pte) : 0);
	if (pte_uffd_wp(pte))
		entry |= PM_UFFD_WP;
	if (pte_special(pte))
		return entry;
	page = pte_page(pte);
	if (!PageAnon(page))
		entry |= PM_FILE;
	if (page_mapcount(page) == 1)
		entry |= PM_EXCLUSIVE;
	return entry;
}

/* Fills in the entries of [addr, addr + n pages). => mmap_lock held */
static void pagemap_fill(struct mm_struct *mm, unsigned long addr, u64 *entries, unsigned int n,
			 bool show_pfn)
{
	unsigned long begin = addr, end = addr + n * PAGE_SIZE;

	memset(entries, 0, n * sizeof(*entries));
	while (addr < end) {
		unsigned long stop;
		pte_t *ptep;

		spin_lock(&mm->page_table_lock);
		addr = pte_next_table(mm, addr, end, &ptep);
		stop = min((addr & PMD_MASK) + PMD_SIZE, end);
		for (; addr < stop; addr += PAGE_SIZE, ptep++)
			entries[(addr - begin) >> PAGE_SHIFT] =
				pagemap_entry(ptep_get(ptep), show_pfn);
		spin_unlock(&mm->page_table_lock);
	}
}

static ssize_t pagemap_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct mm_struct *mm = file->private_data;
	bool show_pfn = capable(CAP_SYS_ADMIN);
	ssize_t done = 0;
	u64 *entries;

	if (*pos < 0 || *pos % PM_ENTRY_BYTES || size % PM_ENTRY_BYTES)
		return -EINVAL;
	if (!mm || !size || !mmget_not_zero(mm))
		return 0;
	entries = kmalloc_array(PM_BATCH, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		done = -ENOMEM;
	while (entries && size) {
		unsigned long page = *pos / PM_ENTRY_BYTES;
		unsigned long left = TASK_SIZE / PAGE_SIZE;
		unsigned int n = min_t(size_t, size / PM_ENTRY_BYTES, PM_BATCH);

		if (page >= left)
			break;
		n = min_t(unsigned long, n, left - page);
		mmap_read_lock(mm);
		pagemap_fill(mm, page << PAGE_SHIFT, entries, n, show_pfn);
		mmap_read_unlock(mm);
		if (copy_to_user(buf + done, entries, n * PM_ENTRY_BYTES)) {
			done = done ?: -EFAULT;
			break;
		}
		done += n * PM_ENTRY_BYTES;
		size -= n * PM_ENTRY_BYTES;
		*pos += n * PM_ENTRY_BYTES;
		if (fatal_signal_pending(current))
			break;
		cond_resched();
	}
	kfree(entries);
	mmput(mm);
	return done;
}

static int pagemap_open(struct inode *inode, struct file *file)
{
	struct mm_struct *mm = proc_grab_mm(inode);

	if (IS_ERR(mm))
		return PTR_ERR(mm);
	file->private_data = mm;
	return 0;
}

static int pagemap_release(struct inode *inode, struct file *file)
{
	if (file->private_data)
		mmdrop(file->private_data);
	return 0;
}

const struct file_operations proc_pagemap_operations = {
	.open = pagemap_open,
	.read = pagemap_read,
	.llseek = proc_mem_lseek,
	.release = pagemap_release,
};

/* Shows `one` each entry of the area that maps a page. => mmap_lock held; page_table_lock in `one` */
static void for_present_pages(struct vm_area_struct *vma, void (*one)(pte_t *ptep, void *arg),
			      void *arg)
{
	struct mm_struct *mm = vma->vm_mm;
	unsigned long addr = vma->vm_start, end = vma->vm_end;

	while (addr < end) {
		unsigned long stop;
		pte_t *ptep;

		spin_lock(&mm->page_table_lock);
		addr = pte_next_table(mm, addr, end, &ptep);
		stop = min((addr & PMD_MASK) + PMD_SIZE, end);
		for (; addr < stop; addr += PAGE_SIZE, ptep++) {
			pte_t pte = ptep_get(ptep);

			if (pte_present(pte) && !pte_special(pte))
				one(ptep, arg);
		}
		spin_unlock(&mm->page_table_lock);
		cond_resched();
	}
}

/* ---- numa_maps ---- */

struct node_usage {
	unsigned long pages, anon, dirty, mapmax, swapcache, active, writeback;
	unsigned long node[MAX_NUMNODES];
};

static void count_page(pte_t *ptep, void *usage)
{
	struct node_usage *u = usage;
	pte_t pte = ptep_get(ptep);
	struct page *page = pte_page(pte);

	u->pages++;
	u->anon += PageAnon(page);
	u->dirty += pte_dirty(pte) || PageDirty(page);
	u->swapcache += PageSwapCache(page);
	u->active += PageActive(page) || PageUnevictable(page);
	u->writeback += PageWriteback(page);
	u->mapmax = max_t(unsigned long, u->mapmax, page_mapcount(page));
	u->node[page_to_nid(page)]++;
}

/* What the area's pages come by: its own policy, or that of the process whose folder it is. */
static void show_policy(struct seq_file *m, const struct vm_area_struct *vma, struct inode *inode)
{
	struct mempolicy *pol = mpol_of_address(vma, vma->vm_start);
	struct task_struct *task = pol ? NULL : get_proc_task(inode);
	char text[MPOL_STR_SIZE];

	if (task) {
		pol = mpol_get_task(task);
		put_task_struct(task);
	}
	mpol_to_str(text, sizeof(text), pol);
	mpol_put(pol);
	seq_printf(m, "%08lx %s", vma->vm_start, text);
}

static void show_count(struct seq_file *m, const char *name, unsigned long n)
{
	if (n)
		seq_printf(m, " %s=%lu", name, n);
}

int proc_numa_maps_show(struct seq_file *m, struct vm_area_struct *vma, struct inode *inode)
{
	struct node_usage u = {};
	int nid;

	/* The gate area belongs to no address space. */
	if (!vma->vm_mm)
		return 0;
	for_present_pages(vma, count_page, &u);
	show_policy(m, vma, inode);
	if (vma->vm_file) {
		seq_puts(m, " file=");
		seq_file_path(m, vma->vm_file, "\n\t= ");
	} else if (vma->vm_start <= vma->vm_mm->brk && vma->vm_end >= vma->vm_mm->start_brk) {
		seq_puts(m, " heap");
	} else if (vma->vm_flags & VM_GROWSDOWN) {
		seq_puts(m, " stack");
	}
	show_count(m, "anon", u.anon);
	show_count(m, "dirty", u.dirty);
	if (u.pages != u.anon && u.pages != u.dirty)
		show_count(m, "mapped", u.pages);
	show_count(m, "mapmax", u.mapmax > 1 ? u.mapmax : 0);
	show_count(m, "swapcache", u.swapcache);
	if (u.active < u.pages)
		seq_printf(m, " active=%lu", u.active);
	show_count(m, "writeback", u.writeback);
	for_each_online_node(nid)
		if (u.node[nid])
			seq_printf(m, " N%d=%lu", nid, u.node[nid]);
	show_count(m, "kernelpagesize_kB", u.pages ? PAGE_SIZE >> 10 : 0);
	seq_putc(m, '\n');
	return 0;
}

/* ---- clear_refs ---- */

enum {
	CLEAR_ALL = 1,
	CLEAR_ANON,
	CLEAR_FILE,
	CLEAR_SOFT_DIRTY, /* pages are not watched that way: nothing to clear */
	CLEAR_PEAK,
	CLEAR_LAST,
};

/* Forgets that the page was used. */
static void clear_young(pte_t *ptep, void *unused)
{
	pte_t pte = ptep_get(ptep);

	set_pte(ptep, pte_mkold(pte));
	ClearPageReferenced(pte_page(pte));
}

static void clear_mm(struct mm_struct *mm, int what)
{
	struct vm_area_struct *vma;

	if (what == CLEAR_PEAK) {
		spin_lock(&mm->page_table_lock);
		mm->hiwater_rss = get_mm_rss(mm);
		spin_unlock(&mm->page_table_lock);
		return;
	}
	if (what == CLEAR_SOFT_DIRTY)
		return;
	mmap_read_lock(mm);
	for_each_vma(mm, vma) {
		if ((what == CLEAR_ANON && vma->vm_file) || (what == CLEAR_FILE && !vma->vm_file))
			continue;
		for_present_pages(vma, clear_young, NULL);
	}
	mmap_read_unlock(mm);
	flush_tlb_mm(mm);
}

static ssize_t clear_refs_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char text[13] = {};
	struct task_struct *task;
	struct mm_struct *mm;
	long what;
	int err;

	if (copy_from_user(text, buf, min(size, sizeof(text) - 1)))
		return -EFAULT;
	err = kstrtol(strim(text), 10, &what);
	if (err)
		return err;
	if (what < CLEAR_ALL || what >= CLEAR_LAST)
		return -EINVAL;
	task = get_proc_task(file_inode(file));
	if (!task)
		return -ESRCH;
	mm = get_task_mm(task);
	if (mm) {
		clear_mm(mm, what);
		mmput(mm);
	}
	put_task_struct(task);
	return size;
}

const struct file_operations proc_clear_refs_operations = {
	.write = clear_refs_write,
	.llseek = noop_llseek,
};
