/* SPDX-License-Identifier: MIT */
/* The FPU state of current for signal frames: an XSAVE area as Linux's sigcontext wants it. */
#ifndef UM_FPU_H
#define UM_FPU_H

#include <kern/types.h>

/* Bytes of the area, with FP_XSTATE_MAGIC2 behind it. A frame aligns it to 64. */
size_t fpu_user_size(void);

/* Fills buf (size >= fpu_user_size()) from current. 0 or -EINVAL. */
int fpu_save_user(void *xstate_kernel_buf, size_t size);

/*
 * Loads current from buf: at least the 512 bytes of FXSAVE; what follows counts only when the
 * magic numbers say so. Reserved bits are cleared as Linux does, or -EINVAL.
 */
int fpu_restore_user(const void *xstate_kernel_buf, size_t size);

/* Resets current's FPU to its initial state (a signal handler starts with one). */
void fpu_clear(void);

#endif
