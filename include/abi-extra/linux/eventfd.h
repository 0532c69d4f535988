/* SPDX-License-Identifier: MIT */
/* eventfd(2)'s flags, for ABI headers older than the one that has them. */
#ifndef ABI_EXTRA_LINUX_EVENTFD_H
#define ABI_EXTRA_LINUX_EVENTFD_H

#include <linux/fcntl.h>

#define EFD_SEMAPHORE (1 << 0)
#define EFD_CLOEXEC O_CLOEXEC
#define EFD_NONBLOCK O_NONBLOCK

#endif
