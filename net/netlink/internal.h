/* SPDX-License-Identifier: MIT */
/* What the files of netlink share. */
#ifndef NET_NETLINK_INTERNAL_H
#define NET_NETLINK_INTERNAL_H

#include <net/netlink.h>
#include <net/scm.h>

#define MAX_GROUPS 128

/*
 *   (t) nl_table_lock   (l) lock_sock()   (i) constant once bound
 */
struct netlink_sock {
	struct sock sk;			/* first */
	u32 portid;			/* t to write, once: 0 until bound, and for the kernel */
	u32 dst_portid, dst_group;	/* l: of connect() */
	u32 flags;			/* l: bits by option number */
	bool bound;			/* t */
	unsigned long groups[MAX_GROUPS / BITS_PER_LONG];	/* t */
	const struct netlink_kernel_cfg *cfg;	/* i: the kernel's end */
	wait_queue_head_t wait;		/* senders that wait for room */
	struct hlist_node mc_node;	/* t */
};

static inline struct netlink_sock *nlk_sk(const struct sock *sk)
{
	return (struct netlink_sock *)sk;
}

/* af_netlink.c */
extern rwlock_t nl_table_lock;
const struct netlink_kernel_cfg *netlink_cfg(int unit);
/* How many groups of a protocol may be joined: those the kernel named, 32 at least. */
unsigned int netlink_nr_groups(int unit);
int netlink_realloc_groups(struct sock *sk, const unsigned long *groups);
int netlink_autobind(struct sock *sk);

/* netlink_opt.c */
int netlink_setsockopt(struct socket *sock, int level, int name, char __user *val,
		       unsigned int len);
int netlink_getsockopt(struct socket *sock, int level, int name, char __user *val,
		       int __user *len);

/* deliver.c */
int netlink_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
int netlink_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags);
/* The sock of a port with a reference, or NULL. */
struct sock *netlink_lookup(struct net *net, int unit, u32 portid);
/* All members of a group: => nl_table_lock held */
extern struct hlist_head nl_members[MAX_LINKS];

#endif
