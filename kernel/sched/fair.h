/* SPDX-License-Identifier: MIT */
/* Queues of the fair class, and the two algorithms. The essay is in fair.c. */
#ifndef KERNEL_SCHED_FAIR_H
#define KERNEL_SCHED_FAIR_H

#include <kern/hrtimer.h>
#include <kern/refcount.h>
#include <kern/sched.h>
#include <kern/spinlock.h>
#include <lib/list.h>
#include <lib/rbtree.h>

#include "psi.h"

#define NICE_0_WEIGHT 1024

struct rq;
struct sched_class;
extern const struct sched_class fair_sched_class;

/* Entities that share one CPU: of the top, or of a task group. Guarded by rq->lock. */
struct fair_queue {
	struct rb_root_cached tree;	/* ordered by the algorithm's key, without the running one */
	struct sched_entity *curr;	/* the running one, or the group it is in; NULL */
	u64 min_vruntime;		/* grows only: where newcomers start */
	unsigned long load;		/* sum of weights, the running one included */
	unsigned int nr;		/* entities, the running one included */
	unsigned int nr_tasks;		/* tasks in and below that may run */
	s64 key_sum;			/* of those in the tree: weight * (vruntime - min_vruntime) */
	unsigned long weight_sum;	/* of those in the tree */
	struct rq *rq;			/* constant */
	struct task_group *group;	/* constant; NULL at the top */

	/* Bandwidth: see bandwidth.c. */
	s64 runtime;			/* ns left of what the group's pool gave */
	bool throttled;
	u64 throttled_since;		/* CLOCK_MONOTONIC */
	struct list_head throttled_node;	/* group's bandwidth.lock */
};

/* The limit of a group on all CPUs together. */
struct fair_bandwidth {
	spinlock_t lock;		/* inside rq->lock */
	u64 period, quota;		/* l: ns; quota U64_MAX: no limit; read without it as a hint */
	u64 burst;			/* l: ns that may be saved up */
	u64 pool;			/* l: ns not yet given to CPUs */
	bool timer_runs;		/* l */
	bool used;			/* l: something was taken in this period */
	struct hrtimer timer;		/* fills the pool */
	struct list_head throttled;	/* l: queues */
	u64 nr_periods, nr_throttled;	/* l */
	u64 throttled_ns;		/* l */
};

/* Tasks that get the CPU as one. */
struct task_group {
	refcount_t usage;
	unsigned long shares;		/* read anywhere; written under group_lock (group.c) */
	struct task_group *parent;	/* constant; reference held; NULL: the top */
	atomic64_t load;		/* of its queues on all CPUs */
	struct fair_bandwidth bandwidth;
	unsigned int level;		/* constant: 0 below the top */
	struct psi_group psi;
	struct {
		struct sched_entity se;	/* the group's, among its parent's */
		struct fair_queue queue;
		struct psi_cpu psi;
	} cpu[];
};

/* The rules by which a queue chooses. => rq->lock held. */
struct fair_algorithm {
	const char *name;
	/* Order of the tree. */
	bool (*less)(const struct sched_entity *a, const struct sched_entity *b);
	/* Sets vruntime of one that joins; fresh: it slept, was never here, or comes from elsewhere. */
	void (*join)(struct fair_queue *q, struct sched_entity *se, bool fresh);
	/* It is about to leave the queue. */
	void (*leave)(struct fair_queue *q, struct sched_entity *se);
	/* The best of those in the tree, or NULL. */
	struct sched_entity *(*pick)(struct fair_queue *q);
	/* The running one was charged. True: its turn is over. */
	bool (*charged)(struct fair_queue *q, struct sched_entity *curr);
	/* A tick. True: another should run. */
	bool (*tick)(struct fair_queue *q, struct sched_entity *curr);
	/* Should se, which joined, run instead of the running one? */
	bool (*preempts)(struct fair_queue *q, struct sched_entity *se);
	void (*yield)(struct fair_queue *q);
};

extern const struct fair_algorithm cfs_algorithm, eevdf_algorithm;
/* Chosen at boot by "sched=". */
extern const struct fair_algorithm *fair_algorithm;

static inline bool vruntime_before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

/* ns of CPU as ns of vruntime. */
static inline u64 fair_weighted(u64 ns, const struct sched_entity *se)
{
	return likely(se->weight == NICE_0_WEIGHT) ? ns : ns * NICE_0_WEIGHT / se->weight;
}

static inline struct sched_entity *entity_of(struct rb_node *node)
{
	return node ? rb_entry(node, struct sched_entity, run_node) : NULL;
}

/* ---- fair_queue.c: all with rq->lock held ---- */

void fair_queue_init(struct fair_queue *q, struct rq *rq, struct task_group *group);
void fair_tree_insert(struct fair_queue *q, struct sched_entity *se);
void fair_tree_remove(struct fair_queue *q, struct sched_entity *se);
/* Brings min_vruntime up to date. */
void fair_update_min(struct fair_queue *q);
/* The weighted mean of all vruntimes, without `but` if that is the running one. */
u64 fair_average(const struct fair_queue *q, const struct sched_entity *but);
/* Is the entity owed something: is its vruntime at or before the mean? */
bool fair_eligible(const struct fair_queue *q, u64 vruntime);
void fair_join(struct fair_queue *q, struct sched_entity *se, bool fresh);
void fair_leave(struct fair_queue *q, struct sched_entity *se);
/* Another weight for an entity, wherever it is. */
void fair_reweight(struct sched_entity *se, u32 weight);

/* ---- fair.c ---- */

/* Fork: the child's place, in its parent's group, on task->sched.cpu. */
void fair_fork(struct task_struct *task, struct task_group *group);
/* It comes from another class. => task_rq_lock */
void fair_start(struct task_struct *task);
/* => as set_task_cpu() */
void fair_set_cpu(struct task_struct *task, unsigned int cpu);
/* Puts the entity of a group that may run again, or takes off one that may not. */
void fair_resume_group(struct fair_queue *q);
void fair_suspend_group(struct fair_queue *q);

/* ---- group.c ---- */

void task_group_get(struct task_group *group);
void task_group_put(struct task_group *group);
/* The weight of the group's entity on this CPU after its load changed. => rq->lock held */
void task_group_update_weight(struct fair_queue *q);

/* ---- bandwidth.c ---- */

void fair_bandwidth_init(struct fair_bandwidth *bandwidth);
void fair_bandwidth_destroy(struct fair_bandwidth *bandwidth);
/* => rq->lock held. Charges a group's queue; true: it has nothing left. */
bool fair_bandwidth_charge(struct fair_queue *q, u64 ran);
/* => rq->lock held. May the group run? Takes from the pool; false: it was throttled. */
bool fair_bandwidth_admit(struct fair_queue *q);

#endif
