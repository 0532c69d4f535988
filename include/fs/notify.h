/* SPDX-License-Identifier: MIT */
/* Telling watchers (inotify, dnotify) what happens to files. A file without watchers costs one look. */
#ifndef FS_NOTIFY_H
#define FS_NOTIFY_H

#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <kern/types.h>
#include <linux/inotify.h>

struct files_struct;

/* A name changed within one folder: for dnotify only, inotify has IN_MOVED_* for it. */
#define NOTIFY_RENAME 0x00020000

/* Tells the watchers of `inode`; `name` is the child it is about, or NULL. => process context */
void __notify(struct inode *inode, u32 mask, const struct qstr *name, u32 cookie);
/* The same for the folder that `dentry` stands in, and for its inode. */
void __notify_dentry(struct dentry *dentry, u32 mask);
/* The last name of an inode has gone and nobody uses it: its watches end. */
void __notify_inode_removed(struct inode *inode);
/* A super block is taken apart: all watches on it end. */
void notify_unmount(struct super_block *sb);
u32 notify_cookie(void);

/* How many watches there are anywhere: the one look. */
extern atomic_t notify_watches;

static inline bool notify_any(void)
{
	return unlikely(atomic_read(&notify_watches));
}

/* Something about a name in a folder: IN_CREATE, IN_DELETE, IN_MOVED_*. */
static inline void notify_name(struct inode *dir, u32 mask, const struct qstr *name, u32 cookie)
{
	if (notify_any())
		__notify(dir, mask, name, cookie);
}

/* Something about an open file: IN_OPEN, IN_ACCESS, IN_MODIFY, IN_CLOSE_*. */
static inline void notify_file(struct file *file, u32 mask)
{
	if (notify_any() && !(file->f_mode & (FMODE_PATH | FMODE_NONOTIFY)))
		__notify_dentry(file->f_path.dentry, mask);
}

/* Something about a file by its name: IN_ATTRIB, IN_MODIFY. */
static inline void notify_dentry(struct dentry *dentry, u32 mask)
{
	if (notify_any())
		__notify_dentry(dentry, mask);
}

/* Something about an inode itself: IN_MOVE_SELF, IN_ATTRIB after a link count changed. */
static inline void notify_inode(struct inode *inode, u32 mask)
{
	if (notify_any())
		__notify(inode, mask, NULL, 0);
}

/* fcntl(F_NOTIFY); arg is DN_*. 0, -ENOTDIR, -EINVAL (switched off), -ENOMEM. */
int fcntl_dirnotify(int fd, struct file *file, unsigned int arg);
/* Ends the dnotify watches that `owner` (NULL: anybody) has by this file. */
void dnotify_flush(struct file *file, struct files_struct *owner);

static inline void notify_inode_removed(struct inode *inode)
{
	if (notify_any())
		__notify_inode_removed(inode);
}

#endif
