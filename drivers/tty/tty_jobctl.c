// SPDX-License-Identifier: MIT
/*
 * Terminals and jobs: which session a terminal belongs to, which group is in the foreground,
 * who gets a signal when a background process touches it or the line goes away.
 *
 * Lock order: tasklist_lock, sighand->siglock, tty->ctrl_lock. signal->tty holds a reference
 * and is guarded by siglock; tty->session and tty->pgrp hold references, under ctrl_lock.
 */
#include <kern/cred.h>
#include <kern/fork.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/task.h>
#include <mm/uaccess.h>

#include "internal.h"

/* The terminal's foreground group with a reference, or NULL. => any context */
struct pid *tty_get_pgrp(struct tty_struct *tty)
{
	unsigned long flags;
	struct pid *pgrp;

	spin_lock_irqsave(&tty->ctrl_lock, flags);
	pgrp = get_pid(tty->pgrp);
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	return pgrp;
}

/* The session that the terminal belongs to with a reference, or NULL. => any context */
struct pid *tty_get_session(struct tty_struct *tty)
{
	unsigned long flags;
	struct pid *session;

	spin_lock_irqsave(&tty->ctrl_lock, flags);
	session = get_pid(tty->session);
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	return session;
}

void tty_signal_foreground(struct tty_struct *tty, int sig)
{
	struct pid *pgrp = tty_get_pgrp(tty);

	if (pgrp) {
		kill_pgrp(pgrp, sig, 1);
		put_pid(pgrp);
	}
}

/*
 * May the caller touch the terminal now? Sends `sig` to a background group.
 * 0 go on; -ERESTARTSYS; -EIO when nobody would ever continue the group.
 */
int __tty_check_change(struct tty_struct *tty, int sig)
{
	struct pid *pgrp, *foreground;
	int ret = 0;

	if (current->signal->tty != tty)
		return 0;
	rcu_read_lock();
	pgrp = task_pgrp(current);
	foreground = READ_ONCE(tty->pgrp);
	if (foreground && pgrp != foreground) {
		if (signal_blocked_or_ignored(sig)) {
			ret = sig == SIGTTIN ? -EIO : 0;
		} else if (is_current_pgrp_orphaned()) {
			ret = -EIO;
		} else {
			kill_pgrp(pgrp, sig, 1);
			set_thread_flag(TIF_SIGPENDING);
			ret = -ERESTARTSYS;
		}
	}
	rcu_read_unlock();
	return ret;
}

int tty_check_change(struct tty_struct *tty)
{
	return __tty_check_change(tty, SIGTTOU);
}

/* Makes the terminal the caller's. => siglock not held, tty->lock held */
static void proc_set_tty(struct tty_struct *tty)
{
	struct pid *old_session, *old_pgrp, *old_fore, *session, *pgrp;
	struct tty_struct *old_tty;
	unsigned long flags;

	rcu_read_lock();
	session = get_pid(task_session(current));
	pgrp = get_pid(task_pgrp(current));
	rcu_read_unlock();
	spin_lock_irq(&current->sighand->siglock);
	spin_lock_irqsave(&tty->ctrl_lock, flags);
	old_session = tty->session;
	old_pgrp = tty->pgrp;
	tty->session = session;
	tty->pgrp = pgrp;
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	old_tty = current->signal->tty;
	current->signal->tty = tty_kref_get(tty);
	old_fore = current->signal->tty_old_pgrp;
	current->signal->tty_old_pgrp = NULL;
	spin_unlock_irq(&current->sighand->siglock);
	put_pid(old_session);
	put_pid(old_pgrp);
	put_pid(old_fore);
	tty_kref_put(old_tty);
}

/* open(2) without O_NOCTTY: a session leader without a terminal gets a free one. */
void tty_open_proc_set_tty(struct file *file, struct tty_struct *tty)
{
	if (current->signal->leader && !current->signal->tty && !tty->session &&
	    file->f_mode & FMODE_READ)
		proc_set_tty(tty);
}

struct tty_struct *get_current_tty(void)
{
	struct tty_struct *tty;
	unsigned long flags;

	spin_lock_irqsave(&current->sighand->siglock, flags);
	tty = tty_kref_get(current->signal->tty);
	spin_unlock_irqrestore(&current->sighand->siglock, flags);
	return tty;
}

/* Takes its terminal from a process, if it is `which` (NULL: whatever it is). */
static void clear_tty(struct task_struct *leader, struct tty_struct *which)
{
	struct tty_struct *tty;
	unsigned long flags;

	spin_lock_irqsave(&leader->sighand->siglock, flags);
	tty = leader->signal->tty;
	if (which && tty != which)
		tty = NULL;
	else
		leader->signal->tty = NULL;
	spin_unlock_irqrestore(&leader->sighand->siglock, flags);
	tty_kref_put(tty);
}

void proc_clear_tty(struct task_struct *leader)
{
	clear_tty(leader, NULL);
}

/* fork(): => parent's siglock held */
void tty_signal_fork(struct signal_struct *sig, struct signal_struct *parent)
{
	sig->tty = tty_kref_get(parent->tty);
	sig->tty_old_pgrp = NULL;
}

void tty_signal_exit(struct signal_struct *sig)
{
	tty_kref_put(sig->tty);
	put_pid(sig->tty_old_pgrp);
	sig->tty = NULL;
	sig->tty_old_pgrp = NULL;
}

/* => any context */
void tty_proc_numbers(struct signal_struct *sig, struct pid_namespace *ns, dev_t *devt, pid_t *pgrp)
{
	struct tty_struct *tty = sig->tty;
	struct pid *pid;

	*devt = 0;
	*pgrp = -1;
	if (!tty)
		return;
	*devt = MKDEV(tty->driver->major, tty->driver->minor_start + tty->index);
	pid = tty_get_pgrp(tty);
	*pgrp = pid ? pid_nr_ns(pid, ns) : -1;
	put_pid(pid);
}

/* No process of the session has this terminal (NULL: any) any more. */
void session_clear_tty(struct pid *session, struct tty_struct *tty)
{
	struct task_struct *p;

	read_lock(&tasklist_lock);
	do_each_pid_task(session, PIDTYPE_SID, p) {
		clear_tty(p, tty);
	} while_each_pid_task(session, PIDTYPE_SID, p);
	read_unlock(&tasklist_lock);
}

/*
 * The line went away: SIGHUP and SIGCONT to the session's leader, SIGHUP to the foreground
 * when the leader exits. Returns how many leaders had it.
 */
int tty_signal_session_leader(struct tty_struct *tty, bool exit_session)
{
	struct pid *pgrp = NULL, *session;
	struct task_struct *p;
	int leaders = 0;

	session = tty_get_session(tty);
	if (session) {
		read_lock(&tasklist_lock);
		do_each_pid_task(session, PIDTYPE_SID, p) {
			unsigned long irq;
			bool had = false;

			spin_lock_irqsave(&p->sighand->siglock, irq);
			if (p->signal->tty == tty) {
				p->signal->tty = NULL;
				leaders++;
				had = true;
			}
			if (p->signal->leader) {
				send_signal_locked(SIGHUP, SEND_SIG_PRIV, p, PIDTYPE_TGID);
				send_signal_locked(SIGCONT, SEND_SIG_PRIV, p, PIDTYPE_TGID);
				spin_lock(&tty->ctrl_lock);
				put_pid(pgrp);
				pgrp = get_pid(tty->pgrp);
				if (tty->pgrp) {
					put_pid(p->signal->tty_old_pgrp);
					p->signal->tty_old_pgrp = get_pid(tty->pgrp);
				}
				spin_unlock(&tty->ctrl_lock);
			}
			spin_unlock_irqrestore(&p->sighand->siglock, irq);
			if (had)
				tty_kref_put(tty);
		} while_each_pid_task(session, PIDTYPE_SID, p);
		read_unlock(&tasklist_lock);
	}
	if (pgrp && exit_session)
		kill_pgrp(pgrp, SIGHUP, exit_session);
	put_pid(pgrp);
	put_pid(session);
	return leaders;
}

static void drop_session(struct tty_struct *tty)
{
	struct pid *session, *pgrp;
	unsigned long flags;

	spin_lock_irqsave(&tty->ctrl_lock, flags);
	session = tty->session;
	pgrp = tty->pgrp;
	tty->session = tty->pgrp = NULL;
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	put_pid(session);
	put_pid(pgrp);
}

/*
 * A session leader gives its terminal up: by TIOCNOTTY, or because it exits.
 * => process context, may sleep
 */
void disassociate_ctty(int on_exit)
{
	struct tty_struct *tty;
	struct pid *session, *old;

	if (!current->signal->leader)
		return;
	tty = get_current_tty();
	if (tty) {
		if (on_exit && tty->driver->type != TTY_DRIVER_TYPE_PTY) {
			tty_vhangup_session(tty);
		} else {
			struct pid *pgrp = tty_get_pgrp(tty);

			if (pgrp) {
				kill_pgrp(pgrp, SIGHUP, on_exit);
				if (!on_exit)
					kill_pgrp(pgrp, SIGCONT, on_exit);
				put_pid(pgrp);
			}
		}
	}
	spin_lock_irq(&current->sighand->siglock);
	old = current->signal->tty_old_pgrp;
	current->signal->tty_old_pgrp = NULL;
	spin_unlock_irq(&current->sighand->siglock);
	if (!tty && on_exit && old) {
		kill_pgrp(old, SIGHUP, on_exit);
		kill_pgrp(old, SIGCONT, on_exit);
	}
	put_pid(old);
	if (!tty && !on_exit)
		return;
	if (tty)
		drop_session(tty);
	rcu_read_lock();
	session = get_pid(task_session(current));
	rcu_read_unlock();
	session_clear_tty(session, NULL);
	put_pid(session);
	tty_kref_put(tty);
}

static int tiocsctty(struct tty_struct *tty, struct file *file, int steal)
{
	struct pid *session;
	int ret = 0;

	mutex_lock(&tty->lock);
	rcu_read_lock();
	session = task_session(current);
	rcu_read_unlock();
	if (current->signal->leader && session == tty->session)
		goto out;
	ret = -EPERM;
	if (!current->signal->leader || current->signal->tty)
		goto out;
	if (tty->session) {
		if (steal != 1 || !capable(CAP_SYS_ADMIN))
			goto out;
		session = tty_get_session(tty);
		session_clear_tty(session, NULL);
		put_pid(session);
	}
	if (!(file->f_mode & FMODE_READ) && !capable(CAP_SYS_ADMIN))
		goto out;
	proc_set_tty(tty);
	ret = 0;
out:
	mutex_unlock(&tty->lock);
	return ret;
}

static int tiocgpgrp(struct tty_struct *tty, struct tty_struct *real, pid_t __user *arg)
{
	struct pid *pgrp;
	int ret;

	if (tty == real && current->signal->tty != real)
		return -ENOTTY;
	pgrp = tty_get_pgrp(real);
	ret = put_user(pid_vnr(pgrp), arg);
	put_pid(pgrp);
	return ret;
}

static struct pid *session_of(struct pid *pgrp)
{
	struct task_struct *p;

	do_each_pid_task(pgrp, PIDTYPE_PGID, p) {
		struct pid *session = task_session(p);

		if (session)
			return session;
	} while_each_pid_task(pgrp, PIDTYPE_PGID, p);
	return NULL;
}

static int tiocspgrp(struct tty_struct *tty, struct tty_struct *real, pid_t __user *arg)
{
	struct pid *pgrp, *old = NULL;
	unsigned long flags;
	pid_t nr;
	int ret = tty_check_change(real);

	if (ret == -EIO)
		return -ENOTTY;
	if (ret)
		return ret;
	if (get_user(nr, arg))
		return -EFAULT;
	if (nr < 0)
		return -EINVAL;
	read_lock(&tasklist_lock);
	rcu_read_lock();
	ret = -ENOTTY;
	if (!current->signal->tty || (tty == real && current->signal->tty != real) ||
	    real->session != task_session(current))
		goto out;
	pgrp = find_vpid(nr);
	ret = -ESRCH;
	if (!pgrp)
		goto out;
	ret = -EPERM;
	if (session_of(pgrp) != task_session(current))
		goto out;
	ret = 0;
	spin_lock_irqsave(&real->ctrl_lock, flags);
	old = real->pgrp;
	real->pgrp = get_pid(pgrp);
	spin_unlock_irqrestore(&real->ctrl_lock, flags);
out:
	rcu_read_unlock();
	read_unlock(&tasklist_lock);
	put_pid(old);
	return ret;
}

static int tiocgsid(struct tty_struct *tty, struct tty_struct *real, pid_t __user *arg)
{
	unsigned long flags;
	pid_t nr;

	if (tty == real && current->signal->tty != real)
		return -ENOTTY;
	spin_lock_irqsave(&real->ctrl_lock, flags);
	nr = real->session ? pid_vnr(real->session) : 0;
	spin_unlock_irqrestore(&real->ctrl_lock, flags);
	return nr ? put_user(nr, arg) : -ENOTTY;
}

/* `real` is the slave when `tty` is a pty master, else tty itself. */
long tty_jobctrl_ioctl(struct tty_struct *tty, struct tty_struct *real, struct file *file,
		       unsigned int cmd, unsigned long arg)
{
	pid_t __user *p = (pid_t __user *)arg;

	switch (cmd) {
	case TIOCNOTTY:
		if (current->signal->tty != tty)
			return -ENOTTY;
		if (current->signal->leader)
			disassociate_ctty(0);
		else
			proc_clear_tty(current);
		return 0;
	case TIOCSCTTY:
		return tiocsctty(real, file, arg);
	case TIOCGPGRP:
		return tiocgpgrp(tty, real, p);
	case TIOCSPGRP:
		return tiocspgrp(tty, real, p);
	case TIOCGSID:
		return tiocgsid(tty, real, p);
	}
	return -ENOIOCTLCMD;
}
