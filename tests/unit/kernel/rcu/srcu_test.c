// SPDX-License-Identifier: MIT
/* SRCU: readers sleep, grace periods wait for them and for nobody else. */
#include <kern/delay.h>
#include <kern/srcu.h>
#include <mm/slab.h>
#include "../threads.h"

#define ALIVE 0x11223344U
#define DEAD  0xdeaddeadU

struct thing {
	unsigned int state;
	struct rcu_head rcu;
};

static struct srcu_struct domain, other;
static struct thing *published;
static atomic_t freed;

static int read_sleeping(void *unused)
{
	long dead = 0;

	while (!kthread_should_stop()) {
		int idx = srcu_read_lock(&domain);
		struct thing *thing = srcu_dereference(published, &domain);

		dead += READ_ONCE(thing->state) != ALIVE;
		msleep(1);
		dead += READ_ONCE(thing->state) != ALIVE;
		srcu_read_unlock(&domain, idx);
	}
	return dead;
}

static void poison(struct rcu_head *head)
{
	struct thing *thing = container_of(head, struct thing, rcu);

	WRITE_ONCE(thing->state, DEAD);
	kfree(thing);
	atomic_inc(&freed);
}

static struct thing *new_thing(void)
{
	struct thing *thing = kmalloc(sizeof(*thing), GFP_KERNEL);

	if (thing)
		thing->state = ALIVE;
	return thing;
}

KTEST(srcu, sleeping_readers_never_see_freed_objects)
{
	static struct test_threads t;
	unsigned int updates;

	KASSERT_EQ(init_srcu_struct(&domain), 0);
	atomic_set(&freed, 0);
	rcu_assign_pointer(published, new_thing());
	start_threads(&t, 3, read_sleeping, NULL);
	for (updates = 0; updates < 40; updates++) {
		struct thing *thing = new_thing(), *old;

		KASSERT_NOT_NULL(thing);
		old = rcu_replace_pointer(published, thing, true);
		if (updates % 4) {
			call_srcu(&domain, &old->rcu, poison);
		} else {
			synchronize_srcu(&domain);
			poison(&old->rcu);
		}
	}
	KEXPECT_EQ(stop_threads(&t), 0);
	srcu_barrier(&domain);
	KEXPECT_EQ(atomic_read(&freed), updates);
	kfree(published);
	cleanup_srcu_struct(&domain);
}

static int synchronize_once(void *done)
{
	synchronize_srcu(&domain);
	WRITE_ONCE(*(bool *)done, true);
	wait_for_stop();
	return 0;
}

KTEST(srcu, a_grace_period_waits_for_its_own_readers)
{
	static struct test_threads t;
	bool done = false;
	int idx;

	KASSERT_EQ(init_srcu_struct(&domain), 0);
	KASSERT_EQ(init_srcu_struct(&other), 0);
	idx = srcu_read_lock(&domain);
	/* Another domain has no reader. */
	synchronize_srcu(&other);
	start_threads(&t, 1, synchronize_once, &done);
	msleep(30);
	KEXPECT_FALSE(READ_ONCE(done));
	srcu_read_unlock(&domain, idx);
	stop_threads(&t);
	KEXPECT_TRUE(done);
	cleanup_srcu_struct(&domain);
	cleanup_srcu_struct(&other);
}

KTEST(srcu, sections_nest)
{
	int a, b;

	KASSERT_EQ(init_srcu_struct(&domain), 0);
	a = srcu_read_lock(&domain);
	b = srcu_read_lock(&domain);
	srcu_read_unlock(&domain, b);
	srcu_read_unlock(&domain, a);
	synchronize_srcu_expedited(&domain);
	cleanup_srcu_struct(&domain);
}
