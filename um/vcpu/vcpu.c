// SPDX-License-Identifier: MIT
/*
 * vCPUs: host threads that run kernel code.
 *
 * A vCPU is started by um_cpu_start(): the host thread calls um_cpu_begin(), which sets %gs to
 * the vCPU's area, moves to the stack of its idle task and enters secondary_start(). It sleeps
 * in um_cpu_idle() on its own pending word, which the host's signal handler changes while
 * interrupts are masked; the host looks at the word and goes to sleep in one step.
 */
#include "../internal.h"
#include <kern/smp.h>
#include <kern/task.h>
#include <lib/string.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include <um/smp.h>
#include <um/stub_layout.h>
#include <um/virtual.h>

/* Rounds of a spin before each yield of the host core: about 20 us. */
#define SPINS_PER_YIELD 512

int um_idle_vcpus;

/* Looks of an idle vCPU before it offers its core to others. */
#define POLLS_PER_YIELD 32

/* The last time it was idle was not longer than a spin, and a wake-up. */
static DEFINE_PER_CPU(u32, idle_is_short);

void um_cpu_enter(unsigned int cpu)
{
	host_set_gs(__per_cpu_offset[cpu]);
	/* Born masked: what arrives from here on is noted. */
	host_signals_block(0);
}

static void begin_on_stack(unsigned long cpu)
{
	secondary_start(cpu);
	__builtin_unreachable();
}

void um_cpu_begin(unsigned int cpu)
{
	struct task_struct *idle = per_cpu(current_task, cpu);

	um_cpu_enter(cpu);
	um_run_on_stack((char *)idle->stack + UM_KSTACK_SIZE, begin_on_stack, cpu);
}

int um_cpu_start(unsigned int cpu, struct task_struct *idle)
{
	per_cpu(current_task, cpu) = idle;
	return host_cpu_start(cpu);
}

unsigned int um_nr_cpus(void)
{
	return um_host_info->ncpus;
}

void um_spin_wait(unsigned long rounds)
{
	cpu_relax();
	if (rounds % SPINS_PER_YIELD == SPINS_PER_YIELD - 1)
		host_yield();
}

void um_lock_wait(const volatile u32 *word, u32 value, unsigned long ns)
{
	/* What is pending cannot be delivered here, so it is no reason not to sleep. */
	static const volatile u32 nothing;

	host_wait_word(word, value, &nothing, ns);
}

void um_lock_wake(const volatile u32 *word)
{
	host_wake_word(word);
}

/*
 * Is something pending before a spin is over? Only asked where another vCPU is at work, which may
 * wake this one: a wake-up out of the host's sleep costs as much as the whole spin.
 */
static bool poll_pending(const volatile u32 *pending)
{
	u64 start = __builtin_ia32_rdtsc();

	do {
		for (unsigned int i = 0; i < POLLS_PER_YIELD; i++) {
			if (*pending)
				return true;
			cpu_relax();
		}
		if (__atomic_load_n(&um_idle_vcpus, __ATOMIC_RELAXED) >= (int)um_nr_cpus())
			return false;
		host_yield();
	} while (__builtin_ia32_rdtsc() - start < STUB_SPIN_CYCLES);
	return false;
}

void um_cpu_idle(void)
{
	volatile u32 *pending = this_cpu_ptr(&um_irq_pending);
	u32 *idle = this_cpu_ptr(&um_idle);
	u64 start = __builtin_ia32_rdtsc();
	bool poll = this_cpu_read(idle_is_short) && host_cores() > 1;

	if (um_virtual && (*pending || um_virtual_idle()))
		return;
	__atomic_fetch_add(&um_idle_vcpus, 1, __ATOMIC_RELAXED);
	__atomic_store_n(idle, UM_IDLE_POLLS, __ATOMIC_SEQ_CST);
	if (!poll || !poll_pending(pending)) {
		__atomic_store_n(idle, UM_IDLE_SLEEPS, __ATOMIC_SEQ_CST);
		host_wait_word(pending, 0, pending, 0);
	}
	__atomic_store_n(idle, 0, __ATOMIC_SEQ_CST);
	__atomic_fetch_sub(&um_idle_vcpus, 1, __ATOMIC_RELAXED);
	this_cpu_write(idle_is_short, __builtin_ia32_rdtsc() - start < 2 * STUB_SPIN_CYCLES);
}

void um_cpu_stop(void)
{
	volatile u32 *pending = this_cpu_ptr(&um_irq_pending);

	/* Signals go on setting bits; nobody looks at them any more. */
	arch_local_irq_disable();
	for (;;) {
		*pending = 0;
		host_wait_word(pending, 0, pending, 0);
	}
}
