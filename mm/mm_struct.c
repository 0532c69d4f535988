// SPDX-License-Identifier: MIT
/*
 * Life of an address space.
 *
 *	mm_alloc / dup_mm -> users > 0 --last mmput: exit_mmap--> users == 0, count > 0
 *	                                                          --last mmdrop--> freed
 *
 * fork copies areas, and the entries of private pages write-protected on both sides, but for a
 * few pages that the child is about to write: those are copied at once. The parent's host
 * mappings lose their write permission, one host call for a run, and stay otherwise.
 */
#include "vm.h"

#include <fs/aio.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <kern/fork.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <mm/memcontrol.h>
#include <mm/mempolicy.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/swap.h>
#include <mm/userfaultfd.h>
#include <um/mmu.h>
#include <um/ptrace.h>

/* fork copies the entries of files' areas up to this size. */
#define COPY_FILE_PAGES 512
/* Early copies come in blocks of so many pages. */
#define COPY_BLOCK_PAGES 16UL

static struct kmem_cache *mm_cache;

/* Kernel threads borrow no address space: this one stands where a pointer is needed. */
struct mm_struct init_mm = {
	.mm_rb = RB_ROOT,
	.mm_users = ATOMIC_INIT(2),
	.mm_count = ATOMIC_INIT(1),
	.mmap_lock = __RWSEM_INITIALIZER(init_mm.mmap_lock),
	.page_table_lock = __SPIN_LOCK_UNLOCKED(init_mm.page_table_lock),
	.arg_lock = __SPIN_LOCK_UNLOCKED(init_mm.arg_lock),
	.mmlist = LIST_HEAD_INIT(init_mm.mmlist),
};

void mm_cache_init(void)
{
	mm_cache = KMEM_CACHE(mm_struct, SLAB_HWCACHE_ALIGN | SLAB_PANIC | SLAB_ACCOUNT);
}

static struct mm_struct *mm_init(struct mm_struct *mm, struct task_struct *task,
				 struct mm_struct *parent)
{
	mm->mm_rb = RB_ROOT;
	mm->mmap = NULL;
	mm->vmacache = NULL;
	mm->map_count = 0;
	atomic_set(&mm->mm_users, 1);
	atomic_set(&mm->mm_count, 1);
	spin_lock_init(&mm->page_table_lock);
	spin_lock_init(&mm->arg_lock);
	mmap_init_lock(mm);
	INIT_LIST_HEAD(&mm->mmlist);
	INIT_LIST_HEAD(&mm->aio_contexts);
	INIT_LIST_HEAD(&mm->uffd_events);
	memset(mm->rss_stat, 0, sizeof(mm->rss_stat));
	atomic_long_set(&mm->pgtables_bytes, 0);
	atomic64_set(&mm->pinned_vm, 0);
	mm->locked_vm = 0;
	mm->hiwater_rss = 0;
	mm->owner = task;
	mm->oom_killed = 0;
	memset(&mm->context, 0, sizeof(mm->context));
	if (pgd_alloc(mm))
		goto free;
	if (anon_mm_join(mm, parent))
		goto free_pgd;
	if (init_new_context(task, mm))
		goto leave;
	return mm;
leave:
	anon_mm_leave(mm);
free_pgd:
	pgd_free(mm);
free:
	kmem_cache_free(mm_cache, mm);
	return NULL;
}

struct mm_struct *mm_alloc(struct task_struct *task)
{
	struct mm_struct *mm = kmem_cache_zalloc(mm_cache, GFP_KERNEL);

	if (!mm)
		return NULL;
	mm->flags = SUID_DUMP_USER;
	if (current->mm)
		mm->flags |= mmf_inherited(current->mm->flags) & ~MMF_DUMPABLE_MASK;
	else
		mm->flags |= MMF_DUMP_FILTER_DEFAULT;
	mm->task_size = TASK_SIZE;
	mm->mmap_base = TASK_SIZE;
	return mm_init(mm, task, NULL);
}

void __mmdrop(struct mm_struct *mm)
{
	destroy_context(mm);
	pgd_free(mm);
	kmem_cache_free(mm_cache, mm);
}

/* No user is left: nobody but unmap_mapping_range() and remote readers look at it any more. */
static void exit_mmap(struct mm_struct *mm)
{
	struct mmu_gather tlb;
	struct vm_area_struct *vma;
	unsigned long accounted = 0;

	mmap_write_lock(mm);
	vma = mm->mmap;
	if (vma) {
		/* One flush for all, before the first page is freed. */
		tlb_end_mm(mm);
		tlb_gather_mmu(&tlb, mm);
		tlb.no_flush = true;
		for (; vma; vma = vma->vm_next)
			unmap_vma_range(&tlb, vma, vma->vm_start, vma->vm_end, true);
		tlb_finish_mmu(&tlb);
	}
	while ((vma = mm->mmap)) {
		if (vma->vm_flags & VM_ACCOUNT)
			accounted += vma_pages(vma);
		vma_unlink(mm, vma);
		remove_vma(vma);
	}
	free_pgtables(mm, 0, TASK_SIZE, 0, TASK_SIZE);
	vm_unacct_memory(accounted);
	anon_mm_leave(mm);
	mm->total_vm = 0;
	/* The OOM killer need not wait for it any longer. */
	set_bit(MMF_OOM_SKIP, &mm->flags);
	mmap_write_unlock(mm);
}

void mmput(struct mm_struct *mm)
{
	might_sleep();
	if (!atomic_dec_and_test(&mm->mm_users))
		return;
	exit_aio(mm);
	exit_mmap(mm);
	set_mm_exe_file(mm, NULL);
	mmdrop(mm);
}

struct mm_struct *get_task_mm(struct task_struct *task)
{
	struct mm_struct *mm;

	task_lock(task);
	mm = task->mm;
	if (mm && ((task->flags & PF_KTHREAD) || !mmget_not_zero(mm)))
		mm = NULL;
	task_unlock(task);
	return mm;
}

struct file *get_mm_exe_file(struct mm_struct *mm)
{
	struct file *file;

	mmap_read_lock(mm);
	file = mm->exe_file ? get_file(mm->exe_file) : NULL;
	mmap_read_unlock(mm);
	return file;
}

int set_mm_exe_file(struct mm_struct *mm, struct file *file)
{
	struct file *old = mm->exe_file;

	/* A program that runs may not be written. */
	if (file && deny_write_access(file))
		return -EACCES;
	mm->exe_file = file ? get_file(file) : NULL;
	if (old) {
		allow_write_access(old);
		fput(old);
	}
	return 0;
}

int mmap_write_lock_killable(struct mm_struct *mm)
{
	return down_write_killable(&mm->mmap_lock);
}

int mmap_read_lock_killable(struct mm_struct *mm)
{
	return down_read_killable(&mm->mmap_lock);
}

/* ---- fork ---- */

/*
 * The child will write these at once: the stack around its pointer, the program's data, and what
 * was written after the last fork. It gets copies now, and the parent keeps its own writable: four
 * faults less for two page copies. Only when nobody can write meanwhile, for a copy is not one
 * instant. How many pages in a row are to be copied, of the `left` ones from here on.
 */
static unsigned long copy_early(const struct vm_area_struct *vma, unsigned long addr, bool writable,
				unsigned long left)
{
	unsigned long sp = current_pt_regs()->sp & PAGE_MASK;

	if (atomic_read(&vma->vm_mm->mm_users) != 1 || vma->vm_mm != current->mm ||
	    !(vma->vm_flags & VM_WRITE))
		return 0;
	if (fork_hot_has(vma->vm_mm, addr))
		return 1;
	if (!writable)
		return 0;
	if (vma->vm_flags & VM_GROWSDOWN)
		return addr >= sp && addr <= sp + PAGE_SIZE ? 2 : 0;
	return vma_is_program_data(vma) ? left : 0;
}

/* Pages in a row for early copies: neighbours are shown to the child by one host mapping. */
struct copy_block {
	struct page *next;
	unsigned int left;
};

/* want: how many may be asked for in all, from addr on. NULL without memory at hand. */
static struct page *block_take(struct copy_block *block, unsigned long want,
			       struct vm_area_struct *vma, unsigned long addr)
{
	if (!block->left) {
		unsigned int order = get_order(min(want, COPY_BLOCK_PAGES) << PAGE_SHIFT);

		block->next = vma_alloc_pages(GFP_NOWAIT | __GFP_NOWARN | __GFP_HARDWALL, order, vma, addr);
		if (!block->next)
			return NULL;
		if (mem_cgroup_charge(block->next, 1U << order, NULL, GFP_NOWAIT)) {
			__free_pages(block->next, order);
			return NULL;
		}
		split_page(block->next, order);
		block->left = 1U << order;
	}
	block->left--;
	return block->next++;
}

static void block_release(struct copy_block *block)
{
	for (; block->left; block->left--)
		put_page(block->next++);
}

/*
 * A page of the parent for the child, which has `left` entries from here on; whether the parent's
 * entry lost its write permission.
 */
static bool copy_anon_pte(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
			  pte_t *dst_pte, pte_t *src_pte, unsigned long addr,
			  struct copy_block *block, unsigned long left)
{
	pte_t pte = ptep_get(src_pte);
	struct page *page = pte_page(pte), *copy = NULL;
	bool writable = pte_write(pte);
	unsigned long early = copy_early(src_vma, addr, writable, left);

	if (!(dst_vma->vm_flags & VM_UFFD_WP))
		pte = pte_clear_uffd_wp(pte);
	if (early && !pte_uffd_wp(pte) && !vma_interleaves(src_vma, addr))
		copy = block_take(block, early, dst_vma, addr);
	if (copy) {
		copy_highpage(copy, page);
		make_anon(dst_vma, addr, copy, 1);
		set_pte(dst_pte, anon_pte(copy, dst_vma));
		return false;
	}
	if (writable) {
		pte = pte_wrprotect(pte);
		set_pte(src_pte, pte);
	}
	get_page(page);
	page_add_rmap(page, true);
	set_pte(dst_pte, pte);
	return writable;
}

/* Copies the entries of one table: whether some lost their write permission. */
static bool copy_ptes(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
		      pte_t *dst_pte, pte_t *src_pte, unsigned long addr, unsigned long end)
{
	struct mm_struct *mm = dst_vma->vm_mm;
	struct copy_block block = { 0 };
	bool writable = false;

	for (; addr < end; addr += PAGE_SIZE, src_pte++, dst_pte++) {
		pte_t pte = ptep_get(src_pte);
		struct page *page;

		if (pte_is_swap(pte)) {
			swap_duplicate(pte_to_swp_entry(pte));
			set_pte(dst_pte, pte);
			add_mm_counter(mm, MM_SWAPENTS, 1);
			continue;
		}
		if (!pte_present(pte))
			continue;
		if (!(dst_vma->vm_flags & VM_UFFD_WP))
			pte = pte_clear_uffd_wp(pte);
		if (pte_special(pte)) {
			set_pte(dst_pte, pte);
			continue;
		}
		page = pte_page(pte);
		if (PageAnon(page)) {
			writable |= copy_anon_pte(dst_vma, src_vma, dst_pte, src_pte, addr, &block,
						  (end - addr) >> PAGE_SHIFT);
		} else if (!pte_write(pte)) {
			get_page(page);
			page_add_rmap(page, false);
			set_pte(dst_pte, pte);
		} else {
			continue;	/* found again by a fault */
		}
		atomic_long_inc(&mm->rss_stat[page_rss_type(page)]);
	}
	block_release(&block);
	return writable;
}

/* Is there something in it that a fault would not find, or that is cheaper to copy? */
static bool worth_copying(const struct vm_area_struct *vma)
{
	if (is_cow_mapping(vma->vm_flags) && vma->anon_faults)
		return true;
	return vma->vm_file && !(vma->vm_flags & VM_WRITE) && vma_pages(vma) <= COPY_FILE_PAGES;
}

/* Where fork took write permission. */
struct fork_range {
	unsigned long start, end;
};

/*
 * => the parent's mmap_lock held for writing; nobody else knows dst yet. 0 or -ENOMEM, and
 * whether entries of the parent were write-protected
 */
static int copy_page_range(struct mm_struct *dst, struct vm_area_struct *dst_vma,
			   struct vm_area_struct *src_vma, bool *protected)
{
	struct mm_struct *src = src_vma->vm_mm;
	unsigned long addr = src_vma->vm_start, end = src_vma->vm_end;

	if (!worth_copying(src_vma))
		return 0;
	while (addr < end) {
		unsigned long stop;
		pte_t *src_pte, *dst_pte;

		spin_lock(&src->page_table_lock);
		addr = pte_next_table(src, addr, end, &src_pte);
		spin_unlock(&src->page_table_lock);
		if (addr >= end)
			break;
		stop = min(end, (addr & PMD_MASK) + PMD_SIZE);
		dst_pte = pte_alloc_lock(dst, addr);
		if (!dst_pte)
			return -ENOMEM;
		spin_unlock(&dst->page_table_lock);
		spin_lock(&src->page_table_lock);
		*protected |= copy_ptes(dst_vma, src_vma, dst_pte, src_pte, addr, stop);
		spin_unlock(&src->page_table_lock);
		addr = stop;
		cond_resched();
	}
	return 0;
}

/* One area of the parent. 0 or -ENOMEM. */
static int dup_vma(struct mm_struct *mm, struct vm_area_struct *vma, struct fork_range *range)
{
	bool protected = false;
	int err = 0;
	unsigned long charge = 0;
	struct vm_area_struct *copy;

	if (vma->vm_flags & VM_DONTCOPY) {
		vm_stat_account(mm, vma->vm_flags, -(long)vma_pages(vma));
		return 0;
	}
	if (vma->vm_flags & VM_ACCOUNT) {
		charge = vma_pages(vma);
		if (security_vm_enough_memory_mm(vma->vm_mm, charge))
			return -ENOMEM;
	}
	copy = vm_area_alloc(mm);
	if (!copy) {
		vm_unacct_memory(charge);
		return -ENOMEM;
	}
	*copy = *vma;
	copy->vm_mm = mm;
	copy->vm_policy = mpol_dup(vma->vm_policy);
	if (IS_ERR(copy->vm_policy))
		copy->vm_policy = NULL;
	if ((vma->vm_policy && !copy->vm_policy) || userfaultfd_note_fork(copy, vma)) {
		vm_unacct_memory(charge);
		vm_area_free(copy);
		return -ENOMEM;
	}
	copy->vm_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	if (copy->vm_file)
		get_file(copy->vm_file);
	if (copy->vm_ops && copy->vm_ops->open)
		copy->vm_ops->open(copy);
	vma_link(mm, copy);
	if (!(vma->vm_flags & VM_WIPEONFORK))
		err = copy_page_range(mm, copy, vma, &protected);
	if (protected) {
		range->start = min(range->start, vma->vm_start);
		range->end = max(range->end, vma->vm_end);
	}
	return err;
}

static int dup_mmap(struct mm_struct *mm, struct mm_struct *old)
{
	struct fork_range range = { .start = ~0UL };
	struct vm_area_struct *vma;
	int err = 0;

	if (mmap_write_lock_killable(old))
		return -EINTR;
	update_hiwater_rss(old);
	mm->total_vm = old->total_vm;
	mm->data_vm = old->data_vm;
	mm->exec_vm = old->exec_vm;
	mm->stack_vm = old->stack_vm;
	mm->hiwater_vm = old->total_vm;
	/* Cannot fail: the parent denies writing already. */
	if (old->exe_file && !deny_write_access(old->exe_file))
		mm->exe_file = get_file(old->exe_file);
	for_each_vma(old, vma) {
		err = dup_vma(mm, vma, &range);
		if (err)
			break;
	}
	/* The host's mappings of the parent follow. */
	if (range.start < range.end)
		tlb_wrprotect_range(old, range.start, range.end);
	if (err)
		userfaultfd_unlock_and_drop(old);
	else
		userfaultfd_unlock_and_tell(old);
	return err;
}

struct mm_struct *dup_mm(struct task_struct *task, struct mm_struct *oldmm)
{
	struct mm_struct *mm = kmem_cache_alloc(mm_cache, GFP_KERNEL);

	if (!mm)
		return NULL;
	memcpy(mm, oldmm, sizeof(*mm));
	mm->exe_file = NULL;
	mm->flags = mmf_inherited(mm->flags);
	mm->fork_hot_told = 0;
	mm->def_flags &= ~(VM_LOCKED | VM_LOCKONFAULT);
	mm->total_vm = mm->data_vm = mm->exec_vm = mm->stack_vm = 0;
	mm = mm_init(mm, task, oldmm);
	if (!mm)
		return NULL;
	if (dup_mmap(mm, oldmm)) {
		mmput(mm);
		return NULL;
	}
	mm->hiwater_rss = get_mm_rss(mm);
	return mm;
}
