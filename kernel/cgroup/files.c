// SPDX-License-Identifier: MIT
/* The files that every group has: cgroup.*; and /proc/PID/cgroup, /proc/cgroups. */
#include <block/blk_cgroup.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/nsproxy.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <mm/memcontrol.h>
#include <mm/page.h>
#include <mm/slab.h>

#include "internal.h"

static const char *const controller_names[] = { "cpuset", "cpu", "io", "memory", "pids" };

static void show_mask(struct seq_file *m, unsigned int mask)
{
	const char *space = "";

	for (int i = 0; i < CGROUP_CONTROLLERS; i++) {
		if (!(mask & (1U << i)))
			continue;
		seq_printf(m, "%s%s", space, controller_names[i]);
		space = " ";
	}
	seq_putc(m, '\n');
}

static int show_controllers(struct seq_file *m, struct cgroup *cg)
{
	show_mask(m, cgroup_controllers(cg));
	return 0;
}

static int show_subtree_control(struct seq_file *m, struct cgroup *cg)
{
	show_mask(m, cg->subtree_control);
	return 0;
}

static int controller_bit(const char *name)
{
	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		if (!strcmp(name, controller_names[i]))
			return 1 << i;
	return 0;
}

/* What a controller did in a group ends where it is disabled. */
static void reset_controllers(struct cgroup *cg, unsigned int gone)
{
	struct cgroup *child;

	list_for_each_entry(child, &cg->children, sibling) {
		if (gone & (1U << CGROUP_IO))
			blkcg_reset(child);
		if (gone & (1U << CGROUP_MEMORY))
			mem_cgroup_offline(child);
		if (gone & (1U << CGROUP_PIDS))
			WRITE_ONCE(child->pids_max, CGROUP_NO_LIMIT);
		if (gone & (1U << CGROUP_CPU)) {
			child->cpu_weight = 100;
			child->cpu_idle = false;
			child->cpu_quota = U64_MAX;
			sched_group_set_shares(child->cpu_group, 1024);
			sched_group_set_bandwidth(child->cpu_group, child->cpu_period, U64_MAX, 0);
		}
		if (gone & (1U << CGROUP_CPUSET)) {
			child->cpus.bits[0] = 0;
			child->mems = NODE_MASK_NONE;
			cpuset_update(child);
		}
	}
}

/* Could the group be the root of threaded groups? */
static bool can_be_thread_root(const struct cgroup *cg)
{
	struct cgroup *child;

	if (!cg->parent)
		return true;
	if (cg->subtree_control & ~CGROUP_THREADED_CONTROLLERS)
		return false;
	list_for_each_entry(child, &cg->children, sibling)
		if (child->domain == child && READ_ONCE(child->nr_populated))
			return false;
	return true;
}

static bool below_threads(const struct cgroup *cg)
{
	return cg->parent && (cg->parent->domain != cg->parent || cg->parent->nr_threaded_children) &&
	       cg->parent->parent;
}

/* May the group give its children these? Tasks of its own would compete with the children. */
static int vet_enable(const struct cgroup *cg, unsigned int enable)
{
	bool threaded = cg->domain != cg;

	if (!enable || !cg->parent)
		return 0;
	if (!threaded && below_threads(cg))
		return -EOPNOTSUPP;
	if (enable & ~CGROUP_THREADED_CONTROLLERS) {
		if (threaded || cg->nr_threaded_children)
			return -EOPNOTSUPP;
	} else if (threaded || can_be_thread_root(cg)) {
		return 0;
	}
	return READ_ONCE(cg->nr_tasks) ? -EBUSY : 0;
}

/* Controllers come to the children: 0, or -errno and none has. */
static int start_controllers(struct cgroup *cg, unsigned int enable)
{
	struct cgroup *child, *done;
	int error;

	if (!(enable & (1U << CGROUP_MEMORY)))
		return 0;
	list_for_each_entry(child, &cg->children, sibling) {
		error = mem_cgroup_online(child);
		if (!error)
			continue;
		list_for_each_entry(done, &cg->children, sibling) {
			if (done == child)
				return error;
			mem_cgroup_offline(done);
		}
	}
	return 0;
}

/* "+cpu -pids": all or nothing. */
static int write_subtree_control(struct cgroup *cg, char *text, const struct file *file)
{
	unsigned int enable = 0, disable = 0, old = cg->subtree_control;
	struct cgroup *child;
	char *word;
	int error;

	while ((word = strsep(&text, " \t\n"))) {
		int bit;

		if (!*word)
			continue;
		bit = controller_bit(word + 1);
		if (!bit || (*word != '+' && *word != '-'))
			return -EINVAL;
		if (*word == '+') {
			enable |= bit;
			disable &= ~bit;
		} else {
			disable |= bit;
			enable &= ~bit;
		}
	}
	enable &= ~old;
	disable &= old;
	if (enable & ~cgroup_controllers(cg))
		return -ENOENT;
	list_for_each_entry(child, &cg->children, sibling)
		if (child->subtree_control & disable)
			return -EBUSY;
	if (!enable && !disable)
		return 0;
	error = vet_enable(cg, enable) ?: start_controllers(cg, enable);
	if (error)
		return error;
	cg->subtree_control = (old | enable) & ~disable;
	reset_controllers(cg, disable);
	error = cgroupfs_update_files(cg);
	if (error) {
		cg->subtree_control = old;
		reset_controllers(cg, enable);
	}
	return error;
}

/* ---- members ---- */

static void show_members(struct seq_file *m, struct cgroup *cg, bool threads)
{
	struct task_struct *task;

	spin_lock_irq(&cgroup_lock);
	list_for_each_entry(task, &cg->tasks, cg_list)
		if (threads || thread_group_leader(task))
			seq_printf(m, "%d\n", task_pid_vnr(task));
	spin_unlock_irq(&cgroup_lock);
}

/* The processes of a threaded subtree belong to its domain. */
static void show_processes(struct seq_file *m, struct cgroup *cg, const struct cgroup *domain)
{
	struct cgroup *child;

	show_members(m, cg, false);
	list_for_each_entry(child, &cg->children, sibling)
		if (child->domain == domain)
			show_processes(m, child, domain);
}

static int show_procs(struct seq_file *m, struct cgroup *cg)
{
	if (cg->domain != cg)
		return -EOPNOTSUPP;
	show_processes(m, cg, cg);
	return 0;
}

static int show_threads(struct seq_file *m, struct cgroup *cg)
{
	show_members(m, cg, true);
	return 0;
}

static int write_procs(struct cgroup *cg, char *text, const struct file *file)
{
	return cgroup_attach(cg, text, file, false);
}

static int write_threads(struct cgroup *cg, char *text, const struct file *file)
{
	return cgroup_attach(cg, text, file, true);
}

/* ---- threaded groups ---- */

static int show_type(struct seq_file *m, struct cgroup *cg)
{
	if (cg->domain != cg)
		seq_puts(m, "threaded\n");
	else if (below_threads(cg))
		seq_puts(m, "domain invalid\n");
	else if (cg->nr_threaded_children)
		seq_puts(m, "domain threaded\n");
	else
		seq_puts(m, "domain\n");
	return 0;
}

static int write_type(struct cgroup *cg, char *text, const struct file *file)
{
	struct cgroup *domain = cg->parent->domain;

	/* There is no way back. */
	if (strcmp(text, "threaded"))
		return -EINVAL;
	if (cg->domain != cg)
		return 0;
	if (cg->nr_populated || (cg->subtree_control & ~CGROUP_THREADED_CONTROLLERS))
		return -EOPNOTSUPP;
	if (!can_be_thread_root(domain))
		return -EOPNOTSUPP;
	cg->domain = domain;
	cg->parent->nr_threaded_children++;
	return 0;
}

/* ---- state ---- */

static int show_events(struct seq_file *m, struct cgroup *cg)
{
	seq_printf(m, "populated %d\nfrozen %d\n", READ_ONCE(cg->nr_populated) != 0,
		   READ_ONCE(cg->frozen));
	return 0;
}

static int show_limit(struct seq_file *m, long limit)
{
	if (limit == CGROUP_NO_LIMIT)
		seq_puts(m, "max\n");
	else
		seq_printf(m, "%ld\n", limit);
	return 0;
}

static int write_limit(char *text, long *limit)
{
	int value, error;

	if (!strcmp(text, "max")) {
		*limit = CGROUP_NO_LIMIT;
		return 0;
	}
	error = kstrtoint(text, 0, &value);
	if (error)
		return error;
	if (value < 0)
		return -ERANGE;
	*limit = value;
	return 0;
}

static int show_max_depth(struct seq_file *m, struct cgroup *cg)
{
	return show_limit(m, cg->max_depth);
}

static int write_max_depth(struct cgroup *cg, char *text, const struct file *file)
{
	return write_limit(text, &cg->max_depth);
}

static int show_max_descendants(struct seq_file *m, struct cgroup *cg)
{
	return show_limit(m, cg->max_descendants);
}

static int write_max_descendants(struct cgroup *cg, char *text, const struct file *file)
{
	return write_limit(text, &cg->max_descendants);
}

static int show_stat(struct seq_file *m, struct cgroup *cg)
{
	seq_printf(m, "nr_descendants %d\nnr_dying_descendants %d\n", cg->nr_descendants,
		   cg->nr_dying);
	return 0;
}

static int show_freeze(struct seq_file *m, struct cgroup *cg)
{
	seq_printf(m, "%d\n", cg->freeze);
	return 0;
}

/* => cgroup_mutex held */
static void freeze_subtree(struct cgroup *cg, int change)
{
	struct task_struct *task;
	struct cgroup *child;

	spin_lock_irq(&cgroup_lock);
	cg->effective_freeze += change;
	list_for_each_entry(task, &cg->tasks, cg_list)
		cgroup_freeze_task(task, cg->effective_freeze);
	spin_unlock_irq(&cgroup_lock);
	list_for_each_entry(child, &cg->children, sibling)
		freeze_subtree(child, change);
	spin_lock_irq(&cgroup_lock);
	cgroup_update_frozen(cg);
	spin_unlock_irq(&cgroup_lock);
}

static int write_freeze(struct cgroup *cg, char *text, const struct file *file)
{
	int freeze, error = kstrtoint(text, 0, &freeze);

	if (error)
		return error;
	if (freeze != 0 && freeze != 1)
		return -ERANGE;
	if (cg->freeze == freeze)
		return 0;
	cg->freeze = freeze;
	freeze_subtree(cg, freeze ? 1 : -1);
	/* A group above keeps it frozen: who waits for the change learns that none will come. */
	if (cg->effective_freeze != freeze)
		cgroup_notify(cg, CGROUP_EVENT_CORE);
	return 0;
}

static int write_kill(struct cgroup *cg, char *text, const struct file *file)
{
	int kill, error = kstrtoint(text, 0, &kill);

	if (error)
		return error;
	if (kill != 1)
		return -ERANGE;
	if (cg->domain != cg)
		return -EOPNOTSUPP;
	cgroup_kill(cg);
	return 0;
}

const struct cftype cgroup_core_files[] = {
	{ "cgroup.type", CFTYPE_NOT_ON_ROOT, -1, -1, show_type, write_type },
	{ "cgroup.procs", CFTYPE_NS_DELEGATABLE, -1, -1, show_procs, write_procs },
	{ "cgroup.threads", CFTYPE_NS_DELEGATABLE, -1, -1, show_threads, write_threads },
	{ "cgroup.controllers", 0, -1, -1, show_controllers, NULL },
	{ "cgroup.subtree_control", CFTYPE_NS_DELEGATABLE, -1, -1, show_subtree_control, write_subtree_control },
	{ "cgroup.events", CFTYPE_NOT_ON_ROOT, -1, CGROUP_EVENT_CORE, show_events, NULL },
	{ "cgroup.max.descendants", 0, -1, -1, show_max_descendants, write_max_descendants },
	{ "cgroup.max.depth", 0, -1, -1, show_max_depth, write_max_depth },
	{ "cgroup.stat", 0, -1, -1, show_stat, NULL },
	{ "cgroup.freeze", CFTYPE_NOT_ON_ROOT, -1, -1, show_freeze, write_freeze },
	{ "cgroup.kill", CFTYPE_NOT_ON_ROOT, -1, -1, NULL, write_kill },
	{}
};

const struct cftype *const cgroup_file_tables[] = { cgroup_core_files, cgroup_cpu_files,
						    cgroup_pids_files, cgroup_cpuset_files,
						    cgroup_memory_files, cgroup_io_files,
						    cgroup_pressure_files, NULL };

/* ---- /proc ---- */

void cgroup_show_task(struct seq_file *m, struct task_struct *task)
{
	struct cgroup *cg = task_get_cgroup(task);
	char *buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	char *path;

	if (buf) {
		path = cgroup_path_ns(cg, current->nsproxy->cgroup_ns->root, buf, PAGE_SIZE);
		seq_printf(m, "0::%s%s\n", IS_ERR(path) ? "" : path, cg->dead ? " (deleted)" : "");
	}
	kfree(buf);
	cgroup_put(cg);
}

static int show_cgroups(struct seq_file *m, void *unused)
{
	int groups;

	mutex_lock(&cgroup_mutex);
	groups = cgroup_root.nr_descendants + 1;
	mutex_unlock(&cgroup_mutex);
	seq_puts(m, "#subsys_name\thierarchy\tnum_cgroups\tenabled\n");
	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		seq_printf(m, "%s\t0\t%d\t1\n", controller_names[i], groups);
	return 0;
}

static int __init cgroup_proc_init(void)
{
	proc_create_single("cgroups", 0444, NULL, show_cgroups);
	return 0;
}
fs_initcall(cgroup_proc_init);
