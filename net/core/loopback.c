// SPDX-License-Identifier: MIT
/*
 * The loopback device of a network name space, as far as it can be asked about and set up: there
 * is no family yet whose packets it could carry. Sandboxes set it up before they start anything.
 *
 * Lock: rtnl_mutex guards struct net_loopback.
 */
#include <kern/cred.h>
#include <kern/mutex.h>
#include <lib/string.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/sockios.h>
#include <mm/uaccess.h>
#include <net/loopback.h>
#include <net/sock.h>

#define SETTABLE (IFF_UP | IFF_DEBUG | IFF_NOTRAILERS | IFF_ALLMULTI | IFF_PROMISC | IFF_DYNAMIC)

DEFINE_MUTEX(rtnl_mutex);

unsigned int loopback_flags(const struct net_loopback *lo)
{
	unsigned int flags = lo->flags | IFF_LOOPBACK;

	return lo->flags & IFF_UP ? flags | IFF_RUNNING | IFF_LOWER_UP : flags;
}

void loopback_change_flags(struct net_loopback *lo, unsigned int flags, unsigned int mask)
{
	lo->flags = (lo->flags & ~(mask & SETTABLE)) | (flags & mask & SETTABLE);
}

unsigned int loopback_mtu(const struct net_loopback *lo)
{
	return lo->mtu ?: LOOPBACK_MTU;
}

int loopback_set_mtu(struct net_loopback *lo, int mtu)
{
	if (mtu < 0)
		return -EINVAL;
	lo->mtu = mtu;
	return 0;
}

static int find_address(const struct net_loopback *lo, const struct loopback_address *addr)
{
	int i;

	for (i = 0; i < lo->nr_addresses; i++)
		if (lo->addresses[i].family == addr->family &&
		    !memcmp(lo->addresses[i].bytes, addr->bytes, sizeof(addr->bytes)))
			return i;
	return -1;
}

int loopback_add_address(struct net_loopback *lo, const struct loopback_address *addr)
{
	if (find_address(lo, addr) >= 0)
		return -EEXIST;
	if (lo->nr_addresses == LOOPBACK_ADDRESSES)
		return -ENOBUFS;
	lo->addresses[lo->nr_addresses++] = *addr;
	return 0;
}

int loopback_del_address(struct net_loopback *lo, const struct loopback_address *addr)
{
	int i = find_address(lo, addr);

	if (i < 0)
		return -EADDRNOTAVAIL;
	lo->addresses[i] = lo->addresses[--lo->nr_addresses];
	return 0;
}

/* ---- ioctl ---- */

static int get_something(const struct net_loopback *lo, unsigned int cmd, struct ifreq *ifr)
{
	switch (cmd) {
	case SIOCGIFINDEX:
		ifr->ifr_ifindex = LOOPBACK_IFINDEX;
		return 0;
	case SIOCGIFFLAGS:
		ifr->ifr_flags = loopback_flags(lo);
		return 0;
	case SIOCGIFMTU:
		ifr->ifr_mtu = loopback_mtu(lo);
		return 0;
	case SIOCGIFMETRIC:
		ifr->ifr_metric = 0;
		return 0;
	case SIOCGIFTXQLEN:
		ifr->ifr_qlen = LOOPBACK_TXQLEN;
		return 0;
	case SIOCGIFHWADDR:
		memset(&ifr->ifr_hwaddr, 0, sizeof(ifr->ifr_hwaddr));
		ifr->ifr_hwaddr.sa_family = ARPHRD_LOOPBACK;
		return 0;
	case SIOCGIFMAP:
		memset(&ifr->ifr_map, 0, sizeof(ifr->ifr_map));
		return 0;
	case SIOCETHTOOL:
		return -EOPNOTSUPP;
	}
	return -EADDRNOTAVAIL;
}

static int set_something(struct net_loopback *lo, unsigned int cmd, const struct ifreq *ifr)
{
	switch (cmd) {
	case SIOCSIFFLAGS:
		loopback_change_flags(lo, (unsigned short)ifr->ifr_flags, 0xffff);
		return 0;
	case SIOCSIFMTU:
		return loopback_set_mtu(lo, ifr->ifr_mtu);
	}
	return -EOPNOTSUPP;
}

static bool is_set(unsigned int cmd)
{
	return cmd == SIOCSIFFLAGS || cmd == SIOCSIFMTU || cmd == SIOCSIFADDR ||
	       cmd == SIOCSIFNETMASK || cmd == SIOCSIFHWADDR || cmd == SIOCSIFTXQLEN ||
	       cmd == SIOCSIFNAME;
}

int loopback_ioctl(struct net *net, unsigned int cmd, void __user *arg)
{
	struct ifreq ifr;
	int error;

	if (copy_from_user(&ifr, arg, sizeof(ifr)))
		return -EFAULT;
	ifr.ifr_name[IFNAMSIZ - 1] = 0;
	if (is_set(cmd) && !ns_capable(net->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	if (cmd == SIOCGIFNAME) {
		if (ifr.ifr_ifindex != LOOPBACK_IFINDEX)
			return -ENODEV;
		strscpy(ifr.ifr_name, LOOPBACK_NAME, IFNAMSIZ);
		return copy_to_user(arg, &ifr, sizeof(ifr)) ? -EFAULT : 0;
	}
	if (strcmp(ifr.ifr_name, LOOPBACK_NAME))
		return -ENODEV;
	mutex_lock(&rtnl_mutex);
	error = is_set(cmd) ? set_something(&net->loopback, cmd, &ifr) :
			      get_something(&net->loopback, cmd, &ifr);
	mutex_unlock(&rtnl_mutex);
	if (!error && !is_set(cmd) && copy_to_user(arg, &ifr, sizeof(ifr)))
		error = -EFAULT;
	return error;
}
