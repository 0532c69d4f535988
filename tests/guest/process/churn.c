// SPDX-License-Identifier: MIT
/*
 * A random life from a seed: maps, unmaps, protects, moves and writes memory, forks, starts
 * threads, sends signals, for a given time. What was written must be read again, children must
 * find what their parent had, and all of them must end as they were told.
 *
 *	churn [SECONDS [SEED]]		default: a second, seed 1
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#define PAGE	4096UL
#define AREAS	48
#define MAX_LEN 64 /* pages */
#define DEPTH	3  /* generations of forks */

struct area {
	unsigned char *at;
	unsigned long pages;
	bool shared, writable;
	uint32_t mark; /* what each page begins with, with its number added */
};

static struct area areas[AREAS];
static uint64_t random_state;
static int generation;
static volatile sig_atomic_t signals;

static uint32_t any(uint32_t below)
{
	random_state = random_state * 6364136223846793005UL + 1442695040888963407UL;
	return (random_state >> 33) % below;
}

static uint32_t *word_of(const struct area *a, unsigned long page)
{
	return (uint32_t *)(a->at + page * PAGE);
}

static void mark(struct area *a)
{
	a->mark = any(1u << 31);
	for (unsigned long i = 0; i < a->pages; i++)
		*word_of(a, i) = a->mark + i;
}

static void verify(const struct area *a)
{
	for (unsigned long i = 0; i < a->pages; i++) {
		uint32_t seen = *word_of(a, i);

		/* Shared pages may have been marked by a relative: that one's marks count up too. */
		if (a->shared ? seen - i != *word_of(a, 0) : seen != a->mark + i) {
			FAIL("page %lu of %lu at %p holds %x, not %x (shared %d, generation %d)", i,
			     a->pages, a->at, seen, (uint32_t)(a->mark + i), a->shared, generation);
			exit(1);
		}
	}
}

static void map_one(struct area *a)
{
	a->pages = 1 + any(MAX_LEN);
	a->shared = generation == 0 && any(4) == 0;
	a->at = mmap(NULL, a->pages * PAGE, PROT_READ | PROT_WRITE,
		     MAP_ANONYMOUS | (a->shared ? MAP_SHARED : MAP_PRIVATE), -1, 0);
	if (a->at == MAP_FAILED) {
		FAIL("mmap of %lu pages: %s", a->pages, strerror(errno));
		exit(1);
	}
	a->writable = true;
	mark(a);
}

static void unmap_one(struct area *a)
{
	verify(a);
	CHECK_EQ(munmap(a->at, a->pages * PAGE), 0);
	a->at = NULL;
}

/* Unmaps the end, or grows it. */
static void resize_one(struct area *a)
{
	unsigned long pages = 1 + any(MAX_LEN);
	unsigned char *at;

	if (a->shared || !a->writable)
		return;
	at = mremap(a->at, a->pages * PAGE, pages * PAGE, MREMAP_MAYMOVE);
	if (at == MAP_FAILED) {
		FAIL("mremap from %lu to %lu pages: %s", a->pages, pages, strerror(errno));
		exit(1);
	}
	a->at = at;
	for (unsigned long i = a->pages; i < pages; i++)
		*word_of(a, i) = a->mark + i;
	a->pages = pages;
	verify(a);
}

static void protect_one(struct area *a)
{
	if (a->shared)
		return;
	a->writable = !a->writable;
	CHECK_EQ(mprotect(a->at, a->pages * PAGE, PROT_READ | (a->writable ? PROT_WRITE : 0)), 0);
}

static void forget_one(struct area *a)
{
	unsigned long page = any(a->pages);

	if (a->shared || !a->writable)
		return;
	CHECK_EQ(madvise(a->at + page * PAGE, PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(*word_of(a, page), 0);
	*word_of(a, page) = a->mark + page;
}

static void count_signal(int sig)
{
	(void)sig;
	signals++;
}

static void signal_self(void)
{
	int before = signals;

	kill(getpid(), SIGUSR1);
	if (signals == before)
		FAIL("a signal to oneself has not come");
}

static void *touch_memory(void *arg)
{
	struct area *a = arg;
	unsigned long sum = 0;

	for (unsigned long i = 0; i < a->pages; i++)
		sum += *word_of(a, i);
	raise(SIGUSR2);
	return (void *)sum;
}

static void run_threads(struct area *a)
{
	pthread_t threads[3];
	int n = 1 + any(3);
	void *sum, *first = NULL;

	if (a->shared)
		return;
	for (int i = 0; i < n; i++)
		NEED(!pthread_create(&threads[i], NULL, touch_memory, a));
	for (int i = 0; i < n; i++) {
		NEED(!pthread_join(threads[i], &sum));
		if (i && sum != first)
			FAIL("two threads saw different memory");
		first = sum;
	}
}

static void live(unsigned int steps, long long end);

static void fork_one(long long end)
{
	int how = any(4), status;
	unsigned int seed = any(1u << 30);
	pid_t pid;

	if (generation >= DEPTH)
		return;
	pid = fork();
	if (pid < 0) {
		FAIL("fork: %s", strerror(errno));
		exit(1);
	}
	if (!pid) {
		/* A parent that its own parent ends leaves nobody behind. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == 1)
			_exit(0);
		generation++;
		random_state = seed;
		for (int i = 0; i < AREAS; i++)
			if (areas[i].at && !areas[i].shared)
				verify(&areas[i]);
		live(30, end);
		if (test_failures)
			_exit(1);
		if (how == 1)
			raise(SIGKILL);
		if (how == 2)
			for (;;)
				pause();
		_exit(how == 3 ? 7 : 0);
	}
	/* The parent goes on writing while the child looks. */
	for (int i = 0; i < AREAS; i++)
		if (areas[i].at && areas[i].writable && !areas[i].shared && any(3) == 0)
			mark(&areas[i]);
	if (how == 2) {
		if (any(2))
			test_sleep_ms(any(5));
		kill(pid, SIGTERM);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (how == 2 ? !WIFSIGNALED(status) && WEXITSTATUS(status) :
	    how == 1 ? !WIFSIGNALED(status) :
		       !WIFEXITED(status) || WEXITSTATUS(status) != (how == 3 ? 7 : 0))
		FAIL("a child of kind %d ended with status 0x%x", how, status);
}

static void live(unsigned int steps, long long end)
{
	for (unsigned int i = 0; i < steps && test_now_ns() < end && !test_failures; i++) {
		struct area *a = &areas[any(AREAS)];
		unsigned int what = any(32);

		if (!a->at) {
			map_one(a);
			continue;
		}
		if (what < 8)
			unmap_one(a);
		else if (what < 14)
			resize_one(a);
		else if (what < 18)
			protect_one(a);
		else if (what < 21)
			forget_one(a);
		else if (what < 25)
			verify(a);
		else if (what < 28)
			signal_self();
		else if (what < 30)
			run_threads(a);
		else
			fork_one(end);
	}
}

int main(int argc, char **argv)
{
	long seconds = argc > 1 ? atol(argv[1]) : 1;
	struct sigaction act = { .sa_handler = count_signal, .sa_flags = SA_RESTART };
	long long end = test_now_ns() + seconds * 1000000000LL;

	random_state = argc > 2 ? atol(argv[2]) : 1;
	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	signal(SIGTERM, SIG_DFL);
	while (test_now_ns() < end && !test_failures)
		live(1000, end);
	return test_done();
}
