// SPDX-License-Identifier: MIT
/*
 * execve(): a program replaces another in the same task.
 *
 * Everything that can fail is done first, on a new address space that nobody sees: the
 * arguments are copied to the new stack, the file is opened and its loader found. The loader
 * then calls begin_new_exec(), the point of no return: the other threads die, the new address
 * space replaces the old one, close-on-exec files are closed, handlers and credentials change.
 * An error from there on kills the task, for there is no program to return to.
 *
 * The stack of the new program is made at its final place at once, so nothing is moved later.
 */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <kern/binfmts.h>
#include <kern/cred.h>
#include <kern/key.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/itimer.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/ptrace.h>
#include <kern/rcupdate.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/user_dispatch.h>
#include <kern/syscalls.h>
#include <kern/nsproxy.h>
#include <kern/task_work.h>
#include <kern/user_namespace.h>
#include <lib/rculist.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <um/mmu.h>
#include <um/thread.h>

#include <linux/fcntl.h>
#include <linux/personality.h>

#include "internal.h"

int randomize_va_space = 2;
int suid_dumpable;

static LIST_HEAD(formats);

void register_binfmt(struct linux_binfmt *fmt)
{
	list_add_tail(&fmt->lh, &formats);
}

void insert_binfmt(struct linux_binfmt *fmt)
{
	list_add(&fmt->lh, &formats);
}

void set_binfmt(struct linux_binfmt *fmt)
{
	current->mm->binfmt = fmt;
}

void set_dumpable(struct mm_struct *mm, int value)
{
	unsigned long old = READ_ONCE(mm->flags);

	if (value < SUID_DUMP_DISABLE || value > SUID_DUMP_ROOT)
		return;
	while (!try_cmpxchg(&mm->flags, &old, (old & ~(unsigned long)MMF_DUMPABLE_MASK) | value))
		;
}

int get_dumpable(struct mm_struct *mm)
{
	return READ_ONCE(mm->flags) & MMF_DUMPABLE_MASK;
}

char *get_task_comm(char *buf, struct task_struct *task)
{
	task_lock(task);
	memcpy(buf, task->comm, TASK_COMM_LEN);
	task_unlock(task);
	buf[TASK_COMM_LEN - 1] = 0;
	return buf;
}

void set_task_comm(struct task_struct *task, const char *from)
{
	size_t len = strnlen(from, TASK_COMM_LEN - 1);

	task_lock(task);
	memset(task->comm, 0, TASK_COMM_LEN);
	memcpy(task->comm, from, len);
	task_unlock(task);
}

/*
 * Ends all other threads of the group and makes this one its leader, with the group's number.
 * 0, or -EAGAIN when the group is dying.
 */
int de_thread(struct task_struct *task)
{
	struct signal_struct *sig = task->signal;
	spinlock_t *lock = &task->sighand->siglock;
	struct task_struct *leader;

	/* Threads may end now, but only this one could make others. */
	if (data_race(thread_group_empty(task)))
		goto alone;
	spin_lock_irq(lock);
	if (signal_group_exit(sig)) {
		spin_unlock_irq(lock);
		return -EAGAIN;
	}
	sig->group_exec_task = task;
	sig->notify_count = zap_other_threads(task);
	/* A leader stays as a zombie and is waited for below. */
	if (!thread_group_leader(task))
		sig->notify_count--;
	while (sig->notify_count) {
		__set_current_state(TASK_KILLABLE);
		spin_unlock_irq(lock);
		schedule();
		if (__fatal_signal_pending(task))
			goto killed;
		spin_lock_irq(lock);
	}
	spin_unlock_irq(lock);

	if (!thread_group_leader(task)) {
		leader = task->group_leader;
		for (;;) {
			write_lock_irq(&tasklist_lock);
			sig->notify_count = -1;
			if (leader->exit_state)
				break;
			__set_current_state(TASK_KILLABLE);
			write_unlock_irq(&tasklist_lock);
			schedule();
			if (__fatal_signal_pending(task))
				goto killed;
		}
		task->start_time = leader->start_time;
		task->start_boottime = leader->start_boottime;
		exchange_tids(task, leader);
		transfer_pid(leader, task, PIDTYPE_TGID);
		transfer_pid(leader, task, PIDTYPE_PGID);
		transfer_pid(leader, task, PIDTYPE_SID);
		list_replace_rcu(&leader->tasks, &task->tasks);
		list_replace_init(&leader->sibling, &task->sibling);
		task->group_leader = task;
		leader->group_leader = task;
		task->exit_signal = SIGCHLD;
		leader->exit_signal = -1;
		leader->exit_state = EXIT_DEAD;
		/* A tracer that waits for it shall see that there is nothing to wait for. */
		if (unlikely(leader->ptrace))
			__wake_up_parent(leader, leader->parent);
		write_unlock_irq(&tasklist_lock);
		release_task(leader);
	}
	sig->group_exec_task = NULL;
	sig->notify_count = 0;
alone:
	task->exit_signal = SIGCHLD;
	return 0;
killed:
	read_lock(&tasklist_lock);
	sig->group_exec_task = NULL;
	sig->notify_count = 0;
	read_unlock(&tasklist_lock);
	return -EAGAIN;
}

/* Handlers shared with another process (CLONE_SIGHAND without CLONE_THREAD) become our own. */
static int unshare_sighand(struct task_struct *task)
{
	struct sighand_struct *old = task->sighand, *new;

	if (refcount_read(&old->count) == 1)
		return 0;
	new = kmem_cache_alloc(sighand_cachep, GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	refcount_set(&new->count, 1);
	write_lock_irq(&tasklist_lock);
	spin_lock(&old->siglock);
	memcpy(new->action, old->action, sizeof(new->action));
	rcu_assign_pointer(task->sighand, new);
	spin_unlock(&old->siglock);
	write_unlock_irq(&tasklist_lock);
	__cleanup_sighand(old);
	return 0;
}

/* The task moves into the new address space. */
static int exec_mmap(struct mm_struct *mm)
{
	struct task_struct *task = current;
	struct mm_struct *old = task->mm;

	exec_mm_release(task, old);
	if (down_write_killable(&task->signal->exec_update_lock))
		return -EINTR;
	task_lock(task);
	task->mm = mm;
	task->active_mm = mm;
	task_unlock(task);
	arch_flush_thread();
	if (old) {
		note_peak_rss(task->signal, old);
		mm_pass_ownership(old);
		mmput(old);
	}
	return 0;
}

/* AT_SECURE: the program has rights that its caller had not. */
static void secure_exec(struct linux_binprm *bprm)
{
	current->pdeath_signal = 0;
	if (bprm->rlim_stack.rlim_cur > _STK_LIM)
		bprm->rlim_stack.rlim_cur = _STK_LIM;
}

static const char *basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A program that its user may not read, or that has more rights, shows nothing of itself. */
static bool may_be_dumped(struct linux_binprm *bprm)
{
	return !bprm->secureexec && !inode_permission(file_inode(bprm->file), MAY_READ) &&
	       uid_eq(current_euid(), current_uid()) && gid_eq(current_egid(), current_gid());
}

/* An interpreter that wants the program open finds it as AT_EXECFD. */
static int install_executable(struct linux_binprm *bprm)
{
	int fd;

	if (!bprm->have_execfd)
		return 0;
	fd = get_unused_fd_flags(0);
	if (fd < 0)
		return fd;
	fd_install(fd, bprm->executable);
	bprm->executable = NULL;
	bprm->execfd = fd;
	return 0;
}

int begin_new_exec(struct linux_binprm *bprm)
{
	struct task_struct *me = current;
	int error = bprm_creds_from_file(bprm);

	if (error)
		return error;
	/* The new program's host process: none to be had is the last thing that may fail. */
	error = um_mm_attach(bprm->mm);
	if (error)
		return error;
	bprm->point_of_no_return = true;
	error = de_thread(me);
	if (error)
		return error;
	error = unshare_files();
	if (error)
		return error;
	error = exec_task_namespaces();
	if (error)
		return error;
	error = set_mm_exe_file(bprm->mm, bprm->file);
	if (error)
		return error;
	error = exec_mmap(bprm->mm);
	if (error)
		return error;
	bprm->mm = NULL;
	exec_itimers(me);
	error = unshare_sighand(me);
	if (error)
		goto out_unlock;
	clear_syscall_user_dispatch();
	me->flags &= ~(PF_RANDOMIZE | PF_FORKNOEXEC | PF_KTHREAD | PF_NOFREEZE | PF_NO_SETAFFINITY);
	if (bprm->per_clear_setid)
		me->personality &= ~PER_CLEAR_ON_SETID;
	if (!(me->personality & ADDR_NO_RANDOMIZE) && READ_ONCE(randomize_va_space))
		me->flags |= PF_RANDOMIZE;
	me->sas_ss_sp = me->sas_ss_size = 0;
	me->sas_ss_flags = SS_DISABLE;
	flush_hw_breakpoints(me);
	me->rseq = NULL;
	me->rseq_len = me->rseq_sig = 0;
	do_close_on_exec(me->files);
	error = install_executable(bprm);
	if (error)
		goto out_unlock;
	if (bprm->secureexec)
		secure_exec(bprm);
	set_dumpable(current->mm, may_be_dumped(bprm) ? SUID_DUMP_USER : suid_dumpable);
	set_task_comm(me, basename_of(bprm->filename));
	WRITE_ONCE(me->last_exec_id, me->last_exec_id + 1);
	flush_signal_handlers(me, 0);
	commit_creds(bprm->cred);
	bprm->cred = NULL;
	return 0;
out_unlock:
	up_write(&me->signal->exec_update_lock);
	return error;
}

void setup_new_exec(struct linux_binprm *bprm)
{
	current->mm->task_size = TASK_SIZE;
	arch_pick_mmap_layout(current->mm, &bprm->rlim_stack);
	up_write(&current->signal->exec_update_lock);
	mutex_unlock(&current->signal->cred_guard_mutex);
}

void finalize_exec(struct linux_binprm *bprm)
{
	/* The limit may have changed meanwhile; the layout was made for this one. */
	task_lock(current->group_leader);
	current->signal->rlim[RLIMIT_STACK] = bprm->rlim_stack;
	task_unlock(current->group_leader);
}

/*
 * Is the fs_struct shared with somebody outside the group? Then a set-id program might be
 * tricked through its root folder. => sets fs->in_exec, undone by bprm_execve()
 */
static bool fs_is_shared(struct linux_binprm *bprm)
{
	struct task_struct *thread;
	int users = 1;
	bool shared;

	spin_lock(&current->fs->lock);
	rcu_read_lock();
	for_each_thread(current, thread)
		if (thread != current && thread->fs == current->fs)
			users++;
	rcu_read_unlock();
	shared = current->fs->users > users;
	if (!shared)
		current->fs->in_exec = 1;
	spin_unlock(&current->fs->lock);
	return shared;
}

static int read_head(struct linux_binprm *bprm)
{
	loff_t pos = 0;
	ssize_t n;

	memset(bprm->buf, 0, sizeof(bprm->buf));
	n = kernel_read(bprm->file, bprm->buf, sizeof(bprm->buf), &pos);
	return n < 0 ? n : 0;
}

static int search_binary_handler(struct linux_binprm *bprm)
{
	struct linux_binfmt *fmt;
	int error = read_head(bprm);

	if (error)
		return error;
	list_for_each_entry(fmt, &formats, lh) {
		error = fmt->load_binary(bprm);
		if (bprm->point_of_no_return || error != -ENOEXEC)
			return error;
	}
	return -ENOEXEC;
}

/* Scripts name another program, which may be a script too: five levels. */
static int exec_binprm(struct linux_binprm *bprm)
{
	for (int depth = 0;; depth++) {
		struct file *script;
		int error;

		if (depth > 5)
			return -ELOOP;
		error = search_binary_handler(bprm);
		if (error < 0)
			return error;
		if (!bprm->interpreter)
			return 0;
		script = bprm->file;
		bprm->file = bprm->interpreter;
		bprm->interpreter = NULL;
		if (!bprm->have_execfd) {
			exec_fput(script);
		} else if (bprm->executable) {
			/* Two interpreters that both want the program open. */
			exec_fput(script);
			return -ENOEXEC;
		} else {
			allow_write_access(script);
			bprm->executable = script;
		}
	}
}

/*
 * Credentials of our own, which no tracer attaches to and no filter is added to before they are
 * those of the task: the mutex is dropped by setup_new_exec() or free_bprm().
 */
static int prepare_bprm_creds(struct linux_binprm *bprm)
{
	if (mutex_lock_interruptible(&current->signal->cred_guard_mutex))
		return -ERESTARTNOINTR;
	bprm->cred = prepare_creds();
	if (bprm->cred) {
		cred_exec_keys(bprm->cred);
		return 0;
	}
	mutex_unlock(&current->signal->cred_guard_mutex);
	return -ENOMEM;
}

/* The number that the tracer knows us by; execve() of a thread changes it. */
static unsigned long pid_for_tracer(void)
{
	unsigned long nr;

	rcu_read_lock();
	nr = task_pid_nr_ns(current, task_active_pid_ns(rcu_dereference(current->parent)));
	rcu_read_unlock();
	return nr;
}

static int bprm_execve(struct linux_binprm *bprm, int fd, const char *name, int flags)
{
	unsigned long old_pid;
	bool shared_fs;
	int error = prepare_bprm_creds(bprm);

	if (error)
		return error;
	shared_fs = fs_is_shared(bprm);
	bprm->unsafe = shared_fs;
	bprm->traced = current->ptrace;
	current->in_execve = 1;
	bprm->file = do_open_execat(fd, name, flags);
	if (IS_ERR(bprm->file)) {
		error = PTR_ERR(bprm->file);
		bprm->file = NULL;
		goto out;
	}
	old_pid = pid_for_tracer();
	error = exec_binprm(bprm);
	if (!error)
		ptrace_event(PTRACE_EVENT_EXEC, old_pid);
	if (bprm->point_of_no_return && error && !fatal_signal_pending(current))
		force_fatal_sig(SIGSEGV);
out:
	if (!shared_fs) {
		spin_lock(&current->fs->lock);
		current->fs->in_exec = 0;
		spin_unlock(&current->fs->lock);
	}
	current->in_execve = 0;
	return error;
}

static void free_bprm(struct linux_binprm *bprm)
{
	if (bprm->mm)
		mmput(bprm->mm);
	if (bprm->cred) {
		mutex_unlock(&current->signal->cred_guard_mutex);
		abort_creds(bprm->cred);
	}
	if (bprm->file)
		exec_fput(bprm->file);
	if (bprm->executable)
		fput(bprm->executable);
	if (bprm->interp != bprm->filename)
		kfree(bprm->interp);
	kfree(bprm->fdpath);
	kfree(bprm);
}

/* Names relative to a descriptor are shown to interpreters as /dev/fd/N. */
static int name_bprm(struct linux_binprm *bprm, int fd, const char *name)
{
	if (fd == AT_FDCWD || name[0] == '/') {
		bprm->filename = name;
	} else {
		bprm->fdpath = name[0] ? kasprintf(GFP_KERNEL, "/dev/fd/%d/%s", fd, name) :
					 kasprintf(GFP_KERNEL, "/dev/fd/%d", fd);
		if (!bprm->fdpath)
			return -ENOMEM;
		/* An interpreter could not open it: the descriptor will be closed by then. */
		if (get_close_on_exec(fd))
			bprm->interp_flags |= BINPRM_FLAGS_PATH_INACCESSIBLE;
		bprm->filename = bprm->fdpath;
	}
	bprm->interp = bprm->filename;
	return 0;
}

static int do_execveat(int fd, const char *name, struct user_arg_ptr argv, struct user_arg_ptr envp,
		       int flags)
{
	struct linux_binprm *bprm;
	int error;

	/* set*uid() could not fail for the limit of processes; execve() can. */
	if ((current->flags & PF_NPROC_EXCEEDED) && current_user() != &root_user &&
	    too_many_processes(current_cred()->ucounts, rlimit(RLIMIT_NPROC)))
		return -EAGAIN;
	current->flags &= ~PF_NPROC_EXCEEDED;

	bprm = kmalloc(sizeof(*bprm), GFP_KERNEL);
	if (!bprm)
		return -ENOMEM;
	*bprm = (struct linux_binprm){};
	error = name_bprm(bprm, fd, name);
	if (!error)
		error = bprm_mm_init(bprm);
	if (!error)
		error = bprm_copy_arguments(bprm, argv, envp);
	if (!error)
		error = bprm_execve(bprm, fd, name, flags);
	free_bprm(bprm);
	return error;
}

static long execveat_user(int fd, const char __user *uname, const char __user *const __user *argv,
			  const char __user *const __user *envp, int flags)
{
	struct user_arg_ptr uargv = { .user = argv }, uenvp = { .user = envp };
	struct filename *name;
	long error;

	name = getname_flags(uname, flags & AT_EMPTY_PATH ? LOOKUP_EMPTY : 0);
	if (IS_ERR(name))
		return PTR_ERR(name);
	error = do_execveat(fd, name->name, uargv, uenvp, flags);
	putname(name);
	return error;
}

SYSCALL_DEFINE3(execve, const char __user *, filename, const char __user *const __user *, argv,
		const char __user *const __user *, envp)
{
	return execveat_user(AT_FDCWD, filename, argv, envp, 0);
}

SYSCALL_DEFINE5(execveat, int, fd, const char __user *, filename, const char __user *const __user *,
		argv, const char __user *const __user *, envp, int, flags)
{
	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	return execveat_user(fd, filename, argv, envp, flags);
}

int kernel_execve(const char *filename, const char *const *argv, const char *const *envp)
{
	struct user_arg_ptr kargv = { .kernel = argv }, kenvp = { .kernel = envp };

	/* A pure kernel thread has no business in user mode. */
	if (WARN_ON_ONCE(current->flags & PF_KTHREAD))
		return -EINVAL;
	return do_execveat(AT_FDCWD, filename, kargv, kenvp, 0);
}
