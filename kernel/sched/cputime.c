// SPDX-License-Identifier: MIT
/*
 * Where CPU time goes. Each CPU knows since when it is doing what (user, system, interrupt,
 * softirq, idle) and closes that stretch at every change: entry to and return from a guest
 * program, interrupts, task switches. So times are exact, and need no tick.
 *
 * A stretch belongs to its CPU's counters and, when user or system, to the current task. Only
 * the CPU itself writes, with interrupts masked; readers elsewhere add the stretch that is
 * open, and read again when the sequence moved.
 */
#include <kern/irq.h>
#include <kern/lockdep.h>
#include <kern/seqlock.h>
#include <kern/signal.h>
#include <kern/timekeeping.h>
#include "internal.h"

struct cpu_account {
	seqcount_t seq;
	enum cpu_usage_stat what; /* the open stretch */
	enum cpu_usage_stat before; /* the one before it */
	u64 since;
	u64 ns[NR_STATS];
};

static DEFINE_PER_CPU_ALIGNED(struct cpu_account, cpu_account);

static bool is_user(enum cpu_usage_stat what)
{
	return what == CPUTIME_USER || what == CPUTIME_NICE;
}

/* Closes the open stretch on behalf of `task` and opens one of kind `what`. => interrupts masked. */
static enum cpu_usage_stat account_change(struct task_struct *task, enum cpu_usage_stat what)
{
	struct cpu_account *acct = this_cpu_ptr(&cpu_account);
	enum cpu_usage_stat was = acct->what;
	u64 now = sched_clock();
	u64 ran = now > acct->since ? now - acct->since : 0;

	write_seqcount_begin(&acct->seq);
	acct->ns[was] += ran;
	if (is_user(was))
		WRITE_ONCE(task->utime, task->utime + ran);
	else if (was == CPUTIME_SYSTEM)
		WRITE_ONCE(task->stime, task->stime + ran);
	acct->since = now;
	acct->before = was;
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

/* => in the timer interrupt: the stretch before it is what was stretched by the host. */
void account_steal(u64 ns)
{
	struct cpu_account *acct = this_cpu_ptr(&cpu_account);

	if (acct->before != CPUTIME_SYSTEM || current->stime < ns || acct->ns[CPUTIME_SYSTEM] < ns)
		return;
	write_seqcount_begin(&acct->seq);
	acct->ns[CPUTIME_SYSTEM] -= ns;
	acct->ns[CPUTIME_STEAL] += ns;
	WRITE_ONCE(current->stime, current->stime - ns);
	write_seqcount_end(&acct->seq);
	WRITE_ONCE(this_rq()->stolen, this_rq()->stolen + ns);
}

/* Adds the open stretch, so that what ran without a change for long shows too. */
void account_tick(void)
{
	account_change(current, this_cpu_ptr(&cpu_account)->what);
}

void kcpustat_cpu_fetch(struct kernel_cpustat *dst, int cpu)
{
	struct cpu_account *acct = per_cpu_ptr(&cpu_account, cpu);
	unsigned int seq;
	u64 now = sched_clock();

	do {
		seq = read_seqcount_begin(&acct->seq);
		for (unsigned int i = 0; i < NR_STATS; i++)
			dst->cpustat[i] = READ_ONCE(acct->ns[i]);
		if (now > READ_ONCE(acct->since) && cpu_online(cpu))
			dst->cpustat[READ_ONCE(acct->what)] += now - READ_ONCE(acct->since);
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

	do {
		u64 now, open;
		enum cpu_usage_stat what;

		acct = per_cpu_ptr(&cpu_account, task_cpu(task));
		seq = read_seqcount_begin(&acct->seq);
		*utime = READ_ONCE(task->utime);
		*stime = READ_ONCE(task->stime);
		if (!task_curr(task))
			continue;
		now = sched_clock();
		open = now > READ_ONCE(acct->since) ? now - READ_ONCE(acct->since) : 0;
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
