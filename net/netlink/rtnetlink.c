// SPDX-License-Identifier: MIT
/*
 * NETLINK_ROUTE on a machine whose only device is the loopback one: links and addresses can be
 * listed, and it can be set up; all other lists are empty. NETLINK_KOBJECT_UEVENT and
 * NETLINK_AUDIT can be listened to.
 */
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/init.h>
#include <kern/mutex.h>
#include <kern/panic.h>
#include <lib/string.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/loopback.h>
#include "internal.h"

/* ---- answers ---- */

static struct net *request_net(const struct sk_buff *request)
{
	return sock_net(NETLINK_CB(request).sk);
}

static void put_attr(struct sk_buff *skb, struct nlmsghdr *nlh, int type, const void *data, int len)
{
	struct rtattr *attr = skb_put(skb, RTA_SPACE(len));

	memset(attr, 0, RTA_SPACE(len));
	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(len);
	memcpy(RTA_DATA(attr), data, len);
	nlh->nlmsg_len += RTA_SPACE(len);
}

static void put_u32(struct sk_buff *skb, struct nlmsghdr *nlh, int type, u32 value)
{
	put_attr(skb, nlh, type, &value, sizeof(value));
}

/* What there is to say about the loopback device. => rtnl_mutex held, ANSWER_SIZE of room */
#define ANSWER_SIZE 512
static void put_link(struct sk_buff *skb, const struct sk_buff *request, struct nlmsghdr *req,
		     int flags)
{
	const struct net_loopback *lo = &request_net(request)->loopback;
	struct nlmsghdr *nlh = nlmsg_put(skb, NETLINK_CB(request).portid, req->nlmsg_seq,
					 RTM_NEWLINK, sizeof(struct ifinfomsg), flags);
	struct ifinfomsg *info = NLMSG_DATA(nlh);
	const u8 address[6] = { 0 }, mode = 0;
	u8 state = lo->flags & IFF_UP ? 0 : 2; /* unknown, as there is no carrier; down */

	*info = (struct ifinfomsg){ .ifi_family = AF_UNSPEC,
				    .ifi_type = ARPHRD_LOOPBACK,
				    .ifi_index = LOOPBACK_IFINDEX,
				    .ifi_flags = loopback_flags(lo) };
	put_attr(skb, nlh, IFLA_IFNAME, LOOPBACK_NAME, sizeof(LOOPBACK_NAME));
	put_u32(skb, nlh, IFLA_TXQLEN, LOOPBACK_TXQLEN);
	put_attr(skb, nlh, IFLA_OPERSTATE, &state, 1);
	put_attr(skb, nlh, IFLA_LINKMODE, &mode, 1);
	put_u32(skb, nlh, IFLA_MTU, loopback_mtu(lo));
	put_u32(skb, nlh, IFLA_GROUP, 0);
	put_u32(skb, nlh, IFLA_NUM_TX_QUEUES, 1);
	put_u32(skb, nlh, IFLA_NUM_RX_QUEUES, 1);
	put_attr(skb, nlh, IFLA_QDISC, "noqueue", sizeof("noqueue"));
	put_attr(skb, nlh, IFLA_ADDRESS, address, sizeof(address));
	put_attr(skb, nlh, IFLA_BROADCAST, address, sizeof(address));
}

static void put_address(struct sk_buff *skb, const struct sk_buff *request, struct nlmsghdr *req,
			const struct loopback_address *addr)
{
	int len = addr->family == AF_INET ? 4 : 16;
	struct nlmsghdr *nlh = nlmsg_put(skb, NETLINK_CB(request).portid, req->nlmsg_seq,
					 RTM_NEWADDR, sizeof(struct ifaddrmsg), NLM_F_MULTI);
	struct ifaddrmsg *info = NLMSG_DATA(nlh);

	*info = (struct ifaddrmsg){ .ifa_family = addr->family,
				    .ifa_prefixlen = addr->prefix_len,
				    .ifa_flags = IFA_F_PERMANENT,
				    .ifa_scope = addr->scope,
				    .ifa_index = LOOPBACK_IFINDEX };
	put_attr(skb, nlh, IFA_ADDRESS, addr->bytes, len);
	if (addr->family == AF_INET) {
		put_attr(skb, nlh, IFA_LOCAL, addr->bytes, len);
		put_attr(skb, nlh, IFA_LABEL, LOOPBACK_NAME, sizeof(LOOPBACK_NAME));
	}
}

static int send_answer(const struct sk_buff *request, struct sk_buff *skb)
{
	netlink_unicast(NETLINK_CB(request).sk, skb, NETLINK_CB(request).portid, MSG_DONTWAIT);
	return 0;
}

/* A list of all of a kind, and its end. -EINTR: no acknowledgement beside it */
static int send_dump(struct sk_buff *request, struct nlmsghdr *req)
{
	const struct net_loopback *lo = &request_net(request)->loopback;
	int family = ((struct rtgenmsg *)NLMSG_DATA(req))->rtgen_family;
	struct sk_buff *skb = alloc_skb(ANSWER_SIZE + LOOPBACK_ADDRESSES * 80, GFP_KERNEL);
	struct nlmsghdr *nlh;
	int i;

	if (!skb)
		return -ENOBUFS;
	mutex_lock(&rtnl_mutex);
	if (req->nlmsg_type == RTM_GETLINK && (family == AF_UNSPEC || family == AF_PACKET))
		put_link(skb, request, req, NLM_F_MULTI);
	for (i = 0; req->nlmsg_type == RTM_GETADDR && i < lo->nr_addresses; i++)
		if (family == AF_UNSPEC || family == lo->addresses[i].family)
			put_address(skb, request, req, &lo->addresses[i]);
	mutex_unlock(&rtnl_mutex);
	nlh = nlmsg_put(skb, NETLINK_CB(request).portid, req->nlmsg_seq, NLMSG_DONE, sizeof(int),
			NLM_F_MULTI);
	*(int *)NLMSG_DATA(nlh) = 0;
	send_answer(request, skb);
	return -EINTR;
}

/* ---- requests ---- */

/* The attribute of a request, at least `len` long, or NULL. */
static const void *find_attr(const struct nlmsghdr *nlh, int header, int type, int len)
{
	const char *at = (const char *)NLMSG_DATA(nlh) + NLMSG_ALIGN(header);
	int left = (int)nlh->nlmsg_len - NLMSG_SPACE(header);

	while (left >= (int)sizeof(struct rtattr)) {
		const struct rtattr *attr = (const struct rtattr *)at;

		if (attr->rta_len < sizeof(*attr) || attr->rta_len > left)
			return NULL;
		if ((attr->rta_type & NLA_TYPE_MASK) == type && attr->rta_len >= RTA_LENGTH(len))
			return RTA_DATA(attr);
		at += RTA_ALIGN(attr->rta_len);
		left -= RTA_ALIGN(attr->rta_len);
	}
	return NULL;
}

/* Does a request mean the loopback device? By number, else by name. */
static bool means_loopback(const struct nlmsghdr *nlh, const struct ifinfomsg *info)
{
	const char *name = find_attr(nlh, sizeof(*info), IFLA_IFNAME, sizeof(LOOPBACK_NAME));

	if (info->ifi_index)
		return info->ifi_index == LOOPBACK_IFINDEX;
	return name && !memcmp(name, LOOPBACK_NAME, sizeof(LOOPBACK_NAME));
}

static int link_request(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	struct net_loopback *lo = &request_net(skb)->loopback;
	const struct ifinfomsg *info = NLMSG_DATA(nlh);
	struct sk_buff *answer;
	const u32 *mtu;
	int error = 0;

	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return -EINVAL;
	if (!means_loopback(nlh, info))
		return nlh->nlmsg_type == RTM_NEWLINK && (nlh->nlmsg_flags & NLM_F_CREATE) ?
			       -EOPNOTSUPP :
			       -ENODEV;
	if (nlh->nlmsg_type == RTM_DELLINK)
		return -EOPNOTSUPP;
	if (nlh->nlmsg_type == RTM_GETLINK) {
		answer = alloc_skb(ANSWER_SIZE, GFP_KERNEL);
		if (!answer)
			return -ENOBUFS;
		mutex_lock(&rtnl_mutex);
		put_link(answer, skb, nlh, 0);
		mutex_unlock(&rtnl_mutex);
		return send_answer(skb, answer);
	}
	mtu = find_attr(nlh, sizeof(*info), IFLA_MTU, sizeof(*mtu));
	mutex_lock(&rtnl_mutex);
	if (mtu)
		error = loopback_set_mtu(lo, *mtu);
	if (!error)
		loopback_change_flags(lo, info->ifi_flags,
				      info->ifi_change ?: (info->ifi_flags ? ~0U : 0));
	mutex_unlock(&rtnl_mutex);
	return error;
}

static int address_request(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	struct net_loopback *lo = &request_net(skb)->loopback;
	const struct ifaddrmsg *info = NLMSG_DATA(nlh);
	struct loopback_address addr = { 0 };
	const void *bytes;
	int len, error;

	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*info)))
		return -EINVAL;
	if (info->ifa_family != AF_INET && info->ifa_family != AF_INET6)
		return -EOPNOTSUPP;
	len = info->ifa_family == AF_INET ? 4 : 16;
	bytes = find_attr(nlh, sizeof(*info), IFA_LOCAL, len) ?:
			find_attr(nlh, sizeof(*info), IFA_ADDRESS, len);
	if (!bytes || info->ifa_prefixlen > len * 8)
		return -EINVAL;
	if (info->ifa_index != LOOPBACK_IFINDEX)
		return -ENODEV;
	addr.family = info->ifa_family;
	addr.prefix_len = info->ifa_prefixlen;
	addr.scope = info->ifa_scope;
	memcpy(addr.bytes, bytes, len);
	mutex_lock(&rtnl_mutex);
	error = nlh->nlmsg_type == RTM_NEWADDR ? loopback_add_address(lo, &addr) :
						 loopback_del_address(lo, &addr);
	mutex_unlock(&rtnl_mutex);
	return error;
}

static int rtnetlink_request(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	int type = nlh->nlmsg_type;
	int kind = (type - RTM_BASE) & 3; /* new, delete, get, set: four numbers an object */

	if (type > RTM_MAX)
		return -EOPNOTSUPP;
	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtgenmsg)))
		return 0;
	if (kind != 2 && !ns_capable(request_net(skb)->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (kind == 2 && (nlh->nlmsg_flags & NLM_F_DUMP))
		return send_dump(skb, nlh);
	switch (type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
	case RTM_GETLINK:
	case RTM_SETLINK:
		return link_request(skb, nlh);
	case RTM_NEWADDR:
	case RTM_DELADDR:
		return address_request(skb, nlh);
	case RTM_GETADDR:
		return -ENODEV;
	case RTM_GETROUTE:
	case RTM_NEWROUTE:
		return -ENETUNREACH;
	case RTM_DELROUTE:
		return -ESRCH;
	}
	return -EOPNOTSUPP;
}

static void rtnetlink_input(struct sk_buff *skb)
{
	netlink_rcv_skb(skb, rtnetlink_request);
}

static const struct netlink_kernel_cfg route_cfg = {
	.groups = RTNLGRP_MAX,
	.flags = NL_CFG_F_NONROOT_RECV,
	.input = rtnetlink_input,
};

static const struct netlink_kernel_cfg uevent_cfg = { .groups = 1, .flags = NL_CFG_F_NONROOT_RECV };

/* Requests of the audit system: it is not there. */
static int audit_request(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	return capable(CAP_AUDIT_CONTROL) ? -EOPNOTSUPP : -EPERM;
}

static void audit_input(struct sk_buff *skb)
{
	netlink_rcv_skb(skb, audit_request);
}

static const struct netlink_kernel_cfg audit_cfg = { .groups = 1, .input = audit_input };

static const struct netlink_kernel_cfg usersock_cfg = { .flags = NL_CFG_F_NONROOT_SEND };

static int __init rtnetlink_init(void)
{
	if (!netlink_kernel_create(&init_net, NETLINK_ROUTE, &route_cfg) ||
	    !netlink_kernel_create(&init_net, NETLINK_USERSOCK, &usersock_cfg) ||
	    !netlink_kernel_create(&init_net, NETLINK_KOBJECT_UEVENT, &uevent_cfg) ||
	    !netlink_kernel_create(&init_net, NETLINK_AUDIT, &audit_cfg))
		panic("no memory for the kernel's netlink sockets");
	return 0;
}
device_initcall(rtnetlink_init);
