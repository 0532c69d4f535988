// SPDX-License-Identifier: MIT
/*
 * Process accounting (acct(2)): a record of each process that ends is added to a file.
 *
 * acct_mutex guards which file that is; a record is written without it, on a reference.
 * Records go in with the rights of whoever switched accounting on, past RLIMIT_FSIZE.
 */
#include <driver/tty.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/kdev_t.h>
#include <fs/namei.h>
#include <kern/acct.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/mutex.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/timekeeping.h>
#include <lib/math64.h>
#include <lib/string.h>
#include <mm/mmap.h>

#include <linux/acct.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

/* The third form of record, with ticks of a hundredth of a second. */
#define VERSION	      3
#define TICKS_PER_SEC 100

static DEFINE_MUTEX(acct_mutex);
static struct file *acct_file; /* acct_mutex; NULL: off */

/* 13 bits, and an exponent of base 8 in the three above; rounded. */
static comp_t to_comp(u64 value)
{
	unsigned int exponent = 0;
	bool round = false;

	while (value > 0x1fff) {
		round = value & 4;
		value >>= 3;
		exponent++;
	}
	if (round && ++value > 0x1fff) {
		value >>= 3;
		exponent++;
	}
	return exponent > 7 ? 0xffff : exponent << 13 | value;
}

/* An IEEE single, without a floating point unit. */
static u32 to_float(u64 value)
{
	unsigned int exponent = 127 + 23;

	if (!value)
		return 0;
	for (; value >= 1UL << 24; value >>= 1)
		exponent++;
	for (; value < 1UL << 23; value <<= 1)
		exponent--;
	return exponent << 23 | (value & ((1UL << 23) - 1));
}

static u64 to_ticks(u64 ns)
{
	return div_u64(ns, NSEC_PER_SEC / TICKS_PER_SEC);
}

static void fill_usage(struct acct_v3 *record)
{
	struct signal_struct *sig = current->signal;
	u64 utime, stime, elapsed = ktime_get_ns() - current->group_leader->start_time;

	thread_group_cputime_adjusted(current, &utime, &stime);
	record->ac_utime = to_comp(to_ticks(utime));
	record->ac_stime = to_comp(to_ticks(stime));
	elapsed = to_ticks(elapsed);
	*(u32 *)&record->ac_etime = to_float(elapsed);
	record->ac_btime = ktime_get_real_seconds() - div_u64(elapsed, TICKS_PER_SEC);
	record->ac_minflt = to_comp(sig->min_flt + current->min_flt);
	record->ac_majflt = to_comp(sig->maj_flt + current->maj_flt);
	if (current->mm)
		record->ac_mem = to_comp(current->mm->total_vm << (PAGE_SHIFT - 10));
}

static void fill_record(struct acct_v3 *record, long exit_code)
{
	const struct cred *cred = current_real_cred();
	unsigned long flags;
	pid_t pgrp;
	dev_t tty = 0;

	memset(record, 0, sizeof(*record));
	record->ac_version = VERSION;
	record->ac_exitcode = exit_code;
	record->ac_flag = (current->flags & PF_FORKNOEXEC ? AFORK : 0) |
			  (current->flags & PF_SUPERPRIV ? ASU : 0) |
			  (current->flags & PF_DUMPCORE ? ACORE : 0) |
			  (current->flags & PF_SIGNALED ? AXSIG : 0);
	record->ac_uid = from_kuid_munged(&init_user_ns, cred->uid);
	record->ac_gid = from_kgid_munged(&init_user_ns, cred->gid);
	record->ac_pid = task_tgid_nr(current);
	rcu_read_lock();
	record->ac_ppid = task_tgid_nr(rcu_dereference(current->real_parent));
	rcu_read_unlock();
	if (lock_task_sighand(current, &flags)) {
		tty_proc_numbers(current->signal, &init_pid_ns, &tty, &pgrp);
		unlock_task_sighand(current, &flags);
	}
	record->ac_tty = MAJOR(tty) << 8 | (MINOR(tty) & 0xff);
	get_task_comm(record->ac_comm, current);
	fill_usage(record);
}

void acct_process(long exit_code)
{
	struct file *file = NULL;
	const struct cred *old;
	struct acct_v3 record;
	struct rlimit *limit;
	unsigned long saved;
	loff_t pos = 0;

	if (likely(!READ_ONCE(acct_file)))
		return;
	mutex_lock(&acct_mutex);
	if (acct_file)
		file = get_file(acct_file);
	mutex_unlock(&acct_mutex);
	if (!file)
		return;
	fill_record(&record, exit_code);
	limit = &current->signal->rlim[RLIMIT_FSIZE];
	saved = limit->rlim_cur;
	limit->rlim_cur = RLIM_INFINITY;
	old = override_creds(file->f_cred);
	kernel_write(file, &record, sizeof(record), &pos);
	revert_creds(old);
	limit->rlim_cur = saved;
	fput(file);
}

static struct file *open_account(const char __user *uname)
{
	struct filename *name = getname(uname);
	struct file *file;

	if (IS_ERR(name))
		return ERR_CAST(name);
	file = filp_open(name->name, O_WRONLY | O_APPEND | O_LARGEFILE, 0);
	putname(name);
	if (IS_ERR(file))
		return file;
	if (S_ISREG(file_inode(file)->i_mode))
		return file;
	filp_close(file, NULL);
	return ERR_PTR(-EACCES);
}

SYSCALL_DEFINE1(acct, const char __user *, name)
{
	struct file *file = NULL, *old;

	if (!capable(CAP_SYS_PACCT))
		return -EPERM;
	if (name) {
		file = open_account(name);
		if (IS_ERR(file))
			return PTR_ERR(file);
	}
	mutex_lock(&acct_mutex);
	old = acct_file;
	WRITE_ONCE(acct_file, file);
	mutex_unlock(&acct_mutex);
	if (old)
		filp_close(old, NULL);
	return 0;
}
