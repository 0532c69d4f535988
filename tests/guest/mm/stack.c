// SPDX-License-Identifier: MIT
/* The stack: it grows on demand, keeps its distance, ends at its limit. */
#include "mm.h"

static int __attribute__((noinline)) descend(int depth)
{
	volatile char frame[8192];

	frame[0] = depth;
	frame[8191] = depth;
	if (depth == 0)
		return frame[0];
	return descend(depth - 1) + (frame[8191] == (char)depth);
}

static void grows_by_megabytes(void)
{
	long before = mm_status("VmStk:");

	CHECK_EQ(descend(500), 500);
	CHECK_GE(mm_status("VmStk:") - before, 3000);
}

static void overflow_is_a_signal(void)
{
	static char alternate[65536];
	stack_t ss = { .ss_sp = alternate, .ss_size = sizeof(alternate) };
	struct sigaction sa = { .sa_sigaction = mm_on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	struct rlimit lim = { 1 << 20, RLIM_INFINITY };
	int sig;

	CHECK_OK(setrlimit(RLIMIT_STACK, &lim));
	CHECK_OK(sigaltstack(&ss, NULL));
	sigaction(SIGSEGV, &sa, NULL);
	sig = sigsetjmp(mm_jump, 1);
	if (!sig) {
		descend(1000000);
		FAIL("endless descent came back");
	}
	CHECK_EQ(sig, SIGSEGV);
}

static void growsdown_mappings_grow(void)
{
	char *base = mm_map(700), *p = base + 650 * PAGE;

	munmap(base, 700 * PAGE);
	NEED(mmap(p, 4 * PAGE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN, -1, 0) == p);
	CHECK_EQ(mm_write_signal(p), 0);
	CHECK_EQ(mm_write_signal(p - PAGE), 0);
	CHECK_EQ(mm_write_signal(p - 20 * PAGE), 0);
	CHECK_EQ(mm_areas(p - 20 * PAGE, 24 * PAGE, NULL, 0), 1);
	/* Something below: the guard gap of 256 pages stays free. */
	NEED(mmap(base, PAGE, RW, ANON | MAP_FIXED, -1, 0) == base);
	CHECK_EQ(mm_write_signal(base + 300 * PAGE), 0);
	CHECK_EQ(mm_write_signal(base + 100 * PAGE), SIGSEGV);
	munmap(base, 700 * PAGE);
}

int main(void)
{
	mm_catch_faults();
	RUN_IN_CHILD(grows_by_megabytes);
	RUN_IN_CHILD(overflow_is_a_signal);
	RUN(growsdown_mappings_grow);
	return test_done();
}
