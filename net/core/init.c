// SPDX-License-Identifier: MIT
/* Setting the socket layer up: caches, sockfs, /proc/net, /proc/sys/net/core. */
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <fs/sysctl.h>
#include <kern/init.h>
#include <net/sock.h>
#include "internal.h"

static const int zero, one = 1, min_sndbuf = SOCK_MIN_SNDBUF, min_rcvbuf = SOCK_MIN_RCVBUF;
static int dev_weight = 64, netdev_max_backlog = 1000, message_burst = 10, message_cost = 5;

static const struct ctl_table net_core_table[] = {
	{ "wmem_max", &sysctl_wmem_max, sizeof(int), 0644, proc_dointvec_minmax, &min_sndbuf },
	{ "rmem_max", &sysctl_rmem_max, sizeof(int), 0644, proc_dointvec_minmax, &min_rcvbuf },
	{ "wmem_default", &sysctl_wmem_default, sizeof(int), 0644, proc_dointvec_minmax,
	  &min_sndbuf },
	{ "rmem_default", &sysctl_rmem_default, sizeof(int), 0644, proc_dointvec_minmax,
	  &min_rcvbuf },
	{ "optmem_max", &sysctl_optmem_max, sizeof(int), 0644, proc_dointvec_minmax, &zero },
	{ "somaxconn", &init_net.sysctl_somaxconn, sizeof(int), 0644, proc_dointvec_minmax, &zero },
	{ "dev_weight", &dev_weight, sizeof(int), 0644, proc_dointvec_minmax, &one },
	{ "netdev_max_backlog", &netdev_max_backlog, sizeof(int), 0644, proc_dointvec },
	{ "message_burst", &message_burst, sizeof(int), 0644, proc_dointvec },
	{ "message_cost", &message_cost, sizeof(int), 0644, proc_dointvec },
	{}
};

static const struct ctl_table net_unix_table[] = {
	{ "max_dgram_qlen", &init_net.sysctl_max_dgram_qlen, sizeof(int), 0644, proc_dointvec }, {}
};

struct net *seq_file_net(const struct seq_file *m)
{
	return container_of(proc_net_ns(m->file), struct net, ns);
}

static int show_protocols(struct seq_file *m, void *data)
{
	sock_show_protocols(m);
	return 0;
}

static int show_sockstat(struct seq_file *m, void *data)
{
	seq_printf(m, "sockets: used %ld\n", sock_nr_used());
	seq_puts(m, "TCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\n"
		    "UDP: inuse 0 mem 0\n"
		    "UDPLITE: inuse 0\n"
		    "RAW: inuse 0\n"
		    "FRAG: inuse 0 memory 0\n");
	return 0;
}

static int show_dev(struct seq_file *m, void *data)
{
	seq_puts(m,
		 "Inter-|   Receive                                                |  Transmit\n"
		 " face |bytes    packets errs drop fifo frame compressed multicast|bytes    "
		 "packets errs drop fifo colls carrier compressed\n"
		 "    lo:       0       0    0    0    0     0          0         0        0       "
		 "0    0    0    0     0       0          0\n");
	return 0;
}

/* Tables of families and devices that are not there: a heading, or nothing. */
static int show_text(struct seq_file *m, void *text)
{
	seq_puts(m, text);
	return 0;
}

static const struct {
	const char *name;
	const char *text;
} empty_tables[] = {
	{ "arp",
	  "IP address       HW type     Flags       HW address            Mask     Device\n" },
	{ "route", "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow"
		   "\tIRTT                                                       \n" },
	{ "tcp", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"
		 "  timeout inode                                                     \n" },
	{ "udp",
	  "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"
	  "  timeout inode ref pointer drops             \n" },
	{ "raw", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid"
		 "  timeout inode ref pointer drops\n" },
	{ "packet", "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n" },
	{ "dev_mcast", "" },
	{ "wireless",
	  "Inter-| sta-|   Quality        |   Discarded packets               | Missed | "
	  "WE\n face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | "
	  "22\n" },
};

static int __init proc_net_init(void)
{
	unsigned int i;

	proc_create_single("protocols", 0444, proc_net, show_protocols);
	proc_create_single("sockstat", 0444, proc_net, show_sockstat);
	proc_create_single("dev", 0444, proc_net, show_dev);
	for (i = 0; i < sizeof(empty_tables) / sizeof(empty_tables[0]); i++)
		proc_create_single_data(empty_tables[i].name, 0444, proc_net, show_text,
					(void *)empty_tables[i].text);
	return 0;
}

static int __init net_core_init(void)
{
	skb_cache_init();
	return sockfs_init() ?: proc_net_init();
}
fs_initcall(net_core_init);

static int __init net_sysctl_init(void)
{
	return register_sysctl("net/core", net_core_table) ?:
		       register_sysctl("net/unix", net_unix_table);
}
device_initcall(net_sysctl_init);
