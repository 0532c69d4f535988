/* SPDX-License-Identifier: MIT */
/* What the folders of um/ share. Only they may see the host boundary. */
#ifndef UM_INTERNAL_H
#define UM_INTERNAL_H

#define UM_KERNEL_INTERNAL 1
#include <um/host.h>
#include <kern/types.h>
#include <um/percpu.h>

struct task_struct;

DECLARE_PER_CPU(u32, um_idle);
/* How an idle vCPU waits. */
#define UM_IDLE_SLEEPS 1
#define UM_IDLE_POLLS  2

extern const struct host_boot_info *um_host_info;

/* Sets %gs to this vCPU's area, marks interrupts masked, and lets host signals in. */
void um_cpu_enter(unsigned int cpu);

/* The host raised `lines` on this vCPU: see struct host_upcalls. */
void um_interrupt(unsigned int lines, unsigned long ip);
/* Kernel code faulted: see struct host_upcalls. */
int um_kernel_fault(struct host_fault *fault);
/* Somebody wants to know where this vCPU is: see struct host_upcalls. */
DECLARE_PER_CPU(u32, um_nmi_wanted);
void um_nmi(unsigned long ip, unsigned long bp);
/* Follows frame pointers from bp on the stack of the current task. The number found. */
unsigned int um_trace_from(unsigned long bp, unsigned long *addrs, unsigned int max);
/* A further vCPU begins. */
void um_cpu_begin(unsigned int cpu);

/* Goes on in entry(a) on a fresh stack that ends at `top`. */
void um_run_on_stack(void *top, void (*entry)(unsigned long a), unsigned long a)
	__attribute__((noreturn));

/* vCPUs that are idle; atomic. */
extern int um_idle_vcpus;

/* Interrupt handlers of um/drivers, called by um/irq with the bits of host_device_events(). */
void um_device_interrupt(unsigned int events);

#endif
