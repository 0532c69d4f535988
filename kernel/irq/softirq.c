// SPDX-License-Identifier: MIT
/*
 * Softirqs: run at the end of the outermost interrupt and by local_bh_enable(), with interrupts
 * on, on the CPU that raised them. When they keep coming, ksoftirqd of that CPU takes over, so
 * that tasks get their turn. Tasklets are lists that two of the softirqs run.
 */
#include <kern/init.h>
#include <kern/interrupt.h>
#include <kern/kthread.h>
#include <kern/percpu.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/timekeeping.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include "internal.h"

#define MAX_RESTART 10
#define MAX_NS	    2000000ULL

const char *const softirq_to_name[NR_SOFTIRQS] = {
	"HI",	    "TIMER",   "NET_TX", "NET_RX",  "BLOCK",
	"IRQ_POLL", "TASKLET", "SCHED",	 "HRTIMER", "RCU",
};

typedef unsigned int softirq_counts_t[NR_SOFTIRQS];

static void (*softirq_actions[NR_SOFTIRQS])(void); /* constant after boot */
static DEFINE_PER_CPU(u32, softirq_pending);
static DEFINE_PER_CPU(softirq_counts_t, softirq_counts);
static DEFINE_PER_CPU(struct task_struct *, ksoftirqd);

bool local_softirq_pending(void)
{
	return this_cpu_read(softirq_pending) != 0;
}

void open_softirq(int nr, void (*action)(void))
{
	softirq_actions[nr] = action;
}

unsigned int kstat_softirqs_cpu(unsigned int nr, unsigned int cpu)
{
	return READ_ONCE(per_cpu(softirq_counts, cpu)[nr]);
}

static void wake_ksoftirqd(void)
{
	struct task_struct *task = this_cpu_read(ksoftirqd);

	if (task)
		wake_up_process(task);
}

void __raise_softirq_irqoff(unsigned int nr)
{
	this_cpu_or(softirq_pending, 1U << nr);
}

void raise_softirq_irqoff(unsigned int nr)
{
	__raise_softirq_irqoff(nr);
	/* Outside of interrupts nobody would look soon. */
	if (!in_interrupt())
		wake_ksoftirqd();
}

void raise_softirq(unsigned int nr)
{
	unsigned long flags;

	local_irq_save(flags);
	raise_softirq_irqoff(nr);
	local_irq_restore(flags);
}

static void run_pending(u32 pending)
{
	while (pending) {
		unsigned int nr = __builtin_ctz(pending);
		unsigned int count = preempt_count();

		pending &= pending - 1;
		(*this_cpu_ptr(&softirq_counts))[nr]++;
		softirq_actions[nr]();
		if (unlikely(count != preempt_count())) {
			pr_err("softirq %s left preempt count %x, was %x\n", softirq_to_name[nr],
			       preempt_count(), count);
			preempt_count_set(count);
		}
	}
}

/* => interrupts masked, not in an interrupt; the same at return. */
static void __do_softirq(void)
{
	u64 end = sched_clock() + MAX_NS;
	unsigned int restart = MAX_RESTART;
	u32 pending;
	int was;

	preempt_count_add(SOFTIRQ_OFFSET);
	was = account_irq_enter(CPUTIME_SOFTIRQ);
	while ((pending = this_cpu_read(softirq_pending))) {
		if (!restart-- || sched_clock() > end) {
			wake_ksoftirqd();
			break;
		}
		this_cpu_write(softirq_pending, 0);
		local_irq_enable();
		run_pending(pending);
		local_irq_disable();
	}
	account_irq_exit(was);
	preempt_count_sub(SOFTIRQ_OFFSET);
}

void invoke_softirq(void)
{
	__do_softirq();
}

void do_softirq(void)
{
	unsigned long flags;

	if (in_interrupt())
		return;
	local_irq_save(flags);
	if (local_softirq_pending())
		__do_softirq();
	local_irq_restore(flags);
}

void local_bh_disable(void)
{
	preempt_count_add(SOFTIRQ_DISABLE_OFFSET);
	barrier();
}

void _local_bh_enable_no_run(void)
{
	barrier();
	preempt_count_sub(SOFTIRQ_DISABLE_OFFSET);
}

void local_bh_enable(void)
{
	barrier();
	/* Preemption stays off until the softirqs are done: they belong to this CPU. */
	preempt_count_sub(SOFTIRQ_DISABLE_OFFSET - PREEMPT_OFFSET);
	if (unlikely(!in_interrupt() && local_softirq_pending() && !irqs_disabled()))
		do_softirq();
	preempt_enable();
}

/* Tasklets. */

struct tasklet_list {
	struct tasklet_struct *head, **tail;
};

static DEFINE_PER_CPU(struct tasklet_list, tasklets);
static DEFINE_PER_CPU(struct tasklet_list, tasklets_hi);

static void tasklet_queue(struct tasklet_struct *t, struct tasklet_list *template, unsigned int nr)
{
	struct tasklet_list *list;
	unsigned long flags;

	local_irq_save(flags);
	list = this_cpu_ptr(template);
	t->next = NULL;
	if (!list->head)
		list->tail = &list->head;
	*list->tail = t;
	list->tail = &t->next;
	raise_softirq_irqoff(nr);
	local_irq_restore(flags);
}

void tasklet_setup(struct tasklet_struct *t, void (*callback)(struct tasklet_struct *))
{
	t->next = NULL;
	t->state = 0;
	atomic_set(&t->count, 0);
	t->callback = callback;
}

static bool tasklet_test_and_set(struct tasklet_struct *t, int bit)
{
	return __atomic_fetch_or(&t->state, 1UL << bit, __ATOMIC_SEQ_CST) >> bit & 1;
}

static void tasklet_clear(struct tasklet_struct *t, int bit)
{
	__atomic_fetch_and(&t->state, ~(1UL << bit), __ATOMIC_SEQ_CST);
}

void tasklet_schedule(struct tasklet_struct *t)
{
	if (!tasklet_test_and_set(t, TASKLET_STATE_SCHED))
		tasklet_queue(t, &tasklets, TASKLET_SOFTIRQ);
}

void tasklet_hi_schedule(struct tasklet_struct *t)
{
	if (!tasklet_test_and_set(t, TASKLET_STATE_SCHED))
		tasklet_queue(t, &tasklets_hi, HI_SOFTIRQ);
}

static void run_tasklets(struct tasklet_list *template, unsigned int nr)
{
	struct tasklet_struct *t, *next;
	struct tasklet_list *list;

	local_irq_disable();
	list = this_cpu_ptr(template);
	t = list->head;
	list->head = NULL;
	local_irq_enable();
	for (; t; t = next) {
		next = t->next;
		if (!tasklet_test_and_set(t, TASKLET_STATE_RUN)) {
			if (!atomic_read(&t->count)) {
				tasklet_clear(t, TASKLET_STATE_SCHED);
				t->callback(t);
				tasklet_clear(t, TASKLET_STATE_RUN);
				continue;
			}
			tasklet_clear(t, TASKLET_STATE_RUN);
		}
		/* Runs on another CPU, or is disabled: later. */
		tasklet_queue(t, template, nr);
	}
}

static void tasklet_action(void)
{
	run_tasklets(&tasklets, TASKLET_SOFTIRQ);
}

static void tasklet_hi_action(void)
{
	run_tasklets(&tasklets_hi, HI_SOFTIRQ);
}

void tasklet_disable(struct tasklet_struct *t)
{
	unsigned long rounds = 0;

	atomic_inc(&t->count);
	smp_mb();
	while (READ_ONCE(t->state) & (1UL << TASKLET_STATE_RUN))
		um_spin_wait(rounds++);
}

void tasklet_enable(struct tasklet_struct *t)
{
	atomic_dec(&t->count);
}

void tasklet_kill(struct tasklet_struct *t)
{
	while (tasklet_test_and_set(t, TASKLET_STATE_SCHED))
		schedule_timeout_uninterruptible(1);
	while (READ_ONCE(t->state) & (1UL << TASKLET_STATE_RUN))
		schedule_timeout_uninterruptible(1);
	tasklet_clear(t, TASKLET_STATE_SCHED);
}

static int ksoftirqd_fn(void *unused)
{
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (local_softirq_pending()) {
			__set_current_state(TASK_RUNNING);
			do_softirq();
			cond_resched();
			continue;
		}
		schedule();
	}
	return 0;
}

/* One thread a CPU. */
static int spawn_ksoftirqd(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct task_struct *task =
			kthread_create_on_cpu(ksoftirqd_fn, NULL, cpu, "ksoftirqd/%u");

		if (IS_ERR(task)) {
			pr_err("no ksoftirqd for CPU %u: %ld\n", cpu, PTR_ERR(task));
			continue;
		}
		per_cpu(ksoftirqd, cpu) = task;
		if (cpu_online(cpu))
			wake_up_process(task);
	}
	return 0;
}
pure_initcall(spawn_ksoftirqd);

void softirq_init(void)
{
	open_softirq(TASKLET_SOFTIRQ, tasklet_action);
	open_softirq(HI_SOFTIRQ, tasklet_hi_action);
}
