// SPDX-License-Identifier: MIT
// Descriptors and credentials in messages of unix sockets.
#include "net/net.h"

/* Does the descriptor lead to the file behind `path`? */
static int same_file(int fd, const char *path)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat(path, &b) && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static void passing(void)
{
	int s[2], fds[3], got[4], count, mflags;
	char buf[8];

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	fds[0] = open("/dev/null", O_RDONLY);
	fds[1] = open("/dev/zero", O_RDONLY);
	CHECK_EQ(send_fds(s[0], "ab", 2, fds, 2, 0), 2);
	close(fds[0]);
	close(fds[1]);
	count = 4;
	CHECK_EQ(recv_fds(s[1], buf, 8, got, &count, &mflags, MSG_CMSG_CLOEXEC), 2);
	CHECK_EQ(count, 2);
	CHECK_EQ(mflags, MSG_CMSG_CLOEXEC);
	CHECK(same_file(got[0], "/dev/null"));
	CHECK(same_file(got[1], "/dev/zero"));
	CHECK_EQ(fcntl(got[0], F_GETFD), FD_CLOEXEC);
	/* Bytes are needed to carry them. */
	CHECK_EQ(send_fds(s[0], "", 0, got, 1, 0), 0);
	CHECK_ERR(recv(s[1], buf, 8, MSG_DONTWAIT), EAGAIN);
	/* A bad one spoils all. */
	fds[0] = got[0];
	fds[1] = 99999;
	CHECK_ERR(send_fds(s[0], "x", 1, fds, 2, 0), EBADF);
	fds[1] = -1;
	CHECK_ERR(send_fds(s[0], "x", 1, fds, 2, 0), EBADF);
	/* What finds no room is closed. */
	fds[1] = got[1];
	CHECK_EQ(send_fds(s[0], "x", 1, fds, 2, 0), 1);
	count = 1;
	CHECK_EQ(recv_fds(s[1], buf, 8, got + 2, &count, &mflags, 0), 1);
	CHECK_GE(count, 1);
	CHECK_EQ(send_fds(s[0], "x", 1, fds, 1, 0), 1);
	count = 0;
	CHECK_EQ(recv_fds(s[1], buf, 8, got + 2, &count, &mflags, 0), 1);
	CHECK_EQ(count, 0);
	CHECK_EQ(mflags & MSG_CTRUNC, MSG_CTRUNC);
	/* read() drops them. */
	CHECK_EQ(send_fds(s[0], "x", 1, fds, 1, 0), 1);
	CHECK_EQ(read(s[1], buf, 8), 1);
	close(s[0]);
	close(s[1]);
}

static void bounds(void)
{
	int s[2], fds[1], got[4], count;
	char buf[16];

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	fds[0] = open("/dev/null", O_RDONLY);
	CHECK_EQ(write(s[0], "12", 2), 2);
	CHECK_EQ(send_fds(s[0], "34", 2, fds, 1, 0), 2);
	CHECK_EQ(write(s[0], "56", 2), 2);
	/* A message with descriptors ends a read. */
	count = 2;
	CHECK_EQ(recv_fds(s[1], buf, 16, got, &count, NULL, 0), 4);
	CHECK_EQ(count, 1);
	close(got[0]);
	count = 2;
	CHECK_EQ(recv_fds(s[1], buf, 16, got, &count, NULL, 0), 2);
	CHECK_EQ(count, 0);
	/* Peeking gives them as well, and leaves them. */
	CHECK_EQ(send_fds(s[0], "x", 1, fds, 1, 0), 1);
	for (int i = 0; i < 3; i++) {
		count = 2;
		CHECK_EQ(recv_fds(s[1], buf, 16, got, &count, NULL, i < 2 ? MSG_PEEK : 0), 1);
		CHECK_EQ(count, 1);
		close(got[0]);
	}
	close(fds[0]);
	close(s[0]);
	close(s[1]);
}

static void many(void)
{
	int s[2], fds[254], got[260], i, count, mflags;
	char c;

	CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	fds[0] = open("/dev/null", O_RDONLY);
	for (i = 1; i < 254; i++)
		fds[i] = fds[0];
	CHECK_EQ(send_fds(s[0], "x", 1, fds, 253, 0), 1);
	CHECK_ERR(send_fds(s[0], "x", 1, fds, 254, 0), EINVAL);
	count = 253;
	CHECK_EQ(recv_fds(s[1], &c, 1, got, &count, &mflags, 0), 1);
	CHECK_EQ(count, 253);
	for (i = 0; i < count; i++)
		close(got[i]);
	/* Datagrams carry them without a byte. */
	CHECK_EQ(send_fds(s[0], "", 0, fds, 1, 0), 0);
	count = 2;
	CHECK_EQ(recv_fds(s[1], &c, 1, got, &count, &mflags, 0), 0);
	CHECK_EQ(count, 1);
	close(got[0]);
	close(fds[0]);
	close(s[0]);
	close(s[1]);
}

static void to_child(void)
{
	int s[2], p[2], count = 1, got;
	char buf[8];

	CHECK_OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s));
	pid_t pid = fork();
	if (!pid) {
		recv_fds(s[1], buf, 8, &got, &count, NULL, 0);
		_exit(write(got, "thanks", 6) != 6);
	}
	CHECK_OK(pipe(p));
	CHECK_EQ(send_fds(s[0], "x", 1, &p[1], 1, 0), 1);
	close(p[1]);
	CHECK_EQ(read(p[0], buf, 8), 6);
	CHECK_EQ(read(p[0], buf, 8), 0);
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(p[0]);
	close(s[0]);
	close(s[1]);
}

/* A message that is never read: its files close with the socket. */
static void unread(void)
{
	int s[2], p[2];
	char c;

	CHECK_OK(pipe(p));
	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_EQ(send_fds(s[0], "x", 1, &p[1], 1, 0), 1);
	close(p[1]);
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	CHECK_ERR(read(p[0], &c, 1), EAGAIN);
	close(s[0]);
	CHECK_ERR(read(p[0], &c, 1), EAGAIN);
	close(s[1]);
	CHECK_EQ(read(p[0], &c, 1), 0);
	close(p[0]);
}

/* Sockets inside each other's queues, with nobody left to read them. */
static void cycle(void)
{
	int s[2], p[2], fds[2];
	char c;

	CHECK_OK(pipe(p));
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	fds[0] = s[0];
	fds[1] = p[1];
	CHECK_EQ(send_fds(s[0], "x", 1, fds, 2, 0), 1);
	fds[0] = s[1];
	CHECK_EQ(send_fds(s[1], "x", 1, fds, 2, 0), 1);
	close(p[1]);
	CHECK_ERR(read(p[0], &c, 1), EAGAIN);
	close(s[0]);
	close(s[1]);
	/* Anything that closes a socket lets them be found. */
	CHECK(WAIT_UNTIL((close(socket(AF_UNIX, SOCK_STREAM, 0)), read(p[0], &c, 1) == 0)));
	close(p[0]);
}

/* A chain of sockets, each in the queue of the next, is closed without depth. */
static void chain(void)
{
	int s[2], next[2], p[2], i;
	char c;

	CHECK_OK(pipe(p));
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	CHECK_EQ(send_fds(s[0], "x", 1, &p[1], 1, 0), 1);
	close(p[1]);
	for (i = 0; i < 500; i++) {
		CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, next));
		CHECK_EQ(send_fds(next[0], "x", 1, &s[1], 1, 0), 1);
		close(s[0]);
		close(s[1]);
		s[0] = next[0];
		s[1] = next[1];
	}
	CHECK_ERR(read(p[0], &c, 1), EAGAIN);
	close(s[0]);
	close(s[1]);
	CHECK(WAIT_UNTIL(read(p[0], &c, 1) == 0));
	close(p[0]);
}

static int get_creds(int sock, struct ucred *creds)
{
	char control[CMSG_SPACE(sizeof(struct ucred))];
	char data[8];
	struct iovec iov = { data, 8 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;

	memset(creds, 0xee, sizeof(*creds));
	if (recvmsg(sock, &msg, 0) < 0)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(creds, CMSG_DATA(cmsg), sizeof(*creds));
	return 1;
}

static ssize_t put_creds(int sock, int pid, int uid, int gid)
{
	char control[CMSG_SPACE(sizeof(struct ucred))] = { 0 };
	struct ucred creds = { pid, uid, gid };
	struct iovec iov = { "c", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_CREDENTIALS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(creds));
	memcpy(CMSG_DATA(cmsg), &creds, sizeof(creds));
	return sendmsg(sock, &msg, 0);
}

static void credentials(void)
{
	struct ucred creds;
	int s[2], on = 1;

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_EQ(write(s[0], "a", 1), 1);
	CHECK_EQ(get_creds(s[1], &creds), 0);
	CHECK_OK(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, 4));
	CHECK_EQ(write(s[0], "a", 1), 1);
	CHECK_EQ(get_creds(s[1], &creds), 1);
	CHECK_EQ(creds.pid, getpid());
	CHECK_EQ(creds.uid, getuid());
	CHECK_EQ(creds.gid, getgid());
	CHECK_EQ(put_creds(s[0], getpid(), getuid(), getgid()), 1);
	CHECK_EQ(get_creds(s[1], &creds), 1);
	CHECK_EQ(creds.pid, getpid());
	CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &creds, &(socklen_t){ 12 }));
	CHECK_EQ(creds.pid, getpid());
	CHECK_EQ(creds.uid, geteuid());
	/* Root may claim anything that exists. */
	if (!geteuid()) {
		CHECK_ERR(put_creds(s[0], 0x3ffffff, 0, 0), ESRCH);
		CHECK_EQ(put_creds(s[0], 1, 12, 13), 1);
		CHECK_EQ(get_creds(s[1], &creds), 1);
		CHECK_EQ(creds.pid, 1);
		CHECK_EQ(creds.uid, 12);
		CHECK_EQ(creds.gid, 13);
	}
	CHECK_ERR(put_creds(s[0], getpid(), -1, 0), EINVAL);
	pid_t pid = fork();
	if (!pid) {
		if (!geteuid() && setresuid(1000, 1000, 1000))
			_exit(9);
		_exit(put_creds(s[0], getpid(), 7, getgid()) != -1 || errno != EPERM);
	}
	int status;
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(s[0]);
	close(s[1]);
}

int main(void)
{
	RUN(passing);
	RUN(bounds);
	RUN(many);
	RUN(to_child);
	RUN(unread);
	RUN(cycle);
	RUN(chain);
	RUN(credentials);
	return test_done();
}
