/* SPDX-License-Identifier: MIT */
/* A mount in the making: what fsopen() and fspick() give, between fs_context.c and mount_fd.c. */
#ifndef FS_VFS_FS_CONTEXT_H
#define FS_VFS_FS_CONTEXT_H

#include <kern/mutex.h>

struct dentry;
struct file;
struct file_system_type;

/*
 *   CREATE_PARAMS --CREATE--> AWAITING_MOUNT --fsmount()--> RECONF_PARAMS
 *	   \-- it failed --> FAILED		fspick() --> RECONF_PARAMS
 */
enum fs_context_phase { FC_CREATE_PARAMS, FC_AWAITING_MOUNT, FC_RECONF_PARAMS, FC_FAILED };

#define FC_LOG_LINES 8

/* All but `type` under the lock. */
struct fs_context {
	struct mutex lock;
	struct file_system_type *type;	/* i */
	enum fs_context_phase phase;
	char *source;			/* the device's name, or NULL */
	unsigned int sb_flags;		/* SB_* */
	char *data;			/* a page: "key=value,key", or NULL */
	size_t data_len;
	struct dentry *root;		/* with a use of its super block; NULL before there is one */
	char *log[FC_LOG_LINES];	/* what went wrong, oldest first */
	unsigned int nr_log;
};

/* The context of a descriptor's file, or NULL for another kind of file. */
struct fs_context *file_fs_context(const struct file *file);

#endif
