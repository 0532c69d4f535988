// SPDX-License-Identifier: MIT
/* Kernel threads as children: exit codes, waiting, task work. */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/ktest.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task_work.h>

#include <linux/sched.h>

static int exits_with(void *code)
{
	do_exit((long)code);
}

KTEST(exit, the_parent_gets_the_code)
{
	int status = -1;
	pid_t pid = kernel_thread(exits_with, (void *)0x2a00L, SIGCHLD);

	KASSERT_GT(pid, 0);
	KEXPECT_EQ(kernel_wait(pid, &status), pid);
	KEXPECT_EQ(status, 0x2a00);
	KEXPECT_EQ(kernel_wait(pid, &status), -ECHILD);
}

static int returns_code(void *code)
{
	return (long)code;
}

KTEST(exit, returning_is_exiting)
{
	int status = -1;
	pid_t pid = kernel_thread(returns_code, (void *)0x500L, SIGCHLD);

	KASSERT_GT(pid, 0);
	KEXPECT_EQ(kernel_wait(pid, &status), pid);
	KEXPECT_EQ(status, 0x500);
}

KTEST(exit, many_come_and_go)
{
	int before = nr_threads;

	for (int round = 0; round < 20; round++) {
		pid_t pids[10];

		for (int i = 0; i < 10; i++) {
			pids[i] = kernel_thread(returns_code, (void *)(long)(i << 8), SIGCHLD);
			KASSERT_GT(pids[i], 0);
		}
		for (int i = 9; i >= 0; i--) {
			int status;

			KEXPECT_EQ(kernel_wait(pids[i], &status), pids[i]);
			KEXPECT_EQ(status, i << 8);
		}
	}
	KEXPECT_LE(nr_threads, before + 2);
}

static int work_done;

static void do_work(struct task_work *work)
{
	work_done++;
}

KTEST(task_work, runs_once_oldest_first)
{
	struct task_work a, b;

	init_task_work(&a, do_work);
	init_task_work(&b, do_work);
	work_done = 0;
	KEXPECT_EQ(task_work_add(current, &a, TWA_NONE), 0);
	KEXPECT_EQ(task_work_add(current, &b, TWA_NONE), 0);
	KEXPECT_EQ(work_done, 0);
	task_work_run();
	KEXPECT_EQ(work_done, 2);
	task_work_run();
	KEXPECT_EQ(work_done, 2);
}
