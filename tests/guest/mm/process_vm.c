// SPDX-License-Identifier: MIT
/* process_vm_readv(2), process_vm_writev(2), and protection keys where there are none. */
#include "mm.h"

#include <sys/uio.h>

static char *area;
static pid_t child;

static void copies_between_processes(void)
{
	char buf[3 * PAGE];
	struct iovec local[2] = { { buf, 100 }, { buf + 100, 2 * PAGE } };
	struct iovec remote = { area + PAGE - 50, 2 * PAGE + 100 };

	CHECK_EQ(process_vm_readv(child, local, 2, &remote, 1, 0), (ssize_t)(2 * PAGE + 100));
	CHECK_EQ(buf[0], 1);
	CHECK_EQ(buf[49], 1);
	CHECK_EQ(buf[50], 2);
	CHECK_EQ(buf[50 + PAGE], 3);
	memset(buf, 77, sizeof(buf));
	local[0].iov_len = 10;
	remote.iov_len = 10;
	CHECK_EQ(process_vm_writev(child, local, 1, &remote, 1, 0), 10);
	buf[0] = 0;
	CHECK_EQ(process_vm_readv(child, local, 1, &remote, 1, 0), 10);
	CHECK_EQ(buf[0], 77);
	CHECK_EQ(area[PAGE - 50], 1);	/* ours is another copy */
}

static void stops_at_what_is_not_there(void)
{
	char buf[3 * PAGE];
	struct iovec local = { buf, sizeof(buf) }, remote = { area + 3 * PAGE, 3 * PAGE };

	CHECK_EQ(process_vm_readv(child, &local, 1, &remote, 1, 0), (ssize_t)PAGE);
	remote.iov_base = (void *)(1UL << 46);
	CHECK_ERR(process_vm_readv(child, &local, 1, &remote, 1, 0), EFAULT);
}

static void errors(void)
{
	char buf[16];
	struct iovec local = { buf, 16 }, remote = { area, 16 };

	CHECK_ERR(process_vm_readv(child, &local, 1, &remote, 1, 1), EINVAL);
	CHECK_ERR(process_vm_readv(child, &local, 1, &remote, 2000, 0), EINVAL);
	CHECK_ERR(process_vm_readv(0x3ffffff, &local, 1, &remote, 1, 0), ESRCH);
	CHECK_ERR(syscall(SYS_process_vm_readv, child, 8, 1, &remote, 1, 0), EFAULT);
	CHECK_ERR(syscall(SYS_process_vm_readv, child, &local, 1, 8, 1, 0), EFAULT);
	CHECK_EQ(process_vm_readv(child, &local, 0, &remote, 1, 0), 0);
	CHECK_EQ(process_vm_readv(getpid(), &local, 1, &remote, 1, 0), 16);
}

static void others_are_refused(void)
{
	char buf[16];
	struct iovec local = { buf, 16 }, remote = { area, 16 };

	if (geteuid() != 0)
		return;
	NEED(setuid(12345) == 0);
	CHECK_ERR(process_vm_readv(child, &local, 1, &remote, 1, 0), EPERM);
}

static void protection_keys(void)
{
	char *p = mm_map(1);

	if (syscall(SYS_pkey_alloc, 0, 0) >= 0)
		return;	/* this processor has them */
	CHECK_ERR(syscall(SYS_pkey_alloc, 0, 0), ENOSPC);
	CHECK_ERR(syscall(SYS_pkey_alloc, 1, 0), EINVAL);
	CHECK_ERR(syscall(SYS_pkey_free, 5), EINVAL);
	CHECK_OK(syscall(SYS_pkey_mprotect, p, PAGE, PROT_READ, -1));
	CHECK_ERR(syscall(SYS_pkey_mprotect, p, PAGE, PROT_READ, 5), EINVAL);
	munmap(p, PAGE);
}

int main(void)
{
	int status;

	area = mm_map(6);
	for (int i = 0; i < 4; i++)
		memset(area + i * PAGE, i + 1, PAGE);
	munmap(area + 4 * PAGE, 2 * PAGE);
	child = fork();
	NEED(child >= 0);
	if (child == 0)
		for (;;)
			pause();
	RUN(copies_between_processes);
	RUN(stops_at_what_is_not_there);
	RUN(errors);
	RUN_IN_CHILD(others_are_refused);
	RUN(protection_keys);
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return test_done();
}
