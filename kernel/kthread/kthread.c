// SPDX-License-Identifier: MIT
/*
 * Kernel threads.
 *
 * All are children of kthreadd, so that none inherits anything from whoever asked for it. The
 * asker puts a request on a list and waits; kthreadd makes the thread; the thread announces
 * itself and sleeps until wake_up_process().
 *
 *   create --kthreadd--> announced, asleep --wake_up_process--> fn() --return--> exited
 *                                          --kthread_stop---> exited with -EINTR
 *
 * Locks: request_lock (innermost) guards the list of requests. A thread's struct kthread lives
 * as long as its task.
 */
#include <kern/completion.h>
#include <kern/cpumask.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kthread.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/spinlock.h>
#include <lib/bitops.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/slab.h>

enum { KTHREAD_SHOULD_STOP, KTHREAD_SHOULD_PARK };

struct kthread {
	unsigned long flags;		/* atomic bits */
	int (*fn)(void *data);
	void *data;
	long result;			/* written by the thread before `exited` */
	struct completion exited;
	struct completion parked;
};

struct kthread_request {
	struct list_head list;		/* request_lock */
	struct kthread *kthread;	/* the thread's, once it exists */
	char name[TASK_COMM_LEN];
	struct task_struct *task;	/* written before `done`: the thread, or an ERR_PTR */
	struct completion done;
};

struct task_struct *kthreadd_task;

static DEFINE_SPINLOCK(request_lock);
static LIST_HEAD(requests);

static struct kthread *to_kthread(const struct task_struct *task)
{
	return task->worker_private;
}

static int kthread_body(void *arg)
{
	struct kthread_request *request = arg;
	struct kthread *self = request->kthread;
	long result = -EINTR;

	current->worker_private = self;
	strscpy(current->comm, request->name, sizeof(current->comm));
	request->task = current;
	/* Before anybody can wake us: the wake-up then finds us asleep, or makes schedule() return. */
	__set_current_state(TASK_IDLE);
	complete(&request->done);
	schedule();
	if (!test_bit(KTHREAD_SHOULD_STOP, &self->flags)) {
		kthread_parkme();
		result = self->fn(self->data);
	}
	kthread_exit(result);
}

static void make_thread(struct kthread_request *request)
{
	pid_t pid = kernel_thread(kthread_body, request, CLONE_FS | CLONE_FILES | SIGCHLD);

	if (pid < 0) {
		request->task = ERR_PTR(pid);
		complete(&request->done);
	}
}

int kthreadd(void *unused)
{
	strscpy(current->comm, "kthreadd", sizeof(current->comm));
	/* SIGCHLD ignored: dead threads are reaped at once. */
	ignore_signals(current);
	set_cpus_allowed_ptr(current, cpu_possible_mask);
	for (;;) {
		struct kthread_request *request = NULL;

		set_current_state(TASK_INTERRUPTIBLE);
		spin_lock(&request_lock);
		if (!list_empty(&requests)) {
			request = list_first_entry(&requests, struct kthread_request, list);
			list_del_init(&request->list);
		}
		spin_unlock(&request_lock);
		if (!request) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		make_thread(request);
	}
}

struct task_struct *kthread_create_on_node(int (*fn)(void *data), void *data, int node,
					   const char *fmt, ...)
{
	struct kthread_request request;
	struct kthread *self = kzalloc(sizeof(*self), GFP_KERNEL);
	va_list args;

	if (!self)
		return ERR_PTR(-ENOMEM);
	self->fn = fn;
	self->data = data;
	init_completion(&self->exited);
	init_completion(&self->parked);
	request.kthread = self;
	init_completion(&request.done);
	va_start(args, fmt);
	vsnprintf(request.name, sizeof(request.name), fmt, args);
	va_end(args);
	spin_lock(&request_lock);
	list_add_tail(&request.list, &requests);
	spin_unlock(&request_lock);
	wake_up_process(kthreadd_task);
	wait_for_completion(&request.done);
	if (IS_ERR(request.task))
		kfree(self);
	return request.task;
}

struct task_struct *kthread_create_on_cpu(int (*fn)(void *data), void *data, unsigned int cpu,
					  const char *fmt)
{
	/* The format has one %u, for the CPU. */
	struct task_struct *task = kthread_create(fn, data, "%s", "");
	char name[TASK_COMM_LEN];

	if (IS_ERR(task))
		return task;
	snprintf(name, sizeof(name), fmt, cpu);
	task_lock(task);
	strscpy(task->comm, name, sizeof(task->comm));
	task_unlock(task);
	kthread_bind(task, cpu);
	return task;
}

void kthread_bind_mask(struct task_struct *task, const struct cpumask *mask)
{
	wait_task_inactive(task, TASK_UNINTERRUPTIBLE);
	set_cpus_allowed_ptr(task, mask);
	task->flags |= PF_NO_SETAFFINITY;
}

void kthread_bind(struct task_struct *task, unsigned int cpu)
{
	kthread_bind_mask(task, cpumask_of(cpu));
}

void kthread_set_per_cpu(struct task_struct *task, int cpu)
{
	kthread_bind(task, cpu);
}

bool kthread_should_stop(void)
{
	return test_bit(KTHREAD_SHOULD_STOP, &to_kthread(current)->flags);
}

bool kthread_should_park(void)
{
	return test_bit(KTHREAD_SHOULD_PARK, &to_kthread(current)->flags);
}

void kthread_parkme(void)
{
	struct kthread *self = to_kthread(current);

	for (;;) {
		set_special_state(TASK_PARKED);
		if (!test_bit(KTHREAD_SHOULD_PARK, &self->flags))
			break;
		complete(&self->parked);
		schedule();
	}
	__set_current_state(TASK_RUNNING);
}

int kthread_park(struct task_struct *task)
{
	struct kthread *kthread = to_kthread(task);

	if (task->flags & PF_EXITING)
		return -ENOSYS;
	if (test_and_set_bit(KTHREAD_SHOULD_PARK, &kthread->flags))
		return -EBUSY;
	wake_up_process(task);
	wait_for_completion(&kthread->parked);
	return 0;
}

void kthread_unpark(struct task_struct *task)
{
	struct kthread *kthread = to_kthread(task);

	reinit_completion(&kthread->parked);
	clear_bit(KTHREAD_SHOULD_PARK, &kthread->flags);
	wake_up_state(task, TASK_PARKED);
}

int kthread_stop(struct task_struct *task)
{
	struct kthread *kthread;
	int result;

	get_task_struct(task);
	kthread = to_kthread(task);
	set_bit(KTHREAD_SHOULD_STOP, &kthread->flags);
	kthread_unpark(task);
	wake_up_process(task);
	wait_for_completion(&kthread->exited);
	result = kthread->result;
	put_task_struct(task);
	return result;
}

int kthread_stop_put(struct task_struct *task)
{
	int result = kthread_stop(task);

	put_task_struct(task);
	return result;
}

void *kthread_data(struct task_struct *task)
{
	return to_kthread(task)->data;
}

void kthread_exit(long result)
{
	to_kthread(current)->result = result;
	do_exit(0);
}

/* => task == current. A thread that was killed by an oops has no result of its own. */
void kthread_on_exit(struct task_struct *task, long code)
{
	struct kthread *self = to_kthread(task);

	if (!self)
		return;
	if (code && !self->result)
		self->result = code;
	complete_all(&self->exited);
}

void free_kthread_struct(struct task_struct *task)
{
	kfree(task->worker_private);
	task->worker_private = NULL;
}
