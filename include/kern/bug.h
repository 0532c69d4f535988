/* SPDX-License-Identifier: MIT */
/* Assertions that stay in the product: BUG stops the task, WARN reports and goes on. */
#ifndef KERN_BUG_H
#define KERN_BUG_H

#include <kern/compiler.h>
#include <kern/types.h>

/* Defined in kernel/init/panic.c. Any context. */
void __bug(const char *file, int line, const char *what) __noreturn __cold;
void __bug_op(const char *file, int line, const char *what, unsigned long a, unsigned long b) __noreturn __cold;
void __warn(const char *file, int line, const char *fmt, ...) __printf(3, 4) __cold;

#define BUG() __bug(__FILE__, __LINE__, "BUG")
#define BUG_ON(condition) do { if (unlikely(condition)) __bug(__FILE__, __LINE__, #condition); } while (0)

/* BUG_ON_OP(a, <, b): stops, printing both sides, when the comparison holds. */
#define BUG_ON_OP(a, op, b) do { \
	unsigned long __bug_a = (unsigned long)(a), __bug_b = (unsigned long)(b); \
	if (unlikely(__bug_a op __bug_b)) \
		__bug_op(__FILE__, __LINE__, #a " " #op " " #b, __bug_a, __bug_b); \
} while (0)

#define WARN(condition, fmt...) ({ \
	bool __warn_on = !!(condition); \
	if (unlikely(__warn_on)) \
		__warn(__FILE__, __LINE__, fmt); \
	unlikely(__warn_on); })
#define WARN_ON(condition) WARN(condition, "%s", #condition)
#define WARN_ONCE(condition, fmt...) ({ \
	static bool __warned; \
	bool __warn_once = !!(condition); \
	if (unlikely(__warn_once && !__warned)) { \
		__warned = true; \
		__warn(__FILE__, __LINE__, fmt); \
	} \
	unlikely(__warn_once); })
#define WARN_ON_ONCE(condition) WARN_ONCE(condition, "%s", #condition)

#endif
