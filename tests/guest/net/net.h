/* SPDX-License-Identifier: MIT */
/* Small helpers of the socket tests. */
#ifndef GUEST_NET_H
#define GUEST_NET_H

#include "test.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

#pragma GCC diagnostic ignored "-Wstringop-overflow"
#pragma GCC diagnostic ignored "-Wstringop-overread"
#pragma GCC diagnostic ignored "-Wnonnull"

/* A path in the test's own folder; abstract with a leading '@'. Length of the address. */
static inline socklen_t make_addr(struct sockaddr_un *un, const char *name)
{
	memset(un, 0, sizeof(*un));
	un->sun_family = AF_UNIX;
	strncpy(un->sun_path, name, sizeof(un->sun_path) - 1);
	if (name[0] != '@')
		return sizeof(*un);
	un->sun_path[0] = 0;
	/* Others may run the same test on the same machine. */
	return offsetof(struct sockaddr_un, sun_path) +
	       sprintf(un->sun_path + 1, "%s-%d", name + 1, (int)getpid()) + 1;
}

static inline int bound_socket(int type, const char *name)
{
	struct sockaddr_un un;
	socklen_t len = make_addr(&un, name);
	int fd = socket(AF_UNIX, type, 0);

	NEED(fd >= 0);
	NEED(!bind(fd, (struct sockaddr *)&un, len));
	return fd;
}

static inline int listener(int type, const char *name, int backlog)
{
	int fd = bound_socket(type, name);

	NEED(!listen(fd, backlog));
	return fd;
}

static inline int try_connect(int fd, const char *name)
{
	struct sockaddr_un un;
	socklen_t len = make_addr(&un, name);

	return connect(fd, (struct sockaddr *)&un, len);
}

/* The events that hold now. */
static inline int events_of(int fd, int events)
{
	struct pollfd pf = { .fd = fd, .events = events };

	CHECK(poll(&pf, 1, 0) >= 0);
	return pf.revents;
}

/* Sends `len` bytes with descriptors. */
static inline ssize_t send_fds(int sock, const void *data, size_t len, const int *fds, int count,
			       int flags)
{
	char control[CMSG_SPACE(260 * sizeof(int))] = { 0 };
	struct iovec iov = { (void *)data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, count * sizeof(int));
	return sendmsg(sock, &msg, flags);
}

/* Receives bytes and at most *count descriptors; *count is how many came, *mflags msg_flags. */
static inline ssize_t recv_fds(int sock, void *data, size_t len, int *fds, int *count, int *mflags,
			       int flags)
{
	char control[CMSG_SPACE(260 * sizeof(int))] = { 0 };
	struct iovec iov = { data, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = CMSG_SPACE(*count * sizeof(int)) };
	struct cmsghdr *cmsg;
	ssize_t n = recvmsg(sock, &msg, flags);

	*count = 0;
	if (n < 0)
		return n;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		*count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(cmsg), *count * sizeof(int));
	}
	if (mflags)
		*mflags = msg.msg_flags;
	return n;
}

#endif
