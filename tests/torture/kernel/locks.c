// SPDX-License-Identifier: MIT
/*
 * Locks: under each kind lie two numbers that only its holder may change, one after the other.
 * Who may read sees them equal; who writes must find what it wrote itself. A timer's function,
 * on whatever CPU it fires, takes the spin lock that masks interrupts, and reads under the rwlock.
 */
#include <kern/delay.h>
#include <kern/hrtimer.h>
#include <kern/mutex.h>
#include <kern/percpu_rwsem.h>
#include <kern/rwsem.h>
#include <kern/sched.h>
#include <kern/semaphore.h>
#include <kern/seqlock.h>
#include <kern/spinlock.h>

#include "torture.h"

#define SEMAPHORE_PLACES 3

struct guarded {
	unsigned long first, second;
};

static DEFINE_SPINLOCK(plain_lock);
static DEFINE_SPINLOCK(irq_lock);
static DEFINE_SPINLOCK(bh_lock);
static DEFINE_RWLOCK(rw_lock);
static DEFINE_SEQLOCK(seq_lock);
static DEFINE_MUTEX(mutex);
static DECLARE_RWSEM(rwsem);
static DEFINE_SEMAPHORE(semaphore, SEMAPHORE_PLACES);
static struct percpu_rw_semaphore percpu_sem;
static struct guarded plain, irq, bh, rw, seq, slept, sem_rw, per_cpu_rw;
static atomic_t places_taken;
static struct hrtimer interrupt;
static bool interrupt_stops;

static void dawdle(unsigned int turns)
{
	while (turns--)
		cpu_relax();
}

static void check_read(const struct torture *test, struct guarded *data, const char *kind)
{
	unsigned long first = READ_ONCE(data->first), second;

	dawdle(20);
	second = READ_ONCE(data->second);
	if (first != second)
		torture_fail(test, "%s: a reader saw %lu and %lu", kind, first, second);
}

static void check_write(const struct torture *test, struct guarded *data, const char *kind,
			unsigned int turns)
{
	unsigned long before = READ_ONCE(data->first);

	if (before != READ_ONCE(data->second))
		torture_fail(test, "%s: a writer found %lu and %lu", kind, before,
			     READ_ONCE(data->second));
	WRITE_ONCE(data->first, before + 1);
	dawdle(turns);
	WRITE_ONCE(data->second, before + 1);
	if (READ_ONCE(data->first) != before + 1)
		torture_fail(test, "%s: two writers at once", kind);
}

static const struct torture torture_locks;

static enum hrtimer_restart interrupt_fires(struct hrtimer *timer)
{
	unsigned long flags;

	spin_lock_irqsave(&irq_lock, flags);
	check_write(&torture_locks, &irq, "spinlock in an interrupt", 10);
	spin_unlock_irqrestore(&irq_lock, flags);
	read_lock(&rw_lock);
	check_read(&torture_locks, &rw, "rwlock in an interrupt");
	read_unlock(&rw_lock);
	if (READ_ONCE(interrupt_stops))
		return HRTIMER_NORESTART;
	hrtimer_forward_now(timer, 700 * NSEC_PER_USEC);
	return HRTIMER_RESTART;
}

static int setup_locks(void)
{
	int error = percpu_init_rwsem(&percpu_sem);

	if (error)
		return error;
	hrtimer_setup(&interrupt, interrupt_fires, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_start(&interrupt, NSEC_PER_MSEC, HRTIMER_MODE_REL);
	return 0;
}

static void spin_round(struct torture_thread *self)
{
	const struct torture *test = self->test;
	unsigned long flags;

	switch (torture_below(self, 4)) {
	case 0:
		spin_lock(&plain_lock);
		/* The planted failure: a lock that somebody gives up too early. */
		if (torture_plant(test))
			WRITE_ONCE(plain.first, plain.first + 1);
		check_write(test, &plain, "spinlock", torture_below(self, 100));
		spin_unlock(&plain_lock);
		break;
	case 1:
		spin_lock_irqsave(&irq_lock, flags);
		check_write(test, &irq, "irq spinlock", torture_below(self, 100));
		spin_unlock_irqrestore(&irq_lock, flags);
		break;
	case 2:
		spin_lock_bh(&bh_lock);
		check_write(test, &bh, "bh spinlock", torture_below(self, 100));
		spin_unlock_bh(&bh_lock);
		break;
	default:
		if (spin_trylock(&plain_lock)) {
			check_write(test, &plain, "tried spinlock", 5);
			spin_unlock(&plain_lock);
		}
	}
}

static void rwlock_round(struct torture_thread *self)
{
	unsigned long flags;

	if (torture_below(self, 4)) {
		read_lock(&rw_lock);
		check_read(self->test, &rw, "rwlock");
		read_unlock(&rw_lock);
	} else {
		write_lock_irqsave(&rw_lock, flags);
		check_write(self->test, &rw, "rwlock", 50);
		write_unlock_irqrestore(&rw_lock, flags);
	}
}

static void seqlock_round(struct torture_thread *self)
{
	if (torture_below(self, 4)) {
		unsigned long first, second;
		unsigned int start;

		do {
			start = read_seqbegin(&seq_lock);
			first = READ_ONCE(seq.first);
			dawdle(20);
			second = READ_ONCE(seq.second);
		} while (read_seqretry(&seq_lock, start));
		if (first != second)
			torture_fail(self->test, "seqlock: a reader saw %lu and %lu", first, second);
	} else {
		write_seqlock(&seq_lock);
		check_write(self->test, &seq, "seqlock", 50);
		write_sequnlock(&seq_lock);
	}
}

static void mutex_round(struct torture_thread *self)
{
	unsigned int how = torture_below(self, 8);

	if (how == 0) {
		if (!mutex_trylock(&mutex))
			return;
	} else {
		mutex_lock(&mutex);
	}
	check_write(self->test, &slept, "mutex", 100);
	if (how == 1)
		usleep_range(20, 200);
	mutex_unlock(&mutex);
}

static void rwsem_round(struct torture_thread *self)
{
	switch (torture_below(self, 8)) {
	case 0:
		down_write(&rwsem);
		check_write(self->test, &sem_rw, "rwsem", 100);
		up_write(&rwsem);
		break;
	case 1:
		down_write(&rwsem);
		check_write(self->test, &sem_rw, "rwsem", 50);
		downgrade_write(&rwsem);
		check_read(self->test, &sem_rw, "downgraded rwsem");
		up_read(&rwsem);
		break;
	case 2:
		if (down_write_trylock(&rwsem)) {
			check_write(self->test, &sem_rw, "tried rwsem", 50);
			up_write(&rwsem);
		}
		break;
	case 3:
		down_read(&rwsem);
		usleep_range(20, 200);
		check_read(self->test, &sem_rw, "slept-with rwsem");
		up_read(&rwsem);
		break;
	default:
		down_read(&rwsem);
		check_read(self->test, &sem_rw, "rwsem");
		up_read(&rwsem);
	}
}

static void percpu_rwsem_round(struct torture_thread *self)
{
	switch (torture_below(self, 64)) {
	case 0:
		percpu_down_write(&percpu_sem);
		check_write(self->test, &per_cpu_rw, "percpu rwsem", 100);
		percpu_up_write(&percpu_sem);
		break;
	case 1:
		percpu_down_read(&percpu_sem);
		/* Left on another CPU than entered, as it may be. */
		usleep_range(20, 300);
		check_read(self->test, &per_cpu_rw, "slept-with percpu rwsem");
		percpu_up_read(&percpu_sem);
		break;
	case 2 ... 10:
		if (!percpu_down_read_trylock(&percpu_sem))
			break;
		check_read(self->test, &per_cpu_rw, "tried percpu rwsem");
		percpu_up_read(&percpu_sem);
		break;
	default:
		percpu_down_read(&percpu_sem);
		check_read(self->test, &per_cpu_rw, "percpu rwsem");
		percpu_up_read(&percpu_sem);
	}
}

static void semaphore_round(struct torture_thread *self)
{
	if (torture_below(self, 4)) {
		down(&semaphore);
	} else if (down_timeout(&semaphore, 1)) {
		return;
	}
	if (atomic_inc_return(&places_taken) > SEMAPHORE_PLACES)
		torture_fail(self->test, "semaphore: more than %d inside", SEMAPHORE_PLACES);
	dawdle(100);
	atomic_dec(&places_taken);
	up(&semaphore);
}

static void locks_round(struct torture_thread *self)
{
	static void (*const kinds[])(struct torture_thread *) = {
		spin_round, spin_round, rwlock_round, seqlock_round, mutex_round, rwsem_round,
		percpu_rwsem_round, semaphore_round,
	};

	kinds[torture_below(self, ARRAY_SIZE(kinds))](self);
}

static void finish_locks(const struct torture *test)
{
	WRITE_ONCE(interrupt_stops, true);
	hrtimer_cancel(&interrupt);
	TORTURE_CHECK(test, !mutex_is_locked(&mutex));
	TORTURE_CHECK(test, !rwsem_is_locked(&rwsem));
	percpu_down_write(&percpu_sem);
	TORTURE_CHECK(test, per_cpu_rw.first == per_cpu_rw.second);
	percpu_up_write(&percpu_sem);
	percpu_free_rwsem(&percpu_sem);
	TORTURE_CHECK(test, semaphore.count == SEMAPHORE_PLACES);
	TORTURE_CHECK(test, slept.first == slept.second && sem_rw.first == sem_rw.second);
}

TORTURE(locks, .threads = 6, .setup = setup_locks, .round = locks_round, .finish = finish_locks);
