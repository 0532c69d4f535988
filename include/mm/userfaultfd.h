/* SPDX-License-Identifier: MIT */
/*
 * userfaultfd(2): a program resolves its own page faults. The context and the waiting are in
 * mm/userfaultfd.c, what fills and protects pages in mm/uffd_fill.c, the descriptor in
 * fs/userfaultfd/.
 */
#ifndef MM_USERFAULTFD_H
#define MM_USERFAULTFD_H

#include <kern/atomic.h>
#include <kern/refcount.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <kern/wait.h>
#include <lib/list.h>
#include <linux/userfaultfd.h>
#include <mm/fault.h>

#define VM_UFFD_MODES (VM_UFFD_MISSING | VM_UFFD_WP | VM_UFFD_MINOR)

/*
 * One descriptor. Areas that are registered point at it without a reference: its release takes
 * them off under mmap_lock.
 *   (i) constant   (l) lock   (x) atomic
 */
struct userfaultfd_ctx {
	refcount_t refs;
	struct mm_struct *mm;		/* i: mmgrab()ed */
	unsigned int flags;		/* i: of userfaultfd(): UFFD_USER_MODE_ONLY, O_* */
	atomic_t features;		/* x: UFFD_FEATURE_*; 0: UFFDIO_API is still to come */
	spinlock_t lock;
	struct list_head pending;	/* l: faults to be read */
	struct list_head faults;	/* l: faults that were read */
	struct list_head events;	/* l: what happened to areas, to be read */
	atomic_t changing;		/* x: changes of areas that were not read: nothing is filled */
	bool released;			/* l: the descriptor is closed */
	wait_queue_head_t readers;
	wait_queue_head_t sleepers;	/* tasks with a fault or an event */
};

/* features: UFFDIO_API was done. No feature has this bit. */
#define UFFD_INITIALIZED (1u << 31)
/* What is there. */
#define UFFD_FEATURES (UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_MISSING_SHMEM | \
		       UFFD_FEATURE_SIGBUS | UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_MINOR_SHMEM | \
		       UFFD_FEATURE_EXACT_ADDRESS | UFFD_FEATURE_EVENT_FORK | \
		       UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE | \
		       UFFD_FEATURE_EVENT_UNMAP)

/* A task that waits for a fault to be resolved, or for an event to be read. */
struct uffd_wait {
	struct list_head link;		/* ctx->lock: in pending, faults or events */
	struct uffd_msg msg;		/* constant */
	unsigned long address;		/* constant: page aligned */
	bool woken;			/* ctx->lock to write */
	struct userfaultfd_ctx *child;	/* ctx->lock: UFFD_EVENT_FORK: the child's, until it is read */
};

/* A new context of an address space, with one reference; NULL without memory. */
struct userfaultfd_ctx *userfaultfd_alloc(struct mm_struct *mm, unsigned int flags);
void userfaultfd_put(struct userfaultfd_ctx *ctx);
/* The descriptor is closed: its areas are free again, and nobody waits any more. => may sleep */
void userfaultfd_release(struct userfaultfd_ctx *ctx);
/*
 * The oldest fault, or else event, that was not read: its message; a child's context goes to *child.
 * False: none. => the event is over by this: who cannot deliver it has lost it
 */
bool userfaultfd_next(struct userfaultfd_ctx *ctx, struct uffd_msg *msg,
		      struct userfaultfd_ctx **child);
bool userfaultfd_readable(struct userfaultfd_ctx *ctx);
/* The faults in [start, start + len) are tried again. */
void userfaultfd_wake(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len);

/*
 * Hands a fault to the descriptor of its area: VM_FAULT_RETRY when it was resolved or a signal
 * came, with mmap_lock dropped; VM_FAULT_SIGBUS. `reason` is a VM_UFFD_*.
 * => mmap_lock held for reading
 */
vm_fault_t handle_userfault(struct vm_fault *vmf, vm_flags_t reason);
/* A page is missing in an area with a descriptor: 0 when that does not want to know. */
vm_fault_t userfaultfd_missing(struct vm_fault *vmf);
/* Takes the descriptor off an area. => mmap_lock held for writing */
void userfaultfd_forget(struct vm_area_struct *vma);

/*
 * What changes areas notes it in mm->uffd_events, with mmap_lock held for writing; whoever drops
 * that lock takes the list along, and tells, which waits until each was read. 0 or -ENOMEM.
 */
int userfaultfd_note_unmap(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long end);
int userfaultfd_note_remap(struct vm_area_struct *vma, unsigned long from, unsigned long to,
			   unsigned long len);
/* fork(): the child's area gets the context of the child, or none. */
int userfaultfd_note_fork(struct vm_area_struct *child, struct vm_area_struct *parent);
/* => mmap_lock held for writing, which they drop */
void userfaultfd_unlock_and_tell(struct mm_struct *mm);
void userfaultfd_unlock_and_drop(struct mm_struct *mm);
/*
 * madvise() is about to drop pages of the area: tells, and waits. True: mmap_lock was dropped
 * meanwhile. => mmap_lock held for reading
 */
bool userfaultfd_remove(struct vm_area_struct *vma, unsigned long start, unsigned long end);

/* UFFDIO_REGISTER and UFFDIO_UNREGISTER; modes are VM_UFFD_*. 0 or an errno. => may sleep */
int userfaultfd_register(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len,
			 vm_flags_t modes);
int userfaultfd_unregister(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len);

enum uffd_fill { UFFD_FILL_COPY, UFFD_FILL_ZERO, UFFD_FILL_CONTINUE };

/*
 * Puts pages into [dst, dst + len): copies from src, zeros, or what the file has there; `wp`:
 * protected from writing. Bytes done, or an errno if none: -EEXIST, -ENOENT (not one registered
 * area), -EINVAL, -EFAULT, -ENOMEM, -ESRCH. => may sleep
 */
long userfaultfd_fill(struct userfaultfd_ctx *ctx, enum uffd_fill what, unsigned long dst,
		      unsigned long src, unsigned long len, bool wp);
/* UFFDIO_WRITEPROTECT: 0, -ENOENT, -ESRCH. => may sleep */
int userfaultfd_writeprotect(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len,
			     bool protect);
/* Protects, or frees, the entries of one area. => mmap_lock held */
void uffd_wp_range(struct vm_area_struct *vma, unsigned long start, unsigned long end, bool protect);

#endif
