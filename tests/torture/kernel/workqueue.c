// SPDX-License-Identifier: MIT
/*
 * Work queues: what is queued runs, no work runs twice at a time, an ordered queue runs one at a
 * time, and flush and cancel mean it.
 */
#include <kern/delay.h>
#include <kern/errno.h>
#include <kern/sched.h>
#include <kern/workqueue.h>

#include "torture.h"

#define THREADS 4
#define PER_THREAD 12
#define KINDS 4

struct tortured_work {
	struct delayed_work dwork;
	atomic_t inside;
	atomic_t asked;			/* a generation: raised before the work is queued */
	atomic_t seen;			/* the generation that its function saw last */
	bool ordered;
};

static struct workqueue_struct *queues[KINDS];
static struct tortured_work works[THREADS][PER_THREAD];
static atomic_t inside_ordered;
static const struct torture torture_workqueue;

static void work_runs(struct work_struct *work)
{
	struct tortured_work *w = container_of(to_delayed_work(work), struct tortured_work, dwork);
	int asked = atomic_read(&w->asked);

	if (atomic_inc_return(&w->inside) != 1)
		torture_fail(&torture_workqueue, "a work runs twice at a time");
	if (w->ordered && atomic_inc_return(&inside_ordered) != 1)
		torture_fail(&torture_workqueue, "an ordered queue runs two works");
	if (asked % 7 == 0)
		usleep_range(10, 400);
	if (w->ordered)
		atomic_dec(&inside_ordered);
	atomic_set(&w->seen, asked);
	atomic_dec(&w->inside);
}

static int setup_workqueue(void)
{
	queues[0] = alloc_workqueue("torture", 0, 0);
	queues[1] = alloc_workqueue("torture_unbound", WQ_UNBOUND, 0);
	queues[2] = alloc_ordered_workqueue("torture_ordered", 0);
	queues[3] = alloc_workqueue("torture_rescue", WQ_MEM_RECLAIM | WQ_HIGHPRI, 1);
	for (unsigned int i = 0; i < KINDS; i++) {
		if (!queues[i])
			return -ENOMEM;
	}
	for (unsigned int i = 0; i < THREADS * PER_THREAD; i++) {
		struct tortured_work *w = &works[i / PER_THREAD][i % PER_THREAD];

		INIT_DELAYED_WORK(&w->dwork, work_runs);
		w->ordered = i % PER_THREAD % KINDS == 2;
	}
	return 0;
}

static void workqueue_round(struct torture_thread *self)
{
	unsigned int index = torture_below(self, PER_THREAD);
	struct tortured_work *w = &works[self->number][index];
	struct workqueue_struct *queue = queues[index % KINDS];
	int asked = atomic_inc_return(&w->asked);
	bool queued;

	if (torture_below(self, 2))
		queued = queue_work(queue, &w->dwork.work);
	else
		queued = queue_delayed_work(queue, &w->dwork, torture_below(self, 3));
	switch (torture_below(self, 8)) {
	case 0:
		/* The planted failure: the work is lost before somebody waits for it. */
		if (torture_plant(self->test)) {
			cancel_delayed_work_sync(&w->dwork);
			asked = atomic_inc_return(&w->asked);
		}
		flush_delayed_work(&w->dwork);
		if (atomic_read(&w->seen) != asked)
			torture_fail(self->test, "flushed at %d, but ran at %d (%s)", asked,
				     atomic_read(&w->seen), queued ? "queued" : "pending");
		break;
	case 1:
		cancel_delayed_work_sync(&w->dwork);
		if (delayed_work_pending(&w->dwork) || atomic_read(&w->inside))
			torture_fail(self->test, "cancelled, but pending or running");
		break;
	case 2:
		flush_workqueue(queue);
		break;
	case 3:
		mod_delayed_work(queue, &w->dwork, torture_below(self, 4));
		break;
	case 4:
		usleep_range(50, 500);
		break;
	}
}

static void finish_workqueue(const struct torture *test)
{
	for (unsigned int i = 0; i < THREADS * PER_THREAD; i++)
		flush_delayed_work(&works[i / PER_THREAD][i % PER_THREAD].dwork);
	for (unsigned int i = 0; i < KINDS; i++)
		destroy_workqueue(queues[i]);
	for (unsigned int i = 0; i < THREADS * PER_THREAD; i++) {
		struct tortured_work *w = &works[i / PER_THREAD][i % PER_THREAD];

		TORTURE_CHECK(test, !atomic_read(&w->inside) && !delayed_work_pending(&w->dwork));
	}
}

TORTURE(workqueue, .threads = THREADS, .setup = setup_workqueue, .round = workqueue_round,
	.finish = finish_workqueue);
