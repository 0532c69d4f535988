// SPDX-License-Identifier: MIT
/*
 * Stoppers: the threads migration/N of the stop class, and what is done by them.
 *
 * A work is put on its CPU's list, and the thread woken: it preempts whatever runs there as soon
 * as that lets itself be preempted. So once a work has run, the task that ran there before it is
 * off its CPU, and one whose mask forbids the CPU has left it.
 *
 * stop_machine() brings all stoppers through the steps below; the last to arrive at one opens the
 * next. All have interrupts masked when the function runs.
 *
 *   PREPARE --all are there--> MASK --all are masked--> RUN --all are done--> EXIT
 *
 * The host may deschedule any of them: the others yield while they wait.
 *
 * Locks: stop_mutex (one stop_machine() at a time: two would wait for each other) > stopper->lock
 * (interrupts off), which is a leaf. Threads are woken with no lock held.
 */
#include <kern/completion.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kthread.h>
#include <kern/mutex.h>
#include <kern/panic.h>
#include <kern/percpu.h>
#include <kern/stop_machine.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include "internal.h"

struct cpu_stopper {
	spinlock_t lock;
	struct list_head works;		/* lock */
	struct task_struct *thread;	/* constant once it is there */
};

struct cpu_stop_done {
	atomic_t left;			/* works that have not ended */
	int ret;			/* the last value that was not 0 */
	struct completion completion;
};

static DEFINE_PER_CPU_ALIGNED(struct cpu_stopper, stoppers);
static DEFINE_MUTEX(stop_mutex);

static void init_done(struct cpu_stop_done *done, unsigned int works)
{
	atomic_set(&done->left, works);
	done->ret = 0;
	init_completion(&done->completion);
}

static void work_done(struct cpu_stop_done *done)
{
	if (atomic_dec_and_test(&done->left))
		complete(&done->completion);
}

static bool queue_stop(unsigned int cpu, struct cpu_stop_work *work)
{
	struct cpu_stopper *stopper = per_cpu_ptr(&stoppers, cpu);
	struct task_struct *thread = smp_load_acquire(&stopper->thread);
	unsigned long flags;

	if (!thread || !cpu_online(cpu))
		return false;
	spin_lock_irqsave(&stopper->lock, flags);
	list_add_tail(&work->list, &stopper->works);
	spin_unlock_irqrestore(&stopper->lock, flags);
	wake_up_process(thread);
	return true;
}

int stop_one_cpu(unsigned int cpu, cpu_stop_fn_t fn, void *arg)
{
	struct cpu_stop_done done;
	struct cpu_stop_work work = { .fn = fn, .arg = arg, .done = &done };

	might_sleep();
	init_done(&done, 1);
	if (!queue_stop(cpu, &work))
		return -ENOENT;
	wait_for_completion(&done.completion);
	return done.ret;
}

bool stop_one_cpu_nowait(unsigned int cpu, cpu_stop_fn_t fn, void *arg, struct cpu_stop_work *work)
{
	*work = (struct cpu_stop_work){ .fn = fn, .arg = arg };
	return queue_stop(cpu, work);
}

/* ---- all CPUs at once ---- */

enum stop_step { STEP_NONE, STEP_PREPARE, STEP_MASK, STEP_RUN, STEP_EXIT };

struct multi_stop {
	cpu_stop_fn_t fn;
	void *arg;
	struct cpumask run_on;
	unsigned int cpus;		/* that take part */
	enum stop_step step;		/* atomic: written by the last to arrive */
	atomic_t to_arrive;
};

static void open_step(struct multi_stop *multi, enum stop_step step)
{
	atomic_set(&multi->to_arrive, multi->cpus);
	__atomic_store_n(&multi->step, step, __ATOMIC_RELEASE);
}

static void arrive(struct multi_stop *multi)
{
	if (atomic_dec_and_test(&multi->to_arrive))
		open_step(multi, multi->step + 1);
}

/* In each stopper. */
static int multi_stop_fn(void *arg)
{
	struct multi_stop *multi = arg;
	enum stop_step at = STEP_NONE;
	unsigned long flags, rounds = 0;
	int ret = 0;

	local_save_flags(flags);
	do {
		enum stop_step step = __atomic_load_n(&multi->step, __ATOMIC_ACQUIRE);

		if (step == at) {
			um_spin_wait(rounds++);
			continue;
		}
		at = step;
		if (at == STEP_MASK)
			local_irq_disable();
		if (at == STEP_RUN && cpumask_test_cpu(smp_processor_id(), &multi->run_on))
			ret = multi->fn(multi->arg);
		if (at != STEP_EXIT)
			arrive(multi);
	} while (at != STEP_EXIT);
	local_irq_restore(flags);
	return ret;
}

/* Before there are stoppers there is one CPU. */
static int stop_alone(cpu_stop_fn_t fn, void *arg)
{
	unsigned long flags;
	int ret;

	local_irq_save(flags);
	ret = fn(arg);
	local_irq_restore(flags);
	return ret;
}

int stop_machine(cpu_stop_fn_t fn, void *arg, const struct cpumask *cpus)
{
	static struct cpu_stop_work works[NR_CPUS]; /* stop_mutex */
	struct multi_stop multi = { .fn = fn, .arg = arg, .cpus = num_online_cpus() };
	struct cpu_stop_done done;
	unsigned int cpu;

	if (system_state == SYSTEM_BOOTING || !READ_ONCE(per_cpu_ptr(&stoppers, 0)->thread))
		return stop_alone(fn, arg);
	mutex_lock(&stop_mutex);
	multi.run_on = cpus ? *cpus : *cpumask_of(cpumask_first(cpu_online_mask));
	init_done(&done, multi.cpus);
	open_step(&multi, STEP_PREPARE);
	/* The stopper of this CPU would wait for others that we had not woken yet. */
	preempt_disable();
	for_each_online_cpu(cpu) {
		works[cpu] = (struct cpu_stop_work){ .fn = multi_stop_fn, .arg = &multi,
						     .done = &done };
		queue_stop(cpu, &works[cpu]);
	}
	preempt_enable();
	wait_for_completion(&done.completion);
	mutex_unlock(&stop_mutex);
	return done.ret;
}

/* ---- the threads ---- */

static struct cpu_stop_work *next_work(struct cpu_stopper *stopper)
{
	struct cpu_stop_work *work;

	spin_lock_irq(&stopper->lock);
	work = list_first_entry_or_null(&stopper->works, struct cpu_stop_work, list);
	if (work)
		list_del_init(&work->list);
	spin_unlock_irq(&stopper->lock);
	return work;
}

static int stopper_fn(void *arg)
{
	struct cpu_stopper *stopper = arg;

	for (;;) {
		struct cpu_stop_work *work;
		struct cpu_stop_done *done;
		int ret;

		set_current_state(TASK_INTERRUPTIBLE);
		work = next_work(stopper);
		if (!work) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		done = work->done;
		/* From here on it may be gone, or queued again, when nobody waits for it. */
		ret = work->fn(work->arg);
		if (done) {
			if (ret)
				WRITE_ONCE(done->ret, ret);
			work_done(done);
		}
	}
	return 0;
}

/* Before initcalls: the first thing that a set affinity needs. */
static int __init spawn_stoppers(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct cpu_stopper *stopper = per_cpu_ptr(&stoppers, cpu);
		struct task_struct *thread;

		spin_lock_init(&stopper->lock);
		INIT_LIST_HEAD(&stopper->works);
		thread = kthread_create_on_cpu(stopper_fn, stopper, cpu, "migration/%u");
		if (IS_ERR(thread))
			panic("no thread for the stopper of CPU %u: error %ld", cpu, PTR_ERR(thread));
		sched_set_stop_task(cpu, thread);
		if (cpu_online(cpu))
			wake_up_process(thread);
		smp_store_release(&stopper->thread, thread);
	}
	return 0;
}
pure_initcall(spawn_stoppers);
