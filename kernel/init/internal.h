/* SPDX-License-Identifier: MIT */
/* What the files of kernel/init/ share. */
#ifndef KERNEL_INIT_INTERNAL_H
#define KERNEL_INIT_INTERNAL_H

#include <kern/types.h>

#define LAST_EARLY_LEVEL 9
#define LAST_LEVEL 99

void run_initcalls(int first, int last);
/* Opens init's descriptors and executes it: 0, then the thread enters user mode; panics if there is none. */
int run_init(void);

#endif
