/* SPDX-License-Identifier: MIT */
/* What the files of kernel/signal share among themselves. */
#ifndef SIGNAL_INTERNAL_H
#define SIGNAL_INTERNAL_H

#include <kern/signal.h>

struct pt_regs;

/* In sa_flags, never a program's: the action is death, and stays so. */
#define SA_IMMUTABLE 0x00800000UL

#define SIG_ONE(sig) (1UL << ((sig)-1))
/* What a signal does by default. */
#define SIG_KERNEL_ONLY_MASK (SIG_ONE(SIGKILL) | SIG_ONE(SIGSTOP))
#define SIG_KERNEL_STOP_MASK                                                                       \
	(SIG_ONE(SIGSTOP) | SIG_ONE(SIGTSTP) | SIG_ONE(SIGTTIN) | SIG_ONE(SIGTTOU))
#define SIG_KERNEL_COREDUMP_MASK                                                                   \
	(SIG_ONE(SIGQUIT) | SIG_ONE(SIGILL) | SIG_ONE(SIGTRAP) | SIG_ONE(SIGABRT) |                \
	 SIG_ONE(SIGFPE) | SIG_ONE(SIGSEGV) | SIG_ONE(SIGBUS) | SIG_ONE(SIGSYS) |                  \
	 SIG_ONE(SIGXCPU) | SIG_ONE(SIGXFSZ))
#define SIG_KERNEL_IGNORE_MASK                                                                     \
	(SIG_ONE(SIGCONT) | SIG_ONE(SIGCHLD) | SIG_ONE(SIGWINCH) | SIG_ONE(SIGURG))
#define SIG_SYNCHRONOUS_MASK                                                                       \
	(SIG_ONE(SIGSEGV) | SIG_ONE(SIGBUS) | SIG_ONE(SIGILL) | SIG_ONE(SIGTRAP) |                 \
	 SIG_ONE(SIGFPE) | SIG_ONE(SIGSYS))

static inline bool in_sigmask(int sig, unsigned long mask)
{
	return sig < SIGRTMIN && (mask & SIG_ONE(sig));
}

#define sig_kernel_only(sig)	 in_sigmask(sig, SIG_KERNEL_ONLY_MASK)
#define sig_kernel_stop(sig)	 in_sigmask(sig, SIG_KERNEL_STOP_MASK)
#define sig_kernel_coredump(sig) in_sigmask(sig, SIG_KERNEL_COREDUMP_MASK)
#define sig_kernel_ignore(sig)	 in_sigmask(sig, SIG_KERNEL_IGNORE_MASK)
#define sig_fatal(task, sig)                                                                       \
	(!in_sigmask(sig, SIG_KERNEL_IGNORE_MASK | SIG_KERNEL_STOP_MASK) &&                        \
	 (task)->sighand->action[(sig)-1].sa.sa_handler == SIG_DFL)

/* send.c: => siglock held */
int send_signal_queue(int sig, struct siginfo *info, struct task_struct *task, enum pid_type type,
		      bool force);
bool prepare_signal(int sig, struct task_struct *task, bool force);
void complete_signal(int sig, struct task_struct *task, enum pid_type type);
bool sig_handler_ignored(struct task_struct *task, int sig);
void sigqueue_release(struct sigqueue *q);

/* jobctl.c: => siglock held */
bool task_participate_group_stop(struct task_struct *task);
bool do_signal_stop(int signr);

/* tracestop.c: => siglock held; it is dropped and taken again */
void do_jobctl_trap(void);
int ptrace_signal(int sig, kernel_siginfo_t *info, enum pid_type type);

#endif
