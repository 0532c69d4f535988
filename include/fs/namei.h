/* SPDX-License-Identifier: MIT */
/* From names to places: path lookup, and the operations on names. */
#ifndef FS_NAMEI_H
#define FS_NAMEI_H

#include <fs/path.h>
#include <linux/fs.h>
#include <kern/types.h>

struct dentry;
struct inode;
struct delayed_call;
struct inode_operations;
struct kstat;
struct qstr;
struct timespec64;
struct vfsmount;

#define PATH_MAX_LEN	4096
#define NAME_MAX_LEN	255
#define MAXSYMLINKS	40

/* Flags of a lookup. */
#define LOOKUP_FOLLOW		0x0001	/* a symlink at the end is followed */
#define LOOKUP_DIRECTORY	0x0002	/* the end must be a folder */
#define LOOKUP_AUTOMOUNT	0x0004
#define LOOKUP_EMPTY		0x4000	/* "" is dfd itself */
#define LOOKUP_DOWN		0x8000	/* cross mounts at the start */
#define LOOKUP_PARENT		0x0010
#define LOOKUP_REVAL		0x0020
#define LOOKUP_OPEN		0x0100	/* what the end is for: hints for file systems */
#define LOOKUP_CREATE		0x0200
#define LOOKUP_EXCL		0x0400
#define LOOKUP_RENAME_TARGET	0x0800
#define LOOKUP_NO_SYMLINKS	0x010000	/* openat2's RESOLVE_* */
#define LOOKUP_NO_MAGICLINKS	0x020000
#define LOOKUP_NO_XDEV		0x040000
#define LOOKUP_BENEATH		0x080000
#define LOOKUP_IN_ROOT		0x100000
#define LOOKUP_CACHED		0x200000

/* A path name that was copied from the user (or given by the kernel). */
struct filename {
	const char *name;
	const char __user *uptr;
	int refcnt;
	char *buf;		/* to be freed; NULL: the name was the kernel's */
};

/* -ENAMETOOLONG, -EFAULT, -ENOENT (empty, unless LOOKUP_EMPTY), -ENOMEM as ERR_PTR. */
struct filename *getname(const char __user *name);
struct filename *getname_flags(const char __user *name, int flags);
struct filename *getname_kernel(const char *name);
void putname(struct filename *name);

/* Each sets *path with references, or returns an errno. => may sleep */
int kern_path(const char *name, unsigned int flags, struct path *path);
int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *path);
int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path,
		    const struct path *root);
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);

/*
 * The parent's path and the negative dentry of a name to be made; the parent is locked and the
 * mount may be written. Ends in done_path_create(). -EEXIST when the name is there.
 */
struct dentry *kern_path_create(int dfd, const char *name, struct path *path,
				unsigned int flags);
struct dentry *user_path_create(int dfd, const char __user *name, struct path *path,
				unsigned int flags);
void done_path_create(struct path *path, struct dentry *dentry);
/* The parent locked and the (perhaps negative) dentry of the last component. */
struct dentry *kern_path_locked(const char *name, struct path *path);

/* One name below a folder. => base locked for the first; the second locks when it must */
struct dentry *lookup_one_len(const char *name, struct dentry *base, int len);
struct dentry *lookup_one_len_unlocked(const char *name, struct dentry *base, int len);

/* Called by get_link(): the walk goes on at this path (whose references move). 0 or -ELOOP... */
int nd_jump_link(const struct path *path);

/* From a mount's root to the place that it is mounted on; 0: on none. => may sleep */
int follow_up(struct path *path);

/*
 * The operations on names, with all checks but those of the lookup. => dir (both dirs) locked,
 * mnt_want_write() done; may sleep
 */
int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode);
int vfs_mknod(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
int vfs_symlink(struct inode *dir, struct dentry *dentry, const char *target);
int vfs_link(struct dentry *old, struct inode *dir, struct dentry *new);
int vfs_rmdir(struct inode *dir, struct dentry *dentry);
int vfs_unlink(struct inode *dir, struct dentry *dentry);
/* A file without a name (O_TMPFILE); with O_EXCL it never gets one. ERR_PTR. => not locked */
struct dentry *vfs_tmpfile(struct dentry *parent, umode_t mode, int open_flag);

struct renamedata {
	struct inode *old_dir;
	struct dentry *old_dentry;
	struct inode *new_dir;
	struct dentry *new_dentry;
	unsigned int flags;
};
int vfs_rename(struct renamedata *rd);
struct dentry *lock_rename(struct dentry *a, struct dentry *b);
void unlock_rename(struct dentry *a, struct dentry *b);

/* readlink(2)'s usual answer, and the text for a file system that keeps it in i_link. */
int vfs_readlink(struct dentry *dentry, char __user *buf, int size);
int readlink_copy(char __user *buf, int size, const char *link);
const char *simple_get_link(struct dentry *dentry, struct inode *inode,
			    struct delayed_call *done);
extern const struct inode_operations simple_symlink_inode_operations;

/* Makes, on a kernel path, what boot code needs; -errno. => current's root and pwd */
int init_mkdir(const char *name, umode_t mode);
int init_mknod(const char *name, umode_t mode, dev_t dev);
int init_symlink(const char *target, const char *name);
int init_link(const char *old, const char *name);
int init_unlink(const char *name);
int init_rmdir(const char *name);
int init_chdir(const char *name);
int init_chroot(const char *name);
int init_chown(const char *name, uid_t uid, gid_t gid, int flags);
int init_chmod(const char *name, umode_t mode);
int init_utimes(const char *name, const struct timespec64 *times);
int init_stat(const char *name, struct kstat *stat, int flags);
int init_eaccess(const char *name);
int init_mount(const char *dev, const char *dir, const char *type, unsigned long flags,
	       void *data);

#endif
