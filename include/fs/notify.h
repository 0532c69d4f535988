/* SPDX-License-Identifier: MIT */
/* Telling watchers (inotify, dnotify, fanotify) what happens to files: without any, one look. */
#ifndef FS_NOTIFY_H
#define FS_NOTIFY_H

#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <kern/types.h>
#include <linux/fanotify.h>
#include <linux/inotify.h>

struct files_struct;

/* A name changed within one folder: for dnotify only, inotify has IN_MOVED_* for it. */
#define NOTIFY_RENAME 0x00020000

/* What the calls below do when somebody watches. => process context, may sleep */
void __notify_dirent(struct inode *dir, u32 mask, struct dentry *dentry);
void __notify_file(struct file *file, u32 mask);
void __notify_dentry(struct dentry *dentry, u32 mask);
void __notify_inode(struct inode *inode, u32 mask);
/* The last name of an inode has gone and nobody uses it: its watches end. */
void __notify_inode_removed(struct inode *inode);
/* A super block is taken apart: all watches on it end. */
void notify_unmount(struct super_block *sb);
/*
 * A name has moved: dentry stands in new_dir by now. => may sleep; only when notify_any() held
 * before, or the old name could not be kept
 */
void notify_move(struct inode *old_dir, const struct qstr *old_name, struct inode *new_dir,
		 struct dentry *dentry);

/* How many watches there are anywhere: the one look. */
extern atomic_t notify_watches;

static inline bool notify_any(void)
{
	return unlikely(atomic_read(&notify_watches));
}

/* A name has come to a folder, or goes: IN_CREATE, IN_DELETE. */
static inline void notify_dirent(struct inode *dir, u32 mask, struct dentry *dentry)
{
	if (notify_any())
		__notify_dirent(dir, mask, dentry);
}

/* Something about an open file: IN_OPEN, IN_ACCESS, IN_MODIFY, IN_CLOSE_*. */
static inline void notify_file(struct file *file, u32 mask)
{
	if (notify_any() && !(file->f_mode & (FMODE_PATH | FMODE_NONOTIFY)))
		__notify_file(file, mask);
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
		__notify_inode(inode, mask);
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

/* ---- fanotify ---- */

extern atomic_t fanotify_marks;

/* Some fanotify group may be interested: the look for what only fanotify hears of. */
static inline bool fanotify_any(void)
{
	return unlikely(atomic_read(&fanotify_marks));
}

/*
 * FAN_OPEN_PERM, FAN_ACCESS_PERM: may it be done? 0, or what the answer was: -EPERM; -ENOMEM;
 * -ERESTARTSYS when killed. => may sleep as long as the one who is asked likes
 */
int __fanotify_perm(struct file *file, u32 mask);

static inline int fanotify_perm(struct file *file, u32 mask)
{
	if (!fanotify_any() || (file->f_mode & (FMODE_PATH | FMODE_NONOTIFY)))
		return 0;
	return __fanotify_perm(file, mask);
}

/* The object with this list of marks goes: they end. => may sleep */
void __fanotify_object_gone(struct hlist_head *marks);

static inline void fanotify_object_gone(struct hlist_head *marks)
{
	if (unlikely(!hlist_empty(marks)))
		__fanotify_object_gone(marks);
}

/* For notify.c: an event about an open file, a file by its name, an inode, a name, a move. */
void fanotify_file(struct file *file, u32 mask);
void fanotify_dentry(struct dentry *dentry, u32 mask);
void fanotify_inode(struct inode *inode, u32 mask);
void fanotify_name(struct inode *dir, const struct qstr *name, struct inode *inode, u32 mask);
void fanotify_rename(struct inode *old_dir, const struct qstr *old_name, struct inode *new_dir,
		     const struct qstr *new_name, struct inode *inode);

#endif
