// SPDX-License-Identifier: MIT
/*
 * Collecting sockets that nobody can reach.
 *
 * Problem: a message holds the files it carries. If they are sockets, and the message waits in
 * the queue of one of them (or round a longer cycle), their counts never drop to zero although
 * no process has a descriptor of any of them.
 *
 * Each unix socket counts how many messages refer to it (inflight); those with a count are on
 * inflight_list. A collection looks at candidates: sockets whose file count is all inflight. From
 * gc_refs = inflight it takes away the references that lie in queues of candidates. Who has some
 * left is reachable from outside, and so is all that can be reached from there through queues.
 * The messages in the queues of the others are taken out and freed, which breaks the cycles.
 *
 * unix_gc_lock guards the list and the counts, and is held while a collection decides; queue
 * locks nest inside.
 *
 * Races:
 *  - a message is being sent: its files are counted as inflight before it is in any queue, so
 *    they keep gc_refs > 0 and stay.
 *  - a message is being received: it left the queue, but its files are still counted as inflight
 *    until unix_notinflight() gets the lock: the same.
 *  - MSG_PEEK takes a new reference out of a queue: unix_gc_barrier() waits for a collection that
 *    may have looked at the count before, ahead of the descriptor being given to the program.
 */
#include <fs/file.h>
#include <kern/bug.h>
#include <kern/cred.h>
#include <kern/workqueue.h>
#include "internal.h"

static DEFINE_SPINLOCK(unix_gc_lock);
static LIST_HEAD(inflight_list); /* unix_gc_lock */
static unsigned int nr_inflight; /* unix_gc_lock: sockets on it; hint without */

struct sock *unix_get_socket(struct file *file)
{
	struct socket *sock = sock_from_file(file);

	return sock && sock->sk && sock->ops && sock->ops->family == PF_UNIX ? sock->sk : NULL;
}

void unix_inflight(struct scm_fp_list *fpl)
{
	int i;

	spin_lock(&unix_gc_lock);
	for (i = 0; i < fpl->count; i++) {
		struct sock *sk = unix_get_socket(fpl->fp[i]);

		if (sk && !unix_sk(sk)->inflight++) {
			list_add_tail(&unix_sk(sk)->inflight_link, &inflight_list);
			WRITE_ONCE(nr_inflight, nr_inflight + 1);
		}
	}
	spin_unlock(&unix_gc_lock);
	atomic_long_add(fpl->count, &fpl->user->unix_inflight);
}

void unix_notinflight(struct scm_fp_list *fpl)
{
	int i;

	spin_lock(&unix_gc_lock);
	for (i = 0; i < fpl->count; i++) {
		struct sock *sk = unix_get_socket(fpl->fp[i]);

		if (sk && !--unix_sk(sk)->inflight) {
			list_del_init(&unix_sk(sk)->inflight_link);
			WRITE_ONCE(nr_inflight, nr_inflight - 1);
		}
	}
	spin_unlock(&unix_gc_lock);
	atomic_long_sub(fpl->count, &fpl->user->unix_inflight);
}

void unix_gc_barrier(void)
{
	spin_lock(&unix_gc_lock);
	spin_unlock(&unix_gc_lock);
}

/* ---- one collection ---- */

typedef void (*visit_t)(struct unix_sock *u, void *arg);

/* Calls visit() for each candidate that a message carries. */
static void visit_message(const struct sk_buff *skb, visit_t visit, void *arg)
{
	const struct scm_fp_list *fpl = UNIXCB(skb).fp;
	int i;

	for (i = 0; fpl && i < fpl->count; i++) {
		struct sock *sk = unix_get_socket(fpl->fp[i]);

		if (sk && unix_sk(sk)->gc_candidate)
			visit(unix_sk(sk), arg);
	}
}

/*
 * All messages that wait for readers of sk: in its queue, and in those of its embryos. Messages
 * with files go to `hitlist` if there is one.
 */
static void scan_queue(struct sock *sk, visit_t visit, void *arg, struct sk_buff_head *hitlist,
		       unsigned int depth)
{
	struct sk_buff_head *queue = &sk->sk_receive_queue;
	struct sk_buff *skb, *next;

	spin_lock_nested(&queue->lock, depth);
	skb_queue_walk_safe(queue, skb, next)
	{
		if (sk->sk_state == TCP_LISTEN) {
			scan_queue(skb->sk, visit, arg, hitlist, 1);
			continue;
		}
		if (visit)
			visit_message(skb, visit, arg);
		if (hitlist && UNIXCB(skb).fp) {
			__skb_unlink(skb, queue);
			__skb_queue_tail(hitlist, skb);
		}
	}
	spin_unlock(&queue->lock);
}

static void take_reference(struct unix_sock *u, void *arg)
{
	u->gc_refs--;
}

/* A reachable one: its own queue is looked through later. */
static void rescue(struct unix_sock *u, void *arg)
{
	u->gc_candidate = false;
	list_move_tail(&u->inflight_link, arg);
}

/* Moves all sockets whose references are all inflight. => unix_gc_lock held */
static void find_candidates(struct list_head *candidates)
{
	struct unix_sock *u, *next;

	list_for_each_entry_safe(u, next, &inflight_list, inflight_link) {
		struct socket *sock = READ_ONCE(u->sk.sk_socket);
		struct file *file = sock ? READ_ONCE(sock->file) : NULL;

		if (!file || file_count(file) != (long)u->inflight)
			continue;
		u->gc_candidate = true;
		u->gc_refs = u->inflight;
		list_move_tail(&u->inflight_link, candidates);
	}
}

static void collect(struct sk_buff_head *hitlist)
{
	struct unix_sock *u, *next;
	LIST_HEAD(candidates);
	LIST_HEAD(reachable);

	find_candidates(&candidates);
	list_for_each_entry(u, &candidates, inflight_link)
		scan_queue(&u->sk, take_reference, NULL, NULL, 0);
	list_for_each_entry_safe(u, next, &candidates, inflight_link)
		if (u->gc_refs > 0)
			rescue(u, &reachable);
	/* The list grows at its end while it is walked. */
	list_for_each_entry(u, &reachable, inflight_link)
		scan_queue(&u->sk, rescue, &reachable, NULL, 0);
	list_for_each_entry(u, &candidates, inflight_link)
		scan_queue(&u->sk, NULL, NULL, hitlist, 0);
	list_for_each_entry(u, &candidates, inflight_link)
		u->gc_candidate = false;
	list_splice_tail(&candidates, &inflight_list);
	list_splice_tail(&reachable, &inflight_list);
}

static void unix_gc(struct work_struct *work)
{
	struct sk_buff_head hitlist;

	__skb_queue_head_init(&hitlist);
	spin_lock(&unix_gc_lock);
	collect(&hitlist);
	spin_unlock(&unix_gc_lock);
	__skb_queue_purge(&hitlist);
}

static DECLARE_WORK(unix_gc_work, unix_gc);

void unix_schedule_gc(void)
{
	if (READ_ONCE(nr_inflight))
		schedule_work(&unix_gc_work);
}
