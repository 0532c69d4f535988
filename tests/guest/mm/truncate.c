// SPDX-License-Identifier: MIT
/* A file shrinks and grows while others map it, touch it, move the mapping, and fork. */
#include "mm.h"

#include <pthread.h>

#define PAGES 24

static int fd;
static volatile int stop;
static char *shared_map;

/* Each thread has its own place to jump back to. */
static __thread sigjmp_buf jump;
static __thread volatile int armed;

static void on_bus(int sig, siginfo_t *info, void *context)
{
	if (armed)
		siglongjmp(jump, sig);
	_exit(99);
}

static void touch(volatile char *p, int write)
{
	if (sigsetjmp(jump, 1) == 0) {
		armed = 1;
		if (write)
			*p = 1;
		else
			(void)*p;
	}
	armed = 0;
}

static void *toucher(void *arg)
{
	unsigned int seed = (unsigned long)arg;

	while (!stop)
		touch(shared_map + rand_r(&seed) % PAGES * PAGE, seed & 64);
	return NULL;
}

static void *mapper(void *arg)
{
	unsigned int seed = (unsigned long)arg;

	while (!stop) {
		char *p = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0), *q;

		if (p == MAP_FAILED)
			return (void *)1;
		for (int i = 0; i < 4; i++)
			touch(p + rand_r(&seed) % PAGES * PAGE, 1);
		mprotect(p + 4 * PAGE, 4 * PAGE, PROT_READ);
		q = mremap(p, PAGES * PAGE, (PAGES + 8) * PAGE, MREMAP_MAYMOVE);
		if (q == MAP_FAILED) {
			munmap(p, PAGES * PAGE);
			q = mmap(NULL, (PAGES + 8) * PAGE, RW, MAP_SHARED, fd, 0);
		}
		touch(q + rand_r(&seed) % PAGES * PAGE, 0);
		munmap(q, (PAGES + 8) * PAGE);
	}
	return NULL;
}

static void *forker(void *arg)
{
	while (!stop) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			for (int i = 0; i < PAGES; i++)
				touch(shared_map + i * PAGE, 0);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			return (void *)1;
	}
	return NULL;
}

static void what_was_cut_off_is_gone_everywhere(void)
{
	pthread_t t[4];
	void *result;
	long long end = test_now_ns() + 700000000LL;

	shared_map = mmap(NULL, PAGES * PAGE, RW, MAP_SHARED, fd, 0);
	NEED(shared_map != MAP_FAILED);
	NEED(pthread_create(&t[0], NULL, toucher, (void *)1) == 0);
	NEED(pthread_create(&t[1], NULL, toucher, (void *)2) == 0);
	NEED(pthread_create(&t[2], NULL, mapper, (void *)3) == 0);
	NEED(pthread_create(&t[3], NULL, forker, NULL) == 0);
	while (test_now_ns() < end) {
		CHECK_OK(ftruncate(fd, PAGE));
		CHECK_OK(ftruncate(fd, PAGES * PAGE));
	}
	stop = 1;
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], &result);
		CHECK(result == NULL);
	}
	/* Nothing of old pages may be left in any mapping. */
	CHECK_OK(ftruncate(fd, 0));
	CHECK_OK(ftruncate(fd, PAGES * PAGE));
	for (int i = 0; i < PAGES; i++) {
		char c = 9;

		CHECK_EQ(shared_map[i * PAGE], 0);
		shared_map[i * PAGE] = i;
		CHECK_EQ(pread(fd, &c, 1, i * PAGE), 1);
		CHECK_EQ(c, i);
	}
	munmap(shared_map, PAGES * PAGE);
}

int main(void)
{
	struct sigaction sa = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	fd = mm_file(PAGES * PAGE);
	RUN(what_was_cut_off_is_gone_everywhere);
	return test_done();
}
