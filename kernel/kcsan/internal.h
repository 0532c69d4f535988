/* SPDX-License-Identifier: MIT */
/* Between the parts of the concurrency sanitizer. */
#ifndef KCSAN_INTERNAL_H
#define KCSAN_INTERNAL_H

#include <kern/compiler.h>
#include <kern/kcsan.h>
#include <kern/types.h>

#define KCSAN_STACK_MAX 16

/* One of the two accesses of a race. */
struct kcsan_side {
	unsigned long addr;
	size_t size;
	unsigned int type;		/* KCSAN_ACCESS_* */
	unsigned int cpu;
	int pid;			/* 0: in an interrupt */
	unsigned int depth;
	unsigned long stack[KCSAN_STACK_MAX];
};

struct kcsan_race {
	struct kcsan_side first;	/* was watched */
	struct kcsan_side second;	/* ran into it; size 0: nobody was seen */
	bool changed;			/* the value, while it was watched */
	u64 before, after;
};

/* The access at `ip`; => interrupts masked */
void kcsan_note_side(struct kcsan_side *side, unsigned long addr, size_t size, unsigned int type,
		     unsigned long ip);
/* Counts the race, and queues it for the log unless its like was there. => interrupts masked */
void kcsan_report(const struct kcsan_race *race);

/* Checks nothing for a while: for unit tests that run on a host thread that is no vCPU. */
void kcsan_pause(bool paused);

/* What the compiler's calls come to: an access by the instruction before `ip`. */
void kcsan_access(const volatile void *ptr, size_t size, unsigned int type, unsigned long ip);

#endif
