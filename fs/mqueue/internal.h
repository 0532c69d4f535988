/* SPDX-License-Identifier: MIT */
/* What the files of POSIX message queues share. */
#ifndef FS_MQUEUE_INTERNAL_H
#define FS_MQUEUE_INTERNAL_H

#include <fs/inode.h>
#include <kern/ktime.h>
#include <kern/signal.h>
#include <kern/spinlock.h>
#include <kern/wait.h>
#include <lib/rbtree.h>
#include <linux/mqueue.h>

struct file;
struct sk_buff;
struct sock;
struct user_struct;
struct vfsmount;

/* Limits that even the privileged have. */
#define HARD_MSGMAX	65536
#define HARD_MSGSIZEMAX	(16 * 1024 * 1024)

/* One message; its bytes follow. */
struct mq_message {
	struct rb_node node;
	unsigned int prio;
	u64 seq;		/* among equal priorities the oldest goes first */
	size_t len;
	char data[];
};

/* One who sleeps for a message, or for room for his. */
struct mq_waiter {
	struct list_head list;
	struct task_struct *task;
	struct mq_message *msg;	/* what he brings, or what he was given */
	bool ready;		/* set last by the one who woke him, with release order */
};

enum { MQ_SENDERS, MQ_RECEIVERS };

/*
 * A queue. All under `lock` but what is constant.
 * At no time are there both messages and waiting receivers, or room and waiting senders.
 */
struct mq_info {
	spinlock_t lock;
	struct inode vfs_inode;
	wait_queue_head_t poll_wait;
	struct rb_root messages;	/* by priority, then age; leftmost goes first */
	u64 next_seq;
	size_t bytes;
	struct mq_attr attr;		/* mq_maxmsg, mq_msgsize constant */
	struct list_head waiters[2];	/* by priority of the task */
	/* mq_notify(): the one who asked, until he was told. */
	struct pid *owner;		/* counted */
	int notify_how;			/* SIGEV_* */
	int notify_signo;
	union sigval notify_value;
	struct sock *notify_sock;	/* SIGEV_THREAD: counted */
	struct sk_buff *notify_cookie;
	/* Charged for it. */
	struct user_struct *user;	/* constant */
	unsigned long charged;		/* constant */
};

static inline struct mq_info *MQ_I(struct inode *inode)
{
	return container_of(inode, struct mq_info, vfs_inode);
}

/* mqueue.c */
extern const struct file_operations mq_file_operations;
/* The kernel's own mount for the caller's IPC name space, or an ERR_PTR. */
struct vfsmount *mq_current_mount(void);
/* The queue behind a file, or NULL. */
struct mq_info *mq_from_file(struct file *file);

/* notify.c */
/* A message came to an empty queue that nobody waited at. => locked */
void mq_tell_owner(struct mq_info *info);
/* The owner's request ends untold. => locked */
void mq_remove_notification(struct mq_info *info);

/* message.c */
struct mq_message *mq_first(struct mq_info *info);
void mq_free_all(struct mq_info *info);
int mq_send(struct file *file, struct mq_message *msg, const ktime_t *deadline);
/* The first message; the caller frees it. */
struct mq_message *mq_receive(struct file *file, const ktime_t *deadline);

#endif
