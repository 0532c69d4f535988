/* SPDX-License-Identifier: MIT */
/* Files of /sys that a subsystem offers as short texts. */
#ifndef FS_SYSFS_H
#define FS_SYSFS_H

#include <kern/types.h>

struct seq_file;

/*
 * A file; a symbolic link when it has a target; a folder when it has nothing of these. Folders
 * stand in front of what they hold.
 */
struct sysfs_file {
	const char *path;			/* below /sys */
	/* => m->private is `private`; may sleep. NULL beside store: write only. */
	int (*show)(struct seq_file *m, void *v);
	/* The text written, without its newline: 0 or -errno. NULL: read only. May sleep. */
	int (*store)(char *text, void *private);
	void *private;
	const char *target;
};

/*
 * Adds a table of files; it must stay. A path that is there already is left alone.
 * 0 or -ENOMEM. => may sleep
 */
int sysfs_add_files(const struct sysfs_file *files, unsigned int nr);

/*
 * A table that is made at run time: room for `max` files, whose paths and targets are printed.
 * What fails is remembered: sysfs_build_end() adds all or returns -ENOMEM and frees everything.
 */
struct sysfs_builder {
	struct sysfs_file *files;
	unsigned int nr, max;
	bool failed;
};
void sysfs_build(struct sysfs_builder *b, unsigned int max);
/* `file` with this path. */
void sysfs_build_file(struct sysfs_builder *b, const struct sysfs_file *file, const char *path, ...)
	__attribute__((format(printf, 3, 4)));
/* A link: "PATH TARGET". */
void sysfs_build_link(struct sysfs_builder *b, const char *path_target, ...)
	__attribute__((format(printf, 2, 3)));
int sysfs_build_end(struct sysfs_builder *b);

#endif
