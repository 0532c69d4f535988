// SPDX-License-Identifier: MIT
/* userfaultfd: the events of fork(), mremap(), munmap() and madvise(), which wait to be read. */
#include "test.h"
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096UL
#define LEN (16 * PAGE)

static int uffd;
static char source[PAGE] __attribute__((aligned(4096)));
static struct uffd_msg got[8];
static int want, child_fd;

static void begin(unsigned long long features)
{
	struct uffdio_api a = { .api = UFFD_API, .features = features };

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	NEED(uffd >= 0);
	NEED(!ioctl(uffd, UFFDIO_API, &a));
}

static char *registered(void)
{
	struct uffdio_register r = { .range.len = LEN, .mode = UFFDIO_REGISTER_MODE_MISSING };
	char *p = mmap(NULL, 4 * LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(p != MAP_FAILED);
	r.range.start = (unsigned long)p;
	NEED(!ioctl(uffd, UFFDIO_REGISTER, &r));
	return p;
}

static long copy(int fd, void *dst)
{
	struct uffdio_copy c = { .dst = (unsigned long)dst, .src = (unsigned long)source, .len = PAGE };

	return ioctl(fd, UFFDIO_COPY, &c);
}

/* Reads `want` messages, and resolves faults. */
static void *reader(void *arg)
{
	for (int i = 0; i < want;) {
		struct pollfd p = { .fd = uffd, .events = POLLIN };
		struct uffd_msg m;

		NEED(poll(&p, 1, 10000) == 1);
		if (read(uffd, &m, sizeof(m)) != sizeof(m))
			continue;
		got[i++] = m;
		if (m.event == UFFD_EVENT_FORK)
			child_fd = m.arg.fork.ufd;
		if (m.event == UFFD_EVENT_PAGEFAULT)
			CHECK_OK(copy(uffd, (void *)(unsigned long)(m.arg.pagefault.address & ~(PAGE - 1))));
	}
	return NULL;
}

static pthread_t thread;

static void expect(int n)
{
	want = n;
	memset(got, 0, sizeof(got));
	NEED(!pthread_create(&thread, NULL, reader, NULL));
}

static void done(void)
{
	NEED(!pthread_join(thread, NULL));
}

static void unmapping(void)
{
	char *p;

	begin(UFFD_FEATURE_EVENT_UNMAP);
	p = registered();
	CHECK_OK(copy(uffd, p));
	expect(1);
	CHECK_OK(munmap(p + 4 * PAGE, 2 * PAGE));
	done();
	CHECK_EQ(got[0].event, UFFD_EVENT_UNMAP);
	CHECK_EQ(got[0].arg.remove.start, (unsigned long)p + 4 * PAGE);
	CHECK_EQ(got[0].arg.remove.end, (unsigned long)p + 6 * PAGE);
	expect(1);
	CHECK(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
	done();
	CHECK_EQ(got[0].event, UFFD_EVENT_UNMAP);
	CHECK_EQ(got[0].arg.remove.start, (unsigned long)p);
	CHECK_EQ(p[0], 0);
	/* What is not registered is nobody's business. */
	CHECK_OK(munmap(p + LEN, LEN));
	close(uffd);
	munmap(p, 4 * LEN);
}

static void removing(void)
{
	char *p;

	begin(UFFD_FEATURE_EVENT_REMOVE);
	p = registered();
	CHECK_OK(copy(uffd, p));
	expect(2);
	CHECK_OK(madvise(p, 2 * PAGE, MADV_DONTNEED));
	CHECK_EQ(p[0], 's');
	done();
	CHECK_EQ(got[0].event, UFFD_EVENT_REMOVE);
	CHECK_EQ(got[0].arg.remove.start, (unsigned long)p);
	CHECK_EQ(got[0].arg.remove.end, (unsigned long)p + 2 * PAGE);
	CHECK_EQ(got[1].event, UFFD_EVENT_PAGEFAULT);
	close(uffd);
	munmap(p, 4 * LEN);
}

static void moving(void)
{
	char *p, *to;

	begin(UFFD_FEATURE_EVENT_REMAP);
	p = registered();
	CHECK_OK(copy(uffd, p));
	expect(2);
	to = mremap(p, LEN, LEN, MREMAP_MAYMOVE | MREMAP_FIXED, p + 2 * LEN);
	CHECK(to == p + 2 * LEN);
	CHECK_EQ(to[0], 's');
	/* Registered where it is now. */
	CHECK_EQ(to[PAGE], 's');
	done();
	CHECK_EQ(got[0].event, UFFD_EVENT_REMAP);
	CHECK_EQ(got[0].arg.remap.from, (unsigned long)p);
	CHECK_EQ(got[0].arg.remap.to, (unsigned long)to);
	CHECK_EQ(got[0].arg.remap.len, LEN);
	CHECK_EQ(got[1].event, UFFD_EVENT_PAGEFAULT);
	CHECK_EQ(got[1].arg.pagefault.address, (unsigned long)to + PAGE);
	close(uffd);
	munmap(p, 4 * LEN);
}

static void forking(void)
{
	struct uffd_msg m;
	struct pollfd poll_child;
	int status;
	pid_t pid;
	char *p;

	begin(UFFD_FEATURE_EVENT_FORK);
	p = registered();
	CHECK_OK(copy(uffd, p));
	expect(1);
	child_fd = -1;
	pid = fork();
	if (!pid)
		_exit(p[0] != 's' || p[3 * PAGE] != 's');
	done();
	CHECK_EQ(got[0].event, UFFD_EVENT_FORK);
	CHECK_GE(child_fd, 0);
	CHECK_EQ(fcntl(child_fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(child_fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	/* The child's faults come here, and are resolved here. */
	poll_child = (struct pollfd){ .fd = child_fd, .events = POLLIN };
	NEED(poll(&poll_child, 1, 10000) == 1);
	NEED(read(child_fd, &m, sizeof(m)) == sizeof(m));
	CHECK_EQ(m.event, UFFD_EVENT_PAGEFAULT);
	CHECK_EQ(m.arg.pagefault.address, (unsigned long)p + 3 * PAGE);
	CHECK_OK(copy(child_fd, p + 3 * PAGE));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_ERR(copy(child_fd, p + 5 * PAGE), ESRCH);
	close(child_fd);
	close(uffd);
	munmap(p, 4 * LEN);
}

static void *closer(void *arg)
{
	usleep(50000);
	close(uffd);
	return NULL;
}

static void closing(void)
{
	pthread_t t;
	char *p;

	/* Nobody waits for a descriptor that is gone. */
	begin(UFFD_FEATURE_EVENT_UNMAP);
	p = registered();
	NEED(!pthread_create(&t, NULL, closer, NULL));
	CHECK_OK(munmap(p, 4 * LEN));
	pthread_join(t, NULL);
}

int main(void)
{
	if (geteuid())
		SKIP("needs root");
	memset(source, 's', sizeof(source));
	RUN(unmapping);
	RUN(removing);
	RUN(moving);
	RUN(forking);
	RUN(closing);
	return test_done();
}
