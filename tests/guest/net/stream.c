// SPDX-License-Identifier: MIT
// Unix stream sockets: pairs, listeners, connecting, ends, shutdown, limits.
#include "net/net.h"
#include <pthread.h>

static char big[1 << 20];

static void pair(void)
{
	char buf[32];
	int s[2], n;

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_EQ(write(s[0], "hello", 5), 5);
	CHECK_OK(ioctl(s[1], FIONREAD, &n));
	CHECK_EQ(n, 5);
	CHECK_OK(ioctl(s[0], TIOCOUTQ, &n));
	CHECK_GT(n, 0);
	CHECK_EQ(read(s[1], buf, 2), 2);
	CHECK_EQ(read(s[1], buf + 2, 30), 3);
	CHECK_EQ(memcmp(buf, "hello", 5), 0);
	CHECK_OK(ioctl(s[0], TIOCOUTQ, &n));
	CHECK_EQ(n, 0);
	/* The other way, and two writes read as one. */
	CHECK_EQ(send(s[1], "ab", 2, 0), 2);
	CHECK_EQ(send(s[1], "cd", 2, MSG_MORE), 2);
	CHECK_EQ(recv(s[0], buf, 32, 0), 4);
	CHECK_EQ(memcmp(buf, "abcd", 4), 0);
	CHECK_ERR(recv(s[0], buf, 1, MSG_DONTWAIT), EAGAIN);
	CHECK_EQ(read(s[0], buf, 0), 0);
	CHECK_EQ(write(s[0], buf, 0), 0);
	CHECK_ERR(write(s[0], (void *)8, 5), EFAULT);
	CHECK_EQ(write(s[0], "ab", 2), 2);
	CHECK_ERR(read(s[1], (void *)8, 2), EFAULT);
	CHECK_EQ(read(s[1], buf, 32), 2);
	CHECK_ERR(lseek(s[0], 0, SEEK_SET), ESPIPE);
	CHECK_ERR(pread(s[0], buf, 1, 0), ESPIPE);
	CHECK_ERR(fsync(s[0]), EINVAL);
	CHECK_ERR(ftruncate(s[0], 0), EINVAL);
	close(s[1]);
	CHECK_EQ(read(s[0], buf, 1), 0);
	close(s[0]);
}

static void arguments(void)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct stat st;
	int fd, s[2];

	CHECK_ERR(socket(999, SOCK_STREAM, 0), EAFNOSUPPORT);
	CHECK_ERR(socket(AF_UNIX, 77, 0), EINVAL);
	CHECK_ERR(socket(AF_UNIX, SOCK_RDM, 0), ESOCKTNOSUPPORT);
	CHECK_ERR(socket(AF_UNIX, SOCK_STREAM, 5), EPROTONOSUPPORT);
	CHECK_ERR(socketpair(AF_UNIX, SOCK_STREAM, 0, (int *)8), EFAULT);
	CHECK_ERR(socketpair(AF_UNIX, SOCK_STREAM | 0x1000000, 0, s), EINVAL);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, PF_UNIX);
	CHECK_OK(fd);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK_EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	CHECK_OK(fstat(fd, &st));
	CHECK(S_ISSOCK(st.st_mode));
	CHECK_EQ(st.st_mode & 0777, 0777);
	CHECK_ERR(listen(fd, 1), EINVAL);
	CHECK_ERR(accept(fd, NULL, NULL), EINVAL);
	CHECK_ERR(send(fd, "x", 1, 0), ENOTCONN);
	CHECK_ERR(recv(fd, &st, 1, 0), EINVAL);
	CHECK_ERR(connect(fd, (void *)&un, 1), EINVAL);
	CHECK_ERR(connect(fd, (void *)&un, 2), EINVAL);
	CHECK_ERR(connect(fd, (void *)&un, 200), EINVAL);
	CHECK_ERR(connect(fd, (void *)8, 20), EFAULT);
	CHECK_ERR(bind(fd, (void *)&un, -1), EINVAL);
	un.sun_family = AF_INET;
	CHECK_ERR(connect(fd, (void *)&un, 20), EINVAL);
	CHECK_ERR(bind(fd, (void *)&un, 20), EINVAL);
	CHECK_EQ(events_of(fd, POLLIN | POLLOUT), POLLOUT | POLLHUP);
	CHECK_ERR(shutdown(fd, 3), EINVAL);
	CHECK_ERR(getpeername(fd, (void *)&un, &(socklen_t){ 110 }), ENOTCONN);
	close(fd);
	CHECK_ERR(bind(fd, (void *)&un, 20), EBADF);
	CHECK_ERR(listen(1 << 20, 1), EBADF);
	fd = open("/dev/null", O_RDWR);
	CHECK_ERR(listen(fd, 1), ENOTSOCK);
	CHECK_ERR(send(fd, "x", 1, 0), ENOTSOCK);
	close(fd);
}

static void connecting(void)
{
	struct sockaddr_un un;
	socklen_t len;
	char buf[8];
	int l, c, a;

	c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_ERR(try_connect(c, "stream-none"), ENOENT);
	CHECK_ERR(try_connect(c, "@stream-none"), ECONNREFUSED);
	l = bound_socket(SOCK_STREAM, "stream-a");
	CHECK_ERR(try_connect(c, "stream-a"), ECONNREFUSED);
	CHECK_OK(listen(l, 5));
	CHECK_OK(listen(l, 6));
	CHECK_ERR(try_connect(l, "stream-a"), EINVAL);
	CHECK_ERR(recv(l, buf, 1, 0), EINVAL);
	CHECK_ERR(send(l, buf, 1, 0), ENOTCONN);
	CHECK_OK(try_connect(c, "stream-a"));
	CHECK_ERR(try_connect(c, "stream-a"), EISCONN);
	/* Writes need no accept(). */
	CHECK_EQ(write(c, "early", 5), 5);
	CHECK_EQ(events_of(l, POLLIN), POLLIN);
	len = sizeof(un);
	a = accept4(l, (void *)&un, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	CHECK_OK(a);
	CHECK_EQ(len, 2);
	CHECK_EQ(fcntl(a, F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(a, F_GETFL) & O_NONBLOCK);
	CHECK_EQ(read(a, buf, 8), 5);
	len = sizeof(un);
	CHECK_OK(getsockname(a, (void *)&un, &len));
	CHECK_EQ(len, 2 + strlen("stream-a") + 1);
	CHECK_STR(un.sun_path, "stream-a");
	len = sizeof(un);
	CHECK_OK(getpeername(c, (void *)&un, &len));
	CHECK_STR(un.sun_path, "stream-a");
	len = 4;
	CHECK_OK(getpeername(c, (void *)&un, &len));
	CHECK_EQ(len, 2 + strlen("stream-a") + 1);
	len = sizeof(un);
	CHECK_OK(getpeername(a, (void *)&un, &len));
	CHECK_EQ(len, 2);
	fcntl(l, F_SETFL, O_NONBLOCK);
	CHECK_ERR(accept(l, NULL, NULL), EAGAIN);
	CHECK_ERR(accept4(l, NULL, NULL, 0x10), EINVAL);
	/* The name goes, connections stay. */
	CHECK_OK(unlink("stream-a"));
	CHECK_EQ(write(a, "x", 1), 1);
	CHECK_EQ(read(c, buf, 8), 1);
	close(l);
	CHECK_EQ(write(a, "x", 1), 1);
	close(a);
	close(c);
}

static void backlog(void)
{
	struct timeval tv = { 0, 50000 };
	int i, l = listener(SOCK_STREAM, "stream-b", 1), c[3];

	for (i = 0; i < 3; i++)
		c[i] = socket(AF_UNIX, SOCK_STREAM | (i == 2 ? SOCK_NONBLOCK : 0), 0);
	CHECK_OK(try_connect(c[0], "stream-b"));
	CHECK_OK(try_connect(c[1], "stream-b"));
	CHECK_ERR(try_connect(c[2], "stream-b"), EAGAIN);
	fcntl(c[2], F_SETFL, 0);
	CHECK_OK(setsockopt(c[2], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	CHECK_ERR(try_connect(c[2], "stream-b"), EAGAIN);
	pid_t pid = fork();
	if (!pid) {
		test_sleep_ms(30);
		exit(accept(l, NULL, NULL) < 0);
	}
	tv.tv_sec = 5;
	CHECK_OK(setsockopt(c[2], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)));
	CHECK_OK(try_connect(c[2], "stream-b"));
	waitpid(pid, NULL, 0);
	/* Those nobody accepted are reset when the listener goes. */
	close(l);
	char b;
	CHECK_ERR(read(c[2], &b, 1), ECONNRESET);
	CHECK_EQ(read(c[2], &b, 1), 0);
	for (i = 0; i < 3; i++)
		close(c[i]);
	unlink("stream-b");
}

static volatile int pipes_seen;

static void on_sigpipe(int sig)
{
	pipes_seen++;
}

static void shutting_down(void)
{
	char buf[8];
	int s[2];

	signal(SIGPIPE, on_sigpipe);
	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_EQ(events_of(s[0], POLLIN | POLLOUT | POLLRDHUP), POLLOUT);
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_OK(shutdown(s[0], SHUT_WR));
	CHECK_ERR(write(s[0], "x", 1), EPIPE);
	CHECK_EQ(pipes_seen, 1);
	CHECK_ERR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(pipes_seen, 1);
	CHECK_EQ(events_of(s[1], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP);
	CHECK_EQ(read(s[1], buf, 8), 3);
	CHECK_EQ(read(s[1], buf, 8), 0);
	CHECK_EQ(write(s[1], "back", 4), 4);
	CHECK_EQ(read(s[0], buf, 8), 4);
	CHECK_OK(shutdown(s[0], SHUT_RD));
	CHECK_EQ(read(s[0], buf, 8), 0);
	CHECK_ERR(write(s[1], "x", 1), EPIPE);
	CHECK_EQ(events_of(s[1], 0), POLLHUP);
	close(s[0]);
	close(s[1]);
	/* Unread bytes at close are a reset. */
	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(write(s[1], "def", 3), 3);
	close(s[1]);
	CHECK_EQ(events_of(s[0], POLLIN | POLLOUT | POLLRDHUP),
		 POLLIN | POLLOUT | POLLRDHUP | POLLHUP | POLLERR);
	CHECK_EQ(read(s[0], buf, 8), 3);
	CHECK_ERR(read(s[0], buf, 8), ECONNRESET);
	CHECK_EQ(read(s[0], buf, 8), 0);
	CHECK_ERR(write(s[0], "x", 1), EPIPE);
	close(s[0]);
	signal(SIGPIPE, SIG_DFL);
}

static void filling(void)
{
	char buf[4096];
	ssize_t n, sent = 0, got = 0;
	int s[2], size = 0, messages = 0;

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
	CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_SNDBUF, &size, &(socklen_t){ 4 }));
	while ((n = write(s[0], big, sizeof(big))) > 0)
		sent += n;
	CHECK_EQ(errno, EAGAIN);
	CHECK_GT(sent, size / 2);
	CHECK_LT(sent, 2 * size);
	CHECK_EQ(events_of(s[0], POLLOUT), 0);
	while ((n = read(s[1], buf, sizeof(buf))) > 0) {
		got += n;
		if (got < sent / 4)
			CHECK_EQ(events_of(s[0], POLLOUT), 0);
	}
	CHECK_EQ(got, sent);
	CHECK_EQ(events_of(s[0], POLLOUT), POLLOUT);
	/* Small ones cost what they take. */
	while (write(s[0], "x", 1) == 1)
		messages++;
	CHECK_GT(messages, 50);
	CHECK_LT(messages, 2000);
	close(s[0]);
	close(s[1]);
}

static void sums(void)
{
	unsigned int i, sum = 0, expect = 0;
	int s[2];

	for (i = 0; i < sizeof(big); i++) {
		big[i] = i * 2654435761u >> 24;
		expect = expect * 31 + (unsigned char)big[i];
	}
	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	pid_t pid = fork();
	if (!pid) {
		size_t done = 0;

		close(s[1]);
		for (i = 1; done < sizeof(big); i = i * 7 % 60013) {
			size_t n = i < sizeof(big) - done ? i : sizeof(big) - done;

			if (write(s[0], big + done, n) != (ssize_t)n)
				_exit(1);
			done += n;
		}
		_exit(0);
	}
	close(s[0]);
	memset(big, 0, sizeof(big));
	CHECK_EQ(recv(s[1], big, sizeof(big), MSG_WAITALL), sizeof(big));
	for (i = 0; i < sizeof(big); i++)
		sum = sum * 31 + (unsigned char)big[i];
	CHECK_EQ(sum, expect);
	CHECK_EQ(read(s[1], big, 1), 0);
	waitpid(pid, NULL, 0);
	close(s[1]);
}

static void peeking(void)
{
	char buf[16];
	int s[2], off = 2;

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(write(s[0], "defg", 4), 4);
	CHECK_EQ(recv(s[1], buf, 2, MSG_PEEK), 2);
	CHECK_EQ(recv(s[1], buf, 16, MSG_PEEK), 7);
	CHECK_EQ(memcmp(buf, "abcdefg", 7), 0);
	CHECK_OK(setsockopt(s[1], SOL_SOCKET, SO_PEEK_OFF, &off, 4));
	CHECK_EQ(recv(s[1], buf, 3, MSG_PEEK), 3);
	CHECK_EQ(memcmp(buf, "cde", 3), 0);
	CHECK_EQ(recv(s[1], buf, 3, MSG_PEEK), 2);
	CHECK_EQ(memcmp(buf, "fg", 2), 0);
	CHECK_EQ(recv(s[1], buf, 1, 0), 1);
	CHECK_OK(getsockopt(s[1], SOL_SOCKET, SO_PEEK_OFF, &off, &(socklen_t){ 4 }));
	CHECK_EQ(off, 6);
	off = -1;
	CHECK_OK(setsockopt(s[1], SOL_SOCKET, SO_PEEK_OFF, &off, 4));
	CHECK_EQ(recv(s[1], buf, 16, 0), 6);
	CHECK_EQ(memcmp(buf, "bcdefg", 6), 0);
	close(s[0]);
	close(s[1]);
}

static void vectors(void)
{
	char a[3], b[5];
	struct iovec out[3] = { { "12", 2 }, { "", 0 }, { "345678", 6 } };
	struct iovec in[2] = { { a, 3 }, { b, 5 } };
	int s[2];

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_EQ(writev(s[0], out, 3), 8);
	CHECK_EQ(readv(s[1], in, 2), 8);
	CHECK_EQ(memcmp(a, "123", 3), 0);
	CHECK_EQ(memcmp(b, "45678", 5), 0);
	close(s[0]);
	close(s[1]);
}

enum { ATTEMPTS = 40000 };

struct crossing {
	int fd;
	const char *other;
};

static void *connect_across(void *arg)
{
	const struct crossing *c = arg;

	for (int i = 0; i < ATTEMPTS; i++)
		CHECK(try_connect(c->fd, c->other) == -1 && errno == EINVAL);
	return NULL;
}

/* Two listeners that connect to each other at once are both refused. */
static void crossing(void)
{
	struct crossing a = { listener(SOCK_STREAM, "@cross-a", 4), "@cross-b" };
	struct crossing b = { listener(SOCK_STREAM, "@cross-b", 4), "@cross-a" };
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, connect_across, &a), 0);
	connect_across(&b);
	pthread_join(thread, NULL);
	CHECK(try_connect(a.fd, "@cross-a") == -1 && errno == EINVAL);
	close(a.fd);
	close(b.fd);
}

int main(void)
{
	RUN(pair);
	RUN(arguments);
	RUN(connecting);
	RUN(backlog);
	RUN(shutting_down);
	RUN(filling);
	RUN(sums);
	RUN(peeking);
	RUN(vectors);
	RUN(crossing);
	return test_done();
}
