// SPDX-License-Identifier: MIT
/* userfaultfd: missing, protected and minor faults, what resolves them, what is refused. */
#include "test.h"
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <setjmp.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096UL
#define PAGES 64

static int uffd;
static char *area;
static unsigned long area_len = PAGES * PAGE;

static int open_uffd(int flags)
{
	return syscall(SYS_userfaultfd, flags);
}

static int api(int fd, unsigned long long features)
{
	struct uffdio_api a = { .api = UFFD_API, .features = features };

	return ioctl(fd, UFFDIO_API, &a);
}

static void begin(unsigned long long features)
{
	uffd = open_uffd(O_CLOEXEC | O_NONBLOCK);
	NEED(uffd >= 0);
	NEED(!api(uffd, features));
}

static char *map(int flags, int fd)
{
	char *p = mmap(NULL, area_len, PROT_READ | PROT_WRITE, flags, fd, 0);

	NEED(p != MAP_FAILED);
	return p;
}

static int reg(void *at, unsigned long len, unsigned long long mode, unsigned long long *ioctls)
{
	struct uffdio_register r = { .range = { (unsigned long)at, len }, .mode = mode };
	int ret = ioctl(uffd, UFFDIO_REGISTER, &r);

	if (ioctls)
		*ioctls = r.ioctls;
	return ret;
}

static long copy(void *dst, const void *src, unsigned long len, unsigned long long mode)
{
	struct uffdio_copy c = { .dst = (unsigned long)dst, .src = (unsigned long)src, .len = len,
				 .mode = mode };

	if (!ioctl(uffd, UFFDIO_COPY, &c))
		CHECK_EQ(c.copy, (long)len);
	else
		return -1;
	return 0;
}

static int zero(void *dst, unsigned long len)
{
	struct uffdio_zeropage z = { .range = { (unsigned long)dst, len } };

	return ioctl(uffd, UFFDIO_ZEROPAGE, &z);
}

static int protect(void *at, unsigned long len, unsigned long long mode)
{
	struct uffdio_writeprotect w = { .range = { (unsigned long)at, len }, .mode = mode };

	return ioctl(uffd, UFFDIO_WRITEPROTECT, &w);
}

static int cont(void *at, unsigned long len)
{
	struct uffdio_continue c = { .range = { (unsigned long)at, len } };

	return ioctl(uffd, UFFDIO_CONTINUE, &c);
}

static int range_call(unsigned long cmd, void *at, unsigned long len)
{
	struct uffdio_range r = { (unsigned long)at, len };

	return ioctl(uffd, cmd, &r);
}

/* The next message of the descriptor, waited for. */
static struct uffd_msg message(void)
{
	struct pollfd p = { .fd = uffd, .events = POLLIN };
	struct uffd_msg m = { 0 };

	NEED(poll(&p, 1, 10000) == 1);
	CHECK_EQ(p.revents, POLLIN);
	NEED(read(uffd, &m, sizeof(m)) == sizeof(m));
	return m;
}

/* ---- a thread that touches ---- */

static struct {
	pthread_t thread;
	volatile char *at;
	int write;
	volatile int got;
	volatile pid_t tid;
} toucher;

static void *touch_it(void *arg)
{
	toucher.tid = gettid();
	if (toucher.write)
		*toucher.at = 'w';
	toucher.got = *toucher.at;
	return NULL;
}

static void touch(char *at, int write)
{
	toucher.at = at;
	toucher.write = write;
	toucher.got = -1;
	NEED(!pthread_create(&toucher.thread, NULL, touch_it, NULL));
}

static int touched(void)
{
	NEED(!pthread_join(toucher.thread, NULL));
	return toucher.got;
}

/* ---- tests ---- */

static char source[4 * PAGE] __attribute__((aligned(4096)));

static void missing(char *p)
{
	unsigned long long ioctls;
	struct uffd_msg m;

	memset(source, 'a', PAGE);
	memset(source + PAGE, 'b', PAGE);
	CHECK_OK(reg(p, area_len, UFFDIO_REGISTER_MODE_MISSING, &ioctls));
	CHECK(ioctls & 1 << _UFFDIO_COPY);
	CHECK(ioctls & 1 << _UFFDIO_WAKE);
	CHECK(ioctls & 1 << _UFFDIO_ZEROPAGE);
	CHECK(!(ioctls & 1 << _UFFDIO_WRITEPROTECT));
	CHECK_ERR(read(uffd, &m, sizeof(m)), EAGAIN);
	/* A read. */
	touch(p + 10, 0);
	m = message();
	CHECK_EQ(m.event, UFFD_EVENT_PAGEFAULT);
	CHECK_EQ(m.arg.pagefault.address, (unsigned long)p);
	CHECK_EQ(m.arg.pagefault.flags, 0);
	CHECK_EQ(m.arg.pagefault.feat.ptid, toucher.tid);
	CHECK_OK(copy(p, source, PAGE, 0));
	CHECK_EQ(touched(), 'a');
	/* A write. */
	touch(p + PAGE, 1);
	m = message();
	CHECK_EQ(m.arg.pagefault.address, (unsigned long)p + PAGE);
	CHECK_EQ(m.arg.pagefault.flags, UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(zero(p + PAGE, PAGE));
	CHECK_EQ(touched(), 'w');
	CHECK_EQ(p[PAGE + 1], 0);
	/* Pages that nobody has asked for yet; two at once; one that is there. */
	CHECK_OK(copy(p + 2 * PAGE, source, 2 * PAGE, 0));
	CHECK_EQ(p[2 * PAGE], 'a');
	CHECK_EQ(p[3 * PAGE + 7], 'b');
	CHECK_ERR(copy(p + 2 * PAGE, source, PAGE, 0), EEXIST);
	CHECK_ERR(zero(p + 2 * PAGE, PAGE), EEXIST);
	/* Half of it: the rest is there. */
	struct uffdio_copy c = { .dst = (unsigned long)p + 4 * PAGE, .src = (unsigned long)source,
				 .len = 2 * PAGE };

	CHECK_OK(copy(p + 5 * PAGE, source, PAGE, 0));
	CHECK_ERR(ioctl(uffd, UFFDIO_COPY, &c), EAGAIN);
	CHECK_EQ(c.copy, (long)PAGE);
	/* Woken later. */
	touch(p + 6 * PAGE, 0);
	m = message();
	CHECK_OK(copy(p + 6 * PAGE, source + PAGE, PAGE, UFFDIO_COPY_MODE_DONTWAKE));
	CHECK_OK(range_call(UFFDIO_WAKE, p + 6 * PAGE, PAGE));
	CHECK_EQ(touched(), 'b');
	/* Woken without a page: it asks again. */
	touch(p + 7 * PAGE, 0);
	m = message();
	CHECK_OK(range_call(UFFDIO_WAKE, p + 7 * PAGE, PAGE));
	m = message();
	CHECK_EQ(m.arg.pagefault.address, (unsigned long)p + 7 * PAGE);
	CHECK_OK(copy(p + 7 * PAGE, source, PAGE, 0));
	CHECK_EQ(touched(), 'a');
	/* A system call that touches waits as well. */
	int pipes[2];

	CHECK_OK(pipe(pipes));
	toucher.at = p + 8 * PAGE;
	touch(p + 8 * PAGE, 0);
	message();
	CHECK_OK(copy(p + 8 * PAGE, source, PAGE, 0));
	CHECK_EQ(touched(), 'a');
	CHECK_EQ(write(pipes[1], p + 8 * PAGE, 16), 16);
	close(pipes[0]);
	close(pipes[1]);
	/* The descriptor goes: zeros as ever. */
	touch(p + 9 * PAGE, 0);
	message();
	close(uffd);
	CHECK_EQ(touched(), 0);
	CHECK_EQ(p[10 * PAGE], 0);
}

static void missing_anonymous(void)
{
	begin(UFFD_FEATURE_THREAD_ID);
	area = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	missing(area);
	munmap(area, area_len);
}

static void missing_shared(void)
{
	begin(UFFD_FEATURE_THREAD_ID | UFFD_FEATURE_MISSING_SHMEM);
	area = map(MAP_SHARED | MAP_ANONYMOUS, -1);
	missing(area);
	munmap(area, area_len);
}

static void missing_file(void)
{
	int fd = memfd_create("m", 0);
	char got[4];

	CHECK_OK(ftruncate(fd, area_len));
	begin(UFFD_FEATURE_THREAD_ID);
	area = map(MAP_SHARED, fd);
	missing(area);
	CHECK_EQ(pread(fd, got, 2, 2 * PAGE), 2);
	CHECK_EQ(got[0], 'a');
	munmap(area, area_len);
	close(fd);
}

static void *copier(void *arg)
{
	struct uffd_msg m = message();

	CHECK_OK(copy((void *)(m.arg.pagefault.address & ~(PAGE - 1)), source, PAGE, 0));
	return NULL;
}

static void calls_wait(void)
{
	pthread_t t;
	int pipes[2];

	begin(0);
	area = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK_OK(reg(area, area_len, UFFDIO_REGISTER_MODE_MISSING, NULL));
	CHECK_OK(pipe(pipes));
	NEED(!pthread_create(&t, NULL, copier, NULL));
	CHECK_EQ(write(pipes[1], area + PAGE, 4), 4);
	pthread_join(t, NULL);
	NEED(!pthread_create(&t, NULL, copier, NULL));
	CHECK_EQ(read(pipes[0], area + 3 * PAGE, 4), 4);
	pthread_join(t, NULL);
	CHECK_EQ(area[3 * PAGE], 'a');
	close(pipes[0]);
	close(pipes[1]);
	close(uffd);
	munmap(area, area_len);
}

static void write_protection(void)
{
	unsigned long long ioctls;
	struct uffd_msg m;

	begin(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	area = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(area, 'x', area_len);
	CHECK_OK(reg(area, area_len, UFFDIO_REGISTER_MODE_WP, &ioctls));
	CHECK(ioctls & 1 << _UFFDIO_WRITEPROTECT);
	CHECK_OK(protect(area, 4 * PAGE, UFFDIO_WRITEPROTECT_MODE_WP));
	area[4 * PAGE] = 'y';
	CHECK_EQ(area[0], 'x');
	touch(area + PAGE + 3, 1);
	m = message();
	CHECK_EQ(m.event, UFFD_EVENT_PAGEFAULT);
	CHECK_EQ(m.arg.pagefault.address, (unsigned long)area + PAGE);
	CHECK_EQ(m.arg.pagefault.flags, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_EQ(area[PAGE + 3], 'x');
	CHECK_OK(protect(area + PAGE, PAGE, 0));
	CHECK_EQ(touched(), 'w');
	/* mprotect() to and fro leaves it protected; a child's copy is free. */
	CHECK_OK(mprotect(area, area_len, PROT_READ));
	CHECK_OK(mprotect(area, area_len, PROT_READ | PROT_WRITE));
	pid_t pid = fork();
	int status;

	if (!pid) {
		area[0] = 'c';
		_exit(area[0] != 'c');
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	touch(area, 1);
	m = message();
	CHECK_EQ(m.arg.pagefault.address, (unsigned long)area);
	CHECK_OK(protect(area, PAGE, UFFDIO_WRITEPROTECT_MODE_DONTWAKE));
	CHECK_OK(range_call(UFFDIO_WAKE, area, PAGE));
	CHECK_EQ(touched(), 'w');
	/* Unregistered: all may write. */
	touch(area + 2 * PAGE, 1);
	message();
	CHECK_OK(range_call(UFFDIO_UNREGISTER, area, area_len));
	CHECK_OK(range_call(UFFDIO_WAKE, area, area_len));
	CHECK_EQ(touched(), 'w');
	area[3 * PAGE] = 'z';
	CHECK_ERR(protect(area, PAGE, UFFDIO_WRITEPROTECT_MODE_WP), ENOENT);
	/* Filled and protected at once. */
	munmap(area, area_len);
	area = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK_OK(reg(area, area_len, UFFDIO_REGISTER_MODE_WP | UFFDIO_REGISTER_MODE_MISSING, NULL));
	CHECK_OK(copy(area, source, PAGE, UFFDIO_COPY_MODE_WP));
	CHECK_EQ(area[0], 'a');
	touch(area, 1);
	m = message();
	CHECK_EQ(m.arg.pagefault.flags, UFFD_PAGEFAULT_FLAG_WP | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(protect(area, PAGE, 0));
	CHECK_EQ(touched(), 'w');
	CHECK_ERR(protect(area, PAGE, UFFDIO_WRITEPROTECT_MODE_WP | UFFDIO_WRITEPROTECT_MODE_DONTWAKE),
		  EINVAL);
	CHECK_ERR(protect(area, PAGE, 4), EINVAL);
	close(uffd);
	munmap(area, area_len);
}

static void minor(void)
{
	int fd = memfd_create("m", 0);
	unsigned long long ioctls;
	struct uffd_msg m;
	char *other;

	begin(UFFD_FEATURE_MINOR_SHMEM);
	CHECK_OK(ftruncate(fd, area_len));
	area = map(MAP_SHARED, fd);
	other = map(MAP_SHARED, fd);
	memset(other, 'm', PAGE * 8);
	CHECK_OK(reg(area, area_len, UFFDIO_REGISTER_MODE_MINOR, &ioctls));
	CHECK(ioctls & 1 << _UFFDIO_CONTINUE);
	touch(area + PAGE, 0);
	m = message();
	CHECK_EQ(m.arg.pagefault.address, (unsigned long)area + PAGE);
	CHECK_EQ(m.arg.pagefault.flags, UFFD_PAGEFAULT_FLAG_MINOR);
	other[PAGE] = 'n';
	CHECK_OK(cont(area + PAGE, PAGE));
	CHECK_EQ(touched(), 'n');
	CHECK_ERR(cont(area + PAGE, PAGE), EEXIST);
	/* What the file does not have is no minor fault. */
	CHECK_ERR(cont(area + 20 * PAGE, PAGE), EFAULT);
	CHECK_EQ(area[21 * PAGE], 0);
	touch(area + 2 * PAGE, 1);
	m = message();
	CHECK_EQ(m.arg.pagefault.flags, UFFD_PAGEFAULT_FLAG_MINOR | UFFD_PAGEFAULT_FLAG_WRITE);
	CHECK_OK(cont(area + 2 * PAGE, 2 * PAGE));
	CHECK_EQ(touched(), 'w');
	CHECK_EQ(other[2 * PAGE], 'w');
	close(uffd);
	munmap(area, area_len);
	munmap(other, area_len);
	close(fd);
}

static sigjmp_buf bus;

static void on_bus(int sig)
{
	siglongjmp(bus, 1);
}

static void by_signal(void)
{
	int fd;

	signal(SIGBUS, on_bus);
	begin(UFFD_FEATURE_SIGBUS);
	area = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK_OK(reg(area, area_len, UFFDIO_REGISTER_MODE_MISSING, NULL));
	if (!sigsetjmp(bus, 1)) {
		*(volatile char *)area;
		FAIL("no signal");
	}
	CHECK_OK(copy(area, source, PAGE, 0));
	CHECK_EQ(area[0], 'a');
	fd = open("/dev/zero", O_RDONLY);
	CHECK_ERR(read(fd, area + PAGE, 1), EFAULT);
	close(uffd);
	munmap(area, area_len);
	/* Only the program's own accesses. */
	uffd = open_uffd(O_NONBLOCK | UFFD_USER_MODE_ONLY);
	NEED(uffd >= 0);
	CHECK_OK(api(uffd, 0));
	area = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK_OK(reg(area, area_len, UFFDIO_REGISTER_MODE_MISSING, NULL));
	CHECK_ERR(read(fd, area + PAGE, 1), EFAULT);
	touch(area, 0);
	message();
	CHECK_OK(zero(area, PAGE));
	CHECK_EQ(touched(), 0);
	close(fd);
	close(uffd);
	munmap(area, area_len);
}

static void fork_and_moves(void)
{
	pid_t pid;
	int status;
	char *to;

	begin(0);
	area = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK_OK(reg(area, area_len, UFFDIO_REGISTER_MODE_MISSING, NULL));
	CHECK_OK(copy(area, source, PAGE, 0));
	/* A child, and what has moved, are on their own. */
	pid = fork();
	if (!pid)
		_exit(area[0] != 'a' || area[PAGE] != 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	to = mremap(area, area_len, area_len, MREMAP_MAYMOVE | MREMAP_FIXED, area + 4 * area_len);
	NEED(to != MAP_FAILED);
	CHECK_EQ(to[0], 'a');
	CHECK_EQ(to[PAGE], 0);
	CHECK_ERR(copy(to + 2 * PAGE, source, PAGE, 0), ENOENT);
	munmap(to, area_len);
	/* What was dropped is missing again. */
	area = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	CHECK_OK(reg(area, area_len, UFFDIO_REGISTER_MODE_MISSING, NULL));
	CHECK_OK(copy(area, source, PAGE, 0));
	CHECK_OK(madvise(area, PAGE, MADV_DONTNEED));
	touch(area, 0);
	message();
	CHECK_OK(copy(area, source + PAGE, PAGE, 0));
	CHECK_EQ(touched(), 'b');
	/* One who waits can be killed. */
	pid = fork();
	if (!pid) {
		close(uffd);
		begin(0);
		CHECK_OK(reg(area, area_len, UFFDIO_REGISTER_MODE_MISSING, NULL));
		alarm(1);
		*(volatile char *)(area + 5 * PAGE);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
	close(uffd);
	munmap(area, area_len);
}

static void errors(void)
{
	struct uffdio_api a = { .api = 1 };
	struct uffdio_copy c = { 0 };
	struct uffd_msg m;
	struct pollfd p;
	int other;

	CHECK_ERR(open_uffd(0x10000), EINVAL);
	uffd = open_uffd(O_NONBLOCK);
	NEED(uffd >= 0);
	area = map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	p = (struct pollfd){ .fd = uffd, .events = POLLIN };
	CHECK_EQ(poll(&p, 1, 0), 1);
	CHECK_EQ(p.revents, POLLERR);
	CHECK_ERR(read(uffd, &m, sizeof(m)), EINVAL);
	CHECK_ERR(reg(area, area_len, UFFDIO_REGISTER_MODE_MISSING, NULL), EINVAL);
	CHECK_ERR(ioctl(uffd, UFFDIO_API, &a), EINVAL);
	CHECK_ERR(api(uffd, 1ull << 60), EINVAL);
	a = (struct uffdio_api){ .api = UFFD_API };
	CHECK_OK(ioctl(uffd, UFFDIO_API, &a));
	CHECK_EQ(a.ioctls & ((1 << _UFFDIO_REGISTER) | (1 << _UFFDIO_UNREGISTER)),
		 (1 << _UFFDIO_REGISTER) | (1 << _UFFDIO_UNREGISTER));
	CHECK(a.features & UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	CHECK(a.features & UFFD_FEATURE_MISSING_SHMEM);
	CHECK_ERR(api(uffd, 0), EINVAL);
	CHECK_EQ(poll(&p, 1, 0), 0);
	CHECK_ERR(ioctl(uffd, TIOCGWINSZ, &a), EINVAL);
	CHECK_ERR(read(uffd, &m, 8), EINVAL);
	CHECK_ERR(reg(area, area_len, 0, NULL), EINVAL);
	CHECK_ERR(reg(area, area_len, 1 << 10, NULL), EINVAL);
	CHECK_ERR(reg(area + 1, area_len, UFFDIO_REGISTER_MODE_MISSING, NULL), EINVAL);
	CHECK_ERR(reg(area, 5, UFFDIO_REGISTER_MODE_MISSING, NULL), EINVAL);
	CHECK_ERR(reg(area, 0, UFFDIO_REGISTER_MODE_MISSING, NULL), EINVAL);
	CHECK_ERR(reg(area, area_len, UFFDIO_REGISTER_MODE_MINOR, NULL), EINVAL);
	CHECK_ERR(reg((void *)-4096l, PAGE, UFFDIO_REGISTER_MODE_MISSING, NULL), EINVAL);
	CHECK_ERR(copy(area, source, PAGE, 0), ENOENT);
	CHECK_OK(reg(area, area_len, UFFDIO_REGISTER_MODE_MISSING, NULL));
	/* Again is fine, by somebody else it is not. */
	CHECK_OK(reg(area, area_len, UFFDIO_REGISTER_MODE_MISSING, NULL));
	other = uffd;
	begin(0);
	CHECK_ERR(reg(area, area_len, UFFDIO_REGISTER_MODE_MISSING, NULL), EBUSY);
	close(uffd);
	uffd = other;
	CHECK_ERR(copy(area + 1, source, PAGE, 0), EINVAL);
	CHECK_ERR(copy(area, source, 1, 0), EINVAL);
	CHECK_ERR(copy(area, source, PAGE, 1 << 8), EINVAL);
	CHECK_ERR(copy(area, source, PAGE, UFFDIO_COPY_MODE_WP), EINVAL);
	CHECK_ERR(copy(area, (void *)PAGE, PAGE, 0), EFAULT);
	CHECK_ERR(copy(area + area_len - PAGE, source, 2 * PAGE, 0), ENOENT);
	CHECK_ERR(ioctl(uffd, UFFDIO_COPY, (void *)PAGE), EFAULT);
	CHECK_ERR(ioctl(uffd, UFFDIO_COPY, &c), EINVAL);
	CHECK_ERR(protect(area, PAGE, UFFDIO_WRITEPROTECT_MODE_WP), ENOENT);
	CHECK_ERR(cont(area, PAGE), EINVAL);
	CHECK_OK(range_call(UFFDIO_UNREGISTER, area, 4 * PAGE));
	CHECK_EQ(area[0], 0);
	CHECK_ERR(copy(area, source, PAGE, 0), ENOENT);
	CHECK_OK(copy(area + 4 * PAGE, source, PAGE, 0));
	/* What is not memory of these kinds. */
	CHECK_ERR(reg((void *)getauxval(AT_SYSINFO_EHDR), PAGE, UFFDIO_REGISTER_MODE_MISSING, NULL), EINVAL);
	close(uffd);
	munmap(area, area_len);
}

static void unprivileged_child(void)
{
	NEED(!setuid(65534));
	CHECK_ERR(open_uffd(0), EPERM);
	uffd = open_uffd(UFFD_USER_MODE_ONLY);
	CHECK_GE(uffd, 0);
}

static void unprivileged(void)
{
	char c = '?';
	int fd = open("/proc/sys/vm/unprivileged_userfaultfd", O_RDONLY);

	CHECK_EQ(read(fd, &c, 1), 1);
	close(fd);
	if (c == '0')
		CHECK_EQ(test_in_child(unprivileged_child), 0);
}

int main(void)
{
	if (geteuid())
		SKIP("needs root");
	RUN(missing_anonymous);
	RUN(missing_shared);
	RUN(missing_file);
	RUN(calls_wait);
	RUN(write_protection);
	RUN(minor);
	RUN(by_signal);
	RUN(fork_and_moves);
	RUN(errors);
	RUN(unprivileged);
	return test_done();
}
