// SPDX-License-Identifier: MIT
/*
 * Stack traces: of oneself, of a task that does not run, and of another vCPU.
 *
 * Another vCPU is asked by a host signal that gets through even when its interrupts are masked:
 * um_nmi_wanted makes the host's handler call um_nmi(), which writes down where it was. Who asks
 * waits for the answer with a bound, since the host may give the other one no core.
 */
#include "../internal.h"
#include <kern/task.h>
#include <kern/timekeeping.h>
#include <um/processor.h>
#include <um/setup.h>

#define TRACE_MAX	 32
#define ANSWER_LIMIT_NS 300000000ULL

struct cpu_trace {
	unsigned int count;
	unsigned long addrs[TRACE_MAX];
};

/* The question: 0 none, else its number. The vCPU itself sets it to 0 once it has answered. */
DEFINE_PER_CPU(u32, um_nmi_wanted);
static DEFINE_PER_CPU(struct cpu_trace, cpu_trace); /* written by its vCPU while it is wanted */
static int asking;				     /* try-lock: one question at a time */

/* Is [addr, addr + 16) on the kernel stack at `stack`, above its guard page? */
static bool on_stack(unsigned long addr, unsigned long stack)
{
	return addr >= stack + 4096 && addr + 16 <= stack + UM_KSTACK_SIZE && !(addr & 7);
}

static unsigned int follow(unsigned long bp, unsigned long stack, unsigned long *addrs,
			   unsigned int max)
{
	unsigned int n = 0;

	while (n < max && on_stack(bp, stack)) {
		const unsigned long *frame = (const unsigned long *)bp;

		if (!frame[1])
			break;
		addrs[n++] = frame[1];
		if (frame[0] <= bp)
			break;
		bp = frame[0];
	}
	return n;
}

unsigned int um_trace_from(unsigned long bp, unsigned long *addrs, unsigned int max)
{
	return follow(bp, (unsigned long)current->stack, addrs, max);
}

unsigned int um_stack_trace(unsigned long *addrs, unsigned int max)
{
	return um_trace_from((unsigned long)__builtin_frame_address(0), addrs, max);
}

/* The chain starts in the frame that the switch pushed: five registers, then %rbp, return address. */
unsigned int um_stack_trace_task(const struct task_struct *task, unsigned long *addrs,
				 unsigned int max)
{
	return follow(task->thread.ksp + 5 * sizeof(unsigned long), (unsigned long)task->stack,
		      addrs, max);
}

void um_nmi(unsigned long ip, unsigned long bp)
{
	struct cpu_trace *trace = this_cpu_ptr(&cpu_trace);

	if (!this_cpu_read(um_nmi_wanted))
		return;
	trace->addrs[0] = ip;
	trace->count = 1 + um_trace_from(bp, trace->addrs + 1, TRACE_MAX - 1);
	__atomic_store_n(this_cpu_ptr(&um_nmi_wanted), 0, __ATOMIC_RELEASE);
}

/* => `asking` held */
static unsigned int ask(unsigned int cpu, unsigned long *addrs, unsigned int max)
{
	struct cpu_trace *trace = per_cpu_ptr(&cpu_trace, cpu);
	u32 *wanted = per_cpu_ptr(&um_nmi_wanted, cpu), one = 1;
	u64 end = sched_clock() + ANSWER_LIMIT_NS;
	unsigned long rounds = 0;
	unsigned int n;

	__atomic_store_n(wanted, 1, __ATOMIC_SEQ_CST);
	host_cpu_kick(cpu);
	while (__atomic_load_n(wanted, __ATOMIC_ACQUIRE)) {
		/* Taken back, unless it answers just now. */
		if (sched_clock() > end &&
		    __atomic_compare_exchange_n(wanted, &one, 0, false, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST))
			return 0;
		um_spin_wait(rounds++);
	}
	n = trace->count < max ? trace->count : max;
	for (unsigned int i = 0; i < n; i++)
		addrs[i] = trace->addrs[i];
	return n;
}

unsigned int um_stack_trace_cpu(unsigned int cpu, unsigned long *addrs, unsigned int max)
{
	unsigned long rounds = 0;
	unsigned int n;

	if (cpu == (unsigned int)raw_smp_processor_id())
		return um_stack_trace(addrs, max);
	while (__atomic_exchange_n(&asking, 1, __ATOMIC_ACQUIRE))
		um_spin_wait(rounds++);
	n = ask(cpu, addrs, max);
	__atomic_store_n(&asking, 0, __ATOMIC_RELEASE);
	return n;
}

u64 um_cpu_used_ns(unsigned int cpu)
{
	return host_cpu_used_ns(cpu);
}
