/* SPDX-License-Identifier: MIT */
/*
 * Per-CPU reader-writer semaphores: for what is read all the time and written almost never. A
 * reader touches its CPU's counter only; a writer waits for a grace period and for all readers.
 * See kernel/locking/percpu_rwsem.c.
 */
#ifndef KERN_PERCPU_RWSEM_H
#define KERN_PERCPU_RWSEM_H

#include <kern/atomic.h>
#include <kern/rwsem.h>
#include <kern/wait.h>

struct percpu_rw_semaphore {
	unsigned int *readers;		/* per CPU: entered less left; the sum counts */
	atomic_t writers;		/* that hold it, or are about to: readers go the slow way */
	bool blocked;			/* a writer holds it, or waits for readers; gate, for writing */
	struct rw_semaphore gate;	/* writers, and readers that found one */
	struct wait_queue_head writer;	/* the writer that waits for readers */
};

/* 0 or -ENOMEM. => may sleep */
int percpu_init_rwsem(struct percpu_rw_semaphore *sem);
/* => nobody holds it */
void percpu_free_rwsem(struct percpu_rw_semaphore *sem);

/* => may sleep, all but percpu_up_read() */
void percpu_down_read(struct percpu_rw_semaphore *sem);
void percpu_up_read(struct percpu_rw_semaphore *sem);
/* False: a writer holds it or wants it. => any context */
bool percpu_down_read_trylock(struct percpu_rw_semaphore *sem);
void percpu_down_write(struct percpu_rw_semaphore *sem);
void percpu_up_write(struct percpu_rw_semaphore *sem);

#endif
