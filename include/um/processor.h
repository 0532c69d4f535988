/* SPDX-License-Identifier: MIT */
/* The processor as generic code sees it: address limits, pauses, idle. */
#ifndef UM_PROCESSOR_H
#define UM_PROCESSOR_H

#include <kern/types.h>

/* User addresses lie below; the stub, its slots and the kernel's RAM lie above. */
#define TASK_SIZE 0x7e0000000000UL
#define TASK_SIZE_MAX TASK_SIZE
/* Where user space ends on other kernels: a program may name addresses up to here. */
#define TASK_SIZE_ABI 0x7ffffffff000UL
#define STACK_TOP TASK_SIZE
#define STACK_TOP_MAX STACK_TOP

/* Where RAM is mapped in every build; physical address 0 is here. */
#define UM_RAM_BASE 0x7e8000000000UL

/* A kernel stack with its guard page (the lowest page). */
#define UM_KSTACK_ORDER 4
#define UM_KSTACK_SIZE (4096UL << UM_KSTACK_ORDER)

#define L1_CACHE_SHIFT 6
#define L1_CACHE_BYTES (1 << L1_CACHE_SHIFT)
#define SMP_CACHE_BYTES L1_CACHE_BYTES

static inline void cpu_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

#define prefetch(x) __builtin_prefetch(x)
#define prefetchw(x) __builtin_prefetch(x, 1)

/*
 * Called by a spinning lock with the number of rounds it has spun so far: pauses, and once
 * the spin is long yields the host core, since the holder's vCPU may be descheduled.
 * => any context.
 */
void um_spin_wait(unsigned long rounds);

/*
 * Sleeps in the host while *word is `value`, at most `ns` (0: no limit); an interrupt may end it
 * early. For locks: interrupts stay as they are, what comes while they are masked is noted.
 * => any context
 */
void um_lock_wait(const volatile u32 *word, u32 value, unsigned long ns);
/* Wakes one that sleeps on the word, which may be gone by now. */
void um_lock_wake(const volatile u32 *word);

/*
 * Sleeps in the host until an interrupt is pending for this vCPU.
 * => interrupts masked, need_resched() checked after masking; returns masked.
 */
void um_cpu_idle(void);

/* Stops this vCPU for ever without burning the host's core (panic). Interrupts masked. */
void um_cpu_stop(void) __attribute__((noreturn));

/*
 * ex_table: an instruction that may fault and the address to go on at. A fault there (on an
 * address that the host does not map) jumps to `to` with registers unchanged.
 */
struct exception_table_entry {
	unsigned long insn;
	unsigned long fixup;
};

#define _ASM_EXTABLE(from, to)						\
	" .pushsection ex_table,\"aw\"\n"				\
	" .balign 8\n"							\
	" .quad " #from "\n"						\
	" .quad " #to "\n"						\
	" .popsection\n"

/* The fixup address for a fault at ip, or 0. */
unsigned long search_exception_table(unsigned long ip);

#endif
