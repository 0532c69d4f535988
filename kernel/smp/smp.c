// SPDX-License-Identifier: MIT
/*
 * Other CPUs: starting them, and running functions on them.
 *
 * A call is an element of the target's lock-free list plus an IPI; the target runs the list in
 * the interrupt. The caller's element stays locked (CSD_LOCK) until it has run. Waiting callers
 * have interrupts on, so two CPUs that call each other make progress.
 */
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/percpu.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <kern/smp.h>
#include <kern/tick.h>
#include <lib/kstrtox.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include <um/smp.h>

#define CSD_LOCK	     1U
#define START_TIMEOUT_ROUNDS 100000000UL

static DEFINE_PER_CPU_ALIGNED(struct llist_head, call_queue);
static DEFINE_PER_CPU_ALIGNED(struct call_single_data, single_csd);

static void csd_lock_wait(struct call_single_data *csd)
{
	unsigned long rounds = 0;

	while (__atomic_load_n(&csd->flags, __ATOMIC_ACQUIRE) & CSD_LOCK)
		um_spin_wait(rounds++);
}

static void csd_unlock(struct call_single_data *csd)
{
	__atomic_store_n(&csd->flags, 0, __ATOMIC_RELEASE);
}

void smp_send_reschedule(int cpu)
{
	um_send_ipi(cpu, IPI_RESCHEDULE);
}

/* IPI_CALL_FUNCTION. => interrupt context. */
void smp_call_function_interrupt(void)
{
	struct llist_node *node = llist_reverse_order(llist_del_all(this_cpu_ptr(&call_queue)));

	while (node) {
		struct call_single_data *csd = container_of(node, struct call_single_data, llist);
		smp_call_func_t func = csd->func;
		void *info = csd->info;

		node = node->next;
		func(info);
		/* The caller may reuse it from here on. */
		csd_unlock(csd);
	}
}

static void csd_send(unsigned int cpu, struct call_single_data *csd)
{
	if (llist_add(&csd->llist, per_cpu_ptr(&call_queue, cpu)))
		um_send_ipi(cpu, IPI_CALL_FUNCTION);
}

static void call_here(smp_call_func_t func, void *info)
{
	unsigned long flags;

	local_irq_save(flags);
	func(info);
	local_irq_restore(flags);
}

int smp_call_function_single(int cpu, smp_call_func_t func, void *info, int wait)
{
	struct call_single_data stack = { .flags = CSD_LOCK }, *csd = &stack;
	int ret = 0;

	preempt_disable();
	if (cpu == (int)smp_processor_id()) {
		call_here(func, info);
	} else if ((unsigned int)cpu >= nr_cpu_ids || !cpu_online(cpu)) {
		ret = -ENXIO;
	} else {
		if (!wait) {
			csd = this_cpu_ptr(&single_csd);
			csd_lock_wait(csd);
			csd->flags = CSD_LOCK;
		}
		csd->func = func;
		csd->info = info;
		csd_send(cpu, csd);
		if (wait)
			csd_lock_wait(csd);
	}
	preempt_enable();
	return ret;
}

int smp_call_function_single_async(int cpu, call_single_data_t *csd)
{
	if ((unsigned int)cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -ENXIO;
	if (__atomic_fetch_or(&csd->flags, CSD_LOCK, __ATOMIC_SEQ_CST) & CSD_LOCK)
		return -EBUSY;
	csd_send(cpu, csd);
	return 0;
}

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	unsigned int cpu;

	/* One at a time and always to the end: calls to all CPUs are rare. */
	for_each_cpu(cpu, mask) {
		if (cpu != (unsigned int)smp_processor_id() && cpu_online(cpu))
			(void)smp_call_function_single(cpu, func, info, wait);
	}
}

void smp_call_function(smp_call_func_t func, void *info, int wait)
{
	preempt_disable();
	smp_call_function_many(cpu_online_mask, func, info, wait);
	preempt_enable();
}

void on_each_cpu_mask(const struct cpumask *mask, smp_call_func_t func, void *info, bool wait)
{
	preempt_disable();
	smp_call_function_many(mask, func, info, wait);
	if (cpumask_test_cpu(smp_processor_id(), mask))
		call_here(func, info);
	preempt_enable();
}

void on_each_cpu(smp_call_func_t func, void *info, int wait)
{
	on_each_cpu_mask(cpu_online_mask, func, info, wait);
}

void on_each_cpu_cond(bool (*cond)(int cpu, void *info), smp_call_func_t func, void *info,
		      bool wait)
{
	struct cpumask mask = { { 0 } };
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (cond(cpu, info))
			cpumask_set_cpu(cpu, &mask);
	}
	on_each_cpu_mask(&mask, func, info, wait);
}

void smp_send_stop(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (cpu != (unsigned int)raw_smp_processor_id())
			um_send_ipi(cpu, IPI_STOP);
	}
}

/* The first kernel code of a new CPU. => its idle task's stack, interrupts masked. */
void secondary_start(unsigned int cpu)
{
	sched_cpu_starting(cpu);
	cpumask_set_cpu(cpu, &__cpu_online_mask);
	tick_init_cpu();
	local_irq_enable();
	cpu_startup_entry();
}

/* How many CPUs are brought up at boot: all of ncpus= unless somebody wants fewer. */
static unsigned int max_cpus = NR_CPUS;

static int check_maxcpus(const char *value)
{
	unsigned int number;

	return kstrtouint(value, 0, &number) ? -EINVAL : 0;
}

/* 0 is as nosmp: CPU 0 alone. */
static int set_maxcpus(char *value)
{
	return !kstrtouint(value, 0, &max_cpus);
}
__setup_checked("maxcpus=", set_maxcpus, check_maxcpus);

static int set_nosmp(char *value)
{
	max_cpus = 0;
	return 1;
}
__setup("nosmp", set_nosmp);

/* Starts the other CPUs. => the thread of init, before anything depends on their number. */
void smp_init(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct task_struct *idle;
		unsigned long rounds = 0;
		int ret;

		if (cpu_online(cpu) || num_online_cpus() >= max_cpus)
			continue;
		idle = fork_idle(cpu);
		ret = PTR_ERR_OR_ZERO(idle);
		if (!ret) {
			init_idle(idle, cpu);
			ret = um_cpu_start(cpu, idle);
		}
		if (ret) {
			pr_err("CPU %u does not start: %d\n", cpu, ret);
			continue;
		}
		while (!cpu_online(cpu) && rounds < START_TIMEOUT_ROUNDS)
			um_spin_wait(rounds++);
	}
	pr_info("smp: %u CPU%s\n", num_online_cpus(), num_online_cpus() == 1 ? "" : "s");
}
