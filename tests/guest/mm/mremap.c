// SPDX-License-Identifier: MIT
/* mremap(2). */
#include "mm.h"

static void stamp(char *p, int pages)
{
	for (int i = 0; i < pages; i++)
		p[i * PAGE + 7] = i + 1;
}

static void check_stamp(const char *p, int pages)
{
	for (int i = 0; i < pages; i++)
		CHECK_EQ(p[i * PAGE + 7], i + 1);
}

static void shrinks(void)
{
	char *p = mm_map(10);

	stamp(p, 10);
	CHECK(mremap(p, 10 * PAGE, 4 * PAGE, 0) == p);
	check_stamp(p, 4);
	CHECK_EQ(mm_read_signal(p + 4 * PAGE), SIGSEGV);
	munmap(p, 4 * PAGE);
}

static void grows_in_place_or_moves(void)
{
	char *p = mm_map(20), *q;

	stamp(p, 20);
	munmap(p + 10 * PAGE, 10 * PAGE);
	CHECK(mremap(p, 10 * PAGE, 15 * PAGE, 0) == p);
	check_stamp(p, 10);
	CHECK_EQ(p[12 * PAGE], 0);
	CHECK(mmap(p + 15 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + 15 * PAGE);
	CHECK_OK(mprotect(p + 15 * PAGE, PAGE, PROT_READ));
	CHECK_ERR(mremap(p, 15 * PAGE, 17 * PAGE, 0), ENOMEM);
	q = mremap(p, 15 * PAGE, 17 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && q != p);
	check_stamp(q, 10);
	CHECK_EQ(mm_read_signal(p), SIGSEGV);
	munmap(p + 15 * PAGE, PAGE);
	munmap(q, 17 * PAGE);
}

static void moves_to_a_fixed_place(void)
{
	char *p = mm_map(8), *to = mm_map(16);

	stamp(p, 8);
	memset(to, 0x55, 16 * PAGE);
	CHECK(mremap(p, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to + 4 * PAGE) ==
	      to + 4 * PAGE);
	check_stamp(to + 4 * PAGE, 8);
	CHECK_EQ(to[3 * PAGE], 0x55);
	CHECK_EQ(to[12 * PAGE], 0x55);
	CHECK_EQ(mm_read_signal(p), SIGSEGV);
	munmap(to, 16 * PAGE);
}

static void moves_across_tables(void)
{
	size_t pages = 1500;
	char *p = mm_map(pages), *q;

	for (size_t i = 0; i < pages; i += 3)
		*(int *)(p + i * PAGE) = i;
	q = mremap(p, pages * PAGE, (pages + 600) * PAGE, MREMAP_MAYMOVE);
	NEED(q != MAP_FAILED);
	for (size_t i = 0; i < pages; i += 3)
		CHECK_EQ(*(int *)(q + i * PAGE), (int)i);
	CHECK_EQ(q[(pages + 599) * PAGE], 0);
	munmap(q, (pages + 600) * PAGE);
}

static void middle_of_an_area(void)
{
	char *p = mm_map(10), *q;

	stamp(p, 10);
	q = mremap(p + 3 * PAGE, 2 * PAGE, 3 * PAGE, MREMAP_MAYMOVE);
	NEED(q != MAP_FAILED);
	CHECK_EQ(q[7], 4);
	CHECK_EQ(q[PAGE + 7], 5);
	CHECK_EQ(p[2 * PAGE + 7], 3);
	CHECK_EQ(mm_read_signal(p + 3 * PAGE), SIGSEGV);
	CHECK_EQ(p[5 * PAGE + 7], 6);
	munmap(q, 3 * PAGE);
	munmap(p, 10 * PAGE);
}

static void shared_mapping_can_be_doubled(void)
{
	char *p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0), *q;

	NEED(p != MAP_FAILED);
	p[0] = 11;
	q = mremap(p, 0, 2 * PAGE, MREMAP_MAYMOVE);
	NEED(q != MAP_FAILED);
	CHECK_EQ(q[0], 11);
	q[PAGE] = 12;
	CHECK_EQ(p[PAGE], 12);
	munmap(p, 2 * PAGE);
	munmap(q, 2 * PAGE);
}

static void file_mappings_keep_their_offset(void)
{
	int fd = mm_file(12 * PAGE);
	char *p = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE, fd, 5 * PAGE), *q;

	NEED(p != MAP_FAILED);
	CHECK_EQ(p[PAGE], 7);
	q = mremap(p, 4 * PAGE, 7 * PAGE, MREMAP_MAYMOVE);
	NEED(q != MAP_FAILED);
	for (int i = 0; i < 7; i++)
		CHECK_EQ(q[i * PAGE], 6 + i);
	munmap(q, 7 * PAGE);
	close(fd);
}

static void dontunmap_leaves_an_empty_area(void)
{
	char *p = mm_map(4), *q;

	stamp(p, 4);
	q = mremap(p, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0);
	NEED(q != MAP_FAILED);
	check_stamp(q, 4);
	CHECK_EQ(mm_read_signal(p), 0);
	CHECK_EQ(p[7], 0);
	munmap(p, 4 * PAGE);
	munmap(q, 4 * PAGE);
}

static void errors(void)
{
	char *p = mm_map(8), *far = mm_map(8);

	CHECK_ERR(mremap(p + 1, PAGE, PAGE, 0), EINVAL);
	CHECK_ERR(mremap(p, PAGE, 0, 0), EINVAL);
	CHECK_ERR(mremap(p, PAGE, PAGE, 0x80), EINVAL);
	CHECK_ERR(mremap(p, PAGE, PAGE, MREMAP_FIXED, far), EINVAL);
	CHECK_ERR(mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0), EINVAL);
	CHECK_ERR(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, far + 1), EINVAL);
	CHECK_ERR(mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE), EINVAL);
	CHECK_ERR(mremap(p, 0, PAGE, MREMAP_MAYMOVE), EINVAL);	/* private */
	CHECK_ERR(mremap((void *)(1UL << 46), PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
	munmap(p + 4 * PAGE, PAGE);
	CHECK_ERR(mremap(p, 6 * PAGE, 20 * PAGE, MREMAP_MAYMOVE), EFAULT);
	munmap(p, 8 * PAGE);
	munmap(far, 8 * PAGE);
}

int main(void)
{
	mm_catch_faults();
	RUN(shrinks);
	RUN(grows_in_place_or_moves);
	RUN(moves_to_a_fixed_place);
	RUN(moves_across_tables);
	RUN(middle_of_an_area);
	RUN(shared_mapping_can_be_doubled);
	RUN(file_mappings_keep_their_offset);
	RUN(dontunmap_leaves_an_empty_area);
	RUN(errors);
	return test_done();
}
