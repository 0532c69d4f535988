/* SPDX-License-Identifier: MIT */
/* The scheduler's part of struct task_struct; operations are in <kern/sched.h>. */
#ifndef KERN_SCHED_TYPES_H
#define KERN_SCHED_TYPES_H

#include <kern/cpumask.h>
#include <kern/hrtimer.h>
#include <kern/lockdep_types.h>
#include <kern/spinlock_types.h>
#include <kern/types.h>
#include <lib/list.h>
#include <lib/rbtree.h>

struct sched_class;

struct fair_queue;
struct task_group;

/*
 * What the fair class shares the CPU among: a task, or the part of a task group on one CPU.
 * All (q) of struct sched_task: the lock of the run queue.
 */
struct sched_entity {
	struct rb_node run_node;
	bool queued;			/* in the tree (not the running one) */
	bool on_queue;			/* queued or running */
	bool skip;			/* it yielded: pass it over once */
	u32 weight;
	u64 vruntime;			/* weighted run time, ns */
	u64 min_vruntime;		/* of its subtree (augmented) */
	u64 deadline;			/* EEVDF: vruntime at which its request is due */
	s64 lag;			/* EEVDF: what it was owed when it left, weighted ns */
	u64 ran;			/* ns since it was picked */
	struct fair_queue *queue;	/* where it stands or will stand */
	struct fair_queue *own;		/* a group's: the queue of its members; NULL for a task */
	struct sched_entity *parent;	/* the group's entity on this CPU; NULL at the top */
};

/*
 * The deadline class's part. Parameters are (p), what moves is (q) of struct sched_task.
 */
struct sched_deadline {
	struct rb_node node;		/* q: by deadline, without the running one */
	u64 dl_runtime;			/* p: ns of CPU in each period, 0: never of this class */
	u64 dl_deadline;		/* p: ns from a period's start until they must be had */
	u64 dl_period;			/* p: ns */
	u64 bandwidth;			/* p: runtime / period, BW_UNIT is one CPU */
	u32 flags;			/* p: SCHED_FLAG_* */
	s64 runtime;			/* q: ns left until `deadline` */
	u64 deadline;			/* q: CLOCK_MONOTONIC */
	bool throttled;			/* q: has used up its runtime, waits for `timer` */
	bool parked;			/* q: queued, but in no tree because it is throttled */
	bool yielded;			/* q: wants no more until the next period */
	bool overrun;			/* q: SIGXCPU is due (SCHED_FLAG_DL_OVERRUN) */
	struct hrtimer timer;		/* replenishes; set up once dl_runtime is set */
	/* Reclaiming: see deadline.c. */
	bool counted;			/* q: its bandwidth is in its run queue's this_bw */
	bool active;			/* q: ... and in running_bw */
	struct hrtimer zero_lag_timer;	/* it sleeps, and is active until then */
};

/*
 *   (q) the run queue's lock of the CPU the task is on
 *   (p) pi_lock and (q) to write, either to read
 *   (c) the running task's CPU, under (q)
 *   (x) atomic or READ_ONCE
 */
struct sched_task {
	spinlock_t pi_lock;		/* serialises wake-ups and changes of policy or affinity */
	const struct sched_class *class;/* p */
	int on_rq;			/* q: queued (or running) */
	int on_cpu;			/* x: its stack is in use by a CPU */
	unsigned int cpu;		/* q: whose run queue; read anywhere */

	/* Fair class. */
	struct sched_entity se;		/* q */
	struct task_group *group;	/* p and q to write, either to read: reference held */
	unsigned int memstall;		/* q: depth of psi_memstall_enter(); written by the task */
	bool memstall_counted;		/* q: on `cpu`, among those in a stall */
	struct list_head fair_node;	/* q: in rq->fair_tasks */

	/* Real-time classes. */
	struct list_head rt_node;	/* q */
	bool queued;			/* q: in a list or tree of its class, which is not the fair one */
	unsigned int time_slice;	/* q: ticks left of SCHED_RR */

	struct sched_deadline dl;

	u64 exec_start;			/* c: when the last piece of run time began */
	u64 sum_exec_runtime;		/* q: ns of CPU */
	u64 prev_sum_exec;		/* q: the same when it was picked */
	u64 wait_start;			/* q: when it became runnable */
	u64 run_delay;			/* q: ns spent waiting for a CPU */
	unsigned long nr_picked;	/* q */
	unsigned long nr_migrations;	/* q */

	int prio;			/* p: -1 deadline, 0..99 real-time, 100..139 fair, 140 idle */
	int static_prio;		/* p: 100 + 20 + nice */
	unsigned int rt_priority;	/* p: 1..99, 0 for the fair class */
	unsigned int pi_prio;		/* p: real-time priority that it inherits, 0: none */
	unsigned int policy;		/* p: SCHED_* */
	bool reset_on_fork;		/* p */

	cpumask_t cpus_mask;		/* p: where it may run */
	cpumask_t user_cpus_mask;	/* p: what sched_setaffinity asked for */
	unsigned int nr_cpus_allowed;	/* p */
	int migration_disabled;		/* c */
	bool in_iowait;			/* c */
	unsigned long hung_switches;	/* khungtaskd: switches when it last looked */
	u64 hung_since;			/* khungtaskd: its clock when that number was new */
	bool counted_sleep;		/* q: its sleep counts in the load average */
	bool yielded;			/* q: real-time: to the end of its list */
};

#endif
