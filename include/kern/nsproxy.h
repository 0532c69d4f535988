/* SPDX-License-Identifier: MIT */
/* The name spaces of a task; one set so far, shared by all. */
#ifndef KERN_NSPROXY_H
#define KERN_NSPROXY_H

#include <kern/refcount.h>
#include <kern/types.h>

struct uts_namespace;
struct pid_namespace;
struct mnt_namespace;
struct ipc_namespace;
struct net;

/* Constant once shared; current->nsproxy may be used without a lock. */
struct nsproxy {
	refcount_t count;
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
};

extern struct nsproxy init_nsproxy;

#endif
