// SPDX-License-Identifier: MIT
/*
 * Soft lockups: kernel code that lets nobody else have its CPU, interrupts on.
 *
 * The tick counts the time for which it has hit only code with preemption off, of one task, with
 * no switch of tasks in between. No other tick hits it then, so a tick that comes late, because
 * the host gave its core to others, counts as little more than one: the time is what the CPU
 * really ran. A reset is a store; an idle CPU has no tick and no watch.
 */
#include <kern/backtrace.h>
#include <kern/init.h>
#include <kern/kallsyms.h>
#include <kern/panic.h>
#include <kern/percpu.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <kern/timekeeping.h>
#include <kern/jiffies.h>
#include <kern/watchdog.h>
#include <lib/kstrtox.h>
#include <um/setup.h>

/* Written by its CPU in the tick, but for `touched`. */
struct softlockup {
	const struct task_struct *task;	/* compared only */
	unsigned long switches;		/* of that task */
	u64 last;			/* sched_clock() of the last tick */
	u64 stuck;			/* ns */
	u64 reported;			/* `stuck` at the last report */
	bool touched;			/* any context */
};

static DEFINE_PER_CPU_ALIGNED(struct softlockup, softlockup);

int watchdog_enabled = 1, watchdog_thresh = 10;
int softlockup_panic, softlockup_all_cpu_backtrace;
u64 softlockup_limit_ns = 20 * NSEC_PER_SEC;
static unsigned int lockups; /* atomic */

unsigned int softlockup_count(void)
{
	return READ_ONCE(lockups);
}

void watchdog_update(void)
{
	WRITE_ONCE(softlockup_limit_ns, watchdog_enabled ? 2 * watchdog_thresh * NSEC_PER_SEC : 0);
	WRITE_ONCE(hardlockup_limit_ns, watchdog_enabled ? watchdog_thresh * NSEC_PER_SEC : 0);
}

void touch_softlockup_watchdog(void)
{
	this_cpu_write(softlockup.touched, true);
}

void touch_all_softlockup_watchdogs(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		WRITE_ONCE(per_cpu_ptr(&softlockup, cpu)->touched, true);
}

static void report(struct softlockup *s)
{
	unsigned long ip = um_interrupted_ip();
	int cpu = smp_processor_id();
	char name[KSYM_SYMBOL_LEN];

	__atomic_fetch_add(&lockups, 1, __ATOMIC_RELAXED);
	s->reported = s->stuck;
	pr_emerg("watchdog: BUG: soft lockup - CPU#%d stuck for %us! [%.16s:%d]\n", cpu,
		 (unsigned int)(s->stuck / NSEC_PER_SEC), current->comm, current->pid);
	if (ip) {
		sprint_symbol(name, ip);
		pr_emerg("RIP: %s\n", name);
	}
	dump_stack_lvl(KERN_EMERG);
	if (READ_ONCE(softlockup_all_cpu_backtrace))
		trigger_all_cpu_backtrace();
	add_taint(TAINT_SOFTLOCKUP);
	if (READ_ONCE(softlockup_panic))
		panic("softlockup: hung tasks");
}

void softlockup_tick(bool user)
{
	struct softlockup *s = this_cpu_ptr(&softlockup);
	unsigned long switches = current->nvcsw + current->nivcsw;
	u64 now = sched_clock(), ran = min(now - s->last, 2ULL * TICK_NSEC);
	u64 limit = READ_ONCE(softlockup_limit_ns);

	s->last = now;
	if (user || preempt_count() == HARDIRQ_OFFSET || (current->flags & PF_IDLE) ||
	    current != s->task || switches != s->switches || READ_ONCE(s->touched)) {
		s->task = current;
		s->switches = switches;
		s->stuck = s->reported = 0;
		WRITE_ONCE(s->touched, false);
		return;
	}
	s->stuck += ran;
	if (limit && s->stuck - s->reported > limit)
		report(s);
}

static int check_thresh(const char *value)
{
	unsigned int seconds;

	return kstrtouint(value, 0, &seconds) || seconds > 60 ? -22 : 0;
}

static int set_thresh(char *value)
{
	int seconds;

	if (kstrtoint(value, 0, &seconds))
		return 0;
	watchdog_thresh = seconds;
	watchdog_update();
	return 1;
}
__setup_checked("watchdog_thresh=", set_thresh, check_thresh);

static int set_off(char *value)
{
	watchdog_enabled = 0;
	watchdog_update();
	return 1;
}
__setup("nowatchdog", set_off);
__setup("nosoftlockup", set_off);
core_param(softlockup_panic, softlockup_panic, int, 0644);
