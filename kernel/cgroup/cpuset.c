// SPDX-License-Identifier: MIT
/*
 * The cpuset controller: on which CPUs the members of a group may run, and of which nodes they have
 * memory (cpuset_mems.c).
 *
 * What a group asks for is cut to what its parent has; with nothing left it has all of that.
 */
#include <fs/seq_file.h>
#include <kern/cpumask.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <mm/mempolicy.h>
#include <mm/node.h>

#include "internal.h"

static void apply_cpus(struct cgroup *cg, struct task_struct *task)
{
	/* A task's own choice stays as long as the group has not one of its own. */
	if (!cpumask_equal(&cg->effective_cpus, &cgroup_root.effective_cpus) || task->cg_cpus) {
		task->cg_cpus = !cpumask_equal(&cg->effective_cpus, &cgroup_root.effective_cpus);
		set_cpus_allowed_ptr(task, &cg->effective_cpus);
	}
}

void cpuset_apply(struct cgroup *cg, struct task_struct *task)
{
	apply_cpus(cg, task);
	cpuset_apply_mems(cg, task);
}

void cpuset_cpus_allowed(struct task_struct *task, struct cpumask *mask)
{
	struct cgroup *cg = task_get_cgroup(task);

	cpumask_copy(mask, &cg->effective_cpus);
	cgroup_put(cg);
}

/* A child runs where its parent may; its copies of the masks may be old. */
void cpuset_fork(struct cgroup *cg, struct task_struct *task)
{
	/* Before there are groups, all is allowed. */
	if (!nodes_equal(task->mems_allowed, cg->effective_mems) && !nodes_empty(cg->effective_mems))
		mpol_rebind_task(task, cg->effective_mems);
	if (cg != current->cgroup) {
		apply_cpus(cg, task);
	} else if (task->cg_cpus || current->cg_cpus) {
		task->cg_cpus = current->cg_cpus;
		set_cpus_allowed_ptr(task, &current->sched.cpus_mask);
	}
}

/* Those done go to the tail: who exits meanwhile hides nobody. */
static void apply_to_members(struct cgroup *cg)
{
	down_write(&cgroup_fork_rwsem);
	spin_lock_irq(&cgroup_lock);
	for (int left = cg->nr_tasks; left && !list_empty(&cg->tasks); left--) {
		struct task_struct *task = list_first_entry(&cg->tasks, struct task_struct, cg_list);

		get_task_struct(task);
		list_move_tail(&task->cg_list, &cg->tasks);
		spin_unlock_irq(&cgroup_lock);
		cpuset_apply(cg, task);
		put_task_struct(task);
		spin_lock_irq(&cgroup_lock);
	}
	spin_unlock_irq(&cgroup_lock);
	up_write(&cgroup_fork_rwsem);
}

void cpuset_update(struct cgroup *cg)
{
	nodemask_t mems;
	struct cpumask effective;
	struct cgroup *child;

	if (!cg->parent)
		return;
	cpumask_and(&effective, &cg->cpus, &cg->parent->effective_cpus);
	if (cpumask_empty(&effective))
		cpumask_copy(&effective, &cg->parent->effective_cpus);
	mems = nodes_and(cg->mems, cg->parent->effective_mems);
	if (nodes_empty(mems))
		mems = cg->parent->effective_mems;
	if (cpumask_equal(&effective, &cg->effective_cpus) && nodes_equal(mems, cg->effective_mems))
		return;
	cpumask_copy(&cg->effective_cpus, &effective);
	cg->effective_mems = mems;
	apply_to_members(cg);
	list_for_each_entry(child, &cg->children, sibling)
		cpuset_update(child);
}

static int show_list(struct seq_file *m, const struct cpumask *mask)
{
	seq_printf(m, "%*pbl\n", nr_cpu_ids, mask->bits);
	return 0;
}

static bool parse_cpu(char **at, unsigned int *cpu)
{
	char *p = *at;

	if (*p < '0' || *p > '9')
		return false;
	for (*cpu = 0; *p >= '0' && *p <= '9' && *cpu < 10000; p++)
		*cpu = *cpu * 10 + (*p - '0');
	*at = p;
	return true;
}

/* "0-3,5"; nothing at all is the empty set. */
static int parse_list(char *text, unsigned long *set)
{
	unsigned int first, last;

	*set = 0;
	while (*text) {
		if (!parse_cpu(&text, &first))
			return -EINVAL;
		last = first;
		if (*text == '-') {
			text++;
			if (!parse_cpu(&text, &last))
				return -EINVAL;
		}
		if (last < first || (*text && *text != ','))
			return -EINVAL;
		if (last >= 64)
			return -ERANGE;
		for (; first <= last; first++)
			*set |= 1UL << first;
		if (*text == ',')
			text++;
	}
	return 0;
}

static int show_cpus(struct seq_file *m, struct cgroup *cg)
{
	return show_list(m, &cg->cpus);
}

static int write_cpus(struct cgroup *cg, char *text, const struct file *file)
{
	unsigned long set;
	int error = parse_list(text, &set);

	if (error)
		return error;
	if (set & ~cpu_possible_mask->bits[0])
		return -EINVAL;
	cg->cpus.bits[0] = set;
	cpuset_update(cg);
	return 0;
}

static int show_effective(struct seq_file *m, struct cgroup *cg)
{
	return show_list(m, &cg->effective_cpus);
}

static int show_nodes(struct seq_file *m, nodemask_t nodes)
{
	seq_printf(m, "%*pbl\n", MAX_NUMNODES, nodes.bits);
	return 0;
}

static int show_effective_mems(struct seq_file *m, struct cgroup *cg)
{
	return show_nodes(m, cg->effective_mems);
}

static int show_mems(struct seq_file *m, struct cgroup *cg)
{
	return show_nodes(m, cg->mems);
}

static int write_mems(struct cgroup *cg, char *text, const struct file *file)
{
	unsigned long set;
	int error = parse_list(text, &set);

	if (error)
		return error;
	if (set & ~node_online_map.bits[0])
		return -EINVAL;
	cg->mems.bits[0] = set;
	cpuset_update(cg);
	return 0;
}

static int show_partition(struct seq_file *m, struct cgroup *cg)
{
	seq_puts(m, "member\n");
	return 0;
}

const struct cftype cgroup_cpuset_files[] = {
	{ "cpuset.cpus", CFTYPE_NOT_ON_ROOT, CGROUP_CPUSET, -1, show_cpus, write_cpus },
	{ "cpuset.mems", CFTYPE_NOT_ON_ROOT, CGROUP_CPUSET, -1, show_mems, write_mems },
	{ "cpuset.cpus.effective", 0, CGROUP_CPUSET, -1, show_effective, NULL },
	{ "cpuset.mems.effective", 0, CGROUP_CPUSET, -1, show_effective_mems, NULL },
	{ "cpuset.cpus.partition", CFTYPE_NOT_ON_ROOT, CGROUP_CPUSET, -1, show_partition, NULL },
	{}
};
