// SPDX-License-Identifier: MIT
/*
 * Per-CPU reader-writer semaphores.
 *
 * While there is no writer a reader adds 1 to its CPU's counter and takes it off again, perhaps
 * on another CPU: no shared line is written. A writer
 *
 *   1. counts itself in `writers`, and takes the gate for writing, which keeps other writers out;
 *   2. waits for a grace period: whoever has not seen it, with preemption off, has counted itself
 *      by now; all others go the slow way, with barriers;
 *   3. sets `blocked`, and waits until the counters add up to 0.
 *
 * A slow reader counts itself, then looks at `blocked`; the writer sets it, then looks at the
 * counters: one sees the other. A reader that finds it set takes itself off, wakes the writer, and
 * waits at the gate, in order of arrival.
 *
 * Lock order: the gate is what the semaphore itself is; the wait queue's lock is a leaf.
 */
#include <kern/errno.h>
#include <kern/percpu.h>
#include <kern/percpu_rwsem.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <mm/percpu.h>

int percpu_init_rwsem(struct percpu_rw_semaphore *sem)
{
	sem->readers = alloc_percpu(unsigned int);
	if (!sem->readers)
		return -ENOMEM;
	atomic_set(&sem->writers, 0);
	sem->blocked = false;
	init_rwsem(&sem->gate);
	init_waitqueue_head(&sem->writer);
	return 0;
}

void percpu_free_rwsem(struct percpu_rw_semaphore *sem)
{
	free_percpu(sem->readers);
	sem->readers = NULL;
}

/* Counts a reader unless a writer blocks them. => preemption off */
static bool enter(struct percpu_rw_semaphore *sem)
{
	this_cpu_inc(*sem->readers);
	if (likely(!atomic_read_acquire(&sem->writers)))
		return true;
	smp_mb();
	if (!READ_ONCE(sem->blocked))
		return true;
	this_cpu_dec(*sem->readers);
	smp_mb();
	wake_up(&sem->writer);
	return false;
}

bool percpu_down_read_trylock(struct percpu_rw_semaphore *sem)
{
	bool entered;

	preempt_disable();
	entered = enter(sem);
	preempt_enable();
	return entered;
}

void percpu_down_read(struct percpu_rw_semaphore *sem)
{
	might_sleep();
	if (percpu_down_read_trylock(sem))
		return;
	/* Behind the gate no writer is inside, and none gets in. */
	down_read(&sem->gate);
	this_cpu_inc(*sem->readers);
	up_read(&sem->gate);
}

void percpu_up_read(struct percpu_rw_semaphore *sem)
{
	preempt_disable();
	if (likely(!atomic_read(&sem->writers))) {
		this_cpu_dec(*sem->readers);
	} else {
		/* What was read comes before the writer can see us leave. */
		smp_mb();
		this_cpu_dec(*sem->readers);
		smp_mb();
		wake_up(&sem->writer);
	}
	preempt_enable();
}

static bool nobody_reads(struct percpu_rw_semaphore *sem)
{
	unsigned int cpu, sum = 0;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(sem->readers, cpu));
	smp_mb();
	return !sum;
}

void percpu_down_write(struct percpu_rw_semaphore *sem)
{
	might_sleep();
	atomic_inc(&sem->writers);
	down_write(&sem->gate);
	synchronize_rcu();
	WRITE_ONCE(sem->blocked, true);
	smp_mb();
	wait_event(sem->writer, nobody_reads(sem));
}

void percpu_up_write(struct percpu_rw_semaphore *sem)
{
	WRITE_ONCE(sem->blocked, false);
	up_write(&sem->gate);
	/* Readers that see it gone see what was written. */
	atomic_dec(&sem->writers);
}
