// SPDX-License-Identifier: MIT
/*
 * What system calls cost among N other objects, for N from 10 to 100,000: "curve NAME N
 * NANOSECONDS", the least of several rounds. Runs on any Linux kernel; sizes that a limit does
 * not allow are left out ("raise-limits" raises those of the system). The kernel's own part is
 * tests/torture/kernel/curves.c.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 5
#define OPERATIONS 400
#define PAGE 4096UL

static const unsigned int sizes[] = { 10, 100, 1000, 10000, 100000 };

struct curve {
	const char *name;
	unsigned int most;
	int (*fill)(unsigned int n);	/* 0, or -1: not that many */
	void (*operate)(unsigned int n);
	void (*empty)(unsigned int n);
};

static unsigned int scatter(unsigned int i, unsigned int n)
{
	return (i * 2654435761U) % n;
}

/* ---- areas: every other page is an area of its own ---- */

static char *region;

static int fill_areas(unsigned int n)
{
	region = mmap(NULL, 2 * n * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (region == MAP_FAILED)
		return -1;
	for (unsigned int i = 0; i < n / 2; i++) {
		if (mprotect(region + 4 * i * PAGE, PAGE, PROT_READ))
			return -1;
	}
	return 0;
}

/* The kernel looks the area up and finds nothing to change. */
static void operate_areas(unsigned int n)
{
	for (unsigned int i = 0; i < OPERATIONS; i++)
		mprotect(region + 4 * scatter(i, n / 2) * PAGE, PAGE, PROT_READ);
}

static void empty_areas(unsigned int n)
{
	munmap(region, 2 * n * PAGE);
}

/* ---- names in a folder ---- */

static char *name_of(unsigned int i)
{
	static char name[40];

	snprintf(name, sizeof(name), "curves/%u", i);
	return name;
}

static int fill_names(unsigned int n)
{
	mkdir("curves", 0700);
	for (unsigned int i = 0; i < n; i++) {
		if (mknod(name_of(i), S_IFREG | 0600, 0))
			return -1;
	}
	return 0;
}

static void operate_names(unsigned int n)
{
	struct stat st;

	for (unsigned int i = 0; i < OPERATIONS; i++)
		stat(name_of(scatter(i, n)), &st);
}

static void empty_names(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		unlink(name_of(i));
	rmdir("curves");
}

/* ---- descriptors: the lowest free one is above all others ---- */

static int fill_fds(unsigned int n)
{
	struct rlimit limit = { n + 100, n + 100 };

	if (setrlimit(RLIMIT_NOFILE, &limit))
		return -1;
	for (unsigned int i = 0; i < n; i++) {
		if (dup(0) < 0)
			return -1;
	}
	return 0;
}

static void operate_fds(unsigned int n)
{
	for (unsigned int i = 0; i < OPERATIONS; i++)
		close(dup(0));
}

static void empty_fds(unsigned int n)
{
	syscall(SYS_close_range, 3, ~0U, 0);
}

/* ---- POSIX timers ---- */

static int *timers;

static int fill_timers(unsigned int n)
{
	struct rlimit limit = { n + 1000, n + 1000 };
	struct itimerspec when = { .it_value.tv_sec = 1000 };

	setrlimit(RLIMIT_SIGPENDING, &limit);
	timers = calloc(n, sizeof(*timers));
	for (unsigned int i = 0; i < n; i++) {
		timers[i] = -1;
		when.it_value.tv_nsec = scatter(i, n) * 1000;
		if (syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &timers[i]) ||
		    syscall(SYS_timer_settime, timers[i], 0, &when, NULL))
			return -1;
	}
	return 0;
}

static void operate_timers(unsigned int n)
{
	struct itimerspec when = { .it_value.tv_sec = 1000 };

	for (unsigned int i = 0; i < OPERATIONS; i++) {
		when.it_value.tv_nsec = i * 9973;
		syscall(SYS_timer_settime, timers[scatter(i, n)], 0, &when, NULL);
	}
}

static void empty_timers(unsigned int n)
{
	for (unsigned int i = 0; i < n && timers[i] >= 0; i++)
		syscall(SYS_timer_delete, timers[i]);
	free(timers);
}

/* ---- wake-ups: of a word that nobody waits for, among n that somebody does ---- */

/* A thread can wait for so many at once (futex_waitv). */
#define WORDS 128U
#define MAX_WAITERS (100000 / WORDS + 1)

static int *words, waiters_end;
static unsigned int nwaiters, nwords;
static pthread_t waiters[MAX_WAITERS];

static void *wait_for_words(void *arg)
{
	unsigned int first = (uintptr_t)arg, nr = 0;
	struct futex_waitv list[WORDS] = { { 0 } };

	for (unsigned int i = first * WORDS; i < nwords && nr < WORDS; i++, nr++) {
		list[nr].uaddr = (uintptr_t)&words[i];
		list[nr].flags = FUTEX_32 | FUTEX_PRIVATE_FLAG;
	}
	while (!__atomic_load_n(&waiters_end, __ATOMIC_SEQ_CST))
		syscall(SYS_futex_waitv, list, nr, 0, NULL, CLOCK_MONOTONIC);
	return NULL;
}

/* All threads are when no CPU time passes any more. */
static void wait_until_asleep(void)
{
	clock_t before;

	do {
		before = clock();
		usleep(200000);
	} while (clock() - before > CLOCKS_PER_SEC / 200);
}

static int fill_waiters(unsigned int n)
{
	pthread_attr_t attr;

	words = calloc(n + OPERATIONS, sizeof(*words));
	nwords = n;
	nwaiters = 0;
	__atomic_store_n(&waiters_end, 0, __ATOMIC_SEQ_CST);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 32768);
	for (unsigned int i = 0; i < (n + WORDS - 1) / WORDS; i++) {
		if (pthread_create(&waiters[i], &attr, wait_for_words,
				   (void *)(uintptr_t)i))
			return -1;
		nwaiters++;
	}
	wait_until_asleep();
	return 0;
}

static void operate_waiters(unsigned int n)
{
	for (unsigned int i = 0; i < OPERATIONS; i++)
		syscall(SYS_futex, &words[n + i], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void empty_waiters(unsigned int n)
{
	__atomic_store_n(&waiters_end, 1, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; i < nwaiters; i++) {
		__atomic_store_n(&words[i * WORDS], 1, __ATOMIC_SEQ_CST);
		syscall(SYS_futex, &words[i * WORDS], FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		pthread_join(waiters[i], NULL);
	}
	free(words);
}

static const struct curve curves[] = {
	{ "area-lookup", 100000, fill_areas, operate_areas, empty_areas },
	{ "dentry-lookup", 100000, fill_names, operate_names, empty_names },
	{ "descriptor", 100000, fill_fds, operate_fds, empty_fds },
	{ "posix-timer", 100000, fill_timers, operate_timers, empty_timers },
	{ "futex-wake", 100000, fill_waiters, operate_waiters, empty_waiters },
};

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void measure(const struct curve *curve, unsigned int n)
{
	uint64_t best = ~0ULL;

	if (!curve->fill(n)) {
		for (unsigned int round = 0; round < ROUNDS; round++) {
			uint64_t start = now(), took;

			curve->operate(n);
			took = now() - start;
			best = took < best ? took : best;
		}
		printf("curve %s %u %llu\n", curve->name, n, (unsigned long long)best / OPERATIONS);
		fflush(stdout);
	}
	curve->empty(n);
}

/* What stands in the way of 100,000. */
static void raise_limit(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		perror(path);
	close(fd);
}

int main(int argc, char **argv)
{
	if (chdir("/tmp"))
		return 1;
	if (argc > 1 && !strcmp(argv[1], "raise-limits"))
		raise_limit("/proc/sys/vm/max_map_count", "300000");
	for (unsigned int i = 0; i < sizeof(curves) / sizeof(*curves); i++) {
		for (unsigned int k = 0; k < sizeof(sizes) / sizeof(*sizes); k++) {
			if (sizes[k] <= curves[i].most)
				measure(&curves[i], sizes[k]);
		}
	}
	return 0;
}
