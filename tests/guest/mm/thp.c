// SPDX-License-Identifier: MIT
/* Transparent huge pages: advice, prctl, and that contents survive every way to split one. */
#include "mm.h"

#include <sys/prctl.h>

#define HUGE (2UL << 20)

/* A mapping of `size` at a multiple of 2 MiB, with nothing else around it. */
static char *aligned_area(size_t size)
{
	char *p = mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at = (char *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));

	CHECK(p != MAP_FAILED);
	munmap(p, at - p);
	munmap(at + size, p + HUGE - at);
	return at;
}

static void fill(char *p, size_t size)
{
	for (size_t i = 0; i < size; i += PAGE)
		*(uint64_t *)(p + i) = i ^ 0x5a5a;
}

static int wrong_pages(const char *p, size_t from, size_t to)
{
	int wrong = 0;

	for (size_t i = from; i < to; i += PAGE)
		wrong += *(const uint64_t *)(p + i) != (i ^ 0x5a5a);
	return wrong;
}

/* A line of the area's paragraph in smaps, in KiB; -1: no such line. */
static long smaps_value(const void *addr, const char *name)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long start, end;
	char line[512];
	int inside = 0;
	long value = -1;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (unsigned long)addr >= start && (unsigned long)addr < end;
		else if (inside && !strncmp(line, name, strlen(name)))
			value = atol(line + strlen(name));
	}
	if (f)
		fclose(f);
	return value;
}

static void advice_gives_whole_pages(void)
{
	char *p = aligned_area(2 * HUGE);
	long huge;

	CHECK_EQ(madvise(p, 2 * HUGE, MADV_HUGEPAGE), 0);
	p[HUGE + 5] = 1;
	huge = smaps_value(p, "AnonHugePages:");
	/* Memory may be in pieces; but it is all or nothing. */
	CHECK(huge == 0 || huge == 2048);
	if (huge)
		CHECK_EQ(smaps_value(p, "Rss:"), 2048);
	CHECK_EQ(p[HUGE + 100], 0);
	munmap(p, 2 * HUGE);
}

static void no_advice_no_huge_page(void)
{
	char *p = aligned_area(HUGE);

	CHECK_EQ(madvise(p, HUGE, MADV_NOHUGEPAGE), 0);
	fill(p, HUGE);
	CHECK_EQ(smaps_value(p, "AnonHugePages:"), 0);
	CHECK_EQ(smaps_value(p, "THPeligible:"), 0);
	CHECK_EQ(wrong_pages(p, 0, HUGE), 0);
	munmap(p, HUGE);
}

static void partial_unmap_splits(void)
{
	char *p = aligned_area(HUGE);

	madvise(p, HUGE, MADV_HUGEPAGE);
	fill(p, HUGE);
	CHECK_EQ(munmap(p + 100 * PAGE, 50 * PAGE), 0);
	CHECK_EQ(smaps_value(p, "AnonHugePages:"), 0);
	CHECK_EQ(wrong_pages(p, 0, 100 * PAGE), 0);
	CHECK_EQ(wrong_pages(p, 150 * PAGE, HUGE), 0);
	munmap(p, HUGE);
}

static void partial_protection_splits(void)
{
	char *p = aligned_area(HUGE);

	madvise(p, HUGE, MADV_HUGEPAGE);
	fill(p, HUGE);
	CHECK_EQ(mprotect(p + 7 * PAGE, PAGE, PROT_READ), 0);
	CHECK_EQ(wrong_pages(p, 0, HUGE), 0);
	CHECK_EQ(mprotect(p + 7 * PAGE, PAGE, PROT_READ | PROT_WRITE), 0);
	p[7 * PAGE + 100] = 3;
	CHECK_EQ(wrong_pages(p, 0, HUGE), 0);
	munmap(p, HUGE);
}

static void dropped_pages_are_zero(void)
{
	char *p = aligned_area(HUGE);

	madvise(p, HUGE, MADV_HUGEPAGE);
	fill(p, HUGE);
	CHECK_EQ(madvise(p + 3 * PAGE, PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(*(uint64_t *)(p + 3 * PAGE), 0);
	CHECK_EQ(wrong_pages(p, 4 * PAGE, HUGE), 0);
	munmap(p, HUGE);
}

static void fork_and_write_on_both_sides(void)
{
	char *p = aligned_area(HUGE);
	int status;
	pid_t pid;

	madvise(p, HUGE, MADV_HUGEPAGE);
	fill(p, HUGE);
	pid = fork();
	if (!pid) {
		p[11 * PAGE] = 99;
		_exit(wrong_pages(p, 0, 11 * PAGE) + wrong_pages(p, 12 * PAGE, HUGE) ||
		      p[11 * PAGE] != 99);
	}
	*(uint64_t *)(p + 20 * PAGE) = 77;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(*(uint64_t *)(p + 20 * PAGE), 77);
	CHECK_EQ(wrong_pages(p, 0, 20 * PAGE) + wrong_pages(p, 21 * PAGE, HUGE), 0);
	munmap(p, HUGE);
}

static void moved_pages_keep_their_content(void)
{
	char *p = aligned_area(HUGE), *q;

	madvise(p, HUGE, MADV_HUGEPAGE);
	fill(p, HUGE);
	q = mremap(p, HUGE, 2 * HUGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED);
	CHECK_EQ(wrong_pages(q, 0, HUGE), 0);
	CHECK_EQ(q[HUGE], 0);
	munmap(q, 2 * HUGE);
}

static void prctl_turns_them_off(void)
{
	char *p = aligned_area(HUGE);

	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);
	CHECK_EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
	madvise(p, HUGE, MADV_HUGEPAGE);
	p[0] = 1;
	CHECK_EQ(smaps_value(p, "AnonHugePages:"), 0);
	if (!fork())
		_exit(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) != 1);
	else {
		int status;

		wait(&status);
		CHECK_EQ(status, 0);
	}
	CHECK_EQ(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0), 0);
	CHECK_ERR(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0), EINVAL);
	munmap(p, HUGE);
}

int main(void)
{
	RUN(advice_gives_whole_pages);
	RUN(no_advice_no_huge_page);
	RUN(partial_unmap_splits);
	RUN(partial_protection_splits);
	RUN(dropped_pages_are_zero);
	RUN(fork_and_write_on_both_sides);
	RUN(moved_pages_keep_their_content);
	RUN(prctl_turns_them_off);
	return test_done();
}
