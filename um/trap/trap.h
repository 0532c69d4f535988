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

/* ---- trampoline.c ---- */

/* Takes a STUB_EVENT_CALL: registers as a `syscall` leaves them, ax the number. False: bogus. */
bool trampoline_load(struct guest_slot *slot, struct thread_struct *thread);
/* Can the thread go on as it came? */
bool trampoline_can_return(const struct guest_slot *slot, const struct thread_struct *thread);
void trampoline_store(struct guest_slot *slot, const struct thread_struct *thread);
/* The same for a thread that has left, but was in this call: moves ip behind the site. */
void trampoline_step_over(const struct guest_slot *slot, struct pt_regs *regs);
/*
 * A trap that only rewriting can have caused: does what the original would have done. False: it
 * is the guest's own, at regs->ip. => thread's registers loaded
 */
bool trampoline_fix(struct guest_slot *slot, struct thread_struct *thread, int signr);

/* Makes the thread leave its trampoline, if it is in one (user.c). => its owner; may sleep */
void trampoline_leave(struct guest_slot *slot);

/* The FPU area of a slot. */
void fpu_slot_init(const struct guest_slot *slot);
void fpu_slot_copy(const struct guest_slot *to, const struct guest_slot *from);

/* Loads what ptrace set while there was no slot to set it in; frees it. */
void fpu_slot_load_next(struct task_struct *task);

#endif
