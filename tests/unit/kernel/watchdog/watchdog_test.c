// SPDX-License-Identifier: MIT
/* The watchers speak when something is wrong: each of these plants what it looks for. */
#include <kern/backtrace.h>
#include <kern/completion.h>
#include <kern/delay.h>
#include <kern/kallsyms.h>
#include <kern/rcupdate.h>
#include <kern/timekeeping.h>
#include <kern/watchdog.h>
#include <lib/string.h>
#include <um/irqflags.h>
#include <um/setup.h>
#include "../threads.h"

#define LIMIT_NS (60 * NSEC_PER_MSEC)
/* So long a planted lockup lasts when nobody sees it. */
#define GIVE_UP_NS (20 * NSEC_PER_SEC)

static bool keeps_on(u64 begin, unsigned int before, unsigned int now)
{
	return now == before && (u64)ktime_get() - begin < GIVE_UP_NS;
}

static int hog_cpu(void *unused)
{
	unsigned int before = softlockup_count();
	u64 begin = ktime_get();

	preempt_disable();
	while (keeps_on(begin, before, softlockup_count()))
		cpu_relax();
	preempt_enable();
	wait_for_stop();
	return softlockup_count() > before;
}

KTEST(watchdog, a_cpu_without_preemption_is_a_soft_lockup)
{
	static struct test_threads t;
	u64 limit = softlockup_limit_ns;

	WRITE_ONCE(softlockup_limit_ns, LIMIT_NS);
	start_threads(&t, 1, hog_cpu, NULL);
	KEXPECT_EQ(stop_threads(&t), 1);
	WRITE_ONCE(softlockup_limit_ns, limit);
}

static bool unmasked;

static int mask_interrupts(void *unused)
{
	unsigned int before = hardlockup_count();
	u64 begin = ktime_get();

	local_irq_disable();
	while (keeps_on(begin, before, hardlockup_count()))
		cpu_relax();
	local_irq_enable();
	WRITE_ONCE(unmasked, true);
	wait_for_stop();
	return hardlockup_count() > before;
}

KTEST(watchdog, a_cpu_without_interrupts_is_a_hard_lockup)
{
	u64 limit = hardlockup_limit_ns;
	struct task_struct *task;

	KEXPECT_EQ(set_cpus_allowed_ptr(current, cpumask_of(0)), 0);
	WRITE_ONCE(hardlockup_limit_ns, LIMIT_NS);
	task = kthread_create(mask_interrupts, NULL, "test/masked");
	KASSERT_FALSE(IS_ERR(task));
	kthread_bind(task, 1);
	wake_up_process(task);
	/* Somebody must have timer interrupts. */
	while (!READ_ONCE(unmasked))
		msleep(10);
	KEXPECT_EQ(kthread_stop(task), 1);
	WRITE_ONCE(hardlockup_limit_ns, limit);
	KEXPECT_EQ(set_cpus_allowed_ptr(current, cpu_possible_mask), 0);
}

static int busy_but_preemptible(void *unused)
{
	while (!kthread_should_stop())
		cpu_relax();
	return 0;
}

KTEST(watchdog, a_busy_thread_is_none)
{
	static struct test_threads t;
	unsigned int before = softlockup_count();
	u64 limit = softlockup_limit_ns;

	WRITE_ONCE(softlockup_limit_ns, LIMIT_NS);
	start_threads(&t, 4, busy_but_preemptible, NULL);
	msleep(250);
	stop_threads(&t);
	WRITE_ONCE(softlockup_limit_ns, limit);
	KEXPECT_EQ(softlockup_count(), before);
}

static struct completion release;

static int sleep_hard(void *unused)
{
	wait_for_completion(&release);
	wait_for_stop();
	return 0;
}

KTEST(watchdog, a_task_that_sleeps_on_is_hung)
{
	static struct test_threads t;
	unsigned int others;

	init_completion(&release);
	others = hung_task_check(1 * NSEC_PER_SEC, 10 * NSEC_PER_SEC);
	start_threads(&t, 1, sleep_hard, NULL);
	while (!t.tasks[0]->nvcsw || !(READ_ONCE(t.tasks[0]->state) & TASK_UNINTERRUPTIBLE))
		msleep(1);
	KEXPECT_EQ(hung_task_check(2 * NSEC_PER_SEC, 10 * NSEC_PER_SEC), others);
	KEXPECT_EQ(hung_task_check(11 * NSEC_PER_SEC, 10 * NSEC_PER_SEC), others);
	KEXPECT_GT(hung_task_check(13 * NSEC_PER_SEC, 10 * NSEC_PER_SEC), others);
	complete(&release);
	stop_threads(&t);
}

static int stall_reader(void *entered)
{
	unsigned int before = rcu_stall_count();
	u64 begin = ktime_get();

	rcu_read_lock();
	WRITE_ONCE(*(bool *)entered, true);
	while (keeps_on(begin, before, rcu_stall_count()))
		cpu_relax();
	rcu_read_unlock();
	wait_for_stop();
	return rcu_stall_count() > before;
}

static void plant_stall(void (*synchronize)(void))
{
	static struct test_threads t;
	u64 limit = rcu_stall_limit_ns;
	bool entered = false;

	if (num_online_cpus() == 1)
		KSKIP("one CPU waits for no reader");
	WRITE_ONCE(rcu_stall_limit_ns, LIMIT_NS);
	start_threads(&t, 1, stall_reader, &entered);
	while (!READ_ONCE(entered))
		msleep(1);
	synchronize();
	KEXPECT_EQ(stop_threads(&t), 1);
	WRITE_ONCE(rcu_stall_limit_ns, limit);
}

KTEST(watchdog, a_reader_that_stays_is_a_stall)
{
	plant_stall(synchronize_rcu);
}

KTEST(watchdog, an_expedited_grace_period_sees_it_too)
{
	plant_stall(synchronize_rcu_expedited);
}

/* ---- stacks ---- */

static bool trace_names(const unsigned long *trace, unsigned int n, const char *function)
{
	char name[KSYM_SYMBOL_LEN];

	for (unsigned int i = 0; i < n; i++) {
		sprint_symbol(name, trace[i] - 1);
		if (!strncmp(name, function, strlen(function)))
			return true;
	}
	return false;
}

KTEST(backtrace, stack_of_a_sleeping_task)
{
	static struct test_threads t;
	unsigned long trace[32];
	unsigned int n;

	init_completion(&release);
	start_threads(&t, 1, sleep_hard, NULL);
	while (!(n = task_stack_trace(t.tasks[0], trace, 32)) || !trace_names(trace, n, "sleep_hard"))
		msleep(1);
	KEXPECT_TRUE(trace_names(trace, n, "kthread_body"));
	KEXPECT_TRUE(in_sched_functions(trace[0]));
	complete(&release);
	stop_threads(&t);
}

static bool spins, let_go;

static noinline int spin_masked(void *unused)
{
	local_irq_disable();
	WRITE_ONCE(spins, true);
	while (!READ_ONCE(let_go))
		cpu_relax();
	local_irq_enable();
	wait_for_stop();
	return 0;
}

KTEST(backtrace, stack_of_a_cpu_with_interrupts_masked)
{
	struct task_struct *task;
	unsigned long trace[32];
	unsigned int n;

	if (num_online_cpus() == 1)
		KSKIP("needs a second CPU");
	/* Our own timers would not come on the masked CPU. */
	KEXPECT_EQ(set_cpus_allowed_ptr(current, cpumask_of(0)), 0);
	spins = let_go = false;
	task = kthread_create(spin_masked, NULL, "test/masked");
	KASSERT_FALSE(IS_ERR(task));
	kthread_bind(task, 1);
	wake_up_process(task);
	while (!READ_ONCE(spins))
		msleep(1);
	/* The host may give it no core for a while. */
	while (!(n = um_stack_trace_cpu(1, trace, 32)))
		msleep(1);
	KEXPECT_TRUE(trace_names(trace, n, "spin_masked"));
	trigger_all_cpu_backtrace();
	WRITE_ONCE(let_go, true);
	kthread_stop(task);
	KEXPECT_EQ(set_cpus_allowed_ptr(current, cpu_possible_mask), 0);
}
