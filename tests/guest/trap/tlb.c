// SPDX-License-Identifier: MIT
/* Changes of mappings reach every thread at once: none goes on using what was taken away. */
#include "test.h"
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#define PAGES 64

static __thread sigjmp_buf back;
static __thread volatile int inside;

static void catch_it(int signr)
{
	if (!inside)
		_exit(99);
	siglongjmp(back, 1);
}

/* 1: the write went through. */
static int try_write(volatile long *at, long value)
{
	inside = 1;
	if (sigsetjmp(back, 1)) {
		inside = 0;
		return 0;
	}
	*at = value;
	inside = 0;
	return 1;
}

static char *area;
static volatile int stop;
static volatile long writes_through, writes_stopped;

static void *writer(void *arg)
{
	long i = (long)arg;

	for (; !stop; i++) {
		if (try_write((volatile long *)(area + i % PAGES * 4096), i))
			__atomic_fetch_add(&writes_through, 1, __ATOMIC_RELAXED);
		else
			__atomic_fetch_add(&writes_stopped, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void write_protection_holds(void)
{
	pthread_t t[3];

	area = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, writer, (void *)(i * 7));
	for (int round = 0; round < 100; round++) {
		long before[PAGES];

		CHECK_EQ(mprotect(area, PAGES * 4096, PROT_READ), 0);
		for (int i = 0; i < PAGES; i++)
			before[i] = *(volatile long *)(area + i * 4096);
		for (volatile int spin = 0; spin < 20000; spin++)
			;
		for (int i = 0; i < PAGES; i++)
			CHECK_EQ(*(volatile long *)(area + i * 4096), before[i]);
		CHECK_EQ(mprotect(area, PAGES * 4096, PROT_READ | PROT_WRITE), 0);
	}
	CHECK(WAIT_UNTIL(writes_through > 0));
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
}

static void *reader(void *arg)
{
	volatile char *at = area;

	while (!stop) {
		inside = 1;
		if (!sigsetjmp(back, 1)) {
			char seen = *at;

			/* What is mapped here now or was just now: never another's page. */
			if (seen && seen != 'A')
				_exit(98);
		}
		inside = 0;
	}
	return NULL;
}

static void unmapped_pages_are_out_of_reach(void)
{
	pthread_t t[2];

	stop = 0;
	/* Between two neighbours, so that nothing else may be mapped there. */
	area = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	area += 4096;
	CHECK_EQ(mprotect(area, 4096, PROT_READ | PROT_WRITE), 0);
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, reader, NULL);
	for (int round = 0; round < 500; round++) {
		char *other;

		*area = 'A';
		munmap(area, 4096);
		/* Takes the freed frame, if it is freed. */
		other = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);
		memset(other, 'B', 16384);
		munmap(other, 16384);
		CHECK(mmap(area, 4096, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == area);
	}
	stop = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
}

static void fork_separates(void)
{
	long *memory = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	int status;

	for (int round = 0; round < 20; round++) {
		pid_t pid;

		for (int i = 0; i < PAGES; i++)
			memory[i * 512] = round * 1000 + i;
		pid = fork();
		if (!pid) {
			for (int i = 0; i < PAGES; i += 2)
				memory[i * 512] = -1;
			for (int i = 1; i < PAGES; i += 2) {
				if (memory[i * 512] != round * 1000 + i)
					_exit(1);
			}
			_exit(0);
		}
		for (int i = 1; i < PAGES; i += 2)
			memory[i * 512] = -2;
		CHECK_EQ(waitpid(pid, &status, 0), pid);
		CHECK_EQ(status, 0);
		for (int i = 0; i < PAGES; i += 2)
			CHECK_EQ(memory[i * 512], round * 1000 + i);
	}
}

/* More mappings than a host process may have, each with another neighbour. */
static void many_mappings(void)
{
	const size_t n = 9000;
	char *base = mmap(NULL, n * 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(base != MAP_FAILED);
	for (size_t i = 0; i < n; i++)
		base[i * 8192] = i;
	for (size_t i = 0; i < n; i++) {
		if (base[i * 8192] != (char)i) {
			CHECK_EQ(i, n);
			break;
		}
	}
	munmap(base, n * 8192);
}

int main(void)
{
	struct sigaction action = { .sa_handler = catch_it, .sa_flags = SA_NODEFER };

	sigaction(SIGSEGV, &action, NULL);
	RUN(write_protection_holds);
	RUN(unmapped_pages_are_out_of_reach);
	RUN(fork_separates);
	RUN(many_mappings);
	return test_done();
}
