/* SPDX-License-Identifier: MIT */
/*
 * Sequence counters: readers take no lock and read again when a writer came between. A
 * seqcount_t leaves it to the writers to exclude each other (and interrupts that read); a
 * seqlock_t brings its own spin lock.
 */
#ifndef KERN_SEQLOCK_H
#define KERN_SEQLOCK_H

#include <kern/kcsan.h>
#include <kern/spinlock.h>
#include <um/processor.h>

typedef struct seqcount {
	unsigned int sequence;		/* odd while a writer is inside */
} seqcount_t;
typedef seqcount_t seqcount_spinlock_t;
typedef seqcount_t seqcount_mutex_t;

typedef struct {
	seqcount_t seqcount;
	spinlock_t lock;		/* writers */
} seqlock_t;

#define SEQCNT_ZERO(name) { .sequence = 0 }
#define seqcount_init(s) ((s)->sequence = 0)
#define seqcount_spinlock_init(s, lock) ((void)(lock), seqcount_init(s))
#define __SEQLOCK_UNLOCKED(name) { .lock = __SPIN_LOCK_UNLOCKED(name) }
#define DEFINE_SEQLOCK(name) seqlock_t name = __SEQLOCK_UNLOCKED(name)
#define seqlock_init(sl) do { seqcount_init(&(sl)->seqcount); spin_lock_init(&(sl)->lock); } while (0)

/*
 * The concurrency sanitizer lets so many plain accesses after the begin of a reader pass: that
 * readers and writers meet is what the retry is for. Bounded, as not every reader comes to a retry.
 */
#define SEQCOUNT_READER_ACCESSES 1000

static inline unsigned int raw_read_seqcount(const seqcount_t *s)
{
	unsigned int seq = __atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE);

	kcsan_atomic_next(SEQCOUNT_READER_ACCESSES);
	return seq;
}

/* => even: waits for a writer that is inside. */
static inline unsigned int read_seqcount_begin(const seqcount_t *s)
{
	unsigned long rounds = 0;
	unsigned int seq;

	while (unlikely((seq = raw_read_seqcount(s)) & 1))
		um_spin_wait(rounds++);
	return seq;
}

#define raw_read_seqcount_begin(s) read_seqcount_begin(s)
/* Does not wait: an odd count makes the retry fail. */
static inline unsigned int raw_seqcount_begin(const seqcount_t *s)
{
	return raw_read_seqcount(s) & ~1U;
}

/* => true: a writer came between, read again. */
static inline bool read_seqcount_retry(const seqcount_t *s, unsigned int start)
{
	smp_rmb();
	kcsan_atomic_next(0);
	return unlikely(READ_ONCE(s->sequence) != start);
}
#define __read_seqcount_retry(s, start) read_seqcount_retry(s, start)

/* => writers exclude each other; preemption off (or the reader would spin on a sleeping writer). */
static inline void write_seqcount_begin(seqcount_t *s)
{
	kcsan_nestable_atomic_begin();
	WRITE_ONCE(s->sequence, s->sequence + 1);
	smp_mb();
}

static inline void write_seqcount_end(seqcount_t *s)
{
	__atomic_store_n(&s->sequence, s->sequence + 1, __ATOMIC_RELEASE);
	kcsan_nestable_atomic_end();
}
#define raw_write_seqcount_begin(s) write_seqcount_begin(s)
#define raw_write_seqcount_end(s) write_seqcount_end(s)
#define write_seqcount_begin_nested(s, subclass) write_seqcount_begin(s)

/* Makes every reader that is inside read again. */
static inline void write_seqcount_invalidate(seqcount_t *s)
{
	smp_wmb();
	WRITE_ONCE(s->sequence, s->sequence + 2);
}

static inline unsigned int read_seqbegin(const seqlock_t *sl) { return read_seqcount_begin(&sl->seqcount); }
static inline bool read_seqretry(const seqlock_t *sl, unsigned int start) { return read_seqcount_retry(&sl->seqcount, start); }

static inline void write_seqlock(seqlock_t *sl)
{
	spin_lock(&sl->lock);
	write_seqcount_begin(&sl->seqcount);
}

static inline void write_sequnlock(seqlock_t *sl)
{
	write_seqcount_end(&sl->seqcount);
	spin_unlock(&sl->lock);
}

static inline void write_seqlock_irq(seqlock_t *sl)
{
	spin_lock_irq(&sl->lock);
	write_seqcount_begin(&sl->seqcount);
}

static inline void write_sequnlock_irq(seqlock_t *sl)
{
	write_seqcount_end(&sl->seqcount);
	spin_unlock_irq(&sl->lock);
}

#define write_seqlock_irqsave(sl, flags) do { \
	spin_lock_irqsave(&(sl)->lock, flags); \
	write_seqcount_begin(&(sl)->seqcount); \
} while (0)

static inline void write_sequnlock_irqrestore(seqlock_t *sl, unsigned long flags)
{
	write_seqcount_end(&sl->seqcount);
	spin_unlock_irqrestore(&sl->lock, flags);
}

static inline void write_seqlock_bh(seqlock_t *sl)
{
	spin_lock_bh(&sl->lock);
	write_seqcount_begin(&sl->seqcount);
}

static inline void write_sequnlock_bh(seqlock_t *sl)
{
	write_seqcount_end(&sl->seqcount);
	spin_unlock_bh(&sl->lock);
}

/* A reader that keeps writers out. */
static inline void read_seqlock_excl(seqlock_t *sl) { spin_lock(&sl->lock); }
static inline void read_sequnlock_excl(seqlock_t *sl) { spin_unlock(&sl->lock); }

/*
 * A reader that goes without the lock first and takes it when it has to come again:
 * *seq is even at the first pass; make it odd before the second.
 */
static inline void read_seqbegin_or_lock(seqlock_t *sl, int *seq)
{
	if (!(*seq & 1))
		*seq = read_seqbegin(sl);
	else
		read_seqlock_excl(sl);
}

static inline bool need_seqretry(seqlock_t *sl, int seq)
{
	return !(seq & 1) && read_seqretry(sl, seq);
}

static inline void done_seqretry(seqlock_t *sl, int seq)
{
	if (seq & 1)
		read_sequnlock_excl(sl);
}

#endif
