// SPDX-License-Identifier: MIT
/* /proc/PID/stat, statm and status: what ps and top read. */
#include <driver/tty.h>
#include <fs/fdtable.h>
#include <fs/fs_struct.h>
#include <fs/kdev_t.h>
#include <kern/cpumask.h>
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/jiffies.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/mmap.h>
#include <mm/node.h>

#include "internal.h"

/* comm, as it is or with what would break a line escaped. */
void proc_task_name(struct seq_file *m, struct task_struct *task, bool escape)
{
	char comm[TASK_COMM_LEN];

	task_lock(task);
	memcpy(comm, task->comm, sizeof(comm));
	task_unlock(task);
	comm[TASK_COMM_LEN - 1] = '\0';
	if (escape)
		seq_escape(m, comm, "\n\\");
	else
		seq_puts(m, comm);
}

static void collect_handlers(struct task_struct *task, sigset_t *ignored, sigset_t *caught)
{
	for (int sig = 1; sig <= _NSIG; sig++) {
		const void *handler = (const void *)task->sighand->action[sig - 1].sa.sa_handler;

		if (handler == (const void *)SIG_IGN)
			sigaddset(ignored, sig);
		else if (handler != (const void *)SIG_DFL)
			sigaddset(caught, sig);
	}
}

/* What stat shows of a group and its signals, collected under siglock. */
struct group_view {
	sigset_t pending, shared, blocked, ignored, caught;
	int threads;
	unsigned int queued;
	unsigned long limit, rsslim;
	pid_t ppid, pgid, sid, tpgid;
	dev_t tty;
	unsigned long min_flt, maj_flt, cmin_flt, cmaj_flt;
	u64 cutime, cstime;
	int exit_code;
};

static void view_group(struct task_struct *task, struct pid_namespace *ns, struct group_view *v,
		       bool whole)
{
	struct signal_struct *sig;
	struct task_struct *t;
	unsigned long flags;

	memset(v, 0, sizeof(*v));
	v->pgid = v->sid = v->tpgid = -1;
	if (lock_task_sighand(task, &flags)) {
		sig = task->signal;
		v->pending = task->pending.signal;
		v->shared = sig->shared_pending.signal;
		v->blocked = task->blocked;
		collect_handlers(task, &v->ignored, &v->caught);
		v->threads = sig->nr_threads;
		v->limit = sig->rlim[RLIMIT_SIGPENDING].rlim_cur;
		v->rsslim = sig->rlim[RLIMIT_RSS].rlim_cur;
		tty_proc_numbers(sig, ns, &v->tty, &v->tpgid);
		v->cmin_flt = sig->cmin_flt;
		v->cmaj_flt = sig->cmaj_flt;
		v->cutime = sig->cutime;
		v->cstime = sig->cstime;
		if (sig->flags & (SIGNAL_GROUP_EXIT | SIGNAL_STOP_STOPPED))
			v->exit_code = sig->group_exit_code;
		v->min_flt = READ_ONCE(task->min_flt);
		v->maj_flt = READ_ONCE(task->maj_flt);
		if (whole) {
			v->min_flt = sig->min_flt;
			v->maj_flt = sig->maj_flt;
			__for_each_thread(sig, t) {
				v->min_flt += READ_ONCE(t->min_flt);
				v->maj_flt += READ_ONCE(t->maj_flt);
			}
		}
		unlock_task_sighand(task, &flags);
	}
	rcu_read_lock();
	v->queued = atomic_long_read(&__task_cred(task)->user->sigpending);
	v->ppid = task_ppid_nr_ns(task, ns);
	v->pgid = task_pgrp_nr_ns(task, ns);
	v->sid = task_session_nr_ns(task, ns);
	rcu_read_unlock();
}

/* The memory columns of stat; zeros for a kernel thread or to those who may not know. */
struct mm_view {
	unsigned long vsize, rss;
	unsigned long start_code, end_code, start_stack, start_data, end_data, start_brk;
	unsigned long arg_start, arg_end, env_start, env_end;
};

static void view_mm(struct task_struct *task, struct mm_view *v, bool allowed)
{
	struct mm_struct *mm = get_task_mm(task);

	memset(v, 0, sizeof(*v));
	if (!mm)
		return;
	v->vsize = READ_ONCE(mm->total_vm) << PAGE_SHIFT;
	v->rss = get_mm_rss(mm);
	v->start_code = v->end_code = 1;
	if (allowed) {
		v->start_code = READ_ONCE(mm->start_code);
		v->end_code = READ_ONCE(mm->end_code);
		v->start_stack = READ_ONCE(mm->start_stack);
		v->start_data = READ_ONCE(mm->start_data);
		v->end_data = READ_ONCE(mm->end_data);
		v->start_brk = READ_ONCE(mm->start_brk);
		v->arg_start = READ_ONCE(mm->arg_start);
		v->arg_end = READ_ONCE(mm->arg_end);
		v->env_start = READ_ONCE(mm->env_start);
		v->env_end = READ_ONCE(mm->env_end);
	}
	mmput(mm);
}

static int do_task_stat(struct seq_file *m, struct pid *pid, struct task_struct *task, bool whole)
{
	struct pid_namespace *ns = proc_seq_pid_ns(m);
	bool allowed = proc_may_access(task, false);
	struct group_view g;
	struct mm_view v;
	u64 utime, stime;

	view_group(task, ns, &g, whole);
	view_mm(task, &v, allowed);
	if (whole)
		thread_group_cputime_adjusted(task, &utime, &stime);
	else
		task_cputime_adjusted(task, &utime, &stime);
	seq_printf(m, "%d (", pid_nr_ns(pid, ns));
	proc_task_name(m, task, false);
	seq_printf(m, ") %c %d %d %d %d %d %u", task_state_to_char(task), g.ppid, g.pgid, g.sid,
		   (int)new_encode_dev(g.tty), g.tpgid, READ_ONCE(task->flags));
	seq_printf(m, " %lu %lu %lu %lu %llu %llu %llu %llu", g.min_flt, g.cmin_flt, g.maj_flt,
		   g.cmaj_flt, (unsigned long long)nsec_to_clock_t(utime),
		   (unsigned long long)nsec_to_clock_t(stime),
		   (unsigned long long)nsec_to_clock_t(g.cutime),
		   (unsigned long long)nsec_to_clock_t(g.cstime));
	seq_printf(m, " %d %d %d 0 %llu %lu %lu %lu", task_prio(task), task_nice(task), g.threads,
		   (unsigned long long)nsec_to_clock_t(task->start_boottime), v.vsize, v.rss,
		   g.rsslim);
	seq_printf(m, " %lu %lu %lu 0 0", v.start_code, v.end_code, v.start_stack);
	seq_printf(m, " %lu %lu %lu %lu", g.pending & 0x7fffffffUL, g.blocked & 0x7fffffffUL,
		   g.ignored & 0x7fffffffUL, g.caught & 0x7fffffffUL);
	seq_printf(m, " %d 0 0 %d %u %u %u 0 0 0", READ_ONCE(task->wait_reason) != NULL,
		   task->exit_signal, task_cpu(task), READ_ONCE(task->sched.rt_priority),
		   READ_ONCE(task->sched.policy));
	seq_printf(m, " %lu %lu %lu %lu %lu %lu %lu %d\n", v.start_data, v.end_data, v.start_brk,
		   v.arg_start, v.arg_end, v.env_start, v.env_end, allowed ? g.exit_code : 0);
	return 0;
}

int proc_tgid_stat(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	return do_task_stat(m, pid, task, true);
}

int proc_tid_stat(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	return do_task_stat(m, pid, task, false);
}

int proc_pid_statm(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	unsigned long size = 0, resident = 0, shared = 0, text = 0, data = 0;
	struct mm_struct *mm = get_task_mm(task);

	if (mm) {
		size = task_statm(mm, &shared, &text, &data, &resident);
		mmput(mm);
	}
	seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", size, resident, shared, text, data);
	return 0;
}

static const char *state_name(char state)
{
	switch (state) {
	case 'R': return "R (running)";
	case 'S': return "S (sleeping)";
	case 'D': return "D (disk sleep)";
	case 'T': return "T (stopped)";
	case 't': return "t (tracing stop)";
	case 'X': return "X (dead)";
	case 'Z': return "Z (zombie)";
	case 'P': return "P (parked)";
	case 'I': return "I (idle)";
	}
	return "? (unknown)";
}

/* A role's number in the name space that is shown, and in those below it. */
static void show_nested(struct seq_file *m, const char *name, struct pid *pid,
			struct pid_namespace *ns)
{
	seq_printf(m, "\n%s:", name);
	for (unsigned int level = ns->level; pid && level <= pid->level; level++)
		seq_printf(m, "\t%d", pid_nr_ns(pid, pid->numbers[level].ns));
}

static void show_ids(struct seq_file *m, struct task_struct *task, struct group_view *g)
{
	struct pid_namespace *ns = proc_seq_pid_ns(m);
	struct user_namespace *user_ns = current_user_ns();
	const struct cred *cred = get_task_cred(task);
	unsigned int fds = 0;
	pid_t tracer = 0;
	int umask = -1;

	task_lock(task);
	if (task->fs)
		umask = task->fs->umask;
	if (task->files)
		fds = READ_ONCE(task->files->fdt)->max_fds;
	task_unlock(task);
	if (umask >= 0)
		seq_printf(m, "Umask:\t%#04o\n", umask);
	rcu_read_lock();
	if (READ_ONCE(task->ptrace))
		tracer = task_pid_nr_ns(rcu_dereference(task->parent), ns);
	rcu_read_unlock();
	seq_printf(m, "State:\t%s\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\n",
		   state_name(task_state_to_char(task)), task_tgid_nr_ns(task, ns),
		   task_pid_nr_ns(task, ns), g->ppid, tracer);
	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\nFDSize:\t%u\nGroups:\t",
		   from_kuid_munged(user_ns, cred->uid), from_kuid_munged(user_ns, cred->euid),
		   from_kuid_munged(user_ns, cred->suid), from_kuid_munged(user_ns, cred->fsuid),
		   from_kgid_munged(user_ns, cred->gid), from_kgid_munged(user_ns, cred->egid),
		   from_kgid_munged(user_ns, cred->sgid), from_kgid_munged(user_ns, cred->fsgid), fds);
	for (int i = 0; cred->group_info && i < cred->group_info->ngroups; i++)
		seq_printf(m, i ? " %u" : "%u", from_kgid_munged(user_ns, cred->group_info->gid[i]));
	seq_putc(m, ' ');
	rcu_read_lock();
	show_nested(m, "NStgid", task_tgid(task), ns);
	show_nested(m, "NSpid", task_pid(task), ns);
	show_nested(m, "NSpgid", task_pgrp(task), ns);
	show_nested(m, "NSsid", task_session(task), ns);
	rcu_read_unlock();
	seq_putc(m, '\n');
	put_cred(cred);
}

static void show_caps(struct seq_file *m, struct task_struct *task)
{
	const struct cred *cred = get_task_cred(task);

	seq_printf(m, "CapInh:\t%016llx\nCapPrm:\t%016llx\nCapEff:\t%016llx\nCapBnd:\t%016llx\n"
		   "CapAmb:\t%016llx\n", (unsigned long long)cred->cap_inheritable.val,
		   (unsigned long long)cred->cap_permitted.val,
		   (unsigned long long)cred->cap_effective.val,
		   (unsigned long long)cred->cap_bset.val,
		   (unsigned long long)cred->cap_ambient.val);
	put_cred(cred);
}

int proc_pid_status(struct seq_file *m, struct pid *pid, struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	struct pid_namespace *ns = proc_seq_pid_ns(m);
	struct group_view g;
	nodemask_t mems = { { READ_ONCE(task->mems_allowed.bits[0]) } };
	struct cpumask cpus;

	view_group(task, ns, &g, false);
	seq_puts(m, "Name:\t");
	proc_task_name(m, task, true);
	seq_putc(m, '\n');
	show_ids(m, task, &g);
	if (mm) {
		task_mem(m, mm);
		seq_printf(m, "CoreDumping:\t%d\n", READ_ONCE(task->signal->core_state) != NULL);
		seq_puts(m, "THP_enabled:\t0\n");
		mmput(mm);
	}
	seq_printf(m, "Threads:\t%d\nSigQ:\t%u/%lu\n", g.threads, g.queued, g.limit);
	seq_printf(m, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\n"
		   "SigCgt:\t%016lx\n", g.pending, g.shared, g.blocked, g.ignored, g.caught);
	show_caps(m, task);
	seq_printf(m, "NoNewPrivs:\t%d\nSeccomp:\t%d\nSeccomp_filters:\t%d\n"
		   "Speculation_Store_Bypass:\tunknown\nSpeculationIndirectBranch:\tunknown\n",
		   task->no_new_privs, READ_ONCE(task->seccomp_mode),
		   READ_ONCE(task->seccomp_filters));
	cpumask_and(&cpus, &task->sched.cpus_mask, cpu_possible_mask);
	seq_printf(m, "Cpus_allowed:\t%*pb\nCpus_allowed_list:\t%*pbl\n", nr_cpu_ids, cpus.bits,
		   nr_cpu_ids, cpus.bits);
	seq_printf(m, "Mems_allowed:\t%*pb\nMems_allowed_list:\t%*pbl\nvoluntary_ctxt_switches:\t%lu\n"
		   "nonvoluntary_ctxt_switches:\t%lu\n", MAX_NUMNODES, mems.bits, MAX_NUMNODES, mems.bits,
		   READ_ONCE(task->nvcsw), READ_ONCE(task->nivcsw));
	return 0;
}
