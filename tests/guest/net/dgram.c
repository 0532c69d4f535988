// SPDX-License-Identifier: MIT
// Unix datagrams and sequenced packets: bounds, names, peers, full queues.
#include "net/net.h"

static char big[300000];

static void bounds(void)
{
	char buf[16];
	int s[2], n;

	CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	CHECK_EQ(send(s[0], "first", 5, 0), 5);
	CHECK_EQ(send(s[0], "", 0, 0), 0);
	CHECK_EQ(send(s[0], "second", 6, 0), 6);
	CHECK_OK(ioctl(s[1], FIONREAD, &n));
	CHECK_EQ(n, 5);
	CHECK_EQ(recv(s[1], buf, 16, MSG_PEEK), 5);
	CHECK_EQ(recv(s[1], buf, 3, MSG_PEEK | MSG_TRUNC), 5);
	CHECK_EQ(recv(s[1], buf, 3, 0), 3);
	CHECK_EQ(recv(s[1], buf, 16, 0), 0);
	struct iovec iov = { buf, 2 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	CHECK_EQ(recvmsg(s[1], &msg, 0), 2);
	CHECK_EQ(msg.msg_flags, MSG_TRUNC);
	CHECK_ERR(recv(s[1], buf, 16, MSG_DONTWAIT), EAGAIN);
	CHECK_ERR(recv(s[1], buf, 16, MSG_OOB), EOPNOTSUPP);
	CHECK_ERR(send(s[1], buf, 16, MSG_OOB), EOPNOTSUPP);
	CHECK_ERR(accept(s[1], NULL, NULL), EOPNOTSUPP);
	CHECK_ERR(listen(s[1], 1), EOPNOTSUPP);
	CHECK_ERR(send(s[0], big, sizeof(big), 0), EMSGSIZE);
	memset(big, 7, 200000);
	CHECK_EQ(send(s[0], big, 200000, 0), 200000);
	memset(big, 0, 200000);
	CHECK_EQ(recv(s[1], big, 200000, 0), 200000);
	CHECK(big[0] == 7 && big[100000] == 7 && big[199999] == 7);
	CHECK_ERR(send(s[0], (void *)8, 10, 0), EFAULT);
	close(s[1]);
	CHECK_ERR(send(s[0], "x", 1, 0), ECONNREFUSED);
	CHECK_ERR(send(s[0], "x", 1, 0), ENOTCONN);
	close(s[0]);
}

static void names(void)
{
	struct sockaddr_un un, from;
	socklen_t len = make_addr(&un, "dgram-a"), flen;
	int a = bound_socket(SOCK_DGRAM, "dgram-a"), b = socket(AF_UNIX, SOCK_DGRAM, 0);
	int c = bound_socket(SOCK_DGRAM, "@dgram-c"), st;
	char buf[16];

	CHECK_ERR(bind(a, (void *)&un, len), EADDRINUSE);
	make_addr(&un, "dgram-other");
	CHECK_ERR(bind(a, (void *)&un, len), EINVAL);
	CHECK_ERR(access("dgram-other", F_OK), ENOENT);
	make_addr(&un, "dgram-a");
	CHECK_ERR(bind(b, (void *)&un, len), EADDRINUSE);
	CHECK_ERR(send(b, "x", 1, 0), ENOTCONN);
	CHECK_EQ(sendto(b, "x", 1, 0, (void *)&un, len), 1);
	flen = sizeof(from);
	CHECK_EQ(recvfrom(a, buf, 16, 0, (void *)&from, &flen), 1);
	CHECK_EQ(flen, 0);
	CHECK_EQ(sendto(c, "yz", 2, 0, (void *)&un, len), 2);
	flen = sizeof(from);
	CHECK_EQ(recvfrom(a, buf, 16, 0, (void *)&from, &flen), 2);
	CHECK_EQ(flen, make_addr(&un, "@dgram-c"));
	CHECK_EQ(memcmp(&from, &un, flen), 0);
	CHECK_EQ(sendto(a, "back", 4, 0, (void *)&from, flen), 4);
	CHECK_EQ(recv(c, buf, 16, 0), 4);
	/* The same name serves once for each type. */
	st = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_OK(bind(st, (void *)&un, flen));
	CHECK_ERR(bind(b, (void *)&un, flen), EADDRINUSE);
	CHECK_ERR(try_connect(st, "dgram-a"), EPROTOTYPE);
	close(st);
	/* Autobind. */
	memset(&un, 0, sizeof(un));
	un.sun_family = AF_UNIX;
	CHECK_OK(bind(b, (void *)&un, 2));
	flen = sizeof(from);
	CHECK_OK(getsockname(b, (void *)&from, &flen));
	CHECK_EQ(flen, 8);
	CHECK_EQ(from.sun_path[0], 0);
	CHECK_EQ(strspn(from.sun_path + 1, "0123456789abcdef"), 5);
	CHECK_OK(bind(b, (void *)&un, 2));
	/* A file that is no socket; a socket file that nobody serves. */
	close(open("dgram-file", O_CREAT | O_WRONLY, 0666));
	CHECK_ERR(try_connect(b, "dgram-file"), ECONNREFUSED);
	close(a);
	CHECK_ERR(try_connect(b, "dgram-a"), ECONNREFUSED);
	CHECK_ERR(open("dgram-a", O_RDWR), ENXIO);
	CHECK_OK(unlink("dgram-a"));
	CHECK_OK(unlink("dgram-file"));
	close(b);
	close(c);
}

/* The mode of a bound file is the umask's; writing it is what connecting needs. */
static void permission(void)
{
	mode_t old = umask(027);
	int a = bound_socket(SOCK_DGRAM, "dgram-m");
	struct stat st;

	umask(old);
	/* Another user must get as far as the socket. */
	CHECK_OK(chmod(".", 0755));
	CHECK_OK(stat("dgram-m", &st));
	CHECK_EQ(st.st_mode, S_IFSOCK | 0750);
	CHECK_OK(fchmod(a, 0700));
	CHECK_OK(stat("dgram-m", &st));
	CHECK_EQ(st.st_mode, S_IFSOCK | 0750);
	pid_t pid = fork();
	if (!pid) {
		int b;

		if (!geteuid() && setresuid(1000, 1000, 1000))
			_exit(9);
		if (chmod("dgram-m", 0) && errno != EPERM)
			_exit(8);
		b = socket(AF_UNIX, SOCK_DGRAM, 0);
		_exit(try_connect(b, "dgram-m") != -1 || errno != EACCES);
	}
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(a);
	unlink("dgram-m");
}

static void peers(void)
{
	struct sockaddr un = { AF_UNSPEC };
	int a = bound_socket(SOCK_DGRAM, "@peer-a"), b = bound_socket(SOCK_DGRAM, "@peer-b");
	int c = bound_socket(SOCK_DGRAM, "@peer-c");
	char buf[16];

	CHECK_OK(try_connect(b, "@peer-a"));
	CHECK_EQ(send(b, "1", 1, 0), 1);
	CHECK_EQ(recv(a, buf, 16, 0), 1);
	/* Who is connected takes nothing from others. */
	CHECK_OK(try_connect(a, "@peer-b"));
	CHECK_ERR(try_connect(c, "@peer-a"), EPERM);
	struct sockaddr_un to;
	socklen_t len = make_addr(&to, "@peer-a");
	CHECK_ERR(sendto(c, "x", 1, 0, (void *)&to, len), EPERM);
	CHECK_OK(connect(a, &un, sizeof(un)));
	CHECK_ERR(send(a, "x", 1, 0), ENOTCONN);
	CHECK_EQ(sendto(c, "x", 1, 0, (void *)&to, len), 1);
	CHECK_EQ(recv(a, buf, 16, 0), 1);
	/* A pair that one end leaves: what it had sent is lost, and it says so. */
	CHECK_OK(try_connect(a, "@peer-b"));
	CHECK_EQ(send(b, "lost", 4, 0), 4);
	CHECK_OK(connect(a, &un, sizeof(un)));
	CHECK_ERR(recv(a, buf, 16, MSG_DONTWAIT), EAGAIN);
	close(a);
	CHECK_ERR(send(b, "x", 1, 0), ECONNRESET);
	CHECK_ERR(send(b, "x", 1, 0), ECONNREFUSED);
	close(b);
	close(c);
}

static int full_count;

static void full_queue(void)
{
	int a = bound_socket(SOCK_DGRAM, "@full-a"), b = socket(AF_UNIX, SOCK_DGRAM, 0), i;
	char c;

	CHECK_OK(try_connect(b, "@full-a"));
	CHECK_EQ(events_of(b, POLLOUT), POLLOUT);
	for (full_count = 0; send(b, "x", 1, MSG_DONTWAIT) == 1; full_count++)
		;
	CHECK_EQ(errno, EAGAIN);
	CHECK_GT(full_count, 1);
	CHECK_LT(full_count, 3000);
	CHECK_EQ(events_of(b, POLLOUT), 0);
	pid_t pid = fork();
	if (!pid) {
		test_sleep_ms(50);
		recv(a, &c, 1, 0);
		test_sleep_ms(50);
		recv(a, &c, 1, 0);
		_exit(0);
	}
	struct pollfd pf = { .fd = b, .events = POLLOUT };
	CHECK_EQ(poll(&pf, 1, 5000), 1);
	CHECK_EQ(pf.revents, POLLOUT);
	CHECK_EQ(send(b, "x", 1, 0), 1);
	CHECK_EQ(send(b, "x", 1, 0), 1);
	waitpid(pid, NULL, 0);
	for (i = 0; recv(a, &c, 1, MSG_DONTWAIT) == 1; i++)
		;
	CHECK_EQ(i, full_count);
	close(a);
	close(b);
}

static void ends(void)
{
	char buf[8];
	int s[2];

	CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	CHECK_OK(shutdown(s[0], SHUT_RD));
	CHECK_EQ(recv(s[0], buf, 8, 0), 0);
	CHECK_ERR(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_OK(shutdown(s[0], SHUT_WR));
	CHECK_ERR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	CHECK_EQ(events_of(s[0], POLLIN | POLLOUT), POLLIN | POLLOUT | POLLHUP);
	close(s[0]);
	close(s[1]);
}

static void seqpacket(void)
{
	char buf[16];
	int s[2], l, c, a;

	CHECK_OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
	CHECK_EQ(write(s[0], "abc", 3), 3);
	CHECK_EQ(send(s[0], "de", 2, MSG_EOR), 2);
	CHECK_EQ(read(s[1], buf, 2), 2);
	CHECK_EQ(read(s[1], buf, 16), 2);
	CHECK_EQ(buf[0], 'd');
	CHECK_EQ(write(s[1], "late", 4), 4);
	close(s[1]);
	CHECK_EQ(events_of(s[0], POLLIN | POLLOUT | POLLRDHUP),
		 POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	CHECK_EQ(read(s[0], buf, 16), 4);
	CHECK_EQ(read(s[0], buf, 16), 0);
	CHECK_EQ(recv(s[0], buf, 16, MSG_DONTWAIT), 0);
	CHECK_ERR(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	close(s[0]);

	l = listener(SOCK_SEQPACKET, "@seq-a", 5);
	c = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	CHECK_EQ(events_of(c, POLLIN | POLLOUT), POLLOUT | POLLHUP);
	CHECK_ERR(send(c, "x", 1, 0), ENOTCONN);
	CHECK_ERR(recv(c, buf, 1, 0), ENOTCONN);
	CHECK_OK(try_connect(c, "@seq-a"));
	a = accept(l, NULL, NULL);
	CHECK_EQ(send(c, "hello", 5, 0), 5);
	CHECK_EQ(recv(a, buf, 16, 0), 5);
	close(c);
	CHECK_EQ(recv(a, buf, 16, 0), 0);
	close(a);
	close(l);
}

static void many_at_once(void)
{
	struct mmsghdr m[4] = { 0 };
	struct iovec iov[4];
	struct timespec ts = { 0, 50000000 };
	char bufs[4][8];
	int s[2], i;

	CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	for (i = 0; i < 4; i++) {
		iov[i] = (struct iovec){ "abcd", i + 1 };
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	CHECK_EQ(sendmmsg(s[0], m, 4, 0), 4);
	CHECK_EQ(m[3].msg_len, 4);
	for (i = 0; i < 4; i++)
		iov[i] = (struct iovec){ bufs[i], 8 };
	CHECK_EQ(recvmmsg(s[1], m, 3, 0, NULL), 3);
	CHECK_EQ(m[2].msg_len, 3);
	CHECK_EQ(recvmmsg(s[1], m, 3, MSG_WAITFORONE, &ts), 1);
	CHECK_EQ(m[0].msg_len, 4);
	CHECK_ERR(recvmmsg(s[1], m, 3, MSG_DONTWAIT, NULL), EAGAIN);
	ts.tv_nsec = -1;
	CHECK_ERR(recvmmsg(s[1], m, 3, 0, &ts), EINVAL);
	close(s[0]);
	close(s[1]);
}

int main(void)
{
	RUN(bounds);
	RUN(names);
	RUN(permission);
	RUN(peers);
	RUN(full_queue);
	RUN(ends);
	RUN(seqpacket);
	RUN(many_at_once);
	return test_done();
}
