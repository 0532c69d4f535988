/* SPDX-License-Identifier: MIT */
/*
 * The system calls of the stub's assembly: their numbers, and a label behind each `syscall`, by
 * which the filters know it.
 */
#ifndef ARCH_HOST_STUB_CALLS_H
#define ARCH_HOST_STUB_CALLS_H

#define SYS_mmap 9
#define SYS_munmap 11
#define SYS_sched_yield 24
#define SYS_rt_sigprocmask 14
#define SYS_getppid 110
#define SYS_sigaltstack 131
#define SYS_clone 56
#define SYS_prctl 157
#define SYS_arch_prctl 158
#define SYS_futex 202
#define SYS_seccomp 317
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define SECCOMP_SET_MODE_FILTER 1
#define SIG_SETMASK 2
#define PR_SET_PDEATHSIG 1
#define SIGKILL 9
#define MAP_SHARED_FIXED 0x11
#define ARCH_SET_GS 0x1001
#define ARCH_SET_FS 0x1002

	.macro site name
	syscall
	.globl	sys_\name
sys_\name:
	.endm

#endif
