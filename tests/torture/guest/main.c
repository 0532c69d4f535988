// SPDX-License-Identifier: MIT
/*
 * torture SECONDS SEED [WHICH|all [PLANT|all|none]]
 *
 * Runs the tests in user mode for SECONDS, waits for those of the kernel (/proc/torture), and
 * prints a line for each. Status 0 when nothing failed. Runs on any Linux kernel; swaps to
 * /dev/ubda where that is.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "torture.h"

static struct test *const tests[] = { &forkexit_test, &memory_test, &futex_test, &futexpi_test };
#define TESTS (sizeof(tests) / sizeof(*tests))

static __thread uint64_t random_state;

uint64_t random64(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

void random_seed(uint64_t seed)
{
	random_state = seed;
}

void fail(struct test *test, const char *fmt, ...)
{
	char text[200];
	va_list args;

	if (atomic_fetch_add(&test->results->failures, 1) >= 5)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	dprintf(2, "torture: %s: %s\n", test->name, text);
}

bool plant(struct test *test)
{
	int wanted = 1;

	return atomic_load_explicit(&test->results->planted, memory_order_relaxed) == 1 &&
	       atomic_compare_exchange_strong(&test->results->planted, &wanted, 2);
}

static bool listed(const char *list, const char *word)
{
	size_t length = strlen(word);

	if (!strcmp(list, "all"))
		return true;
	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (!strncmp(list, word, length) && (!list[length] || list[length] == ','))
			return true;
	}
	return false;
}

static void start(struct test *test, uint64_t seed, const char *planted)
{
	test->results = mmap(NULL, sizeof(*test->results), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (test->results == MAP_FAILED) {
		perror("torture: mmap");
		exit(2);
	}
	atomic_store(&test->results->planted, listed(planted, test->name));
	if (test->setup && test->setup()) {
		fail(test, "set-up: %s", strerror(errno));
		return;
	}
	for (int i = 0; i < test->processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			fail(test, "fork: %s", strerror(errno));
		if (pid)
			continue;
		random_seed(seed * 1000003 + i * 1009 + test->name[0]);
		while (!atomic_load(&test->results->stop)) {
			test->round(i);
			atomic_fetch_add(&test->results->rounds, 1);
		}
		_exit(0);
	}
}

/* Collects the processes; one that was killed is a failure of whoever was started last. */
static void collect(struct test *first)
{
	int status;

	for (;;) {
		pid_t pid = wait(&status);

		if (pid < 0 && errno == ECHILD)
			return;
		if (pid > 0 && status)
			fail(first, "process %d ended with status %x", pid, status);
	}
}

static bool report(struct test *test)
{
	struct results *r = test->results;

	if (!atomic_load(&r->rounds))
		fail(test, "never ran");
	if (atomic_load(&r->planted) == 1)
		fail(test, "never came to plant its failure");
	printf("torture: %s %s%s, %ld rounds, %d failures\n", test->name,
	       atomic_load(&r->failures) ? "FAILED" : "ok",
	       atomic_load(&r->planted) ? " (planted)" : "", atomic_load(&r->rounds),
	       atomic_load(&r->failures));
	return !atomic_load(&r->failures);
}

/* The kernel's own results, once they are complete. 0: all well. */
static int report_kernel(void)
{
	static char text[4096];

	for (int tries = 0; tries < 1200; tries++) {
		FILE *f = fopen("/proc/torture", "r");
		size_t n;

		if (!f)
			return 0;
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
		text[n] = 0;
		if (strstr(text, "done\n")) {
			*strstr(text, "done\n") = 0;
			fputs(text, stdout);
			return strstr(text, "FAILED") != NULL;
		}
		usleep(100000);
	}
	puts("torture: kernel FAILED, the threads did not end");
	return 1;
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc > 1 ? atoi(argv[1]) : 5;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	const char *which = argc > 3 ? argv[3] : "all", *planted = argc > 4 ? argv[4] : "none";
	struct test *any = NULL;
	int failed = 0;

	if (argc == 3 && !strcmp(argv[1], EXIT_WITH))
		_exit(atoi(argv[2]));
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!access("/proc/torture", F_OK) && swapon("/dev/ubda", 0))
		perror("torture: swapon");
	for (unsigned int i = 0; i < TESTS; i++) {
		if (listed(which, tests[i]->name)) {
			start(tests[i], seed, planted);
			any = tests[i];
		}
	}
	for (unsigned int left = seconds; left;)
		left = sleep(left);
	for (unsigned int i = 0; i < TESTS; i++) {
		if (tests[i]->results)
			atomic_store(&tests[i]->results->stop, true);
	}
	if (any)
		collect(any);
	for (unsigned int i = 0; i < TESTS; i++) {
		if (tests[i]->results && !report(tests[i]))
			failed = 1;
	}
	return report_kernel() | failed;
}
