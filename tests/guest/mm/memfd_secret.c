// SPDX-License-Identifier: MIT
/* memfd_secret(): memory that only its mappings reach. */
#include "test.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#define PAGE 4096

static int secret(unsigned int flags)
{
	return syscall(SYS_memfd_secret, flags);
}

static long locked_kb(void)
{
	char line[256];
	long kb = -1;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmLck: %ld", &kb);
	fclose(f);
	return kb;
}

static void the_file(void)
{
	char c = 'x', path[64];
	int fd = secret(O_CLOEXEC);
	struct stat st;

	CHECK_GE(fd, 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_OK(ftruncate(fd, 3 * PAGE));
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 3 * PAGE);
	CHECK(S_ISREG(st.st_mode));
	/* Its size is for life. */
	CHECK_ERR(ftruncate(fd, PAGE), EINVAL);
	CHECK_ERR(ftruncate(fd, 0), EINVAL);
	CHECK_ERR(read(fd, &c, 1), EINVAL);
	CHECK_ERR(write(fd, &c, 1), EINVAL);
	CHECK_EQ(pread(fd, &c, 1, 0), -1);
	CHECK_EQ(pwrite(fd, &c, 1, 0), -1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_ERR(open(path, O_RDWR), ENXIO);
	CHECK_ERR(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), EINVAL);
	close(fd);
	CHECK_ERR(secret(1), EINVAL);
	fd = secret(0);
	CHECK_EQ(fcntl(fd, F_GETFD), 0);
	close(fd);
}

static void the_memory(void)
{
	long before = locked_kb();
	int fd = secret(0), pipes[2], status;
	char *p, got[8] = "";
	struct iovec here = { got, 4 }, there;
	pid_t pid;

	CHECK_OK(ftruncate(fd, 2 * PAGE));
	p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	NEED(p != MAP_FAILED);
	CHECK_EQ(locked_kb() - before, 8);
	CHECK_EQ(p[PAGE], 0);
	strcpy(p, "secret");
	/* The kernel copies from it for the one who has it. */
	CHECK_OK(pipe(pipes));
	CHECK_EQ(write(pipes[1], p, 6), 6);
	CHECK_EQ(read(pipes[0], p + PAGE, 6), 6);
	CHECK_STR(p + PAGE, "secret");
	/* Nobody gets at it from outside. */
	there = (struct iovec){ p, 4 };
	CHECK_ERR(process_vm_readv(getpid(), &here, 1, &there, 1, 0), EFAULT);
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		_exit(p[0] != 's');
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_ERR(ptrace(PTRACE_PEEKDATA, pid, p, NULL), EIO);
	CHECK_OK(ptrace(PTRACE_CONT, pid, NULL, NULL));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	munmap(p, 2 * PAGE);
	CHECK_EQ(locked_kb(), before);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK_STR(p, "secret");
	munmap(p, PAGE);
	close(fd);
}

static void limited(void)
{
	struct rlimit r = { PAGE, PAGE };
	int fd = secret(0);

	CHECK_OK(ftruncate(fd, 16 * PAGE));
	NEED(!setrlimit(RLIMIT_MEMLOCK, &r));
	NEED(!setuid(65534));
	CHECK_ERR(mmap(NULL, 16 * PAGE, PROT_READ, MAP_SHARED, fd, 0), EAGAIN);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
}

int main(void)
{
	if (secret(0) < 0 && errno == ENOSYS)
		SKIP("no memfd_secret");
	RUN(the_file);
	RUN(the_memory);
	if (!geteuid())
		CHECK_EQ(test_in_child(limited), 0);
	return test_done();
}
