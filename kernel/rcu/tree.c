// SPDX-License-Identifier: MIT
/*
 * RCU.
 *
 * Readers run with preemption off, so a CPU is outside of every reader section whenever it
 * switches tasks, idles, runs a guest program, or takes a tick that hit preemptible code. Each
 * CPU keeps one word, `seen`: it grows at each such quiescent state, and its lowest bit says
 * that the CPU stays in one (idle or user mode). Only the CPU itself writes it.
 *
 * A grace period: the thread rcu_gp takes all callbacks queued so far, notes every CPU's word,
 * and waits until each has been seen quiet or has moved on. It asks CPUs that do not move for a
 * reschedule. Then it calls the callbacks, softirqs off, in batches. An expedited one interrupts
 * the CPUs instead: an interrupt that hits preemptible code is a quiescent state, and else the
 * CPU switches tasks as soon as its section ends. Who waits for long looks for a stall (stall.c).
 *
 * Ordering. An updater's removal comes before its call_rcu(), the thread's fence before it
 * notes the words. A CPU's word changes with a full barrier after it (a locked instruction, or
 * the run queue's lock), so a reader that starts after the change sees the removal; one that
 * ended before the change made all its accesses before it (x86 keeps loads before later stores).
 */
#include <kern/completion.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/kthread.h>
#include <kern/percpu.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/smp.h>
#include <lib/llist.h>
#include <mm/slab.h>
#include <um/irqflags.h>
#include <um/processor.h>
#include "internal.h"

#define QUIET 1UL /* in `seen`: idle or in user mode */
#define BATCH 64

static DEFINE_PER_CPU_ALIGNED(unsigned long, seen);
/* Callbacks nobody waits for yet: the nodes are struct rcu_head. */
static DEFINE_PER_CPU_ALIGNED(struct llist_head, callbacks);
static DECLARE_WAIT_QUEUE_HEAD(gp_wait);
static bool gp_ready; /* the thread exists */
int rcu_expedited;

_Static_assert(offsetof(struct rcu_head, next) == 0, "struct rcu_head starts as an llist_node");

/* => this CPU, interrupts masked; a full barrier follows in the caller. */
void rcu_note_context_switch(void)
{
	this_cpu_add(seen, 2);
}

static void change_quiet(void)
{
	__atomic_fetch_add(this_cpu_ptr(&seen), 1, __ATOMIC_SEQ_CST);
}

void rcu_idle_enter(void)
{
	change_quiet();
}

void rcu_idle_exit(void)
{
	change_quiet();
}

void rcu_user_enter(void)
{
	change_quiet();
}

void rcu_user_exit(void)
{
	change_quiet();
}

bool rcu_irq_enter(void)
{
	if (!(this_cpu_read(seen) & QUIET))
		return false;
	change_quiet();
	return true;
}

void rcu_irq_exit(bool was_outside)
{
	if (was_outside)
		change_quiet();
}

/* The tick; user: it hit code that is in no reader section. => interrupt context */
void rcu_sched_clock_irq(bool user)
{
	if (user || preempt_count() == HARDIRQ_OFFSET) {
		this_cpu_add(seen, 2);
		smp_mb();
	}
}

static void kick_gp(void)
{
	if (READ_ONCE(gp_ready) && wq_has_sleeper(&gp_wait))
		wake_up(&gp_wait);
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	unsigned long flags;
	bool first;

	head->func = func;
	local_irq_save(flags);
	first = llist_add((struct llist_node *)head, this_cpu_ptr(&callbacks));
	local_irq_restore(flags);
	if (first)
		kick_gp();
}

/* kfree_rcu: a small number in place of a function is the offset of the head in its object. */
void __kfree_rcu(struct rcu_head *head, unsigned long offset)
{
	call_rcu(head, (rcu_callback_t)offset);
}

static void invoke(struct rcu_head *head)
{
	unsigned long offset = (unsigned long)head->func;

	if (offset < 4096)
		kfree((char *)head - offset);
	else
		head->func(head);
}

static bool have_callbacks(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		if (!llist_empty(per_cpu_ptr(&callbacks, cpu)))
			return true;
	}
	return false;
}

static void notice(unsigned long *noted, struct cpumask *waiting)
{
	unsigned int cpu;

	cpumask_clear(waiting);
	smp_mb();
	for_each_online_cpu(cpu) {
		noted[cpu] = __atomic_load_n(per_cpu_ptr(&seen, cpu), __ATOMIC_SEQ_CST);
		if (!(noted[cpu] & QUIET))
			cpumask_set_cpu(cpu, waiting);
	}
}

/* Takes CPUs that have been quiet off the mask. => true when none is left. */
static bool all_quiet(const unsigned long *noted, struct cpumask *waiting)
{
	unsigned int cpu;

	for_each_cpu(cpu, waiting) {
		if (__atomic_load_n(per_cpu_ptr(&seen, cpu), __ATOMIC_SEQ_CST) != noted[cpu])
			cpumask_clear_cpu(cpu, waiting);
	}
	return cpumask_empty(waiting);
}

static void ask_for_quiet(const struct cpumask *waiting)
{
	unsigned int cpu;

	for_each_cpu(cpu, waiting)
		resched_cpu(cpu);
}

/* Waits until every reader section that is open now has ended. => may sleep */
static void wait_for_readers(void)
{
	unsigned long noted[NR_CPUS];
	struct rcu_stall stall;
	struct cpumask waiting;

	/* Alone, and not in a section: preemption off keeps every other reader from being inside. */
	if (num_online_cpus() == 1)
		return;
	notice(noted, &waiting);
	rcu_stall_begin(&stall);
	for (unsigned int round = 0; !all_quiet(noted, &waiting); round++) {
		if (!round) {
			cond_resched();
			continue;
		}
		ask_for_quiet(&waiting);
		schedule_timeout_idle(1);
		rcu_stall_check(&stall, &waiting);
	}
	smp_mb();
}

/* In an interrupt that an expedited grace period sent. */
static void expedite_here(void *unused)
{
	if (preempt_count() == HARDIRQ_OFFSET) {
		this_cpu_add(seen, 2);
		smp_mb();
	}
}

/* Rounds of looking before the wait becomes an ordinary one: some tens of microseconds. */
#define EXPEDITED_ROUNDS 2000

void synchronize_rcu_expedited(void)
{
	unsigned long noted[NR_CPUS], rounds = 0;
	struct rcu_stall stall;
	struct cpumask waiting;

	might_sleep();
	if (system_state == SYSTEM_BOOTING || num_online_cpus() == 1)
		return;
	preempt_disable();
	notice(noted, &waiting);
	/* We are here, so in no section. */
	cpumask_clear_cpu(smp_processor_id(), &waiting);
	smp_call_function_many(&waiting, expedite_here, NULL, false);
	preempt_enable();
	if (!all_quiet(noted, &waiting))
		ask_for_quiet(&waiting);
	rcu_stall_begin(&stall);
	while (!all_quiet(noted, &waiting)) {
		if (rounds < EXPEDITED_ROUNDS) {
			um_spin_wait(rounds++);
			continue;
		}
		schedule_timeout_idle(1);
		rcu_stall_check(&stall, &waiting);
	}
	smp_mb();
}

static void invoke_all(struct llist_node *list)
{
	unsigned int count = 0;

	local_bh_disable();
	while (list) {
		struct rcu_head *head = (struct rcu_head *)list;

		list = list->next;
		invoke(head);
		if (++count % BATCH == 0) {
			local_bh_enable();
			cond_resched();
			local_bh_disable();
		}
	}
	local_bh_enable();
}

static int rcu_gp_thread(void *unused)
{
	static struct llist_node *taken[NR_CPUS]; /* this thread only */
	unsigned int cpu;

	for (;;) {
		wait_event_idle(gp_wait, have_callbacks());
		for_each_possible_cpu(cpu)
			taken[cpu] = llist_del_all(per_cpu_ptr(&callbacks, cpu));
		wait_for_readers();
		for_each_possible_cpu(cpu)
			invoke_all(llist_reverse_order(taken[cpu]));
		/* Collect for a tick: one grace period for many callbacks. */
		schedule_timeout_idle(1);
	}
	return 0;
}

void synchronize_rcu(void)
{
	might_sleep();
	if (system_state == SYSTEM_BOOTING)
		return;
	if (READ_ONCE(rcu_expedited))
		synchronize_rcu_expedited();
	else
		wait_for_readers();
}

struct barrier_wait {
	struct rcu_head head;
	struct completion done;
};

static void barrier_called(struct rcu_head *head)
{
	complete(&container_of(head, struct barrier_wait, head)->done);
}

void rcu_barrier(void)
{
	unsigned int cpu;

	/* Behind the callbacks of each CPU, in that CPU's order. */
	for_each_possible_cpu(cpu) {
		struct barrier_wait wait;

		init_completion(&wait.done);
		wait.head.func = barrier_called;
		if (llist_add((struct llist_node *)&wait.head, per_cpu_ptr(&callbacks, cpu)))
			kick_gp();
		wait_for_completion(&wait.done);
	}
}

static int rcu_spawn(void)
{
	struct task_struct *task = kthread_run(rcu_gp_thread, NULL, "rcu_gp");

	if (IS_ERR(task))
		return PTR_ERR(task);
	WRITE_ONCE(gp_ready, true);
	kick_gp();
	return 0;
}
pure_initcall(rcu_spawn);
