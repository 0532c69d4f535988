// SPDX-License-Identifier: MIT
/*
 * RCU and SRCU: objects that are published, replaced and, a grace period later, spoilt and freed.
 * A reader that finds a spoilt one has seen memory that should have waited for it.
 */
#include <kern/delay.h>
#include <kern/rcupdate.h>
#include <kern/srcu.h>
#include <um/processor.h>
#include <mm/slab.h>

#include "torture.h"

#define PLACES 8
#define ALIVE 0x11223344U
#define DEAD  0xdeaddeadU
#define MAX_WAITING 10000

struct thing {
	unsigned int state;
	unsigned int place;
	struct rcu_head rcu;
};

/* One set a kind of reader: RCU, SRCU. */
static struct thing *places[2][PLACES];
static atomic_long_t made, freed;
static struct srcu_struct torture_srcu;

static void spoil(struct rcu_head *head)
{
	struct thing *thing = container_of(head, struct thing, rcu);

	WRITE_ONCE(thing->state, DEAD);
	kfree(thing);
	atomic_long_inc(&freed);
}

static void look(struct torture_thread *self, unsigned int kind, unsigned int place)
{
	struct thing *thing = rcu_dereference(places[kind][place]);
	unsigned int turns = torture_below(self, 200);

	if (!thing)
		return;
	do {
		if (READ_ONCE(thing->state) != ALIVE || READ_ONCE(thing->place) != place) {
			torture_fail(self->test, "%s: a reader found a freed object",
				     kind ? "SRCU" : "RCU");
			return;
		}
		cpu_relax();
	} while (turns--);
	if (kind && !torture_below(self, 64)) {
		usleep_range(20, 500);
		if (READ_ONCE(thing->state) != ALIVE)
			torture_fail(self->test, "SRCU: freed under a reader that slept");
	}
}

static void read_round(struct torture_thread *self, unsigned int kind, unsigned int place)
{
	if (kind) {
		int index = srcu_read_lock(&torture_srcu);

		look(self, kind, place);
		srcu_read_unlock(&torture_srcu, index);
	} else {
		rcu_read_lock();
		look(self, kind, place);
		rcu_read_unlock();
	}
}

/* The planted failure: an object is spoilt while this very reader looks at it. */
static void plant_dead(struct torture_thread *self, unsigned int place)
{
	struct thing *thing;

	rcu_read_lock();
	thing = rcu_dereference(places[0][place]);
	if (thing) {
		WRITE_ONCE(thing->state, DEAD);
		look(self, 0, place);
		WRITE_ONCE(thing->state, ALIVE);
	}
	rcu_read_unlock();
}

static void retire(struct torture_thread *self, unsigned int kind, struct thing *old)
{
	unsigned int how = torture_below(self, 32);

	if (kind) {
		if (how < 24) {
			call_srcu(&torture_srcu, &old->rcu, spoil);
			return;
		}
		synchronize_srcu(&torture_srcu);
	} else if (how < 28) {
		call_rcu(&old->rcu, spoil);
		return;
	} else if (how < 30) {
		synchronize_rcu();
	} else {
		synchronize_rcu_expedited();
	}
	spoil(&old->rcu);
}

static void rcu_round(struct torture_thread *self)
{
	unsigned int kind = torture_below(self, 4) == 0;
	unsigned int place = torture_below(self, PLACES);
	struct thing *thing, *old;

	if (torture_below(self, 8)) {
		read_round(self, kind, place);
		return;
	}
	/* Callbacks can be made faster than grace periods end. */
	if (atomic_long_read(&made) - atomic_long_read(&freed) > MAX_WAITING)
		synchronize_rcu();
	thing = kmalloc(sizeof(*thing), GFP_KERNEL);
	if (!thing)
		return;
	thing->state = ALIVE;
	thing->place = place;
	atomic_long_inc(&made);
	old = __atomic_exchange_n(&places[kind][place], thing, __ATOMIC_ACQ_REL);
	if (old)
		retire(self, kind, old);
	if (!kind && READ_ONCE(places[0][place]) && torture_plant(self->test))
		plant_dead(self, place);
	if (!torture_below(self, 256))
		usleep_range(100, 1000);
}

static int setup_rcu(void)
{
	return init_srcu_struct(&torture_srcu);
}

static void finish_rcu(const struct torture *test)
{
	for (unsigned int i = 0; i < 2 * PLACES; i++) {
		struct thing *old = __atomic_exchange_n(&places[i / PLACES][i % PLACES], NULL,
							__ATOMIC_ACQ_REL);

		if (old)
			call_rcu(&old->rcu, spoil);
	}
	rcu_barrier();
	srcu_barrier(&torture_srcu);
	cleanup_srcu_struct(&torture_srcu);
	TORTURE_CHECK(test, atomic_long_read(&made) == atomic_long_read(&freed));
}

TORTURE(rcu, .threads = 6, .setup = setup_rcu, .round = rcu_round, .finish = finish_rcu);
