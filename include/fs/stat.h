/* SPDX-License-Identifier: MIT */
/* What a file system says about one of its files. */
#ifndef FS_STAT_H
#define FS_STAT_H

#include <linux/stat.h>
#include <kern/ktime.h>
#include <kern/types.h>
#include <kern/uidgid.h>

struct inode;
struct path;

#define S_IRWXUGO	(S_IRWXU | S_IRWXG | S_IRWXO)
#define S_IALLUGO	(S_ISUID | S_ISGID | S_ISVTX | S_IRWXUGO)
#define S_IRUGO		(S_IRUSR | S_IRGRP | S_IROTH)
#define S_IWUGO		(S_IWUSR | S_IWGRP | S_IWOTH)
#define S_IXUGO		(S_IXUSR | S_IXGRP | S_IXOTH)

/* The answer of getattr(). */
struct kstat {
	u32 result_mask;		/* STATX_* that are valid */
	umode_t mode;
	unsigned int nlink;
	u32 blksize;			/* preferred size of an operation */
	u64 attributes;			/* STATX_ATTR_* */
	u64 attributes_mask;		/* which of them the file system knows */
	u64 ino;
	dev_t dev;
	dev_t rdev;
	kuid_t uid;
	kgid_t gid;
	loff_t size;
	struct timespec64 atime;
	struct timespec64 mtime;
	struct timespec64 ctime;
	struct timespec64 btime;
	u64 blocks;			/* of 512 bytes */
	u64 mnt_id;
};

/* Fills in what the inode itself holds. */
void generic_fillattr(struct inode *inode, struct kstat *stat);
/* Asks the file system. => may sleep; 0 or an errno */
int vfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		unsigned int query_flags);
int vfs_fstat(int fd, struct kstat *stat);

#endif
