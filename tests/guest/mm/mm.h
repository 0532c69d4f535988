/* SPDX-License-Identifier: MIT */
/* Helpers of the memory tests: files, faults that are caught, what /proc says. */
#ifndef GUEST_MM_H
#define GUEST_MM_H

#include "../test.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define PAGE 4096UL
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

static sigjmp_buf mm_jump;
static siginfo_t mm_info;

static inline void mm_on_fault(int sig, siginfo_t *info, void *context)
{
	mm_info = *info;
	siglongjmp(mm_jump, sig);
}

static inline void mm_catch_faults(void)
{
	struct sigaction sa = { .sa_sigaction = mm_on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

/* The signal that reading (writing) one byte brings, 0 for none; mm_info has its details. */
static inline int mm_read_signal(const volatile char *p)
{
	int sig = sigsetjmp(mm_jump, 1);

	if (!sig)
		(void)*p;
	return sig;
}

static inline int mm_write_signal(volatile char *p)
{
	int sig = sigsetjmp(mm_jump, 1);

	if (!sig)
		*p = 1;
	return sig;
}

/* An open, unlinked file of the size, whose byte i is i / 4096 + 1. */
static inline int mm_file(size_t size)
{
	char name[] = "mm-test-XXXXXX";
	int fd = mkstemp(name);

	NEED(fd >= 0);
	unlink(name);
	for (size_t i = 0; i < size; i += 512) {
		char buf[512];
		size_t n = size - i < 512 ? size - i : 512;

		memset(buf, i / PAGE + 1, sizeof(buf));
		NEED(pwrite(fd, buf, n, i) == (ssize_t)n);
	}
	return fd;
}

static inline char *mm_map(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, RW, ANON, -1, 0);

	NEED(p != MAP_FAILED);
	return p;
}

/* The number after a key such as "VmRSS:" of /proc/self/status, in KiB; -1: absent. */
static inline long mm_status(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long value = -1;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key)))
			value = strtol(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return value;
}

/* Lines of /proc/self/maps that lie in [p, p + len); their permissions go to perms if given. */
static inline int mm_areas(const void *p, size_t len, char perms[][5], int max)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long a, b, start = (unsigned long)p;
	char line[512], perm[5];
	int n = 0;

	NEED(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %4s", &a, &b, perm) != 3 || b <= start || a >= start + len)
			continue;
		if (perms && n < max)
			memcpy(perms[n], perm, 5);
		n++;
	}
	fclose(f);
	return n;
}

#endif
