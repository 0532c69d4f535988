/* SPDX-License-Identifier: MIT */
/* The scheduler: switching, waking, policies, accounting. See docs/scheduler.md. */
#ifndef KERN_SCHED_H
#define KERN_SCHED_H

#include <kern/cpumask.h>
#include <kern/preempt.h>
#include <kern/sched_types.h>
#include <kern/task.h>
#include <kern/thread_info.h>
#include <kern/timer.h>
#include <kern/types.h>

struct mm_struct;
struct sched_attr;
struct kernel_clone_args;

/* Policies and flags of the ABI (<linux/sched.h>) that the generic kernel names. */
#define MAX_RT_PRIO 100
#define MAX_PRIO 140
#define DEFAULT_PRIO 120
#define MIN_NICE -20
#define MAX_NICE 19
#define NICE_TO_PRIO(nice) ((nice) + DEFAULT_PRIO)
#define PRIO_TO_NICE(prio) ((prio) - DEFAULT_PRIO)

/* Sleeps (when the task's state says so) or lets others run. => may sleep. */
void schedule(void);
void schedule_idle(void);
void schedule_preempt_disabled(void);
void preempt_schedule(void);
/* The machine's, at the end of an interrupt that came with interrupts on and preempt_count 0. */
void preempt_schedule_irq(void);
void io_schedule(void);
int io_schedule_prepare(void);
void io_schedule_finish(int token);
long io_schedule_timeout(long timeout);
/* The first thing that a task does after the switch to it. ret_from_fork() calls it. => returns preemptible. */
void schedule_tail(struct task_struct *prev);
/* The end of a dead task. => preemption off; never returns. */
void do_task_dead(void) __noreturn;

static inline bool need_resched(void)
{
	return unlikely(test_tsk_thread_flag(current, TIF_NEED_RESCHED));
}

/* => may sleep. Others may run here. 1 when they did. */
int __cond_resched(void);
#define cond_resched() ({ might_sleep(); need_resched() ? __cond_resched() : 0; })
/* The same for a holder of a spin lock, which is dropped meanwhile. */
int __cond_resched_lock(spinlock_t *lock);
#define cond_resched_lock(lock) __cond_resched_lock(lock)
#define cond_resched_rcu() do { rcu_read_unlock(); cond_resched(); rcu_read_lock(); } while (0)
void yield(void);

/* Sleep states. The barrier orders the state before the look at the condition. */
#define __set_current_state(value) WRITE_ONCE(current->state, (value))
#define set_current_state(value) smp_store_mb(current->state, (value))
#define get_current_state() READ_ONCE(current->state)
/* For states that a wake-up must not lose to (stopped, traced, dead). */
#define set_special_state(value) do { \
	unsigned long __flags; \
	spin_lock_irqsave(&current->sched.pi_lock, __flags); \
	WRITE_ONCE(current->state, (value)); \
	spin_unlock_irqrestore(&current->sched.pi_lock, __flags); \
} while (0)
#define task_is_running(task) (READ_ONCE((task)->state) == TASK_RUNNING)
#define task_is_stopped(task) ((READ_ONCE((task)->state) & __TASK_STOPPED) != 0)
#define task_is_traced(task) ((READ_ONCE((task)->state) & __TASK_TRACED) != 0)
#define task_is_stopped_or_traced(task) ((READ_ONCE((task)->state) & (__TASK_STOPPED | __TASK_TRACED)) != 0)

/* Wakes the task if its state is in the mask; 1 when it did. => any context. */
int try_to_wake_up(struct task_struct *task, unsigned int state, int wake_flags);
int wake_up_process(struct task_struct *task);
int wake_up_state(struct task_struct *task, unsigned int state);
void wake_up_new_task(struct task_struct *task);
/* Makes a task in user mode look at its flags soon. => any context. */
void kick_process(struct task_struct *task);
/* Collects tasks under a lock; wakes them after it. */
struct wake_q_head {
	struct task_struct *tasks[32];
	unsigned int count;
};
#define DEFINE_WAKE_Q(name) struct wake_q_head name = { .count = 0 }
static inline bool wake_q_empty(const struct wake_q_head *q) { return !q->count; }
/* Takes a reference. When full, what it holds is woken at once. */
void wake_q_add(struct wake_q_head *q, struct task_struct *task);
void wake_up_q(struct wake_q_head *q);

#define WF_SYNC 1	/* the waker is about to sleep */
#define WF_FORK 2

/* Waits until the task is off its CPU (and, with a state, as long as it stays in it): 0 = it ran. */
unsigned long wait_task_inactive(struct task_struct *task, unsigned int state);

/* Fork: before the task is visible; and once it has a pid. 0 or -errno. */
int sched_fork(u64 clone_flags, struct task_struct *task);
void init_idle(struct task_struct *idle, int cpu);

/* CPUs. */
static inline unsigned int task_cpu(const struct task_struct *task) { return READ_ONCE(task->sched.cpu); }
int set_cpus_allowed_ptr(struct task_struct *task, const struct cpumask *mask);
/* 0, -EINVAL (no such CPU online), -EPERM by the caller. */
long sched_setaffinity_task(struct task_struct *task, const struct cpumask *mask);
void migrate_disable(void);
void migrate_enable(void);
struct task_struct *idle_task(int cpu);
struct task_struct *curr_task(int cpu);
bool idle_cpu(int cpu);
int task_curr(const struct task_struct *task);
void resched_cpu(int cpu);

/* Priorities. */
static inline int task_nice(const struct task_struct *task) { return PRIO_TO_NICE(task->sched.static_prio); }
int task_prio(const struct task_struct *task);
void set_user_nice(struct task_struct *task, long nice);
int can_nice(const struct task_struct *task, int nice);
/* SCHED_* with its parameter, no permission check. 0 or -EINVAL. */
int sched_setscheduler_nocheck(struct task_struct *task, int policy, int rt_priority);
/* All of it at once; nice is for the fair policies. */
int sched_change_policy(struct task_struct *task, int policy, int rt_priority, int nice, bool reset_on_fork);
struct sched_attr;
/*
 * The same, for every policy: sched_policy, sched_priority, sched_nice, the deadline class's
 * parameters, SCHED_FLAG_RESET_ON_FORK. 0, -EINVAL, or -EBUSY when there is no bandwidth left.
 */
int sched_change_attr(struct task_struct *task, const struct sched_attr *attr);
/* Has the deadline task run longer than it asked for, since the last call? => any context */
bool dl_take_overrun(struct task_struct *task);
int sched_set_fifo(struct task_struct *task);
void sched_set_normal(struct task_struct *task, int nice);
/* Makes every process's real-time, deadline and favoured tasks ordinary ones. => may sleep */
void normalize_rt_tasks(void);
/* The real-time priority that others lend the task, 0: none. => kernel/locking/rtmutex.c only. */
void sched_inherit(struct task_struct *task, unsigned int prio);
static inline bool rt_task(const struct task_struct *task) { return task->sched.prio < MAX_RT_PRIO; }

/* Accounting of CPU time. */
enum cpu_usage_stat {
	CPUTIME_USER,
	CPUTIME_NICE,
	CPUTIME_SYSTEM,
	CPUTIME_SOFTIRQ,
	CPUTIME_IRQ,
	CPUTIME_IDLE,
	CPUTIME_IOWAIT,
	CPUTIME_STEAL,
	CPUTIME_GUEST,
	CPUTIME_GUEST_NICE,
	NR_STATS,
};

struct kernel_cpustat {
	u64 cpustat[NR_STATS];		/* ns; written by its CPU only */
};
/* A snapshot, ns, up to now. => any context. */
void kcpustat_cpu_fetch(struct kernel_cpustat *dst, int cpu);
u64 kcpustat_field(int cpu, enum cpu_usage_stat field);

/* The machine's: current enters and leaves guest code. => interrupts masked. */
void account_user_enter(void);
void account_user_exit(void);
/* Interrupts and softirqs: what was interrupted comes back at the end. => interrupts masked. */
int account_irq_enter(enum cpu_usage_stat what);
void account_irq_exit(int was);
/* Closes the current stretch, so that the counters are fresh. */
void account_tick(void);
/* ns of CPU, including the stretch that runs now. => any context. */
void task_cputime(struct task_struct *task, u64 *utime, u64 *stime);
u64 task_sched_runtime(struct task_struct *task);
u64 nr_context_switches(void);
unsigned int nr_running(void);
unsigned int nr_iowait(void);
unsigned int nr_iowait_cpu(int cpu);
/* Load averages, fixed point with FSHIFT bits. */
#define FSHIFT 11
#define FIXED_1 (1 << FSHIFT)
#define LOAD_INT(x) ((x) >> FSHIFT)
#define LOAD_FRAC(x) LOAD_INT(((x) & (FIXED_1 - 1)) * 100)
void get_avenrun(unsigned long *loads, unsigned long offset, int shift);
extern unsigned long avenrun[3];

/* /proc/sys/kernel/sched_*: limits of the real-time and deadline classes. */
extern unsigned int sysctl_sched_rt_period_us;
extern int sysctl_sched_rt_runtime_us; /* -1: no limit */
extern unsigned int sched_rr_slice;    /* ticks */
extern unsigned int sysctl_sched_dl_period_max_us, sysctl_sched_dl_period_min_us;
/* New limits of the real-time classes: 0, -EINVAL, or -EBUSY when deadline tasks need more. */
int sched_set_rt_limits(int runtime_us, unsigned int period_us);

/*
 * Task groups (kernel/sched/group.c): tasks that get the CPU as one; NULL is the top group.
 * All may sleep.
 */
struct task_group;
/* A group below `parent`, with a reference; ERR_PTR(-ENOMEM). */
struct task_group *sched_group_create(struct task_group *parent);
void sched_group_put(struct task_group *group);
/* The weight among its siblings, 1024 as it is made; kept within 2 and 2^18. 0 or -EINVAL (top). */
int sched_group_set_shares(struct task_group *group, unsigned long shares);
/* At most quota ns in each period, on all CPUs together (U64_MAX: no limit), of which `burst`
 * may be saved up. 0 or -EINVAL. */
int sched_group_set_bandwidth(struct task_group *group, u64 period, u64 quota, u64 burst);
struct sched_bandwidth_stat {
	u64 nr_periods, nr_throttled, throttled_ns;
};
void sched_group_bandwidth_stat(struct task_group *group, struct sched_bandwidth_stat *stat);
/* => holds a reference on the task and on the group; the task may run, sleep or be dead. */
void sched_move_task(struct task_struct *task, struct task_group *group);
/* The task is freed: what the scheduler holds for it. => any context */
void sched_free_task(struct task_struct *task);

/* Pressure stall information (kernel/sched/psi.c); figures are in <kern/psi.h>. */
/* Around work that a task does, or waits for, only because memory is short. They nest.
 * => task context, interrupts on */
void psi_memstall_enter(void);
void psi_memstall_leave(void);

/* One CPU's run queue as it is at one moment. Times are ns. */
struct sched_cpu_snapshot {
	pid_t curr;
	u64 clock;
	unsigned int nr_running;
	u64 nr_switches;
	long nr_uninterruptible; /* the sum over all CPUs counts */
	unsigned int fair_tasks, fair_entities;
	unsigned long fair_load;
	u64 fair_min_vruntime, fair_mean_vruntime;
	unsigned int rt_tasks;
	u64 rt_used;
	bool rt_throttled;
	unsigned int dl_tasks;
	unsigned int yields, schedules, went_idle, wakeups, wakeups_local;
	u64 ran, waited;
	unsigned long picks;
};
void sched_cpu_snapshot(unsigned int cpu, struct sched_cpu_snapshot *shot);
/* "cfs" or "eevdf". */
const char *sched_fair_algorithm_name(void);

void sched_init(void);
/* A new CPU, before it counts as online. */
void sched_cpu_starting(unsigned int cpu);
/* The tick: interrupt context. user: it hit guest code. */
void scheduler_tick(bool user);
/* IPI_RESCHEDULE arrived. */
void scheduler_ipi(void);
void cpu_startup_entry(void) __noreturn;

/* What sleepers of this task's kind are shown as. */
unsigned long get_wchan(struct task_struct *task);
/* Does the address lie in the functions that sleep (__sched)? */
bool in_sched_functions(unsigned long addr);
/* Return addresses on the stack of a task that does not run, innermost first; 0: it runs. */
unsigned int task_stack_trace(struct task_struct *task, unsigned long *addrs, unsigned int max);

#endif
