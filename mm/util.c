// SPDX-License-Identifier: MIT
/* Copies of strings and memory, kvmalloc, and freeing after a grace period. */
#include "internal.h"

#include <kern/init.h>
#include <kern/rcupdate.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <mm/vmalloc.h>
#include <um/percpu.h>

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kmemdup(s, strlen(s) + 1, gfp) : NULL;
}

/* Strings of the binary itself are shared, not copied. */
static bool is_constant(const void *p)
{
	return (unsigned long)p < VMALLOC_START;
}

const char *kstrdup_const(const char *s, gfp_t gfp)
{
	return is_constant(s) ? s : kstrdup(s, gfp);
}

void kfree_const(const void *s)
{
	if (!is_constant(s))
		kfree(s);
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	return s ? kmemdup_nul(s, strnlen(s, max), gfp) : NULL;
}

void *kmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *copy = kmalloc(len, gfp);

	if (copy)
		memcpy(copy, src, len);
	return copy;
}

char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	char *copy = kmalloc(len + 1, gfp);

	if (copy) {
		memcpy(copy, s, len);
		copy[len] = 0;
	}
	return copy;
}

void *memdup_user(const void __user *src, size_t len)
{
	void *copy = kmalloc(len, GFP_USER | __GFP_NOWARN);

	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, src, len)) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	return copy;
}

void *vmemdup_user(const void __user *src, size_t len)
{
	void *copy = kvmalloc(len, GFP_USER);

	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, src, len)) {
		kvfree(copy);
		return ERR_PTR(-EFAULT);
	}
	return copy;
}

void *memdup_user_nul(const void __user *src, size_t len)
{
	char *copy = kmalloc(len + 1, GFP_USER | __GFP_NOWARN);

	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, src, len)) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	copy[len] = 0;
	return copy;
}

char *strndup_user(const char __user *s, long max)
{
	long len = strnlen_user(s, max);
	char *copy;

	if (!len)
		return ERR_PTR(-EFAULT);
	if (len > max)
		return ERR_PTR(-EINVAL);
	copy = memdup_user(s, len);
	if (!IS_ERR(copy))
		copy[len - 1] = 0;
	return copy;
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	void *p;

	if (size <= PAGE_SIZE)
		return kmalloc(size, gfp);
	p = kmalloc(size, gfp | __GFP_NOWARN | __GFP_NORETRY);
	if (p || !(gfp & __GFP_DIRECT_RECLAIM))
		return p;
	return __vmalloc(size, gfp);
}

void kvfree(const void *addr)
{
	if (is_vmalloc_addr(addr))
		vfree(addr);
	else
		kfree(addr);
}

/*
 * kfree_rcu(): each CPU collects what is to be freed in one list while a grace period runs for
 * the list before. The offset of the rcu_head in its object is kept in its func.
 */
struct kfree_batch {
	spinlock_t lock;
	struct rcu_head *waiting;	/* lock: no grace period of theirs has begun */
	struct rcu_head *in_flight;	/* lock: rcu's callback frees them */
	struct rcu_head rcu;
};
static DEFINE_PER_CPU(struct kfree_batch, kfree_batches);

static void kfree_batch_done(struct rcu_head *rcu)
{
	struct kfree_batch *b = container_of(rcu, struct kfree_batch, rcu);
	struct rcu_head *head, *next;
	unsigned long flags;

	spin_lock_irqsave(&b->lock, flags);
	head = b->in_flight;
	b->in_flight = b->waiting;
	b->waiting = NULL;
	if (b->in_flight)
		call_rcu(&b->rcu, kfree_batch_done);
	spin_unlock_irqrestore(&b->lock, flags);
	for (; head; head = next) {
		next = head->next;
		kvfree((char *)head - (unsigned long)head->func);
	}
}

void kvfree_call_rcu(struct rcu_head *head, unsigned long offset)
{
	struct kfree_batch *b;
	unsigned long flags;

	head->func = (void (*)(struct rcu_head *))offset;
	local_irq_save(flags);
	b = this_cpu_ptr(&kfree_batches);
	spin_lock(&b->lock);
	if (b->in_flight) {
		head->next = b->waiting;
		b->waiting = head;
	} else {
		head->next = NULL;
		b->in_flight = head;
		call_rcu(&b->rcu, kfree_batch_done);
	}
	spin_unlock(&b->lock);
	local_irq_restore(flags);
}

void kfree_rcu_init(void)
{
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		if (__per_cpu_offset[cpu])
			spin_lock_init(&per_cpu_ptr(&kfree_batches, cpu)->lock);
}
