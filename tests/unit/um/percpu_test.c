// SPDX-License-Identifier: MIT
/* Per-CPU data. */
#include <kern/ktest.h>
#include <kern/preempt.h>
#include <um/percpu.h>
#include <um/smp.h>

static DEFINE_PER_CPU(u8, test_u8);
static DEFINE_PER_CPU(u16, test_u16);
static DEFINE_PER_CPU(u32, test_u32);
static DEFINE_PER_CPU(u64, test_u64);
static DEFINE_PER_CPU(void *, test_pointer);
/* Never written. */
static DEFINE_PER_CPU(u16, untouched_u16) = 300;
static DEFINE_PER_CPU(u64, untouched_u64) = 1UL << 40;

KTEST(percpu, starts_as_the_template)
{
	for (unsigned int cpu = 0; cpu < um_nr_cpus(); cpu++) {
		KEXPECT_EQ(per_cpu(untouched_u16, cpu), 300);
		KEXPECT_EQ(per_cpu(untouched_u64, cpu), 1UL << 40);
	}
}

KTEST(percpu, number_names_the_cpu)
{
	for (unsigned int cpu = 0; cpu < um_nr_cpus(); cpu++)
		KEXPECT_EQ(per_cpu(cpu_number, cpu), cpu);
}

KTEST(percpu, operations_of_every_size)
{
	void *pointer;
	u64 value;

	preempt_disable();
	this_cpu_write(test_u8, 250);
	this_cpu_add(test_u8, 10);
	value = this_cpu_read(test_u8);
	KEXPECT_EQ(value, 4);
	this_cpu_write(test_u16, 65535);
	this_cpu_inc(test_u16);
	value = this_cpu_read(test_u16);
	KEXPECT_EQ(value, 0);
	this_cpu_write(test_u32, 5);
	this_cpu_sub(test_u32, 6);
	value = this_cpu_read(test_u32);
	KEXPECT_EQ(value, 0xffffffffU);
	this_cpu_write(test_u64, 0xf0);
	this_cpu_or(test_u64, 0x0f);
	this_cpu_and(test_u64, 0x3c);
	value = this_cpu_read(test_u64);
	KEXPECT_EQ(value, 0x3cU);
	this_cpu_write(test_pointer, &test_u64);
	pointer = this_cpu_read(test_pointer);
	KEXPECT_TRUE(pointer == (void *)&test_u64);
	preempt_enable();
}

KTEST(percpu, exchanges)
{
	u32 value;

	preempt_disable();
	this_cpu_write(test_u32, 1);
	value = this_cpu_cmpxchg(test_u32, 1, 2);
	KEXPECT_EQ(value, 1U);
	value = this_cpu_cmpxchg(test_u32, 1, 3);
	KEXPECT_EQ(value, 2U);
	value = this_cpu_xchg(test_u32, 9);
	KEXPECT_EQ(value, 2U);
	value = this_cpu_add_return(test_u32, 4);
	KEXPECT_EQ(value, 13U);
	value = this_cpu_dec_return(test_u32);
	KEXPECT_EQ(value, 12U);
	preempt_enable();
}

KTEST(percpu, pointer_is_this_cpus_copy)
{
	unsigned int cpu;
	u64 *mine, value;

	preempt_disable();
	cpu = smp_processor_id();
	mine = this_cpu_ptr(&test_u64);
	KEXPECT_TRUE(mine == per_cpu_ptr(&test_u64, cpu));
	*this_cpu_ptr(&test_u64) = 42;
	value = this_cpu_read(test_u64);
	KEXPECT_EQ(value, 42U);
	preempt_enable();
}
