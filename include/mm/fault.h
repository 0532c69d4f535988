/* SPDX-License-Identifier: MIT */
/* Page faults: entry points, what a mapping's operations get, what they return. */
#ifndef MM_FAULT_H
#define MM_FAULT_H

#include <kern/types.h>
#include <mm/mm_types.h>
#include <mm/page.h>

struct pt_regs;

/* error_code of do_user_page_fault(): the processor's bits. */
#define X86_PF_PROT	1
#define X86_PF_WRITE	2
#define X86_PF_USER	4
#define X86_PF_INSTR	16

#define FAULT_FLAG_WRITE		0x01
#define FAULT_FLAG_MKWRITE		0x02
#define FAULT_FLAG_ALLOW_RETRY		0x04
#define FAULT_FLAG_RETRY_NOWAIT		0x08
#define FAULT_FLAG_KILLABLE		0x10
#define FAULT_FLAG_TRIED		0x20
#define FAULT_FLAG_USER			0x40	/* the guest touched it (not a kernel copy) */
#define FAULT_FLAG_REMOTE		0x80	/* another task's memory */
#define FAULT_FLAG_INSTRUCTION		0x100

#define VM_FAULT_OOM		0x0001
#define VM_FAULT_SIGBUS		0x0002
#define VM_FAULT_MAJOR		0x0004
#define VM_FAULT_SIGSEGV	0x0040
#define VM_FAULT_NOPAGE		0x0100	/* ->fault installed the entry itself */
#define VM_FAULT_LOCKED		0x0200	/* ->fault returns its page locked */
#define VM_FAULT_RETRY		0x0400	/* mmap_lock was dropped; look the area up again */
#define VM_FAULT_ERROR		(VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV)

struct vm_fault {
	struct vm_area_struct *vma;
	gfp_t gfp_mask;
	pgoff_t pgoff;			/* page of the file */
	unsigned long address;		/* page aligned */
	unsigned long real_address;	/* as it was accessed */
	unsigned int flags;		/* FAULT_FLAG_* */
	struct page *page;		/* ->fault returns its page here, with a reference */
	struct page *cow_page;
	pte_t orig_pte;
};

/* Operations of a mapping. All run under mmap_lock: fault, page_mkwrite, access with either side. */
struct vm_operations_struct {
	/* The area was copied (fork, split). May sleep. */
	void (*open)(struct vm_area_struct *vma);
	void (*close)(struct vm_area_struct *vma);
	/* May it be split at addr? 0 or -errno. */
	int (*may_split)(struct vm_area_struct *vma, unsigned long addr);
	int (*mremap)(struct vm_area_struct *vma);
	/* Finds the page of vmf->pgoff: vmf->page, or installs it and says NOPAGE. May sleep. */
	vm_fault_t (*fault)(struct vm_fault *vmf);
	/* Maps what is cached in [start, end] of the file around a fault, without sleeping. */
	vm_fault_t (*map_pages)(struct vm_fault *vmf, pgoff_t start, pgoff_t end);
	/* A page of a shared mapping becomes writable: returns it locked (VM_FAULT_LOCKED). */
	vm_fault_t (*page_mkwrite)(struct vm_fault *vmf);
	/* Access of another task to a VM_IO area; bytes or -errno. */
	int (*access)(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, int write);
	const char *(*name)(struct vm_area_struct *vma);
};

/*
 * A guest access faulted. Makes it good, or queues SIGSEGV/SIGBUS for current, or (memory out)
 * has somebody killed. => task context, interrupts on, no locks
 */
void do_user_page_fault(struct pt_regs *regs, unsigned long addr, unsigned long error_code);

/*
 * Makes [addr] of the area present and accessible as flags ask.
 * => mmap_lock held for reading or writing; may sleep; VM_FAULT_* on return
 */
vm_fault_t handle_mm_fault(struct vm_area_struct *vma, unsigned long addr, unsigned int flags);

/* Installs a page (not refcounted frames: pfn) at addr of a VM_MIXEDMAP or VM_PFNMAP area. */
int vm_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page);
int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn,
		    unsigned long size, pgprot_t prot);
vm_fault_t vmf_insert_pfn(struct vm_area_struct *vma, unsigned long addr, unsigned long pfn);
vm_fault_t vmf_insert_page(struct vm_area_struct *vma, unsigned long addr, struct page *page);

/* A row of pages of zeros, shared by all: never write them. A row, so that one host mapping shows it. */
#define ZERO_PAGES_ORDER 4
extern struct page *zero_page;
#define ZERO_PAGE(addr) (zero_page + (((addr) >> PAGE_SHIFT) & ((1UL << ZERO_PAGES_ORDER) - 1)))

static inline bool is_zero_pfn(unsigned long pfn)
{
	return pfn - page_to_pfn(zero_page) < 1UL << ZERO_PAGES_ORDER;
}

#endif
