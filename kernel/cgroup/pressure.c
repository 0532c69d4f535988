// SPDX-License-Identifier: MIT
/*
 * cpu.pressure, io.pressure, memory.pressure, cgroup.pressure: stalls of a group's tasks and of
 * those below, which the scheduler counts for its task groups (kernel/sched/psi.c). The root's are
 * the system's.
 */
#include <fs/seq_file.h>
#include <kern/errno.h>
#include <kern/psi.h>
#include <lib/kstrtox.h>

#include "internal.h"

/* => cgroup_mutex held, and the group is alive */
static struct psi_group *psi_of(const struct cgroup *cg)
{
	return sched_group_psi(cg->cpu_group);
}

static int show_cpu(struct seq_file *m, struct cgroup *cg)
{
	psi_show(m, psi_of(cg), PSI_CPU);
	return 0;
}

static int show_io(struct seq_file *m, struct cgroup *cg)
{
	psi_show(m, psi_of(cg), PSI_IO);
	return 0;
}

static int show_memory(struct seq_file *m, struct cgroup *cg)
{
	psi_show(m, psi_of(cg), PSI_MEM);
	return 0;
}

static int arm_cpu(struct cgroup *cg, char *text, struct psi_trigger **slot)
{
	return psi_trigger_write(slot, psi_of(cg), PSI_CPU, text);
}

static int arm_io(struct cgroup *cg, char *text, struct psi_trigger **slot)
{
	return psi_trigger_write(slot, psi_of(cg), PSI_IO, text);
}

static int arm_memory(struct cgroup *cg, char *text, struct psi_trigger **slot)
{
	return psi_trigger_write(slot, psi_of(cg), PSI_MEM, text);
}

static int show_pressure(struct seq_file *m, struct cgroup *cg)
{
	seq_printf(m, "%d\n", !cg->pressure_off);
	return 0;
}

/* Of this group alone: those below go on. */
static int write_pressure(struct cgroup *cg, char *text, const struct file *file)
{
	int on, error = kstrtoint(text, 0, &on);

	if (error)
		return error;
	if (on != 0 && on != 1)
		return -ERANGE;
	if (on == !cg->pressure_off)
		return 0;
	WRITE_ONCE(cg->pressure_off, !on);
	error = cgroupfs_update_own_files(cg);
	if (error) {
		WRITE_ONCE(cg->pressure_off, on);
		cgroupfs_update_own_files(cg);
		return error;
	}
	psi_group_enable(psi_of(cg), on);
	/* Who polls a file that is hidden now has nothing to wait for. */
	wake_up_interruptible(&cg->wait);
	return 0;
}

const struct cftype cgroup_pressure_files[] = {
	{ "cpu.pressure", CFTYPE_PRESSURE, -1, -1, show_cpu, NULL, arm_cpu },
	{ "io.pressure", CFTYPE_PRESSURE, -1, -1, show_io, NULL, arm_io },
	{ "memory.pressure", CFTYPE_PRESSURE, -1, -1, show_memory, NULL, arm_memory },
	{ "cgroup.pressure", 0, -1, -1, show_pressure, write_pressure },
	{}
};
