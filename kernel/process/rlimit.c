// SPDX-License-Identifier: MIT
/* Resource limits: getrlimit(), setrlimit(), prlimit64(). */
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <fs/fdtable.h>
#include <mm/uaccess.h>

#include <linux/resource.h>

/*
 * Reads the old limit and sets the new one, either optional. Raising the hard limit takes
 * CAP_SYS_RESOURCE.
 */
static int do_prlimit(struct task_struct *task, unsigned int resource, struct rlimit *new,
		      struct rlimit *old)
{
	struct rlimit *rlim;
	int error = 0;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (new) {
		if (new->rlim_cur > new->rlim_max)
			return -EINVAL;
		if (resource == RLIMIT_NOFILE && new->rlim_max > sysctl_nr_open)
			return -EPERM;
	}
	rlim = &task->signal->rlim[resource];
	task_lock(task->group_leader);
	if (new &&new->rlim_max > rlim->rlim_max && !capable(CAP_SYS_RESOURCE))
		error = -EPERM;
	if (!error) {
		if (old)
			*old = *rlim;
		if (new)
			*rlim = *new;
	}
	task_unlock(task->group_leader);
	if (!error && new &&resource == RLIMIT_CPU)
		WRITE_ONCE(task->signal->cputimer_active, true);
	return error;
}

SYSCALL_DEFINE2(getrlimit, unsigned int, resource, struct rlimit __user *, rlim)
{
	struct rlimit value;
	int error = do_prlimit(current, resource, NULL, &value);

	if (error)
		return error;
	return copy_to_user(rlim, &value, sizeof(value)) ? -EFAULT : 0;
}

SYSCALL_DEFINE2(setrlimit, unsigned int, resource, struct rlimit __user *, rlim)
{
	struct rlimit new;

	if (copy_from_user(&new, rlim, sizeof(new)))
		return -EFAULT;
	return do_prlimit(current, resource, &new, NULL);
}

static int check_prlimit_permission(struct task_struct *task)
{
	const struct cred *cred = current_cred(), *target;

	if (current == task)
		return 0;
	target = __task_cred(task);
	if (uid_eq(cred->uid, target->euid) && uid_eq(cred->uid, target->suid) &&
	    uid_eq(cred->uid, target->uid) && gid_eq(cred->gid, target->egid) &&
	    gid_eq(cred->gid, target->sgid) && gid_eq(cred->gid, target->gid))
		return 0;
	return ns_capable(target->user_ns, CAP_SYS_RESOURCE) ? 0 : -EPERM;
}

SYSCALL_DEFINE4(prlimit64, pid_t, pid, unsigned int, resource, const struct rlimit64 __user *, unew,
		struct rlimit64 __user *, uold)
{
	struct rlimit64 new64, old64;
	struct rlimit new, old;
	struct task_struct *task;
	int error;

	if (unew) {
		if (copy_from_user(&new64, unew, sizeof(new64)))
			return -EFAULT;
		new.rlim_cur = new64.rlim_cur;
		new.rlim_max = new64.rlim_max;
	}
	rcu_read_lock();
	task = pid ? find_task_by_vpid(pid) : current;
	if (!task) {
		rcu_read_unlock();
		return -ESRCH;
	}
	error = check_prlimit_permission(task);
	if (error) {
		rcu_read_unlock();
		return error;
	}
	get_task_struct(task);
	rcu_read_unlock();

	error = do_prlimit(task, resource, unew ? &new : NULL, uold ? &old : NULL);
	if (!error && uold) {
		old64.rlim_cur = old.rlim_cur;
		old64.rlim_max = old.rlim_max;
		if (copy_to_user(uold, &old64, sizeof(old64)))
			error = -EFAULT;
	}
	put_task_struct(task);
	return error;
}
