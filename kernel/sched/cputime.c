// SPDX-License-Identifier: MIT
/*
 * Where CPU time goes. Each CPU knows since when it is doing what (user, system, interrupt,
 * softirq, idle) and closes that stretch at every change: entry to and return from a guest
 * program, interrupts, task switches. So times are exact, and need no tick.
 *
 * A stretch belongs to its CPU's counters and, when user or system, to the current task. Only
 * the CPU itself writes, with interrupts masked; readers elsewhere add the stretch that is
 * open, and read again when the sequence moved.
 *
 * Stolen time. While the host lets others run, time passes all the same. Who takes a core away
 * keeps it for milliseconds, so a stretch of less than LONG_NS is what it seems to be, and costs
 * no look at the host's clocks. After a longer one the machine is asked how much of the time since
 * the last look the host gave to others. That is not this task's, nor the run queue's
 * (rq->stolen), but counts as steal. Looks at ticks keep what they cover short.
 *
 * A guest that parks itself in its stub looks like one that the host starves: neither uses CPU.
 * So that it does not keep the vCPU for nothing, CERTAIN_NS of a stretch are never stolen. That is
 * also what readers elsewhere see of an open stretch, so no figure ever goes back.
 */
#include <kern/irq.h>
#include <kern/jiffies.h>
#include <kern/lockdep.h>
#include <kern/seqlock.h>
#include <kern/signal.h>
#include <kern/timekeeping.h>
#include <um/steal.h>
#include "internal.h"

#define LONG_NS	   1000000UL
#define CERTAIN_NS (TICK_NSEC / 16)

struct cpu_account {
	seqcount_t seq;
	enum cpu_usage_stat what; /* the open stretch */
	u64 since;
	u64 busy; /* ns not idle since the machine was asked, the open stretch not included */
	u64 ns[NR_STATS];
};

static DEFINE_PER_CPU_ALIGNED(struct cpu_account, cpu_account);

static bool is_user(enum cpu_usage_stat what)
{
	return what == CPUTIME_USER || what == CPUTIME_NICE;
}

static bool is_idle(enum cpu_usage_stat what)
{
	return what == CPUTIME_IDLE || what == CPUTIME_IOWAIT;
}

/* What was stolen of a stretch of `ran` ns that ends now, long or not; counted in acct->busy. */
static u64 take_stolen(struct cpu_account *acct, u64 ran)
{
	u64 stolen = um_stolen(acct->busy), most = ran - min(ran, CERTAIN_NS);

	acct->busy = 0;
	return min(stolen, most);
}

/* Closes the open stretch on behalf of `task` and opens one of kind `what`. => interrupts masked. */
static enum cpu_usage_stat account_change(struct task_struct *task, enum cpu_usage_stat what)
{
	struct cpu_account *acct = this_cpu_ptr(&cpu_account);
	enum cpu_usage_stat was = acct->what;
	u64 now = sched_clock();
	u64 ran = now > acct->since ? now - acct->since : 0, stolen = 0;

	if (!is_idle(was)) {
		acct->busy += ran;
		if (unlikely(ran >= LONG_NS))
			stolen = take_stolen(acct, ran);
	}
	write_seqcount_begin(&acct->seq);
	if (unlikely(stolen)) {
		ran -= stolen;
		acct->ns[CPUTIME_STEAL] += stolen;
		WRITE_ONCE(this_rq()->stolen, this_rq()->stolen + stolen);
	}
	acct->ns[was] += ran;
	if (is_user(was))
		WRITE_ONCE(task->utime, task->utime + ran);
	else if (was == CPUTIME_SYSTEM)
		WRITE_ONCE(task->stime, task->stime + ran);
	acct->since = now;
	acct->what = what;
	write_seqcount_end(&acct->seq);
	return was;
}

static enum cpu_usage_stat task_kind(struct task_struct *task)
{
	if (!(task->flags & PF_IDLE))
		return CPUTIME_SYSTEM;
	return atomic_read(&this_rq()->nr_iowait) ? CPUTIME_IOWAIT : CPUTIME_IDLE;
}

void account_init_cpu(unsigned int cpu)
{
	struct cpu_account *acct = per_cpu_ptr(&cpu_account, cpu);

	acct->since = sched_clock();
	acct->what = CPUTIME_SYSTEM;
}

void account_user_enter(void)
{
	lockdep_check_no_locks_held("the way to user mode");
	account_change(current, task_nice(current) > 0 ? CPUTIME_NICE : CPUTIME_USER);
}

void account_user_exit(void)
{
	account_change(current, CPUTIME_SYSTEM);
}

void account_task_switch(struct task_struct *prev, struct task_struct *next)
{
	account_change(prev, task_kind(next));
}

int account_irq_enter(enum cpu_usage_stat what)
{
	return account_change(current, what);
}

void account_irq_exit(int was)
{
	account_change(current, was);
}

/*
 * Adds the open stretch, so that what ran without a change for long shows too. Where all stretches
 * were short nothing was stolen, but the next long one must not be charged with what the clocks
 * did before now.
 */
void account_tick(void)
{
	struct cpu_account *acct = this_cpu_ptr(&cpu_account);

	account_change(current, acct->what);
	if (acct->busy >= LONG_NS)
		take_stolen(acct, 0);
}

void account_settle(u64 now)
{
	struct cpu_account *acct = this_cpu_ptr(&cpu_account);

	if (unlikely((s64)(now - acct->since) >= (s64)LONG_NS))
		account_change(current, acct->what);
}

/* So that nobody misses what this CPU itself knows. */
static void settle_here(void)
{
	unsigned long flags;

	local_irq_save(flags);
	account_settle(sched_clock());
	local_irq_restore(flags);
}

/* What has surely come of the open stretch. */
static u64 open_ns(const struct cpu_account *acct, u64 now)
{
	u64 since = READ_ONCE(acct->since), ran = now > since ? now - since : 0;

	return is_idle(READ_ONCE(acct->what)) ? ran : min(ran, CERTAIN_NS);
}

void kcpustat_cpu_fetch(struct kernel_cpustat *dst, int cpu)
{
	struct cpu_account *acct = per_cpu_ptr(&cpu_account, cpu);
	unsigned int seq;
	u64 now;

	settle_here();
	now = sched_clock();
	do {
		seq = read_seqcount_begin(&acct->seq);
		for (unsigned int i = 0; i < NR_STATS; i++)
			dst->cpustat[i] = READ_ONCE(acct->ns[i]);
		if (cpu_online(cpu))
			dst->cpustat[READ_ONCE(acct->what)] += open_ns(acct, now);
	} while (read_seqcount_retry(&acct->seq, seq));
}

u64 kcpustat_field(int cpu, enum cpu_usage_stat field)
{
	struct kernel_cpustat stat;

	kcpustat_cpu_fetch(&stat, cpu);
	return stat.cpustat[field];
}

void task_cputime(struct task_struct *task, u64 *utime, u64 *stime)
{
	struct cpu_account *acct;
	unsigned int seq;

	settle_here();
	do {
		u64 open;
		enum cpu_usage_stat what;

		acct = per_cpu_ptr(&cpu_account, task_cpu(task));
		seq = read_seqcount_begin(&acct->seq);
		*utime = READ_ONCE(task->utime);
		*stime = READ_ONCE(task->stime);
		if (!task_curr(task))
			continue;
		open = open_ns(acct, sched_clock());
		what = READ_ONCE(acct->what);
		if (is_user(what))
			*utime += open;
		else if (what == CPUTIME_SYSTEM)
			*stime += open;
	} while (read_seqcount_retry(&acct->seq, seq));
}

/* ns of CPU that the task has had so far. */
u64 task_sched_runtime(struct task_struct *task)
{
	unsigned long flags;
	struct rq *rq;
	u64 ns;

	rq = task_rq_lock(task, &flags);
	if (rq->curr == task && task->sched.on_rq) {
		update_rq_clock(rq);
		task->sched.class->update(rq);
	}
	ns = task->sched.sum_exec_runtime;
	task_rq_unlock(rq, task, flags);
	return ns;
}
