// SPDX-License-Identifier: MIT
/* The magic keys of the kernel proper. Those of file systems are in fs/vfs/emergency.c. */
#include <kern/backtrace.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/panic.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/reboot.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/sysrq.h>
#include <kern/workqueue.h>
#include <mm/oom.h>
#include <mm/vmstat.h>

static void set_loglevel(char key)
{
	console_loglevel = key - '0';
	pr_info("sysrq: Loglevel set to %d\n", console_loglevel);
}

static void reboot(char key)
{
	emergency_restart();
}

static void crash(char key)
{
	panic("sysrq triggered crash");
}

/* To every process but init and the kernel's threads. */
static void signal_all(int sig)
{
	struct task_struct *task;

	read_lock(&tasklist_lock);
	for_each_process(task) {
		if (!(task->flags & PF_KTHREAD) && !is_global_init(task))
			do_send_sig_info(sig, SEND_SIG_PRIV, task, PIDTYPE_MAX);
	}
	read_unlock(&tasklist_lock);
}

static void terminate_all(char key)
{
	signal_all(SIGTERM);
	console_loglevel = LOGLEVEL_DEBUG + 1;
}

static void kill_all(char key)
{
	signal_all(SIGKILL);
	console_loglevel = LOGLEVEL_DEBUG + 1;
}

static void oom_work_fn(struct work_struct *work)
{
	if (!out_of_memory(GFP_KERNEL, 0, node_online_map))
		pr_info("sysrq: OOM request ignored. No task eligible\n");
}
static DECLARE_WORK(oom_work, oom_work_fn);

static void kill_for_memory(char key)
{
	queue_work(system_unbound_wq, &oom_work);
}

static void show_cpus(char key)
{
	trigger_all_cpu_backtrace();
}

static void show_memory(char key)
{
	show_mem();
}

static void normalize_rt_work_fn(struct work_struct *work)
{
	normalize_rt_tasks();
}
static DECLARE_WORK(normalize_rt_work, normalize_rt_work_fn);

static void normalize_rt(char key)
{
	queue_work(system_unbound_wq, &normalize_rt_work);
}

static void power_off_fn(struct work_struct *work)
{
	kernel_power_off();
}
static DECLARE_WORK(power_off_work, power_off_fn);

static void power_off(char key)
{
	queue_work(system_unbound_wq, &power_off_work);
}

static void show_here(char key)
{
	dump_stack_lvl(KERN_INFO);
}

static void show_tasks(char key)
{
	show_state_filter(0);
}

static void show_blocked(char key)
{
	show_state_filter(TASK_UNINTERRUPTIBLE);
}

static const struct sysrq_key loglevel_key = { set_loglevel, "loglevel(0-9)", "Changing Loglevel",
					       SYSRQ_ENABLE_LOG };

static const struct {
	char key;
	struct sysrq_key op;
} kernel_keys[] = {
	{ 'b', { reboot, "reboot(b)", "Resetting", SYSRQ_ENABLE_BOOT } },
	{ 'c', { crash, "crash(c)", "Trigger a crash", SYSRQ_ENABLE_DUMP } },
	{ 'e', { terminate_all, "terminate-all-tasks(e)", "Terminate All Tasks", SYSRQ_ENABLE_SIGNAL } },
	{ 'f', { kill_for_memory, "memory-full-oom-kill(f)", "Manual OOM execution", SYSRQ_ENABLE_SIGNAL } },
	{ 'i', { kill_all, "kill-all-tasks(i)", "Kill All Tasks", SYSRQ_ENABLE_SIGNAL } },
	{ 'l', { show_cpus, "show-backtrace-all-active-cpus(l)", "Show backtrace of all active CPUs",
		 SYSRQ_ENABLE_DUMP } },
	{ 'm', { show_memory, "show-memory-usage(m)", "Show Memory", SYSRQ_ENABLE_DUMP } },
	{ 'n', { normalize_rt, "nice-all-RT-tasks(n)", "Nice All RT Tasks", SYSRQ_ENABLE_RTNICE } },
	{ 'o', { power_off, "poweroff(o)", "Power Off", SYSRQ_ENABLE_BOOT } },
	{ 'p', { show_here, "show-registers(p)", "Show Regs", SYSRQ_ENABLE_DUMP } },
	{ 't', { show_tasks, "show-task-states(t)", "Show State", SYSRQ_ENABLE_DUMP } },
	{ 'w', { show_blocked, "show-blocked-tasks(w)", "Show Blocked State", SYSRQ_ENABLE_DUMP } },
};

static int __init sysrq_keys_init(void)
{
	for (char key = '0'; key <= '9'; key++)
		WARN_ON(register_sysrq_key(key, &loglevel_key));
	for (unsigned int i = 0; i < ARRAY_SIZE(kernel_keys); i++)
		WARN_ON(register_sysrq_key(kernel_keys[i].key, &kernel_keys[i].op));
	return 0;
}
core_initcall(sysrq_keys_init);
