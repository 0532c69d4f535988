// SPDX-License-Identifier: MIT
/* Netlink requests to the kernel: taking datagrams apart, and answering. */
#include <lib/string.h>
#include "internal.h"

struct nlmsghdr *nlmsg_put(struct sk_buff *skb, u32 portid, u32 seq, int type, int payload,
			   int flags)
{
	unsigned int size = NLMSG_LENGTH(payload);
	struct nlmsghdr *nlh;

	if (skb_tailroom(skb) < NLMSG_ALIGN(size))
		return NULL;
	nlh = skb_put(skb, NLMSG_ALIGN(size));
	nlh->nlmsg_len = size;
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_pid = portid;
	nlh->nlmsg_seq = seq;
	memset((char *)nlh + size, 0, NLMSG_ALIGN(size) - size);
	return nlh;
}

void netlink_ack(struct sk_buff *in_skb, struct nlmsghdr *nlh, int error)
{
	struct sock *sk = NETLINK_CB(in_skb).sk;
	bool capped = !error || (nlk_sk(sk)->flags & (1U << NETLINK_CAP_ACK));
	int payload = sizeof(struct nlmsgerr);
	struct nlmsghdr *reply;
	struct nlmsgerr *err;
	struct sk_buff *skb;
	int flags = 0;

	/* The request comes back with an error, unless the program does not want it. */
	if (capped)
		flags |= NLM_F_CAPPED;
	else
		payload += nlh->nlmsg_len - sizeof(struct nlmsghdr);
	skb = alloc_skb(NLMSG_SPACE(payload), GFP_KERNEL);
	if (!skb) {
		WRITE_ONCE(sk->sk_err, ENOBUFS);
		sk->sk_error_report(sk);
		return;
	}
	reply = nlmsg_put(skb, NETLINK_CB(in_skb).portid, nlh->nlmsg_seq, NLMSG_ERROR, payload,
			  flags);
	err = NLMSG_DATA(reply);
	err->error = error;
	memcpy(&err->msg, nlh, capped ? sizeof(*nlh) : nlh->nlmsg_len);
	netlink_unicast(sk, skb, NETLINK_CB(in_skb).portid, MSG_DONTWAIT);
}

int netlink_rcv_skb(struct sk_buff *skb, int (*cb)(struct sk_buff *, struct nlmsghdr *))
{
	while (skb->len >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)skb->data;
		unsigned int len;
		int error = 0;

		if (nlh->nlmsg_len < sizeof(*nlh) || skb->len < nlh->nlmsg_len)
			return 0;
		if ((nlh->nlmsg_flags & NLM_F_REQUEST) && nlh->nlmsg_type >= NLMSG_MIN_TYPE)
			error = cb(skb, nlh);
		/* -EINTR: the answer is under way already. */
		if (error != -EINTR && ((nlh->nlmsg_flags & NLM_F_ACK) || error))
			netlink_ack(skb, nlh, error);
		len = min(NLMSG_ALIGN(nlh->nlmsg_len), skb->len);
		skb_pull(skb, len);
	}
	return 0;
}
