// SPDX-License-Identifier: MIT
/* Task work: a lockless stack that the task empties itself, oldest first. */
#include <kern/atomic.h>
#include <kern/errno.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <kern/task_work.h>
#include <kern/thread_info.h>

/* What stands in task_works once a dying task has run everything. */
static struct task_work work_exited;

int task_work_add(struct task_struct *task, struct task_work *work,
		  enum task_work_notify_mode notify)
{
	struct task_work *head = READ_ONCE(task->task_works);

	do {
		if (head == &work_exited)
			return -ESRCH;
		work->next = head;
	} while (!try_cmpxchg(&task->task_works, &head, work));

	if (notify == TWA_RESUME) {
		set_tsk_thread_flag(task, TIF_NOTIFY_RESUME);
		kick_process(task);
	} else if (notify == TWA_SIGNAL) {
		set_tsk_thread_flag(task, TIF_NOTIFY_SIGNAL);
		if (!wake_up_state(task, TASK_INTERRUPTIBLE))
			kick_process(task);
	}
	return 0;
}

static void run_list(struct task_work *newest)
{
	struct task_work *oldest = NULL;

	while (newest) {
		struct task_work *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (oldest) {
		struct task_work *next = oldest->next;

		oldest->func(oldest);
		oldest = next;
	}
}

void task_work_run(void)
{
	while (READ_ONCE(current->task_works) && current->task_works != &work_exited)
		run_list(xchg(&current->task_works, NULL));
}

void exit_task_work(struct task_struct *task)
{
	struct task_work *none;

	do {
		task_work_run();
		none = NULL;
	} while (!try_cmpxchg(&task->task_works, &none, &work_exited));
}
