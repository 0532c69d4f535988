// SPDX-License-Identifier: MIT
/* Options of SOL_NETLINK. */
#include <kern/cred.h>
#include <lib/string.h>
#include <mm/uaccess.h>
#include "internal.h"

static int change_membership(struct sock *sk, unsigned int group, bool join)
{
	struct netlink_sock *nlk = nlk_sk(sk);
	const struct netlink_kernel_cfg *cfg = netlink_cfg(sk->sk_protocol);
	unsigned long groups[MAX_GROUPS / BITS_PER_LONG];

	if (!(cfg->flags & NL_CFG_F_NONROOT_RECV) &&
	    !ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (!group || group > netlink_nr_groups(sk->sk_protocol))
		return -EINVAL;
	memcpy(groups, nlk->groups, sizeof(groups));
	if (join)
		groups[(group - 1) / BITS_PER_LONG] |= 1UL << ((group - 1) % BITS_PER_LONG);
	else
		groups[(group - 1) / BITS_PER_LONG] &= ~(1UL << ((group - 1) % BITS_PER_LONG));
	return netlink_realloc_groups(sk, groups);
}

static bool is_switch(int name)
{
	return name == NETLINK_PKTINFO || name == NETLINK_BROADCAST_ERROR ||
	       name == NETLINK_NO_ENOBUFS || name == NETLINK_LISTEN_ALL_NSID ||
	       name == NETLINK_CAP_ACK || name == NETLINK_EXT_ACK || name == NETLINK_GET_STRICT_CHK;
}

int netlink_setsockopt(struct socket *sock, int level, int name, char __user *uval,
		       unsigned int len)
{
	struct sock *sk = sock->sk;
	struct netlink_sock *nlk = nlk_sk(sk);
	unsigned int val = 0;
	int error = 0;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (len >= sizeof(int) && get_user(val, (unsigned int __user *)uval))
		return -EFAULT;
	lock_sock(sk);
	if (name == NETLINK_ADD_MEMBERSHIP || name == NETLINK_DROP_MEMBERSHIP)
		error = change_membership(sk, val, name == NETLINK_ADD_MEMBERSHIP);
	else if (!is_switch(name))
		error = -ENOPROTOOPT;
	else if (val)
		nlk->flags |= 1U << name;
	else
		nlk->flags &= ~(1U << name);
	release_sock(sk);
	return error;
}

int netlink_getsockopt(struct socket *sock, int level, int name, char __user *uval,
		       int __user *ulen)
{
	struct netlink_sock *nlk = nlk_sk(sock->sk);
	int len, val;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (get_user(len, ulen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	if (name == NETLINK_LIST_MEMBERSHIPS) {
		int size = round_up(netlink_nr_groups(sock->sk->sk_protocol), 32) / 8;

		if (copy_to_user(uval, nlk->groups, min(len, size) & ~3))
			return -EFAULT;
		return put_user(size, ulen);
	}
	if (!is_switch(name))
		return -ENOPROTOOPT;
	if (len < (int)sizeof(int))
		return -EINVAL;
	val = (nlk->flags >> name) & 1;
	if (put_user((int)sizeof(int), ulen) || put_user(val, (int __user *)uval))
		return -EFAULT;
	return 0;
}
