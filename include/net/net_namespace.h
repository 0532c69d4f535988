/* SPDX-License-Identifier: MIT */
/* A network name space: what sockets can see of each other, and their tunables. */
#ifndef NET_NET_NAMESPACE_H
#define NET_NET_NAMESPACE_H

#include <kern/nsproxy.h>
#include <kern/refcount.h>
#include <kern/task.h>
#include <kern/types.h>
#include <um/percpu.h>

struct proc_dir_entry;

/*
 *   (i) constant once the name space is in use   (s) a sysctl: torn reads are harmless
 */
struct net {
	refcount_t count;
	unsigned int ns_inum;			/* i: number of /proc/PID/ns/net */
	struct proc_dir_entry *proc_net;	/* i: /proc/net */
	int sysctl_somaxconn;			/* s */
	int sysctl_max_dgram_qlen;		/* s: new unix sockets take it over */
};

extern struct net init_net;

static inline struct net *get_net(struct net *net)
{
	refcount_inc(&net->count);
	return net;
}

static inline void put_net(struct net *net)
{
	refcount_dec(&net->count);
}

/* The caller's name space; kernel threads from before there was one belong to the first. */
static inline struct net *current_net(void)
{
	struct nsproxy *nsproxy = current->nsproxy;

	return nsproxy && nsproxy->net_ns ? nsproxy->net_ns : &init_net;
}

#endif
