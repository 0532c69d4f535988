// SPDX-License-Identifier: MIT
/* Network name spaces: the object that sockets belong to. */
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/nsproxy.h>
#include <kern/panic.h>
#include <kern/user_namespace.h>
#include <mm/slab.h>
#include <net/net_namespace.h>

#include <linux/sched.h>
#include <linux/socket_abi.h>

#define DEFAULT_MAX_DGRAM_QLEN	10

struct net init_net = {
	.user_ns = &init_user_ns,
	.sysctl_somaxconn = SOMAXCONN,
	.sysctl_max_dgram_qlen = DEFAULT_MAX_DGRAM_QLEN,
	.ns = { .count = REFCOUNT_INIT(1), .ops = &netns_operations },
};

struct net *get_net(struct net *net)
{
	if (net != &init_net)
		refcount_inc(&net->ns.count);
	return net;
}

static void free_net(struct work_struct *work)
{
	struct net *net = container_of(work, struct net, work);

	ns_common_exit(&net->ns);
	dec_ucount(net->ucounts, UCOUNT_NET_NAMESPACES);
	put_user_ns(net->user_ns);
	kfree(net);
}

void put_net(struct net *net)
{
	if (net && net != &init_net && refcount_dec_and_test(&net->ns.count))
		schedule_work(&net->work);
}

struct net *copy_net_ns(unsigned long flags, struct user_namespace *user_ns, struct net *old)
{
	struct ucounts *ucounts;
	struct net *net;
	int error = -ENOMEM;

	if (!(flags & CLONE_NEWNET))
		return get_net(old);
	ucounts = inc_ucount(user_ns, current_euid(), UCOUNT_NET_NAMESPACES);
	if (!ucounts)
		return ERR_PTR(-ENOSPC);
	net = kzalloc(sizeof(*net), GFP_KERNEL);
	if (net)
		error = ns_common_init(&net->ns, &netns_operations);
	if (error) {
		kfree(net);
		dec_ucount(ucounts, UCOUNT_NET_NAMESPACES);
		return ERR_PTR(error);
	}
	net->user_ns = get_user_ns(user_ns);
	net->ucounts = ucounts;
	net->sysctl_somaxconn = SOMAXCONN;
	net->sysctl_max_dgram_qlen = DEFAULT_MAX_DGRAM_QLEN;
	INIT_WORK(&net->work, free_net);
	return net;
}

/* ---- as a file ---- */

static struct net *to_net(struct ns_common *ns)
{
	return container_of(ns, struct net, ns);
}

static struct ns_common *netns_get(struct task_struct *task)
{
	struct net *net = NULL;

	task_lock(task);
	if (task->nsproxy)
		net = get_net(task->nsproxy->net_ns);
	task_unlock(task);
	return net ? &net->ns : NULL;
}

static void netns_put(struct ns_common *ns)
{
	put_net(to_net(ns));
}

static int netns_install(struct nsset *nsset, struct ns_common *ns)
{
	struct net *net = to_net(ns);

	if (!ns_capable(net->user_ns, CAP_SYS_ADMIN) ||
	    !ns_capable(nsset->cred->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	put_net(nsset->nsproxy->net_ns);
	nsset->nsproxy->net_ns = get_net(net);
	return 0;
}

static struct user_namespace *netns_owner(struct ns_common *ns)
{
	return to_net(ns)->user_ns;
}

const struct proc_ns_operations netns_operations = {
	.name = "net",
	.kind = "net",
	.type = CLONE_NEWNET,
	.get = netns_get,
	.put = netns_put,
	.install = netns_install,
	.owner = netns_owner,
};

/* As on Linux its number is an ordinary one. */
static int __init net_ns_init(void)
{
	if (ns_common_init(&init_net.ns, &netns_operations))
		panic("no number for the network name space");
	return 0;
}
pure_initcall(net_ns_init);
