// SPDX-License-Identifier: MIT
/*
 * What tasks have used: CPU time, faults, switches, memory; getrusage() and times().
 *
 * A living thread's figures are its own; those of threads that have exited are added to
 * signal->utime and so on, those of reaped children to signal->cutime and so on.
 *
 *   signal->stats_lock		writers are serialised by siglock; readers retry
 */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <kern/ktime.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/timekeeping.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/page.h>
#include <mm/uaccess.h>

#include <linux/times.h>

#include "internal.h"

#define USER_TICK_NS (NSEC_PER_SEC / 100)

void task_cputime_adjusted(struct task_struct *task, u64 *utime, u64 *stime)
{
	task_cputime(task, utime, stime);
}

void thread_group_cputime(struct task_struct *task, struct task_cputime *times)
{
	struct signal_struct *sig = task->signal;
	struct task_struct *thread;
	unsigned int seq;

	rcu_read_lock();
	do {
		seq = read_seqbegin(&sig->stats_lock);
		times->utime = sig->utime;
		times->stime = sig->stime;
		times->sum_exec_runtime = sig->sum_sched_runtime;
		__for_each_thread(sig, thread)
		{
			u64 utime, stime;

			task_cputime(thread, &utime, &stime);
			times->utime += utime;
			times->stime += stime;
			times->sum_exec_runtime += task_sched_runtime(thread);
		}
	} while (read_seqretry(&sig->stats_lock, seq));
	rcu_read_unlock();
}

void thread_group_cputime_adjusted(struct task_struct *task, u64 *utime, u64 *stime)
{
	struct task_cputime times;

	thread_group_cputime(task, &times);
	*utime = times.utime;
	*stime = times.stime;
}

/* An exiting thread's figures move to its group. => siglock held */
void account_exited_thread(struct signal_struct *sig, struct task_struct *task)
{
	u64 utime, stime;

	task_cputime(task, &utime, &stime);
	write_seqlock(&sig->stats_lock);
	sig->utime += utime;
	sig->stime += stime;
	sig->sum_sched_runtime += task_sched_runtime(task);
	sig->nvcsw += task->nvcsw;
	sig->nivcsw += task->nivcsw;
	sig->min_flt += task->min_flt;
	sig->maj_flt += task->maj_flt;
	sig->rchar += task->rchar;
	sig->wchar += task->wchar;
	sig->syscr += task->syscr;
	sig->syscw += task->syscw;
	sig->read_bytes += task->read_bytes;
	sig->write_bytes += task->write_bytes;
	write_sequnlock(&sig->stats_lock);
}

/* A reaped child's figures, and those of its own children, move to the parent. */
void account_reaped_child(struct task_struct *parent, struct task_struct *child)
{
	struct signal_struct *psig = parent->signal, *sig = child->signal;
	unsigned long rss = max(sig->maxrss, sig->cmaxrss);
	u64 utime, stime;

	thread_group_cputime_adjusted(child, &utime, &stime);
	spin_lock_irq(&parent->sighand->siglock);
	write_seqlock(&psig->stats_lock);
	psig->cutime += utime + sig->cutime;
	psig->cstime += stime + sig->cstime;
	psig->cmin_flt += child->min_flt + sig->min_flt + sig->cmin_flt;
	psig->cmaj_flt += child->maj_flt + sig->maj_flt + sig->cmaj_flt;
	psig->cnvcsw += child->nvcsw + sig->nvcsw + sig->cnvcsw;
	psig->cnivcsw += child->nivcsw + sig->nivcsw + sig->cnivcsw;
	psig->cinblock += child->read_bytes / 512 + sig->inblock + sig->cinblock;
	psig->coublock += child->write_bytes / 512 + sig->oublock + sig->coublock;
	if (psig->cmaxrss < rss)
		psig->cmaxrss = rss;
	write_sequnlock(&psig->stats_lock);
	spin_unlock_irq(&parent->sighand->siglock);
}

/* The task may run: its figures are read as they stand. */
static void add_task(struct task_struct *task, struct rusage *r)
{
	r->ru_nvcsw += READ_ONCE(task->nvcsw);
	r->ru_nivcsw += READ_ONCE(task->nivcsw);
	r->ru_minflt += READ_ONCE(task->min_flt);
	r->ru_majflt += READ_ONCE(task->maj_flt);
	r->ru_inblock += READ_ONCE(task->read_bytes) / 512;
	r->ru_oublock += READ_ONCE(task->write_bytes) / 512;
}

static void add_children(struct signal_struct *sig, struct rusage *r)
{
	r->ru_nvcsw += sig->cnvcsw;
	r->ru_nivcsw += sig->cnivcsw;
	r->ru_minflt += sig->cmin_flt;
	r->ru_majflt += sig->cmaj_flt;
	r->ru_inblock += sig->cinblock;
	r->ru_oublock += sig->coublock;
}

static void add_group(struct task_struct *task, struct rusage *r)
{
	struct signal_struct *sig = task->signal;
	struct task_struct *thread;

	r->ru_nvcsw += sig->nvcsw;
	r->ru_nivcsw += sig->nivcsw;
	r->ru_minflt += sig->min_flt;
	r->ru_majflt += sig->maj_flt;
	r->ru_inblock += sig->inblock;
	r->ru_oublock += sig->oublock;
	__for_each_thread(sig, thread) add_task(thread, r);
}

/* What the process used at most, over all programs it executed. */
void note_peak_rss(struct signal_struct *sig, struct mm_struct *mm)
{
	unsigned long rss = get_mm_hiwater_rss(mm);

	if (rss > sig->maxrss)
		sig->maxrss = rss;
}

static unsigned long peak_rss(struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);
	unsigned long rss;

	if (!mm)
		return 0;
	rss = get_mm_hiwater_rss(mm);
	mmput(mm);
	return rss;
}

void getrusage(struct task_struct *task, int who, struct rusage *usage)
{
	struct signal_struct *sig = task->signal;
	u64 utime = 0, stime = 0, u, s;
	unsigned long maxrss = 0;

	memset(usage, 0, sizeof(*usage));
	rcu_read_lock();
	if (who == RUSAGE_THREAD) {
		task_cputime_adjusted(task, &utime, &stime);
		add_task(task, usage);
		maxrss = sig->maxrss;
	}
	if (who == RUSAGE_CHILDREN || who == RUSAGE_BOTH) {
		utime = sig->cutime;
		stime = sig->cstime;
		add_children(sig, usage);
		maxrss = sig->cmaxrss;
	}
	if (who == RUSAGE_SELF || who == RUSAGE_BOTH) {
		thread_group_cputime_adjusted(task, &u, &s);
		utime += u;
		stime += s;
		add_group(task, usage);
		maxrss = max(maxrss, sig->maxrss);
	}
	rcu_read_unlock();
	if (who != RUSAGE_CHILDREN)
		maxrss = max(maxrss, peak_rss(task));
	usage->ru_utime = ns_to_kernel_old_timeval(utime);
	usage->ru_stime = ns_to_kernel_old_timeval(stime);
	usage->ru_maxrss = maxrss * (PAGE_SIZE / 1024);
}

SYSCALL_DEFINE2(getrusage, int, who, struct rusage __user *, ru)
{
	struct rusage usage;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	getrusage(current, who, &usage);
	return copy_to_user(ru, &usage, sizeof(usage)) ? -EFAULT : 0;
}

SYSCALL_DEFINE1(times, struct tms __user *, tbuf)
{
	struct tms tms;
	u64 utime, stime;

	if (tbuf) {
		thread_group_cputime_adjusted(current, &utime, &stime);
		tms.tms_utime = utime / USER_TICK_NS;
		tms.tms_stime = stime / USER_TICK_NS;
		tms.tms_cutime = current->signal->cutime / USER_TICK_NS;
		tms.tms_cstime = current->signal->cstime / USER_TICK_NS;
		if (copy_to_user(tbuf, &tms, sizeof(tms)))
			return -EFAULT;
	}
	return ktime_get_ns() / USER_TICK_NS;
}
