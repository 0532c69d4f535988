/* SPDX-License-Identifier: MIT */
/* A network name space: what sockets can see of each other, and their tunables. */
#ifndef NET_NET_NAMESPACE_H
#define NET_NET_NAMESPACE_H

#include <kern/ns_common.h>
#include <kern/nsproxy.h>
#include <kern/task.h>
#include <kern/types.h>
#include <kern/workqueue.h>
#include <net/loopback.h>
#include <um/percpu.h>

struct seq_file;
struct ucounts;
struct user_namespace;

/*
 *   (i) constant once the name space is in use   (s) a sysctl: torn reads are harmless
 */
struct net {
	struct ns_common ns;
	struct user_namespace *user_ns;		/* i: counted */
	struct ucounts *ucounts;		/* i */
	struct work_struct work;		/* frees it */
	struct net_loopback loopback;		/* rtnl_mutex */
	int sysctl_somaxconn;			/* s */
	int sysctl_max_dgram_qlen;		/* s: new unix sockets take it over */
};

extern struct net init_net;

struct net *get_net(struct net *net);
/* => any context */
void put_net(struct net *net);
/* CLONE_NEWNET: a new one without anything, else `old` with a reference. ERR_PTR. */
struct net *copy_net_ns(unsigned long flags, struct user_namespace *user_ns, struct net *old);

/* The name space that an open file of /proc/PID/net shows. */
struct net *seq_file_net(const struct seq_file *m);

/* The caller's name space; kernel threads from before there was one belong to the first. */
static inline struct net *current_net(void)
{
	struct nsproxy *nsproxy = current->nsproxy;

	return nsproxy && nsproxy->net_ns ? nsproxy->net_ns : &init_net;
}

#endif
