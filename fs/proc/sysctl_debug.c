// SPDX-License-Identifier: MIT
/* /proc/sys/kernel: what the kernel does when something goes wrong, and who watches. */
#include <fs/sysctl.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/panic.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/watchdog.h>
#include <lib/string.h>
#include <linux/capability.h>

static const int zero = 0, one = 1, minus_one = -1, sixty = 60;
/* More would not fit into jiffies. */
static const unsigned long longest_timeout = 1UL << 31;

/* Bits can be added, never taken away. */
static int do_tainted(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		      loff_t *ppos)
{
	unsigned long flags = get_taint();
	struct ctl_table row = { .data = &flags, .maxlen = sizeof(flags) };
	int err;

	if (write && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = proc_doulongvec_minmax(&row, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	for (unsigned int i = 0; i < TAINT_FLAGS_COUNT; i++) {
		if (flags >> i & 1)
			add_taint(i);
	}
	return 0;
}

static int do_watchdog(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		       loff_t *ppos)
{
	int err = proc_dointvec_minmax(table, write, buffer, lenp, ppos);

	if (!err && write)
		watchdog_update();
	return err;
}

static int do_hung_task_time(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
			     loff_t *ppos)
{
	unsigned long before = *(unsigned long *)table->data;
	int err = proc_doulongvec_minmax(table, write, buffer, lenp, ppos);

	if (!err && write && *(unsigned long *)table->data > longest_timeout) {
		*(unsigned long *)table->data = before;
		err = -EINVAL;
	}
	if (!err && write)
		hung_task_restart();
	return err;
}

static int do_devkmsg(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		      loff_t *ppos)
{
	char word[16];
	struct ctl_table row = { .data = word, .maxlen = sizeof(word) };
	int err;

	strscpy(word, devkmsg_name(), sizeof(word));
	err = proc_dostring(&row, write, buffer, lenp, ppos);
	return !err && write ? devkmsg_set(word) : err;
}

#define INT(name, var, handler, min, max) { .procname = name, .data = &(var), \
					    .maxlen = sizeof(int), .mode = 0644, \
					    .proc_handler = handler, .extra1 = min, .extra2 = max }
#define ANY_INT(name, var) INT(name, var, proc_dointvec, NULL, NULL)
#define SWITCH(name, var) INT(name, var, proc_dointvec_minmax, &zero, &one)

static const struct ctl_table debug_table[] = {
	ANY_INT("panic", panic_timeout),
	ANY_INT("panic_on_oops", panic_on_oops),
	SWITCH("panic_on_warn", panic_on_warn),
	SWITCH("panic_on_rcu_stall", sysctl_panic_on_rcu_stall),
	INT("oops_limit", oops_limit, proc_douintvec, NULL, NULL),
	INT("warn_limit", warn_limit, proc_douintvec, NULL, NULL),
	INT("printk_ratelimit", printk_ratelimit_secs, proc_dointvec_minmax, &zero, NULL),
	INT("printk_ratelimit_burst", printk_ratelimit_burst, proc_dointvec_minmax, &zero, NULL),
	{ .procname = "printk_devkmsg", .mode = 0644, .proc_handler = do_devkmsg },
	{ .procname = "tainted", .mode = 0644, .proc_handler = do_tainted },
	INT("watchdog", watchdog_enabled, do_watchdog, &zero, &one),
	INT("soft_watchdog", watchdog_enabled, do_watchdog, &zero, &one),
	INT("watchdog_thresh", watchdog_thresh, do_watchdog, &zero, &sixty),
	SWITCH("softlockup_panic", softlockup_panic),
	SWITCH("hardlockup_panic", hardlockup_panic),
	SWITCH("softlockup_all_cpu_backtrace", softlockup_all_cpu_backtrace),
	SWITCH("hung_task_panic", sysctl_hung_task_panic),
	SWITCH("hung_task_all_cpu_backtrace", sysctl_hung_task_all_cpu_backtrace),
	INT("hung_task_check_count", sysctl_hung_task_check_count, proc_dointvec_minmax, &zero, NULL),
	INT("hung_task_warnings", sysctl_hung_task_warnings, proc_dointvec_minmax, &minus_one, NULL),
	{ .procname = "hung_task_timeout_secs", .data = &sysctl_hung_task_timeout_secs,
	  .maxlen = sizeof(long), .mode = 0644, .proc_handler = do_hung_task_time },
	{ .procname = "hung_task_check_interval_secs",
	  .data = &sysctl_hung_task_check_interval_secs, .maxlen = sizeof(long), .mode = 0644,
	  .proc_handler = do_hung_task_time },
	{}
};

static int __init sysctl_debug_init(void)
{
	return register_sysctl("kernel", debug_table);
}
fs_initcall(sysctl_debug_init);
