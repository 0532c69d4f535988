// SPDX-License-Identifier: MIT
/* The pids controller: how many tasks a group and all below it may have. */
#include <fs/seq_file.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <lib/kstrtox.h>
#include <lib/string.h>

#include "internal.h"

static void note_peak(struct cgroup *cg, long now)
{
	long peak = atomic_long_read(&cg->pids_peak);

	while (now > peak && !atomic_long_try_cmpxchg(&cg->pids_peak, &peak, now))
		;
}

int pids_charge(struct cgroup *cg)
{
	struct cgroup *up, *full = NULL;

	for (up = cg; up; up = up->parent) {
		long now = atomic_long_inc_return(&up->pids), max = READ_ONCE(up->pids_max);

		if (max != CGROUP_NO_LIMIT && now > max) {
			full = up;
			break;
		}
		note_peak(up, now);
	}
	if (!full)
		return 0;
	for (up = cg; up != full->parent; up = up->parent)
		atomic_long_dec(&up->pids);
	atomic_long_inc(&cg->pids_failed);
	cgroup_notify(cg, CGROUP_EVENT_PIDS);
	return -EAGAIN;
}

void pids_uncharge(struct cgroup *cg)
{
	for (; cg; cg = cg->parent)
		atomic_long_dec(&cg->pids);
}

void pids_move(struct cgroup *from, struct cgroup *to)
{
	pids_uncharge(from);
	for (; to; to = to->parent)
		note_peak(to, atomic_long_inc_return(&to->pids));
}

static int show_max(struct seq_file *m, struct cgroup *cg)
{
	if (cg->pids_max == CGROUP_NO_LIMIT)
		seq_puts(m, "max\n");
	else
		seq_printf(m, "%ld\n", cg->pids_max);
	return 0;
}

static int write_max(struct cgroup *cg, char *text, const struct file *file)
{
	long max = CGROUP_NO_LIMIT;

	if (strcmp(text, "max")) {
		int error = kstrtol(text, 0, &max);

		if (error)
			return error;
		if (max < 0 || max > PID_MAX_LIMIT)
			return -EINVAL;
	}
	WRITE_ONCE(cg->pids_max, max);
	return 0;
}

static int show_current(struct seq_file *m, struct cgroup *cg)
{
	seq_printf(m, "%ld\n", atomic_long_read(&cg->pids));
	return 0;
}

static int show_peak(struct seq_file *m, struct cgroup *cg)
{
	seq_printf(m, "%ld\n", atomic_long_read(&cg->pids_peak));
	return 0;
}

static int show_events(struct seq_file *m, struct cgroup *cg)
{
	seq_printf(m, "max %ld\n", atomic_long_read(&cg->pids_failed));
	return 0;
}

const struct cftype cgroup_pids_files[] = {
	{ "pids.max", CFTYPE_NOT_ON_ROOT, CGROUP_PIDS, -1, show_max, write_max },
	{ "pids.current", CFTYPE_NOT_ON_ROOT, CGROUP_PIDS, -1, show_current, NULL },
	{ "pids.peak", CFTYPE_NOT_ON_ROOT, CGROUP_PIDS, -1, show_peak, NULL },
	{ "pids.events", CFTYPE_NOT_ON_ROOT, CGROUP_PIDS, CGROUP_EVENT_PIDS, show_events, NULL },
	{}
};
