// SPDX-License-Identifier: MIT
// inotify: every kind of event, watches that end, limits and errors.
#include "fs/fs.h"
#include <poll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <utime.h>

static int in;
static char queue[8192];
static ssize_t have, at;

/* The next event, or NULL when there is none. */
static struct inotify_event *next(void)
{
	struct inotify_event *e;

	if (at >= have) {
		have = read(in, queue, sizeof(queue));
		at = 0;
		if (have <= 0)
			return NULL;
	}
	e = (void *)(queue + at);
	at += sizeof(*e) + e->len;
	return e;
}

static unsigned int expect_at(int line, int wd, unsigned int mask, const char *name)
{
	struct inotify_event *e = next();

	if (!e) {
		test_fail(__FILE__, line, "no event, 0x%x wanted", mask);
		return 0;
	}
	if (e->wd != wd || e->mask != mask || strcmp(e->len ? e->name : "", name))
		test_fail(__FILE__, line, "event wd %d mask 0x%x name \"%s\", not wd %d mask 0x%x name \"%s\"",
			  e->wd, e->mask, e->len ? e->name : "", wd, mask, name);
	return e->cookie;
}
#define EXPECT(wd, mask, name) expect_at(__LINE__, wd, mask, name)
#define NOTHING() do {								\
	struct inotify_event *e_ = next();					\
	if (e_)									\
		FAIL("unexpected event 0x%x \"%s\"", e_->mask, e_->len ? e_->name : ""); \
} while (0)

static void names(void)
{
	int wd, fd;
	unsigned int c;

	CHECK_OK(mkdir("d", 0755));
	wd = inotify_add_watch(in, "d", IN_ALL_EVENTS);
	CHECK_GE(wd, 1);
	NOTHING();
	fd = open("d/f", O_CREAT | O_RDWR, 0644);
	EXPECT(wd, IN_CREATE, "f");
	EXPECT(wd, IN_OPEN, "f");
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(write(fd, "x", 1), 1);
	EXPECT(wd, IN_MODIFY, "f");		/* twice the same is once */
	CHECK_EQ(pread(fd, queue + 4096, 1, 0), 1);
	EXPECT(wd, IN_ACCESS, "f");
	CHECK_OK(fchmod(fd, 0600));
	EXPECT(wd, IN_ATTRIB, "f");
	CHECK_OK(ftruncate(fd, 0));
	EXPECT(wd, IN_MODIFY, "f");
	close(fd);
	EXPECT(wd, IN_CLOSE_WRITE, "f");
	close(open("d/f", O_RDONLY));
	EXPECT(wd, IN_OPEN, "f");
	EXPECT(wd, IN_CLOSE_NOWRITE, "f");
	CHECK_OK(mkdir("d/sub", 0755));
	EXPECT(wd, IN_CREATE | IN_ISDIR, "sub");
	CHECK_OK(symlink("x", "d/s"));
	EXPECT(wd, IN_CREATE, "s");
	CHECK_OK(rename("d/f", "d/g"));
	c = EXPECT(wd, IN_MOVED_FROM, "f");
	CHECK_EQ(EXPECT(wd, IN_MOVED_TO, "g"), c);
	CHECK_NE(c, 0);
	CHECK_OK(utime("d/g", NULL));
	EXPECT(wd, IN_ATTRIB, "g");
	CHECK_OK(unlink("d/g"));
	EXPECT(wd, IN_DELETE, "g");
	CHECK_OK(unlink("d/s"));
	EXPECT(wd, IN_DELETE, "s");
	CHECK_OK(rmdir("d/sub"));
	EXPECT(wd, IN_DELETE | IN_ISDIR, "sub");
	CHECK_OK(rmdir("d"));
	EXPECT(wd, IN_DELETE_SELF, "");
	EXPECT(wd, IN_IGNORED, "");
	NOTHING();
	CHECK_ERR(inotify_rm_watch(in, wd), EINVAL);
}

static void one_file(void)
{
	int wd, fd;

	put_file("f", "");
	wd = inotify_add_watch(in, "f", IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF);
	CHECK_OK(link("f", "l"));
	EXPECT(wd, IN_ATTRIB, "");
	CHECK_OK(rename("f", "g"));
	EXPECT(wd, IN_MOVE_SELF, "");
	CHECK_OK(unlink("l"));
	EXPECT(wd, IN_ATTRIB, "");
	fd = open("g", O_RDONLY);
	CHECK_OK(unlink("g"));
	EXPECT(wd, IN_ATTRIB, "");
	NOTHING();				/* still open */
	close(fd);
	EXPECT(wd, IN_DELETE_SELF, "");
	EXPECT(wd, IN_IGNORED, "");
}

static void watches(void)
{
	int wd, n;

	put_file("f", "");
	wd = inotify_add_watch(in, "f", IN_OPEN);
	CHECK_EQ(inotify_add_watch(in, "f", IN_CLOSE), wd);
	close(open("f", O_RDONLY));
	EXPECT(wd, IN_CLOSE_NOWRITE, "");
	CHECK_EQ(inotify_add_watch(in, "f", IN_OPEN | IN_MASK_ADD), wd);
	close(open("f", O_RDONLY));
	CHECK_OK(ioctl(in, FIONREAD, &n));
	CHECK_EQ(n, 2 * (int)sizeof(struct inotify_event));
	EXPECT(wd, IN_OPEN, "");
	EXPECT(wd, IN_CLOSE_NOWRITE, "");
	CHECK_ERR(inotify_add_watch(in, "f", IN_OPEN | IN_MASK_CREATE), EEXIST);
	CHECK_OK(inotify_rm_watch(in, wd));
	EXPECT(wd, IN_IGNORED, "");
	wd = inotify_add_watch(in, "f", IN_OPEN | IN_ONESHOT);
	close(open("f", O_RDONLY));
	close(open("f", O_RDONLY));
	EXPECT(wd, IN_OPEN, "");
	EXPECT(wd, IN_IGNORED, "");
	NOTHING();
	unlink("f");
}

static void errors(void)
{
	struct pollfd pf = { in, POLLIN, 0 };
	char small[8];
	int fd;

	put_file("f", "");
	CHECK_ERR(inotify_add_watch(in, "f", 0), EINVAL);
	CHECK_ERR(inotify_add_watch(in, "none", IN_OPEN), ENOENT);
	CHECK_ERR(inotify_add_watch(in, "f", IN_OPEN | IN_ONLYDIR), ENOTDIR);
	CHECK_ERR(inotify_add_watch(-1, "f", IN_OPEN), EBADF);
	CHECK_ERR(inotify_add_watch(0, "f", IN_OPEN), EINVAL);
	CHECK_ERR(inotify_rm_watch(in, 9999), EINVAL);
	CHECK_ERR(inotify_rm_watch(0, 1), EINVAL);
	CHECK_ERR(inotify_init1(1), EINVAL);
	CHECK_ERR(read(in, small, 8), EAGAIN);
	CHECK_EQ(poll(&pf, 1, 0), 0);
	/* What comes by itself may be asked for; bits without a meaning may not. */
	for (uint32_t bit = 1; bit; bit <<= 1) {
		uint32_t known = IN_ALL_EVENTS | IN_UNMOUNT | IN_Q_OVERFLOW | IN_IGNORED | IN_ONLYDIR |
				 IN_DONT_FOLLOW | IN_EXCL_UNLINK | IN_MASK_ADD | IN_ISDIR | IN_ONESHOT;
		int probe = inotify_add_watch(in, bit & IN_ONLYDIR ? "." : "f", IN_ATTRIB | bit);

		/* IN_MASK_CREATE: there is a watch by then. */
		CHECK_EQ(probe >= 0, (known & bit) != 0);
		if (probe < 0)
			CHECK_EQ(errno, bit & (1U << 28) ? EEXIST : EINVAL);
		else if (bit == 1U << 31)
			inotify_rm_watch(in, probe);
	}
	close(in);
	in = pf.fd = inotify_init1(IN_NONBLOCK);
	int wd = inotify_add_watch(in, "f", IN_OPEN);
	fd = open("f", O_RDONLY);
	CHECK_EQ(poll(&pf, 1, 0), 1);
	CHECK_EQ(pf.revents, POLLIN);
	CHECK_ERR(read(in, small, 8), EINVAL);
	EXPECT(wd, IN_OPEN, "");
	close(fd);
	unlink("f");
	/* Closing the descriptor ends its watches. */
	int other = inotify_init1(IN_CLOEXEC);
	put_file("g", "");
	CHECK_GE(inotify_add_watch(other, "g", IN_ALL_EVENTS), 1);
	close(other);
	close(open("g", O_RDONLY));
	unlink("g");
	at = have;
	while (next())
		;
}

int main(void)
{
	go_to_tmpfs();
	umask(022);
	in = inotify_init1(IN_NONBLOCK);
	NEED(in >= 0);
	RUN(names);
	RUN(one_file);
	RUN(watches);
	RUN(errors);
	close(in);
	leave_tmpfs();
	return test_done();
}
