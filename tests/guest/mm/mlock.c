// SPDX-License-Identifier: MIT
/* mlock(2), mlock2(2), munlock(2), mlockall(2), munlockall(2). */
#include "mm.h"

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

static int resident(char *p, int pages)
{
	unsigned char vec[64];
	int n = 0;

	CHECK_OK(mincore(p, pages * PAGE, vec));
	for (int i = 0; i < pages; i++)
		n += vec[i] & 1;
	return n;
}

static void locking_makes_resident_and_counts(void)
{
	char *p = mm_map(8);
	long before = mm_status("VmLck:");

	CHECK_OK(mlock(p + 100, 3 * PAGE));	/* touches four pages */
	CHECK_EQ(resident(p, 4), 4);
	CHECK_EQ(mm_status("VmLck:") - before, 16);
	CHECK_OK(mlock(p, 2 * PAGE));
	CHECK_EQ(mm_status("VmLck:") - before, 16);
	CHECK_OK(munlock(p, PAGE));
	CHECK_EQ(mm_status("VmLck:") - before, 12);
	CHECK_ERR(madvise(p + PAGE, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERR(msync(p + PAGE, PAGE, MS_INVALIDATE | MS_SYNC), EBUSY);
	munmap(p, 8 * PAGE);
	CHECK_EQ(mm_status("VmLck:"), before);
}

static void on_fault_waits(void)
{
	char *p = mm_map(4);

	CHECK_OK(syscall(SYS_mlock2, p, 4 * PAGE, 1 /* MLOCK_ONFAULT */));
	CHECK_EQ(resident(p, 4), 0);
	p[PAGE] = 1;
	CHECK_EQ(resident(p, 4), 1);
	CHECK_ERR(syscall(SYS_mlock2, p, PAGE, 8), EINVAL);
	munmap(p, 4 * PAGE);
}

static void a_small_area_fills_page_by_page(void)
{
	char *p = mm_map(4);

	CHECK_EQ(resident(p, 4), 0);
	p[2 * PAGE] = 1;
	CHECK_EQ(resident(p, 4), 1);
	CHECK_OK(syscall(SYS_mlock2, p, 4 * PAGE, 1 /* MLOCK_ONFAULT */));
	CHECK_EQ(resident(p, 4), 1);
	p[3 * PAGE] = 1;
	CHECK_EQ(resident(p, 4), 2);
	munmap(p, 4 * PAGE);
}

static void errors(void)
{
	char *p = mm_map(4);

	CHECK_ERR(mlock((void *)(1UL << 46), PAGE), ENOMEM);
	CHECK_ERR(munlock((void *)(1UL << 46), PAGE), ENOMEM);
	munmap(p + PAGE, PAGE);
	CHECK_ERR(mlock(p, 4 * PAGE), ENOMEM);
	CHECK_ERR(mlockall(0), EINVAL);
	CHECK_ERR(mlockall(64), EINVAL);
	CHECK_ERR(mlockall(MCL_ONFAULT), EINVAL);
	CHECK_OK(mlock(p, 0));
	munmap(p, 4 * PAGE);
}

static void limits_bind_ordinary_users(void)
{
	struct rlimit lim = { 2 * PAGE, 2 * PAGE };
	char *p = mm_map(8);

	CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &lim));
	if (geteuid() == 0)
		NEED(setuid(12345) == 0);
	CHECK_OK(mlock(p, 2 * PAGE));
	CHECK_ERR(mlock(p + 2 * PAGE, PAGE), ENOMEM);
	CHECK_OK(mlock(p, 2 * PAGE));	/* counts once */
	CHECK_ERR(mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0), EAGAIN);
	CHECK_ERR(mlockall(MCL_CURRENT), ENOMEM);
	lim.rlim_cur = 0;
	CHECK_OK(setrlimit(RLIMIT_MEMLOCK, &lim));
	CHECK_ERR(mlock(p, PAGE), EPERM);
	CHECK_ERR(mlockall(MCL_CURRENT), EPERM);
	CHECK_ERR(mmap(NULL, PAGE, RW, ANON | MAP_LOCKED, -1, 0), EPERM);
}

static void mlockall_covers_now_and_later(void)
{
	char *p = mm_map(4), *q;

	if (geteuid() != 0)
		return;
	CHECK_OK(mlockall(MCL_CURRENT | MCL_FUTURE));
	CHECK_EQ(resident(p, 4), 4);
	q = mm_map(4);
	CHECK_EQ(resident(q, 4), 4);
	CHECK_GT(mm_status("VmLck:"), 0);
	CHECK_OK(munlockall());
	CHECK_EQ(mm_status("VmLck:"), 0);
	q = mm_map(40);
	CHECK_EQ(resident(q, 40), 0);
}

static void child_inherits_no_locks(void)
{
	CHECK_EQ(mm_status("VmLck:"), 0);
}

static void fork_drops_locks(void)
{
	char *p = mm_map(4);

	CHECK_OK(mlock(p, 4 * PAGE));
	CHECK_EQ(test_in_child(child_inherits_no_locks), 0);
	munmap(p, 4 * PAGE);
}

int main(void)
{
	RUN(locking_makes_resident_and_counts);
	RUN(on_fault_waits);
	RUN(a_small_area_fills_page_by_page);
	RUN(errors);
	RUN_IN_CHILD(limits_bind_ordinary_users);
	RUN_IN_CHILD(mlockall_covers_now_and_later);
	RUN(fork_drops_locks);
	return test_done();
}
