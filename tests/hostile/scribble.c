// SPDX-License-Identifier: MIT
/* Writes over everything that a guest can write in its stub, and goes on as if nothing were. */
#include "hostile.h"

static volatile int stop;
static unsigned long pattern;

static void fill(unsigned long from, unsigned long size)
{
	for (unsigned long at = from; at < from + size; at += 8)
		*(volatile unsigned long *)at = pattern;
}

static void fill_answer_page(void)
{
	catch_all();
	for (pattern = 0; pattern < 200; pattern++) {
		fill(STUB_DONE, 4096);
		munmap(mmap(NULL, 65536, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0),
		       65536);
	}
}

static void forge_answers(void)
{
	/* The sequence number, so that the kernel looks; the token is what it cannot make. */
	for (unsigned int seq = 0; seq < 100000; seq++) {
		*(volatile unsigned int *)(STUB_DONE + 0x20) = seq;
		if (seq % 100 == 0)
			munmap(mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0),
			       4096);
	}
}

static void fill_own_slot(void)
{
	pattern = 0x4141414141414141;
	fill(STUB_SLOTS, SLOT_SIZE);
	getppid();
	fill(STUB_SLOTS, SLOT_SIZE);
	for (;;)
		;
}

static void zero_own_slot_often(void)
{
	for (int i = 0; i < 1000; i++) {
		pattern = i & 1 ? 0 : ~0UL;
		fill(STUB_SLOTS, SLOT_SIZE);
		getppid();
	}
}

static void *scribbler(void *unused)
{
	(void)unused;
	for (unsigned long i = 0; !stop; i++) {
		for (int slot = 0; slot < 4; slot++) {
			volatile unsigned long *at =
				(volatile unsigned long *)(STUB_SLOTS + slot * SLOT_STRIDE +
							   i % (SLOT_SIZE / 8) * 8);

			*at = i;
		}
	}
	return NULL;
}

/* Threads that write into each other's slots while they make calls and take faults. */
static void fight(void)
{
	pthread_t t[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, scribbler, NULL);
	for (int i = 0; i < 100000; i++) {
		getppid();
		munmap(mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0),
		       8192);
	}
}

static void *event_forger(void *unused)
{
	(void)unused;
	for (;;) {
		for (int slot = 0; slot < 4; slot++) {
			__atomic_fetch_add((unsigned int *)(STUB_SLOTS + slot * SLOT_STRIDE + 0x40),
					   1, __ATOMIC_SEQ_CST);
			*(volatile unsigned int *)(STUB_SLOTS + slot * SLOT_STRIDE) = 0;
		}
	}
	return NULL;
}

/* Says in others' names that something happened, and lets them go while the kernel works. */
static void forge_events(void)
{
	pthread_t t[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, event_forger, NULL);
	for (int i = 0; i < 100000; i++)
		getppid();
}

static void read_only_pages(void)
{
	catch_all();
	for (volatile unsigned long at = STUB_TEXT; at < STUB_TEXT + 4096; at += 64) {
		if (sigsetjmp(caught, 1))
			continue;
		*(volatile unsigned long *)at = 0;
		_exit(1);
	}
	if (!sigsetjmp(caught, 1)) {
		*(volatile unsigned long *)STUB_CONFIG = 0;
		_exit(2);
	}
	if (!sigsetjmp(caught, 1)) {
		*(volatile unsigned long *)STUB_REQUEST = 0;
		_exit(3);
	}
	/* The mapper's keys are not there any more. */
	for (int i = 0; i < 22; i++) {
		if (((volatile unsigned long *)(STUB_REQUEST + 0x80))[i])
			_exit(4);
	}
}

static void text_and_requests_cannot_be_written(void)
{
	CHECK_EQ(run_attack(read_only_pages, 3000), 0);
}

static void answers_are_proven(void)
{
	run_attack(fill_answer_page, 1500);
	run_attack(forge_answers, 1500);
}

static void slots_are_hostile_input(void)
{
	run_attack(fill_own_slot, 500);
	run_attack(zero_own_slot_often, 1000);
	run_attack(fight, 1000);
	run_attack(forge_events, 1000);
}

int main(void)
{
	RUN(text_and_requests_cannot_be_written);
	RUN(answers_are_proven);
	RUN(slots_are_hostile_input);
	return test_done();
}
