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

/* What happened that makes later reports doubtful: bits of /proc/sys/kernel/tainted. */
#define TAINT_PROPRIETARY_MODULE 0
#define TAINT_FORCED_MODULE 1
#define TAINT_BAD_PAGE 5
#define TAINT_USER 6
#define TAINT_DIE 7
#define TAINT_WARN 9
#define TAINT_OOT_MODULE 12
#define TAINT_SOFTLOCKUP 14
#define TAINT_FLAGS_COUNT 19
/* => any context. Panics when the parameter panic_on_taint= names the flag. */
void add_taint(unsigned int flag);
unsigned long get_taint(void);
/* "Not tainted", or "Tainted: " and a letter for each flag. => any context; returns text */
#define TAINT_TEXT_LEN (TAINT_FLAGS_COUNT + 16)
const char *print_tainted(char text[TAINT_TEXT_LEN]);

extern int panic_on_warn;
/* Panics at that many oopses or warnings; 0: never. */
extern unsigned int oops_limit, warn_limit;
/* How many there were. */
unsigned int oops_count(void);
unsigned int warn_count(void);
/* The machine's fault handler reports an oops by itself: counts it. => any context */
void oops_note(void);

/* Called in order of priority before the kernel stops; any context. */
struct notifier_panic {
	void (*fn)(void);
	struct notifier_panic *next;
};
void register_panic_hook(struct notifier_panic *hook);

#endif
