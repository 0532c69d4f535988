/* SPDX-License-Identifier: MIT */
/* What the files of seccomp share. */
#ifndef SECCOMP_INTERNAL_H
#define SECCOMP_INTERNAL_H

#include <kern/mutex.h>
#include <kern/refcount.h>
#include <kern/types.h>
#include <kern/wait.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

struct file;
struct seccomp_listener;
struct task_struct;

/*
 * One filter. Filters form a tree: a task points at its newest, each at the one before it,
 * which it shares with all tasks that were forked, or synchronised, since then.
 *   (i) constant   (n) notify_lock
 */
struct seccomp_filter {
	refcount_t refs;	     /* tasks, younger filters, the listener */
	refcount_t users;	     /* tasks that it applies to, and younger filters in use */
	struct seccomp_filter *prev; /* i: counted in both ways */
	bool log;		     /* i: SECCOMP_FILTER_FLAG_LOG */
	bool wait_killable;	     /* i: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV */
	struct mutex notify_lock;
	struct seccomp_listener *listener; /* n: NULL without one */
	wait_queue_head_t wait;		   /* pollers and readers of the listener */
	unsigned int len;		   /* i: instructions */
	struct sock_filter insns[];	   /* i */
};

void seccomp_filter_get(struct seccomp_filter *filter);
void seccomp_filter_put(struct seccomp_filter *filter);

/* notify.c: a descriptor for the filter's notifications, not yet installed; or an ERR_PTR. */
struct file *seccomp_listener_open(struct seccomp_filter *filter);
/*
 * Lets the listener decide over a call of current. True: the call is to be made; else *result
 * is what it returns. => may sleep
 */
bool seccomp_ask_listener(struct seccomp_filter *filter, const struct seccomp_data *data,
			  long *result);
long seccomp_notif_sizes(struct seccomp_notif_sizes __user *sizes);

/* sysctl.c: is an action to be told in the log? */
bool seccomp_action_logged(u32 action);
bool seccomp_action_is_known(u32 action);

#endif
