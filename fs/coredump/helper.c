// SPDX-License-Identifier: MIT
/*
 * A program that reads the core from its standard input ("|/path %p ..."). It is no child of
 * the process that dies, but of a kernel thread, with root's rights and nobody to wait for it.
 */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/pipe.h>
#include <kern/completion.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/signal.h>
#include <kern/workqueue.h>

#include "internal.h"

/* On the stack of the dumper, which waits until the program runs or has failed to. */
struct helper {
	struct work_struct work;
	char **argv;
	struct file *input;
	int error;
	struct completion started;
};

static int helper_main(void *data)
{
	static const char *const envp[] = { "HOME=/", "TERM=linux",
					    "PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL };
	struct helper *helper = data;
	int error;

	spin_lock_irq(&current->sighand->siglock);
	flush_signal_handlers(current, 1);
	spin_unlock_irq(&current->sighand->siglock);
	error = replace_fd(0, helper->input, 0);
	/* Its own crash would start another of it: see open_target(). */
	current->signal->rlim[RLIMIT_CORE] = (struct rlimit){ 1, 1 };
	if (error >= 0)
		error = kernel_execve(helper->argv[0], (const char *const *)helper->argv, envp);
	helper->error = error;
	complete(&helper->started);
	return error;
}

static void start_helper(struct work_struct *work)
{
	struct helper *helper = container_of(work, struct helper, work);
	int pid = user_mode_thread(helper_main, helper, SIGCHLD);

	if (pid < 0) {
		helper->error = pid;
		complete(&helper->started);
	}
}

struct file *core_helper_start(char **argv)
{
	struct helper helper = { .argv = argv };
	struct file *ends[2];
	int error = create_pipe_files(ends, 0);

	if (error)
		return ERR_PTR(error);
	helper.input = ends[0];
	init_completion(&helper.started);
	INIT_WORK_ONSTACK(&helper.work, start_helper);
	queue_work(system_unbound_wq, &helper.work);
	wait_for_completion(&helper.started);
	fput(ends[0]);
	if (helper.error) {
		fput(ends[1]);
		return ERR_PTR(helper.error);
	}
	return ends[1];
}
