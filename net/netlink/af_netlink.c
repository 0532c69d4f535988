// SPDX-License-Identifier: MIT
/*
 * Netlink sockets: the family, ports, groups.
 *
 * Problem: programs talk with parts of the kernel (routing, devices, audit) by datagrams of
 * requests and answers, and listen to what such a part announces to groups.
 *
 * A protocol ("unit") exists once the kernel has opened its own end (port 0). A program's socket
 * gets a port at bind() or with its first message: its process number if that is free. Requests
 * are handled in the sender's context; answers and announcements are put on the receiver's queue
 * and charged to it.
 *
 * Locks: nl_table_lock guards ports, group memberships and the kernel's ends; the queue locks of
 * sockets nest inside. lock_sock() guards options and the connected address, outside of it.
 */
#include <fs/file.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/panic.h>
#include <kern/pid.h>
#include <kern/random.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <mm/slab.h>
#include "internal.h"

#define PORT_HASH_BITS 6

DEFINE_RWLOCK(nl_table_lock);
static struct hlist_head ports[1 << PORT_HASH_BITS]; /* nl_table_lock: bound, by unit and port */
struct hlist_head nl_members[MAX_LINKS];	     /* nl_table_lock: in any group, by unit */
static struct sock *kernel_ends[MAX_LINKS];	     /* nl_table_lock to write, set once */
static struct proto netlink_proto = { .name = "NETLINK", .obj_size = sizeof(struct netlink_sock) };
static const struct proto_ops netlink_ops;

static struct hlist_head *port_bucket(int unit, u32 portid)
{
	return &ports[hash_32(portid * MAX_LINKS + unit, PORT_HASH_BITS)];
}

const struct netlink_kernel_cfg *netlink_cfg(int unit)
{
	return nlk_sk(READ_ONCE(kernel_ends[unit]))->cfg;
}

unsigned int netlink_nr_groups(int unit)
{
	return max(netlink_cfg(unit)->groups, 32U);
}

/* => nl_table_lock held */
static struct sock *find_port(struct net *net, int unit, u32 portid)
{
	struct sock *sk;

	if (!portid)
		return kernel_ends[unit];
	hlist_for_each_entry(sk, port_bucket(unit, portid), sk_node)
		if (sk->sk_protocol == unit && nlk_sk(sk)->portid == portid && sock_net(sk) == net)
			return sk;
	return NULL;
}

struct sock *netlink_lookup(struct net *net, int unit, u32 portid)
{
	struct sock *sk;

	read_lock(&nl_table_lock);
	sk = find_port(net, unit, portid);
	if (sk)
		sock_hold(sk);
	read_unlock(&nl_table_lock);
	return sk;
}

/* ---- ports and groups ---- */

static int take_port(struct sock *sk, u32 portid)
{
	struct netlink_sock *nlk = nlk_sk(sk);
	int error = -EADDRINUSE;

	write_lock(&nl_table_lock);
	if (nlk->bound) {
		error = nlk->portid == portid ? 0 : -EINVAL;
	} else if (!find_port(sock_net(sk), sk->sk_protocol, portid)) {
		nlk->portid = portid;
		nlk->bound = true;
		hlist_add_head(&sk->sk_node, port_bucket(sk->sk_protocol, portid));
		error = 0;
	}
	write_unlock(&nl_table_lock);
	return error;
}

int netlink_autobind(struct sock *sk)
{
	u32 portid = task_tgid_vnr(current);
	int error;

	while (!READ_ONCE(nlk_sk(sk)->bound)) {
		error = take_port(sk, portid);
		if (error != -EADDRINUSE)
			return error == -EINVAL ? 0 : error;
		/* Numbers that no process has. */
		portid = 0x80000000 | get_random_u32();
	}
	return 0;
}

int netlink_realloc_groups(struct sock *sk, const unsigned long *groups)
{
	struct netlink_sock *nlk = nlk_sk(sk);
	bool member = false;
	unsigned int i;

	write_lock(&nl_table_lock);
	for (i = 0; i < MAX_GROUPS / BITS_PER_LONG; i++) {
		nlk->groups[i] = groups[i];
		member |= groups[i] != 0;
	}
	if (member && hlist_unhashed(&nlk->mc_node))
		hlist_add_head(&nlk->mc_node, &nl_members[sk->sk_protocol]);
	else if (!member && !hlist_unhashed(&nlk->mc_node))
		hlist_del_init(&nlk->mc_node);
	write_unlock(&nl_table_lock);
	return 0;
}

static bool may_join(struct sock *sk)
{
	return (netlink_cfg(sk->sk_protocol)->flags & NL_CFG_F_NONROOT_RECV) ||
	       ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN);
}

static int netlink_bind(struct socket *sock, struct sockaddr *addr, int len)
{
	struct sockaddr_nl *nladdr = (struct sockaddr_nl *)addr;
	struct sock *sk = sock->sk;
	struct netlink_sock *nlk = nlk_sk(sk);
	unsigned long groups[MAX_GROUPS / BITS_PER_LONG];
	int error;

	if (len < (int)sizeof(*nladdr) || nladdr->nl_family != AF_NETLINK)
		return -EINVAL;
	if (nladdr->nl_groups && !may_join(sk))
		return -EPERM;
	if (nlk->bound && nlk->portid != nladdr->nl_pid)
		return -EINVAL;
	error = nladdr->nl_pid ? take_port(sk, nladdr->nl_pid) : netlink_autobind(sk);
	if (error)
		return error;
	lock_sock(sk);
	memcpy(groups, nlk->groups, sizeof(groups));
	groups[0] = (groups[0] & ~0xffffffffUL) | nladdr->nl_groups;
	error = netlink_realloc_groups(sk, groups);
	release_sock(sk);
	return error;
}

static int netlink_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	struct sockaddr_nl *nladdr = (struct sockaddr_nl *)addr;
	struct sock *sk = sock->sk;
	struct netlink_sock *nlk = nlk_sk(sk);
	int error;

	if (len < (int)sizeof(addr->sa_family))
		return -EINVAL;
	if (addr->sa_family == AF_UNSPEC) {
		lock_sock(sk);
		sk->sk_state = 0;
		nlk->dst_portid = nlk->dst_group = 0;
		release_sock(sk);
		return 0;
	}
	if (addr->sa_family != AF_NETLINK || len < (int)sizeof(*nladdr))
		return -EINVAL;
	if ((nladdr->nl_groups || nladdr->nl_pid) &&
	    !ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN) &&
	    !(netlink_cfg(sk->sk_protocol)->flags & NL_CFG_F_NONROOT_SEND))
		return -EPERM;
	error = netlink_autobind(sk);
	if (error)
		return error;
	lock_sock(sk);
	sk->sk_state = 1;
	nlk->dst_portid = nladdr->nl_pid;
	nlk->dst_group = __builtin_ffs(nladdr->nl_groups);
	release_sock(sk);
	return 0;
}

static int netlink_getname(struct socket *sock, struct sockaddr *addr, int peer)
{
	struct sockaddr_nl *nladdr = (struct sockaddr_nl *)addr;
	struct netlink_sock *nlk = nlk_sk(sock->sk);

	memset(nladdr, 0, sizeof(*nladdr));
	nladdr->nl_family = AF_NETLINK;
	if (peer) {
		nladdr->nl_pid = nlk->dst_portid;
		nladdr->nl_groups = nlk->dst_group ? 1U << (nlk->dst_group - 1) : 0;
	} else {
		nladdr->nl_pid = nlk->portid;
		nladdr->nl_groups = nlk->groups[0];
	}
	return sizeof(*nladdr);
}

/* ---- life ---- */

static int netlink_release(struct socket *sock)
{
	struct sock *sk = sock->sk;
	struct netlink_sock *nlk;

	if (!sk)
		return 0;
	nlk = nlk_sk(sk);
	write_lock(&nl_table_lock);
	if (!hlist_unhashed(&sk->sk_node))
		hlist_del_init(&sk->sk_node);
	if (!hlist_unhashed(&nlk->mc_node))
		hlist_del_init(&nlk->mc_node);
	write_unlock(&nl_table_lock);
	sock_orphan(sk);
	wake_up_interruptible_all(&nlk->wait);
	skb_queue_purge(&sk->sk_receive_queue);
	sock_put(sk);
	return 0;
}

static void netlink_destruct(struct sock *sk)
{
	skb_queue_purge(&sk->sk_receive_queue);
}

static struct sock *new_netlink_sock(struct net *net, struct socket *sock, int unit)
{
	struct sock *sk = sk_alloc(net, PF_NETLINK, GFP_KERNEL, &netlink_proto);

	if (!sk)
		return NULL;
	sock_init_data(sock, sk);
	sk->sk_protocol = unit;
	sk->sk_destruct = netlink_destruct;
	init_waitqueue_head(&nlk_sk(sk)->wait);
	return sk;
}

static int netlink_create(struct net *net, struct socket *sock, int protocol, int kern)
{
	if (sock->type != SOCK_RAW && sock->type != SOCK_DGRAM)
		return -ESOCKTNOSUPPORT;
	if (protocol < 0 || protocol >= MAX_LINKS || !READ_ONCE(kernel_ends[protocol]))
		return -EPROTONOSUPPORT;
	sock->ops = &netlink_ops;
	return new_netlink_sock(net, sock, protocol) ? 0 : -ENOMEM;
}

struct sock *netlink_kernel_create(struct net *net, int unit, const struct netlink_kernel_cfg *cfg)
{
	struct sock *sk;

	if (unit < 0 || unit >= MAX_LINKS)
		return NULL;
	sk = new_netlink_sock(net, NULL, unit);
	if (!sk)
		return NULL;
	nlk_sk(sk)->cfg = cfg;
	write_lock(&nl_table_lock);
	if (kernel_ends[unit]) {
		write_unlock(&nl_table_lock);
		sock_put(sk);
		return NULL;
	}
	smp_store_release(&kernel_ends[unit], sk);
	write_unlock(&nl_table_lock);
	return sk;
}

static const struct proto_ops netlink_ops = {
	.family = PF_NETLINK,
	.release = netlink_release,
	.bind = netlink_bind,
	.connect = netlink_connect,
	.socketpair = sock_no_socketpair,
	.accept = sock_no_accept,
	.getname = netlink_getname,
	.poll = datagram_poll,
	.ioctl = sock_no_ioctl,
	.listen = sock_no_listen,
	.shutdown = sock_no_shutdown,
	.setsockopt = netlink_setsockopt,
	.getsockopt = netlink_getsockopt,
	.sendmsg = netlink_sendmsg,
	.recvmsg = netlink_recvmsg,
};

static const struct net_proto_family netlink_family = { .family = PF_NETLINK,
							.create = netlink_create };

/* /proc/net/netlink: the bound sockets of a name space. */
static int show_netlink(struct seq_file *m, void *data)
{
	const struct net *net = seq_file_net(m);
	unsigned int i;

	seq_puts(m, "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    "
		    "Drops    Inode\n");
	read_lock(&nl_table_lock);
	for (i = 0; i < 1 << PORT_HASH_BITS; i++) {
		struct sock *sk;

		hlist_for_each_entry(sk, &ports[i], sk_node) {
			if (sock_net(sk) != net)
				continue;
			seq_printf(m, "%016x %-3d %-10u %08x %-8d %-8d %-5d %-8d %-8u %-8lu\n", 0,
				   sk->sk_protocol, nlk_sk(sk)->portid, (u32)nlk_sk(sk)->groups[0],
				   sk_rmem_alloc_get(sk), sk_wmem_alloc_get(sk), 0,
				   refcount_read(&sk->sk_refcnt), atomic_read(&sk->sk_drops),
				   sock_i_ino(sk));
		}
	}
	read_unlock(&nl_table_lock);
	return 0;
}

static int __init af_netlink_init(void)
{
	if (proto_register(&netlink_proto))
		panic("no memory for the sockets of netlink");
	BUG_ON(sock_register(&netlink_family));
	proc_create_single("netlink", 0444, proc_net, show_netlink);
	return 0;
}
initcall(INITCALL_FS + 2, af_netlink_init);
