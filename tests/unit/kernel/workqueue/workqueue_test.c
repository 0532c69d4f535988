// SPDX-License-Identifier: MIT
/* Work queues: every queued work runs once, in order where that is promised; flush and cancel. */
#include <kern/completion.h>
#include <kern/delay.h>
#include <kern/workqueue.h>
#include "../../../../kernel/workqueue/internal.h"
#include "../threads.h"

#define WORKS 64

struct counted_work {
	struct work_struct work;
	unsigned int runs, order;
};

static struct counted_work works[WORKS];
static atomic_t ran, running;
static int most_running;

static void count_run(struct work_struct *work)
{
	struct counted_work *c = container_of(work, struct counted_work, work);
	int now = atomic_inc_return(&running);

	most_running = max(most_running, now);
	c->runs++;
	c->order = atomic_inc_return(&ran);
	if (c->order % 8 == 0)
		msleep(1);
	atomic_dec(&running);
}

static void prepare(void)
{
	atomic_set(&ran, 0);
	atomic_set(&running, 0);
	most_running = 0;
	for (unsigned int i = 0; i < WORKS; i++) {
		INIT_WORK(&works[i].work, count_run);
		works[i].runs = 0;
	}
}

KTEST(workqueue, runs_everything_once)
{
	prepare();
	for (unsigned int i = 0; i < WORKS; i++)
		KEXPECT_TRUE(schedule_work(&works[i].work));
	for (unsigned int i = 0; i < WORKS; i++)
		flush_work(&works[i].work);
	for (unsigned int i = 0; i < WORKS; i++)
		KEXPECT_EQ(works[i].runs, 1);
}

KTEST(workqueue, ordered_queue_keeps_order)
{
	struct workqueue_struct *wq = alloc_ordered_workqueue("test_ordered", 0);

	KASSERT_NOT_NULL(wq);
	prepare();
	for (unsigned int i = 0; i < WORKS; i++)
		queue_work(wq, &works[i].work);
	flush_workqueue(wq);
	for (unsigned int i = 0; i < WORKS; i++)
		KEXPECT_EQ(works[i].order, i + 1);
	KEXPECT_EQ(most_running, 1);
	destroy_workqueue(wq);
}

static void sleep_long(struct work_struct *work)
{
	msleep(30);
}

KTEST(workqueue, sleeping_works_hold_up_nobody)
{
	struct work_struct sleepers[4];
	u64 start = ktime_get();

	prepare();
	for (unsigned int i = 0; i < 4; i++) {
		INIT_WORK(&sleepers[i], sleep_long);
		schedule_work(&sleepers[i]);
	}
	schedule_work(&works[0].work);
	flush_work(&works[0].work);
	KEXPECT_LT((u64)ktime_get() - start, 30 * NSEC_PER_MSEC + 200 * NSEC_PER_MSEC);
	for (unsigned int i = 0; i < 4; i++)
		flush_work(&sleepers[i]);
}

KTEST(workqueue, cancel_takes_it_back)
{
	struct workqueue_struct *wq = alloc_ordered_workqueue("test_cancel", 0);
	struct work_struct blocker;

	KASSERT_NOT_NULL(wq);
	prepare();
	INIT_WORK(&blocker, sleep_long);
	queue_work(wq, &blocker);
	queue_work(wq, &works[0].work);
	KEXPECT_FALSE(queue_work(wq, &works[0].work));
	KEXPECT_TRUE(cancel_work_sync(&works[0].work));
	KEXPECT_FALSE(work_pending(&works[0].work));
	KEXPECT_FALSE(cancel_work_sync(&works[0].work));
	destroy_workqueue(wq);
	KEXPECT_EQ(works[0].runs, 0);
}

static struct delayed_work delayed;
static u64 delayed_at;

static void note_delayed(struct work_struct *work)
{
	delayed_at = ktime_get();
}

KTEST(workqueue, delayed_work_waits)
{
	u64 start = ktime_get();

	INIT_DELAYED_WORK(&delayed, note_delayed);
	delayed_at = 0;
	KEXPECT_TRUE(schedule_delayed_work(&delayed, msecs_to_jiffies(20)));
	KEXPECT_FALSE(schedule_delayed_work(&delayed, 1));
	msleep(120);
	KEXPECT_GE(delayed_at, start + 16 * NSEC_PER_MSEC);
	delayed_at = 0;
	schedule_delayed_work(&delayed, 1000 * HZ);
	KEXPECT_TRUE(cancel_delayed_work_sync(&delayed));
	schedule_delayed_work(&delayed, 1000 * HZ);
	KEXPECT_TRUE(flush_delayed_work(&delayed));
	KEXPECT_NE(delayed_at, 0);
	mod_delayed_work(system_wq, &delayed, 1);
	msleep(40);
	KEXPECT_FALSE(delayed_work_pending(&delayed));
}

static void queue_again(struct work_struct *work)
{
	struct counted_work *c = container_of(work, struct counted_work, work);

	if (++c->runs < 50)
		schedule_work(work);
}

KTEST(workqueue, work_may_queue_itself)
{
	struct counted_work c = { .runs = 0 };

	INIT_WORK(&c.work, queue_again);
	schedule_work(&c.work);
	for (unsigned int i = 0; i < 200 && READ_ONCE(c.runs) < 50; i++)
		msleep(2);
	cancel_work_sync(&c.work);
	KEXPECT_EQ(c.runs, 50);
}

/* ---- where and how many ---- */

static int cpu_seen;

static void note_cpu(struct work_struct *work)
{
	cpu_seen = raw_smp_processor_id();
}

KTEST(workqueue, bound_works_run_on_their_cpu)
{
	struct work_struct work;
	unsigned int cpu;

	INIT_WORK(&work, note_cpu);
	for_each_online_cpu(cpu) {
		KEXPECT_TRUE(schedule_work_on(cpu, &work));
		flush_work(&work);
		KEXPECT_EQ(cpu_seen, cpu);
	}
}

static atomic_t computing;
static int most_computing;

static void compute(struct work_struct *work)
{
	int now = atomic_inc_return(&computing);

	most_computing = max(most_computing, now);
	for (unsigned int i = 0; i < 50000; i++)
		cpu_relax();
	atomic_dec(&computing);
}

KTEST(workqueue, works_that_compute_go_one_after_the_other)
{
	struct work_struct set[8];

	most_computing = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(set); i++) {
		INIT_WORK(&set[i], compute);
		KEXPECT_TRUE(schedule_work_on(0, &set[i]));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(set); i++)
		flush_work(&set[i]);
	KEXPECT_EQ(most_computing, 1);
}

static struct completion all_asleep, wake_all;
static atomic_t asleep;

static void sleep_in_work(struct work_struct *work)
{
	if (atomic_inc_return(&asleep) == 6)
		complete(&all_asleep);
	wait_for_completion(&wake_all);
}

KTEST(workqueue, a_work_that_sleeps_lets_the_next_begin)
{
	struct work_struct set[6];

	atomic_set(&asleep, 0);
	init_completion(&all_asleep);
	init_completion(&wake_all);
	for (unsigned int i = 0; i < ARRAY_SIZE(set); i++) {
		INIT_WORK(&set[i], sleep_in_work);
		KEXPECT_TRUE(schedule_work_on(0, &set[i]));
	}
	wait_for_completion(&all_asleep);
	complete_all(&wake_all);
	for (unsigned int i = 0; i < ARRAY_SIZE(set); i++)
		flush_work(&set[i]);
}

static void queue_elsewhere(struct work_struct *work)
{
	struct counted_work *c = container_of(work, struct counted_work, work);
	int now = atomic_inc_return(&running);

	most_running = max(most_running, now);
	c->runs++;
	if (c->runs < 20)
		schedule_work_on(c->runs % num_online_cpus(), work);
	msleep(1);
	atomic_dec(&running);
}

KTEST(workqueue, a_work_never_runs_twice_at_once)
{
	prepare();
	INIT_WORK(&works[0].work, queue_elsewhere);
	schedule_work(&works[0].work);
	while (flush_work(&works[0].work))
		;
	KEXPECT_EQ(works[0].runs, 20);
	KEXPECT_EQ(most_running, 1);
}

static bool rescued;

static void note_rescuer(struct work_struct *work)
{
	WRITE_ONCE(rescued, current_is_workqueue_rescuer());
}

KTEST(workqueue, a_rescuer_helps_when_no_worker_comes)
{
	struct workqueue_struct *wq = alloc_workqueue("test_rescue", WQ_MEM_RECLAIM, 0);
	unsigned int max_workers = wq_max_workers;
	struct work_struct set[8], work;

	KASSERT_NOT_NULL(wq);
	INIT_WORK(&work, note_rescuer);
	rescued = false;
	atomic_set(&asleep, 0);
	init_completion(&all_asleep);
	init_completion(&wake_all);
	WRITE_ONCE(wq_max_workers, 0);
	/* More than there are idle workers on that CPU. */
	for (unsigned int i = 0; i < ARRAY_SIZE(set); i++) {
		INIT_WORK(&set[i], sleep_in_work);
		KEXPECT_TRUE(schedule_work_on(0, &set[i]));
	}
	queue_work_on(0, wq, &work);
	flush_work(&work);
	KEXPECT_TRUE(rescued);
	KEXPECT_LT(atomic_read(&asleep), ARRAY_SIZE(set));
	WRITE_ONCE(wq_max_workers, max_workers);
	complete_all(&wake_all);
	for (unsigned int i = 0; i < ARRAY_SIZE(set); i++)
		flush_work(&set[i]);
	destroy_workqueue(wq);
}
