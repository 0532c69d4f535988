// SPDX-License-Identifier: MIT
/*
 * Futexes: a program sleeps until somebody wakes those who sleep on a word of its memory.
 *
 * The kernel knows nothing of a futex nobody sleeps on. Sleepers stand in a hash table, by
 * what the word is: the address within an address space, or for shared memory the place in
 * the file. The one race that matters: the word is compared while the bucket is locked, after
 * the sleeper has announced itself; a waker changes the word first, then looks for sleepers.
 * So either the sleeper sees the new value or the waker sees the sleeper.
 *
 * The word is read without faulting, since a spin lock is held; when it is not there the lock
 * is dropped, the page faulted in, and everything tried again.
 *
 * Lock order: mmap_lock > bucket (two of them by address) > pi_lock.
 */
#include <fs/inode.h>
#include <fs/file.h>
#include <kern/atomic.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <lib/jhash.h>
#include <mm/mmap.h>
#include <mm/uaccess.h>

#include "futex.h"

#define FUTEX_HASH_BITS 8

/* In the offset of a key, which is a multiple of four: a shared word in memory that is not shared. */
#define KEY_SHARED 1UL

static struct futex_bucket futex_table[1 << FUTEX_HASH_BITS];

struct futex_bucket *futex_hash(const struct futex_key *key)
{
	unsigned long object = (unsigned long)key->object;
	u32 words[] = { object, object >> 32, key->offset, key->offset >> 32 };

	return &futex_table[jhash2(words, ARRAY_SIZE(words), 0) & ((1 << FUTEX_HASH_BITS) - 1)];
}

/* A word in a shared mapping of a file is the same futex for all who map it. */
static int shared_key(unsigned long address, bool write, struct futex_key *key)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int error = 0;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, address);
	if (!vma || !(vma->vm_flags & (write ? VM_WRITE : VM_READ))) {
		error = -EFAULT;
	} else if ((vma->vm_flags & VM_SHARED) && vma->vm_file) {
		struct inode *inode = file_inode(vma->vm_file);

		ihold(inode);
		key->object = inode;
		key->is_inode = true;
		key->offset = address - vma->vm_start + ((u64)vma->vm_pgoff << PAGE_SHIFT);
	}
	mmap_read_unlock(mm);
	return error;
}

int futex_get_key(u32 __user *uaddr, unsigned int flags, bool write, struct futex_key *key)
{
	unsigned long address = (unsigned long)uaddr;

	if (address % sizeof(u32))
		return -EINVAL;
	if (!access_ok(uaddr, sizeof(u32)) || !current->mm)
		return -EFAULT;
	key->object = current->mm;
	/* Private and shared sleepers on a word do not see each other, wherever it lies. */
	key->offset = address | (flags & FLAGS_SHARED ? KEY_SHARED : 0);
	key->is_inode = false;
	return flags & FLAGS_SHARED ? shared_key(address, write, key) : 0;
}

void futex_put_key(struct futex_key *key)
{
	if (key->is_inode)
		iput((struct inode *)key->object);
}

int futex_get_value_locked(u32 *value, u32 __user *uaddr)
{
	return copy_from_user_nofault(value, uaddr, sizeof(u32)) ? -EFAULT : 0;
}

static int queue_prio(const struct futex_q *q)
{
	return min(READ_ONCE(q->task->sched.prio), MAX_RT_PRIO);
}

void futex_insert(struct futex_q *q, struct futex_bucket *b)
{
	struct list_head *at = b->chain.prev;
	int prio = queue_prio(q);

	while (prio < MAX_RT_PRIO && at != &b->chain &&
	       queue_prio(list_entry(at, struct futex_q, list)) > prio)
		at = at->prev;
	list_add(&q->list, at);
	WRITE_ONCE(q->lock_ptr, &b->lock);
}

void futex_queue(struct futex_q *q, struct futex_bucket *b)
{
	q->task = current;
	futex_insert(q, b);
}

static struct futex_bucket *bucket_of(spinlock_t *lock)
{
	return container_of(lock, struct futex_bucket, lock);
}

void futex_move(struct futex_q *q, struct futex_bucket *from, struct futex_bucket *to,
		struct futex_key *key)
{
	if (from != to) {
		list_del(&q->list);
		atomic_dec(&from->waiters);
		atomic_inc(&to->waiters);
		futex_insert(q, to);
	}
	/*
	 * The sleeper drops the reference of the key that it finds in its q; the caller's on the
	 * first key keeps that file alive, so this is never the last one.
	 */
	if (key->is_inode)
		ihold((struct inode *)key->object);
	futex_put_key(&q->key);
	q->key = *key;
}

void futex_remove(struct futex_q *q)
{
	list_del(&q->list);
	atomic_dec(&bucket_of(q->lock_ptr)->waiters);
	/* From here on the sleeper may go away with its q. */
	smp_store_release(&q->lock_ptr, NULL);
}

void futex_wake_mark(struct wake_q_head *wake_q, struct futex_q *q)
{
	wake_q_add(wake_q, q->task);
	futex_remove(q);
}

bool futex_unqueue(struct futex_q *q)
{
	spinlock_t *lock;

	/* A requeue may move it to another bucket while we wait for the lock. */
	while ((lock = READ_ONCE(q->lock_ptr)) != NULL) {
		spin_lock(lock);
		if (lock == READ_ONCE(q->lock_ptr)) {
			list_del(&q->list);
			atomic_dec(&bucket_of(lock)->waiters);
			spin_unlock(lock);
			return true;
		}
		spin_unlock(lock);
	}
	return false;
}

void futex_lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	if (a != b)
		spin_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
}

void futex_unlock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

int futex_get_keys(u32 __user *uaddr1, u32 __user *uaddr2, unsigned int flags, bool write2,
		   struct futex_key *key1, struct futex_key *key2)
{
	int ret = futex_get_key(uaddr1, flags, false, key1);

	if (ret)
		return ret;
	ret = futex_get_key(uaddr2, flags, write2, key2);
	if (ret)
		futex_put_key(key1);
	return ret;
}

static int __init futex_init(void)
{
	for (int i = 0; i < ARRAY_SIZE(futex_table); i++) {
		spin_lock_init(&futex_table[i].lock);
		INIT_LIST_HEAD(&futex_table[i].chain);
	}
	return 0;
}
core_initcall(futex_init);
