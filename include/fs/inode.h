/* SPDX-License-Identifier: MIT */
/* Files as the file system knows them, and what it can do with them. */
#ifndef FS_INODE_H
#define FS_INODE_H

#include <fs/kdev_t.h>
#include <fs/stat.h>
#include <kern/atomic.h>
#include <kern/ktime.h>
#include <kern/rcupdate.h>
#include <kern/rwsem.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/list.h>
#include <kern/uidgid.h>
#include <mm/mm_types.h>

struct dentry;
struct file;
struct file_lock_context;
struct file_operations;
struct path;
struct pipe_inode_info;
struct posix_acl;
struct super_block;

/* What setattr() shall change. */
#define ATTR_MODE	0x0001
#define ATTR_UID	0x0002
#define ATTR_GID	0x0004
#define ATTR_SIZE	0x0008
#define ATTR_ATIME	0x0010
#define ATTR_MTIME	0x0020
#define ATTR_CTIME	0x0040
#define ATTR_ATIME_SET	0x0080	/* to the given time; else to now */
#define ATTR_MTIME_SET	0x0100
#define ATTR_FORCE	0x0200	/* no permission checks */
#define ATTR_KILL_SUID	0x0400
#define ATTR_KILL_SGID	0x0800
#define ATTR_FILE	0x1000	/* ia_file is the file of an ftruncate() */
#define ATTR_OPEN	0x2000	/* O_TRUNC */
#define ATTR_TIMES_SET	0x8000	/* utimes() named times: only for the owner */
#define ATTR_TOUCH	0x4000	/* utimensat(NULL): being able to write suffices */

struct iattr {
	unsigned int ia_valid;
	umode_t ia_mode;
	kuid_t ia_uid;
	kgid_t ia_gid;
	loff_t ia_size;
	struct timespec64 ia_atime;
	struct timespec64 ia_mtime;
	struct timespec64 ia_ctime;
	struct file *ia_file;
};

/* What get_link() leaves to do once its answer has been used. */
struct delayed_call {
	void (*fn)(void *arg);
	void *arg;
};

static inline void set_delayed_call(struct delayed_call *call, void (*fn)(void *), void *arg)
{
	call->fn = fn;
	call->arg = arg;
}

static inline void do_delayed_call(struct delayed_call *call)
{
	if (call->fn)
		call->fn(call->arg);
}

/*
 * Operations of an inode. "Locked" is inode->i_rwsem held for writing. All run in process
 * context, may sleep and return 0 or an errno. A NULL one is -EPERM for those that change a
 * folder, -ENOTDIR for lookup, and the generic answer for the others. dput/iput are the caller's.
 */
struct inode_operations {
	/*
	 * Finds a name: d_add()s the dentry (to NULL when there is no such name) and returns NULL,
	 * or another dentry to use instead (d_splice_alias), or an ERR_PTR. => dir locked
	 */
	struct dentry *(*lookup)(struct inode *dir, struct dentry *dentry, unsigned int flags);
	/*
	 * A symlink's text, valid until the delayed call; ERR_PTR on failure. NULL when
	 * nd_jump_link() did the step (/proc's magic links). => not locked
	 */
	const char *(*get_link)(struct dentry *dentry, struct inode *inode,
				struct delayed_call *done);
	/* readlink(2), where the text is not what get_link() gives; size or an errno. */
	int (*readlink)(struct dentry *dentry, char __user *buf, int size);
	/* -EACCES or 0 for a mask of MAY_*; NULL: generic_permission(). => not locked */
	int (*permission)(struct inode *inode, int mask);

	/* Make a name (dentry is negative): d_instantiate() on success. => dir locked */
	int (*create)(struct inode *dir, struct dentry *dentry, umode_t mode, bool excl);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *dentry); /* + old locked */
	int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int (*mkdir)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*mknod)(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
	/* Take a name away. => dir and the victim locked */
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	/* RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT in flags. => both dirs locked */
	int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new, unsigned int flags);
	/* O_TMPFILE: an inode with no name, d_tmpfile()d to dentry. => dir locked shared */
	int (*tmpfile)(struct inode *dir, struct dentry *dentry, umode_t mode);

	/* Change attributes; setattr_prepare() checks. NULL: simple_setattr(). => locked */
	int (*setattr)(struct dentry *dentry, struct iattr *attr);
	/* stat(2). NULL: generic_fillattr(). => not locked */
	int (*getattr)(const struct path *path, struct kstat *stat, u32 request_mask,
		       unsigned int query_flags);
	/* Names with their NULs one after the other; the length, -ERANGE. => not locked */
	ssize_t (*listxattr)(struct dentry *dentry, char *list, size_t size);
	/* chattr(1)'s FS_*_FL; the second: -EOPNOTSUPP for flags it does not know. => 2: locked */
	int (*fileattr_get)(struct dentry *dentry, u32 *flags);
	int (*fileattr_set)(struct dentry *dentry, u32 flags);
};

/* i_state */
#define I_NEW			0x0008	/* being filled in by the one who made it */
#define I_WILL_FREE		0x0010
#define I_FREEING		0x0020	/* last reference gone; may not be got any more */
#define I_CLEAR			0x0040
#define I_DIRTY			0x0007
#define I_LINKABLE		0x0400	/* O_TMPFILE: link() may give it its first name */
#define I_CREATING		0x8000

/* i_flags */
#define S_SYNC		0x0001
#define S_NOATIME	0x0002
#define S_APPEND	0x0004
#define S_IMMUTABLE	0x0008
#define S_DEAD		0x0010	/* a folder that rmdir() took away */
#define S_NOCMTIME	0x0080
#define S_SWAPFILE	0x0100	/* in use as swap: nobody may write it */
#define S_PRIVATE	0x0200
#define S_AUTOMOUNT	0x0800
#define S_NOSEC		0x1000	/* known to have no security.capability */

/* The device number of a whiteout: a name that hides what lies below it (overlay). */
#define WHITEOUT_DEV	MKDEV(0, 0)
#define IS_WHITEOUT(inode) (S_ISCHR((inode)->i_mode) && (inode)->i_rdev == WHITEOUT_DEV)

/*
 * A file. Lives while it has references (i_count) or names on a file system in memory.
 *   (l) i_lock   (w) i_rwsem   (h) the inode hash's lock   (s) sb->s_inode_list_lock   (i) constant
 *   (x) atomic
 */
struct inode {
	umode_t i_mode;				/* w: type constant */
	unsigned short i_opflags;
	kuid_t i_uid;				/* w */
	kgid_t i_gid;				/* w */
	unsigned int i_flags;			/* w: S_* */
	const struct inode_operations *i_op;	/* i */
	struct super_block *i_sb;		/* i */
	struct address_space *i_mapping;	/* i: &i_data, or of the device behind it */
	unsigned long i_ino;			/* i */
	unsigned int i_nlink;			/* w: set_nlink() and friends */
	dev_t i_rdev;				/* i: of a device node */
	loff_t i_size;				/* w: i_size_read/write */
	struct timespec64 i_atime;		/* l; torn reads are harmless */
	struct timespec64 i_mtime;		/* w */
	struct timespec64 i_ctime;		/* w */
	struct timespec64 i_btime;		/* i */
	spinlock_t i_lock;
	u8 i_blkbits;				/* i */
	u64 i_blocks;				/* l: of 512 bytes */
	unsigned int i_state;			/* l: I_* */
	u32 i_generation;
	struct rw_semaphore i_rwsem;		/* content of a folder, size and attributes of a file */
	struct hlist_node i_hash;		/* h */
	struct list_head i_lru;			/* unused */
	struct list_head i_sb_list;		/* s */
	struct hlist_head i_dentry;		/* l: names */
	struct rcu_head i_rcu;
	u64 i_version;				/* w */
	atomic_t i_count;			/* x */
	atomic_t i_writecount;			/* x: writers, or minus the number of denials */
	atomic_t i_readcount;			/* x: files open for reading only: leases ask */
	u8 i_write_hint;			/* F_SET_RW_HINT; torn reads cannot be */
	const struct file_operations *i_fop;	/* i: becomes file->f_op */
	struct file_lock_context *i_flctx;	/* set once */
	struct posix_acl *i_acl;		/* l: get_inode_acl() */
	struct posix_acl *i_default_acl;	/* l */
	struct list_head i_watches;		/* notify_lock: inotify marks */
	struct hlist_head i_marks;		/* fanotify_lock */
	struct address_space i_data;
	union {
		struct pipe_inode_info *i_pipe;	/* FIFO: l */
		char *i_link;			/* symlink text that lives as long as the inode */
	};
	void *i_private;			/* the file system's or driver's */
	void (*i_sb_free)(struct inode *inode);	/* set by the killer, for the RCU callback */
};

static inline loff_t i_size_read(const struct inode *inode)
{
	return READ_ONCE(inode->i_size);
}

static inline void i_size_write(struct inode *inode, loff_t size)
{
	WRITE_ONCE(inode->i_size, size);
}

static inline void inode_lock(struct inode *inode)
{
	down_write(&inode->i_rwsem);
}

static inline void inode_unlock(struct inode *inode)
{
	up_write(&inode->i_rwsem);
}

static inline void inode_lock_shared(struct inode *inode)
{
	down_read(&inode->i_rwsem);
}

static inline void inode_unlock_shared(struct inode *inode)
{
	up_read(&inode->i_rwsem);
}

/* Nesting classes for lockdep: which of two inodes one locks first. */
enum { I_MUTEX_NORMAL, I_MUTEX_PARENT, I_MUTEX_CHILD, I_MUTEX_NONDIR2, I_MUTEX_PARENT2 };

static inline void inode_lock_nested(struct inode *inode, unsigned int subclass)
{
	down_write_nested(&inode->i_rwsem, subclass);
}

static inline bool inode_trylock(struct inode *inode)
{
	return down_write_trylock(&inode->i_rwsem);
}

/* A device node, FIFO or socket. */
static inline bool special_file(umode_t mode)
{
	return S_ISCHR(mode) || S_ISBLK(mode) || S_ISFIFO(mode) || S_ISSOCK(mode);
}

static inline unsigned int iminor(const struct inode *inode)
{
	return MINOR(inode->i_rdev);
}

static inline unsigned int imajor(const struct inode *inode)
{
	return MAJOR(inode->i_rdev);
}

#define IS_DEADDIR(inode)	((inode)->i_flags & S_DEAD)
#define IS_APPEND(inode)	((inode)->i_flags & S_APPEND)
#define IS_IMMUTABLE(inode)	((inode)->i_flags & S_IMMUTABLE)
#define IS_SWAPFILE(inode)	((inode)->i_flags & S_SWAPFILE)

/* A new inode of a super block, with one reference; NULL without memory. new_inode lists it. */
struct inode *new_inode(struct super_block *sb);
struct inode *new_inode_pseudo(struct super_block *sb);
/*
 * The inode of that number, from the cache or new: a new one has I_NEW and waits for
 * unlock_new_inode() or iget_failed(). NULL without memory. => may sleep
 */
struct inode *iget_locked(struct super_block *sb, unsigned long ino);
/*
 * The same for files that are told apart by more than a number: test() says whether an inode with
 * this hash is the one (under a spinlock), set() fills in what test() looks at: 0 or an errno.
 */
struct inode *iget5_locked(struct super_block *sb, unsigned long hash,
			   int (*test)(struct inode *inode, void *data),
			   int (*set)(struct inode *inode, void *data), void *data);
/* Only what is there, and not going: a reference, or NULL. => may sleep */
struct inode *ilookup5(struct super_block *sb, unsigned long hash,
		       int (*test)(struct inode *inode, void *data), void *data);
void __insert_inode_hash(struct inode *inode, unsigned long hash);
void unlock_new_inode(struct inode *inode);
void iget_failed(struct inode *inode);
void insert_inode_hash(struct inode *inode);
void remove_inode_hash(struct inode *inode);
void inode_init_once(struct inode *inode);	/* slab constructor of a containing object */
struct inode *igrab(struct inode *inode);
void ihold(struct inode *inode);
void iput(struct inode *inode);			/* may sleep */
void clear_inode(struct inode *inode);
unsigned int get_next_ino(void);

void set_nlink(struct inode *inode, unsigned int nlink);
void clear_nlink(struct inode *inode);
void inc_nlink(struct inode *inode);
void drop_nlink(struct inode *inode);

/* Sets owner, group and mode of a new file, with the setgid folder rules. */
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode);
/* i_fop and i_rdev of a device node, FIFO or socket. */
void init_special_inode(struct inode *inode, umode_t mode, dev_t dev);
bool inode_owner_or_capable(const struct inode *inode);

struct timespec64 current_time(struct inode *inode);
struct timespec64 inode_set_ctime_current(struct inode *inode);
/* A read: atime by the mount's rules (relatime by default). */
void touch_atime(const struct path *path);
void file_accessed(struct file *file);
/* A write: mtime and ctime. */
int file_update_time(struct file *file);
/* A write by somebody without CAP_FSETID takes setuid and setgid away. => locked */
int file_remove_privs(struct file *file);

static inline void mark_inode_dirty(struct inode *inode)
{
}

#define MAY_EXEC	0x01
#define MAY_WRITE	0x02
#define MAY_READ	0x04
#define MAY_APPEND	0x08
#define MAY_ACCESS	0x10
#define MAY_OPEN	0x20
#define MAY_CHDIR	0x40
#define MAY_NOT_BLOCK	0x80

/* -EACCES, -EROFS, -EPERM or 0; the second leaves out the file system's own check. */
int inode_permission(struct inode *inode, int mask);
int generic_permission(struct inode *inode, int mask);
/* The checks of chmod, chown, utimes and truncate; then the plain copy. => locked */
int setattr_prepare(struct dentry *dentry, struct iattr *attr);
void setattr_copy(struct inode *inode, const struct iattr *attr);
int inode_newsize_ok(const struct inode *inode, loff_t size);
int notify_change(struct dentry *dentry, struct iattr *attr);
/* chattr(1)'s flags, with all checks. -ENOIOCTLCMD: the file system has none. => not locked */
int vfs_fileattr_get(struct dentry *dentry, u32 *flags);
int vfs_fileattr_set(struct dentry *dentry, u32 flags);

/* Programs that run may not be written: -ETXTBSY. */
int get_write_access(struct inode *inode);
int deny_write_access(struct file *file);
void put_write_access(struct inode *inode);
void allow_write_access(struct file *file);

/* Figures for /proc/sys/fs/inode-nr. */
long get_nr_inodes(void);

#endif
