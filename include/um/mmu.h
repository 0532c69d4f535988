/* SPDX-License-Identifier: MIT */
/* The machine's part of an address space: the stub process that holds its host mappings. */
#ifndef UM_MMU_H
#define UM_MMU_H

struct guest_mm;
struct mm_struct;
struct task_struct;

struct mm_context {
	struct guest_mm *guest;		/* NULL until a task of the mm first runs in user mode */
};

int init_new_context(struct task_struct *task, struct mm_struct *mm);
void destroy_context(struct mm_struct *mm);

#endif
