// SPDX-License-Identifier: MIT
/*
 * The cpu controller: weights and limits of bandwidth, through the scheduler's task groups
 * (<kern/sched.h>); and cpu.stat, which every group has.
 */
#include <fs/seq_file.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <lib/kstrtox.h>
#include <lib/string.h>

#include "internal.h"

#define WEIGHT_MIN     1
#define WEIGHT_DEFAULT 100
#define WEIGHT_MAX     10000
/* A weight of 100 is the share that tasks of nice 0 have: 1024. */
#define NICE_0_SHARES  1024
#define IDLE_SHARES    3

static const int nice_weights[40] = {
	88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
	3906,  3121,  2501,  1991,  1586,  1277,  1024,	 820,	655,   526,   423,  335,  272,	215,
	172,   137,   110,   87,    70,	   56,	  45,	 36,	29,    23,    18,   15,
};

int cpu_create(struct cgroup *cg)
{
	struct task_group *group = sched_group_create(cg->parent->cpu_group);

	if (IS_ERR(group))
		return PTR_ERR(group);
	cg->cpu_group = group;
	return 0;
}

/* The group's folder is gone; zombies may use its number still, but no CPU. */
void cpu_destroy(struct cgroup *cg)
{
	struct task_group *group = cg->cpu_group;

	cg->cpu_group = NULL;
	sched_group_put(group);
}

static int apply_weight(struct cgroup *cg)
{
	unsigned long shares = cg->cpu_idle ? IDLE_SHARES :
					      DIV_ROUND_CLOSEST(cg->cpu_weight * NICE_0_SHARES,
								WEIGHT_DEFAULT);

	return sched_group_set_shares(cg->cpu_group, shares);
}

static int show_weight(struct seq_file *m, struct cgroup *cg)
{
	seq_printf(m, "%lu\n", cg->cpu_idle ? 0 : cg->cpu_weight);
	return 0;
}

static int write_weight(struct cgroup *cg, char *text, const struct file *file)
{
	unsigned long weight;
	int error = kstrtoul(text, 0, &weight);

	if (error)
		return error;
	if (weight < WEIGHT_MIN || weight > WEIGHT_MAX)
		return -ERANGE;
	cg->cpu_weight = weight;
	return apply_weight(cg);
}

/* The nice value whose weight is nearest. */
static int nearest_nice(unsigned long shares)
{
	int best = 0;

	for (int i = 1; i < 40; i++)
		if (abs(nice_weights[i] - (long)shares) < abs(nice_weights[best] - (long)shares))
			best = i;
	return best - 20;
}

static int show_weight_nice(struct seq_file *m, struct cgroup *cg)
{
	seq_printf(m, "%d\n",
		   nearest_nice(DIV_ROUND_CLOSEST(cg->cpu_weight * NICE_0_SHARES, WEIGHT_DEFAULT)));
	return 0;
}

static int write_weight_nice(struct cgroup *cg, char *text, const struct file *file)
{
	int nice, error = kstrtoint(text, 0, &nice);

	if (error)
		return error;
	if (nice < -20 || nice > 19)
		return -ERANGE;
	cg->cpu_weight = clamp(DIV_ROUND_CLOSEST((unsigned long)nice_weights[nice + 20] *
							 WEIGHT_DEFAULT,
						 NICE_0_SHARES),
			       (unsigned long)WEIGHT_MIN, (unsigned long)WEIGHT_MAX);
	return apply_weight(cg);
}

static int show_idle(struct seq_file *m, struct cgroup *cg)
{
	seq_printf(m, "%d\n", cg->cpu_idle);
	return 0;
}

static int write_idle(struct cgroup *cg, char *text, const struct file *file)
{
	int idle, error = kstrtoint(text, 0, &idle);

	if (error)
		return error;
	if (idle != 0 && idle != 1)
		return -ERANGE;
	cg->cpu_idle = idle;
	return apply_weight(cg);
}

static int show_max(struct seq_file *m, struct cgroup *cg)
{
	if (cg->cpu_quota == U64_MAX)
		seq_printf(m, "max %llu\n", (unsigned long long)cg->cpu_period / NSEC_PER_USEC);
	else
		seq_printf(m, "%llu %llu\n", (unsigned long long)cg->cpu_quota / NSEC_PER_USEC,
			   (unsigned long long)cg->cpu_period / NSEC_PER_USEC);
	return 0;
}

static int apply_bandwidth(struct cgroup *cg, u64 period, u64 quota, u64 burst)
{
	int error;

	if (period < NSEC_PER_MSEC || period > NSEC_PER_SEC)
		return -EINVAL;
	if (quota != U64_MAX && (quota < NSEC_PER_MSEC || burst > quota))
		return -EINVAL;
	error = sched_group_set_bandwidth(cg->cpu_group, period, quota, quota == U64_MAX ? 0 : burst);
	if (error)
		return error;
	cg->cpu_period = period;
	cg->cpu_quota = quota;
	cg->cpu_burst = burst;
	return 0;
}

/* "quota period", both in microseconds; "max" is no limit, and the period may be left out. */
static int write_max(struct cgroup *cg, char *text, const struct file *file)
{
	u64 quota = U64_MAX, period = cg->cpu_period;
	char *word = strsep(&text, " \t");
	unsigned long long us;

	if (strcmp(word, "max")) {
		if (kstrtoull(word, 10, &us) || us > U64_MAX / NSEC_PER_USEC / 2)
			return -EINVAL;
		quota = us * NSEC_PER_USEC;
	}
	if (text) {
		text += strspn(text, " \t");
		if (kstrtoull(text, 10, &us) || us > NSEC_PER_SEC)
			return -EINVAL;
		period = us * NSEC_PER_USEC;
	}
	return apply_bandwidth(cg, period, quota, cg->cpu_burst);
}

static int show_burst(struct seq_file *m, struct cgroup *cg)
{
	seq_printf(m, "%llu\n", (unsigned long long)cg->cpu_burst / NSEC_PER_USEC);
	return 0;
}

static int write_burst(struct cgroup *cg, char *text, const struct file *file)
{
	unsigned long long us;

	if (kstrtoull(text, 10, &us) || us > U64_MAX / NSEC_PER_USEC / 2)
		return -EINVAL;
	return apply_bandwidth(cg, cg->cpu_period, cg->cpu_quota, us * NSEC_PER_USEC);
}

/* The time of all that are, or were, members here and below. */
static void sum_times(struct cgroup *cg, u64 *utime, u64 *stime)
{
	struct task_struct *task;
	struct cgroup *child;

	spin_lock_irq(&cgroup_lock);
	*utime += cg->utime;
	*stime += cg->stime;
	list_for_each_entry(task, &cg->tasks, cg_list) {
		*utime += task->utime - task->cg_utime;
		*stime += task->stime - task->cg_stime;
	}
	spin_unlock_irq(&cgroup_lock);
	*utime += cg->dead_utime;
	*stime += cg->dead_stime;
	list_for_each_entry(child, &cg->children, sibling)
		sum_times(child, utime, stime);
}

static int show_stat(struct seq_file *m, struct cgroup *cg)
{
	struct sched_bandwidth_stat stat = {};
	u64 utime = 0, stime = 0;

	sum_times(cg, &utime, &stime);
	seq_printf(m, "usage_usec %llu\nuser_usec %llu\nsystem_usec %llu\n",
		   (unsigned long long)(utime + stime) / NSEC_PER_USEC,
		   (unsigned long long)utime / NSEC_PER_USEC,
		   (unsigned long long)stime / NSEC_PER_USEC);
	if (!(cgroup_controllers(cg) & (1U << CGROUP_CPU)) || !cg->cpu_group)
		return 0;
	sched_group_bandwidth_stat(cg->cpu_group, &stat);
	seq_printf(m, "nr_periods %llu\nnr_throttled %llu\nthrottled_usec %llu\nnr_bursts 0\n"
		   "burst_usec 0\n", (unsigned long long)stat.nr_periods,
		   (unsigned long long)stat.nr_throttled,
		   (unsigned long long)stat.throttled_ns / NSEC_PER_USEC);
	return 0;
}

const struct cftype cgroup_cpu_files[] = {
	{ "cpu.stat", 0, -1, -1, show_stat, NULL },
	{ "cpu.weight", CFTYPE_NOT_ON_ROOT, CGROUP_CPU, -1, show_weight, write_weight },
	{ "cpu.weight.nice", CFTYPE_NOT_ON_ROOT, CGROUP_CPU, -1, show_weight_nice, write_weight_nice },
	{ "cpu.idle", CFTYPE_NOT_ON_ROOT, CGROUP_CPU, -1, show_idle, write_idle },
	{ "cpu.max", CFTYPE_NOT_ON_ROOT, CGROUP_CPU, -1, show_max, write_max },
	{ "cpu.max.burst", CFTYPE_NOT_ON_ROOT, CGROUP_CPU, -1, show_burst, write_burst },
	{}
};
