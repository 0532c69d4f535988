/* SPDX-License-Identifier: MIT */
/* The ABI's error numbers, and the ones that never leave the kernel. */
#ifndef KERN_ERRNO_H
#define KERN_ERRNO_H

#include <linux/errno.h>

/* Restart codes: exit_to_user_mode() turns each into a restart or EINTR. */
#define ERESTARTSYS		512	/* restart if the handler has SA_RESTART */
#define ERESTARTNOINTR		513	/* always restart */
#define ERESTARTNOHAND		514	/* restart only if no handler ran */
#define ENOIOCTLCMD		515	/* this ioctl is not this driver's */
#define ERESTART_RESTARTBLOCK	516	/* restart by restart_syscall() */
#define EPROBE_DEFER		517
#define EOPENSTALE		518
#define ENOPARAM		519
#define ENOTSUPP		524
#define EIOCBQUEUED		529

#endif
