/* SPDX-License-Identifier: MIT */
/* Netlink: messages between the kernel's parts and programs. */
#ifndef NET_NETLINK_H
#define NET_NETLINK_H

#include <kern/uidgid.h>
#include <linux/netlink.h>
#include <net/sock.h>

struct file;
struct pid;

/* In skb->cb: where a message comes from and goes to. */
struct netlink_skb_parms {
	struct pid *pid;	/* counted: the sender; NULL is the kernel */
	struct sock *sk;	/* the sender's; valid while a request is being handled */
	kuid_t uid;
	kgid_t gid;
	u32 portid;		/* the sender's; 0: the kernel */
	u32 dst_group;
};

#define NETLINK_CB(skb) (*(struct netlink_skb_parms *)(skb)->cb)

#define NL_CFG_F_NONROOT_RECV	1	/* anybody may join the groups */
#define NL_CFG_F_NONROOT_SEND	2	/* anybody may send to others than the kernel */

/* The kernel's end of one protocol. */
struct netlink_kernel_cfg {
	unsigned int groups;
	unsigned int flags;		/* NL_CFG_F_* */
	/* One datagram from a program. => the sender's context, may sleep; the skb is the caller's */
	void (*input)(struct sk_buff *skb);
};

/* Opens the protocol `unit` to programs. NULL: it exists, or no memory. */
struct sock *netlink_kernel_create(struct net *net, int unit,
				   const struct netlink_kernel_cfg *cfg);
/* Sends to one port; eats the skb. Bytes, or -ECONNREFUSED, -EAGAIN, ... */
int netlink_unicast(struct sock *ssk, struct sk_buff *skb, u32 portid, int nonblock);
/* Sends to the members of a group, but not to `portid`; eats the skb. -ESRCH: nobody listens */
int netlink_broadcast(struct sock *ssk, struct sk_buff *skb, u32 portid, u32 group, gfp_t gfp);
/* Splits a datagram into requests, calls cb for each, and answers with errors and acks. */
int netlink_rcv_skb(struct sk_buff *skb, int (*cb)(struct sk_buff *skb, struct nlmsghdr *nlh));
void netlink_ack(struct sk_buff *in_skb, struct nlmsghdr *nlh, int error);

/* Appends the header of a message with room for `payload` bytes; NULL when it does not fit. */
struct nlmsghdr *nlmsg_put(struct sk_buff *skb, u32 portid, u32 seq, int type, int payload,
			   int flags);

/* For one who keeps a socket to send to it once (mq_notify): the sock with a reference. */
struct sock *netlink_getsockbyfilp(struct file *file);
/* Charges the skb to the receiver: 0 (with a reference), or an errno and the skb is freed. */
int netlink_attachskb(struct sock *sk, struct sk_buff *skb);
/* Delivers, or forgets, what was attached; drops the reference. */
int netlink_sendskb(struct sock *sk, struct sk_buff *skb);
void netlink_detachskb(struct sock *sk, struct sk_buff *skb);

#endif
