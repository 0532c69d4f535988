// SPDX-License-Identifier: MIT
/* Memory of other processes without ptrace(), and who may look into whom. */
#include "trace.h"

#include <linux/kcmp.h>
#include <sys/wait.h>

static volatile long cell = 1234;
static pid_t target;

static void sleep_long(void)
{
	for (;;)
		pause();
}

static int open_proc(pid_t pid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags);
}

/* Of six bytes: what is written must not reach the next function, which the child may be about to run. */
static int code_of_the_program(void)
{
	return 77;
}

/* Private read-only text: written by force, in a copy of this process's own. */
static void proc_mem(void)
{
	unsigned int half = 0xdeadbeef, text = *(unsigned int *)code_of_the_program;
	unsigned long word = 0;
	pid_t pid = spawn(sleep_long);
	int fd = open_proc(pid, "mem", O_RDWR);

	NEED(fd >= 0);
	CHECK_EQ(pread(fd, &word, 8, (off_t)&cell), 8);
	CHECK_EQ(word, 1234);
	word = 99;
	CHECK_EQ(pwrite(fd, &word, 8, (off_t)&cell), 8);
	CHECK_EQ(cell, 1234);
	CHECK_EQ(pwrite(fd, &half, 4, (off_t)code_of_the_program), 4);
	half = 0;
	CHECK_EQ(pread(fd, &half, 4, (off_t)code_of_the_program), 4);
	CHECK_EQ(half, 0xdeadbeef);
	CHECK_EQ(*(unsigned int *)code_of_the_program, text);
	CHECK_EQ(code_of_the_program(), 77);
	CHECK_ERR(pread(fd, &word, 8, 16), EIO);
	/* The file outlives the process, its memory does not. */
	reap_killed(pid);
	CHECK_EQ(pread(fd, &word, 8, (off_t)&cell), 0);
	close(fd);
}

static void process_vm(void)
{
	unsigned long word = 5;
	struct iovec mine = { &word, 8 }, theirs = { (void *)&cell, 8 };
	pid_t pid = spawn(sleep_long);

	CHECK_EQ(process_vm_readv(pid, &mine, 1, &theirs, 1, 0), 8);
	CHECK_EQ(word, 1234);
	word = 6;
	CHECK_EQ(process_vm_writev(pid, &mine, 1, &theirs, 1, 0), 8);
	CHECK_EQ(cell, 1234);
	/* No force here. */
	theirs.iov_base = (void *)code_of_the_program;
	CHECK_EQ(process_vm_readv(pid, &mine, 1, &theirs, 1, 0), 8);
	CHECK_ERR(process_vm_writev(pid, &mine, 1, &theirs, 1, 0), EFAULT);
	reap_killed(pid);
}

static void as_nobody(void)
{
	unsigned long word;
	struct iovec mine = { &word, 8 }, theirs = { (void *)&cell, 8 };
	int pidfd;

	NEED(!setresgid(65534, 65534, 65534) && !setresuid(65534, 65534, 65534));
	CHECK_ERR(open_proc(target, "mem", O_RDONLY), EACCES);
	CHECK_ERR(open_proc(target, "maps", O_RDONLY), EACCES);
	CHECK_ERR(open_proc(target, "environ", O_RDONLY), EACCES);
	CHECK_GE(open_proc(target, "status", O_RDONLY), 0);
	CHECK_ERR(process_vm_readv(target, &mine, 1, &theirs, 1, 0), EPERM);
	CHECK_ERR(syscall(SYS_kcmp, getpid(), target, KCMP_VM, 0, 0), EPERM);
	pidfd = syscall(SYS_pidfd_open, target, 0);
	CHECK_OK(pidfd);
	CHECK_ERR(syscall(SYS_pidfd_getfd, pidfd, 0, 0), EPERM);
}

static void become_nobody_and_sleep(void)
{
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		_exit(1);
	prctl(PR_SET_NAME, "ready");
	sleep_long();
}

static void rights(void)
{
	if (geteuid())
		return;
	target = spawn(sleep_long);
	CHECK_EQ(test_in_child(as_nobody), 0);
	reap_killed(target);
	/* It was root: the same user is not enough. */
	target = spawn(become_nobody_and_sleep);
	CHECK(WAIT_UNTIL(!strcmp(proc_status(target, "Name"), "ready")));
	CHECK_EQ(test_in_child(as_nobody), 0);
	CHECK_GE(open_proc(target, "mem", O_RDONLY), 0);
	reap_killed(target);
}

static void comparisons(void)
{
	pid_t pid = spawn(sleep_long);
	int copy = dup(1);

	CHECK_EQ(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, 1, copy), 0);
	CHECK_EQ(syscall(SYS_kcmp, getpid(), pid, KCMP_FILE, 1, 1), 0);
	CHECK_GT(syscall(SYS_kcmp, getpid(), pid, KCMP_VM, 0, 0), 0);
	CHECK_GT(syscall(SYS_kcmp, getpid(), pid, KCMP_FILES, 0, 0), 0);
	CHECK_ERR(syscall(SYS_kcmp, getpid(), pid, KCMP_FILE, 1, 999), EBADF);
	CHECK_ERR(syscall(SYS_kcmp, getpid(), pid, 99, 0, 0), EINVAL);
	close(copy);
	reap_killed(pid);
}

int main(void)
{
	RUN(proc_mem);
	RUN(process_vm);
	RUN(rights);
	RUN(comparisons);
	return test_done();
}
