// SPDX-License-Identifier: MIT
/* Per-CPU areas: one copy of the template section for each vCPU. */
#include "../internal.h"
#include <lib/string.h>
#include <mm/percpu.h>
#include <um/irqflags.h>

#define PAGE 4096UL

unsigned long __per_cpu_offset[NR_CPUS];
DEFINE_PER_CPU(unsigned long, this_cpu_off);
DEFINE_PER_CPU(unsigned int, cpu_number);

unsigned long um_percpu_area_size(void)
{
	unsigned long size = (__stop_percpu - __start_percpu + 63) & ~63UL;

	/* Behind the static variables, room for alloc_percpu(); untouched, it costs nothing. */
	return (size + PERCPU_DYNAMIC_SIZE + PAGE - 1) & ~(PAGE - 1);
}

void um_percpu_init(void *where, unsigned int ncpus)
{
	unsigned long size = um_percpu_area_size();

	for (unsigned int cpu = 0; cpu < ncpus; cpu++) {
		char *area = (char *)where + cpu * size;

		memcpy(area, __start_percpu, __stop_percpu - __start_percpu);
		__per_cpu_offset[cpu] = (unsigned long)area - (unsigned long)__start_percpu;
		per_cpu(this_cpu_off, cpu) = __per_cpu_offset[cpu];
		per_cpu(cpu_number, cpu) = cpu;
		/* A vCPU is born with interrupts masked. */
		per_cpu(um_irq_masked, cpu) = 1;
	}
}
