// SPDX-License-Identifier: MIT
/* mseal(): what can no longer be done to an area, and what still can. */
#include "test.h"
#include <sys/mman.h>
#include <sys/syscall.h>

#define SYS_mseal_ 462
#define PAGE 4096

static char *map(int pages, int prot)
{
	char *p = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(p != MAP_FAILED);
	return p;
}

static long seal(void *p, unsigned long len, unsigned long flags)
{
	return syscall(SYS_mseal_, p, len, flags);
}

static void sealed_area(void)
{
	char *p = map(8, PROT_READ | PROT_WRITE), *q = map(2, PROT_READ);

	CHECK_OK(seal(p + 2 * PAGE, 2 * PAGE, 0));
	p[2 * PAGE] = 'x';
	CHECK_ERR(munmap(p + 2 * PAGE, PAGE), EPERM);
	CHECK_ERR(munmap(p, 8 * PAGE), EPERM);
	p[0] = 'y';
	CHECK_ERR(mprotect(p + 3 * PAGE, PAGE, PROT_READ), EPERM);
	CHECK_ERR(mprotect(p + 2 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE), EPERM);
	CHECK(mremap(p + 2 * PAGE, 2 * PAGE, PAGE, 0) == MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	CHECK(mremap(p + 2 * PAGE, 2 * PAGE, 4 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	CHECK(mremap(q, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 2 * PAGE) == MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	CHECK(mmap(p + 3 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	      MAP_FAILED);
	CHECK_EQ(errno, EPERM);
	CHECK_EQ(p[2 * PAGE], 'x');
	/* Its neighbours are as ever. */
	CHECK_OK(mprotect(p, 2 * PAGE, PROT_READ));
	CHECK_OK(munmap(p + 4 * PAGE, 4 * PAGE));
	/* Content may go where it may be written. */
	CHECK_OK(madvise(p + 2 * PAGE, PAGE, MADV_DONTNEED));
	CHECK_EQ(p[2 * PAGE], 0);
	CHECK_OK(seal(p + 2 * PAGE, 2 * PAGE, 0));
	CHECK_OK(seal(q, PAGE, 0));
	CHECK_ERR(madvise(q, PAGE, MADV_DONTNEED), EPERM);
	CHECK_ERR(madvise(q, PAGE, MADV_FREE), EPERM);
	CHECK_ERR(madvise(q, PAGE, MADV_WIPEONFORK), EPERM);
	CHECK_ERR(madvise(q, PAGE, MADV_DONTFORK), EPERM);
	CHECK_OK(madvise(q, PAGE, MADV_RANDOM));
	CHECK_OK(madvise(q + PAGE, PAGE, MADV_DONTNEED));
}

static void child(void)
{
	char *p = map(1, PROT_READ);

	CHECK_OK(seal(p, 1, 0));
	CHECK_ERR(munmap(p, PAGE), EPERM);
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(munmap(p, PAGE) != -1 || errno != EPERM);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void refusals(void)
{
	char *p = map(4, PROT_READ);

	CHECK_ERR(seal(p, PAGE, 1), EINVAL);
	CHECK_ERR(seal(p + 1, PAGE, 0), EINVAL);
	CHECK_ERR(seal(p, -1ul, 0), EINVAL);
	CHECK_ERR(seal(p, -PAGE, 0), EINVAL);
	CHECK_OK(seal(p, 0, 0));
	CHECK_OK(munmap(p + PAGE, PAGE));
	CHECK_ERR(seal(p, 4 * PAGE, 0), ENOMEM);
	CHECK_ERR(seal(p + PAGE, PAGE, 0), ENOMEM);
	CHECK_OK(munmap(p, 4 * PAGE));
}

int main(void)
{
	if (seal(NULL, 0, 0) < 0 && errno == ENOSYS)
		SKIP("no mseal");
	RUN(sealed_area);
	RUN(child);
	RUN(refusals);
	return test_done();
}
