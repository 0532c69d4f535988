/* SPDX-License-Identifier: MIT */
/* When nothing can go on: panic ends the kernel with status 133, oops one task. */
#ifndef KERN_PANIC_H
#define KERN_PANIC_H

#include <kern/compiler.h>
#include <kern/types.h>

struct pt_regs;

#define PANIC_STATUS 133

/* => any context, any CPU; the first caller wins, the others stop. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn __cold;
extern int panic_on_oops;
extern int panic_timeout;
extern int oops_in_progress;

/*
 * A fault of kernel code that no exception table entry explains: prints where, then kills the
 * task, or panics when that is impossible (interrupt context, idle, init). Called by the
 * machine's fault handler on the task's stack or an alternate one. => never returns.
 */
void oops_begin_end(const char *what, unsigned long ip, unsigned long sp, unsigned long addr,
		    bool may_kill_task) __noreturn __cold;

#define TAINT_DIE 7
#define TAINT_WARN 9
void add_taint(unsigned int flag);
unsigned long get_taint(void);

/* Called in order of priority before the kernel stops; any context. */
struct notifier_panic {
	void (*fn)(void);
	struct notifier_panic *next;
};
void register_panic_hook(struct notifier_panic *hook);

#endif
