/* SPDX-License-Identifier: MIT */
/* Kernel threads: tasks without user mode, with stop and park. */
#ifndef KERN_KTHREAD_H
#define KERN_KTHREAD_H

#include <kern/err.h>
#include <kern/sched.h>
#include <kern/types.h>

/* Made stopped; wake_up_process() starts it. Or an ERR_PTR. => may sleep. */
struct task_struct *kthread_create_on_node(int (*fn)(void *data), void *data, int node,
					   const char *fmt, ...) __printf(4, 5);
#define kthread_create(fn, data, fmt, args...) kthread_create_on_node(fn, data, -1, fmt, ##args)
struct task_struct *kthread_create_on_cpu(int (*fn)(void *data), void *data, unsigned int cpu, const char *fmt);

#define kthread_run(fn, data, fmt, args...) ({ \
	struct task_struct *__kthread = kthread_create(fn, data, fmt, ##args); \
	if (!IS_ERR(__kthread)) \
		wake_up_process(__kthread); \
	__kthread; })

/* => the thread has not run yet. */
void kthread_bind(struct task_struct *task, unsigned int cpu);
void kthread_bind_mask(struct task_struct *task, const struct cpumask *mask);
void kthread_set_per_cpu(struct task_struct *task, int cpu);

/* Makes kthread_should_stop() true, wakes it and waits; its value, or -EINTR if it never ran. */
int kthread_stop(struct task_struct *task);
int kthread_stop_put(struct task_struct *task);
bool kthread_should_stop(void);
bool kthread_should_park(void);
int kthread_park(struct task_struct *task);
void kthread_unpark(struct task_struct *task);
void kthread_parkme(void);
void *kthread_data(struct task_struct *task);
void __noreturn kthread_exit(long result);
#define kthread_complete_and_exit(comp, code) do { complete(comp); kthread_exit(code); } while (0)

/* do_exit() calls it for PF_KTHREAD; free_task() frees. */
void kthread_on_exit(struct task_struct *task, long code);
void free_kthread_struct(struct task_struct *task);

/* The thread that makes the others. */
int kthreadd(void *unused);
extern struct task_struct *kthreadd_task;

#endif
