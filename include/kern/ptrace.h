/* SPDX-License-Identifier: MIT */
/* Tracing of tasks by tasks: states, stops, access checks. See docs/ptrace.md. */
#ifndef KERN_PTRACE_H
#define KERN_PTRACE_H

#include <kern/signal.h>
#include <kern/task.h>
#include <kern/types.h>

/* The header of the ABI has a pt_regs of its own, for programs. */
#define pt_regs abi_pt_regs
#include <linux/ptrace.h>
#undef pt_regs

struct cred;
struct pid;
struct pt_regs;
struct user_namespace;

/* task->ptrace */
#define PT_PTRACED	  0x00000001U
#define PT_OPT_FLAG_SHIFT 3
/* One bit for each PTRACE_EVENT_*, as PTRACE_O_TRACE* but shifted; event 0: TRACESYSGOOD. */
#define PT_EVENT_FLAG(event) (1U << (PT_OPT_FLAG_SHIFT + (event)))
#define PT_TRACESYSGOOD	     PT_EVENT_FLAG(0)
#define PT_EXITKILL	     ((unsigned int)PTRACE_O_EXITKILL << PT_OPT_FLAG_SHIFT)
#define PT_SUSPEND_SECCOMP   ((unsigned int)PTRACE_O_SUSPEND_SECCOMP << PT_OPT_FLAG_SHIFT)
/* Above all options. */
#define PT_SEIZED 0x80000000U

/* The kernel's own: what PTRACE_GETEVENTMSG says at a syscall-stop. */
#ifndef PTRACE_EVENTMSG_SYSCALL_ENTRY
#define PTRACE_EVENTMSG_SYSCALL_ENTRY 1
#define PTRACE_EVENTMSG_SYSCALL_EXIT  2
#endif

/* How one task wants to look at another; one of READ and ATTACH, one of FSCREDS and REALCREDS. */
#define PTRACE_MODE_READ	     0x01
#define PTRACE_MODE_ATTACH	     0x02
#define PTRACE_MODE_FSCREDS	     0x08
#define PTRACE_MODE_REALCREDS	     0x10
#define PTRACE_MODE_READ_FSCREDS     (PTRACE_MODE_READ | PTRACE_MODE_FSCREDS)
#define PTRACE_MODE_READ_REALCREDS   (PTRACE_MODE_READ | PTRACE_MODE_REALCREDS)
#define PTRACE_MODE_ATTACH_FSCREDS   (PTRACE_MODE_ATTACH | PTRACE_MODE_FSCREDS)
#define PTRACE_MODE_ATTACH_REALCREDS (PTRACE_MODE_ATTACH | PTRACE_MODE_REALCREDS)

/* May current look into `task`? Takes task_lock. => any task context */
bool ptrace_may_access(struct task_struct *task, unsigned int mode);
/* The tracer of `task` could do this in the name space when it attached. => any task context */
bool ptracer_capable(struct task_struct *task, struct user_namespace *ns);

/* Another task is the tracer than the one that the task was born to. => tasklist_lock */
static inline bool ptrace_reparented(const struct task_struct *task)
{
	return task->real_parent->signal != task->parent->signal;
}

static inline bool ptrace_event_enabled(const struct task_struct *task, int event)
{
	return task->ptrace & PT_EVENT_FLAG(event);
}

/* ---- links; => tasklist_lock held for writing ---- */

/* A new task: traced from its first instruction when `trace` and current is traced. */
void ptrace_init_task(struct task_struct *child, bool trace);
void ptrace_unlink(struct task_struct *child);
/* What a dying tracer traced goes free; those of them to be released are put on `dead`. */
void exit_ptrace(struct task_struct *tracer, struct list_head *dead);

/* ---- stops of current; => no lock held, may sleep ---- */

/* Stops with that code; the signal that the tracer gave. */
int ptrace_notify(int exit_code, unsigned long message);
/* Stops if the tracer asked for this event. */
void ptrace_event(int event, unsigned long message);
/* The same; the message is the number of a new task, as the tracer sees it. */
void ptrace_event_pid(int event, struct pid *pid);
/* True: the system call must not be made. */
bool ptrace_report_syscall_entry(struct pt_regs *regs);
void ptrace_report_syscall_exit(struct pt_regs *regs, bool step);

/* ---- stepping ---- */

/* => the task is current, or stopped by its tracer */
void user_enable_single_step(struct task_struct *task);
void user_disable_single_step(struct task_struct *task);
/* Before current runs one instruction of the guest. => may sleep, may queue a signal */
void prepare_user_step(struct pt_regs *regs);
/* A new program has no breakpoints. */
void flush_hw_breakpoints(struct task_struct *task);

/* The x86-64 registers of a stopped task as struct user_regs_struct. */
struct user_regs_struct;
void ptrace_get_user_regs(struct task_struct *task, struct user_regs_struct *regs);

/* PTRACE_ATTACH of a stopped task is through: called by whoever clears JOBCTL_TRAPPING. */
void ptrace_trapping_done(void);

#endif
