/* SPDX-License-Identifier: MIT */
/* Unix sockets: what hangs on a sock of the family, and on a message under way. */
#ifndef NET_AF_UNIX_H
#define NET_AF_UNIX_H

#include <fs/path.h>
#include <kern/mutex.h>
#include <linux/un.h>
#include <net/sock.h>

struct scm_fp_list;

/* A name, shared by a listener and the sockets it accepted. */
struct unix_address {
	refcount_t refcnt;
	int len;			/* of the sockaddr_un */
	struct sockaddr_un name[];	/* an abstract name is not terminated */
};

/*
 *   (f) unix_state_lock()   (b) bindlock to write; addr is set once, with release order
 *   (t) the lock of its bucket   (g) unix_gc_lock
 */
struct unix_sock {
	struct sock sk;			/* first */
	struct unix_address *addr;	/* b */
	struct path path;		/* b; taken away by release under f */
	struct mutex iolock;		/* readers, one at a time */
	struct mutex bindlock;
	struct sock *peer;		/* f: counted */
	struct sk_buff *oob_skb;	/* f: the urgent byte, also in sk_receive_queue */
	spinlock_t lock;
	wait_queue_head_t peer_wait;	/* those who wait for room in sk_receive_queue */
	wait_queue_entry_t peer_wake;	/* on the peer's peer_wait: relays to our pollers */
	unsigned int hash;		/* t: bucket of the table of all */
	struct hlist_node inode_node;	/* t: in the table of path names */
	atomic_t scm_files;		/* x: files in sk_receive_queue */
	struct list_head inflight_link;	/* g: in the list of sockets that are under way */
	unsigned long inflight;		/* g: references from messages */
	long gc_refs;			/* g: of these, not yet found by the collector */
	bool gc_candidate;		/* g */
};

static inline struct unix_sock *unix_sk(const struct sock *sk)
{
	return (struct unix_sock *)sk;
}

#define unix_peer(sk) (unix_sk(sk)->peer)

/* In skb->cb. */
struct unix_skb_parms {
	struct pid *pid;		/* counted: the sender; NULL: not recorded */
	struct scm_fp_list *fp;		/* files under way */
	kuid_t uid;
	kgid_t gid;
	u32 consumed;			/* bytes of a stream that were read */
};

#define UNIXCB(skb) (*(struct unix_skb_parms *)(skb)->cb)

#endif
