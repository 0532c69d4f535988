/* SPDX-License-Identifier: MIT */
/* How a system call is defined. kernel/syscall/table.txt names them all. */
#ifndef KERN_SYSCALLS_H
#define KERN_SYSCALLS_H

#include <kern/compiler.h>
#include <kern/errno.h>
#include <kern/types.h>
#include <um/ptrace.h>

/*
 * SYSCALL_DEFINE2(kill, pid_t, pid, int, sig) { ... } defines __x64_sys_kill(regs), which the
 * table finds by its name. Arguments are cut to their types, the result is a long: a value or
 * a negative errno. Calls run in task context with no lock held.
 */
typedef long (*sys_call_ptr_t)(const struct pt_regs *regs);

extern const sys_call_ptr_t sys_call_table[];
extern const char *const sys_call_names[];
extern const unsigned int nr_syscalls;

/* -ENOSYS; what a call that nobody defines comes to. */
long sys_ni_syscall(const struct pt_regs *regs);

#define __SC_ARG1 regs->di
#define __SC_ARG2 regs->si
#define __SC_ARG3 regs->dx
#define __SC_ARG4 regs->r10
#define __SC_ARG5 regs->r8
#define __SC_ARG6 regs->r9

#define __SC_DECL1(t, a)      t a
#define __SC_DECL2(t, a, ...) t a, __SC_DECL1(__VA_ARGS__)
#define __SC_DECL3(t, a, ...) t a, __SC_DECL2(__VA_ARGS__)
#define __SC_DECL4(t, a, ...) t a, __SC_DECL3(__VA_ARGS__)
#define __SC_DECL5(t, a, ...) t a, __SC_DECL4(__VA_ARGS__)
#define __SC_DECL6(t, a, ...) t a, __SC_DECL5(__VA_ARGS__)

#define __SC_CAST1(t1, a1)			   (t1) __SC_ARG1
#define __SC_CAST2(t1, a1, t2, a2)		   __SC_CAST1(t1, a1), (t2)__SC_ARG2
#define __SC_CAST3(t1, a1, t2, a2, t3, a3)	   __SC_CAST2(t1, a1, t2, a2), (t3)__SC_ARG3
#define __SC_CAST4(t1, a1, t2, a2, t3, a3, t4, a4) __SC_CAST3(t1, a1, t2, a2, t3, a3), (t4)__SC_ARG4
#define __SC_CAST5(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5)                                         \
	__SC_CAST4(t1, a1, t2, a2, t3, a3, t4, a4), (t5)__SC_ARG5
#define __SC_CAST6(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5, t6, a6)                                 \
	__SC_CAST5(t1, a1, t2, a2, t3, a3, t4, a4, t5, a5), (t6)__SC_ARG6

#define SYSCALL_DEFINEx(n, name, ...)                                                              \
	static inline long __do_sys_##name(__SC_DECL##n(__VA_ARGS__));                             \
	long __x64_sys_##name(const struct pt_regs *regs);                                         \
	long __x64_sys_##name(const struct pt_regs *regs)                                          \
	{                                                                                          \
		return __do_sys_##name(__SC_CAST##n(__VA_ARGS__));                                 \
	}                                                                                          \
	static inline long __do_sys_##name(__SC_DECL##n(__VA_ARGS__))

#define SYSCALL_DEFINE0(name)                                                                      \
	long __x64_sys_##name(const struct pt_regs *regs);                                         \
	long __x64_sys_##name(const struct pt_regs *regs)
#define SYSCALL_DEFINE1(name, ...) SYSCALL_DEFINEx(1, name, __VA_ARGS__)
#define SYSCALL_DEFINE2(name, ...) SYSCALL_DEFINEx(2, name, __VA_ARGS__)
#define SYSCALL_DEFINE3(name, ...) SYSCALL_DEFINEx(3, name, __VA_ARGS__)
#define SYSCALL_DEFINE4(name, ...) SYSCALL_DEFINEx(4, name, __VA_ARGS__)
#define SYSCALL_DEFINE5(name, ...) SYSCALL_DEFINEx(5, name, __VA_ARGS__)
#define SYSCALL_DEFINE6(name, ...) SYSCALL_DEFINEx(6, name, __VA_ARGS__)

#endif
