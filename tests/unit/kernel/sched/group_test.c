// SPDX-License-Identifier: MIT
/* The fair class's queues without tasks, then task groups: shares and bandwidth. */
#include <kern/delay.h>
#include <kern/err.h>
#include <kern/errno.h>
#include "../../../../kernel/sched/internal.h"
#include "../threads.h"

#define MAX_ENTITIES 16

/* A queue on which nothing but arithmetic happens. */
struct model {
	struct fair_queue q;
	struct sched_entity se[MAX_ENTITIES];
	u64 got[MAX_ENTITIES];
	unsigned int count;
};

static void model_init(struct model *m, const u32 *weights, unsigned int count)
{
	*m = (struct model){ .count = count };
	fair_queue_init(&m->q, this_cpu_ptr(&runqueues), NULL);
	for (unsigned int i = 0; i < count; i++) {
		m->se[i].weight = weights[i];
		m->se[i].queue = &m->q;
		fair_join(&m->q, &m->se[i], true);
	}
}

/* One turn of `ns`; which entity had it. */
static unsigned int model_turn(struct model *m, u64 ns)
{
	struct sched_entity *se = fair_algorithm->pick(&m->q);

	fair_tree_remove(&m->q, se);
	m->q.curr = se;
	se->vruntime += fair_weighted(ns, se);
	fair_update_min(&m->q);
	fair_algorithm->charged(&m->q, se);
	m->q.curr = NULL;
	fair_tree_insert(&m->q, se);
	m->got[se - m->se] += ns;
	return se - m->se;
}

KTEST(fair_queue, weights_decide_the_shares)
{
	static const u32 weights[] = { 3121, 1024, 335, 110, 15, 1024 };
	static struct model m;
	u64 sum = 0, load = 0;

	model_init(&m, weights, ARRAY_SIZE(weights));
	for (unsigned int turn = 0; turn < 100000; turn++)
		model_turn(&m, 500000 + turn % 7 * 300000);
	for (unsigned int i = 0; i < m.count; i++) {
		sum += m.got[i];
		load += weights[i];
	}
	for (unsigned int i = 0; i < m.count; i++) {
		u64 want = sum / load * weights[i];
		u64 off = want > m.got[i] ? want - m.got[i] : m.got[i] - want;

		/* Within one per cent, or two turns of the lightest. */
		KEXPECT_LE(off, want / 100 + 6000000);
	}
}

KTEST(fair_queue, the_mean_is_that_of_a_plain_sum)
{
	static const u32 weights[] = { 1024, 820, 15, 88761, 3 };
	static struct model m;

	model_init(&m, weights, ARRAY_SIZE(weights));
	for (unsigned int turn = 0; turn < 2000; turn++) {
		s64 sum = 0, load = 0;
		u64 base = m.q.min_vruntime, mean = fair_average(&m.q, NULL);

		for (unsigned int i = 0; i < m.count; i++) {
			sum += (s64)(m.se[i].vruntime - base) * weights[i];
			load += weights[i];
		}
		KEXPECT_LE(abs((s64)(mean - base) - sum / load), 1);
		model_turn(&m, 1000000);
	}
}

KTEST(fair_queue, who_leaves_and_comes_back_gains_nothing)
{
	static const u32 weights[] = { 1024, 1024, 1024 };
	static struct model m;

	model_init(&m, weights, ARRAY_SIZE(weights));
	for (unsigned int turn = 0; turn < 30000; turn++) {
		if (turn % 10 == 9) {
			fair_leave(&m.q, &m.se[2]);
			fair_join(&m.q, &m.se[2], true);
		}
		model_turn(&m, 1000000);
	}
	/* A sleeper gets a bonus under CFS, and none under EEVDF; more than half again is theft. */
	KEXPECT_LE(m.got[2] * 2, m.got[0] * 3);
	KEXPECT_EQ(m.q.nr, 3);
	for (unsigned int i = 0; i < 3; i++)
		fair_leave(&m.q, &m.se[i]);
	KEXPECT_EQ(m.q.nr, 0);
	KEXPECT_EQ(m.q.load, 0);
	KEXPECT_EQ(m.q.weight_sum, 0);
	KEXPECT_EQ(m.q.key_sum, 0);
}

KTEST(fair_queue, another_weight_changes_the_share)
{
	static const u32 weights[] = { 1024, 1024 };
	static struct model m;

	model_init(&m, weights, ARRAY_SIZE(weights));
	for (unsigned int turn = 0; turn < 1000; turn++)
		model_turn(&m, 1000000);
	fair_reweight(&m.se[1], 3072);
	KEXPECT_EQ(m.q.load, 4096);
	m.got[0] = m.got[1] = 0;
	for (unsigned int turn = 0; turn < 4000; turn++)
		model_turn(&m, 1000000);
	KEXPECT_GT(m.got[1], 29 * m.got[0] / 10);
	KEXPECT_LT(m.got[1], 31 * m.got[0] / 10);
}

/* ---- groups ---- */

static bool stop_spinning;

static int spin(void *unused)
{
	while (!READ_ONCE(stop_spinning))
		cpu_relax();
	wait_for_stop();
	return 0;
}

static void start_on_cpu_0(struct test_threads *t, unsigned int count)
{
	WRITE_ONCE(stop_spinning, false);
	start_threads(t, count, spin, NULL);
	for (unsigned int i = 0; i < t->count; i++)
		KEXPECT_EQ(set_cpus_allowed_ptr(t->tasks[i], cpumask_of(0)), 0);
}

/* What each gets in `ms`, or as long as it takes until all together have had `cpu` ms. */
static void measure(struct test_threads *t, unsigned int ms, unsigned int cpu, u64 *ran)
{
	u64 before[MAX_TEST_THREADS], start = ktime_get(), sum;

	for (unsigned int i = 0; i < t->count; i++)
		before[i] = task_sched_runtime(t->tasks[i]);
	do {
		msleep(ms / 10);
		sum = 0;
		for (unsigned int i = 0; i < t->count; i++) {
			ran[i] = task_sched_runtime(t->tasks[i]) - before[i];
			sum += ran[i];
		}
	} while (((u64)ktime_get() - start < ms * NSEC_PER_MSEC || sum < cpu * NSEC_PER_MSEC) &&
		 (u64)ktime_get() - start < 10 * NSEC_PER_SEC);
}

KTEST(task_group, members_share_what_the_group_gets)
{
	struct task_group *one, *inner, *many;
	static struct test_threads t;
	u64 ran[4], sum;

	one = sched_group_create(NULL);
	many = sched_group_create(NULL);
	KASSERT_FALSE(IS_ERR(one) || IS_ERR(many));
	inner = sched_group_create(many);
	KASSERT_FALSE(IS_ERR(inner));
	start_on_cpu_0(&t, 4);
	sched_move_task(t.tasks[0], one);
	for (unsigned int i = 1; i < 4; i++)
		sched_move_task(t.tasks[i], inner);
	msleep(20);
	measure(&t, 400, 300, ran);
	sum = ran[1] + ran[2] + ran[3];
	/* One against three, but group against group: half and half; generous for a busy host. */
	KEXPECT_GT(3 * ran[0], 2 * sum);
	KEXPECT_LT(2 * ran[0], 3 * sum);
	KEXPECT_EQ(sched_group_set_shares(many, 3 * 1024), 0);
	measure(&t, 400, 300, ran);
	sum = ran[1] + ran[2] + ran[3];
	KEXPECT_GT(sum, 2 * ran[0]);
	KEXPECT_LT(sum, 5 * ran[0]);
	sched_move_task(t.tasks[1], NULL);
	WRITE_ONCE(stop_spinning, true);
	stop_threads(&t);
	sched_group_put(one);
	sched_group_put(many);
	sched_group_put(inner);
}

KTEST(task_group, bandwidth_is_a_limit)
{
	struct task_group *group = sched_group_create(NULL);
	struct sched_bandwidth_stat stat;
	static struct test_threads t;
	u64 ran[2], start, passed;

	KASSERT_FALSE(IS_ERR(group));
	KEXPECT_EQ(sched_group_set_bandwidth(group, 2 * NSEC_PER_SEC, NSEC_PER_MSEC, 0), -EINVAL);
	KEXPECT_EQ(sched_group_set_bandwidth(group, 20 * NSEC_PER_MSEC, 1000, 0), -EINVAL);
	KEXPECT_EQ(sched_group_set_bandwidth(NULL, 20 * NSEC_PER_MSEC, U64_MAX, 0), -EINVAL);
	KEXPECT_EQ(sched_group_set_bandwidth(group, 20 * NSEC_PER_MSEC, 5 * NSEC_PER_MSEC, 0), 0);
	start_on_cpu_0(&t, 2);
	for (unsigned int i = 0; i < 2; i++)
		sched_move_task(t.tasks[i], group);
	msleep(60);
	start = ktime_get();
	measure(&t, 400, 20, ran);
	passed = (u64)ktime_get() - start;
	/* A quarter; more by what a tick is late. */
	KEXPECT_GT(ran[0] + ran[1], 0);
	KEXPECT_LT(ran[0] + ran[1], passed * 6 / 10);
	sched_group_bandwidth_stat(group, &stat);
	KEXPECT_GT(stat.nr_periods, 0);
	KEXPECT_GT(stat.nr_throttled, 0);
	KEXPECT_GT(stat.throttled_ns, 0);
	/* Without the limit the throttled ones go on. */
	KEXPECT_EQ(sched_group_set_bandwidth(group, 20 * NSEC_PER_MSEC, U64_MAX, 0), 0);
	measure(&t, 200, 50, ran);
	KEXPECT_GT(ran[0] + ran[1], 40 * NSEC_PER_MSEC);
	WRITE_ONCE(stop_spinning, true);
	stop_threads(&t);
	sched_group_put(group);
}

KTEST(task_group, sleepers_come_and_go_in_a_throttled_group)
{
	struct task_group *group = sched_group_create(NULL);
	static struct test_threads t;

	KASSERT_FALSE(IS_ERR(group));
	KEXPECT_EQ(sched_group_set_bandwidth(group, 10 * NSEC_PER_MSEC, NSEC_PER_MSEC, 0), 0);
	start_on_cpu_0(&t, 3);
	for (unsigned int round = 0; round < 20; round++) {
		for (unsigned int i = 0; i < 3; i++) {
			sched_move_task(t.tasks[i], (round + i) & 1 ? group : NULL);
			set_user_nice(t.tasks[i], (long)(round % 5));
		}
		msleep(3);
	}
	WRITE_ONCE(stop_spinning, true);
	stop_threads(&t);
	sched_group_put(group);
}
