/* SPDX-License-Identifier: MIT */
/* Restartable sequences: a guest's critical sections that preemption or a signal aborts. */
#ifndef KERN_RSEQ_H
#define KERN_RSEQ_H

struct ksignal;
struct pt_regs;
struct task_struct;

/* Before user mode, after a preemption or migration: updates cpu_id, aborts the section. */
void rseq_handle_notify_resume(struct ksignal *ksig, struct pt_regs *regs);
/* Before a signal frame is built. */
void rseq_signal_deliver(struct ksignal *ksig, struct pt_regs *regs);
/* The scheduler: the task leaves its CPU. => any context */
void rseq_preempt(struct task_struct *task);

#endif
