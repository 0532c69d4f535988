/* SPDX-License-Identifier: MIT */
/* What the files of unix sockets share. */
#ifndef NET_UNIX_INTERNAL_H
#define NET_UNIX_INTERNAL_H

#include <net/af_unix.h>
#include <net/scm.h>

#define UNIX_ADDR_MIN ((int)offsetof(struct sockaddr_un, sun_path))

enum { U_LOCK_FIRST, U_LOCK_SECOND };

static inline void unix_state_lock(struct sock *sk)
{
	spin_lock(&unix_sk(sk)->lock);
}

static inline void unix_state_unlock(struct sock *sk)
{
	spin_unlock(&unix_sk(sk)->lock);
}

/* Two at once; they may be the same, and b may be NULL. */
void unix_state_double_lock(struct sock *a, struct sock *b);
void unix_state_double_unlock(struct sock *a, struct sock *b);

static inline bool unix_recvq_full(const struct sock *sk)
{
	return skb_queue_len_lockless(&sk->sk_receive_queue) > READ_ONCE(sk->sk_max_ack_backlog);
}

/* May sk send to `other`? => other's state locked */
static inline bool unix_may_send(struct sock *sk, struct sock *other)
{
	return !unix_peer(other) || unix_peer(other) == sk;
}

static inline unsigned int unix_skb_len(const struct sk_buff *skb)
{
	return skb->len - UNIXCB(skb).consumed;
}

/* af_unix.c */
extern struct proto unix_proto;
struct sock *unix_create1(struct net *net, struct socket *sock, int type, gfp_t gfp);
/* Ends a socket; `embryo`: it was never accepted. => no lock held */
void unix_release_sock(struct sock *sk, bool embryo);
/* The peer with a reference, or NULL. */
struct sock *unix_peer_get(struct sock *sk);
/* Writes the name of sk to a receiver's msg_name. */
void unix_copy_addr(struct msghdr *msg, struct sock *sk);
bool unix_writable(const struct sock *sk);

/* name.c */
/* Family and length of an address: 0 or -EINVAL. */
int unix_validate_addr(const struct sockaddr_un *addr, int len);
int unix_bind(struct socket *sock, struct sockaddr *addr, int len);
/* Gives an unnamed socket an abstract name. 0 when it has one already. */
int unix_autobind(struct sock *sk);
/* A sender that passes credentials needs a name for answers. */
int unix_autobind_for_cred(struct socket *sock);
/* The socket of that name and type with a reference, or ERR_PTR: -ECONNREFUSED, -EPROTOTYPE. */
struct sock *unix_find_other(struct net *net, struct sockaddr_un *addr, int len, int type);
void unix_table_insert(struct sock *sk);
void unix_table_remove(struct sock *sk);
void unix_release_addr(struct unix_address *addr);
void unix_table_init(void);
/* Walks all sockets: the one at or after *bucket, *skip; with the bucket's lock held. */
#define UNIX_HASH_BITS 8
struct unix_bucket {
	spinlock_t lock;
	struct hlist_head head;
};
extern struct unix_bucket unix_table[1 << UNIX_HASH_BITS];

/* connect.c */
int unix_listen(struct socket *sock, int backlog);
int unix_stream_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
int unix_accept(struct socket *sock, struct socket *newsock, int flags);
int unix_socketpair(struct socket *a, struct socket *b);
int unix_dgram_connect(struct socket *sock, struct sockaddr *addr, int len, int flags);
/* Sleeps until other's queue has room. => other's state locked, unlocked on return; jiffies left */
long unix_wait_for_peer(struct sock *other, long timeo);
/* sk lost its peer: what it had sent is lost with it. */
void unix_dgram_disconnected(struct sock *sk, struct sock *other);

/* dgram.c */
int unix_dgram_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
int unix_dgram_recvmsg(struct socket *sock, struct msghdr *msg, size_t len, int flags);
int unix_seqpacket_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
int unix_seqpacket_recvmsg(struct socket *sock, struct msghdr *msg, size_t len, int flags);
__poll_t unix_dgram_poll(struct file *file, struct socket *sock, poll_table *wait);
int unix_peer_wake_relay(wait_queue_entry_t *entry, unsigned int mode, int flags, void *key);
void unix_peer_wake_disconnect(struct sock *sk, struct sock *other);
void unix_peer_wake_disconnect_wakeup(struct sock *sk, struct sock *other);

/* stream.c */
int unix_stream_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
int unix_stream_recvmsg(struct socket *sock, struct msghdr *msg, size_t len, int flags);
__poll_t unix_poll(struct file *file, struct socket *sock, poll_table *wait);
int unix_set_peek_off(struct sock *sk, int val);
/* Where reading starts: the peek offset with MSG_PEEK when it is on, else 0. */
int unix_peek_start(const struct sock *sk, int flags);
void unix_peek_offset_fwd(struct sock *sk, int val);
void unix_peek_offset_bwd(struct sock *sk, int val);

/* oob.c */
enum unix_oob { UNIX_OOB_READ, UNIX_OOB_SKIP, UNIX_OOB_DROP, UNIX_OOB_STOP };
/* What a read does with a message, as far as urgent bytes go. => sk locked, iolock held */
enum unix_oob unix_oob_look(struct sock *sk, struct sk_buff *skb, int flags, bool copied);
int unix_queue_oob(struct socket *sock, struct msghdr *msg, struct sock *other,
		   struct scm_cookie *scm);
int unix_recv_oob(struct socket *sock, struct msghdr *msg, int flags);
/* SIOCATMARK: does the next read begin at the urgent byte? */
int unix_at_mark(struct sock *sk);

/* scm.c */
/* The sender's credentials and files to the message: -ETOOMANYREFS. Files move to it. */
int unix_scm_to_skb(struct scm_cookie *scm, struct sk_buff *skb, bool send_fds);
/* Records the sender where one of the ends asked for it. => other's state locked */
void unix_maybe_add_creds(struct sk_buff *skb, struct socket *sock, struct sock *other);
bool unix_skb_scm_eq(const struct sk_buff *skb, const struct scm_cookie *scm);
void unix_detach_fds(struct scm_cookie *scm, struct sk_buff *skb);
int unix_peek_fds(struct scm_cookie *scm, struct sk_buff *skb);
void unix_scm_stat_add(struct sock *sk, const struct sk_buff *skb);
void unix_scm_stat_del(struct sock *sk, const struct sk_buff *skb);

/* garbage.c */
struct sock *unix_get_socket(struct file *file);
void unix_inflight(struct scm_fp_list *fpl);
void unix_notinflight(struct scm_fp_list *fpl);
/* Holds the caller until a collection that may have begun before has seen its references. */
void unix_gc_barrier(void);
/* Something that may have been the last outside reference went. */
void unix_schedule_gc(void);

/* proc.c */
void unix_proc_init(void);

#endif
