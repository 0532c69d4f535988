/* SPDX-License-Identifier: MIT */
/* Pipes and FIFOs. */
#ifndef FS_PIPE_H
#define FS_PIPE_H

#include <kern/types.h>

struct file;
struct pipe_inode_info;

#define PIPE_DEF_BUFFERS 16

/* A new pipe's two ends; O_NONBLOCK, O_CLOEXEC, O_DIRECT in flags. => may sleep */
int create_pipe_files(struct file **ends, int flags);
/* The pipe behind a file, or NULL; `for_splice` refuses the ends that watch queues use. */
struct pipe_inode_info *get_pipe_info(struct file *file, bool for_splice);
/*
 * By the only writer: readers come to the end of the file, and are waited for until all have
 * closed theirs, or a signal comes. => may sleep
 */
void pipe_wait_for_readers(struct file *file);
long pipe_fcntl(struct file *file, unsigned int cmd, unsigned int arg);

extern unsigned int pipe_max_size;
extern unsigned long pipe_user_pages_hard;
extern unsigned long pipe_user_pages_soft;

#endif
