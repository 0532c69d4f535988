// SPDX-License-Identifier: MIT
/* Switching the machine off. The exit status of the host process is poweroff_status. */
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/mutex.h>
#include <kern/pid.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/reboot.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/user_namespace.h>
#include <mm/uaccess.h>
#include <um/setup.h>
#include <um/virtual.h>

/* One at a time. */
static DEFINE_MUTEX(reboot_mutex);
int poweroff_status;
static bool ctrl_alt_del_enabled = true;

void kernel_power_off(void)
{
	pr_info("reboot: Power down\n");
	um_virtual_report();
	um_halt(poweroff_status);
}

void kernel_halt(void)
{
	pr_info("reboot: System halted\n");
	um_virtual_report();
	um_halt(poweroff_status);
}

/* A process cannot start itself anew: whoever ran it may. */
void kernel_restart(const char *cmd)
{
	if (cmd)
		pr_info("reboot: Restarting system with command '%s'\n", cmd);
	else
		pr_info("reboot: Restarting system\n");
	um_virtual_report();
	um_halt(poweroff_status);
}

void emergency_restart(void)
{
	um_halt(poweroff_status);
}

/* Would init, which ignores all that it does not handle, hear the signal at all? */
static bool init_handles(int sig)
{
	__sighandler_t handler = SIG_DFL;
	struct task_struct *init;
	unsigned long flags;

	rcu_read_lock();
	init = find_task_by_pid_ns(1, &init_pid_ns);
	if (init && lock_task_sighand(init, &flags)) {
		handler = init->sighand->action[sig - 1].sa.sa_handler;
		unlock_task_sighand(init, &flags);
	}
	rcu_read_unlock();
	return handler != SIG_DFL && handler != SIG_IGN;
}

/* Of the first name space, whoever runs. */
static void kill_init(int sig)
{
	rcu_read_lock();
	kill_pid(find_pid_ns(1, &init_pid_ns), sig, 1);
	rcu_read_unlock();
}

void orderly_poweroff(void)
{
	static bool asked;

	/* Asked twice: init hangs. */
	if (asked || !init_handles(SIGUSR2))
		kernel_power_off();
	asked = true;
	kill_init(SIGUSR2);
}

void signal_init(int sig, bool typed)
{
	struct pid *init;

	if (!init_handles(sig)) {
		poweroff_status = 128 + sig;
		kernel_power_off();
	}
	init = find_get_pid(1);
	kill_pid(init, sig, typed);
	put_pid(init);
}

void ctrl_alt_del(void)
{
	if (ctrl_alt_del_enabled)
		kernel_restart(NULL);
	kill_init(SIGINT);
}

SYSCALL_DEFINE4(reboot, int, magic1, int, magic2, unsigned int, cmd, void __user *, arg)
{
	struct pid_namespace *ns = task_active_pid_ns(current);
	char buffer[256];
	long ret = 0;

	if (!ns_capable(ns->user_ns, CAP_SYS_BOOT))
		return -EPERM;
	if ((unsigned int)magic1 != LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A &&
	     magic2 != LINUX_REBOOT_MAGIC2B && magic2 != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	if (ns != &init_pid_ns)
		return reboot_pid_ns(ns, cmd);

	mutex_lock(&reboot_mutex);
	switch (cmd) {
	case LINUX_REBOOT_CMD_RESTART:
		kernel_restart(NULL);
	case LINUX_REBOOT_CMD_CAD_ON:
		ctrl_alt_del_enabled = true;
		break;
	case LINUX_REBOOT_CMD_CAD_OFF:
		ctrl_alt_del_enabled = false;
		break;
	case LINUX_REBOOT_CMD_HALT:
		kernel_halt();
	case LINUX_REBOOT_CMD_POWER_OFF:
		kernel_power_off();
	case LINUX_REBOOT_CMD_RESTART2:
		ret = strncpy_from_user(buffer, arg, sizeof(buffer) - 1);
		if (ret < 0) {
			ret = -EFAULT;
			break;
		}
		buffer[sizeof(buffer) - 1] = 0;
		kernel_restart(buffer);
	default:
		ret = -EINVAL;
	}
	mutex_unlock(&reboot_mutex);
	return ret;
}
