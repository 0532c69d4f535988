/* SPDX-License-Identifier: MIT */
/* The FPU state of current for signal frames: an XSAVE area as Linux's sigcontext wants it. */
#ifndef UM_FPU_H
#define UM_FPU_H

#include <kern/types.h>

/* Bytes of the area, with FP_XSTATE_MAGIC2 behind it. A frame aligns it to 64. */
size_t fpu_user_size(void);

/* The components of the state, as bits of XCR0: those that the host saves in signal frames. */
u64 fpu_xfeatures(void);

/* Fills buf (size >= fpu_user_size()) from current. 0 or -EINVAL. */
int fpu_save_user(void *xstate_kernel_buf, size_t size);

/*
 * Loads current from buf: at least the 512 bytes of FXSAVE; what follows counts only when the
 * magic numbers say so. Reserved bits are cleared as Linux does, or -EINVAL.
 */
int fpu_restore_user(const void *xstate_kernel_buf, size_t size);

/* Resets current's FPU to its initial state (a signal handler starts with one). */
void fpu_clear(void);

/*
 * The same of another task that is stopped, as ptrace and core files show it: fpu_xstate_size()
 * bytes in an area of fpu_user_size(), with the mask of components at byte 464.
 */
struct task_struct;
size_t fpu_xstate_size(void);
void fpu_read(struct task_struct *task, void *area);
/* Replaces the legacy 512 bytes only, or all. 0, -EINVAL: reserved bits, -ENOMEM. */
int fpu_write(struct task_struct *task, const void *area, bool whole);

#endif
