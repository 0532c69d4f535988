/* SPDX-License-Identifier: MIT */
/* Between interval timers and POSIX timers, and of those the ones on CPU clocks. */
#ifndef TIME_POSIX_TIMERS_H
#define TIME_POSIX_TIMERS_H

#include <kern/hrtimer.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/refcount.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/list.h>
#include <lib/rbtree.h>

struct signal_struct;
struct sigqueue;
struct task_cputime;
struct task_struct;

/* (l) it_lock  (b) the lock of the struct cpu_timers that it belongs to */
struct k_itimer {
	struct list_head list; /* siglock */
	struct hlist_node hashed; /* timers_lock; read under RCU */
	struct signal_struct *sig; /* whose timer; set before it is hashed */
	refcount_t refs;
	spinlock_t it_lock;
	timer_t id;
	clockid_t clock;
	int notify;		   /* SIGEV_* */
	bool deleted;		   /* l */
	bool armed;		   /* l: will fire by itself */
	int requeue_pending;	   /* l: number of the expiry whose signal waits */
	s64 overrun, overrun_last; /* l */
	ktime_t interval;	   /* l */
	struct pid *target;	   /* who gets the signal */
	enum pid_type target_type;
	struct sigqueue *sigq;
	struct hrtimer real;	      /* timers on real clocks */
	struct task_struct *cpu_task; /* timers on CPU clocks: whose clock; referenced */
	u64 cpu_expires;	      /* l; and b while it is queued */
	struct rb_node cpu_node;      /* b */
	bool cpu_queued;	      /* b */
	bool cpu_firing;	      /* set under b, cleared under l and b: a tick has it in its list */
	struct list_head cpu_due;     /* of the tick that fires it */
	struct rcu_head rcu;
};

/* Sends the timer's signal. => it_lock held; nonzero: it was ignored or nobody is there */
int posix_timer_post(struct k_itimer *timer);
void posix_timer_put(struct k_itimer *timer);

/* ---- posix_cpu_timers.c; => it_lock held, interrupts masked ---- */

/* Lets the timer, which is off, expire at that reading of its clock: at once if that is past. */
void posix_cpu_timer_arm(struct k_itimer *timer, u64 expires);
/* Begins the next period of one that has fired, and counts those that were missed. */
void posix_cpu_timer_next(struct k_itimer *timer);
/* False: a tick is about to fire it, and wants it_lock. */
bool posix_cpu_timer_try_to_cancel(struct k_itimer *timer);

/*
 * Fires what is due on the CPU clocks of current and of its process; group: the process's times, or
 * NULL, to be found out. => interrupt context, no lock held
 */
void posix_cpu_timers_expire(const struct task_cputime *group);

#endif
