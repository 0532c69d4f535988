// SPDX-License-Identifier: MIT
/* RCU: nothing is freed under a reader; callbacks and barriers come. */
#include <kern/completion.h>
#include <kern/delay.h>
#include <kern/rcupdate.h>
#include <mm/slab.h>
#include "../threads.h"

#define ALIVE 0x11223344U
#define DEAD  0xdeaddeadU

struct thing {
	unsigned int state;
	struct rcu_head rcu;
};

static struct thing *published;
static atomic_t freed;

static int read_published(void *unused)
{
	long dead = 0;

	while (!kthread_should_stop()) {
		struct thing *thing;

		rcu_read_lock();
		thing = rcu_dereference(published);
		for (unsigned int i = 0; thing && i < 50; i++) {
			dead += READ_ONCE(thing->state) != ALIVE;
			cpu_relax();
		}
		rcu_read_unlock();
		cond_resched();
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

KTEST(rcu, readers_never_see_freed_objects)
{
	unsigned int updates = 0;
	static struct test_threads t;
	u64 end;

	atomic_set(&freed, 0);
	rcu_assign_pointer(published, new_thing());
	start_threads(&t, 3, read_published, NULL);
	end = ktime_get() + 300 * NSEC_PER_MSEC;
	while ((u64)ktime_get() < end) {
		struct thing *thing = new_thing(), *old;

		KASSERT_NOT_NULL(thing);
		old = rcu_replace_pointer(published, thing, true);
		if (++updates % 16 == 0) {
			synchronize_rcu();
			poison(&old->rcu);
		} else {
			call_rcu(&old->rcu, poison);
		}
		if (updates % 64 == 0)
			msleep(1);
	}
	KEXPECT_EQ(stop_threads(&t), 0);
	rcu_barrier();
	KEXPECT_EQ(atomic_read(&freed), updates);
	kfree(published);
	published = NULL;
}

static int hold_reader(void *entered)
{
	rcu_read_lock();
	WRITE_ONCE(*(u64 *)entered, 1);
	mdelay(40);
	WRITE_ONCE(*(u64 *)entered, ktime_get());
	rcu_read_unlock();
	wait_for_stop();
	return 0;
}

static void wait_for_held_reader(void (*synchronize)(void))
{
	static struct test_threads t;
	u64 left = 0;

	start_threads(&t, 1, hold_reader, &left);
	while (!READ_ONCE(left))
		msleep(1);
	synchronize();
	KEXPECT_GT(READ_ONCE(left), 1);
	stop_threads(&t);
}

KTEST(rcu, synchronize_waits_for_a_reader)
{
	wait_for_held_reader(synchronize_rcu);
}

KTEST(rcu, expedited_waits_for_a_reader)
{
	wait_for_held_reader(synchronize_rcu_expedited);
	for (unsigned int i = 0; i < 200; i++)
		synchronize_rcu_expedited();
}

KTEST(rcu, kfree_rcu_frees)
{
	for (unsigned int i = 0; i < 100; i++) {
		struct thing *thing = new_thing();

		KASSERT_NOT_NULL(thing);
		kfree_rcu(thing, rcu);
	}
	rcu_barrier();
}
