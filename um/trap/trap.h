/* SPDX-License-Identifier: MIT */
/* What the files of um/trap share. */
#ifndef UM_TRAP_TRAP_H
#define UM_TRAP_TRAP_H

#include "../mm/guest.h"

struct task_struct;
struct thread_struct;

/* Gives current the host thread of its address space. 0 or -EAGAIN. => may sleep */
int thread_bind(struct task_struct *task);

/* Registers and bases, between the frame in the slot and thread_struct. */
void frame_load(const struct guest_slot *slot, struct thread_struct *thread);
void frame_store(const struct guest_slot *slot, struct thread_struct *thread);

/* The FPU area of a slot. */
void fpu_slot_init(const struct guest_slot *slot);
void fpu_slot_copy(const struct guest_slot *to, const struct guest_slot *from);

/* Loads what ptrace set while there was no slot to set it in; frees it. */
void fpu_slot_load_next(struct task_struct *task);

#endif
