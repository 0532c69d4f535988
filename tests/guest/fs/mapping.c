// SPDX-License-Identifier: MIT
// Files and memory: shared mappings against read and write, truncation, memfd, extended attributes.
#include "fs/fs.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/xattr.h>

static void coherent(void)
{
	int fd = open("f", O_CREAT | O_RDWR, 0600);
	char buf[16], *a, *b, *p;

	CHECK_OK(ftruncate(fd, 10000));
	a = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 4096);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	NEED(a != MAP_FAILED && b != MAP_FAILED && p != MAP_FAILED);
	CHECK_EQ(a[0], 0);
	strcpy(a + 4096, "mapped");
	CHECK_EQ(pread(fd, buf, 16, 4096), 16);
	CHECK_STR(buf, "mapped");
	CHECK_STR(b, "mapped");
	CHECK_EQ(pwrite(fd, "written", 8, 4096), 8);
	CHECK_STR(a + 4096, "written");
	CHECK_STR(b, "written");
	strcpy(p, "private");
	CHECK_EQ(pread(fd, buf, 8, 0), 8);
	CHECK_EQ(buf[0], 0);
	pid_t pid = fork();
	if (!pid) {
		strcpy(a, "child");
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	CHECK_STR(a, "child");
	CHECK_STR(p, "private");
	close(fd);
	strcpy(a + 8192, "after close");
	unlink("f");
	munmap(a, 12288); munmap(b, 4096); munmap(p, 4096);
	/* Rights of the descriptor. */
	put_file("f", "text");
	fd = open("f", O_RDONLY);
	CHECK_EQ(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED, 1);
	CHECK_EQ(errno, EACCES);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(p != MAP_FAILED);
	CHECK_EQ(memcmp(p, "text\0\0", 6), 0);
	munmap(p, 4096);
	close(fd);
	fd = open(".", O_RDONLY);
	CHECK_EQ(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED, 1);
	CHECK_EQ(errno, ENODEV);
	close(fd);
	unlink("f");
}

static sigjmp_buf jump;

static void on_bus(int sig)
{
	siglongjmp(jump, sig);
}

static void cut_off(void)
{
	int fd = open("f", O_CREAT | O_RDWR, 0600);
	volatile char *a;

	signal(SIGBUS, on_bus);
	CHECK_OK(ftruncate(fd, 8192));
	a = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	a[0] = 'x';
	a[4096] = 'y';
	CHECK_OK(ftruncate(fd, 100));
	CHECK_EQ(a[0], 'x');
	if (!sigsetjmp(jump, 1)) {
		char c = a[4096];

		FAIL("read %d behind the end", c);
	}
	CHECK_OK(ftruncate(fd, 8192));
	CHECK_EQ(a[4096], 0);
	munmap((void *)a, 8192);
	close(fd);
	unlink("f");
	signal(SIGBUS, SIG_DFL);
}

static void memory_files(void)
{
	int fd = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	char link[64], path[64];
	struct stat st;
	ssize_t n;

	CHECK_GE(fd, 0);
	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_OK(fstat(fd, &st));
	CHECK_EQ(st.st_size, 5);
	CHECK_EQ(st.st_nlink, 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = 0;
	CHECK_STR(link, "/memfd:name (deleted)");
	CHECK_EQ(fcntl(fd, F_GET_SEALS), 0);
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW));
	CHECK_ERR(ftruncate(fd, 1), EPERM);
	CHECK_ERR(ftruncate(fd, 100), EPERM);
	CHECK_ERR(pwrite(fd, "xxxx", 4, 4094), EPERM);
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
	CHECK_ERR(write(fd, "x", 1), EPERM);
	CHECK_EQ(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED, 1);
	CHECK_EQ(errno, EPERM);
	CHECK_OK(fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL));
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	close(fd);
	fd = memfd_create("", 0);
	CHECK_EQ(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL);
	CHECK_ERR(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), EPERM);
	close(fd);
	CHECK_ERR(memfd_create("x", 0x8000), EINVAL);
	CHECK_ERR(memfd_create((void *)8, 0), EFAULT);
	fd = open("/", O_RDONLY);
	CHECK_ERR(fcntl(fd, F_GET_SEALS), EINVAL);
	close(fd);
}

static void attributes(void)
{
	char buf[256];
	int fd;

	put_file("f", "");
	if (setxattr("f", "user.a", "1", 1, 0) && errno == EOPNOTSUPP) {
		/* tmpfs of older kernels has none for users. */
		unlink("f");
		return;
	}
	CHECK_EQ(getxattr("f", "user.a", buf, sizeof(buf)), 1);
	CHECK_EQ(buf[0], '1');
	CHECK_EQ(getxattr("f", "user.a", NULL, 0), 1);
	CHECK_ERR(setxattr("f", "user.a", "2", 1, XATTR_CREATE), EEXIST);
	CHECK_ERR(setxattr("f", "user.b", "2", 1, XATTR_REPLACE), ENODATA);
	CHECK_OK(setxattr("f", "user.a", "longer", 6, XATTR_REPLACE));
	CHECK_ERR(getxattr("f", "user.a", buf, 3), ERANGE);
	CHECK_ERR(getxattr("f", "user.none", buf, 3), ENODATA);
	CHECK_ERR(getxattr("f", "nonsense", buf, 3), EOPNOTSUPP);
	CHECK_ERR(setxattr("f", "user.a", "x", 1, 8), EINVAL);
	CHECK_ERR(setxattr("f", "", "x", 1, 0), ERANGE);
	fd = open("f", O_RDWR);
	CHECK_OK(fsetxattr(fd, "user.empty", "", 0, 0));
	CHECK_EQ(fgetxattr(fd, "user.empty", buf, sizeof(buf)), 0);
	CHECK_EQ(flistxattr(fd, NULL, 0), 18);
	CHECK_EQ(listxattr("f", buf, sizeof(buf)), 18);
	CHECK_ERR(listxattr("f", buf, 3), ERANGE);
	CHECK_OK(removexattr("f", "user.a"));
	CHECK_ERR(removexattr("f", "user.a"), ENODATA);
	if (!geteuid()) {
		CHECK_OK(setxattr("f", "trusted.t", "v", 1, 0));
		CHECK_EQ(getxattr("f", "trusted.t", buf, sizeof(buf)), 1);
	}
	CHECK_OK(symlink("f", "s"));
	CHECK_ERR(lsetxattr("s", "user.x", "v", 1, 0), EPERM);
	close(fd);
	unlink("s"); unlink("f");
}

/* A program that runs cannot be written; one that is written cannot be run. */
static void programs(void)
{
	char buf[65536];
	int in = open("/proc/self/exe", O_RDONLY);
	int out = open("prog", O_CREAT | O_WRONLY, 0755);
	int p[2], status;
	pid_t pid;
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		NEED(write(out, buf, n) == n);
	close(in);
	NEED(!pipe(p));
	pid = fork();
	if (!pid) {
		execl("./prog", "prog", "wait", NULL);
		_exit(errno == ETXTBSY ? 1 : 2);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQ(status, 1 << 8);
	close(out);
	pid = fork();
	if (!pid) {
		dup2(p[1], 1);
		execl("./prog", "prog", "wait", NULL);
		_exit(2);
	}
	NEED(read(p[0], buf, 1) == 1);
	CHECK_ERR(open("prog", O_WRONLY), ETXTBSY);
	CHECK_ERR(truncate("prog", 0), ETXTBSY);
	kill(pid, SIGKILL);
	NEED(waitpid(pid, &status, 0) == pid);
	out = -1;
	CHECK(WAIT_UNTIL((out = open("prog", O_WRONLY)) >= 0));
	close(out); close(p[0]); close(p[1]);
	unlink("prog");
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		if (write(1, "x", 1) != 1)
			return 1;
		pause();
	}
	go_to_tmpfs();
	RUN(coherent);
	RUN(programs);
	RUN(cut_off);
	RUN(memory_files);
	RUN(attributes);
	leave_tmpfs();
	return test_done();
}
