/* SPDX-License-Identifier: MIT */
/* The trees of the host that `vmlinux run` shows to the guest. */
#ifndef ARCH_HOST_EXPORTS_H
#define ARCH_HOST_EXPORTS_H

#include <stdbool.h>

#define EXPORTS_MAX 64
#define DESCRIPTORS_MAX 4096

/* Exports the folder or file of this descriptor; its number, or -ENOSPC. Before the machine runs. */
int export_add(int fd, bool writable);
void export_set_writable(int number);
bool exports_any(void);
bool exports_writable(void);
/* Raises the limit of descriptors. */
void exports_prepare(void);
/* Starts the host threads of host_fs_submit(). */
void hostfs_io_prepare(void);

/* A path through /proc/self/fd: room for the number and one name. */
struct proc_path {
	char text[14 + 12 + 1 + 256];
};
void proc_fd_path(struct proc_path *path, int fd, const char *name);

#endif
