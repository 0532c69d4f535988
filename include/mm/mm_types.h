/* SPDX-License-Identifier: MIT */
/* The structures of memory: page, address space, mapping, file mapping. */
#ifndef MM_MM_TYPES_H
#define MM_MM_TYPES_H

#include <kern/atomic.h>
#include <kern/rwsem.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <lib/xarray.h>
#include <um/mmu.h>

struct address_space;
struct address_space_operations;
struct file;
struct inode;
struct kmem_cache;
struct linux_binfmt;
struct mempolicy;
struct page;
struct shared_policy;
struct task_struct;
struct user_namespace;
struct userfaultfd_ctx;
struct vm_area_struct;
struct vm_operations_struct;

typedef unsigned long vm_flags_t;
typedef unsigned int vm_fault_t;
typedef unsigned int gfp_t;

typedef struct { u64 pte; } pte_t;
typedef struct { u64 pmd; } pmd_t;
typedef struct { u64 pud; } pud_t;
typedef struct { u64 pgd; } pgd_t;
typedef struct { u64 pgprot; } pgprot_t;
typedef struct page *pgtable_t;

/*
 * One page frame. All zero means that the frame has never been used: the memmap is host memory
 * that nobody has touched, and comes to life as the page allocator hands blocks out.
 *
 *   (x) atomic
 *   (z) the zone's lock, while the page is free
 *   (o) the owner: whoever allocated it
 *   (k) page cache: written under PG_locked and the mapping's i_pages lock
 */
struct page {
	unsigned long flags;			/* x: enum pageflags (<mm/page.h>) */
	union {
		struct {			/* page cache and anonymous pages; free blocks */
			struct list_head lru;	/* z: free list; lru_lock: reclaim list */
			struct address_space *mapping;	/* k: or PAGE_MAPPING_ANON */
			pgoff_t index;		/* k: in pages; for free use of other owners */
			unsigned long private;	/* z: order of a free block; k: file system's */
		};
		struct {			/* PG_slab */
			struct list_head slab_list;	/* the cache's list_lock */
			struct kmem_cache *slab_cache;
			void *freelist;		/* the slab's lock */
			u32 inuse;		/* objects in use, and those that CPUs hold */
			u16 objects;
			u16 frozen : 1;		/* a CPU allocates from it */
			u16 colour : 15;	/* constant: where the first object is */
		};
		struct {			/* PG_tail */
			unsigned long head_pad[3];
			struct page *head;	/* o: the first page */
			unsigned int order;	/* o: first tail: order of the compound page */
		};
		struct {			/* freed after a grace period */
			unsigned long rcu_pad;
			unsigned long rcu_words[2];
		};
	};
	atomic_t _mapcount;			/* x: page table entries that map it */
	atomic_t _refcount;			/* x: 0: free */
	union {
		struct page *text_twin;		/* k: the copy with rewritten system calls (um) */
		u16 *slab_groups;		/* x: PG_slab: who pays for each object; made once */
	};
};
_Static_assert(sizeof(struct page) == 64, "the memmap costs 64 bytes a page");

/* What an address space counts. */
enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES, NR_MM_COUNTERS };

#define AT_VECTOR_SIZE 48

/* So many pages are remembered for the next fork. */
#define FORK_HOT_PAGES 8

/*
 * An address space.
 *
 *   (m) mmap_lock: written under its write side, read under either
 *   (p) page_table_lock: the page tables and what they count; innermost, never sleeps
 *   (a) arg_lock
 *   (x) atomic
 *   (i) set before others see it, then constant
 */
struct mm_struct {
	struct rb_root mm_rb;			/* m: areas by address, with gaps */
	struct vm_area_struct *mmap;		/* m: the first area; they form a list */
	struct vm_area_struct *vmacache;	/* x: last area found: a hint checked before use */
	u64 vmacache_seq;			/* m */
	pgd_t *pgd;				/* i: top table; entries p */
	unsigned long mmap_base;		/* i: mappings grow down from here */
	unsigned long task_size;		/* i */
	atomic_t mm_users;			/* x: threads and get_task_mm(); 0: torn down */
	atomic_t mm_count;			/* x: all users count as one, and mmgrab() */
	int map_count;				/* m */
	spinlock_t page_table_lock;
	struct rw_semaphore mmap_lock;
	struct list_head mmlist;		/* mmlist_lock */
	struct anon_mm *anon;			/* i: its node in the family (mm/rmap.c) */
	struct list_head anon_link;		/* the family's lock */

	atomic_long_t rss_stat[NR_MM_COUNTERS];	/* x: pages */
	atomic_long_t pgtables_bytes;		/* x */
	unsigned long hiwater_rss;		/* p: pages */
	unsigned long hiwater_vm;		/* m: pages */
	unsigned long total_vm;			/* m: pages */
	unsigned long locked_vm;		/* m */
	atomic64_t pinned_vm;			/* x */
	unsigned long data_vm;			/* m: private, writable, not stack */
	unsigned long exec_vm;			/* m: executable, not writable, not stack */
	unsigned long stack_vm;			/* m */
	vm_flags_t def_flags;			/* m: of new areas (mlockall) */

	spinlock_t arg_lock;
	unsigned long start_code, end_code, start_data, end_data;	/* a */
	unsigned long start_brk, brk, start_stack;	/* m */
	unsigned long arg_start, arg_end, env_start, env_end;	/* a */
	unsigned long saved_auxv[AT_VECTOR_SIZE];	/* i: after exec */

	struct linux_binfmt *binfmt;		/* i */
	struct mm_context context;		/* the stub (<um/mmu.h>) */
	unsigned long flags;			/* x: MMF_* */
	struct task_struct *owner;		/* RCU: a hint */
	struct user_namespace *user_ns;		/* i */
	struct list_head aio_contexts;		/* aio_lock (fs/aio) */
	struct list_head uffd_events;		/* m: mm/uffd_event.c */
	struct file *exe_file;			/* m: what /proc/PID/exe shows; counted */
	atomic_t membarrier_state;		/* x */
	unsigned long fork_hot[FORK_HOT_PAGES];	/* x: hints of mm/fork_hot.c */
	unsigned int fork_hot_next, fork_hot_told;	/* x: likewise */
	int oom_killed;				/* x: chosen by the OOM killer */
};

/* mm->flags: the low two bits are the dumpable setting. */
#define MMF_DUMPABLE_MASK	3
#define SUID_DUMP_DISABLE	0
#define SUID_DUMP_USER		1
#define SUID_DUMP_ROOT		2
/* The next nine: what a core contains, /proc/PID/coredump_filter. */
#define MMF_DUMP_FILTER_SHIFT	2
#define MMF_DUMP_FILTER_MASK	(0x1ffUL << MMF_DUMP_FILTER_SHIFT)
#define DUMP_ANON_PRIVATE	0
#define DUMP_ANON_SHARED	1
#define DUMP_MAPPED_PRIVATE	2
#define DUMP_MAPPED_SHARED	3
#define DUMP_ELF_HEADERS	4
#define DUMP_HUGETLB_PRIVATE	5
#define MMF_DUMP_FILTER_DEFAULT (0x33UL << MMF_DUMP_FILTER_SHIFT)
#define MMF_OOM_SKIP		21
#define MMF_UNSTABLE		22
#define MMF_DISABLE_THP		24	/* prctl(PR_SET_THP_DISABLE) */
#define MMF_HAS_MDWE		28	/* prctl(PR_SET_MDWE): nothing becomes executable any more */
#define MMF_HAS_MDWE_NO_INHERIT	29	/* ... and children are free again */
#define MMF_MDWE_MASK		(1UL << MMF_HAS_MDWE | 1UL << MMF_HAS_MDWE_NO_INHERIT)
/* What a child and a new program keep. */
#define MMF_INIT_MASK		(MMF_DUMPABLE_MASK | MMF_DUMP_FILTER_MASK | 1UL << MMF_DISABLE_THP | \
				 MMF_MDWE_MASK)

/* The flags that a new address space takes over from one with `flags`. */
static inline unsigned long mmf_inherited(unsigned long flags)
{
	if (flags & 1UL << MMF_HAS_MDWE_NO_INHERIT)
		flags &= ~MMF_MDWE_MASK;
	return flags & MMF_INIT_MASK;
}

/*
 * One mapping: addresses [vm_start, vm_end) of vm_mm. Fields are guarded by mmap_lock (written
 * under its write side), but for shared_node (the file mapping's i_mmap_rwsem).
 */
struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_end;
	struct vm_area_struct *vm_next, *vm_prev;
	struct rb_node vm_rb;
	unsigned long rb_subtree_gap;	/* largest free gap before any area of the subtree */
	struct mm_struct *vm_mm;
	pgprot_t vm_page_prot;
	vm_flags_t vm_flags;
	struct {
		struct rb_node rb;	/* i_mmap: areas by file offset (interval tree) */
		unsigned long rb_subtree_last;
	} shared;
	const struct vm_operations_struct *vm_ops;
	unsigned long vm_pgoff;		/* offset in the file, in pages */
	struct file *vm_file;		/* counted; NULL: anonymous */
	void *vm_private_data;
	unsigned long anon_faults;	/* anonymous pages may be there; batches so far */
	unsigned long anon_next;	/* end of the last batch, and its order: a hint */
	unsigned int anon_order;
	struct mempolicy *vm_policy;	/* counted; NULL: the task's (mm/mempolicy.c) */
	struct userfaultfd_ctx *vm_userfaultfd;	/* not counted: its release takes it off */
};

/* vm_flags */
#define VM_NONE		0x00000000UL
#define VM_READ		0x00000001UL
#define VM_WRITE	0x00000002UL
#define VM_EXEC		0x00000004UL
#define VM_SHARED	0x00000008UL
#define VM_MAYREAD	0x00000010UL	/* mprotect() may set the bit four below */
#define VM_MAYWRITE	0x00000020UL
#define VM_MAYEXEC	0x00000040UL
#define VM_MAYSHARE	0x00000080UL
#define VM_GROWSDOWN	0x00000100UL
#define VM_UFFD_MISSING	0x00000200UL	/* userfaultfd: missing pages */
#define VM_PFNMAP	0x00000400UL	/* frames without struct page semantics */
#define VM_UFFD_WP	0x00001000UL	/* writes to protected pages */
#define VM_LOCKED	0x00002000UL
#define VM_IO		0x00004000UL
#define VM_SEQ_READ	0x00008000UL
#define VM_RAND_READ	0x00010000UL
#define VM_DONTCOPY	0x00020000UL
#define VM_DONTEXPAND	0x00040000UL
#define VM_LOCKONFAULT	0x00080000UL
#define VM_ACCOUNT	0x00100000UL	/* counted in Committed_AS */
#define VM_NORESERVE	0x00200000UL
#define VM_HUGETLB	0x00400000UL
#define VM_SYNC		0x00800000UL
#define VM_WIPEONFORK	0x02000000UL
#define VM_DONTDUMP	0x04000000UL
#define VM_SOFTDIRTY	0x08000000UL
#define VM_MIXEDMAP	0x10000000UL
#define VM_HUGEPAGE	0x20000000UL
#define VM_NOHUGEPAGE	0x40000000UL
#define VM_MERGEABLE	0x80000000UL
#define VM_UFFD_MINOR	0x4000000000UL	/* pages that the file has and the area does not */
#define VM_SEALED	0x8000000000000000UL	/* mseal(): stays as it is */

#define VM_ACCESS_FLAGS	(VM_READ | VM_WRITE | VM_EXEC)
#define VM_STACK	VM_GROWSDOWN
#define VM_STACK_FLAGS	(VM_STACK | VM_DATA_DEFAULT_FLAGS | VM_ACCOUNT)
#define VM_DATA_DEFAULT_FLAGS (VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#define VM_LOCKED_CLEAR_MASK (~(VM_LOCKED | VM_LOCKONFAULT))
#define VM_SPECIAL	(VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP)

/*
 * The cached pages of one file (or block device, or tmpfs object), and who maps them.
 *
 *   (r) i_mmap_rwsem
 *   (l) the xarray's own lock, i_pages.xa_lock; readers use RCU and then check the page
 */
struct address_space {
	struct inode *host;			/* constant: the owner, NULL for none */
	struct xarray i_pages;			/* l: pages by index; marks PAGECACHE_TAG_* */
	struct rw_semaphore invalidate_lock;	/* fills (read) against truncation (write) */
	gfp_t gfp_mask;				/* constant */
	atomic_t i_mmap_writable;		/* x: shared writable mappings; <0: denied */
	struct rb_root_cached i_mmap;		/* r: areas that map it */
	struct rw_semaphore i_mmap_rwsem;
	unsigned long nrpages;			/* l */
	unsigned long nrswapped;		/* l: places of tmpfs that are on swap (mm/shmem.c) */
	pgoff_t writeback_index;		/* hint */
	const struct address_space_operations *a_ops;	/* constant */
	unsigned long flags;			/* x: AS_* */
	int wb_err;				/* l: last writeback error not yet reported */
	spinlock_t private_lock;		/* the file system's */
	struct list_head private_list;
	void *private_data;
	struct shared_policy *policy;		/* tmpfs: of its pages, once some are set; then constant */
	struct list_head dirty_link;		/* mm/flusher.c: dirty_lock */
	unsigned long dirtied_when;		/* jiffies; dirty_lock */
};

#endif
