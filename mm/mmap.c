// SPDX-License-Identifier: MIT
/*
 * mmap(2) and munmap(2), choice of addresses, limits.
 *
 * All changes of an address space happen under mmap_lock for writing. munmap first cuts areas
 * at the ends of the range, takes those inside out of the tree, removes their page table
 * entries (waiting until no guest can reach the pages), and then drops the areas.
 */
#include "vm.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <kern/cred.h>
#include <kern/random.h>
#include <kern/resource.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <linux/capability.h>
#include <linux/mman.h>
#include <linux/personality.h>
#include <linux/stat.h>
#include <mm/pagemap.h>
#include <mm/userfaultfd.h>
#include <um/tlb.h>

int sysctl_max_map_count = 65530;
unsigned long mmap_min_addr = 65536;
unsigned long stack_guard_gap = 256;

/* The kernel's own flags that mmap(2) knows; MAP_SHARED_VALIDATE refuses the rest. */
#define LEGACY_MAP_MASK                                                                       \
	(MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE | \
	 MAP_GROWSDOWN | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK |  \
	 MAP_HUGETLB | MAP_32BIT | MAP_FIXED_NOREPLACE)

bool is_hole(unsigned long start, unsigned long end)
{
	return um_range_is_hole(start, end);
}

/* ---- limits ---- */

bool may_expand_vm(struct mm_struct *mm, vm_flags_t flags, unsigned long npages)
{
	if (mm->total_vm + npages > rlimit(RLIMIT_AS) >> PAGE_SHIFT)
		return false;
	if ((flags & (VM_WRITE | VM_SHARED | VM_STACK)) == VM_WRITE)
		return mm->data_vm + npages <= rlimit(RLIMIT_DATA) >> PAGE_SHIFT;
	return true;
}

void vm_stat_account(struct mm_struct *mm, vm_flags_t flags, long npages)
{
	mm->total_vm += npages;
	if (flags & VM_STACK)
		mm->stack_vm += npages;
	else if ((flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		mm->data_vm += npages;
	else if ((flags & (VM_EXEC | VM_WRITE)) == VM_EXEC)
		mm->exec_vm += npages;
	if (npages > 0)
		update_hiwater_vm(mm);
}

bool can_do_mlock(void)
{
	return rlimit(RLIMIT_MEMLOCK) != 0 || capable(CAP_IPC_LOCK);
}

int mlock_future_check(struct mm_struct *mm, vm_flags_t flags, unsigned long pages)
{
	if (!(flags & VM_LOCKED))
		return 0;
	if (mm->locked_vm + pages > rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT && !capable(CAP_IPC_LOCK))
		return -EAGAIN;
	return 0;
}

/* ---- addresses ---- */

/* A random number of pages below 2^bits, 0 when the program asked for fixed addresses. */
static unsigned long random_pages(int bits)
{
	if (!(current->flags & PF_RANDOMIZE))
		return 0;
	return get_random_u64() & ((1UL << bits) - 1);
}

void arch_pick_mmap_layout(struct mm_struct *mm, const struct rlimit *rlim_stack)
{
	const unsigned long min_gap = 128UL << 20, max_gap = TASK_SIZE / 6 * 5;
	unsigned long gap = rlim_stack->rlim_cur, pad = stack_guard_gap << PAGE_SHIFT;

	/* The stack itself moves by up to 2^22 pages (kernel/process/exec). */
	if (current->flags & PF_RANDOMIZE)
		pad += 1UL << (22 + PAGE_SHIFT);
	if (gap + pad > gap)
		gap += pad;
	gap = clamp(gap, min_gap, max_gap);
	mm->task_size = TASK_SIZE;
	mm->mmap_base = PAGE_ALIGN(TASK_SIZE - gap - (random_pages(28) << PAGE_SHIFT));
}

unsigned long arch_randomize_brk(struct mm_struct *mm)
{
	return PAGE_ALIGN(mm->brk + (random_pages(13) << PAGE_SHIFT));
}

static bool range_is_free(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	struct vm_area_struct *prev, *vma = find_vma_prev(mm, addr, &prev);

	return addr >= mmap_min_addr && addr <= TASK_SIZE - len &&
	       (!vma || addr + len <= vm_start_gap(vma)) && (!prev || addr >= prev->vm_end) &&
	       !is_hole(addr, addr + len);
}

/* Searches below (above) each hole of the machine that the free range hits. */
static unsigned long find_free_range(struct mm_struct *mm, unsigned long len, unsigned long low,
				     unsigned long high, bool top)
{
	struct unmapped_info info = { .length = len, .low = low, .high = high };

	for (;;) {
		unsigned long addr = top ? unmapped_area_topdown(mm, &info) :
					   unmapped_area_bottomup(mm, &info);

		if (IS_ERR_VALUE(addr) || !is_hole(addr, addr + len))
			return addr;
		if (top)
			info.high = addr + len - PAGE_SIZE;
		else
			info.low = addr + PAGE_SIZE;
	}
}

unsigned long mm_get_unmapped_area(struct mm_struct *mm, struct file *file, unsigned long addr,
				   unsigned long len, unsigned long pgoff, unsigned long flags)
{
	bool legacy = current->personality & ADDR_COMPAT_LAYOUT;
	unsigned long found;

	if (len > TASK_SIZE)
		return -ENOMEM;
	if (flags & MAP_FIXED)
		return addr;
	if (flags & MAP_32BIT)
		return find_free_range(mm, len, 0x40000000UL, 0x80000000UL, false);
	addr = PAGE_ALIGN(addr);
	if (addr && addr < mmap_min_addr)
		addr = mmap_min_addr;
	if (addr && range_is_free(mm, addr, len))
		return addr;
	if (!legacy && !file && len >= PMD_SIZE && !(len & ~PMD_MASK)) {
		/* Where huge pages fit. */
		found = find_free_range(mm, len + PMD_SIZE - PAGE_SIZE, mmap_min_addr,
					mm->mmap_base, true);
		if (!IS_ERR_VALUE(found))
			return (found + PMD_SIZE - 1) & PMD_MASK;
	}
	if (!legacy) {
		found = find_free_range(mm, len, mmap_min_addr, mm->mmap_base, true);
		if (!IS_ERR_VALUE(found))
			return found;
	}
	return find_free_range(mm, len, PAGE_ALIGN(TASK_SIZE / 3), TASK_SIZE, false);
}

unsigned long get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
				unsigned long pgoff, unsigned long flags)
{
	if (len > TASK_SIZE)
		return -ENOMEM;
	if (file && file->f_op->get_unmapped_area)
		addr = file->f_op->get_unmapped_area(file, addr, len, pgoff, flags);
	else
		addr = mm_get_unmapped_area(current->mm, file, addr, len, pgoff, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	if (addr > TASK_SIZE - len)
		return -ENOMEM;
	if (offset_in_page(addr))
		return -EINVAL;
	if (addr < mmap_min_addr)
		return -EPERM;
	return is_hole(addr, addr + len) ? -ENOMEM : addr;
}

/* ---- unmapping ---- */

/* Takes the areas of [vma, end) out of the tree; they stay linked through vm_next. */
static void detach_vmas(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long end)
{
	while (vma && vma->vm_start < end) {
		struct vm_area_struct *next = vma->vm_next;

		if (vma->vm_flags & VM_LOCKED)
			mm->locked_vm -= vma_pages(vma);
		vma_unlink(mm, vma);
		if (!next || next->vm_start >= end)
			vma->vm_next = NULL;
		vma = next;
	}
}

static void remove_vma_list(struct mm_struct *mm, struct vm_area_struct *vma)
{
	unsigned long accounted = 0;

	while (vma) {
		struct vm_area_struct *next = vma->vm_next;
		long pages = vma_pages(vma);

		if (vma->vm_flags & VM_ACCOUNT)
			accounted += pages;
		vm_stat_account(mm, vma->vm_flags, -pages);
		remove_vma(vma);
		vma = next;
	}
	vm_unacct_memory(accounted);
}

int do_munmap(struct mm_struct *mm, unsigned long start, size_t len)
{
	struct vm_area_struct *vma, *prev, *next;
	unsigned long end;
	int err;

	if (offset_in_page(start) || start > TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	len = PAGE_ALIGN(len);
	end = start + len;
	if (!len)
		return -EINVAL;
	vma = find_vma_intersection(mm, start, end);
	if (!vma)
		return 0;
	if (range_is_sealed(mm, start, end))
		return -EPERM;
	if (vma->vm_start < start) {
		/* A hole in the middle makes one area more. */
		if (vma->vm_end > end && mm->map_count >= sysctl_max_map_count)
			return -ENOMEM;
		err = split_vma(mm, vma, start, 1);
		if (err)
			return err;
	}
	next = find_vma(mm, end);
	if (next && next->vm_start < end) {
		err = split_vma(mm, next, end, 0);
		if (err)
			return err;
		next = next->vm_next;
	}
	err = userfaultfd_note_unmap(mm, vma, end);
	if (err)
		return err;
	prev = vma->vm_prev;
	detach_vmas(mm, vma, end);
	unmap_region(mm, vma, prev, next, start, end);
	remove_vma_list(mm, vma);
	return 0;
}

int vm_munmap(unsigned long addr, size_t len)
{
	struct mm_struct *mm = current->mm;
	int err;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	err = do_munmap(mm, addr, len);
	userfaultfd_unlock_and_tell(mm);
	return err;
}

SYSCALL_DEFINE2(munmap, unsigned long, addr, size_t, len)
{
	/* Programs may unmap "everything": nothing is ever mapped above TASK_SIZE. */
	if (!offset_in_page(addr) && len && addr < TASK_SIZE_ABI && len <= TASK_SIZE_ABI - addr) {
		if (addr >= TASK_SIZE)
			return 0;
		len = min(len, TASK_SIZE - addr);
	}
	return vm_munmap(addr, len);
}

/* ---- mapping ---- */

void vma_set_page_prot(struct vm_area_struct *vma)
{
	vma->vm_page_prot = vm_get_page_prot(vma->vm_flags);
}

static unsigned long count_vma_pages(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);
	unsigned long pages = 0;

	for (; vma && vma->vm_start < end; vma = vma->vm_next)
		pages += (min(end, vma->vm_end) - max(start, vma->vm_start)) >> PAGE_SHIFT;
	return pages;
}

/* Asks the file for its operations; for shared writable ones a seal may say no. */
static int map_file(struct vm_area_struct *vma, struct file *file)
{
	struct address_space *mapping = file->f_mapping;
	bool shared = vma->vm_flags & VM_SHARED;
	int err;

	if (shared && !atomic_add_unless(&mapping->i_mmap_writable, 1, -1))
		return -EPERM;
	if (shared && atomic_read(&mapping->i_mmap_writable) < 0) {
		atomic_dec(&mapping->i_mmap_writable);
		return -EPERM;
	}
	vma->vm_file = get_file(file);
	err = file->f_op->mmap(file, vma);
	/* vma_link() counts it from now on; until then mmap_lock does not guard the count. */
	if (shared && err)
		atomic_dec(&mapping->i_mmap_writable);
	if (err) {
		fput(vma->vm_file);
		vma->vm_file = NULL;
	}
	return err;
}

static unsigned long mmap_region(struct file *file, unsigned long addr, unsigned long len,
				 vm_flags_t vm_flags, unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;
	unsigned long pages = len >> PAGE_SHIFT, charged = 0;
	struct vm_area_struct *vma;
	bool counted_shared = false;
	int err;

	if (!may_expand_vm(mm, vm_flags, pages) &&
	    !may_expand_vm(mm, vm_flags, pages - count_vma_pages(mm, addr, addr + len)))
		return -ENOMEM;
	err = do_munmap(mm, addr, len);
	if (err)
		return err;
	if (accountable_mapping(vm_flags)) {
		charged = pages;
		if (security_vm_enough_memory_mm(mm, charged))
			return -ENOMEM;
		vm_flags |= VM_ACCOUNT;
	}
	err = -ENOMEM;
	vma = vm_area_alloc(mm);
	if (!vma)
		goto uncharge;
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_flags = vm_flags;
	vma->vm_pgoff = pgoff;
	vma_set_page_prot(vma);
	if (file) {
		counted_shared = vm_flags & VM_SHARED;
		err = map_file(vma, file);
	} else if (vm_flags & VM_SHARED) {
		err = shmem_zero_setup(vma);
	} else {
		vma->vm_pgoff = addr >> PAGE_SHIFT;
		err = 0;
	}
	if (err)
		goto free;
	vma_link(mm, vma);
	if (counted_shared)
		atomic_dec(&vma->vm_file->f_mapping->i_mmap_writable);
	vm_stat_account(mm, vma->vm_flags, pages);
	if (vma->vm_flags & VM_LOCKED)
		mm->locked_vm += pages;
	vma_try_merge(mm, vma);
	return addr;
free:
	vm_area_free(vma);
uncharge:
	vm_unacct_memory(charged);
	return err;
}

static vm_flags_t prot_to_vm_flags(unsigned long prot, unsigned long flags)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0) | (flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0) |
	       (flags & MAP_LOCKED ? VM_LOCKED : 0);
}

/* Offsets of files are signed; the last byte must have one. */
static bool file_offset_fits(struct file *file, unsigned long pgoff, unsigned long len)
{
	umode_t mode = file_inode(file)->i_mode;
	u64 max = S_ISREG(mode) || S_ISBLK(mode) ? 0x7fffffffffffffffUL : ~0UL;

	return len <= max && pgoff <= (max - len) >> PAGE_SHIFT;
}

/* Checks of a file mapping; adjusts *vm_flags. */
static int check_file_mapping(struct file *file, unsigned long prot, unsigned long flags,
			      vm_flags_t *vm_flags)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (flags & ~(LEGACY_MAP_MASK | MAP_SHARED_VALIDATE))
			return -EOPNOTSUPP;
		fallthrough;
	case MAP_SHARED:
		if ((prot & PROT_WRITE) && !(file->f_mode & FMODE_WRITE))
			return -EACCES;
		if (IS_APPEND(file_inode(file)) && (file->f_mode & FMODE_WRITE))
			return -EACCES;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		if (!(file->f_mode & FMODE_WRITE))
			*vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
		fallthrough;
	case MAP_PRIVATE:
		if (!(file->f_mode & FMODE_READ))
			return -EACCES;
		if (path_noexec(&file->f_path)) {
			if (*vm_flags & VM_EXEC)
				return -EPERM;
			*vm_flags &= ~VM_MAYEXEC;
		}
		if (!file->f_op->mmap)
			return -ENODEV;
		return *vm_flags & VM_GROWSDOWN ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static int check_anon_mapping(unsigned long flags, vm_flags_t *vm_flags, unsigned long *pgoff)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
		if (*vm_flags & VM_GROWSDOWN)
			return -EINVAL;
		*pgoff = 0;
		*vm_flags |= VM_SHARED | VM_MAYSHARE;
		return 0;
	case MAP_PRIVATE:
		return 0;
	default:
		return -EINVAL;
	}
}

unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len,
		      unsigned long prot, unsigned long flags, vm_flags_t vm_flags,
		      unsigned long pgoff, unsigned long *populate)
{
	struct mm_struct *mm = current->mm;
	int err;

	*populate = 0;
	if (!len)
		return -EINVAL;
	if ((prot & PROT_READ) && (current->personality & READ_IMPLIES_EXEC) &&
	    !(file && path_noexec(&file->f_path)))
		prot |= PROT_EXEC;
	if (flags & MAP_FIXED_NOREPLACE)
		flags |= MAP_FIXED;
	len = PAGE_ALIGN(len);
	if (!len)
		return -ENOMEM;
	if (pgoff + (len >> PAGE_SHIFT) < pgoff)
		return -EOVERFLOW;
	if (mm->map_count > sysctl_max_map_count)
		return -ENOMEM;
	addr = get_unmapped_area(file, addr, len, pgoff, flags);
	if (IS_ERR_VALUE(addr))
		return addr;
	if ((flags & MAP_FIXED_NOREPLACE) && find_vma_intersection(mm, addr, addr + len))
		return -EEXIST;
	vm_flags |= prot_to_vm_flags(prot, flags) | mm->def_flags | VM_MAYREAD | VM_MAYWRITE |
		    VM_MAYEXEC;
	if ((flags & MAP_LOCKED) && !can_do_mlock())
		return -EPERM;
	err = mlock_future_check(mm, vm_flags, len >> PAGE_SHIFT);
	if (!err && file && !file_offset_fits(file, pgoff, len))
		err = -EOVERFLOW;
	if (!err)
		err = file ? check_file_mapping(file, prot, flags, &vm_flags) :
			     check_anon_mapping(flags, &vm_flags, &pgoff);
	if (err)
		return err;
	if ((flags & MAP_NORESERVE) && sysctl_overcommit_memory != 2)
		vm_flags |= VM_NORESERVE;
	if (map_deny_write_exec(mm, vm_flags, vm_flags))
		return -EACCES;
	addr = mmap_region(file, addr, len, vm_flags, pgoff);
	if (!IS_ERR_VALUE(addr) && ((vm_flags & VM_LOCKED) ||
				    (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		*populate = len;
	return addr;
}

unsigned long vm_mmap_pgoff(struct file *file, unsigned long addr, unsigned long len,
			    unsigned long prot, unsigned long flags, unsigned long pgoff)
{
	struct mm_struct *mm = current->mm;
	unsigned long populate, ret;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_mmap(file, addr, len, prot, flags, 0, pgoff, &populate);
	userfaultfd_unlock_and_tell(mm);
	if (populate)
		mm_populate(ret, populate);
	return ret;
}

unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len,
		      unsigned long prot, unsigned long flags, unsigned long offset)
{
	if (offset + PAGE_ALIGN(len) < offset || offset_in_page(offset))
		return -EINVAL;
	return vm_mmap_pgoff(file, addr, len, prot, flags, offset >> PAGE_SHIFT);
}

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len, unsigned long, prot,
		unsigned long, flags, unsigned long, fd, unsigned long, off)
{
	struct file *file = NULL;
	unsigned long ret;

	if (offset_in_page(off))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget(fd);
		if (!file)
			return -EBADF;
		if (flags & MAP_HUGETLB) {
			fput(file);
			return -EINVAL;
		}
	} else if (flags & MAP_HUGETLB) {
		return -ENOMEM;	/* no huge pages are reserved */
	}
	ret = vm_mmap_pgoff(file, addr, len, prot, flags, off >> PAGE_SHIFT);
	if (file)
		fput(file);
	return ret;
}
