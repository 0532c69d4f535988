/* SPDX-License-Identifier: MIT */
/* What the files of asynchronous I/O share. */
#ifndef FS_AIO_INTERNAL_H
#define FS_AIO_INTERNAL_H

#include <kern/refcount.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <kern/wait.h>
#include <linux/aio_abi.h>

/*
 *   (i) constant   (a) aio_lock   (l) lock
 */
struct aio_context {
	struct list_head list;		/* a: in mm->aio_contexts, while it is not dead */
	bool dead;			/* a */
	refcount_t refs;
	aio_context_t id;		/* i: the address of its page */
	unsigned int size;		/* i */
	spinlock_t lock;
	unsigned int head, count;	/* l: results in events */
	unsigned int taken;		/* l: places of results and of requests under way */
	struct io_event *events;	/* l */
	wait_queue_head_t wait;
};

/* A place for one more result, false when there is none; or gives it back. */
bool aio_take_place(struct aio_context *ctx);
void aio_give_place(struct aio_context *ctx);
/* Puts a result into the place that was taken for it. */
void aio_complete(struct aio_context *ctx, const struct io_event *event);

/* submit.c: does one request. An errno: it was not begun. */
int aio_submit_one(struct aio_context *ctx, struct iocb __user *uiocb);

#endif
