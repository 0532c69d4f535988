// SPDX-License-Identifier: MIT
/* /proc/sys/kernel/sched_*: the limits of the real-time and deadline classes; max_lock_depth. */
#include <fs/sysctl.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/rtmutex.h>
#include <kern/sched.h>

/* data tells which of the two; they are checked together. */
static int do_rt_limit(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		       loff_t *ppos)
{
	bool is_period = table->data == &sysctl_sched_rt_period_us;
	int value = is_period ? (int)sysctl_sched_rt_period_us : sysctl_sched_rt_runtime_us;
	struct ctl_table row = { .data = &value, .maxlen = sizeof(value) };
	int err = proc_dointvec(&row, write, buffer, lenp, ppos);

	if (err || !write)
		return err;
	if (is_period)
		return value <= 0 ? -EINVAL :
				    sched_set_rt_limits(sysctl_sched_rt_runtime_us, value);
	return value < -1 ? -EINVAL : sched_set_rt_limits(value, sysctl_sched_rt_period_us);
}

/* In ms; 0 or less brings the default back. */
static int do_rr_slice(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		       loff_t *ppos)
{
	int value = jiffies_to_msecs(sched_rr_slice);
	struct ctl_table row = { .data = &value, .maxlen = sizeof(value) };
	int err = proc_dointvec(&row, write, buffer, lenp, ppos);

	if (!err && write)
		sched_rr_slice = value > 0 ? max(msecs_to_jiffies(value), 1UL) : HZ / 10;
	return err;
}

static const struct ctl_table sched_table[] = {
	{ .procname = "sched_rt_period_us", .data = &sysctl_sched_rt_period_us, .mode = 0644,
	  .proc_handler = do_rt_limit },
	{ .procname = "sched_rt_runtime_us", .data = &sysctl_sched_rt_runtime_us, .mode = 0644,
	  .proc_handler = do_rt_limit },
	{ .procname = "sched_rr_timeslice_ms", .mode = 0644, .proc_handler = do_rr_slice },
	{ .procname = "sched_deadline_period_max_us", .data = &sysctl_sched_dl_period_max_us,
	  .maxlen = sizeof(int), .mode = 0644, .proc_handler = proc_douintvec },
	{ .procname = "sched_deadline_period_min_us", .data = &sysctl_sched_dl_period_min_us,
	  .maxlen = sizeof(int), .mode = 0644, .proc_handler = proc_douintvec },
	{ .procname = "max_lock_depth", .data = &max_lock_depth, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec },
	{}
};

static int __init sysctl_sched_init(void)
{
	return register_sysctl("kernel", sched_table);
}
late_initcall(sysctl_sched_init);
