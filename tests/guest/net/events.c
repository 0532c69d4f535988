// SPDX-License-Identifier: MIT
// Wake-ups: poll, epoll (edges), SIGIO, urgent bytes, splice and sendfile, threads at one socket.
#include "net/net.h"
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>

static int ep_events(int ep)
{
	struct epoll_event ev;
	int n = epoll_wait(ep, &ev, 1, 0);

	return n == 1 ? (int)ev.events : n;
}

static void edges(void)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET };
	char buf[8];
	int s[2], ep = epoll_create1(0);

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, s[0], &ev));
	CHECK_EQ(ep_events(ep), EPOLLOUT);
	CHECK_EQ(ep_events(ep), 0);
	CHECK_EQ(write(s[1], "a", 1), 1);
	CHECK_EQ(ep_events(ep), EPOLLIN | EPOLLOUT);
	CHECK_EQ(ep_events(ep), 0);
	/* Each arrival is an edge, read or not. */
	CHECK_EQ(write(s[1], "b", 1), 1);
	CHECK_EQ(ep_events(ep), EPOLLIN | EPOLLOUT);
	CHECK_EQ(read(s[0], buf, 8), 2);
	CHECK_EQ(ep_events(ep), 0);
	CHECK_OK(shutdown(s[1], SHUT_WR));
	CHECK_EQ(ep_events(ep), EPOLLIN | EPOLLOUT | EPOLLRDHUP);
	close(s[1]);
	CHECK_EQ(ep_events(ep), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
	close(s[0]);
	CHECK_EQ(ep_events(ep), 0);
	close(ep);
}

static void accepting(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int l = listener(SOCK_STREAM | SOCK_NONBLOCK, "@ev-l", 5), ep = epoll_create1(0), c, a;

	CHECK_OK(epoll_ctl(ep, EPOLL_CTL_ADD, l, &ev));
	CHECK_EQ(ep_events(ep), 0);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid = fork();
	if (!pid) {
		test_sleep_ms(30);
		_exit(try_connect(c, "@x") != -1);
	}
	struct sockaddr_un un;
	socklen_t len = sizeof(un);
	CHECK_OK(getsockname(l, (void *)&un, &len));
	pid_t pid2 = fork();
	if (!pid2) {
		test_sleep_ms(30);
		_exit(connect(c, (void *)&un, len) != 0);
	}
	CHECK_EQ(epoll_wait(ep, &ev, 1, 5000), 1);
	CHECK_EQ(ev.events, EPOLLIN);
	a = accept(l, NULL, NULL);
	CHECK_OK(a);
	CHECK_EQ(ep_events(ep), 0);
	waitpid(pid, NULL, 0);
	waitpid(pid2, NULL, 0);
	close(a);
	close(c);
	close(l);
	close(ep);
}

static volatile sig_atomic_t ios, urgs;

static void on_io(int sig)
{
	if (sig == SIGURG)
		urgs++;
	else
		ios++;
}

static void async(void)
{
	char c;
	int s[2], n = 1;

	signal(SIGIO, on_io);
	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_OK(fcntl(s[0], F_SETOWN, getpid()));
	CHECK_OK(ioctl(s[0], FIOASYNC, &n));
	CHECK(fcntl(s[0], F_GETFL) & O_ASYNC);
	CHECK_EQ(write(s[1], "x", 1), 1);
	CHECK(WAIT_UNTIL(ios == 1));
	CHECK_EQ(read(s[0], &c, 1), 1);
	CHECK_EQ(ios, 1);
	close(s[1]);
	CHECK(WAIT_UNTIL(ios == 2));
	CHECK_OK(fcntl(s[0], F_SETFL, 0));
	close(s[0]);
	signal(SIGIO, SIG_DFL);
}

static void urgent(void)
{
	char buf[16];
	int s[2], n, on = 1;

	signal(SIGURG, on_io);
	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_OK(fcntl(s[0], F_SETOWN, getpid()));
	CHECK_ERR(recv(s[0], buf, 1, MSG_OOB), EINVAL);
	CHECK_EQ(write(s[1], "ab", 2), 2);
	CHECK_EQ(send(s[1], "cU", 2, MSG_OOB), 2);
	CHECK(WAIT_UNTIL(urgs == 1));
	CHECK_EQ(write(s[1], "de", 2), 2);
	CHECK_EQ(events_of(s[0], POLLIN | POLLPRI), POLLIN | POLLPRI);
	CHECK_OK(ioctl(s[0], SIOCATMARK, &n));
	CHECK_EQ(n, 0);
	CHECK_EQ(recv(s[0], buf, 16, 0), 3);
	CHECK_EQ(memcmp(buf, "abc", 3), 0);
	CHECK_OK(ioctl(s[0], SIOCATMARK, &n));
	CHECK_EQ(n, 1);
	CHECK_EQ(recv(s[0], buf, 1, MSG_OOB | MSG_PEEK), 1);
	CHECK_EQ(recv(s[0], buf, 1, MSG_OOB), 1);
	CHECK_EQ(buf[0], 'U');
	CHECK_ERR(recv(s[0], buf, 1, MSG_OOB), EINVAL);
	CHECK_EQ(events_of(s[0], POLLPRI), 0);
	CHECK_EQ(recv(s[0], buf, 16, 0), 2);
	CHECK_EQ(memcmp(buf, "de", 2), 0);
	/* Not fetched: stepped over. */
	CHECK_EQ(send(s[1], "V", 1, MSG_OOB), 1);
	CHECK_EQ(write(s[1], "fg", 2), 2);
	CHECK_EQ(recv(s[0], buf, 16, 0), 2);
	CHECK_EQ(memcmp(buf, "fg", 2), 0);
	/* In line: a byte like others. */
	CHECK_OK(setsockopt(s[0], SOL_SOCKET, SO_OOBINLINE, &on, 4));
	CHECK_EQ(send(s[1], "W", 1, MSG_OOB), 1);
	CHECK_ERR(recv(s[0], buf, 1, MSG_OOB), EINVAL);
	CHECK_EQ(recv(s[0], buf, 16, 0), 1);
	CHECK_EQ(buf[0], 'W');
	CHECK_ERR(send(s[1], "", 0, MSG_OOB), EOPNOTSUPP);
	close(s[0]);
	close(s[1]);
	signal(SIGURG, SIG_DFL);
}

static void splicing(void)
{
	char buf[16];
	int s[2], p[2], fd;
	off_t off = 1;

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_OK(pipe(p));
	CHECK_EQ(write(s[0], "through", 7), 7);
	CHECK_EQ(splice(s[1], NULL, p[1], NULL, 100, 0), 7);
	CHECK_EQ(read(p[0], buf, 16), 7);
	CHECK_EQ(memcmp(buf, "through", 7), 0);
	CHECK_EQ(write(p[1], "pipe", 4), 4);
	CHECK_EQ(splice(p[0], NULL, s[0], NULL, 100, SPLICE_F_MORE), 4);
	CHECK_EQ(read(s[1], buf, 16), 4);
	CHECK_ERR(splice(s[1], &off, p[1], NULL, 100, 0), EINVAL);
	CHECK_ERR(splice(s[1], NULL, p[1], NULL, 100, SPLICE_F_NONBLOCK), EAGAIN);
	fd = open("splice-file", O_CREAT | O_RDWR | O_TRUNC, 0600);
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(sendfile(s[0], fd, &off, 5), 5);
	CHECK_EQ(off, 6);
	CHECK_EQ(read(s[1], buf, 16), 5);
	CHECK_EQ(memcmp(buf, "12345", 5), 0);
	close(s[0]);
	CHECK_EQ(splice(s[1], NULL, p[1], NULL, 100, 0), 0);
	close(s[1]);
	close(p[0]);
	close(p[1]);
	close(fd);
	unlink("splice-file");
}

enum { WORKERS = 4, ROUNDS = 200 };

static void *echo(void *arg)
{
	int fd = *(int *)arg;
	char buf[64];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (write(fd, buf, n) != n)
			break;
	return NULL;
}

static void *talk(void *arg)
{
	int fd = *(int *)arg;
	long bad = 0;
	char buf[64];

	for (int i = 0; i < ROUNDS; i++) {
		int len = 1 + i % 60;

		memset(buf, i, len);
		if (write(fd, buf, len) != len)
			bad++;
		memset(buf, 0, sizeof(buf));
		if (recv(fd, buf, len, MSG_WAITALL) != len || buf[len - 1] != (char)i)
			bad++;
	}
	shutdown(fd, SHUT_WR);
	return (void *)bad;
}

static void crowd(void)
{
	pthread_t threads[2 * WORKERS];
	int s[WORKERS][2];
	void *bad;

	for (int i = 0; i < WORKERS; i++) {
		CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s[i]));
		pthread_create(&threads[2 * i], NULL, echo, &s[i][0]);
		pthread_create(&threads[2 * i + 1], NULL, talk, &s[i][1]);
	}
	for (int i = 0; i < WORKERS; i++) {
		pthread_join(threads[2 * i + 1], &bad);
		CHECK_EQ((long)bad, 0);
		pthread_join(threads[2 * i], NULL);
		close(s[i][0]);
		close(s[i][1]);
	}
}

static void listed(void)
{
	int l = listener(SOCK_STREAM, "@listed", 1), n = 0;
	char line[512], want[128], link[64], path[64];
	struct sockaddr_un un;
	struct stat st;
	FILE *f;

	make_addr(&un, "@listed");
	snprintf(want, sizeof(want), "@%s\n", un.sun_path + 1);
	CHECK_OK(fstat(l, &st));
	f = fopen("/proc/net/unix", "r");
	NEED(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned int refs, protocol, flags, type, state;
		unsigned long ino;
		char name[256];

		if (sscanf(line, "%*[0-9a-f]: %x %x %x %x %x %lu %255s", &refs, &protocol, &flags,
			   &type, &state, &ino, name) == 7 && !strncmp(name, want, strlen(name))) {
			CHECK_EQ(flags, 0x10000);
			CHECK_EQ(type, SOCK_STREAM);
			CHECK_EQ(state, 1);
			CHECK_EQ(ino, st.st_ino);
			n++;
		}
	}
	fclose(f);
	CHECK_EQ(n, 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", l);
	n = readlink(path, link, sizeof(link) - 1);
	CHECK_GT(n, 0);
	link[n] = 0;
	snprintf(want, sizeof(want), "socket:[%lu]", (unsigned long)st.st_ino);
	CHECK_STR(link, want);
	CHECK_ERR(open(path, O_RDWR), ENXIO);
	close(l);
}

int main(void)
{
	RUN(edges);
	RUN(accepting);
	RUN(async);
	RUN(urgent);
	RUN(splicing);
	RUN(crowd);
	RUN(listed);
	return test_done();
}
