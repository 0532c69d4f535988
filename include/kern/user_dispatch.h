/* SPDX-License-Identifier: MIT */
/* Syscall User Dispatch: prctl(PR_SET_SYSCALL_USER_DISPATCH). kernel/syscall/user_dispatch.c */
#ifndef KERN_USER_DISPATCH_H
#define KERN_USER_DISPATCH_H

#include <kern/types.h>

struct pt_regs;

/* 0, -EINVAL, -EFAULT. */
int set_syscall_user_dispatch(unsigned long mode, unsigned long offset, unsigned long len,
			      char __user *selector);
/* True: the call is not made, the program gets SIGSYS in its place. */
bool syscall_user_dispatch(struct pt_regs *regs);
/* A new program starts without it. */
void clear_syscall_user_dispatch(void);

#endif
