// SPDX-License-Identifier: MIT
/* mprotect(2). */
#include "mm.h"

static void permissions_take_effect(void)
{
	char *p = mm_map(4);

	memset(p, 3, 4 * PAGE);
	CHECK_OK(mprotect(p, 2 * PAGE, PROT_READ));
	CHECK_EQ(mm_write_signal(p), SIGSEGV);
	CHECK_EQ(mm_info.si_code, SEGV_ACCERR);
	CHECK(mm_info.si_addr == p);
	CHECK_EQ(mm_read_signal(p), 0);
	CHECK_EQ(mm_write_signal(p + 2 * PAGE), 0);
	CHECK_OK(mprotect(p, 2 * PAGE, PROT_NONE));
	CHECK_EQ(mm_read_signal(p), SIGSEGV);
	CHECK_EQ(mm_info.si_code, SEGV_ACCERR);
	CHECK_OK(mprotect(p, 4 * PAGE, RW));
	CHECK_EQ(p[100], 3);
	CHECK_EQ(mm_write_signal(p), 0);
	munmap(p, 4 * PAGE);
}

static void execution_needs_permission(void)
{
	/* mov eax, 42; ret */
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	char *p = mm_map(1);
	int (*fn)(void) = (int (*)(void))p;

	memcpy(p, code, sizeof(code));
	if (!sigsetjmp(mm_jump, 1)) {
		fn();
		FAIL("data was executed");
	}
	CHECK_EQ(mm_info.si_code, SEGV_ACCERR);
	CHECK_OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	CHECK_EQ(fn(), 42);
	CHECK_OK(mprotect(p, PAGE, RW | PROT_EXEC));
	p[1] = 43;
	CHECK_EQ(fn(), 43);
	munmap(p, PAGE);
}

static void errors(void)
{
	char *p = mm_map(4);

	CHECK_ERR(mprotect(p + 1, PAGE, RW), EINVAL);
	CHECK_ERR(mprotect(p, PAGE, 0x100), EINVAL);
	CHECK_ERR(mprotect(p, PAGE, RW | PROT_GROWSDOWN | PROT_GROWSUP), EINVAL);
	CHECK_ERR(mprotect(p, PAGE, RW | PROT_GROWSDOWN), EINVAL);
	CHECK_ERR(mprotect(p, PAGE, RW | PROT_GROWSUP), EINVAL);
	CHECK_OK(mprotect(p, 0, PROT_READ));
	CHECK_ERR(mprotect((void *)(1UL << 46), PAGE, RW), ENOMEM);
	CHECK_ERR(mprotect((void *)~(PAGE - 1), PAGE, RW), ENOMEM);
	munmap(p + 2 * PAGE, PAGE);
	/* Up to the hole it is done. */
	CHECK_ERR(mprotect(p, 4 * PAGE, PROT_READ), ENOMEM);
	CHECK_EQ(mm_write_signal(p + PAGE), SIGSEGV);
	CHECK_EQ(mm_write_signal(p + 3 * PAGE), 0);
	munmap(p, 4 * PAGE);
}

static void areas_split_and_merge(void)
{
	char *p = mmap(NULL, 12 * PAGE, PROT_NONE, ANON, -1, 0);
	char perms[8][5];

	NEED(p != MAP_FAILED);
	p += PAGE;
	CHECK_OK(mprotect(p, 10 * PAGE, RW));
	CHECK_EQ(mm_areas(p, 10 * PAGE, NULL, 0), 1);
	CHECK_OK(mprotect(p + 3 * PAGE, 4 * PAGE, PROT_READ));
	CHECK_EQ(mm_areas(p, 10 * PAGE, perms, 8), 3);
	CHECK_STR(perms[0], "rw-p");
	CHECK_STR(perms[1], "r--p");
	CHECK_STR(perms[2], "rw-p");
	CHECK_OK(mprotect(p + 3 * PAGE, 4 * PAGE, RW));
	CHECK_EQ(mm_areas(p, 10 * PAGE, NULL, 0), 1);
	munmap(p - PAGE, 12 * PAGE);
}

static void private_copy_survives(void)
{
	int fd = mm_file(2 * PAGE);
	char *p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0), c;

	NEED(p != MAP_FAILED);
	CHECK_EQ(p[0], 1);
	CHECK_OK(mprotect(p, 2 * PAGE, RW));
	p[0] = 77;
	CHECK_OK(mprotect(p, 2 * PAGE, PROT_READ));
	CHECK_EQ(p[0], 77);
	CHECK_EQ(pread(fd, &c, 1, 0), 1);
	CHECK_EQ(c, 1);
	munmap(p, 2 * PAGE);
	close(fd);
}

static void kernel_honours_it(void)
{
	int fds[2];
	char *p = mm_map(2);

	NEED(pipe(fds) == 0);
	memset(p, 'x', 2 * PAGE);
	CHECK_OK(mprotect(p + PAGE, PAGE, PROT_NONE));
	CHECK_ERR(write(fds[1], p + PAGE, 1), EFAULT);
	CHECK_EQ(write(fds[1], p, 10), 10);
	CHECK_OK(mprotect(p, PAGE, PROT_READ));
	CHECK_ERR(read(fds[0], p, 10), EFAULT);
	CHECK_OK(mprotect(p, PAGE, RW));
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	CHECK_GE(read(fds[0], p, 13), 3);
	munmap(p, 2 * PAGE);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	mm_catch_faults();
	RUN(permissions_take_effect);
	RUN(execution_needs_permission);
	RUN(errors);
	RUN(areas_split_and_merge);
	RUN(private_copy_survives);
	RUN(kernel_honours_it);
	return test_done();
}
