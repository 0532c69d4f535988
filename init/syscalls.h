/* SPDX-License-Identifier: MIT */
/* The system calls that init makes, with no libc: an image of a few KiB starts at once. */
#ifndef INIT_SYSCALLS_H
#define INIT_SYSCALLS_H

#include <asm/unistd.h>

static inline long syscall6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define sys0(nr) syscall6(__NR_##nr, 0, 0, 0, 0, 0, 0)
#define sys1(nr, a) syscall6(__NR_##nr, (long)(a), 0, 0, 0, 0, 0)
#define sys2(nr, a, b) syscall6(__NR_##nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define sys3(nr, a, b, c) syscall6(__NR_##nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys4(nr, a, b, c, d) syscall6(__NR_##nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define sys5(nr, a, b, c, d, e) \
	syscall6(__NR_##nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

#endif
