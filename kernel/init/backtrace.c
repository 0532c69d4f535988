// SPDX-License-Identifier: MIT
/* Stacks with symbols, in the log: our own, sleeping tasks', other CPUs'. */
#include <kern/backtrace.h>
#include <kern/cpumask.h>
#include <kern/fork.h>
#include <kern/kallsyms.h>
#include <kern/panic.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <um/setup.h>
#include <um/smp.h>

#define TRACE_MAX 32

static void print_trace(const char *level, const unsigned long *trace, unsigned int n)
{
	char name[KSYM_SYMBOL_LEN];

	printk("%sCall Trace:\n", level);
	for (unsigned int i = 0; i < n; i++) {
		/* Return addresses: the call is before them, perhaps at the end of its function. */
		sprint_symbol(name, trace[i] - 1);
		printk("%s  %s\n", level, name);
	}
}

static void print_who(const char *level, unsigned int cpu, const struct task_struct *task)
{
	char taint[TAINT_TEXT_LEN];

	printk("%sCPU: %u PID: %d Comm: %.16s %s\n", level, cpu, task->pid, task->comm,
	       print_tainted(taint));
}

void dump_stack_lvl(const char *level)
{
	unsigned long trace[TRACE_MAX];
	unsigned int n = um_stack_trace(trace, TRACE_MAX);

	print_who(level, raw_smp_processor_id(), current);
	print_trace(level, trace, n);
}

void dump_stack(void)
{
	dump_stack_lvl(KERN_WARNING);
}

void sched_show_task(struct task_struct *task)
{
	unsigned long trace[TRACE_MAX];
	unsigned int n = task_stack_trace(task, trace, TRACE_MAX);
	pid_t parent;

	rcu_read_lock();
	parent = rcu_dereference(task->real_parent)->tgid;
	rcu_read_unlock();
	pr_info("task:%-15.15s state:%c pid:%-5d tgid:%-5d ppid:%-6d flags:0x%08x\n", task->comm,
		task_state_to_char(task), task->pid, task->tgid, parent, task->flags);
	if (n)
		print_trace(KERN_INFO, trace, n);
}

void show_state_filter(unsigned int states)
{
	struct task_struct *leader, *task;

	rcu_read_lock();
	for_each_process_thread(leader, task) {
		unsigned int state = READ_ONCE(task->state);

		/* A sleep that may last for ever (TASK_IDLE) is no sleep to worry about. */
		if (!states || ((state & states) && !(state & TASK_NOLOAD)))
			sched_show_task(task);
	}
	rcu_read_unlock();
}

void show_cpu_backtrace(unsigned int cpu)
{
	unsigned long trace[TRACE_MAX];
	struct task_struct *task;
	unsigned int n;

	if (idle_cpu(cpu)) {
		pr_warn("NMI backtrace for cpu %u skipped: idling\n", cpu);
		return;
	}
	n = um_stack_trace_cpu(cpu, trace, TRACE_MAX);
	if (!n) {
		pr_warn("NMI backtrace for cpu %u: no answer, the host does not run it\n", cpu);
		return;
	}
	pr_warn("NMI backtrace for cpu %u\n", cpu);
	rcu_read_lock();
	task = curr_task(cpu);
	print_who(KERN_WARNING, cpu, task);
	rcu_read_unlock();
	print_trace(KERN_WARNING, trace, n);
}

void trigger_all_cpu_backtrace(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		show_cpu_backtrace(cpu);
}
