// SPDX-License-Identifier: MIT
/*
 * Filters that sockets put before their queues: classic BPF programs that say how much of a
 * message is taken, 0 for nothing.
 *
 * A filter is replaced under lock_sock() and run under RCU.
 */
#include <kern/err.h>
#include <kern/filter.h>
#include <kern/random.h>
#include <kern/rcupdate.h>
#include <lib/unaligned.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <net/sock.h>
#include <um/percpu.h>
#include "internal.h"

struct sk_filter {
	struct rcu_head rcu;
	unsigned int len; /* instructions */
	struct sock_filter insns[];
};

/* The message as the program sees it. */
struct filter_view {
	struct bpf_classic_data data; /* first */
	const struct sk_buff *skb;
};

/* Facts beside the bytes; those about devices are 0. */
static bool load_ancillary(const struct sk_buff *skb, u32 which, u32 *value)
{
	*value = 0;
	switch (which) {
	case SKF_AD_PROTOCOL:
		*value = __builtin_bswap16(skb->protocol);
		return true;
	case SKF_AD_PKTTYPE:
		*value = skb->pkt_type;
		return true;
	case SKF_AD_MARK:
		*value = skb->mark;
		return true;
	case SKF_AD_CPU:
		*value = smp_processor_id();
		return true;
	case SKF_AD_RANDOM:
		*value = get_random_u32();
		return true;
	case SKF_AD_PAY_OFFSET:
	case SKF_AD_QUEUE:
	case SKF_AD_RXHASH:
	case SKF_AD_VLAN_TAG:
	case SKF_AD_VLAN_TAG_PRESENT:
		return true;
	}
	return false;
}

static bool load(const struct bpf_classic_data *data, u32 offset, unsigned int size, u32 *value)
{
	const struct filter_view *view = (const struct filter_view *)data;
	u8 bytes[4];

	if (offset >= (u32)SKF_AD_OFF)
		return load_ancillary(view->skb, offset - (u32)SKF_AD_OFF, value);
	if (offset > INT_MAX - size || skb_copy_bits(view->skb, offset, bytes, size))
		return false;
	*value = size == 1 ? bytes[0] :
		 size == 2 ? get_unaligned_be16(bytes) :
			     get_unaligned_be32(bytes);
	return true;
}

int sk_filter(struct sock *sk, struct sk_buff *skb)
{
	struct filter_view view = { { .load = load, .len = skb->len }, skb };
	struct sk_filter *filter;
	u32 take = ~0U;

	if (likely(!READ_ONCE(sk->sk_filter)))
		return 0;
	rcu_read_lock();
	filter = rcu_dereference(sk->sk_filter);
	if (filter)
		take = bpf_run_classic(filter->insns, &view.data);
	rcu_read_unlock();
	if (!take)
		return -EPERM;
	if (take < skb->len)
		pskb_trim(skb, take);
	return 0;
}

static void free_filter(struct rcu_head *head)
{
	kfree(container_of(head, struct sk_filter, rcu));
}

/* => lock_sock() held, or nobody else knows sk */
static void replace_filter(struct sock *sk, struct sk_filter *new)
{
	struct sk_filter *old = sk->sk_filter;

	rcu_assign_pointer(sk->sk_filter, new);
	if (old)
		call_rcu(&old->rcu, free_filter);
}

void sk_filter_release(struct sock *sk)
{
	replace_filter(sk, NULL);
}

static struct sk_filter *read_filter(const struct sock_fprog *prog)
{
	struct sk_filter *filter;
	int error = -EFAULT;

	if (!prog->filter || !prog->len || prog->len > BPF_MAXINSNS)
		return ERR_PTR(-EINVAL);
	filter = kmalloc(sizeof(*filter) + prog->len * sizeof(filter->insns[0]), GFP_KERNEL);
	if (!filter)
		return ERR_PTR(-ENOMEM);
	filter->len = prog->len;
	if (!copy_from_user(filter->insns, (const void __user *)prog->filter,
			    prog->len * sizeof(filter->insns[0])))
		error = bpf_check_classic(filter->insns, prog->len);
	if (!error)
		return filter;
	kfree(filter);
	return ERR_PTR(error);
}

int sk_attach_filter(struct sock *sk, const char __user *val, unsigned int len)
{
	struct sk_filter *filter;
	struct sock_fprog prog;
	int error = 0;

	if (len != sizeof(prog))
		return -EINVAL;
	if (copy_from_user(&prog, val, sizeof(prog)))
		return -EFAULT;
	filter = read_filter(&prog);
	if (IS_ERR(filter))
		return PTR_ERR(filter);
	lock_sock(sk);
	if (sock_flag(sk, SOCK_FILTER_LOCKED))
		error = -EPERM;
	else
		replace_filter(sk, filter);
	release_sock(sk);
	if (error)
		kfree(filter);
	return error;
}

int sk_detach_filter(struct sock *sk)
{
	if (sock_flag(sk, SOCK_FILTER_LOCKED))
		return -EPERM;
	if (!sk->sk_filter)
		return -ENOENT;
	replace_filter(sk, NULL);
	return 0;
}

int sk_get_filter(struct sock *sk, char __user *val, int __user *ulen, int len)
{
	struct sk_filter *filter;
	int n = 0, error = 0;

	lock_sock(sk);
	filter = sk->sk_filter;
	if (filter) {
		n = filter->len;
		if (len && len < n)
			error = -EINVAL;
		else if (len && copy_to_user(val, filter->insns, n * sizeof(filter->insns[0])))
			error = -EFAULT;
	}
	release_sock(sk);
	return error ?: put_user(n, ulen);
}
