/* SPDX-License-Identifier: MIT */
/* The inside of a pipe, for pipe.c, fifo.c and splice.c. */
#ifndef FS_VFS_PIPE_RING_H
#define FS_VFS_PIPE_RING_H

#include <fs/pipe.h>
#include <kern/mutex.h>
#include <kern/wait.h>

struct page;
struct user_struct;

#define PIPE_BUF_FLAG_CAN_MERGE	1	/* a write may go on behind what is there */
#define PIPE_BUF_FLAG_PACKET	2	/* a read takes no more than this one */

/* A piece of a page, in a slot of the ring. */
struct pipe_buffer {
	struct page *page;
	unsigned int offset, len;
	unsigned int flags;
};

/*
 * head and tail run free; slot i is bufs[i & (ring_size - 1)]. All but the wait queues is guarded
 * by the mutex; poll and sleepers look at head, tail, readers and writers without it and are
 * woken after every change that matters.
 */
struct pipe_inode_info {
	struct mutex mutex;
	wait_queue_head_t rd_wait, wr_wait;
	unsigned int head, tail;
	unsigned int ring_size;		/* a power of two */
	unsigned int nr_accounted;	/* pages charged to the user */
	unsigned int readers, writers;	/* open ends */
	unsigned int files;		/* inode->i_lock: struct files; the last one frees it */
	unsigned int r_counter, w_counter; /* opens so far: what a FIFO's open waits for */
	bool poll_usage;		/* epoll has looked: every write wakes it */
	struct page *spare[2];		/* pages kept for the next writes */
	struct fasync_struct *fasync_readers, *fasync_writers;
	struct pipe_buffer *bufs;
	struct user_struct *user;
};

static inline bool pipe_empty(const struct pipe_inode_info *pipe)
{
	return READ_ONCE(pipe->head) == READ_ONCE(pipe->tail);
}

static inline bool pipe_full(const struct pipe_inode_info *pipe)
{
	return READ_ONCE(pipe->head) - READ_ONCE(pipe->tail) >= READ_ONCE(pipe->ring_size);
}

static inline struct pipe_buffer *pipe_slot(struct pipe_inode_info *pipe, unsigned int i)
{
	return &pipe->bufs[i & (pipe->ring_size - 1)];
}

struct pipe_inode_info *alloc_pipe_info(void);
void free_pipe_info(struct pipe_inode_info *pipe);
void pipe_lock(struct pipe_inode_info *pipe);
void pipe_unlock(struct pipe_inode_info *pipe);
/* In a fixed order. */
void pipe_double_lock(struct pipe_inode_info *a, struct pipe_inode_info *b);
/* Sleep until readable, writable or without the other end; -ERESTARTSYS. => locked, also after */
int pipe_wait_readable(struct pipe_inode_info *pipe);
int pipe_wait_writable(struct pipe_inode_info *pipe);
void pipe_buf_release(struct pipe_inode_info *pipe, struct pipe_buffer *buf);
void put_pipe_info(struct inode *inode, struct pipe_inode_info *pipe);
/* Tell the other end; the pipe need not be locked. */
void pipe_wake_readers(struct pipe_inode_info *pipe);
void pipe_wake_writers(struct pipe_inode_info *pipe);

#endif
