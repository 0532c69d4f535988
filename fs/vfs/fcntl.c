/* SPDX-License-Identifier: MIT */
/* fcntl(2), and SIGIO. */
#include <fs/poll.h>
#include <mm/pagemap.h>
#include <kern/fork.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/notify.h>
#include <fs/pipe.h>
#include <fs/shmem.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <linux/fcntl.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include "flock.h"
#include "internal.h"

/* Some ABI headers lack them. */
#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY	(F_LINUX_SPECIFIC_BASE + 3)
#endif
#ifndef F_CREATED_QUERY
#define F_CREATED_QUERY	(F_LINUX_SPECIFIC_BASE + 4)
#endif

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_NDELAY | O_DIRECT | O_NOATIME)

static int setfl(int fd, struct file *file, unsigned int arg)
{
	struct inode *inode = file_inode(file);
	int error = 0;

	if (((arg ^ file->f_flags) & O_APPEND) && IS_APPEND(inode))
		return -EPERM;
	if ((arg & O_NOATIME) && !(file->f_flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	if ((arg & O_DIRECT) && !can_odirect(file))
		return -EINVAL;
	if (file->f_op->check_flags)
		error = file->f_op->check_flags(arg);
	if (error)
		return error;
	if (((arg ^ file->f_flags) & FASYNC) && file->f_op->fasync) {
		error = file->f_op->fasync(fd, file, (arg & FASYNC) != 0);
		if (error < 0)
			return error;
	}
	spin_lock(&file->f_lock);
	file->f_flags = (arg & SETFL_MASK) | (file->f_flags & ~SETFL_MASK);
	spin_unlock(&file->f_lock);
	return 0;
}

/* ---- who hears SIGIO ---- */

static void f_modown(struct file *file, struct pid *pid, int type)
{
	struct fown_struct *owner = &file->f_owner;
	const struct cred *cred = current_cred();
	struct pid *old;

	spin_lock_irq(&owner->lock);
	old = owner->pid;
	owner->pid = get_pid(pid);
	owner->pid_type = type;
	owner->uid = cred->uid;
	owner->euid = cred->euid;
	spin_unlock_irq(&owner->lock);
	put_pid(old);
}

void f_delown(struct file *file)
{
	if (file->f_owner.pid) {
		put_pid(file->f_owner.pid);
		file->f_owner.pid = NULL;
	}
}

/* A positive number is a process, a negative one a group. */
int f_setown(struct file *file, int who, int force)
{
	enum pid_type type = who < 0 ? PIDTYPE_PGID : PIDTYPE_TGID;
	struct pid *pid = NULL;
	int error = 0;

	if (who == (int)0x80000000)
		return -EINVAL;
	rcu_read_lock();
	if (who) {
		pid = find_vpid(who < 0 ? -who : who);
		if (!pid)
			error = -ESRCH;
	}
	if (!error)
		f_modown(file, pid, type);
	rcu_read_unlock();
	return error;
}

static int f_getown(struct file *file)
{
	int nr = 0;

	spin_lock_irq(&file->f_owner.lock);
	rcu_read_lock();
	if (file->f_owner.pid && pid_has_task(file->f_owner.pid, file->f_owner.pid_type)) {
		nr = pid_vnr(file->f_owner.pid);
		if (file->f_owner.pid_type == PIDTYPE_PGID)
			nr = -nr;
	}
	rcu_read_unlock();
	spin_unlock_irq(&file->f_owner.lock);
	return nr;
}

static int f_setown_ex(struct file *file, unsigned long arg)
{
	static const int types[] = { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID };
	struct f_owner_ex ex;
	struct pid *pid;
	int error = 0;

	if (copy_from_user(&ex, (void __user *)arg, sizeof(ex)))
		return -EFAULT;
	if (ex.type < 0 || ex.type > F_OWNER_PGRP)
		return -EINVAL;
	rcu_read_lock();
	pid = find_vpid(ex.pid);
	if (ex.pid && !pid)
		error = -ESRCH;
	else
		f_modown(file, pid, types[ex.type]);
	rcu_read_unlock();
	return error;
}

static int f_getown_ex(struct file *file, unsigned long arg)
{
	struct f_owner_ex ex = { 0, 0 };

	spin_lock_irq(&file->f_owner.lock);
	rcu_read_lock();
	if (file->f_owner.pid && pid_has_task(file->f_owner.pid, file->f_owner.pid_type))
		ex.pid = pid_vnr(file->f_owner.pid);
	rcu_read_unlock();
	switch (file->f_owner.pid_type) {
	case PIDTYPE_PID:
		ex.type = F_OWNER_TID;
		break;
	case PIDTYPE_TGID:
		ex.type = F_OWNER_PID;
		break;
	case PIDTYPE_PGID:
		ex.type = F_OWNER_PGRP;
		break;
	}
	spin_unlock_irq(&file->f_owner.lock);
	return copy_to_user((void __user *)arg, &ex, sizeof(ex)) ? -EFAULT : 0;
}

void f_setown_if_none(struct file *file)
{
	rcu_read_lock();
	if (!file->f_owner.pid)
		f_modown(file, find_vpid(task_tgid_vnr(current)), PIDTYPE_TGID);
	rcu_read_unlock();
}

static int f_getowner_uids(struct file *file, unsigned long arg)
{
	uid_t uids[2];

	spin_lock_irq(&file->f_owner.lock);
	uids[0] = from_kuid_munged(current_user_ns(), file->f_owner.uid);
	uids[1] = from_kuid_munged(current_user_ns(), file->f_owner.euid);
	spin_unlock_irq(&file->f_owner.lock);
	return copy_to_user((void __user *)arg, uids, sizeof(uids)) ? -EFAULT : 0;
}

static const short sigio_band[] = {
	[POLL_IN - POLL_IN] = EPOLLIN | EPOLLRDNORM,
	[POLL_OUT - POLL_IN] = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND,
	[POLL_MSG - POLL_IN] = EPOLLIN | EPOLLRDNORM | EPOLLMSG,
	[POLL_ERR - POLL_IN] = EPOLLERR,
	[POLL_PRI - POLL_IN] = EPOLLPRI | EPOLLRDBAND,
	[POLL_HUP - POLL_IN] = EPOLLHUP | EPOLLERR,
};

/* May the owner's setter signal that task? */
static bool sigio_allowed(struct task_struct *task, const struct fown_struct *owner)
{
	const struct cred *cred;
	bool allowed;

	rcu_read_lock();
	cred = __task_cred(task);
	allowed = uid_eq(owner->euid, GLOBAL_ROOT_UID) || uid_eq(owner->euid, cred->suid) ||
		  uid_eq(owner->euid, cred->uid) || uid_eq(owner->uid, cred->suid) ||
		  uid_eq(owner->uid, cred->uid);
	rcu_read_unlock();
	return allowed;
}

/* => tasklist_lock held */
static void send_sigio_to_task(struct task_struct *task, const struct fown_struct *owner, int fd,
			       int reason, enum pid_type type)
{
	if (!sigio_allowed(task, owner))
		return;
	if (owner->signum) {
		kernel_siginfo_t info;

		clear_siginfo(&info);
		info.si_signo = owner->signum;
		info.si_code = reason;
		info.si_band = sigio_band[reason - POLL_IN];
		info.si_fd = fd;
		if (!do_send_sig_info(owner->signum, &info, task, type))
			return;
	}
	do_send_sig_info(SIGIO, SEND_SIG_PRIV, task, type);
}

void send_sigio(struct fown_struct *owner, int fd, int reason)
{
	struct task_struct *task;
	enum pid_type type;
	unsigned long flags;

	spin_lock_irqsave(&owner->lock, flags);
	type = owner->pid_type;
	if (owner->pid) {
		read_lock(&tasklist_lock);
		do_each_pid_task(owner->pid, type, task) {
			send_sigio_to_task(task, owner, fd, reason, type);
		} while_each_pid_task(owner->pid, type, task);
		read_unlock(&tasklist_lock);
	}
	spin_unlock_irqrestore(&owner->lock, flags);
}

/* SIGURG to the owner, also when he did not ask for SIGIO. => any context */
void send_sigurg(struct fown_struct *owner)
{
	struct task_struct *task;
	enum pid_type type;
	unsigned long flags;

	spin_lock_irqsave(&owner->lock, flags);
	type = owner->pid_type;
	if (owner->pid) {
		read_lock(&tasklist_lock);
		do_each_pid_task(owner->pid, type, task) {
			if (sigio_allowed(task, owner))
				do_send_sig_info(SIGURG, SEND_SIG_PRIV, task, type);
		} while_each_pid_task(owner->pid, type, task);
		read_unlock(&tasklist_lock);
	}
	spin_unlock_irqrestore(&owner->lock, flags);
}

/* One file in a driver's list of those that want SIGIO. */
struct fasync_struct {
	struct fasync_struct *next;	/* fasync_lock */
	struct file *file;
	int fd;
};

static DEFINE_SPINLOCK(fasync_lock);

static int fasync_remove(struct file *file, struct fasync_struct **list)
{
	struct fasync_struct *entry;
	unsigned long flags;

	spin_lock_irqsave(&fasync_lock, flags);
	while ((entry = *list) && entry->file != file)
		list = &entry->next;
	if (entry)
		*list = entry->next;
	spin_unlock_irqrestore(&fasync_lock, flags);
	spin_lock(&file->f_lock);
	file->f_flags &= ~FASYNC;
	spin_unlock(&file->f_lock);
	kfree(entry);
	return entry ? 1 : 0;
}

int fasync_helper(int fd, struct file *file, int on, struct fasync_struct **list)
{
	struct fasync_struct *fresh, *entry;
	unsigned long flags;

	if (!on)
		return fasync_remove(file, list);
	fresh = kmalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	spin_lock_irqsave(&fasync_lock, flags);
	for (entry = *list; entry && entry->file != file; entry = entry->next)
		;
	if (entry) {
		entry->fd = fd;
	} else {
		fresh->file = file;
		fresh->fd = fd;
		fresh->next = *list;
		*list = fresh;
	}
	spin_unlock_irqrestore(&fasync_lock, flags);
	spin_lock(&file->f_lock);
	file->f_flags |= FASYNC;
	spin_unlock(&file->f_lock);
	if (entry)
		kfree(fresh);
	return entry ? 0 : 1;
}

/* => any context */
void kill_fasync(struct fasync_struct **list, int sig, int band)
{
	struct fasync_struct *entry;
	unsigned long flags;

	if (!READ_ONCE(*list))
		return;
	spin_lock_irqsave(&fasync_lock, flags);
	for (entry = *list; entry; entry = entry->next)
		if (sig != SIGURG || entry->file->f_owner.signum)
			send_sigio(&entry->file->f_owner, entry->fd, band);
	spin_unlock_irqrestore(&fasync_lock, flags);
}

/* How long written data will live: kept for who asks, nothing here goes by it. */
static int rw_hint(struct file *file, unsigned int cmd, u64 __user *arg)
{
	struct inode *inode = file_inode(file);
	u64 hint = READ_ONCE(inode->i_write_hint);

	if (cmd == F_GET_RW_HINT)
		return put_user(hint, arg);
	if (!inode_owner_or_capable(inode))
		return -EPERM;
	if (copy_from_user(&hint, arg, sizeof(hint)))
		return -EFAULT;
	if (hint > RWH_WRITE_LIFE_EXTREME)
		return -EINVAL;
	WRITE_ONCE(inode->i_write_hint, hint);
	return 0;
}

/* ---- the call ---- */

static long fcntl_flags(int fd, unsigned int cmd, unsigned long arg, struct file *file)
{
	switch (cmd) {
	case F_DUPFD:
		return f_dupfd(arg, file, 0);
	case F_DUPFD_CLOEXEC:
		return f_dupfd(arg, file, O_CLOEXEC);
	case F_GETFD:
		return get_close_on_exec(fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		set_close_on_exec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return file->f_flags;
	case F_CREATED_QUERY:
		return !!(file->f_mode & FMODE_CREATED);
	case F_DUPFD_QUERY: {
		struct fd f = fdget_raw(arg);
		long same = f.file ? f.file == file : -EBADF;

		if (f.file)
			fdput(f);
		return same;
	}
	}
	return -EINVAL;
}

static long do_fcntl(int fd, unsigned int cmd, unsigned long arg, struct file *file)
{
	switch (cmd) {
	case F_SETFL:
		return setfl(fd, file, arg);
	case F_GETLK:
	case F_OFD_GETLK:
		return fcntl_getlk(file, cmd, (struct flock __user *)arg);
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return fcntl_setlk(fd, file, cmd, (struct flock __user *)arg);
	case F_GETOWN:
		return f_getown(file);
	case F_SETOWN:
		return f_setown(file, arg, 1);
	case F_GETOWN_EX:
		return f_getown_ex(file, arg);
	case F_SETOWN_EX:
		return f_setown_ex(file, arg);
	case F_GETSIG:
		return file->f_owner.signum;
	case F_SETSIG:
		if (arg > _NSIG)
			return -EINVAL;
		file->f_owner.signum = arg;
		return 0;
	case F_GETLEASE:
		return fcntl_getlease(file);
	case F_SETLEASE:
		return fcntl_setlease(fd, file, arg);
	case F_NOTIFY:
		return fcntl_dirnotify(fd, file, arg);
	case F_GETOWNER_UIDS:
		return f_getowner_uids(file, arg);
	case F_GET_RW_HINT:
	case F_SET_RW_HINT:
		return rw_hint(file, cmd, (u64 __user *)arg);
	case F_SETPIPE_SZ:
	case F_GETPIPE_SZ:
		return pipe_fcntl(file, cmd, arg);
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return memfd_fcntl(file, cmd, arg);
	}
	return fcntl_flags(fd, cmd, arg, file);
}

SYSCALL_DEFINE3(fcntl, unsigned int, fd, unsigned int, cmd, unsigned long, arg)
{
	struct fd f = fdget_raw(fd);
	long result;

	if (!f.file)
		return -EBADF;
	if ((f.file->f_mode & FMODE_PATH) && cmd != F_DUPFD && cmd != F_DUPFD_CLOEXEC &&
	    cmd != F_GETFD && cmd != F_SETFD && cmd != F_GETFL)
		result = -EBADF;
	else
		result = do_fcntl(fd, cmd, arg, f.file);
	fdput(f);
	return result;
}
