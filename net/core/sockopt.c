// SPDX-License-Identifier: MIT
/* Options of SOL_SOCKET. */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/jiffies.h>
#include <kern/ktime.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <lib/string.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <net/loopback.h>
#include <net/sock.h>
#include "internal.h"

unsigned int sysctl_wmem_max = SK_WMEM_DEFAULT;
unsigned int sysctl_rmem_max = SK_RMEM_DEFAULT;
unsigned int sysctl_wmem_default = SK_WMEM_DEFAULT;
unsigned int sysctl_rmem_default = SK_RMEM_DEFAULT;

/* ---- setting ---- */

/* What is stored is twice what was asked: half of it is for the kernel's own structures. */
static void set_sndbuf(struct sock *sk, unsigned int val)
{
	val = min(val, (unsigned int)INT_MAX / 2);
	sk->sk_userlocks |= SOCK_SNDBUF_LOCK;
	WRITE_ONCE(sk->sk_sndbuf, max((int)val * 2, (int)SOCK_MIN_SNDBUF));
	sk->sk_write_space(sk);
}

static void set_rcvbuf(struct sock *sk, unsigned int val)
{
	val = min(val, (unsigned int)INT_MAX / 2);
	sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	WRITE_ONCE(sk->sk_rcvbuf, max((int)val * 2, (int)SOCK_MIN_RCVBUF));
}

static int set_timeout(long *timeo, const char __user *val, unsigned int len)
{
	s64 tv[2];

	if (len < sizeof(tv))
		return -EINVAL;
	if (copy_from_user(tv, val, sizeof(tv)))
		return -EFAULT;
	if (tv[1] < 0 || tv[1] >= USEC_PER_SEC)
		return -EDOM;
	if (tv[0] < 0) {
		WRITE_ONCE(*timeo, 0);
		return 0;
	}
	WRITE_ONCE(*timeo, MAX_SCHEDULE_TIMEOUT);
	if ((tv[0] || tv[1]) && tv[0] < MAX_SCHEDULE_TIMEOUT / HZ - 1)
		WRITE_ONCE(*timeo,
			   tv[0] * HZ + DIV_ROUND_UP((unsigned long)tv[1], USEC_PER_SEC / HZ));
	return 0;
}

static int set_linger(struct sock *sk, const char __user *val, unsigned int len)
{
	struct linger ling;

	if (len < sizeof(ling))
		return -EINVAL;
	if (copy_from_user(&ling, val, sizeof(ling)))
		return -EFAULT;
	if (ling.l_onoff)
		sk->sk_lingertime = (unsigned long)(unsigned int)ling.l_linger * HZ;
	sock_valbool_flag(sk, SOCK_LINGER, ling.l_onoff);
	return 0;
}

/* 32 bits, of which all ones are no limit; or 64. */
static int set_pacing_rate(struct sock *sk, const char __user *uval, unsigned int len)
{
	u64 rate = 0;

	if (copy_from_user(&rate, uval, len >= sizeof(rate) ? sizeof(rate) : sizeof(u32)))
		return -EFAULT;
	sk->sk_max_pacing_rate = len < sizeof(rate) && rate == ~0U ? ~0ULL : rate;
	return 0;
}

/* By the name of a device, the empty one for none. Leaving one takes CAP_NET_RAW. */
static int bind_to_device(struct sock *sk, const char __user *uname, unsigned int len)
{
	char name[IFNAMSIZ] = { 0 };
	int error = 0;

	if (copy_from_user(name, uname, min(len, IFNAMSIZ - 1U)))
		return -EFAULT;
	if (name[0] && strcmp(name, LOOPBACK_NAME))
		return -ENODEV;
	lock_sock(sk);
	if (sk->sk_bound_dev_if && !ns_capable(sock_net(sk)->user_ns, CAP_NET_RAW))
		error = -EPERM;
	else
		sk->sk_bound_dev_if = name[0] ? LOOPBACK_IFINDEX : 0;
	release_sock(sk);
	return error;
}

static int get_bound_device(struct sock *sk, char __user *uname, int __user *ulen, int len)
{
	if (!READ_ONCE(sk->sk_bound_dev_if))
		return put_user(0, ulen);
	if (len < IFNAMSIZ)
		return -EINVAL;
	if (copy_to_user(uname, LOOPBACK_NAME, sizeof(LOOPBACK_NAME)))
		return -EFAULT;
	return put_user((int)sizeof(LOOPBACK_NAME), ulen);
}

static void set_timestamp(struct sock *sk, int name, bool on)
{
	sock_valbool_flag(sk, SOCK_RCVTSTAMP, on);
	sock_valbool_flag(sk, SOCK_RCVTSTAMPNS,
			  on && (name == SO_TIMESTAMPNS_OLD || name == SO_TIMESTAMPNS_NEW));
	sock_valbool_flag(sk, SOCK_TSTAMP_NEW,
			  on && (name == SO_TIMESTAMP_NEW || name == SO_TIMESTAMPNS_NEW));
}

static bool privileged(void)
{
	return capable(CAP_NET_ADMIN) || capable(CAP_NET_RAW);
}

/* Options whose value is a switch and whose effect is a bit of sk_flags. */
static const struct {
	int name;
	enum sock_flags flag;
} flag_options[] = {
	{ SO_DEBUG, SOCK_DBG },
	{ SO_KEEPALIVE, SOCK_KEEPOPEN },
	{ SO_BROADCAST, SOCK_BROADCAST },
	{ SO_OOBINLINE, SOCK_URGINLINE },
	{ SO_DONTROUTE, SOCK_LOCALROUTE },
	{ SO_RXQ_OVFL, SOCK_RXQ_OVFL },
	{ SO_WIFI_STATUS, SOCK_WIFI_STATUS },
	{ SO_NOFCS, SOCK_NOFCS },
	{ SO_NO_CHECK, SOCK_NO_CHECK_TX },
	{ SO_SELECT_ERR_QUEUE, SOCK_SELECT_ERR_QUEUE },
	{ SO_LOCK_FILTER, SOCK_FILTER_LOCKED },
	{ SO_RCVMARK, SOCK_RCVMARK },
	{ SO_ZEROCOPY, SOCK_ZEROCOPY },
};

/* The bit of an option, or -1. */
static int flag_of(int name)
{
	unsigned int i;

	for (i = 0; i < sizeof(flag_options) / sizeof(flag_options[0]); i++)
		if (flag_options[i].name == name)
			return flag_options[i].flag;
	return -1;
}

/* Options that are switched on and off. true when it was one of them. */
static bool set_switch(struct socket *sock, struct sock *sk, int name, bool on)
{
	int flag = flag_of(name);

	if (flag >= 0) {
		sock_valbool_flag(sk, flag, on);
		return true;
	}
	switch (name) {
	case SO_REUSEADDR:
		sk->sk_reuse = on;
		return true;
	case SO_REUSEPORT:
		sk->sk_reuseport = on;
		return true;
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		set_timestamp(sk, name, on);
		return true;
	case SO_PASSCRED:
	case SO_PASSSEC:
	case SO_PASSPIDFD: {
		int bit = name == SO_PASSCRED ? SOCK_PASSCRED :
			  name == SO_PASSSEC  ? SOCK_PASSSEC :
						SOCK_PASSPIDFD;

		if (on)
			set_bit(bit, &sock->flags);
		else
			clear_bit(bit, &sock->flags);
		return true;
	}
	}
	return false;
}

static int set_buffer_lock(struct sock *sk, int val)
{
	if (val & ~SOCK_BUF_LOCK_MASK)
		return -EINVAL;
	sk->sk_userlocks = val | (sk->sk_userlocks & ~SOCK_BUF_LOCK_MASK);
	return 0;
}

/* => lock_sock() held; val is the option's first int */
static int set_number(struct socket *sock, struct sock *sk, int name, int val)
{
	switch (name) {
	case SO_DEBUG:
		if (val && !capable(CAP_NET_ADMIN))
			return -EACCES;
		sock_valbool_flag(sk, SOCK_DBG, val);
		return 0;
	case SO_SNDBUF:
		set_sndbuf(sk, min((unsigned int)val, READ_ONCE(sysctl_wmem_max)));
		return 0;
	case SO_SNDBUFFORCE:
		if (!capable(CAP_NET_ADMIN))
			return -EPERM;
		set_sndbuf(sk, max(val, 0));
		return 0;
	case SO_RCVBUF:
		set_rcvbuf(sk, min((unsigned int)val, READ_ONCE(sysctl_rmem_max)));
		return 0;
	case SO_RCVBUFFORCE:
		if (!capable(CAP_NET_ADMIN))
			return -EPERM;
		set_rcvbuf(sk, max(val, 0));
		return 0;
	case SO_INCOMING_CPU:
		sk->sk_incoming_cpu = val;
		return 0;
	case SO_PRIORITY:
		if ((val < 0 || val > 6) && !privileged())
			return -EPERM;
		sk->sk_priority = val;
		return 0;
	case SO_MARK:
		if (!privileged())
			return -EPERM;
		sk->sk_mark = val;
		return 0;
	case SO_RCVLOWAT:
		WRITE_ONCE(sk->sk_rcvlowat, val < 0 ? INT_MAX : val ?: 1);
		return 0;
	case SO_PEEK_OFF:
		return sock->ops->set_peek_off ? sock->ops->set_peek_off(sk, val) : -EOPNOTSUPP;
	case SO_BUSY_POLL:
		if (val < 0)
			return -EINVAL;
		if (val > sk->sk_busy_poll && !capable(CAP_NET_ADMIN))
			return -EPERM;
		sk->sk_busy_poll = val;
		return 0;
	case SO_BUF_LOCK:
		return set_buffer_lock(sk, val);
	case SO_DETACH_FILTER:
		return sk_detach_filter(sk);
	case SO_LOCK_FILTER:
		if (sock_flag(sk, SOCK_FILTER_LOCKED) && !val)
			return -EPERM;
		sock_valbool_flag(sk, SOCK_FILTER_LOCKED, val);
		return 0;
	case SO_ZEROCOPY:
		return -EOPNOTSUPP;
	case SO_TYPE:
	case SO_PROTOCOL:
	case SO_DOMAIN:
	case SO_ERROR:
		return -ENOPROTOOPT;
	}
	return set_switch(sock, sk, name, val) ? 0 : -ENOPROTOOPT;
}

int sock_setsockopt(struct socket *sock, int name, char __user *uval, unsigned int len)
{
	struct sock *sk = sock->sk;
	int val, error;

	if (name == SO_BINDTODEVICE)
		return bind_to_device(sk, uval, len);
	if (len < sizeof(int))
		return -EINVAL;
	if (get_user(val, (int __user *)uval))
		return -EFAULT;
	if (name == SO_ATTACH_FILTER)
		return sk_attach_filter(sk, uval, len);
	lock_sock(sk);
	switch (name) {
	case SO_LINGER:
		error = set_linger(sk, uval, len);
		break;
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		error = set_timeout(&sk->sk_rcvtimeo, uval, len);
		break;
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		error = set_timeout(&sk->sk_sndtimeo, uval, len);
		break;
	case SO_MAX_PACING_RATE:
		error = set_pacing_rate(sk, uval, len);
		break;
	default:
		error = set_number(sock, sk, name, val);
	}
	release_sock(sk);
	return error;
}

/* ---- getting ---- */

union option_value {
	int val;
	u64 val64;
	s64 tv[2];
	struct linger ling;
	struct ucred creds;
};

static void get_timeout(long timeo, s64 tv[2])
{
	tv[0] = tv[1] = 0;
	if (timeo != MAX_SCHEDULE_TIMEOUT) {
		tv[0] = timeo / HZ;
		tv[1] = (timeo % HZ) * (USEC_PER_SEC / HZ);
	}
}

static bool get_timestamp(struct sock *sk, int name)
{
	bool wide = name == SO_TIMESTAMP_NEW || name == SO_TIMESTAMPNS_NEW;
	bool ns = name == SO_TIMESTAMPNS_OLD || name == SO_TIMESTAMPNS_NEW;

	return sock_flag(sk, SOCK_RCVTSTAMP) &&
	       sock_flag(sk, SOCK_TSTAMP_NEW) == wide &&
	       sock_flag(sk, SOCK_RCVTSTAMPNS) == ns;
}

/* Options that are one int. -ENOPROTOOPT when it is none of them. */
static int get_number(struct socket *sock, struct sock *sk, int name, int *val)
{
	int flag = flag_of(name);

	if (flag >= 0) {
		*val = sock_flag(sk, flag);
		return 0;
	}
	switch (name) {
	case SO_SNDBUF:
		*val = READ_ONCE(sk->sk_sndbuf);
		break;
	case SO_RCVBUF:
		*val = READ_ONCE(sk->sk_rcvbuf);
		break;
	case SO_REUSEADDR:
		*val = sk->sk_reuse;
		break;
	case SO_REUSEPORT:
		*val = sk->sk_reuseport;
		break;
	case SO_TYPE:
		*val = sk->sk_type;
		break;
	case SO_PROTOCOL:
		*val = sk->sk_protocol;
		break;
	case SO_DOMAIN:
		*val = sk->sk_family;
		break;
	case SO_ERROR:
		*val = -sock_error(sk);
		break;
	case SO_PRIORITY:
		*val = sk->sk_priority;
		break;
	case SO_MARK:
		*val = sk->sk_mark;
		break;
	case SO_RCVLOWAT:
		*val = READ_ONCE(sk->sk_rcvlowat);
		break;
	case SO_SNDLOWAT:
		*val = 1;
		break;
	case SO_PASSCRED:
		*val = test_bit(SOCK_PASSCRED, &sock->flags);
		break;
	case SO_PASSSEC:
		*val = test_bit(SOCK_PASSSEC, &sock->flags);
		break;
	case SO_PASSPIDFD:
		*val = test_bit(SOCK_PASSPIDFD, &sock->flags);
		break;
	case SO_ACCEPTCONN:
		*val = sk->sk_state == TCP_LISTEN;
		break;
	case SO_BUSY_POLL:
		*val = sk->sk_busy_poll;
		break;
	case SO_INCOMING_CPU:
		*val = sk->sk_incoming_cpu;
		break;
	case SO_BUF_LOCK:
		*val = sk->sk_userlocks & SOCK_BUF_LOCK_MASK;
		break;
	case SO_TIMESTAMP_OLD:
	case SO_TIMESTAMP_NEW:
	case SO_TIMESTAMPNS_OLD:
	case SO_TIMESTAMPNS_NEW:
		*val = get_timestamp(sk, name);
		break;
	case SO_PEEK_OFF:
		if (!sock->ops->set_peek_off)
			return -EOPNOTSUPP;
		*val = READ_ONCE(sk->sk_peek_off);
		break;
	default:
		return -ENOPROTOOPT;
	}
	return 0;
}

static int get_peerpidfd(struct sock *sk, int *val)
{
	struct file *file;
	struct pid *pid;
	int fd;

	spin_lock(&sk->sk_peer_lock);
	pid = get_pid(sk->sk_peer_pid);
	spin_unlock(&sk->sk_peer_lock);
	if (!pid)
		return -ENODATA;
	fd = pidfd_prepare(pid, 0, &file);
	put_pid(pid);
	if (fd < 0)
		return fd;
	fd_install(fd, file);
	*val = fd;
	return 0;
}

static void get_peercred(struct sock *sk, struct ucred *creds)
{
	spin_lock(&sk->sk_peer_lock);
	cred_to_ucred(sk->sk_peer_pid, sk->sk_peer_cred, creds);
	spin_unlock(&sk->sk_peer_lock);
}

static int get_peergroups(struct sock *sk, char __user *uval, int __user *ulen, int len)
{
	const struct cred *cred = NULL;
	int i, size, error = 0;

	spin_lock(&sk->sk_peer_lock);
	if (sk->sk_peer_cred)
		cred = get_cred(sk->sk_peer_cred);
	spin_unlock(&sk->sk_peer_lock);
	if (!cred)
		return -ENODATA;
	size = cred->group_info->ngroups * sizeof(gid_t);
	if (len < size)
		error = put_user(size, ulen) ? -EFAULT : -ERANGE;
	for (i = 0; !error && i < cred->group_info->ngroups; i++)
		error = put_user(from_kgid_munged(current_user_ns(), cred->group_info->gid[i]),
				 (gid_t __user *)uval + i);
	if (!error)
		error = put_user(size, ulen);
	put_cred(cred);
	return error;
}

/* The name of the other end, as long as the caller's room. */
static int get_peername(struct socket *sock, char __user *uval, int __user *ulen, int len)
{
	struct sockaddr_storage addr;
	int n = sock->ops->getname(sock, (struct sockaddr *)&addr, 2);

	if (n < 0)
		return -ENOTCONN;
	if (n < len)
		return -EINVAL;
	if (copy_to_user(uval, &addr, len))
		return -EFAULT;
	return put_user(len, ulen);
}

/* Fills the value: its size, or an errno. */
static int get_value(struct socket *sock, struct sock *sk, int name, union option_value *v, int len)
{
	int error;

	switch (name) {
	case SO_LINGER:
		v->ling.l_onoff = sock_flag(sk, SOCK_LINGER);
		v->ling.l_linger = sk->sk_lingertime / HZ;
		return sizeof(v->ling);
	case SO_RCVTIMEO_OLD:
	case SO_RCVTIMEO_NEW:
		get_timeout(READ_ONCE(sk->sk_rcvtimeo), v->tv);
		return sizeof(v->tv);
	case SO_SNDTIMEO_OLD:
	case SO_SNDTIMEO_NEW:
		get_timeout(READ_ONCE(sk->sk_sndtimeo), v->tv);
		return sizeof(v->tv);
	case SO_PEERCRED:
		get_peercred(sk, &v->creds);
		return sizeof(v->creds);
	case SO_PEERSEC:
		return -ENOPROTOOPT;
	case SO_COOKIE:
		if (len < (int)sizeof(u64))
			return -EINVAL;
		v->val64 = sock_gen_cookie(sk);
		return sizeof(u64);
	case SO_MAX_PACING_RATE:
		v->val64 = sk->sk_max_pacing_rate;
		if (len >= (int)sizeof(u64))
			return sizeof(u64);
		v->val = min(sk->sk_max_pacing_rate, (u64)~0U);
		return sizeof(int);
	case SO_PEERPIDFD:
		error = get_peerpidfd(sk, &v->val);
		return error ?: (int)sizeof(int);
	}
	error = get_number(sock, sk, name, &v->val);
	return error ?: (int)sizeof(int);
}

int sock_getsockopt(struct socket *sock, int name, char __user *uval, int __user *ulen)
{
	struct sock *sk = sock->sk;
	union option_value v;
	int len, size;

	if (get_user(len, ulen))
		return -EFAULT;
	if (len < 0)
		return -EINVAL;
	switch (name) {
	case SO_PEERGROUPS:
		return get_peergroups(sk, uval, ulen, len);
	case SO_PEERNAME:
		return get_peername(sock, uval, ulen, len);
	case SO_BINDTODEVICE:
		return get_bound_device(sk, uval, ulen, len);
	case SO_GET_FILTER:
		return sk_get_filter(sk, uval, ulen, len);
	}
	memset(&v, 0, sizeof(v));
	size = get_value(sock, sk, name, &v, len);
	if (size < 0)
		return size;
	len = min(len, size);
	if (copy_to_user(uval, &v, len))
		return -EFAULT;
	return put_user(len, ulen);
}
