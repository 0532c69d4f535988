// SPDX-License-Identifier: MIT
/* Work queues: once per queueing, order, waiting, taking back, delays. */
#include <kern/atomic.h>
#include <kern/completion.h>
#include <kern/delay.h>
#include <kern/ktest.h>
#include <kern/workqueue.h>

static atomic_t runs;
static DECLARE_COMPLETION(gate);

static void count_run(struct work_struct *work)
{
	atomic_inc(&runs);
}

static void wait_at_gate(struct work_struct *work)
{
	wait_for_completion(&gate);
	atomic_inc(&runs);
}

KTEST(workqueue, runs_once_per_queueing)
{
	DECLARE_WORK(work, count_run);

	atomic_set(&runs, 0);
	for (int i = 1; i <= 100; i++) {
		KASSERT_TRUE(schedule_work(&work));
		flush_work(&work);
		KASSERT_EQ(atomic_read(&runs), i);
	}
	KEXPECT_FALSE(flush_work(&work));
}

KTEST(workqueue, queueing_twice_is_once)
{
	DECLARE_WORK(blocker, wait_at_gate);
	DECLARE_WORK(work, count_run);
	struct workqueue_struct *wq = alloc_ordered_workqueue("test", 0);

	KASSERT_NOT_NULL(wq);
	reinit_completion(&gate);
	atomic_set(&runs, 0);
	KEXPECT_TRUE(queue_work(wq, &blocker));
	KEXPECT_TRUE(queue_work(wq, &work));
	KEXPECT_FALSE(queue_work(wq, &work));
	KEXPECT_TRUE(work_pending(&work));
	complete(&gate);
	flush_workqueue(wq);
	KEXPECT_EQ(atomic_read(&runs), 2);
	destroy_workqueue(wq);
}

KTEST(workqueue, blocked_work_does_not_hold_up_others)
{
	struct work_struct blockers[8];
	DECLARE_WORK(work, count_run);

	reinit_completion(&gate);
	atomic_set(&runs, 0);
	for (int i = 0; i < 8; i++) {
		INIT_WORK(&blockers[i], wait_at_gate);
		schedule_work(&blockers[i]);
	}
	schedule_work(&work);
	flush_work(&work);
	KEXPECT_EQ(atomic_read(&runs), 1);
	for (int i = 0; i < 8; i++)
		complete(&gate);
	for (int i = 0; i < 8; i++)
		flush_work(&blockers[i]);
	KEXPECT_EQ(atomic_read(&runs), 9);
}

KTEST(workqueue, cancel_takes_back)
{
	DECLARE_WORK(blocker, wait_at_gate);
	DECLARE_WORK(work, count_run);
	struct workqueue_struct *wq = alloc_ordered_workqueue("test", 0);

	KASSERT_NOT_NULL(wq);
	reinit_completion(&gate);
	atomic_set(&runs, 0);
	queue_work(wq, &blocker);
	queue_work(wq, &work);
	KEXPECT_TRUE(cancel_work_sync(&work));
	KEXPECT_FALSE(cancel_work_sync(&work));
	complete(&gate);
	destroy_workqueue(wq);
	KEXPECT_EQ(atomic_read(&runs), 1);
}

struct ordered_work {
	struct work_struct work;
	int number;
};

static int last_number;
static bool in_order;

static void note_number(struct work_struct *work)
{
	int number = container_of(work, struct ordered_work, work)->number;

	if (number != last_number + 1)
		in_order = false;
	last_number = number;
}

KTEST(workqueue, ordered_queue_keeps_order)
{
	static struct ordered_work works[64];
	struct workqueue_struct *wq = alloc_ordered_workqueue("test", 0);

	KASSERT_NOT_NULL(wq);
	last_number = -1;
	in_order = true;
	for (int i = 0; i < 64; i++) {
		INIT_WORK(&works[i].work, note_number);
		works[i].number = i;
		queue_work(wq, &works[i].work);
	}
	destroy_workqueue(wq);
	KEXPECT_TRUE(in_order);
	KEXPECT_EQ(last_number, 63);
}

KTEST(workqueue, delayed_work_waits)
{
	struct delayed_work dwork;

	INIT_DELAYED_WORK(&dwork, count_run);
	atomic_set(&runs, 0);
	KEXPECT_TRUE(schedule_delayed_work(&dwork, HZ / 20));
	KEXPECT_FALSE(schedule_delayed_work(&dwork, 0));
	KEXPECT_EQ(atomic_read(&runs), 0);
	msleep(200);
	KEXPECT_EQ(atomic_read(&runs), 1);
	KEXPECT_TRUE(schedule_delayed_work(&dwork, 100 * HZ));
	KEXPECT_TRUE(cancel_delayed_work_sync(&dwork));
	KEXPECT_FALSE(cancel_delayed_work_sync(&dwork));
	KEXPECT_TRUE(schedule_delayed_work(&dwork, 100 * HZ));
	KEXPECT_TRUE(mod_delayed_work(system_wq, &dwork, 0));
	flush_delayed_work(&dwork);
	KEXPECT_EQ(atomic_read(&runs), 2);
}
