// SPDX-License-Identifier: MIT
/* Who may look into whom: ptrace, /proc, process_vm_readv(), kcmp(), pidfd_getfd(). */
#include <kern/cred.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/lsm.h>
#include <kern/ptrace.h>
#include <kern/rcupdate.h>
#include <kern/signal.h>
#include <mm/mm_types.h>

static bool same_ids(const struct cred *theirs, kuid_t uid, kgid_t gid)
{
	return uid_eq(uid, theirs->euid) && uid_eq(uid, theirs->suid) && uid_eq(uid, theirs->uid) &&
	       gid_eq(gid, theirs->egid) && gid_eq(gid, theirs->sgid) && gid_eq(gid, theirs->gid);
}

/* Nobody may gain capabilities by looking into somebody. => rcu_read_lock held */
static bool caps_suffice(const struct cred *mine, const struct cred *theirs, unsigned int mode)
{
	kernel_cap_t caps = mode & PTRACE_MODE_FSCREDS ? mine->cap_effective : mine->cap_permitted;

	if (mine->user_ns == theirs->user_ns && cap_issubset(theirs->cap_permitted, caps))
		return true;
	return ns_capable(theirs->user_ns, CAP_SYS_PTRACE);
}

bool ptrace_may_access(struct task_struct *task, unsigned int mode)
{
	const struct cred *mine = current_cred(), *theirs;
	bool fs = mode & PTRACE_MODE_FSCREDS, ok;

	if (same_thread_group(task, current))
		return true;
	rcu_read_lock();
	theirs = __task_cred(task);
	ok = same_ids(theirs, fs ? mine->fsuid : mine->uid, fs ? mine->fsgid : mine->gid) ||
	     ns_capable(theirs->user_ns, CAP_SYS_PTRACE);
	ok = ok && caps_suffice(mine, theirs, mode) && !lsm_ptrace(mine, theirs);
	rcu_read_unlock();
	if (!ok)
		return false;
	/* A program that had more rights once, or that may not even be read, is not dumpable. */
	task_lock(task);
	if (task->mm && get_dumpable(task->mm) != SUID_DUMP_USER)
		ok = ns_capable(task->mm->user_ns ?: &init_user_ns, CAP_SYS_PTRACE);
	task_unlock(task);
	return ok;
}

bool ptracer_capable(struct task_struct *task, struct user_namespace *ns)
{
	const struct cred *cred;
	bool ok;

	rcu_read_lock();
	cred = rcu_dereference(task->ptracer_cred);
	ok = !cred || cap_capable(cred, ns ?: &init_user_ns, CAP_SYS_PTRACE);
	rcu_read_unlock();
	return ok;
}
