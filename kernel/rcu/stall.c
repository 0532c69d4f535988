// SPDX-License-Identifier: MIT
/*
 * Stalls of grace periods: a CPU that has run for rcu_cpu_stall_timeout seconds without passing a
 * quiescent state. Counted is the CPU time that the host gave it, not time that went by: a vCPU
 * that has no core passes no quiescent state either, and that is no bug of ours. So a CPU that
 * the host never runs is never reported.
 */
#include <kern/backtrace.h>
#include <kern/init.h>
#include <kern/panic.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/timekeeping.h>
#include <lib/kstrtox.h>
#include <um/setup.h>
#include "internal.h"

/* Most grace periods are over before anybody asks the host for times. */
#define NOTE_AFTER(limit) ((limit) / 16)

u64 rcu_stall_limit_ns = 21 * NSEC_PER_SEC;
int rcu_stall_suppress, sysctl_panic_on_rcu_stall;
static unsigned int stalls; /* atomic */

unsigned int rcu_stall_count(void)
{
	return READ_ONCE(stalls);
}

void rcu_stall_begin(struct rcu_stall *stall)
{
	stall->begin = sched_clock();
	stall->limit = READ_ONCE(rcu_stall_limit_ns);
	stall->noted = false;
}

static void note_times(struct rcu_stall *stall)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		stall->used[cpu] = um_cpu_used_ns(cpu);
	stall->noted = true;
}

/* The CPUs that have used up the limit. */
static bool find_stalled(const struct rcu_stall *stall, const struct cpumask *waiting,
			 struct cpumask *stalled)
{
	unsigned int cpu;

	cpumask_clear(stalled);
	for_each_cpu(cpu, waiting) {
		if (um_cpu_used_ns(cpu) - stall->used[cpu] > stall->limit)
			cpumask_set_cpu(cpu, stalled);
	}
	return !cpumask_empty(stalled);
}

static void report(const struct rcu_stall *stall, const struct cpumask *stalled)
{
	unsigned int cpu;

	pr_err("rcu: INFO: rcu detected stalls on CPUs/tasks:\n");
	for_each_cpu(cpu, stalled)
		pr_err("rcu: \t%u: (%llu ms of CPU time in this grace period)\n", cpu,
		       (unsigned long long)(um_cpu_used_ns(cpu) - stall->used[cpu]) / NSEC_PER_MSEC);
	pr_err("rcu: \t(detected by %d, t=%llu ms, ncpus=%u)\n", raw_smp_processor_id(),
	       (unsigned long long)(sched_clock() - stall->begin) / NSEC_PER_MSEC,
	       num_online_cpus());
	trigger_all_cpu_backtrace();
}

void rcu_stall_check(struct rcu_stall *stall, const struct cpumask *waiting)
{
	u64 waited = sched_clock() - stall->begin;
	struct cpumask stalled;

	if (!stall->limit || READ_ONCE(rcu_stall_suppress))
		return;
	if (!stall->noted) {
		if (waited > NOTE_AFTER(stall->limit))
			note_times(stall);
		return;
	}
	if (waited <= stall->limit || !find_stalled(stall, waiting, &stalled))
		return;
	__atomic_fetch_add(&stalls, 1, __ATOMIC_RELAXED);
	report(stall, &stalled);
	if (READ_ONCE(sysctl_panic_on_rcu_stall))
		panic("RCU Stall");
	/* And again after three times as long. */
	stall->limit *= 3;
}

static int check_timeout(const char *value)
{
	unsigned int seconds;

	return kstrtouint(value, 0, &seconds) || seconds < 3 || seconds > 300 ? -22 : 0;
}

static int set_timeout(char *value)
{
	unsigned int seconds;

	if (kstrtouint(value, 0, &seconds))
		return 0;
	rcu_stall_limit_ns = seconds * NSEC_PER_SEC;
	return 1;
}
__setup_checked("rcupdate.rcu_cpu_stall_timeout=", set_timeout, check_timeout);
module_param_named(rcupdate.rcu_cpu_stall_suppress, rcu_stall_suppress, int, 0644);
