// SPDX-License-Identifier: MIT
// Netlink: ports, dumps, errors, groups.
#include "net/net.h"
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>

static char buf[65536];

static ssize_t request(int fd, int type, int flags, int seq)
{
	struct {
		struct nlmsghdr nlh;
		struct rtgenmsg gen;
		char pad[32];
	} req = { { NLMSG_LENGTH(sizeof(struct ifinfomsg)), type, flags, seq, 0 }, { AF_UNSPEC }, "" };
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };

	return sendto(fd, &req, req.nlh.nlmsg_len, 0, (void *)&to, sizeof(to));
}

/* Reads messages until the end of the dump: the status at the end, or of an error message. */
static int read_dump(int fd, int seq)
{
	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		struct nlmsghdr *nlh = (void *)buf;

		NEED(n > 0);
		for (; NLMSG_OK(nlh, n); nlh = NLMSG_NEXT(nlh, n)) {
			CHECK_EQ(nlh->nlmsg_seq, seq);
			if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR)
				return *(int *)NLMSG_DATA(nlh);
			CHECK_EQ(nlh->nlmsg_flags & NLM_F_MULTI, NLM_F_MULTI);
		}
	}
}

static void ports(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK }, b;
	socklen_t len = sizeof(b);
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), fd2;

	CHECK_OK(fd);
	CHECK_OK(bind(fd, (void *)&a, sizeof(a)));
	CHECK_OK(getsockname(fd, (void *)&b, &len));
	CHECK_EQ(len, sizeof(b));
	CHECK_EQ(b.nl_pid, getpid());
	a.nl_pid = 12345678;
	CHECK_ERR(bind(fd, (void *)&a, sizeof(a)), EINVAL);
	CHECK_ERR(bind(fd, (void *)&a, 4), EINVAL);
	fd2 = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE);
	a.nl_pid = getpid();
	CHECK_ERR(bind(fd2, (void *)&a, sizeof(a)), EADDRINUSE);
	a.nl_pid = 0;
	CHECK_OK(bind(fd2, (void *)&a, sizeof(a)));
	len = sizeof(b);
	CHECK_OK(getsockname(fd2, (void *)&b, &len));
	CHECK_NE(b.nl_pid, getpid());
	CHECK_NE(b.nl_pid, 0);
	close(fd);
	close(fd2);
	CHECK_ERR(socket(AF_NETLINK, SOCK_STREAM, 0), ESOCKTNOSUPPORT);
	CHECK_ERR(socket(AF_NETLINK, SOCK_RAW, 31), EPROTONOSUPPORT);
	CHECK_ERR(socket(AF_NETLINK, SOCK_RAW, 99), EPROTONOSUPPORT);
}

static void dumps(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct ifaddrs *list;

	CHECK_EQ(request(fd, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 5), 32);
	CHECK_EQ(read_dump(fd, 5), 0);
	CHECK_EQ(request(fd, RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, 6), 32);
	CHECK_EQ(read_dump(fd, 6), 0);
	CHECK_EQ(request(fd, 9999, NLM_F_REQUEST, 7), 32);
	CHECK_EQ(read_dump(fd, 7), -EOPNOTSUPP);
	CHECK_ERR(recv(fd, buf, 10, MSG_DONTWAIT), EAGAIN);
	/* Not a request: not answered. */
	CHECK_EQ(request(fd, RTM_GETLINK, 0, 8), 32);
	CHECK_ERR(recv(fd, buf, 10, MSG_DONTWAIT), EAGAIN);
	/* A message that lies about its length. */
	CHECK_EQ(send(fd, "\xff\xff\0\0................", 16, 0), 16);
	CHECK_ERR(recv(fd, buf, 10, MSG_DONTWAIT), EAGAIN);
	CHECK_ERR(send(fd, "", 0, 0), ENODATA);
	CHECK_EQ(request(fd, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 9), 32);
	CHECK_EQ(events_of(fd, POLLIN), POLLIN);
	CHECK_GE(recv(fd, buf, 1, MSG_PEEK | MSG_TRUNC), 20);
	CHECK_EQ(read_dump(fd, 9), 0);
	close(fd);
	CHECK_OK(getifaddrs(&list));
	freeifaddrs(list);
}

static void groups(void)
{
	struct sockaddr_nl a = { .nl_family = AF_NETLINK, .nl_groups = 1 }, b;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT), group = 1;
	socklen_t len = sizeof(b);
	unsigned int list[4] = { 0 };

	CHECK_OK(fd);
	CHECK_OK(bind(fd, (void *)&a, sizeof(a)));
	CHECK_OK(getsockname(fd, (void *)&b, &len));
	CHECK_EQ(b.nl_groups, 1);
	close(fd);
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	CHECK_OK(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, 4));
	len = 4;
	CHECK_OK(getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, list, &len));
	CHECK_EQ(list[0], 1);
	CHECK_OK(setsockopt(fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, 4));
	group = 33;
	CHECK_OK(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, 4));
	len = sizeof(list);
	CHECK_OK(getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, list, &len));
	CHECK_EQ(len, 8);
	CHECK_EQ(list[1], 1);
	group = 100;
	CHECK_ERR(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, 4), EINVAL);
	CHECK_ERR(setsockopt(fd, SOL_NETLINK, 77, &group, 4), ENOPROTOOPT);
	group = 1;
	CHECK_OK(setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &group, 4));
	close(fd);
}

/* Programs may talk to each other by NETLINK_USERSOCK. */
static void between_programs(void)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK }, from;
	socklen_t len = sizeof(from);
	int a = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_USERSOCK);
	int b = socket(AF_NETLINK, SOCK_DGRAM, NETLINK_USERSOCK);

	CHECK_OK(bind(a, (void *)&to, sizeof(to)));
	CHECK_OK(bind(b, (void *)&to, sizeof(to)));
	CHECK_OK(getsockname(b, (void *)&to, &len));
	CHECK_EQ(sendto(a, "hello", 5, 0, (void *)&to, sizeof(to)), 5);
	len = sizeof(from);
	CHECK_EQ(recvfrom(b, buf, 16, 0, (void *)&from, &len), 5);
	CHECK_EQ(len, sizeof(from));
	CHECK_EQ(from.nl_pid, getpid());
	to.nl_pid = 77777777;
	CHECK_ERR(sendto(a, "x", 1, 0, (void *)&to, sizeof(to)), ECONNREFUSED);
	close(a);
	close(b);
}

/* Adds 127.0.0.5/8 or takes it away: the kernel's answer. */
static int change_address(int fd, int type, int seq)
{
	struct {
		struct nlmsghdr nlh;
		struct ifaddrmsg ifa;
		struct rtattr attr;
		unsigned char addr[4];
	} req = { { sizeof(req), type, NLM_F_REQUEST | NLM_F_ACK, seq, 0 },
		  { AF_INET, 8, 0, RT_SCOPE_HOST, 1 }, { 8, IFA_LOCAL }, { 127, 0, 0, 5 } };

	if (type == RTM_NEWADDR)
		req.nlh.nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
	CHECK_EQ(send(fd, &req, sizeof(req), 0), sizeof(req));
	return read_dump(fd, seq);
}

static int lo_flags(int fd)
{
	struct ifreq ifr = { .ifr_name = "lo" };

	CHECK_OK(ioctl(fd, SIOCGIFFLAGS, &ifr));
	return (unsigned short)ifr.ifr_flags;
}

/* A new name space has a loopback device, which is down and can be set up. */
static void loopback(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	struct ifaddrs *list, *a;
	int fd, un, found = 0;

	if (geteuid() || unshare(CLONE_NEWNET))
		return;
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	un = socket(AF_UNIX, SOCK_DGRAM, 0);
	CHECK_EQ(if_nametoindex("lo"), 1);
	CHECK_EQ(if_nametoindex("nothing"), 0);
	CHECK_EQ(lo_flags(un), IFF_LOOPBACK);
	CHECK_OK(ioctl(un, SIOCGIFMTU, &ifr));
	CHECK_EQ(ifr.ifr_mtu, 65536);
	ifr.ifr_flags = IFF_UP;
	CHECK_OK(ioctl(un, SIOCSIFFLAGS, &ifr));
	CHECK_EQ(lo_flags(un) & (IFF_UP | IFF_RUNNING | IFF_LOOPBACK),
		 IFF_UP | IFF_RUNNING | IFF_LOOPBACK);
	CHECK_EQ(change_address(fd, RTM_NEWADDR, 1), 0);
	CHECK_EQ(change_address(fd, RTM_NEWADDR, 2), -EEXIST);
	CHECK_OK(getifaddrs(&list));
	for (a = list; a; a = a->ifa_next) {
		const unsigned char *ip = a->ifa_addr ? (void *)a->ifa_addr : NULL;

		if (ip && a->ifa_addr->sa_family == AF_INET && ip[4] == 127 && ip[7] == 5) {
			CHECK_STR(a->ifa_name, "lo");
			found = 1;
		}
	}
	freeifaddrs(list);
	CHECK(found);
	CHECK_EQ(change_address(fd, RTM_DELADDR, 3), 0);
	CHECK_EQ(change_address(fd, RTM_DELADDR, 4), -EADDRNOTAVAIL);
	close(fd);
	close(un);
}

/* Answers that a full receiver cannot take are lost, and it hears so once. */
static void overrun(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), size = 1;

	CHECK_OK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
	for (int i = 0; i < 100; i++)
		CHECK(request(fd, RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, i) > 0);
	CHECK_ERR(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), ENOBUFS);
	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
	CHECK(request(fd, RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, 1) > 0);
	CHECK(recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0);
	close(fd);
}

int main(void)
{
	RUN(ports);
	RUN(dumps);
	RUN(groups);
	RUN(between_programs);
	RUN(loopback);
	RUN(overrun);
	return test_done();
}
