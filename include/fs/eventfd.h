/* SPDX-License-Identifier: MIT */
/* Counters that programs wait on (eventfd), as the kernel counts them up. */
#ifndef FS_EVENTFD_H
#define FS_EVENTFD_H

#include <kern/types.h>

struct eventfd_ctx;

/* The counter of a descriptor with a reference; ERR_PTR: -EBADF, -EINVAL (another file). */
struct eventfd_ctx *eventfd_ctx_fdget(int fd);
void eventfd_ctx_put(struct eventfd_ctx *ctx);
/* Adds one, up to the largest value. => any context */
void eventfd_signal(struct eventfd_ctx *ctx);

#endif
