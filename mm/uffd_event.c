// SPDX-License-Identifier: MIT
/*
 * userfaultfd: what happens to registered areas beside faults: fork, mremap, munmap, madvise. Who
 * does one of them waits until the reader of the descriptor knows of it; until then nothing can
 * be filled (-EAGAIN), so that no page is put where something else is by now.
 *
 * Lock order: mmap_lock, ctx->lock; nobody waits with mmap_lock held.
 */
#include <mm/userfaultfd.h>

#include "vm.h"

#include <kern/sched.h>
#include <kern/signal.h>
#include <linux/poll.h>
#include <mm/slab.h>

/* One in mm->uffd_events; ctx with a reference. */
struct uffd_event {
	struct list_head link;
	struct userfaultfd_ctx *ctx;
	struct uffd_wait wait;
};

static bool wants(const struct vm_area_struct *vma, unsigned int feature)
{
	return vma->vm_userfaultfd && (atomic_read(&vma->vm_userfaultfd->features) & feature);
}

/* => mmap_lock held for writing; NULL without memory */
static struct uffd_event *note(struct mm_struct *mm, struct userfaultfd_ctx *ctx, u8 what)
{
	struct uffd_event *event = kzalloc(sizeof(*event), GFP_KERNEL);

	if (!event)
		return NULL;
	event->ctx = ctx;
	event->wait.msg.event = what;
	INIT_LIST_HEAD(&event->wait.link);
	refcount_inc(&ctx->refs);
	atomic_inc(&ctx->changing);
	list_add_tail(&event->link, &mm->uffd_events);
	return event;
}

int userfaultfd_note_unmap(struct mm_struct *mm, struct vm_area_struct *vma, unsigned long end)
{
	for (; vma && vma->vm_start < end; vma = vma->vm_next) {
		struct uffd_event *event;

		if (!wants(vma, UFFD_FEATURE_EVENT_UNMAP))
			continue;
		event = note(mm, vma->vm_userfaultfd, UFFD_EVENT_UNMAP);
		if (!event)
			return -ENOMEM;
		event->wait.msg.arg.remove.start = vma->vm_start;
		event->wait.msg.arg.remove.end = vma->vm_end;
	}
	return 0;
}

int userfaultfd_note_remap(struct vm_area_struct *vma, unsigned long from, unsigned long to,
			   unsigned long len)
{
	struct uffd_event *event;

	if (!wants(vma, UFFD_FEATURE_EVENT_REMAP)) {
		userfaultfd_forget(vma);
		return 0;
	}
	event = note(vma->vm_mm, vma->vm_userfaultfd, UFFD_EVENT_REMAP);
	if (!event)
		return -ENOMEM;
	event->wait.msg.arg.remap.from = from;
	event->wait.msg.arg.remap.to = to;
	event->wait.msg.arg.remap.len = len;
	return 0;
}

/* The context that the child has for this one of its parent, or NULL. */
static struct userfaultfd_ctx *child_of(struct mm_struct *parent, const struct userfaultfd_ctx *ctx)
{
	struct uffd_event *event;

	list_for_each_entry(event, &parent->uffd_events, link)
		if (event->ctx == ctx && event->wait.child)
			return event->wait.child;
	return NULL;
}

static struct userfaultfd_ctx *make_child(struct mm_struct *mm, struct mm_struct *parent,
					  struct userfaultfd_ctx *ctx)
{
	struct userfaultfd_ctx *child = userfaultfd_alloc(mm, ctx->flags);
	struct uffd_event *event;

	if (!child)
		return NULL;
	event = note(parent, ctx, UFFD_EVENT_FORK);
	if (!event) {
		userfaultfd_put(child);
		return NULL;
	}
	atomic_set(&child->features, atomic_read(&ctx->features));
	event->wait.child = child;
	return child;
}

int userfaultfd_note_fork(struct vm_area_struct *vma, struct vm_area_struct *from)
{
	struct userfaultfd_ctx *child;

	if (!wants(from, UFFD_FEATURE_EVENT_FORK)) {
		userfaultfd_forget(vma);
		return 0;
	}
	child = child_of(from->vm_mm, from->vm_userfaultfd);
	if (!child)
		child = make_child(vma->vm_mm, from->vm_mm, from->vm_userfaultfd);
	vma->vm_userfaultfd = child;
	return child ? 0 : -ENOMEM;
}

/* Until the event was read, or nobody can read it. => no lock held */
static void wait_until_read(struct userfaultfd_ctx *ctx, struct uffd_wait *wait)
{
	struct userfaultfd_ctx *child;
	bool released;

	spin_lock(&ctx->lock);
	released = ctx->released;
	if (!released)
		list_add_tail(&wait->link, &ctx->events);
	spin_unlock(&ctx->lock);
	if (!released) {
		wake_up_poll(&ctx->readers, POLLIN);
		(void)wait_event_killable(ctx->sleepers, READ_ONCE(wait->woken));
	}
	spin_lock(&ctx->lock);
	list_del_init(&wait->link);
	child = wait->child;
	wait->child = NULL;
	spin_unlock(&ctx->lock);
	/* Nobody took it: the child's areas are ordinary ones. */
	if (child)
		userfaultfd_release(child);
	atomic_dec(&ctx->changing);
}

static void end_event(struct uffd_event *event)
{
	userfaultfd_put(event->ctx);
	kfree(event);
}

void userfaultfd_unlock_and_tell(struct mm_struct *mm)
{
	struct uffd_event *event, *n;
	LIST_HEAD(events);

	list_splice_tail_init(&mm->uffd_events, &events);
	mmap_write_unlock(mm);
	list_for_each_entry_safe(event, n, &events, link) {
		wait_until_read(event->ctx, &event->wait);
		end_event(event);
	}
}

void userfaultfd_unlock_and_drop(struct mm_struct *mm)
{
	struct uffd_event *event, *n;
	LIST_HEAD(events);

	list_splice_tail_init(&mm->uffd_events, &events);
	mmap_write_unlock(mm);
	list_for_each_entry_safe(event, n, &events, link) {
		if (event->wait.child)
			userfaultfd_release(event->wait.child);
		atomic_dec(&event->ctx->changing);
		end_event(event);
	}
}

bool userfaultfd_remove(struct vm_area_struct *vma, unsigned long start, unsigned long end)
{
	struct userfaultfd_ctx *ctx = vma->vm_userfaultfd;
	struct mm_struct *mm = vma->vm_mm;
	struct uffd_wait wait = { .msg.event = UFFD_EVENT_REMOVE };

	if (!wants(vma, UFFD_FEATURE_EVENT_REMOVE))
		return false;
	wait.msg.arg.remove.start = start;
	wait.msg.arg.remove.end = end;
	INIT_LIST_HEAD(&wait.link);
	refcount_inc(&ctx->refs);
	atomic_inc(&ctx->changing);
	mmap_read_unlock(mm);
	wait_until_read(ctx, &wait);
	userfaultfd_put(ctx);
	mmap_read_lock(mm);
	return true;
}
