/* SPDX-License-Identifier: MIT */
/* The run queue and what the scheduler's files share. The essay is in core.c. */
#ifndef KERNEL_SCHED_INTERNAL_H
#define KERNEL_SCHED_INTERNAL_H

#include <kern/cpumask.h>
#include <kern/percpu.h>
#include <kern/sched.h>
#include <kern/spinlock.h>
#include <kern/stop_machine.h>
#include <lib/list.h>
#include <lib/rbtree.h>

#include "fair.h"

#include <linux/sched.h>
#include <linux/sched/types.h>

/* Beside the states of <kern/task.h>: try_to_wake_up() has claimed the task. */
#define TASK_WAKING 0x0200

/* sched.on_rq */
#define ON_RQ_QUEUED 1
#define ON_RQ_MIGRATING 2	/* between two run queues; wait until it is over */

#define IDLE_PRIO MAX_PRIO

/* What one class keeps of its runnable tasks: see fair.h for fair_queue. Guarded by rq->lock. */

struct rt_queue {
	unsigned long bitmap[2];	/* priorities that have tasks */
	struct list_head lists[MAX_RT_PRIO];	/* FIFO, without the running one */
	unsigned int nr;
	/* Throttling: see rt.c. */
	u64 period_start;			/* rq->clock */
	u64 used;				/* ns of CPU since then, less what was forgiven */
	bool throttled;
};

struct deadline_queue {
	struct rb_root_cached tasks;	/* by deadline, without the running one */
	unsigned int nr;		/* runnable, the running one included */
	struct hrtimer slice_timer;	/* the running one has used up its runtime */
	u64 this_bw, running_bw;	/* atomic: see reclaim.c */
};

/* Counters of /proc/schedstat. */
struct rq_stat {
	unsigned int yields, schedules, went_idle;
	unsigned int wakeups, wakeups_local;
	u64 ran, waited;		/* ns, of all tasks */
	unsigned long picks;
};

/*
 * (l) lock; (c) written by its own CPU under the lock, read anywhere
 */
struct rq {
	spinlock_t lock;
	unsigned int cpu;		/* constant */
	unsigned int nr_running;	/* l, read anywhere */
	struct task_struct *curr;	/* c */
	struct task_struct *idle;	/* constant after bring-up */
	struct fair_queue fair;		/* l */
	struct list_head fair_tasks;	/* l: all fair tasks of this CPU, the newest first */
	struct rt_queue rt;		/* l */
	struct deadline_queue dl;	/* l */
	struct task_struct *stop;	/* l: its stopper, NULL: none yet */
	bool stop_waits;		/* l */
	bool pushing;			/* x: push_work is queued */
	unsigned int push_to;		/* where; written before it is queued */
	struct cpu_stop_work push_work;
	u64 clock;			/* l: sched_clock() of the last look, without stolen time */
	u64 own_clock;			/* l: the same, when its own CPU looked last */
	u64 stolen;			/* c: time that the host gave to others */
	u64 nr_switches;		/* c */
	struct rq_stat stat;		/* l */
	long nr_uninterruptible;	/* l: the sum over all CPUs counts */
	atomic_t nr_iowait;
	struct psi_cpu psi;		/* l: of all tasks */
	struct task_struct *migrate;	/* c: prev that must leave this CPU, see finish_switch() */
	unsigned long next_balance;	/* c: jiffies */
};

DECLARE_PER_CPU(struct rq, runqueues);

#define cpu_rq(cpu) (per_cpu_ptr(&runqueues, cpu))
#define this_rq() (this_cpu_ptr(&runqueues))
#define task_rq(task) cpu_rq(task_cpu(task))

/*
 * A class of tasks. All callbacks: rq->lock held, interrupts masked.
 */
struct sched_class {
	int rank;	/* the higher one runs first */
	/* The task becomes runnable, or stops being so (curr included: its key is in no tree). */
	void (*enqueue)(struct rq *rq, struct task_struct *task, bool wakeup);
	void (*dequeue)(struct rq *rq, struct task_struct *task);
	/* The best task that waits, taken out of the structure; NULL: none. */
	struct task_struct *(*pick)(struct rq *rq);
	/* The running task stays runnable and goes back into the structure. */
	void (*put)(struct rq *rq, struct task_struct *task);
	/* Charges the running task up to rq->clock. */
	void (*update)(struct rq *rq);
	void (*tick)(struct rq *rq, struct task_struct *task);
	/* A task of the same class woke up: should it run instead of curr? */
	bool (*preempts)(struct rq *rq, struct task_struct *task);
	void (*yield)(struct rq *rq);
	/* The next waiting task after `task` (NULL: the first) that balancing may look at. */
	struct task_struct *(*next_waiting)(struct rq *rq, struct task_struct *task);
};

extern const struct sched_class stop_sched_class, dl_sched_class, rt_sched_class, fair_sched_class, idle_sched_class;

/* Those that have waiting tasks, the first to be asked first; ends with NULL. */
extern const struct sched_class *const sched_classes[];

/* Tasks of the real-time and deadline classes that wait for a CPU, on all run queues. */
extern atomic_t urgent_waiting;

static inline bool fair_policy(int policy)
{
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

static inline bool rt_policy(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static inline bool dl_policy(int policy)
{
	return policy == SCHED_DEADLINE;
}

/* core.c */
struct rq *task_rq_lock(struct task_struct *task, unsigned long *flags);
void task_rq_unlock(struct rq *rq, struct task_struct *task, unsigned long flags);
void update_rq_clock(struct rq *rq);
void activate_task(struct rq *rq, struct task_struct *task, bool wakeup);
void deactivate_task(struct rq *rq, struct task_struct *task);
void resched_curr(struct rq *rq);
void check_preempt(struct rq *rq, struct task_struct *task);
void set_task_cpu(struct task_struct *task, unsigned int cpu);
bool cpu_allowed(struct task_struct *task, unsigned int cpu);
/* policy.c: class, prio and weight from policy, static_prio and rt_priority. */
void set_task_class(struct task_struct *task);
u32 nice_to_weight(int nice);
/* Takes the task out of its structures, calls change, puts it back. => as task_rq_lock. */
void change_task(struct rq *rq, struct task_struct *task, void (*change)(struct task_struct *task, void *arg),
		 void *arg);
/* stop.c: makes a thread that is bound to the CPU its stopper. => may sleep */
void sched_set_stop_task(unsigned int cpu, struct task_struct *task);
/* balance.c */
unsigned int select_cpu(struct task_struct *task, int wake_flags);
/* => this CPU's lock held; true when something was pulled. May drop and retake the lock. */
bool newidle_balance(struct rq *rq);
void periodic_balance(struct rq *rq);
/* => as newidle_balance(): pulls a waiting task that is more urgent than all of this CPU. */
void pull_urgent(struct rq *rq);
/* rt.c: a new period, from the tick. => rq->lock held */
void rt_period_tick(struct rq *rq);
/* deadline.c */
void dl_queue_init(struct rq *rq);
/* Parameters that are there and make sense? 0 or -EINVAL. */
int dl_check(const struct sched_attr *attr);
/* Room for the bandwidth of `task` becoming `policy` with attr: 0 or -EBUSY. => rq->lock held */
int dl_admit(struct task_struct *task, int policy, const struct sched_attr *attr);
/* => change_task()'s callback; the bandwidth was admitted */
void dl_set_params(struct task_struct *task, const struct sched_attr *attr);
void dl_get_params(struct task_struct *task, struct sched_attr *attr);
/* The task is dead. => interrupts on */
void dl_exit(struct task_struct *task);
/* The limit on real-time time changes: does what was admitted still fit? 0 or -EBUSY. */
int dl_check_global(s64 runtime_us, u64 period_us);
/* Bandwidth of a whole CPU, fixed point; of that, what deadline tasks may have, and have been given. */
#define BW_SHIFT 20
#define BW_UNIT	 (1UL << BW_SHIFT)
u64 dl_share_of_cpu(void);
u64 dl_admitted_per_cpu(void);
/* reclaim.c. A task becomes one of the deadline class; ceases to be one. => see there */
void dl_reclaim_count(struct task_struct *task);
void dl_reclaim_leave(struct task_struct *task);
/* It becomes runnable; falls asleep; changes its CPU (not yet written). */
void dl_reclaim_wake(struct task_struct *task);
void dl_reclaim_sleep(struct task_struct *task);
void dl_reclaim_move(struct task_struct *task, unsigned int to);
/* Sets its timer up, once. */
void dl_reclaim_init(struct task_struct *task);
/* What rq->curr, which reclaims, is charged with for `ran` ns; the rule with all that it looks at. */
u64 dl_reclaimed(struct rq *rq, u64 ran);
u64 dl_reclaim_charge(u64 ran, u64 bandwidth, u64 inactive, u64 extra, u64 most);
/*
 * psi.c. => rq->lock held.
 *
 * psi_note(): nr_running or nr_iowait of the run queue, or what psi_queue() counts, has changed.
 */
void psi_note(struct rq *rq);
/*
 * What happens to a task, for the groups that it is in; the two that nearly all tasks skip are
 * inline below. It falls asleep waiting for I/O; is woken, on `cpu`; changes its group.
 */
void psi_iowait(struct rq *rq, struct task_struct *task);
void psi_wake(struct rq *rq, struct task_struct *task, unsigned int cpu);
void psi_move(struct rq *rq, struct task_struct *task, struct task_group *to);
void __psi_queue(struct rq *rq, struct task_struct *task, bool join);
void __psi_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next);
void psi_tick(void);

/* The task becomes runnable, or stops being so; on_rq tells whether it only changes its CPU. */
static inline void psi_queue(struct rq *rq, struct task_struct *task, bool join)
{
	rq->psi.nr[PSI_NR_RUNNING] += join ? 1 : -1;
	if (unlikely(task->sched.group || READ_ONCE(task->sched.memstall)))
		__psi_queue(rq, task, join);
}

static inline void psi_switch(struct rq *rq, struct task_struct *prev, struct task_struct *next)
{
	if (unlikely(prev->sched.group != next->sched.group ||
		     (READ_ONCE(prev->sched.memstall) | READ_ONCE(next->sched.memstall))))
		__psi_switch(rq, prev, next);
}

/* loadavg.c */
void calc_load_tick(void);
/* wait.c */
void wait_bit_init(void);
/* cputime.c */
void account_init_cpu(unsigned int cpu);
void account_task_switch(struct task_struct *prev, struct task_struct *next);
/* It is `now`: if the open stretch is long, finds out what was stolen of it. => interrupts masked */
void account_settle(u64 now);

#endif
