// SPDX-License-Identifier: MIT
/* Netlink messages on their way: from programs, to one port, to a group, to programs. */
#include <fs/file.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/pid.h>
#include <kern/signal.h>
#include <lib/string.h>
#include "internal.h"

/* ---- to the receiver's queue ---- */

static void netlink_skb_destructor(struct sk_buff *skb)
{
	put_pid(NETLINK_CB(skb).pid);
	NETLINK_CB(skb).pid = NULL;
}

static void netlink_queue_destructor(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	netlink_skb_destructor(skb);
	atomic_sub(skb->truesize, &sk->sk_rmem_alloc);
	wake_up_interruptible(&nlk_sk(sk)->wait);
}

static bool has_room(struct sock *sk)
{
	return sk_rmem_alloc_get(sk) <= READ_ONCE(sk->sk_rcvbuf) || sock_flag(sk, SOCK_DEAD);
}

/*
 * No reference: what comes to a queue after its socket was released goes with the sock. One who
 * keeps a charged message out of the queue holds the sock.
 */
static void charge(struct sock *sk, struct sk_buff *skb)
{
	skb->sk = sk;
	skb->destructor = netlink_queue_destructor;
	atomic_add(skb->truesize, &sk->sk_rmem_alloc);
}

static void queue(struct sock *sk, struct sk_buff *skb)
{
	skb_queue_tail(&sk->sk_receive_queue, skb);
	sk->sk_data_ready(sk);
}

/* The receiver missed a message: it hears of it once. */
static void overrun(struct sock *sk)
{
	atomic_inc(&sk->sk_drops);
	if (nlk_sk(sk)->flags & (1U << NETLINK_NO_ENOBUFS))
		return;
	WRITE_ONCE(sk->sk_err, ENOBUFS);
	sk->sk_error_report(sk);
}

/* A request for the kernel: handled here and now. */
static int to_kernel(struct sock *sk, struct sk_buff *skb, struct sock *ssk)
{
	const struct netlink_kernel_cfg *cfg = nlk_sk(sk)->cfg;
	int len = skb->len;

	if (!cfg->input) {
		kfree_skb(skb);
		return -ECONNREFUSED;
	}
	NETLINK_CB(skb).sk = ssk;
	cfg->input(skb);
	consume_skb(skb);
	return len;
}

int netlink_unicast(struct sock *ssk, struct sk_buff *skb, u32 portid, int nonblock)
{
	struct sock *sk = netlink_lookup(sock_net(ssk), ssk->sk_protocol, portid);
	long timeo = sock_sndtimeo(ssk, nonblock);
	int len = skb->len;
	long left;

	if (!sk) {
		kfree_skb(skb);
		return -ECONNREFUSED;
	}
	if (nlk_sk(sk)->cfg) {
		len = to_kernel(sk, skb, ssk);
		sock_put(sk);
		return len;
	}
	if (!has_room(sk)) {
		left = timeo ? wait_event_interruptible_timeout(nlk_sk(sk)->wait, has_room(sk),
								timeo) :
			       0;
		if (left <= 0) {
			/* Only the kernel does not wait, nor hear of it. */
			if (!NETLINK_CB(skb).portid)
				overrun(sk);
			sock_put(sk);
			kfree_skb(skb);
			return left ? sock_intr_errno(timeo) : -EAGAIN;
		}
	}
	if (sk_filter(sk, skb)) {
		kfree_skb(skb);
	} else {
		charge(sk, skb);
		queue(sk, skb);
	}
	sock_put(sk);
	return len;
}

static bool in_group(const struct netlink_sock *nlk, u32 group)
{
	return group && group <= MAX_GROUPS &&
	       (nlk->groups[(group - 1) / BITS_PER_LONG] >> ((group - 1) % BITS_PER_LONG) & 1);
}

int netlink_broadcast(struct sock *ssk, struct sk_buff *skb, u32 portid, u32 group, gfp_t gfp)
{
	struct netlink_sock *nlk;
	int error = -ESRCH;

	read_lock(&nl_table_lock);
	hlist_for_each_entry(nlk, &nl_members[ssk->sk_protocol], mc_node) {
		struct sk_buff *copy;

		if (&nlk->sk == ssk || (portid && nlk->portid == portid) || !in_group(nlk, group) ||
		    sock_net(&nlk->sk) != sock_net(ssk))
			continue;
		error = 0;
		copy = has_room(&nlk->sk) ? skb_clone(skb, GFP_ATOMIC) : NULL;
		if (!copy) {
			overrun(&nlk->sk);
			continue;
		}
		if (sk_filter(&nlk->sk, copy)) {
			kfree_skb(copy);
			continue;
		}
		get_pid(NETLINK_CB(copy).pid);
		NETLINK_CB(copy).dst_group = group;
		charge(&nlk->sk, copy);
		queue(&nlk->sk, copy);
	}
	read_unlock(&nl_table_lock);
	consume_skb(skb);
	return error;
}

/* ---- from programs ---- */

/* Port and group of a message. 0, -EINVAL, -EPERM */
static int get_target(struct sock *sk, struct msghdr *msg, u32 *portid, u32 *group)
{
	const struct sockaddr_nl *addr = msg->msg_name;

	*portid = nlk_sk(sk)->dst_portid;
	*group = nlk_sk(sk)->dst_group;
	if (!msg->msg_namelen)
		return 0;
	if (msg->msg_namelen < (int)sizeof(*addr) || addr->nl_family != AF_NETLINK)
		return -EINVAL;
	*portid = addr->nl_pid;
	*group = __builtin_ffs(addr->nl_groups);
	if ((*portid || *group) && !ns_capable(sock_net(sk)->user_ns, CAP_NET_ADMIN) &&
	    !(netlink_cfg(sk->sk_protocol)->flags & NL_CFG_F_NONROOT_SEND))
		return -EPERM;
	return 0;
}

static struct sk_buff *make_message(struct sock *sk, struct msghdr *msg, size_t len,
				    const struct scm_cookie *scm)
{
	struct sk_buff *skb;

	if (len > (size_t)max(READ_ONCE(sk->sk_sndbuf) - 32, 0))
		return ERR_PTR(-EMSGSIZE);
	skb = alloc_skb(len, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(-ENOBUFS);
	NETLINK_CB(skb).portid = nlk_sk(sk)->portid;
	NETLINK_CB(skb).pid = get_pid(scm->pid);
	NETLINK_CB(skb).uid = scm->uid;
	NETLINK_CB(skb).gid = scm->gid;
	skb->destructor = netlink_skb_destructor;
	if (copy_from_iter(skb_put(skb, len), len, &msg->msg_iter) == len)
		return skb;
	kfree_skb(skb);
	return ERR_PTR(-EFAULT);
}

int netlink_sendmsg(struct socket *sock, struct msghdr *msg, size_t len)
{
	struct sock *sk = sock->sk;
	struct scm_cookie scm;
	struct sk_buff *skb;
	u32 portid, group;
	int error;

	if (msg->msg_flags & MSG_OOB)
		return -EOPNOTSUPP;
	if (!len)
		return -ENODATA;
	error = scm_send(sock, msg, &scm, true);
	if (error < 0)
		return error;
	error = get_target(sk, msg, &portid, &group);
	if (!error)
		error = netlink_autobind(sk);
	if (error)
		goto out;
	skb = make_message(sk, msg, len, &scm);
	error = PTR_ERR(skb);
	if (IS_ERR(skb))
		goto out;
	if (group) {
		struct sk_buff *copy = skb_clone(skb, GFP_KERNEL);

		if (copy) {
			get_pid(NETLINK_CB(copy).pid);
			copy->destructor = netlink_skb_destructor;
			netlink_broadcast(sk, copy, portid, group, GFP_KERNEL);
		}
	}
	error = netlink_unicast(sk, skb, portid, msg->msg_flags & MSG_DONTWAIT);
out:
	scm_destroy(&scm);
	return error;
}

/* ---- to programs ---- */

static void tell_sender(struct msghdr *msg, const struct sk_buff *skb)
{
	struct sockaddr_nl *addr = msg->msg_name;
	u32 group = NETLINK_CB(skb).dst_group;

	if (!addr)
		return;
	memset(addr, 0, sizeof(*addr));
	addr->nl_family = AF_NETLINK;
	addr->nl_pid = NETLINK_CB(skb).portid;
	addr->nl_groups = group && group <= 32 ? 1U << (group - 1) : 0;
	msg->msg_namelen = sizeof(*addr);
}

int netlink_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags)
{
	struct sock *sk = sock->sk;
	struct scm_cookie scm = { 0 };
	struct sk_buff *skb;
	size_t copied;
	int error;

	if (flags & MSG_OOB)
		return -EOPNOTSUPP;
	skb = skb_recv_datagram(sk, flags, &error);
	if (!skb)
		return error;
	copied = skb->len;
	if (copied > size) {
		msg->msg_flags |= MSG_TRUNC;
		copied = size;
	}
	error = skb_copy_datagram_iter(skb, 0, &msg->msg_iter, copied);
	if (error)
		goto out;
	tell_sender(msg, skb);
	if (nlk_sk(sk)->flags & (1U << NETLINK_PKTINFO)) {
		struct nl_pktinfo info = { NETLINK_CB(skb).dst_group };

		put_cmsg(msg, SOL_NETLINK, NETLINK_PKTINFO, sizeof(info), &info);
	}
	scm_set_cred(&scm, NETLINK_CB(skb).pid, NETLINK_CB(skb).uid, NETLINK_CB(skb).gid);
	error = flags & MSG_TRUNC ? skb->len : copied;
	scm_recv(sock, msg, &scm, flags);
out:
	kfree_skb(skb);
	return error;
}

/* ---- for one who keeps a socket ---- */

struct sock *netlink_getsockbyfilp(struct file *file)
{
	struct socket *sock = sock_from_file(file);

	if (!sock)
		return ERR_PTR(-ENOTSOCK);
	if (sock->sk->sk_family != AF_NETLINK)
		return ERR_PTR(-EINVAL);
	sock_hold(sock->sk);
	return sock->sk;
}

int netlink_attachskb(struct sock *sk, struct sk_buff *skb)
{
	if (!has_room(sk)) {
		int error = wait_event_interruptible(nlk_sk(sk)->wait, has_room(sk));

		if (error) {
			sock_put(sk);
			kfree_skb(skb);
			return error;
		}
	}
	charge(sk, skb);
	return 0;
}

int netlink_sendskb(struct sock *sk, struct sk_buff *skb)
{
	int len = skb->len;

	queue(sk, skb);
	sock_put(sk);
	return len;
}

void netlink_detachskb(struct sock *sk, struct sk_buff *skb)
{
	kfree_skb(skb);
	sock_put(sk);
}
