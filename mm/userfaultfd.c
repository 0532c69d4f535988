// SPDX-License-Identifier: MIT
/*
 * userfaultfd: contexts, registered areas, and the tasks that wait for a fault to be resolved.
 *
 * A task that faults in a registered area queues itself under mmap_lock, looks once more whether
 * the entry is still as it was, drops mmap_lock, and sleeps. Who resolves the fault changes the
 * entry, under mmap_lock as well, and then wakes: so he finds the task in the queue, or the task
 * finds his entry.
 *
 * Lock order: mmap_lock, ctx->lock. page_table_lock is not held with ctx->lock.
 */
#include <mm/userfaultfd.h>

#include "vm.h"

#include <fs/file.h>
#include <fs/inode.h>
#include <kern/rcupdate.h>
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <linux/poll.h>
#include <mm/pagemap.h>
#include <mm/slab.h>

struct userfaultfd_ctx *userfaultfd_alloc(struct mm_struct *mm, unsigned int flags)
{
	struct userfaultfd_ctx *ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);

	if (!ctx)
		return NULL;
	refcount_set(&ctx->refs, 1);
	ctx->mm = mm;
	mmgrab(ctx->mm);
	ctx->flags = flags;
	spin_lock_init(&ctx->lock);
	INIT_LIST_HEAD(&ctx->pending);
	INIT_LIST_HEAD(&ctx->faults);
	INIT_LIST_HEAD(&ctx->events);
	init_waitqueue_head(&ctx->readers);
	init_waitqueue_head(&ctx->sleepers);
	return ctx;
}

void userfaultfd_put(struct userfaultfd_ctx *ctx)
{
	if (!refcount_dec_and_test(&ctx->refs))
		return;
	mmdrop(ctx->mm);
	kfree(ctx);
}

/* ---- queues ---- */

bool userfaultfd_next(struct userfaultfd_ctx *ctx, struct uffd_msg *msg,
		      struct userfaultfd_ctx **child)
{
	struct uffd_wait *wait;
	bool event = false;

	*child = NULL;
	spin_lock(&ctx->lock);
	wait = list_first_entry_or_null(&ctx->pending, struct uffd_wait, link);
	if (wait) {
		*msg = wait->msg;
		list_move_tail(&wait->link, &ctx->faults);
	} else {
		wait = list_first_entry_or_null(&ctx->events, struct uffd_wait, link);
		event = wait;
	}
	if (event) {
		*msg = wait->msg;
		*child = wait->child;
		wait->child = NULL;
		list_del_init(&wait->link);
		WRITE_ONCE(wait->woken, true);
	}
	spin_unlock(&ctx->lock);
	if (event)
		wake_up_all(&ctx->sleepers);
	return wait;
}

bool userfaultfd_readable(struct userfaultfd_ctx *ctx)
{
	return !list_empty_careful(&ctx->pending) || !list_empty_careful(&ctx->events);
}

/* => ctx->lock held */
static void wake_list(struct list_head *list, unsigned long start, unsigned long len)
{
	struct uffd_wait *wait, *n;

	list_for_each_entry_safe(wait, n, list, link) {
		if (wait->address - start >= len)
			continue;
		list_del_init(&wait->link);
		WRITE_ONCE(wait->woken, true);
	}
}

void userfaultfd_wake(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len)
{
	spin_lock(&ctx->lock);
	wake_list(&ctx->pending, start, len);
	wake_list(&ctx->faults, start, len);
	spin_unlock(&ctx->lock);
	wake_up_all(&ctx->sleepers);
}

/* ---- faults ---- */

/* Is there a page in the file, or a place for it on swap? */
static bool file_has_page(const struct vm_fault *vmf)
{
	bool has;

	rcu_read_lock();
	has = xa_load(&vmf->vma->vm_file->f_mapping->i_pages, vmf->pgoff) != NULL;
	rcu_read_unlock();
	return has;
}

/* Would the fault still be one? => mmap_lock held */
static bool must_wait(const struct vm_fault *vmf, vm_flags_t reason)
{
	struct mm_struct *mm = vmf->vma->vm_mm;
	pte_t *ptep, pte = __pte(0);

	spin_lock(&mm->page_table_lock);
	ptep = pte_lookup(mm, vmf->address);
	if (ptep)
		pte = ptep_get(ptep);
	spin_unlock(&mm->page_table_lock);
	if (reason == VM_UFFD_WP)
		return pte_present(pte) && pte_uffd_wp(pte);
	return pte_none(pte);
}

static void fill_msg(struct uffd_msg *msg, const struct vm_fault *vmf, vm_flags_t reason,
		     unsigned int features)
{
	memset(msg, 0, sizeof(*msg));
	msg->event = UFFD_EVENT_PAGEFAULT;
	msg->arg.pagefault.address = features & UFFD_FEATURE_EXACT_ADDRESS ? vmf->real_address :
									     vmf->address;
	if (vmf->flags & FAULT_FLAG_WRITE)
		msg->arg.pagefault.flags |= UFFD_PAGEFAULT_FLAG_WRITE;
	if (reason == VM_UFFD_WP)
		msg->arg.pagefault.flags |= UFFD_PAGEFAULT_FLAG_WP;
	if (reason == VM_UFFD_MINOR)
		msg->arg.pagefault.flags |= UFFD_PAGEFAULT_FLAG_MINOR;
	if (features & UFFD_FEATURE_THREAD_ID)
		msg->arg.pagefault.feat.ptid = task_pid_vnr(current);
}

/* => no lock held */
static void sleep_until_woken(struct userfaultfd_ctx *ctx, const struct uffd_wait *wait, bool user)
{
	wake_up_poll(&ctx->readers, POLLIN);
	/* A copy of the kernel's cannot be left half way by just any signal. */
	if (user)
		(void)wait_event_interruptible(ctx->sleepers, READ_ONCE(wait->woken));
	else
		(void)wait_event_killable(ctx->sleepers, READ_ONCE(wait->woken));
}

vm_fault_t handle_userfault(struct vm_fault *vmf, vm_flags_t reason)
{
	struct userfaultfd_ctx *ctx = vmf->vma->vm_userfaultfd;
	unsigned int features = atomic_read(&ctx->features);
	struct mm_struct *mm = vmf->vma->vm_mm;
	struct uffd_wait wait = { .address = vmf->address };
	bool user = vmf->flags & FAULT_FLAG_USER, released;

	if ((features & UFFD_FEATURE_SIGBUS) || (current->flags & PF_EXITING))
		return VM_FAULT_SIGBUS;
	if (!user && (ctx->flags & UFFD_USER_MODE_ONLY))
		return VM_FAULT_SIGBUS;
	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY))
		return VM_FAULT_SIGBUS;
	fill_msg(&wait.msg, vmf, reason, features);
	refcount_inc(&ctx->refs);
	spin_lock(&ctx->lock);
	released = ctx->released;
	if (!released)
		list_add_tail(&wait.link, &ctx->pending);
	else
		INIT_LIST_HEAD(&wait.link);
	spin_unlock(&ctx->lock);
	released |= !must_wait(vmf, reason);
	mmap_read_unlock(mm);
	if (!released)
		sleep_until_woken(ctx, &wait, user);
	spin_lock(&ctx->lock);
	list_del_init(&wait.link);
	spin_unlock(&ctx->lock);
	userfaultfd_put(ctx);
	return !user && fatal_signal_pending(current) ? VM_FAULT_RETRY | VM_FAULT_SIGBUS :
							VM_FAULT_RETRY;
}

vm_fault_t userfaultfd_missing(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	if (vma_is_anonymous(vma))
		return vma->vm_flags & VM_UFFD_MISSING ? handle_userfault(vmf, VM_UFFD_MISSING) : 0;
	if (vmf->pgoff >= DIV_ROUND_UP(i_size_read(file_inode(vma->vm_file)), PAGE_SIZE))
		return 0;
	if (!file_has_page(vmf))
		return vma->vm_flags & VM_UFFD_MISSING ? handle_userfault(vmf, VM_UFFD_MISSING) : 0;
	return vma->vm_flags & VM_UFFD_MINOR ? handle_userfault(vmf, VM_UFFD_MINOR) : 0;
}

/* ---- areas ---- */

void userfaultfd_forget(struct vm_area_struct *vma)
{
	vma->vm_userfaultfd = NULL;
	vma->vm_flags &= ~VM_UFFD_MODES;
}

/* => mmap_lock held for writing */
static void take_off(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_UFFD_WP)
		uffd_wp_range(vma, vma->vm_start, vma->vm_end, false);
	userfaultfd_forget(vma);
}

void userfaultfd_release(struct userfaultfd_ctx *ctx)
{
	struct mm_struct *mm = ctx->mm;
	struct vm_area_struct *vma;

	spin_lock(&ctx->lock);
	ctx->released = true;
	spin_unlock(&ctx->lock);
	if (mmget_not_zero(mm)) {
		mmap_write_lock(mm);
		for_each_vma(mm, vma) {
			if (vma->vm_userfaultfd != ctx)
				continue;
			take_off(vma);
			vma = vma_try_merge(mm, vma);
		}
		mmap_write_unlock(mm);
		mmput(mm);
	}
	spin_lock(&ctx->lock);
	wake_list(&ctx->events, 0, ~0UL);
	spin_unlock(&ctx->lock);
	userfaultfd_wake(ctx, 0, ~0UL);
	userfaultfd_put(ctx);
}

static bool can_register(const struct vm_area_struct *vma, vm_flags_t modes)
{
	if (vma->vm_flags & (VM_IO | VM_PFNMAP | VM_MIXEDMAP))
		return false;
	if (vma_is_anonymous(vma))
		return !(modes & VM_UFFD_MINOR);
	if (!vma->vm_file || !test_bit(AS_SHMEM, &vma->vm_file->f_mapping->flags) ||
	    test_bit(AS_SECRET, &vma->vm_file->f_mapping->flags))
		return false;
	return !(modes & VM_UFFD_WP);
}

/* May all areas of the range be registered? => mmap_lock held */
static int check_areas(const struct userfaultfd_ctx *ctx, unsigned long start, unsigned long end,
		       vm_flags_t modes)
{
	struct vm_area_struct *vma = find_vma_intersection(ctx->mm, start, end);

	if (!vma)
		return -EINVAL;
	for (; vma && vma->vm_start < end; vma = vma->vm_next) {
		if (!can_register(vma, modes))
			return -EINVAL;
		/* Nobody gets to fill what he may not write. */
		if (!(vma->vm_flags & VM_MAYWRITE))
			return -EPERM;
		if (vma->vm_userfaultfd && vma->vm_userfaultfd != ctx)
			return -EBUSY;
	}
	return 0;
}

/* The part of an area in the range becomes one of its own, and is changed: ctx NULL takes off. */
static int change_area(struct vm_area_struct **at, unsigned long start, unsigned long end,
		       struct userfaultfd_ctx *ctx, vm_flags_t modes)
{
	struct vm_area_struct *vma = *at;
	struct mm_struct *mm = vma->vm_mm;
	int error = vma_isolate(mm, vma, max(start, vma->vm_start), min(end, vma->vm_end));

	if (error)
		return error;
	if ((vma->vm_flags & VM_UFFD_WP) && !(modes & VM_UFFD_WP))
		uffd_wp_range(vma, vma->vm_start, vma->vm_end, false);
	vma->vm_flags = (vma->vm_flags & ~VM_UFFD_MODES) | modes;
	vma->vm_userfaultfd = ctx;
	*at = vma_try_merge(mm, vma);
	return 0;
}

int userfaultfd_register(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len,
			 vm_flags_t modes)
{
	struct mm_struct *mm = ctx->mm;
	struct vm_area_struct *vma;
	int error;

	if (!mmget_not_zero(mm))
		return -ENOMEM;
	mmap_write_lock(mm);
	error = check_areas(ctx, start, start + len, modes);
	vma = find_vma_intersection(mm, start, start + len);
	while (!error && vma && vma->vm_start < start + len) {
		error = change_area(&vma, start, start + len, ctx, modes);
		vma = vma->vm_next;
	}
	mmap_write_unlock(mm);
	mmput(mm);
	return error;
}

int userfaultfd_unregister(struct userfaultfd_ctx *ctx, unsigned long start, unsigned long len)
{
	unsigned long end = start + len;
	struct mm_struct *mm = ctx->mm;
	struct vm_area_struct *vma;
	int error = 0;

	if (!mmget_not_zero(mm))
		return -ENOMEM;
	mmap_write_lock(mm);
	vma = find_vma_intersection(mm, start, end);
	if (!vma)
		error = -EINVAL;
	for (struct vm_area_struct *v = vma; v && v->vm_start < end; v = v->vm_next)
		if (!can_register(v, v->vm_flags & VM_UFFD_MODES))
			error = -EINVAL;
	while (!error && vma && vma->vm_start < end) {
		if (vma->vm_userfaultfd == ctx)
			error = change_area(&vma, start, end, NULL, 0);
		vma = vma->vm_next;
	}
	mmap_write_unlock(mm);
	if (!error)
		userfaultfd_wake(ctx, start, len);
	mmput(mm);
	return error;
}
