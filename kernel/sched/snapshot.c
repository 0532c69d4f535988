// SPDX-License-Identifier: MIT
/* What /proc/schedstat and /proc/sched_debug show of a run queue, taken under its lock. */
#include "internal.h"

const char *sched_fair_algorithm_name(void)
{
	return fair_algorithm->name;
}

void sched_cpu_snapshot(unsigned int cpu, struct sched_cpu_snapshot *shot)
{
	struct rq *rq = cpu_rq(cpu);

	spin_lock_irq(&rq->lock);
	*shot = (struct sched_cpu_snapshot){
		.curr = rq->curr->pid,
		.clock = rq->clock,
		.nr_running = rq->nr_running,
		.nr_switches = rq->nr_switches,
		.nr_uninterruptible = READ_ONCE(rq->nr_uninterruptible),
		.fair_tasks = rq->fair.nr_tasks,
		.fair_entities = rq->fair.nr,
		.fair_load = rq->fair.load,
		.fair_min_vruntime = rq->fair.min_vruntime,
		.fair_mean_vruntime = fair_average(&rq->fair, NULL),
		.rt_tasks = rq->rt.nr,
		.rt_used = rq->rt.used,
		.rt_throttled = rq->rt.throttled,
		.dl_tasks = rq->dl.nr,
		.yields = rq->stat.yields,
		.schedules = rq->stat.schedules,
		.went_idle = rq->stat.went_idle,
		.wakeups = rq->stat.wakeups,
		.wakeups_local = rq->stat.wakeups_local,
		.ran = rq->stat.ran,
		.waited = rq->stat.waited,
		.picks = rq->stat.picks,
	};
	spin_unlock_irq(&rq->lock);
}
