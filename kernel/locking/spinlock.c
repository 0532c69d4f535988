// SPDX-License-Identifier: MIT
/*
 * The slow paths of spin locks and reader-writer spin locks.
 *
 * Problem: a plain queue (MCS) is fair and quiet on the bus, but the host may take its core from
 * any vCPU: from the holder, from the first of the queue, or from one in its middle, and all
 * behind it would spin for nothing, perhaps on the core that the other one needs.
 *
 * A lock is one word: the byte `locked`, the byte `head` of the first in the queue, and `tail`,
 * the last one's number. Taking a free lock is one compare-and-exchange of the word, dropping it
 * a store. Who finds it taken spins a little if nobody queues, then queues with a node of its
 * CPU, of which there are four: task, softirq, interrupt, one more. Only the first looks at the
 * lock; those behind it look at their own node, in their own cache line.
 *
 *   node: WAITING --spun for long--> SLEEPING
 *            |                          |       the one before it has got the lock
 *            +----------> FIRST <-------+
 *
 * What makes the queue survive the host:
 *  - Everybody sleeps in the host (futex) after a bounded spin, so the core goes to whoever
 *    stands in the way. Nodes are woken when their turn comes. The first sleeps on the word, and
 *    says so in `head`, where who unlocks sees it.
 *  - A newcomer may take a free lock past the queue: the first may be the one that has no core. A
 *    first that has been passed over for a while forbids that (NO_STEALING): nobody starves.
 *
 * Races. Unlocking reads `head` before it frees the word, since the lock may vanish right after;
 * so a first that falls asleep in between is not woken, and sleeps for HEAD_SLEEP_NS at most.
 * Links: who queues exchanges `tail` first and then tells the one before it; that one, having got
 * the lock, waits for the link. Only instructions lie between the two.
 *
 * Reader-writer locks: readers and writers that must wait queue for wait_lock, in order of
 * arrival, so neither starves. A writer, first now, sets RW_WRITER_WAITS, which keeps new readers
 * out until the old ones have left; but readers in interrupts and with interrupts masked pass
 * it: they may have interrupted a reader.
 */
#include <kern/lockdep.h>
#include <kern/percpu.h>
#include <kern/preempt.h>
#include <kern/spinlock.h>
#include <um/processor.h>

#define NODES 4
/* Pauses before a newcomer queues, before a waiter sleeps, and until the first forbids stealing. */
#define NEWCOMER_SPINS	    64
#define WAITER_SPINS	    1024
#define NO_STEALING_AFTER   256
#define HEAD_SLEEP_NS	    1000000UL

enum { WAITING, SLEEPING, FIRST };

/* A waiter's place in a queue. */
struct spin_node {
	struct spin_node *next;	/* written once by the one behind it */
	u32 state;		/* atomic: WAITING ... */
};

struct spin_nodes {
	struct spin_node node[NODES];
	unsigned int used;	/* nesting; interrupts put it back */
};

static DEFINE_PER_CPU_ALIGNED(struct spin_nodes, spin_nodes);
static DEFINE_PER_CPU_ALIGNED(struct spin_lock_stat, spin_stats);

#define count_event(field) this_cpu_add(spin_stats.field, 1)

void __spin_lock_init(spinlock_t *lock, const char *name, struct lock_class_key *key)
{
	lock->word = 0;
#ifdef CONFIG_DEBUG
	lock->owner_cpu = -1;
	lockdep_init_map(&lock->dep_map, name, key);
#endif
}

void __rwlock_init(rwlock_t *lock, const char *name, struct lock_class_key *key)
{
	lock->count = 0;
	lock->wait_lock.word = 0;
#ifdef CONFIG_DEBUG
	lockdep_init_map(&lock->dep_map, name, key);
#endif
}

void spin_lock_stat(struct spin_lock_stat *sum)
{
	unsigned int cpu;

	*sum = (struct spin_lock_stat){ 0 };
	for_each_possible_cpu(cpu) {
		const struct spin_lock_stat *stat = per_cpu_ptr(&spin_stats, cpu);

		sum->contended += READ_ONCE(stat->contended);
		sum->stolen += READ_ONCE(stat->stolen);
		sum->queued += READ_ONCE(stat->queued);
		sum->head_slept += READ_ONCE(stat->head_slept);
		sum->slept += READ_ONCE(stat->slept);
		sum->deep += READ_ONCE(stat->deep);
	}
}

static u16 node_number(unsigned int index)
{
	return smp_processor_id() * NODES + index + 1;
}

static struct spin_node *node_of(u16 number)
{
	return &per_cpu_ptr(&spin_nodes, (number - 1) / NODES)->node[(number - 1) % NODES];
}

/* The lower half: `locked` and `head`. */
static u16 *lock_half(spinlock_t *lock)
{
	return (u16 *)&lock->locked;
}

/* Takes a free lock, whoever queues, unless the first forbids it. */
static bool steal(spinlock_t *lock)
{
	u16 half = READ_ONCE(*lock_half(lock));

	return !(half & (0xff | SPIN_HEAD_NO_STEALING << 8)) &&
	       __atomic_compare_exchange_n(lock_half(lock), &half, half | 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Without a place in the queue. */
static void spin_alone(spinlock_t *lock)
{
	unsigned long rounds = 0;

	while (!steal(lock))
		um_spin_wait(rounds++);
}

/* While nobody queues, the holder is likely to be done soon. */
static bool spin_first(spinlock_t *lock)
{
	for (unsigned int i = 0; i < NEWCOMER_SPINS; i++) {
		if (READ_ONCE(lock->tail)) {
			if (!steal(lock))
				return false;
			count_event(stolen);
			return true;
		}
		if (!READ_ONCE(lock->locked) && __spin_trylock_raw(lock))
			return true;
		cpu_relax();
	}
	return false;
}

/* Until the one before us has got the lock. */
static void wait_to_be_first(struct spin_node *node)
{
	for (unsigned int i = 0; i < WAITER_SPINS; i++) {
		if (__atomic_load_n(&node->state, __ATOMIC_ACQUIRE) == FIRST)
			return;
		cpu_relax();
	}
	for (;;) {
		u32 state = WAITING;

		if (!__atomic_compare_exchange_n(&node->state, &state, SLEEPING, false,
						 __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE) &&
		    state == FIRST)
			return;
		count_event(slept);
		um_lock_wait(&node->state, SLEEPING, 0);
	}
}

static void make_first(struct spin_node *node)
{
	if (__atomic_exchange_n(&node->state, FIRST, __ATOMIC_ACQ_REL) == SLEEPING)
		um_lock_wake(&node->state);
}

static void sleep_as_first(spinlock_t *lock)
{
	u32 word;

	__atomic_fetch_or(&lock->head, SPIN_HEAD_SLEEPS, __ATOMIC_SEQ_CST);
	word = READ_ONCE(lock->word);
	if (word & 0xff) {
		count_event(head_slept);
		um_lock_wait(&lock->word, word, HEAD_SLEEP_NS);
	}
	__atomic_fetch_and(&lock->head, ~SPIN_HEAD_SLEEPS, __ATOMIC_RELAXED);
}

/* Takes the lock off the front of the queue, with the first's byte cleared. */
static bool take_as_first(spinlock_t *lock, u16 self, bool *alone)
{
	u32 word = READ_ONCE(lock->word);
	u16 half = word;

	if (word & 0xff)
		return false;
	*alone = word >> 16 == self;
	if (*alone)
		return __atomic_compare_exchange_n(&lock->word, &word, 1, false, __ATOMIC_ACQUIRE,
						   __ATOMIC_RELAXED);
	return __atomic_compare_exchange_n(lock_half(lock), &half, 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/* => first of the queue. True: nobody is behind us. */
static bool wait_as_first(spinlock_t *lock, u16 self)
{
	bool alone;

	for (unsigned long rounds = 1; !take_as_first(lock, self, &alone); rounds++) {
		if (rounds == NO_STEALING_AFTER)
			__atomic_fetch_or(&lock->head, SPIN_HEAD_NO_STEALING, __ATOMIC_RELAXED);
		if (rounds % WAITER_SPINS == 0)
			sleep_as_first(lock);
		else
			cpu_relax();
	}
	return alone;
}

static void queue_up(spinlock_t *lock, struct spin_node *node, u16 self)
{
	struct spin_node *next;
	unsigned long rounds = 0;
	u16 before;

	node->next = NULL;
	WRITE_ONCE(node->state, WAITING);
	before = __atomic_exchange_n(&lock->tail, self, __ATOMIC_ACQ_REL);
	if (before) {
		__atomic_store_n(&node_of(before)->next, node, __ATOMIC_RELEASE);
		wait_to_be_first(node);
	}
	if (wait_as_first(lock, self))
		return;
	while (!(next = __atomic_load_n(&node->next, __ATOMIC_ACQUIRE)))
		um_spin_wait(rounds++);
	make_first(next);
}

/* => preemption off; the lock was taken */
void __spin_lock_slow(spinlock_t *lock)
{
	struct spin_nodes *nodes = this_cpu_ptr(&spin_nodes);
	unsigned int index;

	count_event(contended);
	if (spin_first(lock))
		return;
	index = nodes->used;
	if (unlikely(index >= NODES)) {
		count_event(deep);
		spin_alone(lock);
		return;
	}
	WRITE_ONCE(nodes->used, index + 1);
	barrier();
	count_event(queued);
	queue_up(lock, &nodes->node[index], node_number(index));
	barrier();
	WRITE_ONCE(nodes->used, index);
}

/* The lock was dropped, and may be gone: only its address counts. */
void __spin_wake_head(spinlock_t *lock)
{
	um_lock_wake(&lock->word);
}

static void lock_raw(spinlock_t *lock)
{
	if (unlikely(!__spin_trylock_raw(lock)))
		__spin_lock_slow(lock);
}

/* Adds a reader once none of the bits `keep_out` is set. */
static void add_reader(rwlock_t *lock, u32 keep_out)
{
	unsigned long rounds = 0;
	u32 old = READ_ONCE(lock->count);

	for (;;) {
		if (old & keep_out) {
			um_spin_wait(rounds++);
			old = READ_ONCE(lock->count);
		} else if (__atomic_compare_exchange_n(&lock->count, &old, old + 1, false,
						       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
			return;
		}
	}
}

void __read_lock_slow(rwlock_t *lock)
{
	if (in_interrupt() || irqs_disabled()) {
		add_reader(lock, RW_WRITER_HELD);
		return;
	}
	lock_raw(&lock->wait_lock);
	add_reader(lock, RW_WRITER_HELD | RW_WRITER_WAITS);
	__spin_unlock_raw(&lock->wait_lock);
}

void __write_lock_slow(rwlock_t *lock)
{
	unsigned long rounds = 0;
	u32 only_us = RW_WRITER_WAITS;

	lock_raw(&lock->wait_lock);
	__atomic_fetch_or(&lock->count, RW_WRITER_WAITS, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&lock->count, &only_us, RW_WRITER_HELD, false,
					    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
		only_us = RW_WRITER_WAITS;
		um_spin_wait(rounds++);
	}
	__spin_unlock_raw(&lock->wait_lock);
}
