/* SPDX-License-Identifier: MIT */
/* The FPU state of a guest thread, in the host's XSAVE layout, for signal frames and ptrace. */
#ifndef UM_FPU_H
#define UM_FPU_H

#include <kern/types.h>

/* Bytes of an area, header and FP_XSTATE_MAGIC2 included. */
size_t fpu_user_size(void);
/* current's state out of and into its slot; restore refuses a malformed area with -EINVAL. */
int fpu_save_user(void *xstate, size_t size);
int fpu_restore_user(const void *xstate, size_t size);

#endif
