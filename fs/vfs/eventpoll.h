/* SPDX-License-Identifier: MIT */
/* What closing a file tells epoll. */
#ifndef FS_VFS_EVENTPOLL_H
#define FS_VFS_EVENTPOLL_H

struct file;

/* Takes the file out of every set that watches it. => its count is zero; may sleep */
void eventpoll_release_file(struct file *file);

#endif
