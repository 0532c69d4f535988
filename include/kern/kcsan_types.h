/* SPDX-License-Identifier: MIT */
/* What the concurrency sanitizer keeps for each task, and for the interrupts of each CPU. */
#ifndef KERN_KCSAN_TYPES_H
#define KERN_KCSAN_TYPES_H

/* Of the task or the CPU itself; each depth goes back to what it was. */
struct kcsan_ctx {
	int disabled;		/* nesting: accesses are not checked at all */
	int atomic_nest;	/* nesting: plain accesses count as marked */
	int atomic_next;	/* so many more plain accesses count as marked */
};

#endif
