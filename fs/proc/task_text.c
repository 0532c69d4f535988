// SPDX-License-Identifier: MIT
/* The smaller texts of a process's folder: io, limits, wchan, syscall, oom, scheduling. */
#include <fs/mount.h>
#include <kern/cgroup.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/kallsyms.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/sprintf.h>
#include <mm/mmap.h>
#include <mm/oom.h>
#include <mm/uaccess.h>
#include <mm/vmstat.h>
#include <mm/swap.h>
#include <um/ptrace.h>

#include "internal.h"

#define STACK_DEPTH 64

static int show_io(struct seq_file *m, struct task_struct *task, bool whole)
{
	u64 rchar = READ_ONCE(task->rchar), wchar = READ_ONCE(task->wchar);
	u64 syscr = READ_ONCE(task->syscr), syscw = READ_ONCE(task->syscw);
	u64 rbytes = READ_ONCE(task->read_bytes), wbytes = READ_ONCE(task->write_bytes);
	struct task_struct *t;

	if (!proc_may_access(task, false))
		return -EACCES;
	if (whole) {
		struct signal_struct *sig = task->signal;

		rchar = sig->rchar;
		wchar = sig->wchar;
		syscr = sig->syscr;
		syscw = sig->syscw;
		rbytes = sig->read_bytes;
		wbytes = sig->write_bytes;
		rcu_read_lock();
		for_each_thread(task, t) {
			rchar += READ_ONCE(t->rchar);
			wchar += READ_ONCE(t->wchar);
			syscr += READ_ONCE(t->syscr);
			syscw += READ_ONCE(t->syscw);
			rbytes += READ_ONCE(t->read_bytes);
			wbytes += READ_ONCE(t->write_bytes);
		}
		rcu_read_unlock();
	}
	seq_printf(m, "rchar: %llu\nwchar: %llu\nsyscr: %llu\nsyscw: %llu\nread_bytes: %llu\n"
		   "write_bytes: %llu\ncancelled_write_bytes: 0\n", (unsigned long long)rchar,
		   (unsigned long long)wchar, (unsigned long long)syscr,
		   (unsigned long long)syscw, (unsigned long long)rbytes,
		   (unsigned long long)wbytes);
	return 0;
}

int proc_tgid_io(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	return show_io(m, task, true);
}

int proc_tid_io(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	return show_io(m, task, false);
}

static const struct {
	const char *name, *unit;
} limits[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = { "Max cpu time", "seconds" },
	[RLIMIT_FSIZE] = { "Max file size", "bytes" },
	[RLIMIT_DATA] = { "Max data size", "bytes" },
	[RLIMIT_STACK] = { "Max stack size", "bytes" },
	[RLIMIT_CORE] = { "Max core file size", "bytes" },
	[RLIMIT_RSS] = { "Max resident set", "bytes" },
	[RLIMIT_NPROC] = { "Max processes", "processes" },
	[RLIMIT_NOFILE] = { "Max open files", "files" },
	[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
	[RLIMIT_AS] = { "Max address space", "bytes" },
	[RLIMIT_LOCKS] = { "Max file locks", "locks" },
	[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
	[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
	[RLIMIT_NICE] = { "Max nice priority", NULL },
	[RLIMIT_RTPRIO] = { "Max realtime priority", NULL },
	[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
};

static void show_limit(struct seq_file *m, unsigned long value)
{
	if (value == RLIM_INFINITY)
		seq_printf(m, "%-20s ", "unlimited");
	else
		seq_printf(m, "%-20lu ", value);
}

int proc_pid_limits(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	struct rlimit rlim[RLIM_NLIMITS];
	unsigned long flags;

	if (!lock_task_sighand(task, &flags))
		return 0;
	memcpy(rlim, task->signal->rlim, sizeof(rlim));
	unlock_task_sighand(task, &flags);
	seq_printf(m, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (unsigned int i = 0; i < RLIM_NLIMITS; i++) {
		seq_printf(m, "%-25s ", limits[i].name);
		show_limit(m, rlim[i].rlim_cur);
		show_limit(m, rlim[i].rlim_max);
		if (limits[i].unit)
			seq_printf(m, "%-10s\n", limits[i].unit);
		else
			seq_putc(m, '\n');
	}
	return 0;
}

int proc_pid_wchan(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	char name[KSYM_NAME_LEN];
	unsigned long addr, size, offset;
	const char *found = NULL;

	if (proc_may_access(task, false)) {
		addr = get_wchan(task);
		if (addr)
			found = kallsyms_lookup(addr, &size, &offset, name);
	}
	seq_puts(m, found ? found : "0");
	return 0;
}

/* From whoever called the sleeping functions on. */
int proc_pid_stack(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	char symbol[KSYM_SYMBOL_LEN];
	unsigned long trace[STACK_DEPTH];
	unsigned int n, i = 0;

	if (!capable(CAP_SYS_ADMIN))
		return -EACCES;
	n = task_stack_trace(task, trace, STACK_DEPTH);
	while (i < n && in_sched_functions(trace[i]))
		i++;
	for (; i < n; i++) {
		sprint_symbol(symbol, trace[i] - 1);
		seq_printf(m, "[<0>] %s\n", symbol);
	}
	return 0;
}

int proc_pid_syscall(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	struct pt_regs *regs;

	if (!proc_may_access(task, true))
		return -EACCES;
	if (task_is_running(task) && task != current) {
		seq_puts(m, "running\n");
		return 0;
	}
	regs = task_pt_regs(task);
	if ((long)regs->orig_ax < 0)
		seq_printf(m, "-1 0x%lx 0x%lx\n", (unsigned long)regs->sp, (unsigned long)regs->ip);
	else
		seq_printf(m, "%ld 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx 0x%lx\n",
			   (long)regs->orig_ax, (unsigned long)regs->di, (unsigned long)regs->si,
			   (unsigned long)regs->dx, (unsigned long)regs->r10,
			   (unsigned long)regs->r8, (unsigned long)regs->r9,
			   (unsigned long)regs->sp, (unsigned long)regs->ip);
	return 0;
}

int proc_pid_personality(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	if (!proc_may_access(task, true))
		return -EACCES;
	seq_printf(m, "%08x\n", task->personality);
	return 0;
}

int proc_pid_cgroup(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	cgroup_show_task(m, task);
	return 0;
}

int proc_pid_schedstat(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	const struct sched_task *s = &task->sched;

	seq_printf(m, "%llu %llu %lu\n", (unsigned long long)READ_ONCE(s->sum_exec_runtime),
		   (unsigned long long)READ_ONCE(s->run_delay), READ_ONCE(s->nr_picked));
	return 0;
}

static void sched_line(struct seq_file *m, const char *name, u64 value)
{
	seq_printf(m, "%-45s:%21llu\n", name, (unsigned long long)value);
}

/* Times as milliseconds with six digits behind the point. */
static void sched_time(struct seq_file *m, const char *name, u64 ns)
{
	seq_printf(m, "%-45s:%14llu.%06llu\n", name, (unsigned long long)(ns / 1000000),
		   (unsigned long long)(ns % 1000000));
}

int proc_pid_sched(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	const struct sched_task *s = &task->sched;
	int prio = READ_ONCE(s->prio);

	proc_task_name(m, task, true);
	seq_printf(m, " (%d, #threads: %d)\n", task->pid, get_nr_threads(task));
	seq_puts(m, "-------------------------------------------------------------------\n");
	sched_time(m, "se.exec_start", READ_ONCE(s->exec_start));
	sched_time(m, "se.vruntime", READ_ONCE(s->se.vruntime));
	sched_time(m, "se.sum_exec_runtime", READ_ONCE(s->sum_exec_runtime));
	sched_line(m, "se.nr_migrations", READ_ONCE(s->nr_migrations));
	sched_line(m, "nr_switches", READ_ONCE(task->nvcsw) + READ_ONCE(task->nivcsw));
	sched_line(m, "nr_voluntary_switches", READ_ONCE(task->nvcsw));
	sched_line(m, "nr_involuntary_switches", READ_ONCE(task->nivcsw));
	/* In the unit that tools know from 64-bit kernels. */
	sched_line(m, "se.load.weight", (u64)READ_ONCE(s->se.weight) << 10);
	sched_line(m, "policy", READ_ONCE(s->policy));
	if (prio >= 0)
		sched_line(m, "prio", prio);
	else
		seq_printf(m, "%-45s:%21d\n", "prio", prio);
	if (READ_ONCE(s->policy) == SCHED_DEADLINE) {
		seq_printf(m, "%-45s:%21lld\n", "dl.runtime", (long long)READ_ONCE(s->dl.runtime));
		sched_line(m, "dl.deadline", READ_ONCE(s->dl.deadline));
	}
	return 0;
}

int proc_pid_oom_score(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	unsigned long total = totalram_pages() + total_swap_pages();
	long badness = oom_badness(task, total), points = 0;

	if (badness != LONG_MIN && total) {
		points = (1000 + badness * 1000 / (long)total) * 2 / 3;
		if (points < 0)
			points = 0;
	}
	seq_printf(m, "%ld\n", points);
	return 0;
}

/* ---- mounts ---- */

static int open_mounts(struct inode *inode, struct file *file, int what)
{
	struct task_struct *task = get_proc_task(inode);
	int err;

	if (!task)
		return -EINVAL;
	err = proc_mounts_open(inode, file, task, what);
	put_task_struct(task);
	return err;
}

static int mounts_open(struct inode *inode, struct file *file)
{
	return open_mounts(inode, file, PROC_MOUNTS);
}

static int mountinfo_open(struct inode *inode, struct file *file)
{
	return open_mounts(inode, file, PROC_MOUNTINFO);
}

static int mountstats_open(struct inode *inode, struct file *file)
{
	return open_mounts(inode, file, PROC_MOUNTSTATS);
}

#define MOUNT_FILE(name, open_fn)				\
	const struct file_operations name = {			\
		.open = open_fn,				\
		.read_iter = seq_read_iter,				\
		.llseek = seq_lseek,				\
		.poll = proc_mounts_poll,			\
		.release = proc_mounts_release,			\
	}

MOUNT_FILE(proc_mounts_operations, mounts_open);
MOUNT_FILE(proc_mountinfo_operations, mountinfo_open);
MOUNT_FILE(proc_mountstats_operations, mountstats_open);
