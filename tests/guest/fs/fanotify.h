/* SPDX-License-Identifier: MIT */
/* What the tests of fanotify share: starting a group, and reading its events one by one. */
#ifndef GUEST_FANOTIFY_H
#define GUEST_FANOTIFY_H

#include <fcntl.h>
#include <sys/fanotify.h>
#include <sys/stat.h>

static char fan_buf[4096] __attribute__((aligned(8)));
static int fan_len, fan_at;
static struct fanotify_event_metadata *ev;	/* the last event */
static int fan_fd = -1;				/* its descriptor: closed by the next */

static inline int start(unsigned int flags, unsigned int f_flags)
{
	int fan = fanotify_init(flags, f_flags);

	NEED(fan >= 0);
	fan_len = fan_at = 0;
	return fan;
}

/* The next event, which becomes `ev`; false with errno when there is none. */
static inline int next(int fan)
{
	if (fan_fd >= 0)
		close(fan_fd);
	fan_fd = -1;
	if (fan_at == fan_len) {
		fan_len = fan_at = 0;
		fan_len = read(fan, fan_buf, sizeof(fan_buf));
		if (fan_len <= 0) {
			fan_len = 0;
			return 0;
		}
	}
	ev = (void *)(fan_buf + fan_at);
	fan_at += ev->event_len;
	fan_fd = ev->fd;
	return 1;
}

#define next_is(fan, want) do {							\
	if (!next(fan))								\
		FAIL("no event, not %s (errno %d)", #want, errno);		\
	else									\
		CHECK_EQ(ev->mask, (unsigned long long)(want));			\
} while (0)

static inline void stop(int fan)
{
	if (fan_fd >= 0)
		close(fan_fd);
	fan_fd = -1;
	fan_len = fan_at = 0;
	close(fan);
}

static inline void touch(const char *name)
{
	int fd = open(name, O_CREAT | O_WRONLY, 0644);

	NEED(fd >= 0);
	close(fd);
}

static inline int same_file(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static inline void copy_program(const char *from, const char *to)
{
	int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_WRONLY, 0755);
	char buf[65536];
	ssize_t n;

	NEED(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		NEED(write(out, buf, n) == n);
	close(in);
	close(out);
}

static inline int number(const char *path)
{
	FILE *f = fopen(path, "r");
	int n = -1;

	NEED(f);
	NEED(fscanf(f, "%d", &n) == 1);
	fclose(f);
	return n;
}

static inline void set_number(const char *path, int n)
{
	FILE *f = fopen(path, "w");

	NEED(f);
	fprintf(f, "%d\n", n);
	NEED(!fclose(f));
}

#endif
