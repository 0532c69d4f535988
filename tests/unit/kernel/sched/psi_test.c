// SPDX-License-Identifier: MIT
/* Pressure stall information of task groups: what counts where, and that nothing is left over. */
#include <kern/delay.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <lib/string.h>
#include "../../../../kernel/sched/internal.h"
#include "../threads.h"

static bool stop_all;

static int spin(void *unused)
{
	while (!READ_ONCE(stop_all))
		cpu_relax();
	wait_for_stop();
	return 0;
}

static int wait_for_io(void *unused)
{
	while (!READ_ONCE(stop_all)) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		io_schedule_timeout(1);
	}
	wait_for_stop();
	return 0;
}

static int stall(void *unused)
{
	psi_memstall_enter();
	psi_memstall_enter();
	while (!READ_ONCE(stop_all))
		schedule_timeout_uninterruptible(1);
	psi_memstall_leave();
	psi_memstall_leave();
	wait_for_stop();
	return 0;
}

static int spin_stalled(void *unused)
{
	psi_memstall_enter();
	while (!READ_ONCE(stop_all))
		cpu_relax();
	psi_memstall_leave();
	wait_for_stop();
	return 0;
}

/* A bit of everything, now here and now there. */
static int live(void *unused)
{
	unsigned long n = (unsigned long)current->pid;

	while (!READ_ONCE(stop_all)) {
		n = n * 6364136223846793005UL + 1442695040888963407UL;
		if (n >> 40 & 1)
			psi_memstall_enter();
		set_cpus_allowed_ptr(current,
				     n >> 41 & 1 ? cpumask_of(n >> 42 & 1) : cpu_possible_mask);
		for (unsigned int i = 0; i < (n >> 44 & 1023); i++)
			cpu_relax();
		if (n >> 55 & 1) {
			set_current_state(TASK_UNINTERRUPTIBLE);
			if (n >> 56 & 1)
				io_schedule_timeout(1);
			else
				schedule_timeout(1);
		} else {
			yield();
		}
		if (n >> 40 & 1)
			psi_memstall_leave();
	}
	wait_for_stop();
	return 0;
}

static void start_on_cpu_0(struct test_threads *t, unsigned int count, int (*fn)(void *))
{
	WRITE_ONCE(stop_all, false);
	start_threads(t, count, fn, NULL);
	for (unsigned int i = 0; i < t->count; i++)
		KEXPECT_EQ(set_cpus_allowed_ptr(t->tasks[i], cpumask_of(0)), 0);
}

static void stop(struct test_threads *t)
{
	WRITE_ONCE(stop_all, true);
	stop_threads(t);
}

static struct task_group *new_group(struct task_group *parent)
{
	struct task_group *group = sched_group_create(parent);

	return IS_ERR(group) ? NULL : group;
}

static bool counts_nothing(struct task_group *group)
{
	static const unsigned int zero[NR_PSI_COUNTS];
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (memcmp(group->cpu[cpu].psi.nr, zero, sizeof(zero)))
			return false;
	return true;
}

/* Who was stopped may be on the way out still. Then lets the group go. */
static void expect_empty(struct task_group *group)
{
	for (unsigned int i = 0; i < 1000 && !counts_nothing(group); i++)
		msleep(1);
	KEXPECT_TRUE(counts_nothing(group));
	sched_group_put(group);
}

/* Does it become so within some seconds, however busy the host is? */
static bool grows(struct task_group *group, enum psi_state state)
{
	u64 before = psi_total(&group->psi, state);

	for (unsigned int i = 0; i < 1000; i++) {
		msleep(5);
		if (psi_total(&group->psi, state) > before + NSEC_PER_MSEC)
			return true;
	}
	return false;
}

static bool stands_still(struct task_group *group, enum psi_state state)
{
	u64 before = psi_total(&group->psi, state);

	msleep(30);
	return psi_total(&group->psi, state) == before;
}

KTEST(psi, who_waits_for_a_cpu_counts_in_the_group_and_all_above)
{
	struct task_group *outer = new_group(NULL), *inner = new_group(outer);
	struct task_group *other = new_group(NULL);
	static struct test_threads t;

	KASSERT_TRUE(outer && inner && other);
	start_on_cpu_0(&t, 2, spin);
	sched_move_task(t.tasks[0], inner);
	sched_move_task(t.tasks[1], inner);
	KEXPECT_TRUE(grows(inner, PSI_CPU_SOME));
	KEXPECT_TRUE(grows(outer, PSI_CPU_SOME));
	KEXPECT_TRUE(stands_still(other, PSI_NONIDLE));
	KEXPECT_TRUE(stands_still(inner, PSI_IO_SOME));
	/* One each: whoever has the CPU makes all of the other group wait. */
	sched_move_task(t.tasks[1], other);
	KEXPECT_TRUE(grows(outer, PSI_CPU_FULL));
	KEXPECT_TRUE(grows(other, PSI_CPU_FULL));
	stop(&t);
	expect_empty(inner);
	expect_empty(outer);
	expect_empty(other);
}

KTEST(psi, who_is_throttled_waits)
{
	struct task_group *group = new_group(NULL);
	static struct test_threads t;

	KASSERT_NOT_NULL(group);
	KEXPECT_EQ(sched_group_set_bandwidth(group, 50 * NSEC_PER_MSEC, NSEC_PER_MSEC, 0), 0);
	start_on_cpu_0(&t, 1, spin);
	sched_move_task(t.tasks[0], group);
	KEXPECT_TRUE(grows(group, PSI_CPU_FULL));
	KEXPECT_EQ(sched_group_set_bandwidth(group, 50 * NSEC_PER_MSEC, U64_MAX, 0), 0);
	stop(&t);
	expect_empty(group);
}

static void moves_with_the_task(int (*fn)(void *), enum psi_state state)
{
	struct task_group *outer = new_group(NULL), *one = new_group(outer);
	struct task_group *two = new_group(outer);
	static struct test_threads t;

	KASSERT_TRUE(outer && one && two);
	start_on_cpu_0(&t, 1, fn);
	sched_move_task(t.tasks[0], one);
	KEXPECT_TRUE(grows(one, state));
	sched_move_task(t.tasks[0], two);
	KEXPECT_TRUE(grows(two, state));
	KEXPECT_TRUE(stands_still(one, state));
	KEXPECT_TRUE(grows(outer, state));
	/* Elsewhere too. */
	KEXPECT_EQ(set_cpus_allowed_ptr(t.tasks[0], cpumask_of(1)), 0);
	KEXPECT_TRUE(grows(two, state));
	sched_move_task(t.tasks[0], NULL);
	KEXPECT_TRUE(stands_still(two, state));
	KEXPECT_TRUE(counts_nothing(outer));
	stop(&t);
	expect_empty(one);
	expect_empty(two);
	expect_empty(outer);
}

KTEST(psi, waiting_for_io_moves_with_the_task)
{
	moves_with_the_task(wait_for_io, PSI_IO_FULL);
}

KTEST(psi, memory_stalls_move_with_the_task)
{
	moves_with_the_task(stall, PSI_MEM_FULL);
}

/* One of the two reclaims all the time, and while it does the other cannot run. */
KTEST(psi, who_reclaims_keeps_others_from_the_cpu)
{
	static struct test_threads reclaims, waits;
	struct task_group *group = new_group(NULL);

	KASSERT_NOT_NULL(group);
	start_on_cpu_0(&reclaims, 1, spin_stalled);
	start_on_cpu_0(&waits, 1, spin);
	sched_move_task(reclaims.tasks[0], group);
	sched_move_task(waits.tasks[0], group);
	KEXPECT_TRUE(grows(group, PSI_MEM_FULL));
	KEXPECT_TRUE(grows(group, PSI_CPU_SOME));
	/* Alone, what does not reclaim is never stalled. */
	sched_move_task(reclaims.tasks[0], NULL);
	KEXPECT_TRUE(stands_still(group, PSI_MEM_SOME));
	WRITE_ONCE(stop_all, true);
	stop_threads(&waits);
	stop_threads(&reclaims);
	expect_empty(group);
}

KTEST(psi, switched_off_and_on)
{
	struct task_group *group = new_group(NULL);
	struct psi_figures figures;
	static struct test_threads t;

	KASSERT_NOT_NULL(group);
	start_on_cpu_0(&t, 2, spin);
	sched_move_task(t.tasks[0], group);
	sched_move_task(t.tasks[1], group);
	KEXPECT_TRUE(grows(group, PSI_CPU_SOME));
	psi_group_enable(&group->psi, false);
	KEXPECT_TRUE(stands_still(group, PSI_CPU_SOME));
	psi_group_enable(&group->psi, true);
	psi_fetch(&group->psi, PSI_CPU_SOME, &figures);
	KEXPECT_EQ(figures.average[0], 0);
	KEXPECT_TRUE(grows(group, PSI_CPU_SOME));
	stop(&t);
	expect_empty(group);
}

KTEST(psi, nothing_is_left_of_tasks_that_move_all_the_time)
{
	struct task_group *groups[4] = { NULL };
	static struct test_threads t;

	groups[1] = new_group(NULL);
	groups[2] = new_group(groups[1]);
	groups[3] = new_group(groups[1]);
	KASSERT_TRUE(groups[1] && groups[2] && groups[3]);
	KEXPECT_EQ(sched_group_set_bandwidth(groups[2], 5 * NSEC_PER_MSEC, NSEC_PER_MSEC, 0), 0);
	WRITE_ONCE(stop_all, false);
	start_threads(&t, 6, live, NULL);
	for (unsigned int i = 0; i < 2000; i++) {
		sched_move_task(t.tasks[i % 6], groups[i * 7 / 3 % 4]);
		if (i % 8 == 0)
			msleep(1);
	}
	KEXPECT_EQ(sched_group_set_bandwidth(groups[2], 5 * NSEC_PER_MSEC, U64_MAX, 0), 0);
	stop(&t);
	for (unsigned int i = 3; i; i--)
		expect_empty(groups[i]);
	KEXPECT_EQ(cpu_rq(0)->psi.nr[PSI_NR_MEMSTALL] + cpu_rq(1)->psi.nr[PSI_NR_MEMSTALL], 0);
	KEXPECT_EQ(cpu_rq(0)->psi.nr[PSI_NR_MEMSTALL_ONCPU], 0);
	KEXPECT_EQ(cpu_rq(1)->psi.nr[PSI_NR_MEMSTALL_ONCPU], 0);
	KEXPECT_LT(cpu_rq(1)->psi.nr[PSI_NR_RUNNING], 100U);
}
