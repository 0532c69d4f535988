// SPDX-License-Identifier: MIT
/* A thread that says it has stopped, runs on, and keeps another one from ever answering. */
#include "hostile.h"

#define WORD(slot, offset) (*(volatile unsigned int *)(STUB_SLOTS + (slot)*SLOT_STRIDE + (offset)))
#define TURN   0x00
#define SLEEPS 0x04
#define EVENTS 0x40
#define KIND   0x48

static volatile int victim_slot;

/*
 * Announces events of its own that say "only a kick", so that the kernel believes it parked and
 * runs the victim; and parks that for good when it waits in the stub.
 */
static void *phantom(void *arg)
{
	int own = !victim_slot;

	(void)arg;
	for (;;) {
		WORD(own, KIND) = 1;
		__atomic_fetch_add(&WORD(own, EVENTS), 1, __ATOMIC_SEQ_CST);
		WORD(victim_slot, TURN) = 7;
		WORD(victim_slot, SLEEPS) = 0;
	}
	return NULL;
}

static void park_the_other(void)
{
	pthread_t t;

	victim_slot = 0;
	pthread_create(&t, NULL, phantom, NULL);
	for (;;)
		getppid();
}

/* The same with a victim that computes: it is parked by the kick. */
static void park_the_computing(void)
{
	pthread_t t;

	victim_slot = 0;
	pthread_create(&t, NULL, phantom, NULL);
	for (;;)
		;
}

static void others_do_not_wait(void)
{
	run_attack(park_the_other, 1000);
	run_attack(park_the_computing, 1000);
}

int main(void)
{
	RUN(others_do_not_wait);
	return test_done();
}
