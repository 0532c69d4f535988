/* SPDX-License-Identifier: MIT */
/* Files in memory for other folders: shared anonymous mappings, System V segments, memfd. */
#ifndef FS_SHMEM_H
#define FS_SHMEM_H

#include <kern/types.h>

struct file;
struct vm_area_struct;

/* An unnamed file of this size on the kernel's own tmpfs; ERR_PTR on failure. => may sleep */
struct file *shmem_file_setup(const char *name, loff_t size, unsigned long vm_flags);
/* F_ADD_SEALS, F_GET_SEALS: -EINVAL for a file that is no memfd. */
long memfd_fcntl(struct file *file, unsigned int cmd, unsigned long arg);
/* shmem_zero_setup() is declared in <mm/mmap.h>. */

/* For file systems that are a tmpfs with another name (devtmpfs): of struct file_system_type. */
struct super_block;
int shmem_fill_super(struct super_block *sb, void *data, int silent);
void shmem_kill_super(struct super_block *sb);

#endif
