/* SPDX-License-Identifier: MIT */
/* prctl(): policies of broken memory, I/O flushers, memory that cannot become executable, auxv. */
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "test.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#define REFUSE_EXEC_GAIN 1
#define NO_INHERIT 2
#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif
#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#define PR_GET_IO_FLUSHER 58
#endif

static void broken_memory(void)
{
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_DEFAULT);
	CHECK_OK(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_EARLY);
	/* A child has it too. */
	pid_t pid = fork();
	if (!pid)
		_exit(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0));
	int status;
	waitpid(pid, &status, 0);
	CHECK_EQ(WEXITSTATUS(status), PR_MCE_KILL_EARLY);
	CHECK_OK(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_LATE, 0, 0));
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_LATE);
	CHECK_OK(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 0, 0));
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_DEFAULT);
	CHECK_OK(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0));
	CHECK_OK(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_DEFAULT, 0, 0));
	CHECK_EQ(prctl(PR_MCE_KILL_GET, 0, 0, 0, 0), PR_MCE_KILL_DEFAULT);

	CHECK_ERR(prctl(PR_MCE_KILL, PR_MCE_KILL_SET, 3, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 1, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_MCE_KILL, 2, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_MCE_KILL, PR_MCE_KILL_CLEAR, 0, 1, 0), EINVAL);
	CHECK_ERR(prctl(PR_MCE_KILL_GET, 1, 0, 0, 0), EINVAL);
}

static bool can_be_flusher(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	return !syscall(SYS_capget, &head, data) &&
	       (data[0].effective & 1u << CAP_SYS_RESOURCE);
}

static void io_flusher(void)
{
	if (!can_be_flusher()) {
		CHECK_ERR(prctl(PR_SET_IO_FLUSHER, 2, 0, 0, 0), EPERM);
		CHECK_ERR(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), EPERM);
		return;
	}
	CHECK_EQ(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 0);
	CHECK_OK(prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 1);
	CHECK_OK(prctl(PR_SET_IO_FLUSHER, 0, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_IO_FLUSHER, 0, 0, 0, 0), 0);
	CHECK_ERR(prctl(PR_SET_IO_FLUSHER, 2, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_SET_IO_FLUSHER, 1, 1, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_GET_IO_FLUSHER, 1, 0, 0, 0), EINVAL);
}

static void *area(int prot)
{
	return mmap(NULL, 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* What is asked of the new program: may it have memory to write and run? */
static void ask_new_program(int expected)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execl("/proc/self/exe", "prctl", "rwx", NULL);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(WEXITSTATUS(status), expected);
}

static void refuse_exec_gain(void)
{
	void *rw = area(PROT_READ | PROT_WRITE), *rx = area(PROT_READ | PROT_EXEC);

	CHECK_EQ(prctl(PR_GET_MDWE, 0, 0, 0, 0), 0);
	CHECK_OK(prctl(PR_SET_MDWE, 0, 0, 0, 0));
	ask_new_program(0);
	CHECK_ERR(prctl(PR_SET_MDWE, NO_INHERIT, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_SET_MDWE, 4, 0, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 1, 0, 0), EINVAL);
	CHECK_ERR(prctl(PR_GET_MDWE, 1, 0, 0, 0), EINVAL);
	CHECK_OK(prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_MDWE, 0, 0, 0, 0), REFUSE_EXEC_GAIN);
	CHECK_OK(prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0));
	CHECK_ERR(prctl(PR_SET_MDWE, 0, 0, 0, 0), EPERM);
	CHECK_ERR(prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN | NO_INHERIT, 0, 0, 0), EPERM);

	CHECK_ERR(area(PROT_READ | PROT_WRITE | PROT_EXEC), EACCES);
	CHECK(area(PROT_READ | PROT_EXEC) != MAP_FAILED);
	CHECK_ERR(mprotect(rw, 4096, PROT_READ | PROT_EXEC), EACCES);
	CHECK_ERR(mprotect(rw, 4096, PROT_READ | PROT_WRITE | PROT_EXEC), EACCES);
	/* What runs may stay so, and lose it for ever. */
	CHECK_OK(mprotect(rx, 4096, PROT_EXEC));
	CHECK_OK(mprotect(rx, 4096, PROT_READ | PROT_EXEC));
	CHECK_ERR(mprotect(rx, 4096, PROT_READ | PROT_WRITE | PROT_EXEC), EACCES);
	CHECK_OK(mprotect(rx, 4096, PROT_READ));
	CHECK_ERR(mprotect(rx, 4096, PROT_READ | PROT_EXEC), EACCES);
	/* Children and new programs have it as well. */
	ask_new_program(1);
}

static void not_for_children(void)
{
	CHECK_OK(prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN | NO_INHERIT, 0, 0, 0));
	CHECK_EQ(prctl(PR_GET_MDWE, 0, 0, 0, 0), REFUSE_EXEC_GAIN | NO_INHERIT);
	CHECK_ERR(area(PROT_READ | PROT_WRITE | PROT_EXEC), EACCES);
	ask_new_program(0);
	pid_t pid = fork();
	if (!pid)
		_exit(prctl(PR_GET_MDWE, 0, 0, 0, 0));
	int status;
	waitpid(pid, &status, 0);
	CHECK_EQ(WEXITSTATUS(status), 0);
}

static void auxv(void)
{
	unsigned long all[128], file[128];
	int fd = open("/proc/self/auxv", O_RDONLY);
	ssize_t n = read(fd, file, sizeof(file));
	long size = prctl(PR_GET_AUXV, all, sizeof(all), 0, 0);

	close(fd);
	CHECK_GT(n, 0);
	CHECK_GE(size, n);
	CHECK(!memcmp(all, file, n));
	memset(all, 0xff, sizeof(all));
	CHECK_EQ(prctl(PR_GET_AUXV, all, 8, 0, 0), size);
	CHECK_EQ(all[0], file[0]);
	CHECK_EQ(all[1], -1UL);
	CHECK_EQ(prctl(PR_GET_AUXV, NULL, 0, 0, 0), size);
	CHECK_ERR(prctl(PR_GET_AUXV, NULL, 8, 0, 0), EFAULT);
	CHECK_ERR(prctl(PR_GET_AUXV, all, 8, 1, 0), EINVAL);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return area(PROT_READ | PROT_WRITE | PROT_EXEC) == MAP_FAILED;
	RUN(broken_memory);
	RUN(io_flusher);
	RUN(auxv);
	if (prctl(PR_GET_MDWE, 0, 0, 0, 0) < 0)
		SKIP("no PR_SET_MDWE");
	RUN_IN_CHILD(refuse_exec_gain);
	RUN_IN_CHILD(not_for_children);
	return test_done();
}
