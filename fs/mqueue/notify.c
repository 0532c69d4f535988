// SPDX-License-Identifier: MIT
/*
 * mq_notify(): one process may ask to be told when a message comes to the empty queue, once: by a
 * signal, or (SIGEV_THREAD of the C library) by a cookie sent to its netlink socket.
 */
#include <fs/file.h>
#include <fs/poll.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/pid.h>
#include <kern/syscalls.h>
#include <mm/uaccess.h>
#include <net/netlink.h>
#include "internal.h"

/* The last byte of the cookie says why it comes. */
static void send_cookie(struct mq_info *info, u8 why)
{
	info->notify_cookie->data[NOTIFY_COOKIE_LEN - 1] = why;
	netlink_sendskb(info->notify_sock, info->notify_cookie);
	info->notify_sock = NULL;
	info->notify_cookie = NULL;
}

static void forget_owner(struct mq_info *info)
{
	put_pid(info->owner);
	info->owner = NULL;
}

void mq_remove_notification(struct mq_info *info)
{
	if (info->owner && info->notify_how == SIGEV_THREAD)
		send_cookie(info, NOTIFY_REMOVED);
	forget_owner(info);
}

/* The sender needs no right to signal: the owner asked for it. */
static void send_notify_signal(struct mq_info *info)
{
	struct task_struct *task;
	kernel_siginfo_t si;

	clear_siginfo(&si);
	si.si_signo = info->notify_signo;
	si.si_code = SI_MESGQ;
	si.si_value = info->notify_value;
	si.si_pid = task_tgid_vnr(current);
	si.si_uid = from_kuid_munged(current_user_ns(), current_uid());
	rcu_read_lock();
	task = pid_task(info->owner, PIDTYPE_TGID);
	if (task)
		do_send_sig_info(si.si_signo, &si, task, PIDTYPE_TGID);
	rcu_read_unlock();
}

void mq_tell_owner(struct mq_info *info)
{
	if (info->owner && info->attr.mq_curmsgs == 1) {
		if (info->notify_how == SIGEV_SIGNAL)
			send_notify_signal(info);
		else if (info->notify_how == SIGEV_THREAD)
			send_cookie(info, NOTIFY_WOKENUP);
		forget_owner(info);
	}
	wake_up_interruptible_poll(&info->poll_wait, EPOLLIN | EPOLLRDNORM);
}

/* A message with the program's cookie, charged to its netlink socket. */
static struct sk_buff *make_cookie(const struct sigevent *event, struct sock **sock)
{
	struct sk_buff *skb = alloc_skb(NOTIFY_COOKIE_LEN, GFP_KERNEL);
	struct fd f;
	int error;

	if (!skb)
		return ERR_PTR(-ENOMEM);
	error = -EFAULT;
	if (copy_from_user(skb_put(skb, NOTIFY_COOKIE_LEN), event->sigev_value.sival_ptr,
			   NOTIFY_COOKIE_LEN))
		goto fail;
	f = fdget(event->sigev_signo);
	error = -EBADF;
	if (!f.file)
		goto fail;
	*sock = netlink_getsockbyfilp(f.file);
	fdput(f);
	error = PTR_ERR(*sock);
	if (IS_ERR(*sock))
		goto fail;
	error = netlink_attachskb(*sock, skb);
	return error ? ERR_PTR(error) : skb;
fail:
	kfree_skb(skb);
	return ERR_PTR(error);
}

static int set_notification(struct mq_info *info, const struct sigevent *event, struct sock *sock,
			    struct sk_buff *cookie)
{
	int error = -EBUSY;

	spin_lock(&info->lock);
	if (!info->owner) {
		info->owner = get_pid(task_tgid(current));
		info->notify_how = event->sigev_notify;
		info->notify_signo = event->sigev_signo;
		info->notify_value = event->sigev_value;
		info->notify_sock = sock;
		info->notify_cookie = cookie;
		info->vfs_inode.i_atime = inode_set_ctime_current(&info->vfs_inode);
		error = 0;
	}
	spin_unlock(&info->lock);
	return error;
}

static int do_notify(struct mq_info *info, const struct sigevent *event)
{
	struct sk_buff *cookie = NULL;
	struct sock *sock = NULL;
	int error;

	if (!event) {
		spin_lock(&info->lock);
		if (info->owner == task_tgid(current)) {
			mq_remove_notification(info);
			info->vfs_inode.i_atime = inode_set_ctime_current(&info->vfs_inode);
		}
		spin_unlock(&info->lock);
		return 0;
	}
	if (event->sigev_notify == SIGEV_THREAD) {
		cookie = make_cookie(event, &sock);
		if (IS_ERR(cookie))
			return PTR_ERR(cookie);
	}
	error = set_notification(info, event, sock, cookie);
	if (error && cookie)
		netlink_detachskb(sock, cookie);
	return error;
}

SYSCALL_DEFINE2(mq_notify, int, mqdes, const struct sigevent __user *, uevent)
{
	struct sigevent event;
	struct mq_info *info;
	int error = -EBADF;
	struct fd f;

	if (uevent) {
		if (copy_from_user(&event, uevent, sizeof(event)))
			return -EFAULT;
		if (event.sigev_notify != SIGEV_NONE && event.sigev_notify != SIGEV_SIGNAL &&
		    event.sigev_notify != SIGEV_THREAD)
			return -EINVAL;
		if (event.sigev_notify == SIGEV_SIGNAL && !valid_signal(event.sigev_signo))
			return -EINVAL;
	}
	f = fdget(mqdes);
	if (!f.file)
		return error;
	info = mq_from_file(f.file);
	if (info)
		error = do_notify(info, uevent ? &event : NULL);
	fdput(f);
	return error;
}
