// SPDX-License-Identifier: MIT
/* Message queues: msgget(), msgsnd(), msgrcv(), msgctl(). See util.c for the locking. */
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <kern/timekeeping.h>
#include <kern/wait.h>
#include <lib/list.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include <linux/msg.h>

#include "internal.h"

struct message {
	struct list_head list;
	long type;
	size_t size;
	char text[];
};

struct msg_queue {
	struct ipc_object object;
	struct ipc_namespace *ns; /* i: who uses the queue lives in it */
	time64_t stime, rtime, ctime;
	unsigned long bytes, count, max_bytes;
	pid_t last_sender, last_receiver;
	struct list_head messages;
	wait_queue_head_t senders, receivers;
	int users; /* who waits in it: freed by the last */
	bool removed;
};

static int check_queue(struct ipc_object *object, long size)
{
	return 0;
}

static int make_queue(struct ipc_namespace *ns, __kernel_key_t key, int flags, long size)
{
	struct msg_queue *q = kzalloc(sizeof(*q), GFP_KERNEL);
	int id;

	if (!q)
		return -ENOMEM;
	q->ns = ns;
	q->max_bytes = READ_ONCE(ns->msg_mnb);
	q->ctime = ktime_get_real_seconds();
	INIT_LIST_HEAD(&q->messages);
	init_waitqueue_head(&q->senders);
	init_waitqueue_head(&q->receivers);
	id = ipc_add(&ns->msg, &q->object, key, flags);
	if (id < 0)
		kfree(q);
	return id;
}

SYSCALL_DEFINE2(msgget, __kernel_key_t, key, int, flags)
{
	struct ipc_namespace *ns = current_ipc_ns();

	return ipc_get(ns, &ns->msg, key, flags, 0, check_queue, make_queue);
}

static struct msg_queue *find_queue(int id)
{
	struct ipc_object *object = ipc_find(&current_ipc_ns()->msg, id);

	return IS_ERR(object) ? ERR_CAST(object) : container_of(object, struct msg_queue, object);
}

static void put_queue(struct msg_queue *q)
{
	if (q->removed && !q->users)
		kfree(q);
}

static void free_message(struct message *msg)
{
	kvfree(msg);
}

/* => lock held */
static void remove_queue(struct msg_queue *q)
{
	struct message *msg, *next;

	ipc_remove(&q->ns->msg, &q->object);
	q->removed = true;
	list_for_each_entry_safe(msg, next, &q->messages, list)
		free_message(msg);
	INIT_LIST_HEAD(&q->messages);
	wake_up_all(&q->senders);
	wake_up_all(&q->receivers);
	put_queue(q);
}

void msg_free_object(struct ipc_namespace *ns, struct ipc_object *object)
{
	remove_queue(container_of(object, struct msg_queue, object));
}

/* Sleeps for a change of the queue. => lock held, dropped meanwhile. 0, -EIDRM or -ERESTARTNOHAND */
static int wait_in_queue(struct msg_queue *q, wait_queue_head_t *where)
{
	DEFINE_WAIT(wait);
	int error = 0;

	q->users++;
	prepare_to_wait(where, &wait, TASK_INTERRUPTIBLE);
	mutex_unlock(&q->ns->msg.lock);
	if (!signal_pending(current))
		schedule();
	finish_wait(where, &wait);
	mutex_lock(&q->ns->msg.lock);
	q->users--;
	if (q->removed)
		error = -EIDRM;
	else if (signal_pending(current))
		error = -ERESTARTNOHAND;
	if (error)
		put_queue(q);
	return error;
}

static int do_send(int id, struct message *msg, int flags)
{
	struct msg_queue *q = find_queue(id);
	int error;

	if (IS_ERR(q))
		return PTR_ERR(q);
	error = ipc_permitted(&q->object, 0222);
	if (error)
		return error;
	while (q->bytes + msg->size > q->max_bytes || q->count + 1 > q->max_bytes) {
		if (flags & IPC_NOWAIT)
			return -EAGAIN;
		error = wait_in_queue(q, &q->senders);
		if (error)
			return error;
	}
	list_add_tail(&msg->list, &q->messages);
	q->bytes += msg->size;
	q->count++;
	q->last_sender = task_tgid_vnr(current);
	q->stime = ktime_get_real_seconds();
	wake_up_all(&q->receivers);
	return 0;
}

SYSCALL_DEFINE4(msgsnd, int, id, struct msgbuf __user *, buf, size_t, size, int, flags)
{
	struct ipc_namespace *ns = current_ipc_ns();
	struct message *msg;
	long type = 0;
	int error;

	if (get_user(type, &buf->mtype))
		return -EFAULT;
	if (size > READ_ONCE(ns->msg_max) || (long)size < 0 || id < 0 || type < 1)
		return -EINVAL;
	msg = kvmalloc(sizeof(*msg) + size, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	msg->type = type;
	msg->size = size;
	if (copy_from_user(msg->text, buf->mtext, size)) {
		free_message(msg);
		return -EFAULT;
	}
	mutex_lock(&ns->msg.lock);
	error = do_send(id, msg, flags);
	mutex_unlock(&ns->msg.lock);
	if (error)
		free_message(msg);
	return error;
}

/* The message that msgrcv() would take: any, of a type, of any other, or the lowest up to -type. */
static struct message *choose_message(struct msg_queue *q, long type, int flags)
{
	struct message *msg, *best = NULL;

	list_for_each_entry(msg, &q->messages, list) {
		if (!type)
			return msg;
		if (type > 0) {
			if ((msg->type == type) != !!(flags & MSG_EXCEPT))
				return msg;
		} else if (type == LONG_MIN || msg->type <= -type) {
			if (!best || msg->type < best->type)
				best = msg;
		}
	}
	return best;
}

static struct message *nth_message(struct msg_queue *q, long n)
{
	struct message *msg;

	list_for_each_entry(msg, &q->messages, list)
		if (n-- == 0)
			return msg;
	return NULL;
}

static struct message *take_message(struct msg_queue *q, struct message *msg)
{
	list_del(&msg->list);
	q->bytes -= msg->size;
	q->count--;
	q->last_receiver = task_tgid_vnr(current);
	q->rtime = ktime_get_real_seconds();
	wake_up_all(&q->senders);
	return msg;
}

static struct message *do_receive(int id, size_t size, long type, int flags)
{
	struct msg_queue *q = find_queue(id);
	struct message *msg;
	int error;

	if (IS_ERR(q))
		return ERR_CAST(q);
	error = ipc_permitted(&q->object, 0444);
	if (error)
		return ERR_PTR(error);
	for (;;) {
		msg = flags & MSG_COPY ? nth_message(q, type) : choose_message(q, type, flags);
		if (msg)
			break;
		if (flags & IPC_NOWAIT)
			return ERR_PTR(-ENOMSG);
		error = wait_in_queue(q, &q->receivers);
		if (error)
			return ERR_PTR(error);
	}
	if (size < msg->size && !(flags & MSG_NOERROR))
		return ERR_PTR(-E2BIG);
	if (flags & MSG_COPY)
		return kmemdup(msg, sizeof(*msg) + msg->size, GFP_KERNEL) ?: ERR_PTR(-ENOMEM);
	return take_message(q, msg);
}

SYSCALL_DEFINE5(msgrcv, int, id, struct msgbuf __user *, buf, size_t, size, long, type, int, flags)
{
	struct ipc_namespace *ns = current_ipc_ns();
	struct message *msg;
	long ret;

	if (id < 0 || (long)size < 0)
		return -EINVAL;
	if ((flags & MSG_COPY) && ((flags & MSG_EXCEPT) || !(flags & IPC_NOWAIT)))
		return -EINVAL;
	mutex_lock(&ns->msg.lock);
	msg = do_receive(id, size, type, flags);
	mutex_unlock(&ns->msg.lock);
	if (IS_ERR(msg))
		return PTR_ERR(msg);
	ret = min(size, msg->size);
	if (put_user(msg->type, &buf->mtype) || copy_to_user(buf->mtext, msg->text, ret))
		ret = -EFAULT;
	free_message(msg);
	return ret;
}

static void fill_stat(struct msqid64_ds *out, struct msg_queue *q)
{
	memset(out, 0, sizeof(*out));
	ipc_fill_perm(&out->msg_perm, &q->object);
	out->msg_stime = q->stime;
	out->msg_rtime = q->rtime;
	out->msg_ctime = q->ctime;
	out->msg_cbytes = q->bytes;
	out->msg_qnum = q->count;
	out->msg_qbytes = q->max_bytes;
	out->msg_lspid = q->last_sender;
	out->msg_lrpid = q->last_receiver;
}

static long stat_queue(int id, int cmd, struct msqid64_ds *out)
{
	struct ipc_object *object = cmd == IPC_STAT ? ipc_find(&current_ipc_ns()->msg, id) :
						      ipc_at_index(&current_ipc_ns()->msg, id);
	int error;

	if (IS_ERR(object))
		return PTR_ERR(object);
	error = cmd == MSG_STAT_ANY ? 0 : ipc_permitted(object, 0444);
	if (error)
		return error;
	fill_stat(out, container_of(object, struct msg_queue, object));
	return cmd == IPC_STAT ? 0 : object->id;
}

static long set_queue(int id, const struct msqid64_ds *in)
{
	struct msg_queue *q = find_queue(id);
	int error;

	if (IS_ERR(q))
		return PTR_ERR(q);
	error = ipc_may_control(&q->object);
	if (error)
		return error;
	if (in->msg_qbytes > q->ns->msg_mnb && !ns_capable(q->ns->user_ns, CAP_SYS_RESOURCE))
		return -EPERM;
	error = ipc_set_perm(&q->object, &in->msg_perm);
	if (error)
		return error;
	q->max_bytes = in->msg_qbytes;
	q->ctime = ktime_get_real_seconds();
	wake_up_all(&q->senders);
	return 0;
}

static long info_of_queues(struct ipc_namespace *ns, int cmd, struct msginfo *info)
{
	struct ipc_object *object;
	int index;

	*info = (struct msginfo){ .msgmax = ns->msg_max,
				  .msgmnb = ns->msg_mnb,
				  .msgmni = ns->msg.limit,
				  .msgssz = MSGSSZ,
				  .msgseg = MSGSEG,
				  .msgpool = MSGPOOL,
				  .msgmap = MSGMAP,
				  .msgtql = MSGTQL };
	if (cmd == MSG_INFO) {
		info->msgpool = ns->msg.count;
		info->msgmap = info->msgtql = 0;
		idr_for_each_entry(&ns->msg.objects, object, index) {
			struct msg_queue *q = container_of(object, struct msg_queue, object);

			info->msgmap += q->count;
			info->msgtql += q->bytes;
		}
	}
	return ipc_highest_index(&ns->msg);
}

SYSCALL_DEFINE3(msgctl, int, id, int, cmd, struct msqid_ds __user *, ubuf)
{
	struct ipc_namespace *ns = current_ipc_ns();
	struct msqid64_ds ds;
	struct msginfo info;
	struct msg_queue *q;
	long ret;

	cmd &= ~IPC_64;
	if (id < 0 || cmd < 0)
		return -EINVAL;
	if (cmd == IPC_SET && copy_from_user(&ds, ubuf, sizeof(ds)))
		return -EFAULT;
	mutex_lock(&ns->msg.lock);
	switch (cmd) {
	case IPC_INFO:
	case MSG_INFO:
		ret = info_of_queues(ns, cmd, &info);
		break;
	case IPC_STAT:
	case MSG_STAT:
	case MSG_STAT_ANY:
		ret = stat_queue(id, cmd, &ds);
		break;
	case IPC_SET:
		ret = set_queue(id, &ds);
		break;
	case IPC_RMID:
		q = find_queue(id);
		ret = IS_ERR(q) ? PTR_ERR(q) : ipc_may_control(&q->object);
		if (!ret)
			remove_queue(q);
		break;
	default:
		ret = -EINVAL;
	}
	mutex_unlock(&ns->msg.lock);
	if (ret >= 0 && (cmd == IPC_INFO || cmd == MSG_INFO) &&
	    copy_to_user(ubuf, &info, sizeof(info)))
		return -EFAULT;
	if (ret >= 0 && (cmd == IPC_STAT || cmd == MSG_STAT || cmd == MSG_STAT_ANY) &&
	    copy_to_user(ubuf, &ds, sizeof(ds)))
		return -EFAULT;
	return ret;
}

static int show_queues(struct seq_file *m, void *unused)
{
	struct ipc_namespace *ns = current_ipc_ns();
	struct ipc_object *object;
	int index;

	seq_puts(
		m,
		"       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n");
	mutex_lock(&ns->msg.lock);
	idr_for_each_entry(&ns->msg.objects, object, index) {
		struct msg_queue *q = container_of(object, struct msg_queue, object);
		struct ipc64_perm perm;

		ipc_fill_perm(&perm, object);
		seq_printf(
			m,
			"%10d %10d  %4o  %10lu %10lu %5d %5d %5u %5u %5u %5u %10lld %10lld %10lld\n",
			object->key, object->id, object->mode, q->bytes, q->count, q->last_sender,
			q->last_receiver, perm.uid, perm.gid, perm.cuid, perm.cgid,
			(long long)q->stime, (long long)q->rtime, (long long)q->ctime);
	}
	mutex_unlock(&ns->msg.lock);
	return 0;
}

static int __init msg_init(void)
{
	proc_create_single("sysvipc/msg", 0444, NULL, show_queues);
	return 0;
}
fs_initcall(msg_init);
