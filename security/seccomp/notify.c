// SPDX-License-Identifier: MIT
/*
 * Filters that ask another process: SECCOMP_RET_USER_NOTIF.
 *
 *	task that makes the call				listener's descriptor
 *	seccomp_ask_listener: INIT, queued, sleeps   --RECV-->	SENT
 *	installs descriptors, sleeps on		     <-ADDFD--
 *	takes the answer, goes on		     <--SEND--	REPLIED
 *
 * The question lives on the sleeper's stack and is in the listener's list as long as it sleeps.
 * A signal may end the sleep: then the question is gone, and the listener gets ENOENT.
 *
 * All is guarded by filter->notify_lock, which the sleeper drops while it sleeps. The listener
 * itself goes with its file; the filter stays, and answers ENOSYS from then on.
 */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/poll.h>
#include <kern/completion.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/pid.h>
#include <kern/random.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include <linux/fcntl.h>
#include <linux/ioctl.h>
#include <linux/poll.h>

#include "internal.h"

#ifndef SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR
#define SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR SECCOMP_IOR(2, __u64)
#endif

enum question_state { QUESTION_INIT, QUESTION_SENT, QUESTION_REPLIED };

struct question {
	struct task_struct *task;
	const struct seccomp_data *data;
	u64 id;
	enum question_state state;
	long value; /* the answer */
	int error;
	u32 flags;
	struct completion ready;
	struct list_head link;
	struct list_head gifts;
};

/* A descriptor on its way to the task. */
struct gift {
	struct file *file;
	int fd;		    /* which one, or -1 */
	unsigned int flags; /* O_CLOEXEC */
	bool send;	    /* its number is the answer too */
	int result;
	struct completion taken;
	struct list_head link;
};

struct seccomp_listener {
	u64 next_id;
	struct list_head questions; /* oldest first */
};

/* ---- the task's side; => notify_lock held ---- */

/* Installs what the listener gave, and tells it the number. */
static void take_gift(struct question *q, struct gift *gift)
{
	int fd = gift->fd;

	list_del_init(&gift->link);
	if (fd >= 0) {
		fd = replace_fd(fd, gift->file, gift->flags);
	} else {
		fd = get_unused_fd_flags(gift->flags);
		if (fd >= 0)
			fd_install(fd, get_file(gift->file));
	}
	gift->result = fd;
	if (gift->send) {
		/* Without a descriptor there is no answer yet. */
		q->state = fd < 0 ? QUESTION_SENT : QUESTION_REPLIED;
		q->value = fd;
		q->error = 0;
		q->flags = 0;
	}
	complete(&gift->taken);
}

static bool sleeps_killable(const struct seccomp_filter *filter, const struct question *q)
{
	return filter->wait_killable && q->state >= QUESTION_SENT;
}

/* Until it is answered. 0 or -ERESTARTSYS. */
static int await_answer(struct seccomp_filter *filter, struct question *q)
{
	while (q->state != QUESTION_REPLIED || !list_empty(&q->gifts)) {
		bool killable = sleeps_killable(filter, q);
		int error;

		mutex_unlock(&filter->notify_lock);
		error = killable ? wait_for_completion_killable(&q->ready) :
				   wait_for_completion_interruptible(&q->ready);
		mutex_lock(&filter->notify_lock);
		/* Received meanwhile, so that only death is a reason to give up. */
		if (error && !killable && sleeps_killable(filter, q))
			continue;
		if (error)
			return error;
		if (!list_empty(&q->gifts))
			take_gift(q, list_first_entry(&q->gifts, struct gift, link));
	}
	return 0;
}

bool seccomp_ask_listener(struct seccomp_filter *filter, const struct seccomp_data *data,
			  long *result)
{
	struct question q = { .task = current, .data = data, .state = QUESTION_INIT };
	struct gift *gift, *next;
	int error;

	mutex_lock(&filter->notify_lock);
	if (!filter->listener) {
		mutex_unlock(&filter->notify_lock);
		*result = -ENOSYS;
		return false;
	}
	q.id = filter->listener->next_id++;
	init_completion(&q.ready);
	INIT_LIST_HEAD(&q.gifts);
	list_add_tail(&q.link, &filter->listener->questions);
	wake_up_poll(&filter->wait, POLLIN | POLLRDNORM);

	error = await_answer(filter, &q);
	list_for_each_entry_safe(gift, next, &q.gifts, link) {
		gift->result = -ESRCH;
		list_del_init(&gift->link);
		complete(&gift->taken);
	}
	/* The listener may have gone, and its list with it: then we stand in none. */
	list_del_init(&q.link);
	mutex_unlock(&filter->notify_lock);
	if (error) {
		*result = error;
		return false;
	}
	*result = q.error ?: q.value;
	return q.flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE;
}

/* ---- the listener's side ---- */

static struct question *find_question(struct seccomp_filter *filter, u64 id)
{
	struct question *q;

	list_for_each_entry(q, &filter->listener->questions, link)
		if (q->id == id)
			return q;
	return NULL;
}

static struct question *first_in_state(struct seccomp_filter *filter, enum question_state state)
{
	struct question *q;

	list_for_each_entry(q, &filter->listener->questions, link)
		if (q->state == state)
			return q;
	return NULL;
}

/* The oldest question that nobody has seen; sleeps until there is one, or can be none. */
static int next_question(struct seccomp_filter *filter, struct seccomp_notif *notif)
{
	DEFINE_WAIT(wait);
	struct question *q;
	int error = 0;

	mutex_lock(&filter->notify_lock);
	for (;;) {
		/* The last user goes without the lock: it wakes those who stand here already. */
		prepare_to_wait(&filter->wait, &wait, TASK_INTERRUPTIBLE);
		q = first_in_state(filter, QUESTION_INIT);
		if (!q && !refcount_read(&filter->users))
			error = -ENOENT;
		else if (!q && signal_pending(current))
			error = -EINTR;
		if (q || error)
			break;
		mutex_unlock(&filter->notify_lock);
		schedule();
		finish_wait(&filter->wait, &wait);
		mutex_lock(&filter->notify_lock);
	}
	finish_wait(&filter->wait, &wait);
	if (q) {
		q->state = QUESTION_SENT;
		notif->id = q->id;
		notif->pid = task_pid_vnr(q->task);
		notif->data = *q->data;
		wake_up_poll(&filter->wait, POLLOUT | POLLWRNORM);
	}
	mutex_unlock(&filter->notify_lock);
	return error;
}

static long receive_question(struct seccomp_filter *filter, struct seccomp_notif __user *unotif)
{
	struct seccomp_notif notif = {};
	struct question *q;
	int error = check_zeroed_user(unotif, sizeof(*unotif));

	if (error <= 0)
		return error ?: -EINVAL;
	error = next_question(filter, &notif);
	if (error)
		return error;
	if (!copy_to_user(unotif, &notif, sizeof(notif)))
		return 0;
	/* Not received: it may be asked for again. */
	mutex_lock(&filter->notify_lock);
	q = find_question(filter, notif.id);
	if (q && q->state == QUESTION_SENT) {
		q->state = QUESTION_INIT;
		wake_up_poll(&filter->wait, POLLIN | POLLRDNORM);
	}
	mutex_unlock(&filter->notify_lock);
	return -EFAULT;
}

static long send_answer(struct seccomp_filter *filter, const void __user *uresp)
{
	struct seccomp_notif_resp resp;
	struct question *q;
	long ret = 0;

	if (copy_from_user(&resp, uresp, sizeof(resp)))
		return -EFAULT;
	if (resp.flags & ~(u32)SECCOMP_USER_NOTIF_FLAG_CONTINUE)
		return -EINVAL;
	if ((resp.flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE) && (resp.error || resp.val))
		return -EINVAL;
	if (mutex_lock_interruptible(&filter->notify_lock))
		return -EINTR;
	q = find_question(filter, resp.id);
	if (!q) {
		ret = -ENOENT;
	} else if (q->state != QUESTION_SENT) {
		ret = -EINPROGRESS;
	} else {
		q->state = QUESTION_REPLIED;
		q->error = resp.error;
		q->value = resp.val;
		q->flags = resp.flags;
		complete(&q->ready);
	}
	mutex_unlock(&filter->notify_lock);
	return ret;
}

static long question_is_valid(struct seccomp_filter *filter, const u64 __user *uid)
{
	struct question *q;
	long ret;
	u64 id;

	if (copy_from_user(&id, uid, sizeof(id)))
		return -EFAULT;
	if (mutex_lock_interruptible(&filter->notify_lock))
		return -EINTR;
	q = find_question(filter, id);
	ret = q && q->state == QUESTION_SENT ? 0 : -ENOENT;
	mutex_unlock(&filter->notify_lock);
	return ret;
}

/* => notify_lock held. Hands the gift to the task that asked; 0 or -errno. */
static int offer_gift(struct seccomp_filter *filter, u64 id, struct gift *gift)
{
	struct question *q = find_question(filter, id);

	if (!q)
		return -ENOENT;
	if (q->state != QUESTION_SENT)
		return -EINPROGRESS;
	if (gift->send) {
		/* Others that wait would be left over. */
		if (!list_empty(&q->gifts))
			return -EBUSY;
		q->state = QUESTION_REPLIED;
	}
	list_add(&gift->link, &q->gifts);
	complete(&q->ready);
	return 0;
}

static long give(struct seccomp_filter *filter, u64 id, struct gift *gift)
{
	long ret;

	if (mutex_lock_interruptible(&filter->notify_lock))
		return -EINTR;
	ret = offer_gift(filter, id, gift);
	mutex_unlock(&filter->notify_lock);
	if (ret)
		return ret;
	ret = wait_for_completion_interruptible(&gift->taken);
	mutex_lock(&filter->notify_lock);
	/* Taken after all, or given up. */
	if (list_empty(&gift->link))
		ret = gift->result;
	else
		list_del_init(&gift->link);
	mutex_unlock(&filter->notify_lock);
	return ret;
}

static long add_fd(struct seccomp_filter *filter, const void __user *uadd, unsigned int size)
{
	struct seccomp_notif_addfd add;
	struct gift gift = {};
	long ret;

	if (size < sizeof(add) || size >= PAGE_SIZE)
		return -EINVAL;
	ret = copy_struct_from_user(&add, sizeof(add), uadd, size);
	if (ret)
		return ret;
	if (add.newfd_flags & ~(u32)O_CLOEXEC)
		return -EINVAL;
	if (add.flags & ~(u32)(SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND))
		return -EINVAL;
	if (add.newfd && !(add.flags & SECCOMP_ADDFD_FLAG_SETFD))
		return -EINVAL;
	gift.file = fget(add.srcfd);
	if (!gift.file)
		return -EBADF;
	gift.fd = add.flags & SECCOMP_ADDFD_FLAG_SETFD ? (int)add.newfd : -1;
	gift.flags = add.newfd_flags;
	gift.send = add.flags & SECCOMP_ADDFD_FLAG_SEND;
	init_completion(&gift.taken);
	INIT_LIST_HEAD(&gift.link);
	ret = give(filter, add.id, &gift);
	fput(gift.file);
	return ret;
}

static long listener_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct seccomp_filter *filter = file->private_data;

	switch (cmd) {
	case SECCOMP_IOCTL_NOTIF_RECV:
		return receive_question(filter, (void __user *)arg);
	case SECCOMP_IOCTL_NOTIF_SEND:
		return send_answer(filter, (void __user *)arg);
	case SECCOMP_IOCTL_NOTIF_ID_VALID:
	case SECCOMP_IOCTL_NOTIF_ID_VALID_WRONG_DIR:
		return question_is_valid(filter, (void __user *)arg);
	}
	/* The structure may grow, and an answer be added: size and direction are left open. */
	if (!((cmd ^ SECCOMP_IOCTL_NOTIF_ADDFD) & ~(IOCSIZE_MASK | IOC_INOUT)))
		return add_fd(filter, (void __user *)arg, _IOC_SIZE(cmd));
	return -EINVAL;
}

static __poll_t listener_poll(struct file *file, struct poll_table_struct *pt)
{
	struct seccomp_filter *filter = file->private_data;
	__poll_t ready = 0;

	poll_wait(file, &filter->wait, pt);
	mutex_lock(&filter->notify_lock);
	if (first_in_state(filter, QUESTION_INIT))
		ready |= POLLIN | POLLRDNORM;
	if (first_in_state(filter, QUESTION_SENT))
		ready |= POLLOUT | POLLWRNORM;
	mutex_unlock(&filter->notify_lock);
	if (!refcount_read(&filter->users))
		ready |= POLLHUP;
	return ready;
}

/* Those who still wait get ENOSYS. */
static void close_listener(struct seccomp_filter *filter)
{
	struct question *q, *next;

	mutex_lock(&filter->notify_lock);
	list_for_each_entry_safe(q, next, &filter->listener->questions, link) {
		list_del_init(&q->link);
		if (q->state == QUESTION_REPLIED)
			continue;
		q->state = QUESTION_REPLIED;
		q->error = -ENOSYS;
		q->value = 0;
		q->flags = 0;
		complete(&q->ready);
	}
	kfree(filter->listener);
	filter->listener = NULL;
	mutex_unlock(&filter->notify_lock);
}

static int listener_release(struct inode *inode, struct file *file)
{
	struct seccomp_filter *filter = file->private_data;

	close_listener(filter);
	seccomp_filter_put(filter);
	return 0;
}

static const struct file_operations listener_fops = {
	.poll = listener_poll,
	.unlocked_ioctl = listener_ioctl,
	.release = listener_release,
};

struct file *seccomp_listener_open(struct seccomp_filter *filter)
{
	struct seccomp_listener *listener = kzalloc(sizeof(*listener), GFP_KERNEL);
	struct file *file;

	if (!listener)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&listener->questions);
	/* Numbers of another listener shall not fit by chance. */
	listener->next_id = get_random_u64();
	filter->listener = listener;
	seccomp_filter_get(filter);
	file = anon_inode_getfile("seccomp notify", &listener_fops, filter, O_RDWR);
	if (IS_ERR(file)) {
		filter->listener = NULL;
		kfree(listener);
		seccomp_filter_put(filter);
	}
	return file;
}

long seccomp_notif_sizes(struct seccomp_notif_sizes __user *usizes)
{
	struct seccomp_notif_sizes sizes = {
		.seccomp_notif = sizeof(struct seccomp_notif),
		.seccomp_notif_resp = sizeof(struct seccomp_notif_resp),
		.seccomp_data = sizeof(struct seccomp_data),
	};

	return copy_to_user(usizes, &sizes, sizeof(sizes)) ? -EFAULT : 0;
}
