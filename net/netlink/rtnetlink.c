// SPDX-License-Identifier: MIT
/*
 * NETLINK_ROUTE on a machine without network devices: lists are empty, single objects are not
 * there, and nothing can be made. NETLINK_KOBJECT_UEVENT and NETLINK_AUDIT can be listened to.
 */
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/init.h>
#include <linux/rtnetlink.h>
#include "internal.h"

/* The end of an empty list. */
static int send_done(struct sk_buff *request, struct nlmsghdr *nlh)
{
	struct sk_buff *skb = alloc_skb(NLMSG_SPACE(sizeof(int)), GFP_KERNEL);
	struct nlmsghdr *reply;

	if (!skb)
		return -ENOBUFS;
	reply = nlmsg_put(skb, NETLINK_CB(request).portid, nlh->nlmsg_seq, NLMSG_DONE, sizeof(int),
			  NLM_F_MULTI);
	*(int *)NLMSG_DATA(reply) = 0;
	netlink_unicast(NETLINK_CB(request).sk, skb, NETLINK_CB(request).portid, MSG_DONTWAIT);
	return -EINTR;
}

static int rtnetlink_request(struct sk_buff *skb, struct nlmsghdr *nlh)
{
	int type = nlh->nlmsg_type;
	int kind = (type - RTM_BASE) & 3;	/* new, delete, get, set: four numbers an object */

	if (type > RTM_MAX)
		return -EOPNOTSUPP;
	if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(struct rtgenmsg)))
		return 0;
	if (kind != 2 && !ns_capable(sock_net(NETLINK_CB(skb).sk)->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (kind == 2 && (nlh->nlmsg_flags & NLM_F_DUMP))
		return send_done(skb, nlh);
	switch (type) {
	case RTM_GETLINK:
	case RTM_DELLINK:
	case RTM_SETLINK:
	case RTM_NEWADDR:
	case RTM_GETADDR:
	case RTM_DELADDR:
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
	.groups = RTNLGRP_MAX, .flags = NL_CFG_F_NONROOT_RECV, .input = rtnetlink_input,
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
	BUG_ON(!netlink_kernel_create(&init_net, NETLINK_ROUTE, &route_cfg));
	BUG_ON(!netlink_kernel_create(&init_net, NETLINK_USERSOCK, &usersock_cfg));
	BUG_ON(!netlink_kernel_create(&init_net, NETLINK_KOBJECT_UEVENT, &uevent_cfg));
	BUG_ON(!netlink_kernel_create(&init_net, NETLINK_AUDIT, &audit_cfg));
	return 0;
}
device_initcall(rtnetlink_init);
