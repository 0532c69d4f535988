/* SPDX-License-Identifier: MIT */
/* The loopback device: what can be set and asked about it. */
#ifndef NET_LOOPBACK_H
#define NET_LOOPBACK_H

#include <kern/types.h>

struct mutex;
struct net;

#define LOOPBACK_NAME		"lo"
#define LOOPBACK_IFINDEX	1
#define LOOPBACK_MTU		65536
#define LOOPBACK_TXQLEN		1000
#define LOOPBACK_ADDRESSES	16

struct loopback_address {
	u8 family;		/* AF_INET, AF_INET6 */
	u8 prefix_len;
	u8 scope;
	u8 bytes[16];		/* the first 4 for AF_INET, then zeros */
};

/* All zero: down, without addresses, mtu by default. All under rtnl_mutex. */
struct net_loopback {
	unsigned int flags;	/* IFF_* that were set */
	unsigned int mtu;	/* 0: LOOPBACK_MTU */
	int nr_addresses;
	struct loopback_address addresses[LOOPBACK_ADDRESSES];
};

/* Guards what devices there are and what is known about them. */
extern struct mutex rtnl_mutex;

/* All but the ioctl => rtnl_mutex held; 0 or an errno */
unsigned int loopback_flags(const struct net_loopback *lo);
void loopback_change_flags(struct net_loopback *lo, unsigned int flags, unsigned int mask);
unsigned int loopback_mtu(const struct net_loopback *lo);
int loopback_set_mtu(struct net_loopback *lo, int mtu);
int loopback_add_address(struct net_loopback *lo, const struct loopback_address *addr);
int loopback_del_address(struct net_loopback *lo, const struct loopback_address *addr);
/* SIOCGIF* and SIOCSIF* with a struct ifreq. -ENODEV: another device. => may sleep */
int loopback_ioctl(struct net *net, unsigned int cmd, void __user *arg);

#endif
