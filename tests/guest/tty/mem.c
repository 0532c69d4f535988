// SPDX-License-Identifier: MIT
/* The memory devices: null, zero, full, random, urandom. */
#include "test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* volatile: the compiler would warn. */
static void *volatile bad = (void *)8;

static void null_and_zero(void)
{
	char buf[64];
	int fd = open("/dev/null", O_RDWR);

	NEED(fd >= 0);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_EQ(write(fd, buf, sizeof(buf)), sizeof(buf));
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 0);
	close(fd);
	fd = open("/dev/zero", O_RDWR);
	memset(buf, 1, sizeof(buf));
	CHECK_EQ(read(fd, buf, sizeof(buf)), sizeof(buf));
	for (unsigned i = 0; i < sizeof(buf); i++)
		CHECK_EQ(buf[i], 0);
	CHECK_EQ(write(fd, buf, sizeof(buf)), sizeof(buf));
	CHECK_ERR(read(fd, bad, 4), EFAULT);
	close(fd);
}

static void zero_can_be_mapped(void)
{
	int fd = open("/dev/zero", O_RDWR);
	char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	char *s = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	NEED(p != MAP_FAILED && s != MAP_FAILED);
	CHECK_EQ(p[5000], 0);
	p[0] = 1;
	s[0] = 2;
	if (!fork()) {
		p[0] = 7;
		s[0] = 8;
		_exit(0);
	}
	wait(NULL);
	CHECK_EQ(p[0], 1);
	CHECK_EQ(s[0], 8);
	close(fd);
}

static void full_is_full(void)
{
	char buf[8] = "x";
	int fd = open("/dev/full", O_RDWR);

	NEED(fd >= 0);
	CHECK_ERR(write(fd, buf, 1), ENOSPC);
	CHECK_EQ(read(fd, buf, 8), 8);
	CHECK_EQ(buf[0], 0);
	close(fd);
}

static void random_bytes_differ(void)
{
	static const char *const names[] = { "/dev/random", "/dev/urandom" };
	char a[64], b[64];

	for (int i = 0; i < 2; i++) {
		int fd = open(names[i], O_RDONLY);

		NEED(fd >= 0);
		CHECK_EQ(read(fd, a, sizeof(a)), sizeof(a));
		CHECK_EQ(read(fd, b, sizeof(b)), sizeof(b));
		CHECK(memcmp(a, b, sizeof(a)));
		close(fd);
	}
	CHECK_EQ(getrandom(a, sizeof(a), 0), sizeof(a));
	CHECK_EQ(getrandom(b, sizeof(b), GRND_NONBLOCK), sizeof(b));
	CHECK(memcmp(a, b, sizeof(a)));
	CHECK_ERR(getrandom(a, sizeof(a), 0x100), EINVAL);
	CHECK_ERR(getrandom(bad, 16, 0), EFAULT);
}

static void numbers(void)
{
	static const struct {
		const char *name;
		int major, minor;
	} nodes[] = {
		{ "/dev/null", 1, 3 }, { "/dev/zero", 1, 5 }, { "/dev/full", 1, 7 },
		{ "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 },
		{ "/dev/ptmx", 5, 2 },
	};
	struct stat st;

	for (unsigned i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
		CHECK_OK(stat(nodes[i].name, &st));
		CHECK(S_ISCHR(st.st_mode));
		CHECK_EQ(st.st_mode & 0666, 0666);
		CHECK_EQ(major(st.st_rdev), nodes[i].major);
		CHECK_EQ(minor(st.st_rdev), nodes[i].minor);
	}
}

int main(void)
{
	RUN(null_and_zero);
	RUN(zero_can_be_mapped);
	RUN(full_is_full);
	RUN(random_bytes_differ);
	RUN(numbers);
	return test_done();
}
