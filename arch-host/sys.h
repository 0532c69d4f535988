/* SPDX-License-Identifier: MIT */
/*
 * Raw system calls for vCPU threads: no errno and no thread-local address, so the caller may
 * be preempted and migrated to another host thread at any instruction. They return -errno.
 */
#ifndef ARCH_HOST_SYS_H
#define ARCH_HOST_SYS_H

#include <sys/syscall.h>

static inline long sys6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define sys0(nr) sys6(nr, 0, 0, 0, 0, 0, 0)
#define sys1(nr, a) sys6(nr, (long)(a), 0, 0, 0, 0, 0)
#define sys2(nr, a, b) sys6(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define sys3(nr, a, b, c) sys6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define sys4(nr, a, b, c, d) sys6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define sys5(nr, a, b, c, d, e) \
	sys6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

/*
 * A system call that returns -EINTR when *pending is nonzero at the instant of the call, and
 * when a signal arrives: the interrupt handler moves the program counter out of the window
 * between the check and the `syscall` instruction (interrupt_window_*, arch-host/entry.S).
 * => interrupts masked, so that signals only set bits of *pending.
 */
long sys_interruptible(long nr, long a, long b, long c, long d, const volatile unsigned int *pending);

/* The window, and where the handler sends a thread that it finds inside. */
extern const char interrupt_window_begin[], interrupt_window_end[], interrupt_window_abort[];

/* The restorer of every handler: rt_sigreturn. */
void signal_restorer(void);

#endif
