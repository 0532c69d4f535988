// SPDX-License-Identifier: MIT
/* mmap(2), munmap(2), brk(2): what is mapped, where, and every errno. */
#include "mm.h"

static void anonymous_memory_is_zero_and_writable(void)
{
	char *p = mm_map(300);

	for (size_t i = 0; i < 300 * PAGE; i += 511)
		CHECK_EQ(p[i], 0);
	memset(p, 7, 300 * PAGE);
	CHECK_EQ(p[300 * PAGE - 1], 7);
	CHECK_OK(munmap(p, 300 * PAGE));
}

static void bad_arguments(void)
{
	int fd = mm_file(PAGE);

	CHECK_ERR(mmap(NULL, 0, RW, ANON, -1, 0), EINVAL);
	CHECK_ERR(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERR(mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0), EBADF);
	CHECK_ERR(syscall(SYS_mmap, NULL, PAGE, RW, MAP_PRIVATE, fd, 1), EINVAL);
	CHECK_ERR(mmap((void *)(PAGE + 1), PAGE, RW, ANON | MAP_FIXED, -1, 0), EINVAL);
	CHECK_ERR(mmap(NULL, ~0UL - PAGE + 2, RW, ANON, -1, 0), ENOMEM);
	CHECK_ERR(mmap(NULL, 1UL << 48, RW, ANON | MAP_NORESERVE, -1, 0), ENOMEM);
	CHECK_ERR(mmap((void *)(1UL << 47), PAGE, RW, ANON | MAP_FIXED, -1, 0), ENOMEM);
	CHECK_ERR(syscall(SYS_mmap, NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, ~0UL & ~(PAGE - 1)),
		  EOVERFLOW);
	CHECK_ERR(mmap(NULL, PAGE, RW, MAP_SHARED_VALIDATE | 0x200000, fd, 0), EOPNOTSUPP);
	CHECK_ERR(mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1, 0), EINVAL);
	CHECK_ERR(mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_GROWSDOWN, fd, 0), EINVAL);
	close(fd);
}

static void access_mode_of_the_file_limits(void)
{
	char name[] = "mode-XXXXXX";
	int fd = mkstemp(name), ro, wo;

	NEED(fd >= 0 && ftruncate(fd, PAGE) == 0);
	ro = open(name, O_RDONLY);
	wo = open(name, O_WRONLY);
	NEED(ro >= 0 && wo >= 0);
	CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, wo, 0), EACCES);
	CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, wo, 0), EACCES);
	CHECK_ERR(mmap(NULL, PAGE, RW, MAP_SHARED, ro, 0), EACCES);
	char *p = mmap(NULL, PAGE, RW, MAP_PRIVATE, ro, 0);
	CHECK(p != MAP_FAILED);
	p[0] = 'x';
	munmap(p, PAGE);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ro, 0);
	CHECK(p != MAP_FAILED);
	CHECK_ERR(mprotect(p, PAGE, RW), EACCES);
	munmap(p, PAGE);
	unlink(name);
	close(fd);
	close(ro);
	close(wo);
}

static void no_mapping_of_pipes_and_folders(void)
{
	int fds[2], dir = open(".", O_RDONLY);

	NEED(pipe(fds) == 0 && dir >= 0);
	CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fds[0], 0), ENODEV);
	CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, dir, 0), ENODEV);
	close(fds[0]);
	close(fds[1]);
	close(dir);
}

static void fixed_replaces_and_noreplace_refuses(void)
{
	char *p = mm_map(8), *q;

	memset(p, 1, 8 * PAGE);
	q = mmap(p + 2 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED, -1, 0);
	CHECK(q == p + 2 * PAGE);
	CHECK_EQ(p[PAGE], 1);
	CHECK_EQ(p[2 * PAGE], 0);
	CHECK_EQ(p[3 * PAGE], 0);
	CHECK_EQ(p[4 * PAGE], 1);
	CHECK_ERR(mmap(p + 7 * PAGE, 2 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	munmap(p, 8 * PAGE);
	q = mmap(p, 8 * PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0);
	CHECK(q == p);
	munmap(p, 8 * PAGE);
}

static void hints_are_taken_when_free(void)
{
	char *p = mm_map(16), *q;

	munmap(p, 16 * PAGE);
	q = mmap(p + 4 * PAGE, PAGE, RW, ANON, -1, 0);
	CHECK(q == p + 4 * PAGE);
	char *r = mmap(q, PAGE, RW, ANON, -1, 0);
	CHECK(r != MAP_FAILED && r != q);
	munmap(q, PAGE);
	munmap(r, PAGE);
	q = mmap(NULL, PAGE, RW, ANON | MAP_32BIT, -1, 0);
	CHECK((unsigned long)q < 1UL << 31);
	munmap(q, PAGE);
}

static void neighbours_merge_and_holes_split(void)
{
	char *base = mm_map(64), *p = base + 8 * PAGE;
	char perms[8][5];

	/* A frame of other protection, so that nothing outside merges. */
	CHECK_OK(mprotect(base, 64 * PAGE, PROT_NONE));
	CHECK(mmap(p, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p);
	CHECK(mmap(p + 4 * PAGE, 4 * PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + 4 * PAGE);
	CHECK_EQ(mm_areas(p, 8 * PAGE, NULL, 0), 1);
	CHECK_OK(munmap(p + 3 * PAGE, PAGE));
	CHECK_EQ(mm_areas(p, 8 * PAGE, NULL, 0), 2);
	CHECK(mmap(p + 3 * PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0) == p + 3 * PAGE);
	CHECK_EQ(mm_areas(p, 8 * PAGE, perms, 8), 1);
	CHECK_STR(perms[0], "rw-p");
	munmap(base, 64 * PAGE);
}

static void munmap_arguments(void)
{
	char *p = mm_map(4);

	CHECK_ERR(munmap(p + 1, PAGE), EINVAL);
	CHECK_ERR(munmap(p, 0), EINVAL);
	CHECK_ERR(munmap(p, 1UL << 48), EINVAL);
	CHECK_ERR(munmap((void *)(1UL << 48), PAGE), EINVAL);
	CHECK_OK(munmap(p + PAGE, 1));	/* the whole page goes */
	CHECK_EQ(mm_read_signal(p + PAGE + 100), SIGSEGV);
	CHECK_EQ(mm_info.si_code, SEGV_MAPERR);
	CHECK(mm_info.si_addr == p + PAGE + 100);
	CHECK_OK(munmap(p + PAGE, PAGE));	/* nothing there: fine */
	CHECK_OK(munmap(p, 4 * PAGE));
}

static void unmapped_memory_comes_back_zeroed(void)
{
	for (int i = 0; i < 50; i++) {
		char *p = mm_map(20);

		for (int j = 0; j < 20; j++)
			CHECK_EQ(p[j * PAGE + i], 0);
		memset(p, 0xff, 20 * PAGE);
		munmap(p, 20 * PAGE);
	}
}

static void private_file_mapping_does_not_write_back(void)
{
	int fd = mm_file(4 * PAGE);
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE, fd, 0), c;

	NEED(p != MAP_FAILED);
	CHECK_EQ(p[0], 1);
	CHECK_EQ(p[3 * PAGE], 4);
	p[PAGE] = 99;
	CHECK_EQ(pread(fd, &c, 1, PAGE), 1);
	CHECK_EQ(c, 2);
	/* What was not written yet still follows the file. */
	c = 55;
	CHECK_EQ(pwrite(fd, &c, 1, 2 * PAGE), 1);
	CHECK_EQ(p[2 * PAGE], 55);
	CHECK_EQ(p[PAGE], 99);
	munmap(p, 4 * PAGE);
	close(fd);
}

static void shared_file_mapping_is_the_file(void)
{
	int fd = mm_file(3 * PAGE);
	char *p = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);
	char *q = mmap(NULL, PAGE, RW, MAP_SHARED, fd, PAGE), c;

	NEED(p != MAP_FAILED && q != MAP_FAILED);
	p[PAGE + 5] = 42;
	CHECK_EQ(q[5], 42);
	CHECK_EQ(pread(fd, &c, 1, PAGE + 5), 1);
	CHECK_EQ(c, 42);
	c = 17;
	CHECK_EQ(pwrite(fd, &c, 1, PAGE + 6), 1);
	CHECK_EQ(p[PAGE + 6], 17);
	CHECK_EQ(q[6], 17);
	munmap(q, PAGE);
	munmap(p, 3 * PAGE);
	close(fd);
}

static void beyond_the_file_is_sigbus(void)
{
	int fd = mm_file(PAGE + 10);
	char *p = mmap(NULL, 4 * PAGE, RW, MAP_SHARED, fd, 0);

	NEED(p != MAP_FAILED);
	CHECK_EQ(mm_read_signal(p + PAGE + 100), 0);
	CHECK_EQ(p[PAGE + 100], 0);
	CHECK_EQ(mm_read_signal(p + 2 * PAGE), SIGBUS);
	CHECK_EQ(mm_info.si_code, BUS_ADRERR);
	CHECK(mm_info.si_addr == p + 2 * PAGE);
	CHECK_OK(ftruncate(fd, 3 * PAGE));
	CHECK_EQ(mm_read_signal(p + 2 * PAGE), 0);
	CHECK_EQ(p[2 * PAGE], 0);
	p[2 * PAGE] = 1;
	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_EQ(mm_read_signal(p + 2 * PAGE), SIGBUS);
	CHECK_OK(ftruncate(fd, 3 * PAGE));
	CHECK_EQ(p[2 * PAGE], 0);
	munmap(p, 4 * PAGE);
	close(fd);
}

static void truncation_takes_private_copies_too(void)
{
	int fd = mm_file(3 * PAGE);
	char *p = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);

	NEED(p != MAP_FAILED);
	p[2 * PAGE] = 9;
	CHECK_OK(ftruncate(fd, PAGE));
	CHECK_EQ(mm_read_signal(p + 2 * PAGE), SIGBUS);
	munmap(p, 3 * PAGE);
	close(fd);
}

static void file_offset_counts(void)
{
	int fd = mm_file(40 * PAGE);
	char *p = mmap(NULL, 20 * PAGE, PROT_READ, MAP_PRIVATE, fd, 17 * PAGE);

	NEED(p != MAP_FAILED);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(p[i * PAGE + 3], 18 + i);
	munmap(p, 20 * PAGE);
	close(fd);
}

static void mapping_outlives_descriptor(void)
{
	int fd = mm_file(PAGE);
	char *p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);

	NEED(p != MAP_FAILED);
	close(fd);
	CHECK_EQ(p[10], 1);
	p[10] = 2;
	CHECK_EQ(p[10], 2);
	munmap(p, PAGE);
}

static void populate_makes_resident(void)
{
	unsigned char vec[16] = { 0 };
	char *p = mmap(NULL, 16 * PAGE, RW, ANON | MAP_POPULATE, -1, 0);
	int n = 0;

	NEED(p != MAP_FAILED);
	CHECK_OK(mincore(p, 16 * PAGE, vec));
	for (int i = 0; i < 16; i++)
		n += vec[i] & 1;
	CHECK_EQ(n, 16);
	munmap(p, 16 * PAGE);
}

static void brk_moves_the_heap(void)
{
	char *old = (char *)syscall(SYS_brk, 0);
	char *want = old + 10 * PAGE + 5;

	CHECK((char *)syscall(SYS_brk, want) == want);
	memset(old, 5, want - old);
	CHECK_EQ(mm_read_signal((char *)((unsigned long)want & ~(PAGE - 1))), 0);
	CHECK((char *)syscall(SYS_brk, old) == old);
	CHECK((char *)syscall(SYS_brk, want) == want);
	CHECK_EQ(want[-100], 0);
	/* Refused: the old value comes back. */
	CHECK((char *)syscall(SYS_brk, 1) == want);
	CHECK((char *)syscall(SYS_brk, 1UL << 48) == want);
	CHECK((char *)syscall(SYS_brk, old) == old);
}

static void brk_respects_rlimit_data(void)
{
	struct rlimit lim = { 1 << 20, 1 << 20 };
	char *old = (char *)syscall(SYS_brk, 0);

	CHECK_OK(setrlimit(RLIMIT_DATA, &lim));
	CHECK((char *)syscall(SYS_brk, old + (2 << 20)) == old);
	CHECK_ERR(mmap(NULL, 4 << 20, RW, ANON, -1, 0), ENOMEM);
	CHECK(mmap(NULL, 4 << 20, PROT_READ, ANON, -1, 0) != MAP_FAILED);
}

static void rlimit_as_is_enforced(void)
{
	struct rlimit lim = { (mm_status("VmSize:") << 10) + (8 << 20), RLIM_INFINITY };
	char *p;

	CHECK_OK(setrlimit(RLIMIT_AS, &lim));
	CHECK_ERR(mmap(NULL, 16 << 20, RW, ANON, -1, 0), ENOMEM);
	p = mmap(NULL, 4 << 20, RW, ANON, -1, 0);
	CHECK(p != MAP_FAILED);
	/* Replacing what is there needs no more than before. */
	CHECK(mmap(p, 4 << 20, PROT_READ, ANON | MAP_FIXED, -1, 0) == p);
}

static void counters_follow(void)
{
	long size = mm_status("VmSize:"), rss = mm_status("VmRSS:"), data = mm_status("VmData:");
	char *p = mm_map(1024);

	CHECK_EQ(mm_status("VmSize:") - size, 4096);
	CHECK_GE(mm_status("VmData:") - data, 4096);
	memset(p, 1, 1024 * PAGE);
	CHECK_GE(mm_status("VmRSS:") - rss, 3900);
	munmap(p, 1024 * PAGE);
	CHECK_EQ(mm_status("VmSize:"), size);
	CHECK_LE(mm_status("VmRSS:") - rss, 600);
	CHECK_GE(mm_status("VmHWM:") - rss, 3900);
	CHECK_GE(mm_status("VmPeak:"), size + 4096);
}

static void many_areas(void)
{
	enum { N = 1000 };
	char *p = mmap(NULL, 2 * N * PAGE, PROT_NONE, ANON, -1, 0);

	NEED(p != MAP_FAILED);
	for (int i = 0; i < N; i++)
		CHECK_OK(mprotect(p + 2 * i * PAGE, PAGE, RW));
	for (int i = 0; i < N; i++)
		p[2 * i * PAGE] = i;
	for (int i = 0; i < N; i++)
		CHECK_EQ(p[2 * i * PAGE], (char)i);
	CHECK_EQ(mm_areas(p, (2 * N - 1) * PAGE, NULL, 0), 2 * N - 1);
	munmap(p, 2 * N * PAGE);
}

int main(void)
{
	mm_catch_faults();
	RUN(anonymous_memory_is_zero_and_writable);
	RUN(bad_arguments);
	RUN(access_mode_of_the_file_limits);
	RUN(no_mapping_of_pipes_and_folders);
	RUN(fixed_replaces_and_noreplace_refuses);
	RUN(hints_are_taken_when_free);
	RUN(neighbours_merge_and_holes_split);
	RUN(munmap_arguments);
	RUN(unmapped_memory_comes_back_zeroed);
	RUN(private_file_mapping_does_not_write_back);
	RUN(shared_file_mapping_is_the_file);
	RUN(beyond_the_file_is_sigbus);
	RUN(truncation_takes_private_copies_too);
	RUN(file_offset_counts);
	RUN(mapping_outlives_descriptor);
	RUN(populate_makes_resident);
	RUN_IN_CHILD(brk_moves_the_heap);
	RUN_IN_CHILD(brk_respects_rlimit_data);
	RUN_IN_CHILD(rlimit_as_is_enforced);
	RUN(counters_follow);
	RUN(many_areas);
	return test_done();
}
