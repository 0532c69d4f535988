// SPDX-License-Identifier: MIT
/* /proc/schedstat (version 15) and /proc/sched_debug. */
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/cpumask.h>
#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/timekeeping.h>

#include <linux/sched.h>

static int schedstat_show(struct seq_file *m, void *unused)
{
	unsigned int cpu;

	seq_printf(m, "version 15\ntimestamp %lu\n", jiffies);
	for_each_online_cpu(cpu) {
		struct sched_cpu_snapshot s;

		sched_cpu_snapshot(cpu, &s);
		seq_printf(m, "cpu%u %u 0 %u %u %u %u %llu %llu %lu\n", cpu, s.yields, s.schedules,
			   s.went_idle, s.wakeups, s.wakeups_local, (unsigned long long)s.ran,
			   (unsigned long long)s.waited, s.picks);
	}
	return 0;
}

static void show_number(struct seq_file *m, const char *name, long long value)
{
	seq_printf(m, "  .%-30s: %lld\n", name, value);
}

static void show_time(struct seq_file *m, const char *name, u64 ns)
{
	seq_printf(m, "  .%-30s: %lld.%06lld\n", name, (long long)(ns / NSEC_PER_MSEC),
		   (long long)(ns % NSEC_PER_MSEC));
}

static void show_cpu(struct seq_file *m, unsigned int cpu)
{
	struct sched_cpu_snapshot s;

	sched_cpu_snapshot(cpu, &s);
	seq_printf(m, "\ncpu#%u\n", cpu);
	show_number(m, "nr_running", s.nr_running);
	show_number(m, "nr_switches", s.nr_switches);
	show_number(m, "nr_uninterruptible", s.nr_uninterruptible);
	show_number(m, "curr->pid", s.curr);
	show_time(m, "clock", s.clock);
	show_number(m, "yld_count", s.yields);
	show_number(m, "sched_count", s.schedules);
	show_number(m, "sched_goidle", s.went_idle);
	show_number(m, "ttwu_count", s.wakeups);
	show_number(m, "ttwu_local", s.wakeups_local);
	seq_printf(m, "\ncfs_rq[%u]:/\n", cpu);
	show_time(m, "min_vruntime", s.fair_min_vruntime);
	show_time(m, "avg_vruntime", s.fair_mean_vruntime);
	show_number(m, "nr_running", s.fair_entities);
	show_number(m, "h_nr_running", s.fair_tasks);
	show_number(m, "load", s.fair_load << 10);
	seq_printf(m, "\nrt_rq[%u]:\n", cpu);
	show_number(m, "rt_nr_running", s.rt_tasks);
	show_number(m, "rt_throttled", s.rt_throttled);
	show_time(m, "rt_time", s.rt_used);
	show_time(m, "rt_runtime", sysctl_sched_rt_runtime_us * 1000ULL);
	seq_printf(m, "\ndl_rq[%u]:\n", cpu);
	show_number(m, "dl_nr_running", s.dl_tasks);
}

static char state_letter(struct task_struct *task, bool running)
{
	if (running)
		return '>';
	return task_is_running(task) ? 'R' : 'S';
}

static int sched_debug_show(struct seq_file *m, void *unused)
{
	struct task_struct *leader, *task;
	unsigned int cpu;

	seq_printf(m, "Sched Debug Version: v0.11\nfair algorithm: %s\n",
		   sched_fair_algorithm_name());
	seq_printf(m, "ktime: %llu\njiffies: %lu\n", (unsigned long long)ktime_get_ns(), jiffies);
	for_each_online_cpu(cpu)
		show_cpu(m, cpu);
	seq_puts(m, "\nrunnable and sleeping tasks:\n"
		    " S            task   PID         vruntime   switches  prio         sum-exec"
		    "        sum-wait  cpu\n");
	rcu_read_lock();
	for_each_process_thread(leader, task) {
		const struct sched_task *s = &task->sched;

		seq_printf(m, " %c %15s %5d %16llu %10lu %5d %16llu %15llu %4u\n",
			   state_letter(task, task_curr(task)), task->comm, task->pid,
			   (unsigned long long)READ_ONCE(s->se.vruntime),
			   READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw), READ_ONCE(s->prio),
			   (unsigned long long)READ_ONCE(s->sum_exec_runtime),
			   (unsigned long long)READ_ONCE(s->run_delay), task_cpu(task));
	}
	rcu_read_unlock();
	return 0;
}

static int __init proc_sched_init(void)
{
	proc_create_single("schedstat", 0, NULL, schedstat_show);
	proc_create_single("sched_debug", 0, NULL, sched_debug_show);
	return 0;
}
fs_initcall(proc_sched_init);
