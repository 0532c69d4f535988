// SPDX-License-Identifier: MIT
/* Sockets. */
#include "nth.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/un.h>

static void try_socket(void) { close_fd(TRY(socket(AF_UNIX, SOCK_STREAM, 0))); }
static void try_socket_inet(void) { close_fd(TRY(socket(AF_INET, SOCK_STREAM, 0))); }
static void try_socket_netlink(void) { close_fd(TRY(socket(AF_NETLINK, SOCK_RAW, 0))); }

static void try_socketpair(void)
{
	int p[2];

	if (!TRY(socketpair(AF_UNIX, SOCK_STREAM, 0, p))) {
		close(p[0]);
		close(p[1]);
	}
}

static void try_bind_connect(bool connecting)
{
	struct sockaddr_un addr = { AF_UNIX, "socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!connecting) {
		TRY(bind(fd, (struct sockaddr *)&addr, sizeof(addr)));
	} else if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) && !listen(fd, 5)) {
		TRY(connect(other, (struct sockaddr *)&addr, sizeof(addr)));
	}
	close_fd(fd);
	close_fd(other);
	unlink("socket");
}

static void try_bind(void) { try_bind_connect(false); }
static void try_connect(void) { try_bind_connect(true); }

static void try_accept(void)
{
	struct sockaddr_un addr = { AF_UNIX, "socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) && !listen(fd, 5) &&
	    !connect(other, (struct sockaddr *)&addr, sizeof(addr)))
		close_fd(TRY(accept(fd, NULL, NULL)));
	close_fd(fd);
	close_fd(other);
	unlink("socket");
}

static void try_send(void)
{
	static const char data[9000];
	int p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p))
		return;
	TRY(send(p[0], data, sizeof(data), 0));
	close(p[0]);
	close(p[1]);
}

static void try_send_fd(void)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int p[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, p))
		return;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &p[0], sizeof(int));
	TRY(sendmsg(p[0], &msg, 0));
	close(p[0]);
	close(p[1]);
}

static void try_recv_fd(void)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int p[2], fd;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, p))
		return;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &p[0], sizeof(int));
	if (sendmsg(p[0], &msg, 0) == 1 && TRY(recvmsg(p[1], &msg, MSG_DONTWAIT)) == 1) {
		c = CMSG_FIRSTHDR(&msg);
		if (c && c->cmsg_len == CMSG_LEN(sizeof(int))) {
			memcpy(&fd, CMSG_DATA(c), sizeof(int));
			close_fd(fd);
		}
	}
	close(p[0]);
	close(p[1]);
}

static void try_sendmmsg(void)
{
	struct iovec iov = { "text", 4 };
	struct mmsghdr msgs[3] = { };
	int p[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p))
		return;
	for (int i = 0; i < 3; i++)
		msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &iov, .msg_iovlen = 1 };
	TRY(sendmmsg(p[0], msgs, 3, 0));
	close(p[0]);
	close(p[1]);
}

static void try_rtnetlink_dump(void)
{
	struct { struct nlmsghdr h; struct rtgenmsg g; } ask = {
		.h = { .nlmsg_len = sizeof(ask), .nlmsg_type = RTM_GETLINK,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	TRY(send(fd, &ask, sizeof(ask), 0));
	close_fd(fd);
}

static void try_rtnetlink_recv(void)
{
	struct { struct nlmsghdr h; struct rtgenmsg g; } ask = {
		.h = { .nlmsg_len = sizeof(ask), .nlmsg_type = RTM_GETADDR,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	static char answer[16384];
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	send(fd, &ask, sizeof(ask), 0);
	TRY(recv(fd, answer, sizeof(answer), MSG_DONTWAIT));
	close_fd(fd);
}

static void try_autobind(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	TRY(bind(fd, (struct sockaddr *)&addr, sizeof(addr.sun_family)));
	close_fd(fd);
}

static void try_peercred(void)
{
	struct { int pid, uid, gid; } cred;
	socklen_t size = sizeof(cred);
	int p[2], one = 1;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, p))
		return;
	setsockopt(p[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one));
	TRY(getsockopt(p[0], SOL_SOCKET, SO_PEERCRED, &cred, &size));
	close(p[0]);
	close(p[1]);
}

const struct nth_call socket_calls[] = {
	CALL(socket), CALL(socket_inet), CALL(socket_netlink), CALL(socketpair), CALL(bind),
	CALL(connect), CALL(accept), CALL(send), CALL(send_fd),
	CALL(recv_fd), CALL(sendmmsg), CALL(rtnetlink_dump), CALL(rtnetlink_recv),
	CALL(autobind), CALL(peercred),
	{ NULL, NULL },
};
