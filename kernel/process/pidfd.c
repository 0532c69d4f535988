// SPDX-License-Identifier: MIT
/* Descriptors that stand for a process: pollable, and safe against reuse of the number. */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/poll.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <kern/ptrace.h>
#include <kern/rcupdate.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <mm/uaccess.h>

#include <linux/fcntl.h>
#include <linux/poll.h>

static int pidfd_release(struct inode *inode, struct file *file)
{
	put_pid(file->private_data);
	return 0;
}

static bool has_exited(struct pid *pid)
{
	struct task_struct *task;
	bool exited;

	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_PID);
	exited = !task || (READ_ONCE(task->exit_state) && thread_group_empty(task));
	rcu_read_unlock();
	return exited;
}

static __poll_t pidfd_poll(struct file *file, struct poll_table_struct *pt)
{
	struct pid *pid = file->private_data;

	poll_wait(file, &pid->wait_pidfd, pt);
	return has_exited(pid) ? POLLIN | POLLRDNORM : 0;
}

static void pidfd_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct pid_namespace *ns = task_active_pid_ns(current);
	struct pid *pid = file->private_data;
	pid_t nr = has_exited(pid) && !pid_has_task(pid, PIDTYPE_PID) ? -1 : pid_nr_ns(pid, ns);

	seq_printf(m, "Pid:\t%d\nNSpid:\t%d", nr, nr);
	/* And in the name spaces below. */
	if (nr > 0)
		for (unsigned int level = ns->level + 1; level <= pid->level; level++)
			seq_printf(m, "\t%d", pid->numbers[level].nr);
	seq_putc(m, '\n');
}

static const struct file_operations pidfd_fops = {
	.release = pidfd_release,
	.poll = pidfd_poll,
	.show_fdinfo = pidfd_show_fdinfo,
};

void pidfd_notify(struct task_struct *task)
{
	wake_up_all(&task_pid(task)->wait_pidfd);
}

int pidfd_prepare(struct pid *pid, unsigned int flags, struct file **file)
{
	int fd = get_unused_fd_flags(O_CLOEXEC);
	struct file *f;

	if (fd < 0)
		return fd;
	f = anon_inode_getfile("[pidfd]", &pidfd_fops, get_pid(pid), O_RDWR | (flags & O_NONBLOCK));
	if (IS_ERR(f)) {
		put_unused_fd(fd);
		put_pid(pid);
		return PTR_ERR(f);
	}
	*file = f;
	return fd;
}

void pidfd_abort(int fd, struct file *file)
{
	put_unused_fd(fd);
	fput(file);
}

struct pid *pidfd_pid(const struct file *file)
{
	return file->f_op == &pidfd_fops ? file->private_data : ERR_PTR(-EBADF);
}

struct pid *pidfd_get_pid(unsigned int fd, unsigned int *flags)
{
	struct file *file = fget(fd);
	struct pid *pid;

	if (!file)
		return ERR_PTR(-EBADF);
	pid = pidfd_pid(file);
	if (!IS_ERR(pid)) {
		get_pid(pid);
		*flags = file->f_flags;
	}
	fput(file);
	return pid;
}

SYSCALL_DEFINE2(pidfd_open, pid_t, nr, unsigned int, flags)
{
	struct file *file = NULL;
	struct pid *pid;
	int fd;

	if (flags & ~O_NONBLOCK || nr <= 0)
		return -EINVAL;
	pid = find_get_pid(nr);
	if (!pid)
		return -ESRCH;
	/* It must be a process, not a thread of one. */
	fd = pid_has_task(pid, PIDTYPE_TGID) ? pidfd_prepare(pid, flags, &file) : -EINVAL;
	put_pid(pid);
	if (fd >= 0)
		fd_install(fd, file);
	return fd;
}

/* pidfd_send_signal() also takes an open /proc/PID folder, from before pidfds existed. */
static struct pid *get_signal_target(int fd)
{
	struct file *file = fget_raw(fd);
	struct pid *pid;

	if (!file)
		return ERR_PTR(-EBADF);
	pid = pidfd_pid(file);
	if (IS_ERR(pid))
		pid = tgid_pidfd_to_pid(file);
	if (!IS_ERR(pid))
		get_pid(pid);
	fput(file);
	return pid;
}

SYSCALL_DEFINE4(pidfd_send_signal, int, pidfd, int, sig, siginfo_t __user *, uinfo, unsigned int,
		flags)
{
	kernel_siginfo_t info;
	struct pid *pid;
	int error = 0;

	if (flags)
		return -EINVAL;
	pid = get_signal_target(pidfd);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	/* The target could not tell who it is that signals it. */
	if (!pid_ns_is_below(ns_of_pid(pid), task_active_pid_ns(current))) {
		put_pid(pid);
		return -EINVAL;
	}
	if (uinfo) {
		if (copy_siginfo_from_user(&info, uinfo))
			error = -EFAULT;
		else if (info.si_signo != sig)
			error = -EINVAL;
		else if (task_pid(current) != pid &&
			 (info.si_code >= 0 || info.si_code == SI_TKILL))
			error = -EPERM;
	} else {
		clear_siginfo(&info);
		info.si_signo = sig;
		info.si_code = SI_USER;
		info.si_pid = task_tgid_vnr(current);
		info.si_uid = from_kuid_munged(current_user_ns(), current_uid());
	}
	if (!error)
		error = kill_pid_info(sig, &info, pid);
	put_pid(pid);
	return error;
}

static struct file *file_of_other(struct pid *pid, int fd)
{
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);
	struct file *file;

	if (!task)
		return ERR_PTR(-ESRCH);
	if (!ptrace_may_access(task, PTRACE_MODE_ATTACH_REALCREDS))
		file = ERR_PTR(-EPERM);
	else
		file = fget_task(task, fd) ?: ERR_PTR(-EBADF);
	put_task_struct(task);
	return file;
}

SYSCALL_DEFINE3(pidfd_getfd, int, pidfd, int, fd, unsigned int, flags)
{
	unsigned int file_flags;
	struct file *file;
	struct pid *pid;
	int ret;

	if (flags)
		return -EINVAL;
	pid = pidfd_get_pid(pidfd, &file_flags);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	file = file_of_other(pid, fd);
	put_pid(pid);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = get_unused_fd_flags(O_CLOEXEC);
	if (ret >= 0)
		fd_install(ret, file);
	else
		fput(file);
	return ret;
}
