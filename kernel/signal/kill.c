// SPDX-License-Identifier: MIT
/* Sending from programs: kill(), tkill(), tgkill(), sigqueue(); permissions, groups, siginfo. */
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#include "internal.h"

static bool kill_ok_by_cred(struct task_struct *task)
{
	const struct cred *cred = current_cred();
	const struct cred *target = __task_cred(task);

	return uid_eq(cred->euid, target->suid) || uid_eq(cred->euid, target->uid) ||
	       uid_eq(cred->uid, target->suid) || uid_eq(cred->uid, target->uid) ||
	       ns_capable(target->user_ns, CAP_KILL);
}

static bool from_user(const struct siginfo *info)
{
	return info == SEND_SIG_NOINFO || (!is_si_special(info) && info->si_code <= 0);
}

/* => rcu_read_lock held */
static int check_kill_permission(int sig, struct siginfo *info, struct task_struct *task)
{
	if (!valid_signal(sig))
		return -EINVAL;
	if (!from_user(info) || same_thread_group(current, task) || kill_ok_by_cred(task))
		return 0;
	/* A job may be continued by anybody of its session. */
	if (sig == SIGCONT && task_session(task) == task_session(current))
		return 0;
	return -EPERM;
}

int group_send_sig_info(int sig, struct siginfo *info, struct task_struct *task, enum pid_type type)
{
	int error;

	rcu_read_lock();
	error = check_kill_permission(sig, info, task);
	rcu_read_unlock();
	if (!error && sig)
		error = do_send_sig_info(sig, info, task, type);
	return error;
}

/* Success if it reached anybody. => tasklist_lock held */
int __kill_pgrp_info(int sig, struct siginfo *info, struct pid *pgrp)
{
	struct task_struct *task;
	int error = -ESRCH;
	bool success = false;

	do_each_pid_task(pgrp, PIDTYPE_PGID, task)
	{
		int this_error = group_send_sig_info(sig, info, task, PIDTYPE_PGID);

		success |= !this_error;
		if (this_error != -ESRCH || error == -ESRCH)
			error = this_error;
	}
	while_each_pid_task(pgrp, PIDTYPE_PGID, task);
	return success ? 0 : error;
}

int kill_pgrp(struct pid *pgrp, int sig, int priv)
{
	int error;

	read_lock(&tasklist_lock);
	error = __kill_pgrp_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, pgrp);
	read_unlock(&tasklist_lock);
	return error;
}

int kill_pid_info(int sig, struct siginfo *info, struct pid *pid)
{
	struct task_struct *task;
	int error = -ESRCH;

	rcu_read_lock();
	for (;;) {
		task = pid_task(pid, PIDTYPE_PID);
		if (!task)
			break;
		error = group_send_sig_info(sig, info, task, PIDTYPE_TGID);
		/* execve() of a thread may have given the number to another task meanwhile. */
		if (error != -ESRCH || task == pid_task(pid, PIDTYPE_PID))
			break;
	}
	rcu_read_unlock();
	return error;
}

int kill_pid(struct pid *pid, int sig, int priv)
{
	return kill_pid_info(sig, priv ? SEND_SIG_PRIV : SEND_SIG_NOINFO, pid);
}

static int kill_by_nr(int sig, struct siginfo *info, pid_t nr)
{
	int error;

	rcu_read_lock();
	error = kill_pid_info(sig, info, find_vpid(nr));
	rcu_read_unlock();
	return error;
}

/* Everybody but init and ourselves. */
static int kill_all(int sig, struct siginfo *info)
{
	struct task_struct *task;
	int count = 0, error = 0;

	read_lock(&tasklist_lock);
	for_each_process(task) {
		int this_error;

		if (task_pid_vnr(task) <= 1 || same_thread_group(task, current))
			continue;
		this_error = group_send_sig_info(sig, info, task, PIDTYPE_MAX);
		count++;
		if (this_error != -EPERM)
			error = this_error;
	}
	read_unlock(&tasklist_lock);
	return count ? error : -ESRCH;
}

static void fill_user_info(struct siginfo *info, int sig, int code)
{
	clear_siginfo(info);
	info->si_signo = sig;
	info->si_code = code;
	info->si_pid = task_tgid_vnr(current);
	info->si_uid = from_kuid_munged(current_user_ns(), current_uid());
}

SYSCALL_DEFINE2(kill, pid_t, pid, int, sig)
{
	struct siginfo info;
	int error;

	fill_user_info(&info, sig, SI_USER);
	if (pid > 0)
		return kill_by_nr(sig, &info, pid);
	if (pid == INT_MIN)
		return -ESRCH;
	if (pid == -1)
		return kill_all(sig, &info);
	read_lock(&tasklist_lock);
	error = __kill_pgrp_info(sig, &info, pid ? find_vpid(-pid) : task_pgrp(current));
	read_unlock(&tasklist_lock);
	return error;
}

/* To one thread. tgid <= 0: whatever group it is in. */
static int send_specific(pid_t tgid, pid_t pid, int sig, struct siginfo *info)
{
	struct task_struct *task;
	int error = -ESRCH;

	rcu_read_lock();
	task = find_task_by_vpid(pid);
	if (task && (tgid <= 0 || task_tgid_vnr(task) == tgid)) {
		error = check_kill_permission(sig, info, task);
		/* A thread that is gone between the two has taken all its signals with it. */
		if (!error && sig) {
			error = do_send_sig_info(sig, info, task, PIDTYPE_PID);
			if (error == -ESRCH)
				error = 0;
		}
	}
	rcu_read_unlock();
	return error;
}

static int do_tkill(pid_t tgid, pid_t pid, int sig)
{
	struct siginfo info;

	fill_user_info(&info, sig, SI_TKILL);
	return send_specific(tgid, pid, sig, &info);
}

SYSCALL_DEFINE3(tgkill, pid_t, tgid, pid_t, pid, int, sig)
{
	if (pid <= 0 || tgid <= 0)
		return -EINVAL;
	return do_tkill(tgid, pid, sig);
}

SYSCALL_DEFINE2(tkill, pid_t, pid, int, sig)
{
	if (pid <= 0)
		return -EINVAL;
	return do_tkill(0, pid, sig);
}

int copy_siginfo_to_user(siginfo_t __user *to, const kernel_siginfo_t *from)
{
	return copy_to_user(to, from, sizeof(*from)) ? -EFAULT : 0;
}

int copy_siginfo_from_user(kernel_siginfo_t *to, const siginfo_t __user *from)
{
	return copy_from_user(to, from, sizeof(*to)) ? -EFAULT : 0;
}

/* A program may not pretend to be the kernel, or kill(), to others. */
static bool forged(const kernel_siginfo_t *info, pid_t pid)
{
	return (info->si_code >= 0 || info->si_code == SI_TKILL) && task_pid_vnr(current) != pid;
}

SYSCALL_DEFINE3(rt_sigqueueinfo, pid_t, pid, int, sig, siginfo_t __user *, uinfo)
{
	kernel_siginfo_t info;

	if (copy_siginfo_from_user(&info, uinfo))
		return -EFAULT;
	info.si_signo = sig;
	if (forged(&info, pid))
		return -EPERM;
	return kill_by_nr(sig, &info, pid);
}

SYSCALL_DEFINE4(rt_tgsigqueueinfo, pid_t, tgid, pid_t, pid, int, sig, siginfo_t __user *, uinfo)
{
	kernel_siginfo_t info;

	if (copy_siginfo_from_user(&info, uinfo))
		return -EFAULT;
	info.si_signo = sig;
	if (pid <= 0 || tgid <= 0)
		return -EINVAL;
	if (forged(&info, pid))
		return -EPERM;
	return send_specific(tgid, pid, sig, &info);
}
