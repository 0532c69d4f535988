/* SPDX-License-Identifier: MIT */
/* Files of /sys that a subsystem offers as short texts. */
#ifndef FS_SYSFS_H
#define FS_SYSFS_H

#include <kern/types.h>

struct seq_file;

/* A file, or a folder when show is NULL. Folders stand in front of what they hold. */
struct sysfs_file {
	const char *path;			/* below /sys */
	int (*show)(struct seq_file *m, void *private);
	/* The text written, without its newline: 0 or -errno. NULL: read only. May sleep. */
	int (*store)(char *text);
	void *private;
};

/*
 * Adds a table of files; it must stay. A path that is there already is left alone.
 * 0 or -ENOMEM. => may sleep
 */
int sysfs_add_files(const struct sysfs_file *files, unsigned int nr);

#endif
