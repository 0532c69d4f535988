/* SPDX-License-Identifier: MIT */
/* Locks on files: POSIX ranges, open file description ranges, flock. */
#ifndef FS_FILELOCK_H
#define FS_FILELOCK_H

#include <kern/types.h>
#include <kern/wait.h>
#include <lib/list.h>

struct file;
struct files_struct;
struct inode;

#define FL_POSIX	1
#define FL_FLOCK	2
#define FL_OFDLCK	4
#define FL_SLEEP	8
#define FL_LEASE	16
#define FL_UNLOCK_PENDING	32	/* a lease that somebody waits for to go, */
#define FL_DOWNGRADE_PENDING	64	/* or to become one for reading */

/* One lock, held or waited for. (c) file_lock_lock of the whole table */
struct file_lock {
	struct list_head fl_list;	/* c: in the inode's list */
	struct list_head fl_waiters;	/* c: requests that this one blocks */
	struct list_head fl_block;	/* c: in the blocker's fl_waiters */
	struct file_lock *fl_blocker;	/* c */
	void *fl_owner;			/* files_struct (POSIX) or file (OFD, flock) */
	unsigned int fl_flags;
	unsigned char fl_type;		/* F_RDLCK, F_WRLCK, F_UNLCK */
	pid_t fl_pid;
	loff_t fl_start, fl_end;	/* both included */
	struct file *fl_file;
	int fl_fd;			/* lease: what its signal tells */
	unsigned long fl_break_time;	/* c: lease: jiffies */
	wait_queue_head_t fl_wait;
};

/* What hangs on an inode that has, or had, locks. */
struct file_lock_context {
	struct list_head flc_flock;	/* c */
	struct list_head flc_posix;	/* c: by owner, then by start */
	struct list_head flc_lease;	/* c */
	wait_queue_head_t flc_wait;	/* who breaks a lease */
};

/* close(2): POSIX locks of this table on this file go. */
void locks_remove_posix(struct file *file, void *owner);
/* The last reference: flock and OFD locks go. */
void locks_remove_file(struct file *file);
void locks_free_context(struct inode *inode);
/*
 * Before an open (flags as open(2)) or a truncate (O_WRONLY): waits until no lease of others is in
 * its way. -EWOULDBLOCK with O_NONBLOCK, -ERESTARTSYS. => may sleep
 */
int __break_lease(struct inode *inode, unsigned int flags);
/* /proc/locks */
struct seq_operations;
extern const struct seq_operations locks_seq_operations;

#endif
