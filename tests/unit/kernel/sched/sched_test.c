// SPDX-License-Identifier: MIT
/* The scheduler: fairness, nice, real-time, yield, affinity, preemption, accounting. */
#include <kern/delay.h>
#include <kern/errno.h>
#include <kern/smp.h>
#include "../threads.h"

#include <linux/sched.h>

static bool stop_spinning;

/* Spins until told to stop; ms of CPU that it got. */
static int spin(void *unused)
{
	while (!READ_ONCE(stop_spinning))
		cpu_relax();
	wait_for_stop();
	return task_sched_runtime(current) / NSEC_PER_MSEC;
}

static void bind_all(struct test_threads *t, unsigned int cpu)
{
	for (unsigned int i = 0; i < t->count; i++)
		KEXPECT_EQ(set_cpus_allowed_ptr(t->tasks[i], cpumask_of(cpu)), 0);
}

/* What each gets while all together get `ms` of CPU: on a busy host that takes longer. */
static void measure(struct test_threads *t, unsigned int ms, u64 *ran)
{
	u64 before[MAX_TEST_THREADS], end = ktime_get() + 10 * NSEC_PER_SEC, sum;

	for (unsigned int i = 0; i < t->count; i++)
		before[i] = task_sched_runtime(t->tasks[i]);
	do {
		msleep(20);
		sum = 0;
		for (unsigned int i = 0; i < t->count; i++) {
			ran[i] = task_sched_runtime(t->tasks[i]) - before[i];
			sum += ran[i];
		}
	} while (sum < ms * NSEC_PER_MSEC && (u64)ktime_get() < end);
}

KTEST(sched, equal_tasks_share_a_cpu)
{
	u64 ran[3] = { 0 }, most = 0, least = U64_MAX;
	static struct test_threads t;

	WRITE_ONCE(stop_spinning, false);
	start_threads(&t, 3, spin, NULL);
	bind_all(&t, 0);
	msleep(20);
	measure(&t, 300, ran);
	for (unsigned int i = 0; i < 3; i++) {
		most = max(most, ran[i]);
		least = min(least, ran[i]);
	}
	WRITE_ONCE(stop_spinning, true);
	stop_threads(&t);
	KEXPECT_GT(least, 0);
	/* Generous: a host with other things to do stretches single turns. */
	KEXPECT_LT(most, 5 * least);
}

KTEST(sched, nice_decides_the_share)
{
	static struct test_threads t;
	u64 ran[2] = { 0 };

	WRITE_ONCE(stop_spinning, false);
	start_threads(&t, 2, spin, NULL);
	bind_all(&t, 0);
	set_user_nice(t.tasks[1], 5);
	KEXPECT_EQ(task_nice(t.tasks[1]), 5);
	msleep(20);
	measure(&t, 400, ran);
	WRITE_ONCE(stop_spinning, true);
	stop_threads(&t);
	/* 1024 to 335 is about 3; generous as above. */
	KEXPECT_GT(2 * ran[0], 3 * ran[1]);
	KEXPECT_LT(ran[0], 15 * ran[1] + 20 * NSEC_PER_MSEC);
}

KTEST(sched, many_threads_all_run_and_end)
{
	static struct test_threads t;

	WRITE_ONCE(stop_spinning, false);
	start_threads(&t, MAX_TEST_THREADS, spin, NULL);
	msleep(100);
	WRITE_ONCE(stop_spinning, true);
	KEXPECT_GT(stop_threads(&t), 20);
}

struct fifo_run {
	struct task_struct *fair;
	u64 fair_ran; /* what the fair task got meanwhile */
	bool done;
};

static int fifo_spin(void *arg)
{
	struct fifo_run *run = arg;
	u64 end = ktime_get() + 40 * NSEC_PER_MSEC, before = task_sched_runtime(run->fair);

	while ((u64)ktime_get() < end)
		cpu_relax();
	run->fair_ran = task_sched_runtime(run->fair) - before;
	WRITE_ONCE(run->done, true);
	wait_for_stop();
	return 0;
}

KTEST(sched, fifo_runs_before_fair)
{
	struct fifo_run run = { .done = false };
	static struct test_threads t;
	struct task_struct *rt;

	WRITE_ONCE(stop_spinning, false);
	start_threads(&t, 1, spin, NULL);
	bind_all(&t, 0);
	run.fair = t.tasks[0];
	rt = kthread_create(fifo_spin, &run, "test/rt");
	KASSERT_FALSE(IS_ERR(rt));
	kthread_bind(rt, 0);
	KEXPECT_EQ(sched_set_fifo(rt), 0);
	KEXPECT_EQ(rt->sched.policy, SCHED_FIFO);
	KEXPECT_TRUE(rt_task(rt));
	msleep(10);
	wake_up_process(rt);
	while (!READ_ONCE(run.done))
		msleep(10);
	KEXPECT_EQ(run.fair_ran, 0);
	WRITE_ONCE(stop_spinning, true);
	kthread_stop(rt);
	stop_threads(&t);
}

KTEST(sched, setscheduler_checks_its_arguments)
{
	KEXPECT_EQ(sched_setscheduler_nocheck(current, SCHED_FIFO, 0), -EINVAL);
	KEXPECT_EQ(sched_setscheduler_nocheck(current, SCHED_FIFO, 100), -EINVAL);
	KEXPECT_EQ(sched_setscheduler_nocheck(current, SCHED_NORMAL, 1), -EINVAL);
	KEXPECT_EQ(sched_setscheduler_nocheck(current, SCHED_DEADLINE, 0), -EINVAL);
	KEXPECT_EQ(sched_setscheduler_nocheck(current, 77, 0), -EINVAL);
	KEXPECT_EQ(sched_setscheduler_nocheck(current, SCHED_RR, 10), 0);
	KEXPECT_EQ(task_prio(current), -11);
	KEXPECT_EQ(sched_setscheduler_nocheck(current, SCHED_NORMAL, 0), 0);
	KEXPECT_EQ(task_prio(current), 20);
}

KTEST(sched, affinity_moves_the_caller)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		KEXPECT_EQ(set_cpus_allowed_ptr(current, cpumask_of(cpu)), 0);
		KEXPECT_EQ(raw_smp_processor_id(), (int)cpu);
		msleep(1);
		KEXPECT_EQ(raw_smp_processor_id(), (int)cpu);
	}
	KEXPECT_EQ(set_cpus_allowed_ptr(current, cpu_possible_mask), 0);
	KEXPECT_EQ(set_cpus_allowed_ptr(current, &(struct cpumask){ { 0 } }), -EINVAL);
}

KTEST(sched, affinity_moves_a_running_task)
{
	unsigned int last = num_online_cpus() - 1;
	static struct test_threads t;

	WRITE_ONCE(stop_spinning, false);
	start_threads(&t, 2, spin, NULL);
	for (unsigned int round = 0; round < 10; round++) {
		unsigned int to = round & 1 ? last : 0;

		bind_all(&t, to);
		for (unsigned int i = 0; i < t.count; i++) {
			/* Its vCPU may have to wait for a host core before it can let it go. */
			for (unsigned int tries = 0; tries < 500 && task_cpu(t.tasks[i]) != to;
			     tries++)
				msleep(2);
			KEXPECT_EQ(task_cpu(t.tasks[i]), to);
		}
	}
	WRITE_ONCE(stop_spinning, true);
	stop_threads(&t);
}

KTEST(sched, idle_cpus_take_work)
{
	unsigned int cpus = 0, seen[NR_CPUS] = { 0 };
	static struct test_threads t;

	if (num_online_cpus() == 1)
		KSKIP("one CPU");
	WRITE_ONCE(stop_spinning, false);
	start_threads(&t, num_online_cpus(), spin, NULL);
	msleep(150);
	for (unsigned int i = 0; i < t.count; i++)
		seen[task_cpu(t.tasks[i])] = 1;
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
		cpus += seen[cpu];
	WRITE_ONCE(stop_spinning, true);
	stop_threads(&t);
	KEXPECT_EQ(cpus, num_online_cpus());
}

KTEST(sched, preemption_waits_for_preempt_enable)
{
	int cpu;

	preempt_disable();
	cpu = smp_processor_id();
	resched_cpu(cpu);
	KEXPECT_TRUE(need_resched());
	KEXPECT_EQ(smp_processor_id(), cpu);
	preempt_enable();
	KEXPECT_FALSE(need_resched());
}

KTEST(sched, yield_lets_the_other_run)
{
	static struct test_threads t;
	u64 before;

	set_cpus_allowed_ptr(current, cpumask_of(0));
	WRITE_ONCE(stop_spinning, false);
	start_threads(&t, 1, spin, NULL);
	bind_all(&t, 0);
	before = task_sched_runtime(t.tasks[0]);
	for (unsigned int i = 0; i < 20; i++)
		yield();
	KEXPECT_GT(task_sched_runtime(t.tasks[0]), before);
	WRITE_ONCE(stop_spinning, true);
	stop_threads(&t);
	set_cpus_allowed_ptr(current, cpu_possible_mask);
}

KTEST(sched, time_is_accounted)
{
	u64 utime, stime, before;
	struct kernel_cpustat a, b;
	u64 sum_a = 0, sum_b = 0, start = ktime_get();

	kcpustat_cpu_fetch(&a, 0);
	task_cputime(current, &utime, &before);
	/* The host may take some of the time for others: until enough was ours. */
	do {
		mdelay(30);
		task_cputime(current, &utime, &stime);
	} while (stime - before < 10 * NSEC_PER_MSEC && (u64)ktime_get() - start < 5 * NSEC_PER_SEC);
	KEXPECT_GE(stime - before, 10 * NSEC_PER_MSEC);
	KEXPECT_LE(stime - before, (u64)ktime_get() - start);
	kcpustat_cpu_fetch(&b, 0);
	for (unsigned int i = 0; i < NR_STATS; i++) {
		KEXPECT_GE(b.cpustat[i], a.cpustat[i]);
		sum_a += a.cpustat[i];
		sum_b += b.cpustat[i];
	}
	KEXPECT_GE(sum_b - sum_a, 29 * NSEC_PER_MSEC);
	KEXPECT_LE(sum_b - sum_a, (u64)ktime_get() - start + NSEC_PER_MSEC);
}

KTEST(sched, load_average_is_sane)
{
	unsigned long loads[3];

	get_avenrun(loads, 0, 0);
	KEXPECT_LT(loads[0], 1000UL * FIXED_1);
	KEXPECT_GE(nr_running(), 1);
	KEXPECT_GT(nr_context_switches(), 0);
}
