/* SPDX-License-Identifier: MIT */
/* Completions: waiting for something that happens once. */
#ifndef KERN_COMPLETION_H
#define KERN_COMPLETION_H

#include <kern/wait.h>

struct completion {
	unsigned int done;		/* wait.lock; UINT_MAX: complete_all() */
	struct wait_queue_head wait;
};

#define COMPLETION_INITIALIZER(work) { .done = 0, .wait = __WAIT_QUEUE_HEAD_INITIALIZER((work).wait) }
#define COMPLETION_INITIALIZER_ONSTACK(work) (*({ init_completion(&work); &work; }))
#define DECLARE_COMPLETION(work) struct completion work = COMPLETION_INITIALIZER(work)
#define DECLARE_COMPLETION_ONSTACK(work) struct completion work; init_completion(&work)

#define init_completion(x) do { (x)->done = 0; init_waitqueue_head(&(x)->wait); } while (0)

static inline void reinit_completion(struct completion *x)
{
	x->done = 0;
}

/* => any context. complete() lets one waiter through, complete_all() all for ever. */
void complete(struct completion *x);
void complete_all(struct completion *x);

/* => may sleep. Timeouts are jiffies: the value is what is left, 0 when it ran out. */
void wait_for_completion(struct completion *x);
void wait_for_completion_io(struct completion *x);
unsigned long wait_for_completion_timeout(struct completion *x, unsigned long timeout);
/* 0 or -ERESTARTSYS. */
int __must_check wait_for_completion_interruptible(struct completion *x);
int __must_check wait_for_completion_killable(struct completion *x);
int wait_for_completion_state(struct completion *x, unsigned int state);
long wait_for_completion_interruptible_timeout(struct completion *x, unsigned long timeout);
long wait_for_completion_killable_timeout(struct completion *x, unsigned long timeout);
bool try_wait_for_completion(struct completion *x);
bool completion_done(struct completion *x);

#endif
