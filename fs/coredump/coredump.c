// SPDX-License-Identifier: MIT
/*
 * Core dumps: a process that dies of certain signals leaves its memory and registers.
 *
 * The thread that took the signal dumps. It first sends all others to their end; they wait in
 * do_exit(), with their memory and registers still there, until the core is written:
 *
 *	dumper				other threads
 *	stop_threads: SIGKILL	  --->	do_exit -> coredump_task_exit: listed, counted, sleeps
 *	waits for the count	  <---
 *	writes
 *	release_threads		  --->	go on with their exit
 *
 * signal->core_state is set and cleared under siglock; the list is pushed to without a lock.
 * While it is set, only SIGKILL is still sent to the group, and ends the writing.
 *
 * Files: pattern.c names the core, helper.c starts a program that reads it, areas.c chooses the
 * memory, elf_core.c is the format, output.c counts bytes.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <fs/pipe.h>
#include <fs/sysctl.h>
#include <kern/coredump.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/printk.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/mm_types.h>
#include <mm/page.h>

#include <linux/fcntl.h>
#include <linux/stat.h>

#include "internal.h"

static int core_pipe_limit;
static atomic_t pipe_dumps; /* x: open_pipe() to filp_close() */

/* ---- threads ---- */

/* Begins the end of the group; how many others there are, or -EAGAIN when it dies already. */
static int begin_end(struct core_state *state, int sig)
{
	struct signal_struct *signal = current->signal;
	struct task_struct *thread;
	int others = 0;

	if (signal_group_exit(signal))
		return -EAGAIN;
	signal->core_state = state;
	signal->flags = SIGNAL_GROUP_EXIT;
	signal->group_exit_code = sig;
	signal->group_stop_count = 0;
	for_each_thread(current, thread) {
		task_clear_jobctl_pending(thread, JOBCTL_PENDING_MASK);
		if (thread == current || (thread->flags & PF_POSTCOREDUMP))
			continue;
		sigaddset(&thread->pending.signal, SIGKILL);
		signal_wake_up(thread, true);
		others++;
	}
	/* From here on only a new SIGKILL counts. */
	clear_thread_flag(TIF_SIGPENDING);
	current->flags |= PF_DUMPCORE;
	atomic_set(&state->nr_threads, others);
	return others;
}

static int stop_threads(struct core_state *state, int sig)
{
	int others;

	init_completion(&state->startup);
	state->dumper = (struct core_thread){ .task = current };
	spin_lock_irq(&current->sighand->siglock);
	others = begin_end(state, sig);
	spin_unlock_irq(&current->sighand->siglock);
	if (others <= 0)
		return others;
	wait_for_completion(&state->startup);
	/* Listed; now let each be off its processor, so that its registers stand still. */
	for (struct core_thread *t = state->dumper.next; t; t = t->next)
		wait_task_inactive(t->task, 0);
	return 0;
}

static void release_threads(struct core_state *state, bool dumped)
{
	struct core_thread *t, *next;

	spin_lock_irq(&current->sighand->siglock);
	if (dumped && !__fatal_signal_pending(current))
		current->signal->group_exit_code |= 0x80;
	current->signal->core_state = NULL;
	spin_unlock_irq(&current->sighand->siglock);
	for (t = state->dumper.next; t; t = next) {
		struct task_struct *task = t->task;

		next = t->next;
		/* The entry is gone once the task sees this; the task is not, while we wake it. */
		get_task_struct(task);
		smp_store_release(&t->task, NULL);
		wake_up_process(task);
		put_task_struct(task);
	}
}

void coredump_task_exit(void)
{
	struct core_thread self = { .task = current };
	struct core_state *state;

	/* Whoever begins a dump after this does not wait for us. */
	spin_lock_irq(&current->sighand->siglock);
	current->flags |= PF_POSTCOREDUMP;
	state = current->signal->core_state;
	spin_unlock_irq(&current->sighand->siglock);
	if (likely(!state))
		return;
	/* A thread that was in exit() already is no part of what crashed. */
	if (current->flags & PF_SIGNALED)
		self.next = xchg(&state->dumper.next, &self);
	else
		self.task = NULL;
	if (atomic_dec_and_test(&state->nr_threads))
		complete(&state->startup);
	for (;;) {
		set_current_state(TASK_IDLE);
		if (!smp_load_acquire(&self.task))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

/* ---- where it goes ---- */

/* A regular file of the user's own, with one name: nobody is made to write over another's. */
static bool file_is_safe(struct file *file)
{
	struct inode *inode = file_inode(file);

	return S_ISREG(inode->i_mode) && inode->i_nlink <= 1 &&
	       uid_eq(inode->i_uid, current_fsuid()) && file->f_op->write_iter;
}

/* `careful`: we have root's rights here, and the process had not. */
static struct file *open_core(const char *path, bool careful)
{
	struct file *file;

	if (careful && path[0] != '/')
		return ERR_PTR(-EPERM);
	if (!careful)
		init_unlink(path);
	file = filp_open(path, O_CREAT | O_WRONLY | O_NOFOLLOW | O_LARGEFILE | O_EXCL, 0600);
	if (IS_ERR(file))
		return file;
	if (!file_is_safe(file)) {
		filp_close(file, NULL);
		return ERR_PTR(-EPERM);
	}
	return file;
}

/* Starts the program that reads the core, if there may be one more; write_core() counts it off. */
static struct file *open_pipe(char **argv)
{
	int running = atomic_inc_return(&pipe_dumps);
	struct file *file = ERR_PTR(-EBUSY);

	if (core_pipe_limit && running > core_pipe_limit)
		pr_warn("Pid %d(%s) over core_pipe_limit\n", current->tgid, current->comm);
	else
		file = core_helper_start(argv);
	if (IS_ERR(file))
		atomic_dec(&pipe_dumps);
	return file;
}

/* Opens what core_pattern names. 0 or -errno. */
static int open_target(struct core_dump *dump, int dumpable)
{
	struct core_name name;
	int error = core_name_make(&name, dump->info, dumpable);

	if (error)
		goto out;
	dump->to_pipe = name.is_pipe;
	if (name.is_pipe) {
		/* The helper itself has limit 1: its own crash shall not start another. */
		error = -EPERM;
		if (dump->limit == 1)
			goto out;
		dump->limit = RLIM_INFINITY;
		dump->file = open_pipe(name.argv);
	} else {
		error = -EFBIG;
		if (dump->limit < PAGE_SIZE)
			goto out;
		dump->file = open_core(name.path, dumpable == SUID_DUMP_ROOT);
	}
	error = PTR_ERR_OR_ZERO(dump->file);
out:
	core_name_free(&name);
	return error;
}

static bool write_core(struct core_dump *dump, int dumpable)
{
	bool dumped;

	if (open_target(dump, dumpable))
		return false;
	dumped = elf_core_dump(dump);
	core_finish(dump);
	/* With a limit the program may count on us: it looks at /proc/PID until it is done. */
	if (dump->to_pipe && core_pipe_limit)
		pipe_wait_for_readers(dump->file);
	filp_close(dump->file, NULL);
	if (dump->to_pipe)
		atomic_dec(&pipe_dumps);
	return dumped;
}

/* The file is made with the rights of the user; with root's when settings say so. */
static const struct cred *take_rights(int dumpable, struct cred **cred)
{
	*cred = prepare_creds();
	if (!*cred)
		return NULL;
	if (dumpable == SUID_DUMP_ROOT)
		(*cred)->fsuid = GLOBAL_ROOT_UID;
	return override_creds(*cred);
}

bool do_coredump(const kernel_siginfo_t *info)
{
	struct mm_struct *mm = current->mm;
	struct core_state state;
	struct core_dump dump = {
		.info = info,
		.state = &state,
		.limit = rlimit(RLIMIT_CORE),
		.mm_flags = READ_ONCE(mm->flags),
	};
	int dumpable = dump.mm_flags & MMF_DUMPABLE_MASK;
	const struct cred *old;
	struct cred *cred;
	bool dumped;

	if (!mm->binfmt || dumpable == SUID_DUMP_DISABLE)
		return false;
	old = take_rights(dumpable, &cred);
	if (!old)
		return false;
	dumped = !stop_threads(&state, info->si_signo);
	if (dumped) {
		dumped = write_core(&dump, dumpable);
		release_threads(&state, dumped);
	}
	revert_creds(old);
	put_cred(cred);
	return dumped;
}

static const int zero = 0, one = 1, two = 2;

static const struct ctl_table kernel_table[] = {
	{ .procname = "core_pattern", .data = core_pattern, .maxlen = sizeof(core_pattern),
	  .mode = 0644, .proc_handler = proc_dostring },
	{ .procname = "core_uses_pid", .data = &core_uses_pid, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = &zero, .extra2 = &one },
	{ .procname = "core_pipe_limit", .data = &core_pipe_limit, .maxlen = sizeof(int),
	  .mode = 0644, .proc_handler = proc_dointvec_minmax, .extra1 = &zero },
	{}
};

static const struct ctl_table fs_table[] = {
	{ .procname = "suid_dumpable", .data = &suid_dumpable, .maxlen = sizeof(int), .mode = 0644,
	  .proc_handler = proc_dointvec_minmax, .extra1 = &zero, .extra2 = &two },
	{}
};

static int __init coredump_init(void)
{
	int error = register_sysctl("kernel", kernel_table);

	return error ?: register_sysctl("fs", fs_table);
}
fs_initcall(coredump_init);
