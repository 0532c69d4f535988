/* SPDX-License-Identifier: MIT */
/* What the machine keeps for each address space: its stub. */
#ifndef UM_MMU_H
#define UM_MMU_H

#include <kern/types.h>

struct mm_struct;
struct task_struct;
struct guest;

/* mm->context. No stub yet: guest is NULL, and all TLB operations do nothing. */
struct mm_context {
	struct guest *guest; /* set once by um_mm_attach(); um/mm/guest.h */
	u64 family;	     /* constant once it runs: of the program, and all that is forked from it */
	bool forked;	     /* likewise: it is not the first of them */
};

/* A fresh address space; costs nothing, cannot fail now (0 or -errno). */
int init_new_context(struct task_struct *task, struct mm_struct *mm);

/* child, which has no stub yet, is made by a fork of parent. */
void fork_context(struct mm_struct *child, const struct mm_struct *parent);

/* The address space is empty and nobody uses it: ends its stub. => may sleep */
void destroy_context(struct mm_struct *mm);

/*
 * Gives the address space its stub (a warm one when there is one). 0, or -EAGAIN when the host
 * gives no process. Called by fork for the child and by exec before its point of no return, so
 * that the failure can be reported; else done at the first resume, where failure kills.
 * => may sleep
 */
int um_mm_attach(struct mm_struct *mm);

/* May the kernel not map [start, end) in a guest? Below the host's mmap_min_addr, the stub. */
bool um_range_is_hole(unsigned long start, unsigned long end);

/* The lowest address that the host lets a process map. */
#define UM_MMAP_MIN_ADDR 0x10000UL
/* Kept free for the jump table of rewritten system calls. */
#define UM_JUMP_TABLE	  0x60000UL
#define UM_JUMP_TABLE_END 0x70000UL

#endif
