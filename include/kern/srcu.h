/* SPDX-License-Identifier: MIT */
/*
 * SRCU: RCU whose readers may sleep. Each domain (struct srcu_struct) waits for its own readers
 * only. See kernel/rcu/srcu.c.
 *
 *	idx = srcu_read_lock(&domain);
 *	p = srcu_dereference(pointer, &domain);
 *	...
 *	srcu_read_unlock(&domain, idx);
 */
#ifndef KERN_SRCU_H
#define KERN_SRCU_H

#include <kern/mutex.h>
#include <kern/rcupdate.h>
#include <kern/spinlock.h>
#include <kern/workqueue.h>

/* Sections entered and left under each of the two numbers, on one CPU. */
struct srcu_counts {
	unsigned long entered[2], left[2];
};

struct srcu_struct {
	struct srcu_counts *counts;	/* per CPU */
	unsigned int idx;		/* lowest bit: the number that new readers take; mutex */
	struct mutex mutex;		/* one grace period at a time */
	spinlock_t lock;		/* guards the two lists; interrupts off */
	struct rcu_head *head, **tail;	/* callbacks that wait */
	struct work_struct work;	/* calls them */
};

/* 0 or -ENOMEM. => may sleep */
int __init_srcu_struct(struct srcu_struct *domain);
#define init_srcu_struct(domain) __init_srcu_struct(domain)
/* => no reader, no callback left. May sleep */
void cleanup_srcu_struct(struct srcu_struct *domain);

/* The value is for srcu_read_unlock(), by the same task. => any context but NMI; nests */
int __must_check srcu_read_lock(struct srcu_struct *domain);
void srcu_read_unlock(struct srcu_struct *domain, int idx);

#define srcu_dereference(p, domain) rcu_dereference(p)

/* Waits until all sections that are open now have ended. => not in a section; may sleep */
void synchronize_srcu(struct srcu_struct *domain);
void synchronize_srcu_expedited(struct srcu_struct *domain);
/* Calls func(head) after a grace period, in a work queue. => any context */
void call_srcu(struct srcu_struct *domain, struct rcu_head *head, rcu_callback_t func);
/* Waits until all callbacks queued so far have run. => may sleep */
void srcu_barrier(struct srcu_struct *domain);

#endif
