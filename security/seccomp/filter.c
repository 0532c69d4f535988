// SPDX-License-Identifier: MIT
/* Setting filters: seccomp(), prctl(PR_SET_SECCOMP), inheritance, threads in step. */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/filter.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/ptrace.h>
#include <kern/seccomp.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/thread_info.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "internal.h"

/* All filters of a task together, each with a penalty for being one. */
#define MAX_INSNS_PER_PATH 32768
#define FILTER_PENALTY	   4

#define KNOWN_FLAGS                                                                                \
	(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW |    \
	 SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC_ESRCH |                      \
	 SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)

/* ---- life ---- */

void seccomp_filter_get(struct seccomp_filter *filter)
{
	refcount_inc(&filter->refs);
}

void seccomp_filter_put(struct seccomp_filter *filter)
{
	while (filter && refcount_dec_and_test(&filter->refs)) {
		struct seccomp_filter *prev = filter->prev;

		kfree(filter);
		filter = prev;
	}
}

/* A task has no more use for the chain: listeners of filters that nobody has hear of it. */
static void drop_users(struct seccomp_filter *filter)
{
	struct seccomp_filter *orig = filter;

	while (filter && refcount_dec_and_test(&filter->users)) {
		wake_up_all(&filter->wait);
		filter = filter->prev;
	}
	seccomp_filter_put(orig);
}

void seccomp_copy(struct task_struct *child)
{
	struct seccomp_filter *filter = current->seccomp_filter;

	if (filter) {
		seccomp_filter_get(filter);
		refcount_inc(&filter->users);
	}
	child->seccomp_filter = filter;
	child->seccomp_filters = current->seccomp_filters;
	child->seccomp_mode = current->seccomp_mode;
	/* A sibling may have put us in step since the child was copied from us. */
	if (current->no_new_privs)
		child->no_new_privs = true;
	if (child->seccomp_mode)
		set_tsk_thread_flag(child, TIF_SECCOMP);
}

void seccomp_filter_release(struct task_struct *task)
{
	struct seccomp_filter *filter;

	if (!task->seccomp_filter)
		return;
	/* From now on nobody puts it in step: it is exiting. */
	spin_lock_irq(&task->sighand->siglock);
	filter = task->seccomp_filter;
	task->seccomp_filter = NULL;
	spin_unlock_irq(&task->sighand->siglock);
	drop_users(filter);
}

/* ---- checking ---- */

/* Of classic BPF only what makes sense of a struct seccomp_data, in whole words. */
static bool insn_is_allowed(const struct sock_filter *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
		if (BPF_MODE(insn->code) == BPF_ABS)
			return BPF_SIZE(insn->code) == BPF_W && !(insn->k & 3) &&
			       insn->k < sizeof(struct seccomp_data);
		return BPF_MODE(insn->code) != BPF_IND;
	case BPF_LDX:
		return BPF_MODE(insn->code) != BPF_MSH;
	case BPF_ALU:
		return BPF_OP(insn->code) != BPF_MOD;
	default:
		return true;
	}
}

static int check_filter(const struct seccomp_filter *filter)
{
	int error = bpf_check_classic(filter->insns, filter->len);

	for (unsigned int i = 0; !error && i < filter->len; i++)
		if (!insn_is_allowed(&filter->insns[i]))
			error = -EINVAL;
	return error;
}

/* The user's program, checked; an ERR_PTR: -EFAULT, -EINVAL, -EACCES, -ENOMEM. */
static struct seccomp_filter *read_filter(const void __user *uprog)
{
	struct seccomp_filter *filter;
	struct sock_fprog prog;
	int error;

	if (copy_from_user(&prog, uprog, sizeof(prog)))
		return ERR_PTR(-EFAULT);
	if (!prog.filter || !prog.len || prog.len > BPF_MAXINSNS)
		return ERR_PTR(-EINVAL);
	/* Who may gain rights by execve() could trick a set-id program with a filter. */
	if (!current->no_new_privs && !ns_capable_noaudit(current_user_ns(), CAP_SYS_ADMIN))
		return ERR_PTR(-EACCES);
	filter = kzalloc(sizeof(*filter) + prog.len * sizeof(struct sock_filter), GFP_KERNEL);
	if (!filter)
		return ERR_PTR(-ENOMEM);
	refcount_set(&filter->refs, 1);
	refcount_set(&filter->users, 1);
	mutex_init(&filter->notify_lock);
	init_waitqueue_head(&filter->wait);
	filter->len = prog.len;
	error = copy_from_user(filter->insns, prog.filter, prog.len * sizeof(struct sock_filter)) ?
			-EFAULT :
			check_filter(filter);
	if (error) {
		kfree(filter);
		return ERR_PTR(error);
	}
	return filter;
}

/* ---- setting; => siglock held ---- */

static bool may_set_mode(int mode)
{
	return !current->seccomp_mode || current->seccomp_mode == mode;
}

static void set_mode(struct task_struct *task, int mode)
{
	WRITE_ONCE(task->seccomp_mode, mode);
	/* After the filter and the mode: who sees the flag sees them. */
	set_tsk_thread_flag(task, TIF_SECCOMP);
}

static bool is_ancestor(const struct seccomp_filter *parent, const struct seccomp_filter *child)
{
	while (child && child != parent)
		child = child->prev;
	return !parent || child == parent;
}

/* 0, or the number of a thread whose filters are not ours of before. */
static pid_t find_thread_out_of_step(void)
{
	struct task_struct *thread;

	for_each_thread(current, thread) {
		if (thread == current || (thread->flags & PF_EXITING) || !thread->seccomp_mode)
			continue;
		if (thread->seccomp_mode == SECCOMP_MODE_FILTER &&
		    is_ancestor(thread->seccomp_filter, current->seccomp_filter))
			continue;
		return task_pid_vnr(thread) ?: -ESRCH;
	}
	return 0;
}

static void put_threads_in_step(void)
{
	struct seccomp_filter *filter = current->seccomp_filter;
	struct task_struct *thread;

	for_each_thread(current, thread) {
		struct seccomp_filter *old = thread->seccomp_filter;

		if (thread == current || (thread->flags & PF_EXITING))
			continue;
		seccomp_filter_get(filter);
		refcount_inc(&filter->users);
		smp_store_release(&thread->seccomp_filter, filter);
		thread->seccomp_filters = current->seccomp_filters;
		if (current->no_new_privs)
			thread->no_new_privs = true;
		if (!thread->seccomp_mode)
			set_mode(thread, SECCOMP_MODE_FILTER);
		drop_users(old);
	}
}

static bool has_listener(const struct seccomp_filter *filter)
{
	for (; filter; filter = filter->prev)
		if (READ_ONCE(filter->listener))
			return true;
	return false;
}

static long attach_filter(struct seccomp_filter *filter, unsigned int flags)
{
	unsigned long total = filter->len;
	pid_t failed;

	for (const struct seccomp_filter *f = current->seccomp_filter; f; f = f->prev)
		total += f->len + FILTER_PENALTY;
	if (total > MAX_INSNS_PER_PATH)
		return -ENOMEM;
	if (flags & SECCOMP_FILTER_FLAG_TSYNC) {
		failed = find_thread_out_of_step();
		if (failed)
			return flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH ? -ESRCH : failed;
	}
	filter->log = flags & SECCOMP_FILTER_FLAG_LOG;
	filter->wait_killable = flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	/* Our reference and use of the old chain become the new filter's. */
	filter->prev = current->seccomp_filter;
	smp_store_release(&current->seccomp_filter, filter);
	current->seccomp_filters++;
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		put_threads_in_step();
	set_mode(current, SECCOMP_MODE_FILTER);
	return 0;
}

static long attach_in_step(struct seccomp_filter *filter, unsigned int flags, bool listens)
{
	bool sync = flags & SECCOMP_FILTER_FLAG_TSYNC;
	long ret = -EINVAL;

	/* No sibling is in the middle of execve(), which makes it another program. */
	if (sync && mutex_lock_killable(&current->signal->cred_guard_mutex))
		return -EINTR;
	spin_lock_irq(&current->sighand->siglock);
	if (may_set_mode(SECCOMP_MODE_FILTER))
		ret = listens && has_listener(current->seccomp_filter) ?
			      -EBUSY :
			      attach_filter(filter, flags);
	spin_unlock_irq(&current->sighand->siglock);
	if (sync)
		mutex_unlock(&current->signal->cred_guard_mutex);
	return ret;
}

static long attach_with_listener(struct seccomp_filter *filter, unsigned int flags)
{
	struct file *file;
	int fd = get_unused_fd_flags(O_CLOEXEC);
	long ret;

	if (fd < 0)
		return fd;
	file = seccomp_listener_open(filter);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	ret = attach_in_step(filter, flags, true);
	if (ret) {
		fput(file);
		put_unused_fd(fd);
		return ret;
	}
	fd_install(fd, file);
	return fd;
}

static long set_filter_mode(unsigned int flags, const void __user *uprog)
{
	bool listener = flags & SECCOMP_FILTER_FLAG_NEW_LISTENER;
	struct seccomp_filter *filter;
	long ret;

	if (flags & ~KNOWN_FLAGS)
		return -EINVAL;
	/* Both would be returned: a descriptor, and the thread that failed. */
	if (listener && (flags & SECCOMP_FILTER_FLAG_TSYNC) &&
	    !(flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH))
		return -EINVAL;
	if (!listener && (flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV))
		return -EINVAL;
	filter = read_filter(uprog);
	if (IS_ERR(filter))
		return PTR_ERR(filter);
	ret = listener ? attach_with_listener(filter, flags) : attach_in_step(filter, flags, false);
	/* A descriptor is success; the number of a thread that is out of step is not. */
	if (ret < 0 || (ret && !listener))
		seccomp_filter_put(filter);
	return ret;
}

static long set_strict_mode(void)
{
	long ret = -EINVAL;

	spin_lock_irq(&current->sighand->siglock);
	if (may_set_mode(SECCOMP_MODE_STRICT)) {
		set_mode(current, SECCOMP_MODE_STRICT);
		ret = 0;
	}
	spin_unlock_irq(&current->sighand->siglock);
	return ret;
}

static long action_available(const u32 __user *uaction)
{
	u32 action;

	if (copy_from_user(&action, uaction, sizeof(action)))
		return -EFAULT;
	return seccomp_action_is_known(action) ? 0 : -EOPNOTSUPP;
}

SYSCALL_DEFINE3(seccomp, unsigned int, op, unsigned int, flags, void __user *, uargs)
{
	switch (op) {
	case SECCOMP_SET_MODE_STRICT:
		return flags || uargs ? -EINVAL : set_strict_mode();
	case SECCOMP_SET_MODE_FILTER:
		return set_filter_mode(flags, uargs);
	case SECCOMP_GET_ACTION_AVAIL:
		return flags ? -EINVAL : action_available(uargs);
	case SECCOMP_GET_NOTIF_SIZES:
		return flags ? -EINVAL : seccomp_notif_sizes(uargs);
	default:
		return -EINVAL;
	}
}

long prctl_get_seccomp(void)
{
	return current->seccomp_mode;
}

long prctl_set_seccomp(unsigned long mode, void *filter)
{
	switch (mode) {
	case SECCOMP_MODE_STRICT:
		return set_strict_mode();
	case SECCOMP_MODE_FILTER:
		return set_filter_mode(0, filter);
	default:
		return -EINVAL;
	}
}

/* ---- for tracers that save tasks ---- */

/* The filter that was set as number `index`, with a reference; or an ERR_PTR. */
static struct seccomp_filter *get_nth_filter(struct task_struct *task, unsigned long index)
{
	struct seccomp_filter *filter;
	unsigned long newer;

	if (!capable(CAP_SYS_ADMIN) || current->seccomp_mode)
		return ERR_PTR(-EACCES);
	spin_lock_irq(&task->sighand->siglock);
	filter = ERR_PTR(-EINVAL);
	if (task->seccomp_mode == SECCOMP_MODE_FILTER) {
		filter = ERR_PTR(-ENOENT);
		if (index < (unsigned long)task->seccomp_filters) {
			newer = task->seccomp_filters - 1 - index;
			filter = task->seccomp_filter;
			while (newer--)
				filter = filter->prev;
			seccomp_filter_get(filter);
		}
	}
	spin_unlock_irq(&task->sighand->siglock);
	return filter;
}

long seccomp_get_filter(struct task_struct *task, unsigned long index, void *data)
{
	struct seccomp_filter *filter = get_nth_filter(task, index);
	long ret;

	if (IS_ERR(filter))
		return PTR_ERR(filter);
	ret = filter->len;
	if (data && copy_to_user(data, filter->insns, filter->len * sizeof(struct sock_filter)))
		ret = -EFAULT;
	seccomp_filter_put(filter);
	return ret;
}

long seccomp_get_metadata(struct task_struct *task, unsigned long size, void *data)
{
	struct seccomp_metadata md = {};
	struct seccomp_filter *filter;

	size = min(size, (unsigned long)sizeof(md));
	if (size < sizeof(md.filter_off))
		return -EINVAL;
	if (copy_from_user(&md.filter_off, data, sizeof(md.filter_off)))
		return -EFAULT;
	filter = get_nth_filter(task, md.filter_off);
	if (IS_ERR(filter))
		return PTR_ERR(filter);
	if (filter->log)
		md.flags |= SECCOMP_FILTER_FLAG_LOG;
	seccomp_filter_put(filter);
	return copy_to_user(data, &md, size) ? -EFAULT : (long)size;
}
