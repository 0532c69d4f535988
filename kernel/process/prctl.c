// SPDX-License-Identifier: MIT
/* prctl(): odds and ends of a process that have no call of their own. */
#include <fs/file.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/resource.h>
#include <kern/seccomp.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/user_dispatch.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/uaccess.h>

#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/prctl_new.h>
#include <linux/securebits.h>

/* => the marked child and all its descendants look for a subreaper when orphaned */
static void set_child_subreaper(bool on)
{
	struct task_struct *task;

	current->signal->is_child_subreaper = on;
	if (!on)
		return;
	read_lock(&tasklist_lock);
	for_each_process(task) {
		struct task_struct *up;

		for (up = task->real_parent; up != &init_task; up = up->real_parent) {
			if (same_thread_group(up, current)) {
				task->signal->has_child_subreaper = 1;
				break;
			}
		}
	}
	read_unlock(&tasklist_lock);
}

static long set_securebits(unsigned long bits)
{
	const struct cred *old = current_cred();
	struct cred *new;

	/* Locked bits stay, locks are not taken back, unknown bits are refused. */
	if (((old->securebits & SECURE_ALL_LOCKS) >> 1 & (old->securebits ^ bits)) ||
	    ((old->securebits & SECURE_ALL_LOCKS) & ~bits) ||
	    (bits & ~(unsigned long)(SECURE_ALL_LOCKS | SECURE_ALL_BITS)) ||
	    !ns_capable(current_user_ns(), CAP_SETPCAP))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->securebits = bits;
	return commit_creds(new);
}

static long set_keepcaps(unsigned long on)
{
	struct cred *new;

	if (on > 1)
		return -EINVAL;
	if (current_cred()->securebits & issecure_mask(SECURE_KEEP_CAPS_LOCKED))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (on)
		new->securebits |= issecure_mask(SECURE_KEEP_CAPS);
	else
		new->securebits &= ~issecure_mask(SECURE_KEEP_CAPS);
	return commit_creds(new);
}

static long drop_bounding_cap(unsigned long cap)
{
	struct cred *new;

	if (!ns_capable(current_user_ns(), CAP_SETPCAP))
		return -EPERM;
	if (!cap_valid(cap))
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->cap_bset.val &= ~(1ULL << cap);
	return commit_creds(new);
}

static long change_ambient(unsigned long op, unsigned long cap, unsigned long arg4,
			   unsigned long arg5)
{
	struct cred *new;

	if (arg4 || arg5)
		return -EINVAL;
	if (op == PR_CAP_AMBIENT_CLEAR_ALL) {
		if (cap)
			return -EINVAL;
	} else if (!cap_valid(cap)) {
		return -EINVAL;
	} else if (op == PR_CAP_AMBIENT_IS_SET) {
		return cap_raised(current_cred()->cap_ambient, cap);
	} else if (op != PR_CAP_AMBIENT_RAISE && op != PR_CAP_AMBIENT_LOWER) {
		return -EINVAL;
	}
	if (op == PR_CAP_AMBIENT_RAISE &&
	    (!cap_raised(current_cred()->cap_permitted, cap) ||
	     !cap_raised(current_cred()->cap_inheritable, cap) ||
	     (current_cred()->securebits & issecure_mask(SECURE_NO_CAP_AMBIENT_RAISE))))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (op == PR_CAP_AMBIENT_CLEAR_ALL)
		new->cap_ambient = CAP_EMPTY_SET;
	else if (op == PR_CAP_AMBIENT_RAISE)
		new->cap_ambient.val |= 1ULL << cap;
	else
		new->cap_ambient.val &= ~(1ULL << cap);
	return commit_creds(new);
}

static long set_name(const char __user *uname)
{
	char name[TASK_COMM_LEN] = {};

	if (strncpy_from_user(name, uname, sizeof(name) - 1) < 0)
		return -EFAULT;
	set_task_comm(current, name);
	return 0;
}

static long get_name(char __user *uname)
{
	char name[TASK_COMM_LEN];

	get_task_comm(name, current);
	return copy_to_user(uname, name, sizeof(name)) ? -EFAULT : 0;
}

static long prctl_mm(int op, unsigned long addr, unsigned long arg4, unsigned long arg5)
{
	struct mm_struct *mm = current->mm;
	unsigned long *field;

	if (arg5 ||
	    (arg4 && op != PR_SET_MM_AUXV && op != PR_SET_MM_MAP && op != PR_SET_MM_MAP_SIZE))
		return -EINVAL;
	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	switch (op) {
	case PR_SET_MM_START_CODE:
		field = &mm->start_code;
		break;
	case PR_SET_MM_END_CODE:
		field = &mm->end_code;
		break;
	case PR_SET_MM_START_DATA:
		field = &mm->start_data;
		break;
	case PR_SET_MM_END_DATA:
		field = &mm->end_data;
		break;
	case PR_SET_MM_START_STACK:
		field = &mm->start_stack;
		break;
	case PR_SET_MM_ARG_START:
		field = &mm->arg_start;
		break;
	case PR_SET_MM_ARG_END:
		field = &mm->arg_end;
		break;
	case PR_SET_MM_ENV_START:
		field = &mm->env_start;
		break;
	case PR_SET_MM_ENV_END:
		field = &mm->env_end;
		break;
	default:
		return -EINVAL;
	}
	if (addr >= TASK_SIZE || addr < mmap_min_addr)
		return -EINVAL;
	spin_lock(&mm->arg_lock);
	*field = addr;
	spin_unlock(&mm->arg_lock);
	return 0;
}

static long set_thp_disable(struct mm_struct *mm, bool on)
{
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	if (on)
		set_bit(MMF_DISABLE_THP, &mm->flags);
	else
		clear_bit(MMF_DISABLE_THP, &mm->flags);
	mmap_write_unlock(mm);
	return 0;
}

/* The host sees to it: nothing is to be switched here. */
static long speculation(bool set, unsigned long which, unsigned long control, unsigned long arg4,
			unsigned long arg5)
{
	if (arg4 || arg5 || (!set && control))
		return -EINVAL;
	if (which > PR_SPEC_L1D_FLUSH)
		return -ENODEV;
	return set ? -ENXIO : PR_SPEC_NOT_AFFECTED;
}

/* What to do when memory of the task turns out to be broken: a policy of its own, or the system's. */
static long set_mce_kill(unsigned long what, unsigned long policy)
{
	if (what == PR_MCE_KILL_CLEAR && !policy) {
		current->flags &= ~PF_MCE_PROCESS;
		return 0;
	}
	if (what != PR_MCE_KILL_SET || policy > PR_MCE_KILL_DEFAULT)
		return -EINVAL;
	current->flags &= ~(PF_MCE_PROCESS | PF_MCE_EARLY);
	if (policy != PR_MCE_KILL_DEFAULT)
		current->flags |= PF_MCE_PROCESS | (policy == PR_MCE_KILL_EARLY ? PF_MCE_EARLY : 0);
	return 0;
}

static long get_mce_kill(void)
{
	if (!(current->flags & PF_MCE_PROCESS))
		return PR_MCE_KILL_DEFAULT;
	return current->flags & PF_MCE_EARLY ? PR_MCE_KILL_EARLY : PR_MCE_KILL_LATE;
}

/* Tasks on the way of I/O: reclaim on their behalf must not wait for I/O, which waits for them. */
static long io_flusher(bool set, unsigned long on)
{
	const unsigned int flags = PF_MEMALLOC_NOIO | PF_LOCAL_THROTTLE;

	if (!set)
		return on ? -EINVAL : (current->flags & flags) == flags;
	if (on > 1)
		return -EINVAL;
	current->flags = on ? current->flags | flags : current->flags & ~flags;
	return 0;
}

static unsigned long mdwe(const struct mm_struct *mm)
{
	return (test_bit(MMF_HAS_MDWE, &mm->flags) ? PR_MDWE_REFUSE_EXEC_GAIN : 0) |
	       (test_bit(MMF_HAS_MDWE_NO_INHERIT, &mm->flags) ? PR_MDWE_NO_INHERIT : 0);
}

/* Memory that can be written does not become executable; there is no way back. */
static long set_mdwe(struct mm_struct *mm, unsigned long bits)
{
	if (bits & ~(unsigned long)(PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT))
		return -EINVAL;
	if ((bits & PR_MDWE_NO_INHERIT) && !(bits & PR_MDWE_REFUSE_EXEC_GAIN))
		return -EINVAL;
	if (mdwe(mm) && mdwe(mm) != bits)
		return -EPERM;
	if (bits & PR_MDWE_NO_INHERIT)
		set_bit(MMF_HAS_MDWE_NO_INHERIT, &mm->flags);
	if (bits & PR_MDWE_REFUSE_EXEC_GAIN)
		set_bit(MMF_HAS_MDWE, &mm->flags);
	return 0;
}

/* Returns the size of all; a shorter buffer gets the beginning. */
static long get_auxv(void __user *buf, unsigned long size)
{
	const struct mm_struct *mm = current->mm;

	if (copy_to_user(buf, mm->saved_auxv, min(size, sizeof(mm->saved_auxv))))
		return -EFAULT;
	return sizeof(mm->saved_auxv);
}

/* The options that only read or write a number of the task. */
static long task_option(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4,
			unsigned long arg5)
{
	struct task_struct *me = current;

	switch (option) {
	case PR_SET_PDEATHSIG:
		if (!valid_signal(arg2))
			return -EINVAL;
		me->pdeath_signal = arg2;
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user(me->pdeath_signal, (int __user *)arg2) ? -EFAULT : 0;
	case PR_GET_TIMERSLACK:
		return min_t(u64, me->timer_slack_ns, LONG_MAX);
	case PR_SET_TIMERSLACK:
		me->timer_slack_ns = (long)arg2 > 0 ? arg2 : me->default_timer_slack_ns;
		return 0;
	case PR_GET_TIMING:
		return PR_TIMING_STATISTICAL;
	case PR_SET_TIMING:
		return arg2 == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
	case PR_SET_NO_NEW_PRIVS:
		if (arg2 != 1 || arg3 || arg4 || arg5)
			return -EINVAL;
		me->no_new_privs = 1;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : me->no_new_privs;
	case PR_SET_SYSCALL_USER_DISPATCH:
		return set_syscall_user_dispatch(arg2, arg3, arg4, (char __user *)arg5);
	case PR_SET_CHILD_SUBREAPER:
		set_child_subreaper(arg2);
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_user(me->signal->is_child_subreaper, (int __user *)arg2) ? -EFAULT : 0;
	case PR_GET_TID_ADDRESS:
		return put_user(me->clear_child_tid, (int __user *__user *)arg2) ? -EFAULT : 0;
	case PR_GET_DUMPABLE:
		return get_dumpable(me->mm);
	case PR_SET_DUMPABLE:
		if (arg2 != SUID_DUMP_DISABLE && arg2 != SUID_DUMP_USER)
			return -EINVAL;
		set_dumpable(me->mm, arg2);
		return 0;
	case PR_SET_THP_DISABLE:
		if (arg3 || arg4 || arg5)
			return -EINVAL;
		return set_thp_disable(me->mm, arg2);
	case PR_GET_THP_DISABLE:
		if (arg2 || arg3 || arg4 || arg5)
			return -EINVAL;
		return test_bit(MMF_DISABLE_THP, &me->mm->flags);
	case PR_GET_SPECULATION_CTRL:
		return speculation(false, arg2, arg3, arg4, arg5);
	case PR_SET_SPECULATION_CTRL:
		return speculation(true, arg2, arg3, arg4, arg5);
	case PR_GET_TSC:
		return put_user(PR_TSC_ENABLE, (int __user *)arg2) ? -EFAULT : 0;
	case PR_SET_TSC:
		return arg2 == PR_TSC_ENABLE ? 0 : -EINVAL;
	case PR_MCE_KILL:
		return arg4 || arg5 ? -EINVAL : set_mce_kill(arg2, arg3);
	case PR_MCE_KILL_GET:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : get_mce_kill();
	case PR_SET_MDWE:
		return arg3 || arg4 || arg5 ? -EINVAL : set_mdwe(me->mm, arg2);
	case PR_GET_MDWE:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : mdwe(me->mm);
	case PR_GET_AUXV:
		return arg4 || arg5 ? -EINVAL : get_auxv((void __user *)arg2, arg3);
	case PR_SET_IO_FLUSHER:
	case PR_GET_IO_FLUSHER:
		if (!capable(CAP_SYS_RESOURCE))
			return -EPERM;
		return arg3 || arg4 || arg5 ? -EINVAL : io_flusher(option == PR_SET_IO_FLUSHER, arg2);
	}
	return -EINVAL;
}

SYSCALL_DEFINE5(prctl, int, option, unsigned long, arg2, unsigned long, arg3, unsigned long, arg4,
		unsigned long, arg5)
{
	switch (option) {
	case PR_SET_NAME:
		return set_name((const char __user *)arg2);
	case PR_GET_NAME:
		return get_name((char __user *)arg2);
	case PR_GET_KEEPCAPS:
		return !!(current_cred()->securebits & issecure_mask(SECURE_KEEP_CAPS));
	case PR_SET_KEEPCAPS:
		return set_keepcaps(arg2);
	case PR_CAPBSET_READ:
		return cap_valid(arg2) ? cap_raised(current_cred()->cap_bset, arg2) : -EINVAL;
	case PR_CAPBSET_DROP:
		return drop_bounding_cap(arg2);
	case PR_CAP_AMBIENT:
		return change_ambient(arg2, arg3, arg4, arg5);
	case PR_GET_SECUREBITS:
		return current_cred()->securebits;
	case PR_SET_SECUREBITS:
		return set_securebits(arg2);
	case PR_GET_SECCOMP:
		return prctl_get_seccomp();
	case PR_SET_SECCOMP:
		return prctl_set_seccomp(arg2, (void *)arg3);
	case PR_SET_MM:
		return prctl_mm(arg2, arg3, arg4, arg5);
	default:
		return task_option(option, arg2, arg3, arg4, arg5);
	}
}
