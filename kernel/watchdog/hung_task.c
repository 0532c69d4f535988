// SPDX-License-Identifier: MIT
/*
 * Hung tasks: khungtaskd looks, once in hung_task_timeout_secs, for tasks that sleep
 * uninterruptibly and have not been switched to since the look before.
 *
 * Its clock adds up the times for which it meant to sleep, not those for which it slept: while
 * the host stops us, or is suspended, nobody runs here and no task is hung for it. So it sleeps
 * in pieces that are short compared with the limit.
 *
 * A task's hung_switches and hung_since are the thread's alone.
 */
#include <kern/backtrace.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/kthread.h>
#include <kern/panic.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/wait.h>
#include <kern/watchdog.h>
#include <lib/kstrtox.h>

unsigned long sysctl_hung_task_timeout_secs = 120, sysctl_hung_task_check_interval_secs;
int sysctl_hung_task_check_count = 4 << 20, sysctl_hung_task_warnings = 10;
int sysctl_hung_task_panic, sysctl_hung_task_all_cpu_backtrace;

static DECLARE_WAIT_QUEUE_HEAD(restart_wait);
static bool restart_asked;

static void report(struct task_struct *task, u64 asleep)
{
	char taint[TAINT_TEXT_LEN];

	if (sysctl_hung_task_warnings) {
		if (sysctl_hung_task_warnings > 0)
			sysctl_hung_task_warnings--;
		pr_err("INFO: task %.16s:%d blocked for more than %llu seconds.\n", task->comm,
		       task->pid, (unsigned long long)(asleep / NSEC_PER_SEC));
		pr_err("      %s\n", print_tainted(taint));
		pr_err("\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\" disables this message.\n");
		sched_show_task(task);
		if (!sysctl_hung_task_warnings)
			pr_info("Future hung task reports are suppressed, see sysctl kernel.hung_task_warnings\n");
	}
	touch_softlockup_watchdog();
}

/* Has the task slept since `limit` before `now`? => RCU */
static bool is_hung(struct task_struct *task, u64 now, u64 limit)
{
	unsigned int state = READ_ONCE(task->state);
	unsigned long switches = READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw);

	if (!(state & TASK_UNINTERRUPTIBLE) || (state & (TASK_WAKEKILL | TASK_NOLOAD)))
		return false;
	/* It was never run: the first switch away from it is still to come. */
	if (!switches)
		return false;
	if (switches != task->sched.hung_switches) {
		task->sched.hung_switches = switches;
		task->sched.hung_since = now;
		return false;
	}
	return now - task->sched.hung_since >= limit;
}

unsigned int hung_task_check(u64 now, u64 limit)
{
	int left = READ_ONCE(sysctl_hung_task_check_count);
	struct task_struct *leader, *task;
	unsigned int found = 0;

	/* After an oops or a panic what it held stays held. */
	if (get_taint() & (1UL << TAINT_DIE))
		return 0;
	rcu_read_lock();
	for_each_process_thread(leader, task) {
		if (!left--)
			goto out;
		if (is_hung(task, now, limit)) {
			found++;
			report(task, limit);
		}
	}
out:
	rcu_read_unlock();
	if (found && READ_ONCE(sysctl_hung_task_all_cpu_backtrace))
		trigger_all_cpu_backtrace();
	if (found && READ_ONCE(sysctl_hung_task_panic))
		panic("hung_task: blocked tasks");
	return found;
}

void hung_task_restart(void)
{
	WRITE_ONCE(restart_asked, true);
	wake_up(&restart_wait);
}

/* Sleeps for that long in pieces; the clock after it. False: begin anew. */
static bool sleep_for(u64 seconds, u64 *clock)
{
	/* An eighth, at least a second: the error that a stopped host may cause. */
	u64 piece = max(seconds / 8, 1ULL);

	while (seconds) {
		piece = min(piece, seconds);
		if (wait_event_idle_timeout(restart_wait, READ_ONCE(restart_asked), piece * HZ))
			return false;
		*clock += piece * NSEC_PER_SEC;
		seconds -= piece;
	}
	return true;
}

static int khungtaskd(void *unused)
{
	u64 clock = 0;

	for (;;) {
		u64 limit, interval;

		WRITE_ONCE(restart_asked, false);
		limit = READ_ONCE(sysctl_hung_task_timeout_secs);
		interval = READ_ONCE(sysctl_hung_task_check_interval_secs);
		if (!limit) {
			wait_event_idle(restart_wait, READ_ONCE(restart_asked));
			continue;
		}
		if (!interval || interval > limit)
			interval = limit;
		if (sleep_for(interval, &clock))
			hung_task_check(clock, limit * NSEC_PER_SEC);
	}
	return 0;
}

static int __init hung_task_init(void)
{
	return PTR_ERR_OR_ZERO(kthread_run(khungtaskd, NULL, "khungtaskd"));
}
subsys_initcall(hung_task_init);

core_param(hung_task_panic, sysctl_hung_task_panic, int, 0644);
