// SPDX-License-Identifier: MIT
/* The system calls of scheduling: policies, priorities, affinity. */
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/fork.h>
#include <kern/jiffies.h>
#include <kern/ktime.h>
#include <kern/pid.h>
#include <kern/resource.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/uaccess.h>
#include "internal.h"

#include <linux/sched/types.h>

/* A task by the number that a call was given, 0 being the caller, with a reference. */
static struct task_struct *get_task(pid_t pid)
{
	struct task_struct *task;

	if (pid < 0)
		return ERR_PTR(-EINVAL);
	if (!pid) {
		get_task_struct(current);
		return current;
	}
	task = find_get_task_by_vpid(pid);
	return task ? task : ERR_PTR(-ESRCH);
}

/* May the caller change that task's scheduling at all? */
static bool same_owner(struct task_struct *task)
{
	const struct cred *theirs;
	bool same;

	rcu_read_lock();
	theirs = __task_cred(task);
	same = uid_eq(current_euid(), theirs->euid) || uid_eq(current_euid(), theirs->uid);
	rcu_read_unlock();
	return same;
}

int can_nice(const struct task_struct *task, int nice)
{
	unsigned long wanted = MAX_NICE - nice + 1;

	return wanted <= task_rlimit(task, RLIMIT_NICE) || capable(CAP_SYS_NICE);
}

/* Needs no privilege? => the policy and priorities are valid */
static bool may_change(struct task_struct *task, const struct sched_attr *attr)
{
	int policy = attr->sched_policy, rt_priority = attr->sched_priority;
	const struct sched_task *s = &task->sched;
	int nice = attr->sched_nice;

	if (fair_policy(policy) && nice < task_nice(task) &&
	    (unsigned long)(MAX_NICE - nice + 1) > task_rlimit(task, RLIMIT_NICE))
		return false;
	if (rt_policy(policy)) {
		unsigned long limit = task_rlimit(task, RLIMIT_RTPRIO);

		if (policy != (int)s->policy && !limit)
			return false;
		if (rt_priority > (int)s->rt_priority && (unsigned long)rt_priority > limit)
			return false;
	}
	if (s->policy == SCHED_IDLE && policy != SCHED_IDLE &&
	    (unsigned long)(MAX_NICE - task_nice(task) + 1) > task_rlimit(task, RLIMIT_NICE))
		return false;
	if (s->reset_on_fork && !(attr->sched_flags & SCHED_FLAG_RESET_ON_FORK))
		return false;
	if (dl_policy(policy))
		return false;
	return same_owner(task);
}

static int change_checked(struct task_struct *task, const struct sched_attr *attr)
{
	int policy = attr->sched_policy;

	if (!fair_policy(policy) && !rt_policy(policy) && !dl_policy(policy))
		return -EINVAL;
	if (attr->sched_priority >= MAX_RT_PRIO ||
	    rt_policy(policy) != (attr->sched_priority != 0))
		return -EINVAL;
	if (!may_change(task, attr) && !capable(CAP_SYS_NICE))
		return -EPERM;
	return sched_change_attr(task, attr);
}

SYSCALL_DEFINE0(sched_yield)
{
	yield();
	return 0;
}

/* policy < 0: keep it (sched_setparam). */
static long set_scheduler(pid_t pid, int policy, const struct sched_param __user *uparam)
{
	struct sched_attr attr = { 0 };
	struct sched_param param;
	struct task_struct *task;
	long ret;

	if (!uparam || pid < 0)
		return -EINVAL;
	if (copy_from_user(&param, uparam, sizeof(param)))
		return -EFAULT;
	task = get_task(pid);
	if (IS_ERR(task))
		return PTR_ERR(task);
	if (policy < 0)
		policy = task->sched.policy |
			 (task->sched.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	if (policy & SCHED_RESET_ON_FORK)
		attr.sched_flags = SCHED_FLAG_RESET_ON_FORK;
	attr.sched_policy = policy & ~SCHED_RESET_ON_FORK;
	attr.sched_priority = param.sched_priority;
	attr.sched_nice = task_nice(task);
	ret = change_checked(task, &attr);
	put_task_struct(task);
	return ret;
}

SYSCALL_DEFINE3(sched_setscheduler, pid_t, pid, int, policy, const struct sched_param __user *,
		param)
{
	return policy < 0 ? -EINVAL : set_scheduler(pid, policy, param);
}

SYSCALL_DEFINE2(sched_setparam, pid_t, pid, const struct sched_param __user *, param)
{
	return set_scheduler(pid, -1, param);
}

SYSCALL_DEFINE1(sched_getscheduler, pid_t, pid)
{
	struct task_struct *task = get_task(pid);
	long policy;

	if (IS_ERR(task))
		return PTR_ERR(task);
	policy = task->sched.policy | (task->sched.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	put_task_struct(task);
	return policy;
}

SYSCALL_DEFINE2(sched_getparam, pid_t, pid, struct sched_param __user *, uparam)
{
	struct sched_param param;
	struct task_struct *task;

	if (!uparam)
		return -EINVAL;
	task = get_task(pid);
	if (IS_ERR(task))
		return PTR_ERR(task);
	param.sched_priority = task->sched.rt_priority;
	put_task_struct(task);
	return copy_to_user(uparam, &param, sizeof(param)) ? -EFAULT : 0;
}

/* The structure grew over time: its size says which version the caller knows. */
static int copy_attr(struct sched_attr __user *uattr, struct sched_attr *attr)
{
	u32 size;

	memset(attr, 0, sizeof(*attr));
	if (copy_from_user(&size, &uattr->size, sizeof(size)))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE)
		goto bad_size;
	for (u32 at = sizeof(*attr); at < size; at++) {
		u8 byte;

		if (copy_from_user(&byte, (u8 __user *)uattr + at, 1))
			return -EFAULT;
		if (byte)
			goto bad_size;
	}
	if (copy_from_user(attr, uattr, min_t(u32, size, sizeof(*attr))))
		return -EFAULT;
	attr->sched_nice = clamp(attr->sched_nice, MIN_NICE, MAX_NICE);
	return 0;
bad_size:
	size = sizeof(*attr);
	return copy_to_user(&uattr->size, &size, sizeof(size)) ? -EFAULT : -E2BIG;
}

static void current_params(struct task_struct *task, struct sched_attr *attr)
{
	if (dl_policy(task->sched.policy))
		dl_get_params(task, attr);
	else if (rt_policy(task->sched.policy))
		attr->sched_priority = task->sched.rt_priority;
	else
		attr->sched_nice = task_nice(task);
}

SYSCALL_DEFINE3(sched_setattr, pid_t, pid, struct sched_attr __user *, uattr, unsigned int, flags)
{
	const u64 known = SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_DL_OVERRUN | SCHED_FLAG_RECLAIM |
			  SCHED_FLAG_KEEP_POLICY | SCHED_FLAG_KEEP_PARAMS;
	struct task_struct *task;
	struct sched_attr attr;
	long ret;

	if (!uattr || pid < 0 || flags)
		return -EINVAL;
	ret = copy_attr(uattr, &attr);
	if (ret)
		return ret;
	if ((int)attr.sched_policy < 0 || (attr.sched_flags & ~known))
		return -EINVAL;
	task = get_task(pid);
	if (IS_ERR(task))
		return PTR_ERR(task);
	if (attr.sched_flags & SCHED_FLAG_KEEP_POLICY)
		attr.sched_policy = task->sched.policy;
	if (attr.sched_flags & SCHED_FLAG_KEEP_PARAMS)
		current_params(task, &attr);
	if (!fair_policy(attr.sched_policy))
		attr.sched_nice = task_nice(task);
	ret = change_checked(task, &attr);
	put_task_struct(task);
	return ret;
}

SYSCALL_DEFINE4(sched_getattr, pid_t, pid, struct sched_attr __user *, uattr, unsigned int, size,
		unsigned int, flags)
{
	struct sched_attr attr = { 0 };
	struct task_struct *task;

	if (!uattr || pid < 0 || size > PAGE_SIZE || size < SCHED_ATTR_SIZE_VER0 || flags)
		return -EINVAL;
	task = get_task(pid);
	if (IS_ERR(task))
		return PTR_ERR(task);
	attr.size = min_t(u32, size, sizeof(attr));
	attr.sched_policy = task->sched.policy;
	if (task->sched.reset_on_fork)
		attr.sched_flags |= SCHED_FLAG_RESET_ON_FORK;
	current_params(task, &attr);
	put_task_struct(task);
	return copy_to_user(uattr, &attr, attr.size) ? -EFAULT : 0;
}

SYSCALL_DEFINE3(sched_setaffinity, pid_t, pid, unsigned int, len, unsigned long __user *, umask)
{
	struct cpumask mask = { { 0 } };
	struct task_struct *task;
	long ret;

	if (copy_from_user(&mask, umask, min_t(unsigned int, len, sizeof(mask))))
		return -EFAULT;
	task = get_task(pid);
	if (IS_ERR(task))
		return task == ERR_PTR(-EINVAL) ? -ESRCH : PTR_ERR(task);
	if (!same_owner(task) && !capable(CAP_SYS_NICE))
		ret = -EPERM;
	else
		ret = sched_setaffinity_task(task, &mask);
	put_task_struct(task);
	return ret;
}

SYSCALL_DEFINE3(sched_getaffinity, pid_t, pid, unsigned int, len, unsigned long __user *, umask)
{
	struct task_struct *task;
	struct cpumask mask;

	if (len * 8UL < nr_cpu_ids || len & (sizeof(unsigned long) - 1))
		return -EINVAL;
	task = get_task(pid);
	if (IS_ERR(task))
		return task == ERR_PTR(-EINVAL) ? -ESRCH : PTR_ERR(task);
	cpumask_and(&mask, &task->sched.cpus_mask, cpu_online_mask);
	put_task_struct(task);
	len = min_t(unsigned int, len, sizeof(mask));
	return copy_to_user(umask, &mask, len) ? -EFAULT : (long)len;
}

static long priority_bound(int policy, int rt, int fair)
{
	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return rt;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
	case SCHED_DEADLINE:
		return fair;
	}
	return -EINVAL;
}

SYSCALL_DEFINE1(sched_get_priority_max, int, policy)
{
	return priority_bound(policy, MAX_RT_PRIO - 1, 0);
}

SYSCALL_DEFINE1(sched_get_priority_min, int, policy)
{
	return priority_bound(policy, 1, 0);
}

SYSCALL_DEFINE2(sched_rr_get_interval, pid_t, pid, struct __kernel_timespec __user *, interval)
{
	struct __kernel_timespec slice = { 0 };
	struct task_struct *task = get_task(pid);

	if (IS_ERR(task))
		return PTR_ERR(task);
	if (task->sched.policy == SCHED_RR)
		slice = (struct __kernel_timespec){ sched_rr_slice / HZ,
						    sched_rr_slice % HZ * TICK_NSEC };
	else if (fair_policy(task->sched.policy))
		slice.tv_nsec = TICK_NSEC;
	put_task_struct(task);
	return copy_to_user(interval, &slice, sizeof(slice)) ? -EFAULT : 0;
}
