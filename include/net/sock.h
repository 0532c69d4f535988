/* SPDX-License-Identifier: MIT */
/* struct sock: the protocol's half of a socket, its memory accounts, and its wake-ups. */
#ifndef NET_SOCK_H
#define NET_SOCK_H

#include <fs/poll.h>
#include <kern/atomic.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/mutex.h>
#include <kern/refcount.h>
#include <kern/sched.h>
#include <kern/spinlock.h>
#include <kern/timer.h>
#include <kern/types.h>
#include <kern/uidgid.h>
#include <kern/wait.h>
#include <lib/bitops.h>
#include <lib/list.h>
#include <net/net_namespace.h>
#include <net/skbuff.h>
#include <net/socket.h>

struct cred;
struct pid;
struct kmem_cache;
struct sk_filter;

/* sk_state; the numbers are TCP's, all families share those they need. */
enum {
	TCP_ESTABLISHED = 1,
	TCP_SYN_SENT,
	TCP_SYN_RECV,
	TCP_FIN_WAIT1,
	TCP_FIN_WAIT2,
	TCP_TIME_WAIT,
	TCP_CLOSE,
	TCP_CLOSE_WAIT,
	TCP_LAST_ACK,
	TCP_LISTEN,
	TCP_CLOSING,
};

/* sk_shutdown */
#define RCV_SHUTDOWN	1
#define SEND_SHUTDOWN	2
#define SHUTDOWN_MASK	3

/* sk_userlocks: sizes that setsockopt() fixed are SOCK_SNDBUF_LOCK and SOCK_RCVBUF_LOCK. */

/* sk_flags */
enum sock_flags {
	SOCK_DEAD,		/* has no socket any more */
	SOCK_DONE,
	SOCK_URGINLINE,
	SOCK_KEEPOPEN,
	SOCK_LINGER,
	SOCK_BROADCAST,
	SOCK_DBG,
	SOCK_LOCALROUTE,
	SOCK_RCVTSTAMP,		/* SO_TIMESTAMP ... */
	SOCK_RCVTSTAMPNS,	/* ... in nanoseconds ... */
	SOCK_TSTAMP_NEW,	/* ... and in the 64-bit form */
	SOCK_RXQ_OVFL,
	SOCK_WIFI_STATUS,
	SOCK_NOFCS,
	SOCK_FILTER_LOCKED,
	SOCK_SELECT_ERR_QUEUE,
	SOCK_RCVMARK,
	SOCK_ZEROCOPY,
	SOCK_NO_CHECK_TX,
};

#define SK_WMEM_DEFAULT 212992
#define SK_RMEM_DEFAULT 212992
#define SOCK_MIN_SNDBUF (SKB_TRUESIZE(2048) * 2)
#define SOCK_MIN_RCVBUF SKB_TRUESIZE(2048)

extern unsigned int sysctl_wmem_max, sysctl_rmem_max, sysctl_wmem_default, sysctl_rmem_default;

/* A protocol: the size of its struct (which begins with struct sock), and how many there are. */
struct proto {
	const char *name;
	unsigned int obj_size;
	struct kmem_cache *slab;	/* i: made by proto_register() */
	atomic_long_t inuse;
	struct list_head node;		/* proto_list_lock */
};

/*
 *   (i) constant after set-up      (x) atomic
 *   (l) lock_sock()                (f) the family's lock: unix_state_lock() for unix sockets
 *   (p) sk_peer_lock               (c) sk_callback_lock to write, also RCU to read
 */
struct sock {
	unsigned short sk_family;	/* i */
	unsigned short sk_type;		/* i */
	unsigned short sk_protocol;	/* i */
	volatile unsigned char sk_state;	/* f */
	u8 sk_shutdown;			/* f: RCV_SHUTDOWN, SEND_SHUTDOWN */
	u8 sk_userlocks;		/* l */
	u8 sk_reuse;			/* l */
	u8 sk_reuseport;		/* l */
	refcount_t sk_refcnt;		/* x */
	struct proto *sk_prot;		/* i */
	struct net *sk_net;		/* i: counted */
	struct mutex sk_lock;		/* lock_sock() */
	struct sk_buff_head sk_receive_queue;
	atomic_t sk_rmem_alloc;		/* x: truesize of what was received and not read */
	refcount_t sk_wmem_alloc;	/* x: truesize of what was sent and not read, plus one */
	int sk_rcvbuf;			/* l */
	int sk_sndbuf;			/* l */
	gfp_t sk_allocation;		/* i */
	unsigned long sk_flags;		/* l: SOCK_* */
	int sk_err;			/* x: reported once */
	atomic_t sk_drops;		/* x */
	u32 sk_max_ack_backlog;		/* f */
	int sk_rcvlowat;		/* l */
	long sk_rcvtimeo;		/* l: jiffies */
	long sk_sndtimeo;		/* l */
	unsigned long sk_lingertime;	/* l */
	u32 sk_priority;		/* l */
	u32 sk_mark;			/* l */
	int sk_peek_off;		/* iolock of unix; below zero: off */
	int sk_busy_poll;		/* l: told back, without effect */
	u64 sk_max_pacing_rate;		/* l: told back, without effect */
	int sk_incoming_cpu;		/* l: likewise; -1 until it is set */
	int sk_bound_dev_if;		/* l: likewise; 0 or a device's number */
	atomic64_t sk_cookie;		/* x: 0 until asked for */
	kuid_t sk_uid;			/* i: of the creator */
	spinlock_t sk_peer_lock;
	struct pid *sk_peer_pid;	/* p: counted */
	const struct cred *sk_peer_cred;	/* p: counted */
	struct socket *sk_socket;	/* c */
	struct socket_wq *sk_wq;	/* c, RCU */
	rwlock_t sk_callback_lock;
	/* Told of changes; any context but interrupts. */
	void (*sk_state_change)(struct sock *sk);
	void (*sk_data_ready)(struct sock *sk);
	void (*sk_write_space)(struct sock *sk);
	void (*sk_error_report)(struct sock *sk);
	/* The last reference goes: queues are emptied. */
	void (*sk_destruct)(struct sock *sk);
	struct sk_filter *sk_filter;	/* l to write, RCU to read */
	struct hlist_node sk_node;	/* the family's table lock */
};

/* ---- life ---- */

int proto_register(struct proto *prot);
/* A sock with one reference and no socket; NULL without memory. => may sleep */
struct sock *sk_alloc(struct net *net, int family, gfp_t gfp, struct proto *prot);
/* Defaults and callbacks, and the tie to `sock` (may be NULL). */
void sock_init_data(struct socket *sock, struct sock *sk);
/* Drops the reference of sk_alloc(): the memory goes when nothing sent is under way any more. */
void sk_free(struct sock *sk);

static inline void sock_hold(struct sock *sk)
{
	refcount_inc(&sk->sk_refcnt);
}

static inline void sock_put(struct sock *sk)
{
	if (refcount_dec_and_test(&sk->sk_refcnt))
		sk_free(sk);
}

/* Ties a sock to the socket of accept(), or cuts the tie. => process context */
void sock_graft(struct sock *sk, struct socket *parent);
void sock_orphan(struct sock *sk);

static inline struct net *sock_net(const struct sock *sk)
{
	return sk->sk_net;
}

static inline bool sock_flag(const struct sock *sk, enum sock_flags flag)
{
	return test_bit(flag, &sk->sk_flags);
}

static inline void sock_set_flag(struct sock *sk, enum sock_flags flag)
{
	set_bit(flag, &sk->sk_flags);
}

static inline void sock_valbool_flag(struct sock *sk, enum sock_flags flag, bool on)
{
	if (on)
		set_bit(flag, &sk->sk_flags);
	else
		clear_bit(flag, &sk->sk_flags);
}

/* The owner's lock. => task context, may sleep */
static inline void lock_sock(struct sock *sk)
{
	mutex_lock(&sk->sk_lock);
}

static inline void release_sock(struct sock *sk)
{
	mutex_unlock(&sk->sk_lock);
}

/* Inode number and owner of the socket, 0 without one. */
unsigned long sock_i_ino(struct sock *sk);
u64 sock_gen_cookie(struct sock *sk);

/* ---- who is at the other end ---- */

void sock_init_peercred(struct sock *sk);
void sock_copy_peercred(struct sock *sk, struct sock *from);
/* What SO_PEERCRED tells. */
void cred_to_ucred(struct pid *pid, const struct cred *cred, struct ucred *ucred);

/* ---- memory ---- */

/* A buffer charged to sk_wmem_alloc; waits for room. NULL and *error (-EAGAIN, -EPIPE, ...). */
struct sk_buff *sock_alloc_send_pskb(struct sock *sk, size_t header_len, size_t data_len,
				     int noblock, int *error, int max_order);
void skb_set_owner_w(struct sk_buff *skb, struct sock *sk);
void sock_wfree(struct sk_buff *skb);

static inline int sk_wmem_alloc_get(const struct sock *sk)
{
	return refcount_read(&sk->sk_wmem_alloc) - 1;
}

static inline int sk_rmem_alloc_get(struct sock *sk)
{
	return atomic_read(&sk->sk_rmem_alloc);
}

static inline bool sock_writeable(const struct sock *sk)
{
	return refcount_read(&sk->sk_wmem_alloc) < (sk->sk_sndbuf >> 1);
}

/* What the socket's filter says of a message: 0 (it may have been cut), or -EPERM: drop it. */
int sk_filter(struct sock *sk, struct sk_buff *skb);

/* ---- waiting ---- */

static inline long sock_rcvtimeo(const struct sock *sk, bool noblock)
{
	return noblock ? 0 : sk->sk_rcvtimeo;
}

static inline long sock_sndtimeo(const struct sock *sk, bool noblock)
{
	return noblock ? 0 : sk->sk_sndtimeo;
}

static inline int sock_rcvlowat(const struct sock *sk, int waitall, int len)
{
	int v = waitall ? len : min(READ_ONCE(sk->sk_rcvlowat), len);

	return v ?: 1;
}

/* A signal came: calls with a time limit are not restarted. */
static inline int sock_intr_errno(long timeo)
{
	return timeo == MAX_SCHEDULE_TIMEOUT ? -ERESTARTSYS : -EINTR;
}

static inline int sock_error(struct sock *sk)
{
	return likely(!READ_ONCE(sk->sk_err)) ? 0 : -xchg(&sk->sk_err, 0);
}

static inline wait_queue_head_t *sk_sleep(struct sock *sk)
{
	return &READ_ONCE(sk->sk_wq)->wait;
}

static inline bool skwq_has_sleeper(struct socket_wq *wq)
{
	return wq && wq_has_sleeper(&wq->wait);
}

void sk_wake_async(const struct sock *sk, int how, int band);

/* ---- messages ---- */

/* Takes the first message, or looks at it (MSG_PEEK: with a reference); waits as asked. */
struct sk_buff *skb_recv_datagram(struct sock *sk, unsigned int flags, int *error);
/* One look without waiting; *off is where reading starts (SO_PEEK_OFF); NULL and *error. */
struct sk_buff *__skb_try_recv_datagram(struct sock *sk, unsigned int flags, int *off,
					int *error, struct sk_buff **last);
int __skb_wait_for_more_packets(struct sock *sk, int *error, long *timeo,
				const struct sk_buff *last);
/* What poll() says but for room to send; files itself for the socket's wake-ups. */
__poll_t sock_poll_input(struct file *file, struct socket *sock, poll_table *wait);
__poll_t datagram_poll(struct file *file, struct socket *sock, poll_table *wait);
/* Time stamp, drop count and mark of a message, as the options ask. */
void sock_recv_cmsgs(struct msghdr *msg, struct sock *sk, struct sk_buff *skb);

#endif
