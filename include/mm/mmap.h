/* SPDX-License-Identifier: MIT */
/* Address spaces: life, areas, mapping and unmapping, access to other tasks' memory. */
#ifndef MM_MMAP_H
#define MM_MMAP_H

#include <kern/rwsem.h>
#include <kern/types.h>
#include <mm/fault.h>
#include <mm/mm_types.h>
#include <mm/page.h>

struct rlimit;
struct seq_file;

extern struct mm_struct init_mm;

/* ---- life of an mm ---- */

/* An empty address space with one user, or NULL. => may sleep */
struct mm_struct *mm_alloc(struct task_struct *task);
/* fork(): a copy-on-write copy, or NULL. `task` is the child. => may sleep */
struct mm_struct *dup_mm(struct task_struct *task, struct mm_struct *oldmm);

static inline void mmget(struct mm_struct *mm)
{
	atomic_inc(&mm->mm_users);
}

static inline bool mmget_not_zero(struct mm_struct *mm)
{
	return atomic_inc_not_zero(&mm->mm_users);
}

static inline void mmgrab(struct mm_struct *mm)
{
	atomic_inc(&mm->mm_count);
}

/* The last user tears all mappings down. => may sleep */
void mmput(struct mm_struct *mm);
/* => any context without spinlocks of mm/ */
void __mmdrop(struct mm_struct *mm);
static inline void mmdrop(struct mm_struct *mm)
{
	if (atomic_dec_and_test(&mm->mm_count))
		__mmdrop(mm);
}

/* The task's mm with a user reference, NULL for kernel threads and the dead. */
struct mm_struct *get_task_mm(struct task_struct *task);
/* exe_file with a reference, or NULL. */
struct file *get_mm_exe_file(struct mm_struct *mm);
/* => exec, or prctl with mmap_lock for writing; takes its own reference */
int set_mm_exe_file(struct mm_struct *mm, struct file *file);

static inline void mmap_init_lock(struct mm_struct *mm)
{
	init_rwsem(&mm->mmap_lock);
}
static inline void mmap_write_lock(struct mm_struct *mm)
{
	down_write(&mm->mmap_lock);
}
static inline void mmap_write_unlock(struct mm_struct *mm)
{
	up_write(&mm->mmap_lock);
}
static inline void mmap_read_lock(struct mm_struct *mm)
{
	down_read(&mm->mmap_lock);
}
static inline void mmap_read_unlock(struct mm_struct *mm)
{
	up_read(&mm->mmap_lock);
}
static inline bool mmap_read_trylock(struct mm_struct *mm)
{
	return down_read_trylock(&mm->mmap_lock) != 0;
}
int mmap_write_lock_killable(struct mm_struct *mm);
int mmap_read_lock_killable(struct mm_struct *mm);

/* Map what the child of fork (the program of exec) will touch first. => may sleep, no locks */
struct pt_regs;
void mm_prefetch_fork(struct mm_struct *mm, const struct pt_regs *regs);
void mm_prefetch_exec(struct mm_struct *mm, unsigned long sp);

/* ---- areas; all => mmap_lock held ---- */

/* The first area that ends above addr (it may start above it too), or NULL. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
struct vm_area_struct *find_vma_prev(struct mm_struct *mm, unsigned long addr,
				     struct vm_area_struct **prev);
/* The area that holds addr, or NULL. */
struct vm_area_struct *vma_lookup(struct mm_struct *mm, unsigned long addr);
/* Is all of the range mapped? O(areas * log n). => mmap_lock held */
bool range_is_mapped(struct mm_struct *mm, unsigned long start, unsigned long end);
struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, unsigned long start,
					     unsigned long end);
#define for_each_vma(mm, vma) for ((vma) = (mm)->mmap; (vma); (vma) = (vma)->vm_next)

static inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

static inline bool vma_is_anonymous(const struct vm_area_struct *vma)
{
	return !vma->vm_ops;
}
bool vma_is_special_mapping(const struct vm_area_struct *vma);
/* "[heap]", "[stack]", "[vdso]" or NULL: what /proc/PID/maps shows for an area without file. */
const char *arch_vma_name(struct vm_area_struct *vma);
bool vma_is_initial_heap(const struct vm_area_struct *vma);
bool vma_is_initial_stack(const struct vm_area_struct *vma);
/* Where the area starts once the stack guard gap counts. */
unsigned long vm_start_gap(struct vm_area_struct *vma);

/* Grows a stack area down to addr (limits, guard gap): 0 or -ENOMEM. => write side held */
int expand_stack(struct vm_area_struct *vma, unsigned long addr);
/* Puts a new area in: 0 or -ENOMEM (overlap, accounting). => write side held */
int insert_vm_struct(struct mm_struct *mm, struct vm_area_struct *vma);
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
void vm_area_free(struct vm_area_struct *vma);
/* Moves the new stack area of exec by `shift` bytes down, and its pages. */
int relocate_vma_down(struct vm_area_struct *vma, unsigned long shift);
/* mprotect() for exec's stack. => write side held */
int mprotect_fixup(struct vm_area_struct *vma, struct vm_area_struct **pprev, unsigned long start,
		   unsigned long end, vm_flags_t newflags);

/* An area of given pages (NULL-terminated), without file: vdso and the like. */
struct vm_special_mapping {
	const char *name;		/* "[vdso]" */
	struct page **pages;
	vm_fault_t (*fault)(const struct vm_special_mapping *sm, struct vm_area_struct *vma,
			    struct vm_fault *vmf);
	int (*mremap)(const struct vm_special_mapping *sm, struct vm_area_struct *vma);
};
/* => write side held; the area or ERR_PTR */
struct vm_area_struct *_install_special_mapping(struct mm_struct *mm, unsigned long addr,
						unsigned long len, vm_flags_t flags,
						const struct vm_special_mapping *spec);

/* ---- mapping; addresses or -errno as unsigned long ---- */

/* As mmap(2), current's mm, takes the lock itself. offset in bytes. */
unsigned long vm_mmap(struct file *file, unsigned long addr, unsigned long len,
		      unsigned long prot, unsigned long flags, unsigned long offset);
unsigned long vm_mmap_pgoff(struct file *file, unsigned long addr, unsigned long len,
			    unsigned long prot, unsigned long flags, unsigned long pgoff);
int vm_munmap(unsigned long addr, size_t len);
/* Zero-filled private memory at a fixed, free place (exec's bss). 0 or -errno. */
int vm_brk_flags(unsigned long addr, unsigned long len, unsigned long flags);
/* => write side held */
unsigned long do_mmap(struct file *file, unsigned long addr, unsigned long len,
		      unsigned long prot, unsigned long flags, vm_flags_t vm_flags,
		      unsigned long pgoff, unsigned long *populate);
int do_munmap(struct mm_struct *mm, unsigned long start, size_t len);
unsigned long get_unmapped_area(struct file *file, unsigned long addr, unsigned long len,
				unsigned long pgoff, unsigned long flags);
/* The default of f_op->get_unmapped_area: top-down first fit. */
unsigned long mm_get_unmapped_area(struct mm_struct *mm, struct file *file, unsigned long addr,
				   unsigned long len, unsigned long pgoff, unsigned long flags);
/* Faults a range in (MAP_POPULATE, mlock); errors are ignored. => no lock held */
void mm_populate(unsigned long addr, unsigned long len);
/* exec: lays out mmap_base by the stack limit and personality. `rnd`: random pages. */
void arch_pick_mmap_layout(struct mm_struct *mm, const struct rlimit *rlim_stack);
unsigned long arch_randomize_brk(struct mm_struct *mm);

/* f_op->mmap for files whose pages are in the page cache. */
int generic_file_mmap(struct file *file, struct vm_area_struct *vma);
int generic_file_readonly_mmap(struct file *file, struct vm_area_struct *vma);
extern const struct vm_operations_struct generic_file_vm_ops;

/* Removes page table entries of an area (MADV_DONTNEED). => mmap_lock held */
void zap_page_range(struct vm_area_struct *vma, unsigned long start, unsigned long size);
void zap_vma_ptes(struct vm_area_struct *vma, unsigned long addr, unsigned long size);

/* ---- memory of tasks, also of others ---- */

#define FOLL_WRITE	0x01
#define FOLL_TOUCH	0x02
#define FOLL_GET	0x04
#define FOLL_FORCE	0x10	/* past the mapping's protection, as ptrace and /proc/PID/mem */
#define FOLL_NOWAIT	0x20
#define FOLL_REMOTE	0x2000
#define FOLL_ANON	0x8000

/*
 * Pages behind [start, start + nr pages) of mm, each with a reference. Count, or -errno when
 * not even the first could be had. => mmap_lock held for reading
 */
long get_user_pages_remote(struct mm_struct *mm, unsigned long start, unsigned long nr,
			   unsigned int gup_flags, struct page **pages);
long get_user_pages(unsigned long start, unsigned long nr, unsigned int gup_flags,
		    struct page **pages);
/* The same, takes the lock itself; current's mm. */
long get_user_pages_unlocked(unsigned long start, unsigned long nr, struct page **pages,
			     unsigned int gup_flags);
int get_user_pages_fast(unsigned long start, int nr, unsigned int gup_flags, struct page **pages);
#define pin_user_pages_fast get_user_pages_fast
#define unpin_user_page(page) put_page(page)
void unpin_user_pages_dirty_lock(struct page **pages, unsigned long nr, bool dirty);

/* Copies to or from another task's memory; bytes done (0: none). => may sleep */
int access_process_vm(struct task_struct *task, unsigned long addr, void *buf, int len,
		      unsigned int gup_flags);
int access_remote_vm(struct mm_struct *mm, unsigned long addr, void *buf, int len,
		     unsigned int gup_flags);
/* argv (or what it was overwritten with) of a task into buf: /proc/PID/cmdline. */
int get_cmdline(struct task_struct *task, char *buf, int buflen);

/* ---- accounting ---- */

static inline unsigned long get_mm_counter(struct mm_struct *mm, int member)
{
	long val = atomic_long_read(&mm->rss_stat[member]);

	return val < 0 ? 0 : val;
}
static inline unsigned long get_mm_rss(struct mm_struct *mm)
{
	return get_mm_counter(mm, MM_FILEPAGES) + get_mm_counter(mm, MM_ANONPAGES) +
	       get_mm_counter(mm, MM_SHMEMPAGES);
}
unsigned long get_mm_hiwater_rss(struct mm_struct *mm);
unsigned long get_mm_hiwater_vm(struct mm_struct *mm);
/* prctl(PR_SET_MDWE): would a change from `old` to `new` make executable what was, or is, writable? */
static inline bool map_deny_write_exec(const struct mm_struct *mm, vm_flags_t old, vm_flags_t new)
{
	if (!test_bit(MMF_HAS_MDWE, &mm->flags) || !(new & VM_EXEC))
		return false;
	return (new & VM_WRITE) || !(old & VM_EXEC);
}

bool may_expand_vm(struct mm_struct *mm, vm_flags_t flags, unsigned long npages);
void vm_stat_account(struct mm_struct *mm, vm_flags_t flags, long npages);

/* The Vm*, Rss* lines of /proc/PID/status. */
void task_mem(struct seq_file *m, struct mm_struct *mm);
/* The fields of /proc/PID/statm, in pages; returns the total size. */
unsigned long task_statm(struct mm_struct *mm, unsigned long *shared, unsigned long *text,
			 unsigned long *data, unsigned long *resident);

/* Would a huge page fit into the area (smaps: THPeligible)? */
bool vma_thp_eligible(const struct vm_area_struct *vma);

/* Overcommit: 0 heuristic, 1 always, 2 never. */
extern int sysctl_overcommit_memory;
extern int sysctl_overcommit_ratio;
extern unsigned long sysctl_overcommit_kbytes;
extern unsigned long sysctl_admin_reserve_kbytes, sysctl_user_reserve_kbytes;
extern int sysctl_max_map_count;
extern unsigned long mmap_min_addr;
extern unsigned long stack_guard_gap;	/* pages */
unsigned long vm_commit_limit(void);
unsigned long vm_memory_committed(void);
/* 0 or -ENOMEM; vm_unacct_memory() gives back. */
int security_vm_enough_memory_mm(struct mm_struct *mm, long pages);
void vm_acct_memory(long pages);
static inline void vm_unacct_memory(long pages)
{
	vm_acct_memory(-pages);
}

/* -EAGAIN when so many pages more, with these flags, would be too much locked memory. */
int mlock_future_check(struct mm_struct *mm, vm_flags_t flags, unsigned long pages);
/* Shared anonymous memory: gives the area a fresh tmpfs object (fs/tmpfs: shmem_zero_setup). */
int shmem_zero_setup(struct vm_area_struct *vma);
bool shmem_mapping(struct address_space *mapping);

#endif
