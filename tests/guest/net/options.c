// SPDX-License-Identifier: MIT
// Options of SOL_SOCKET, ioctl, and what other families answer.
#include "net/net.h"
#include <grp.h>
#include <sys/xattr.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>

static int get_int(int fd, int name)
{
	int val = -12345;
	socklen_t len = sizeof(val);

	CHECK_OK(getsockopt(fd, SOL_SOCKET, name, &val, &len));
	CHECK_EQ(len, 4);
	return val;
}

static void set_int(int fd, int name, int val)
{
	CHECK_OK(setsockopt(fd, SOL_SOCKET, name, &val, sizeof(val)));
}

static void kinds(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	CHECK_EQ(get_int(fd, SO_TYPE), SOCK_STREAM);
	CHECK_EQ(get_int(fd, SO_DOMAIN), AF_UNIX);
	CHECK_EQ(get_int(fd, SO_PROTOCOL), 0);
	CHECK_EQ(get_int(fd, SO_ERROR), 0);
	CHECK_EQ(get_int(fd, SO_ACCEPTCONN), 0);
	CHECK_EQ(get_int(fd, SO_SNDLOWAT), 1);
	CHECK_EQ(get_int(fd, SO_RCVLOWAT), 1);
	close(fd);
	fd = listener(SOCK_STREAM, "@opt-l", 1);
	CHECK_EQ(get_int(fd, SO_ACCEPTCONN), 1);
	close(fd);
	fd = socket(AF_UNIX, SOCK_RAW, 0);
	CHECK_EQ(get_int(fd, SO_TYPE), SOCK_DGRAM);
	close(fd);
}

/* The protocol's name is an attribute of the socket. */
static void protocol_name(void)
{
	static const struct { int family, type; const char *name; } all[] = {
		{ AF_UNIX, SOCK_STREAM, "UNIX-STREAM" }, { AF_UNIX, SOCK_DGRAM, "UNIX" },
		{ AF_UNIX, SOCK_SEQPACKET, "UNIX" }, { AF_NETLINK, SOCK_RAW, "NETLINK" },
	};
	const char *attribute = "system.sockprotoname";
	char name[32], list[64];

	for (int i = 0; i < 4; i++) {
		int fd = socket(all[i].family, all[i].type, 0);
		ssize_t len = strlen(all[i].name) + 1;

		CHECK_EQ(fgetxattr(fd, attribute, name, sizeof(name)), len);
		CHECK_STR(name, all[i].name);
		CHECK_EQ(fgetxattr(fd, attribute, NULL, 0), len);
		CHECK_ERR(fgetxattr(fd, attribute, name, 2), ERANGE);
		CHECK_ERR(fsetxattr(fd, attribute, "x", 2, 0), EOPNOTSUPP);
		CHECK_EQ(flistxattr(fd, list, sizeof(list)), strlen(attribute) + 1);
		CHECK_STR(list, attribute);
		CHECK_ERR(flistxattr(fd, list, 3), ERANGE);
		close(fd);
	}
}

static void switches(void)
{
	static const int names[] = { SO_REUSEADDR, SO_BROADCAST, SO_DONTROUTE, SO_OOBINLINE,
				     SO_KEEPALIVE, SO_TIMESTAMP, SO_TIMESTAMPNS, SO_PASSCRED };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK_EQ(get_int(fd, names[i]), 0);
		set_int(fd, names[i], 5);
		CHECK_EQ(get_int(fd, names[i]), 1);
		set_int(fd, names[i], 0);
		CHECK_EQ(get_int(fd, names[i]), 0);
	}
	close(fd);
}

static void errors(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), v = 1;
	socklen_t len = 4;

	CHECK_ERR(setsockopt(fd, SOL_SOCKET, 9999, &v, 4), ENOPROTOOPT);
	CHECK_ERR(getsockopt(fd, SOL_SOCKET, 9999, &v, &len), ENOPROTOOPT);
	CHECK_ERR(setsockopt(fd, 77, 1, &v, 4), EOPNOTSUPP);
	CHECK_ERR(getsockopt(fd, 77, 1, &v, &len), EOPNOTSUPP);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &v, 3), EINVAL);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &v, -1), EINVAL);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, (void *)8, 4), EFAULT);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_TYPE, &v, 4), ENOPROTOOPT);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_ERROR, &v, 4), ENOPROTOOPT);
	len = -1;
	CHECK_ERR(getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, &len), EINVAL);
	len = 4;
	CHECK_ERR(getsockopt(fd, SOL_SOCKET, SO_TYPE, (void *)8, &len), EFAULT);
	CHECK_ERR(getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, (void *)8), EFAULT);
	len = 2;
	v = 0;
	CHECK_OK(getsockopt(fd, SOL_SOCKET, SO_TYPE, &v, &len));
	CHECK_EQ(len, 2);
	CHECK_EQ(v, SOCK_STREAM);
	CHECK_ERR(setsockopt(0, SOL_SOCKET, SO_TYPE, &v, 4), ENOTSOCK);
	close(fd);
}

static void buffers(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	set_int(fd, SO_SNDBUF, 20000);
	CHECK_EQ(get_int(fd, SO_SNDBUF), 40000);
	set_int(fd, SO_RCVBUF, 20000);
	CHECK_EQ(get_int(fd, SO_RCVBUF), 40000);
	/* Neither below a floor nor above the limit. */
	set_int(fd, SO_SNDBUF, 1);
	CHECK_GE(get_int(fd, SO_SNDBUF), 4096);
	CHECK_LT(get_int(fd, SO_SNDBUF), 8000);
	set_int(fd, SO_RCVBUF, 1);
	CHECK_GE(get_int(fd, SO_RCVBUF), 2048);
	set_int(fd, SO_SNDBUF, 1 << 30);
	CHECK_LT(get_int(fd, SO_SNDBUF), 1 << 30);
	if (!geteuid()) {
		set_int(fd, SO_SNDBUFFORCE, 1 << 24);
		CHECK_EQ(get_int(fd, SO_SNDBUF), 1 << 25);
		set_int(fd, SO_RCVBUFFORCE, 1 << 24);
		CHECK_EQ(get_int(fd, SO_RCVBUF), 1 << 25);
	}
	set_int(fd, SO_RCVLOWAT, 0);
	CHECK_EQ(get_int(fd, SO_RCVLOWAT), 1);
	set_int(fd, SO_RCVLOWAT, 100);
	CHECK_EQ(get_int(fd, SO_RCVLOWAT), 100);
	set_int(fd, SO_PRIORITY, 3);
	CHECK_EQ(get_int(fd, SO_PRIORITY), 3);
	close(fd);
}

/* What is kept for the sake of packets. */
static void kept(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	uint64_t rate = 1ULL << 40;
	char name[16] = "";
	socklen_t len = sizeof(name);

	set_int(fd, SO_NO_CHECK, 1);
	CHECK_EQ(get_int(fd, SO_NO_CHECK), 1);
	CHECK_EQ(get_int(fd, SO_INCOMING_CPU), -1);
	set_int(fd, SO_MAX_PACING_RATE, 5000);
	CHECK_EQ(get_int(fd, SO_MAX_PACING_RATE), 5000);
	CHECK_OK(setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof(rate)));
	CHECK_EQ(get_int(fd, SO_MAX_PACING_RATE), -1);
	CHECK_OK(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	CHECK_EQ(len, 0);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "nosuch", 7), ENODEV);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, (void *)8, 3), EFAULT);
	CHECK_OK(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3));
	len = sizeof(name) - 1;
	CHECK_ERR(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len), EINVAL);
	len = sizeof(name);
	CHECK_OK(getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &len));
	CHECK_EQ(len, 3);
	CHECK_EQ(strcmp(name, "lo"), 0);
	close(fd);
}

static volatile int alarms;

static void on_alarm(int sig)
{
	alarms++;
}

static void timeouts(void)
{
	struct timeval tv = { 0, 60000 }, got;
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval it = { .it_value = { 0, 50000 } };
	socklen_t len = sizeof(got);
	long long start;
	int s[2];
	char c;

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	CHECK_EQ(got.tv_sec + got.tv_usec, 0);
	CHECK_OK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len));
	CHECK_EQ(len, sizeof(got));
	CHECK_GE(got.tv_usec, 60000);
	CHECK_LT(got.tv_usec, 75000);
	start = test_now_ns();
	CHECK_ERR(read(s[0], &c, 1), EAGAIN);
	CHECK_GE(test_now_ns() - start, 55000000);
	tv.tv_usec = 1000000;
	CHECK_ERR(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), EDOM);
	CHECK_ERR(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, 8), EINVAL);
	/* With a limit a signal ends the call, whatever SA_RESTART says. */
	tv = (struct timeval){ 5, 0 };
	CHECK_OK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	CHECK_ERR(read(s[0], &c, 1), EINTR);
	CHECK_EQ(alarms, 1);
	/* Without one it goes on. */
	pid_t pid = fork();
	if (!pid) {
		test_sleep_ms(150);
		_exit(write(s[1], "x", 1) != 1);
	}
	tv = (struct timeval){ 0, 0 };
	CHECK_OK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	setitimer(ITIMER_REAL, &it, NULL);
	CHECK_EQ(read(s[0], &c, 1), 1);
	CHECK_EQ(alarms, 2);
	waitpid(pid, NULL, 0);
	signal(SIGALRM, SIG_DFL);
	close(s[0]);
	close(s[1]);
}

static void lingering(void)
{
	struct linger l = { 1, 7 };
	socklen_t len = sizeof(l);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	CHECK_OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	l = (struct linger){ 0, 0 };
	CHECK_OK(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	CHECK_EQ(l.l_onoff, 1);
	CHECK_EQ(l.l_linger, 7);
	CHECK_ERR(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, 4), EINVAL);
	close(fd);
}

static void peer(void)
{
	struct ucred creds = { 0 };
	socklen_t len = sizeof(creds);
	gid_t groups[64], mine[64];
	uint64_t cookie[2];
	int s[2], fd, n;

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &creds, &len));
	CHECK_EQ(creds.pid, getpid());
	CHECK_EQ(creds.uid, geteuid());
	CHECK_EQ(creds.gid, getegid());
	len = sizeof(groups);
	CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_PEERGROUPS, groups, &len));
	n = getgroups(64, mine);
	CHECK_EQ(len, n * sizeof(gid_t));
	CHECK_ERR(getsockopt(s[0], SOL_SOCKET, SO_PEERSEC, groups, &len), ENOPROTOOPT);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	len = sizeof(creds);
	CHECK_OK(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &creds, &len));
	CHECK_EQ(creds.pid, 0);
	CHECK_EQ(creds.uid, -1);
	len = sizeof(groups);
	CHECK_ERR(getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len), ENODATA);
	len = 8;
	CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_COOKIE, &cookie[0], &len));
	CHECK_OK(getsockopt(s[1], SOL_SOCKET, SO_COOKIE, &cookie[1], &len));
	CHECK_NE(cookie[0], cookie[1]);
	CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_COOKIE, &cookie[1], &len));
	CHECK_EQ(cookie[0], cookie[1]);
	close(fd);
	close(s[0]);
	close(s[1]);
}

static void low_water(void)
{
	int s[2], low = 5;
	char buf[8];

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	CHECK_OK(setsockopt(s[0], SOL_SOCKET, SO_RCVLOWAT, &low, 4));
	pid_t pid = fork();
	if (!pid) {
		for (int i = 0; i < 5; i++) {
			test_sleep_ms(5);
			CHECK_EQ(write(s[1], "x", 1), 1);
		}
		_exit(0);
	}
	CHECK_EQ(read(s[0], buf, 8), 5);
	waitpid(pid, NULL, 0);
	close(s[0]);
	close(s[1]);
}

static void stamps(void)
{
	char control[256], data[4];
	struct iovec iov = { data, 4 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct timeval tv;
	struct cmsghdr *cmsg;
	int s[2];

	CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	set_int(s[1], SO_TIMESTAMP, 1);
	CHECK_EQ(send(s[0], "a", 1, 0), 1);
	CHECK_EQ(recvmsg(s[1], &msg, 0), 1);
	cmsg = CMSG_FIRSTHDR(&msg);
	NEED(cmsg);
	CHECK_EQ(cmsg->cmsg_level, SOL_SOCKET);
	CHECK_EQ(cmsg->cmsg_type, SO_TIMESTAMP);
	CHECK_EQ(cmsg->cmsg_len, CMSG_LEN(sizeof(tv)));
	memcpy(&tv, CMSG_DATA(cmsg), sizeof(tv));
	CHECK_LE(tv.tv_sec, time(NULL));
	CHECK_GT(tv.tv_sec, time(NULL) - 10);
	close(s[0]);
	close(s[1]);
}

static void controls(void)
{
	int s[2], n, fd;
	struct ifconf ifc = { 0 };
	struct stat a, b;

	CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
	n = getpid();
	CHECK_OK(ioctl(s[0], FIOSETOWN, &n));
	CHECK_OK(ioctl(s[0], SIOCGPGRP, &n));
	CHECK_EQ(n, getpid());
	CHECK_EQ(fcntl(s[0], F_GETOWN), getpid());
	n = 1;
	CHECK_OK(ioctl(s[0], FIONBIO, &n));
	CHECK(fcntl(s[0], F_GETFL) & O_NONBLOCK);
	CHECK_ERR(ioctl(s[0], 0x12345678, &n), ENOTTY);
	CHECK_ERR(ioctl(s[0], TCGETS, &n), ENOTTY);
	CHECK_ERR(ioctl(s[0], FIONREAD, 8), EFAULT);
	CHECK_OK(ioctl(s[0], SIOCGIFCONF, &ifc));
	close(s[0]);
	close(s[1]);
	fd = listener(SOCK_STREAM, "opt-file", 1);
	CHECK_ERR(ioctl(fd, FIONREAD, &n), EINVAL);
	if (!geteuid()) {
		n = ioctl(fd, SIOCPROTOPRIVATE);
		CHECK_OK(n);
		CHECK_OK(fstat(n, &a));
		CHECK_OK(stat("opt-file", &b));
		CHECK_EQ(a.st_ino, b.st_ino);
		close(n);
	}
	close(fd);
	unlink("opt-file");
}

static void filters(void)
{
	/* All of what begins with 'a', three bytes of 'b', nothing else. */
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'a', 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'b', 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 3),
		BPF_STMT(BPF_RET | BPF_K, 0),
	}, back[8];
	struct sock_fprog prog = { 0, NULL };
	char buf[16];
	int s[2], on = 1;
	socklen_t len = 8;

	CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
	CHECK_ERR(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, 4), EINVAL);
	CHECK_ERR(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), EINVAL);
	CHECK_ERR(setsockopt(s[1], SOL_SOCKET, SO_DETACH_FILTER, &on, 4), ENOENT);
	prog = (struct sock_fprog){ 5, code };
	CHECK_ERR(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), EINVAL);
	prog.len = 6;
	code[2].code = 0xffff;
	CHECK_ERR(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), EINVAL);
	code[2].code = BPF_RET | BPF_K;
	CHECK_OK(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)));
	CHECK_OK(getsockopt(s[1], SOL_SOCKET, SO_GET_FILTER, back, &len));
	CHECK_EQ(len, 6);
	CHECK_EQ(memcmp(back, code, sizeof(code)), 0);
	CHECK_EQ(send(s[0], "abcdef", 6, 0), 6);
	CHECK_EQ(send(s[0], "xyz", 3, 0), 3);
	CHECK_EQ(send(s[0], "bcdef", 5, 0), 5);
	CHECK_EQ(send(s[0], "", 0, 0), 0);
	CHECK_EQ(recv(s[1], buf, 16, 0), 6);
	CHECK_EQ(recv(s[1], buf, 16, 0), 3);
	CHECK_ERR(recv(s[1], buf, 16, MSG_DONTWAIT), EAGAIN);
	set_int(s[1], SO_LOCK_FILTER, 1);
	CHECK_ERR(setsockopt(s[1], SOL_SOCKET, SO_DETACH_FILTER, &on, 4), EPERM);
	CHECK_ERR(setsockopt(s[1], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)), EPERM);
	close(s[0]);
	close(s[1]);
}

int main(void)
{
	RUN(kinds);
	RUN(protocol_name);
	RUN(switches);
	RUN(errors);
	RUN(buffers);
	RUN(kept);
	RUN(timeouts);
	RUN(lingering);
	RUN(peer);
	RUN(low_water);
	RUN(stamps);
	RUN(controls);
	RUN(filters);
	return test_done();
}
