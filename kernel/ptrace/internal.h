/* SPDX-License-Identifier: MIT */
/* What the files of kernel/ptrace share. */
#ifndef PTRACE_INTERNAL_H
#define PTRACE_INTERNAL_H

#include <kern/ptrace.h>
#include <linux/user.h>

struct iovec;

/* attach.c */
int ptrace_traceme(void);
int ptrace_attach(struct task_struct *task, bool seize, unsigned long addr, unsigned long options);
int ptrace_detach(struct task_struct *child, unsigned int sig);
/* 0, -EINVAL, -EPERM */
int check_ptrace_options(unsigned long options);
void ptrace_set_options(struct task_struct *child, unsigned long options);

/* regs.c; => child is stopped and frozen by current. 0 or -errno */
long ptrace_peek_user(struct task_struct *child, unsigned long addr, unsigned long __user *data);
long ptrace_poke_user(struct task_struct *child, unsigned long addr, unsigned long data);
long ptrace_get_regs(struct task_struct *child, void __user *data);
long ptrace_set_regs(struct task_struct *child, const void __user *data);
long ptrace_get_fpregs(struct task_struct *child, void __user *data);
long ptrace_set_fpregs(struct task_struct *child, const void __user *data);
/* iov->iov_len becomes what was copied */
long ptrace_regset(struct task_struct *child, bool set, unsigned int type, struct iovec *iov);
long ptrace_arch_prctl(struct task_struct *child, int option, unsigned long addr);

/* siginfo.c; likewise */
long ptrace_getsiginfo(struct task_struct *child, siginfo_t __user *data);
long ptrace_setsiginfo(struct task_struct *child, const siginfo_t __user *data);
long ptrace_peek_siginfo(struct task_struct *child, void __user *args, siginfo_t __user *data);
long ptrace_get_sigmask(struct task_struct *child, unsigned long size, sigset_t __user *data);
long ptrace_set_sigmask(struct task_struct *child, unsigned long size, const sigset_t __user *data);
long ptrace_get_syscall_info(struct task_struct *child, unsigned long size, void __user *data);
long ptrace_get_rseq(struct task_struct *child, unsigned long size, void __user *data);

/* hw_breakpoint.c: debug registers as PTRACE_POKEUSER knows them */
unsigned long get_debugreg(const struct task_struct *task, unsigned int nr);
int set_debugreg(struct task_struct *task, unsigned int nr, unsigned long value);
/* Looks whether the instruction at regs->ip is a breakpoint; notes what is watched. */
void hw_breakpoint_before(struct pt_regs *regs);
/* After an instruction: the bits of DR6 that it caused. */
unsigned long hw_breakpoint_after(struct pt_regs *regs);

#endif
