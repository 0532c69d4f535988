/* SPDX-License-Identifier: MIT */
/* Instances of file systems, and their kinds. */
#ifndef FS_SUPER_H
#define FS_SUPER_H

#include <kern/atomic.h>
#include <kern/mutex.h>
#include <kern/rwsem.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <lib/list.h>

struct dentry;
struct dentry_operations;
struct file_system_type;
struct inode;
struct kstatfs;
struct seq_file;
struct super_block;
struct user_namespace;
struct xattr_handler;

/* Operations of a super block; all may be NULL and may sleep unless it says otherwise. */
struct super_operations {
	/* Memory for an inode, inside the file system's own struct (inode_init_once() done). */
	struct inode *(*alloc_inode)(struct super_block *sb);
	/* Gives it back. => called from an RCU callback: may not sleep */
	void (*free_inode)(struct inode *inode);
	/* The inode goes: drop its pages (truncate_inode_pages) and clear_inode() it. */
	void (*evict_inode)(struct inode *inode);
	/* The last mount has gone. => s_umount held for writing */
	void (*put_super)(struct super_block *sb);
	int (*sync_fs)(struct super_block *sb, int wait);
	int (*statfs)(struct dentry *dentry, struct kstatfs *buf);
	/* mount -o remount. => s_umount held for writing */
	int (*remount_fs)(struct super_block *sb, int *flags, char *data);
	void (*umount_begin)(struct super_block *sb);
	/* ",option" after "rw" in /proc/mounts. */
	int (*show_options)(struct seq_file *m, struct dentry *root);
	int (*show_devname)(struct seq_file *m, struct dentry *root);
};

/* File handles, of up to 32 words. => may sleep */
struct export_operations {
	/* Writes the handle if *words suffice, and what it takes to *words; its type. */
	int (*encode_fh)(struct inode *inode, u32 *handle, int *words);
	/* Any dentry of the file, with a reference; -ESTALE when it is gone. */
	struct dentry *(*fh_to_dentry)(struct super_block *sb, const u32 *handle, int words,
				       int type);
};

/* s_flags; the MS_* of the mount ABI that concern the super block have the same values. */
#define SB_RDONLY	0x0001
#define SB_NOSUID	0x0002
#define SB_NODEV	0x0004
#define SB_NOEXEC	0x0008
#define SB_SYNCHRONOUS	0x0010
#define SB_MANDLOCK	0x0040
#define SB_DIRSYNC	0x0080
#define SB_SILENT	0x8000
#define SB_POSIXACL	0x00010000
#define SB_KERNMOUNT	0x00400000	/* the kernel's own: not to be mounted by users */
#define SB_I_VERSION	0x00800000
#define SB_LAZYTIME	0x02000000
#define SB_ACTIVE	0x40000000
#define SB_NOUSER	0x80000000U

/* s_iflags */
#define SB_I_NOEXEC	0x0002
#define SB_I_NODEV	0x0004

/*
 * One instance. s_active counts mounts and other users; at zero the type's kill_sb() runs.
 *   (i) constant after mount   (u) s_umount   (l) the lock named   (x) atomic
 */
struct super_block {
	struct list_head s_list;		/* sb_lock */
	dev_t s_dev;				/* i */
	u8 s_blocksize_bits;			/* i */
	unsigned long s_blocksize;		/* i */
	loff_t s_maxbytes;			/* i: largest file */
	struct file_system_type *s_type;	/* i */
	const struct super_operations *s_op;	/* i */
	const struct dentry_operations *s_d_op;	/* i: of new dentries */
	const struct xattr_handler *const *s_xattr; /* i */
	const struct export_operations *s_export_op; /* i: NULL: no file handles */
	unsigned long s_flags;			/* u: SB_* */
	unsigned long s_iflags;			/* i: SB_I_* */
	unsigned long s_magic;			/* i */
	struct dentry *s_root;			/* i: until kill_sb */
	struct rw_semaphore s_umount;
	int s_count;				/* sb_lock: holders of the memory */
	atomic_t s_active;			/* x */
	struct list_head s_instances;		/* sb_lock: in type->fs_supers */
	spinlock_t s_inode_list_lock;
	struct list_head s_inodes;		/* s_inode_list_lock */
	spinlock_t s_dentry_lru_lock;
	struct list_head s_dentry_lru;		/* s_dentry_lru_lock: unused dentries, oldest first */
	unsigned long s_nr_dentry_unused;	/* s_dentry_lru_lock */
	u32 s_time_gran;			/* i: ns */
	char s_id[32];				/* i */
	struct mutex s_vfs_rename_mutex;	/* one rename between folders at a time */
	struct hlist_head s_marks;		/* fanotify_lock */
	int s_stack_depth;			/* i: how many file systems it stands on */
	void *s_fs_info;			/* the file system's */
	struct user_namespace *s_user_ns;	/* i: counted; whose users its numbers are */
};

#define FS_REQUIRES_DEV		1
#define FS_BINARY_MOUNTDATA	2
#define FS_USERNS_MOUNT		8
#define FS_RENAME_DOES_D_MOVE	32768

/* File systems on file systems go so deep. */
#define FILESYSTEM_MAX_STACK_DEPTH 2

/* A kind of file system. */
struct file_system_type {
	const char *name;
	int fs_flags;
	/* Finds or makes the super block and returns its root, or an ERR_PTR. => may sleep */
	struct dentry *(*mount)(struct file_system_type *type, int flags, const char *dev_name,
				void *data);
	/* The last user has gone. => s_umount held for writing, dropped by it */
	void (*kill_sb)(struct super_block *sb);
	struct list_head fs_list;		/* file_systems_lock */
	struct list_head fs_supers;		/* sb_lock */
	/* Classes for the lock checker: a stacked file system locks its own before the lower's. */
	struct lock_class_key i_rwsem_key[FILESYSTEM_MAX_STACK_DEPTH + 1];
	struct lock_class_key s_vfs_rename_key[FILESYSTEM_MAX_STACK_DEPTH + 1];
};

/* -EBUSY when the name is taken. */
int register_filesystem(struct file_system_type *type);
int unregister_filesystem(struct file_system_type *type);
struct file_system_type *get_fs_type(const char *name);
/* /proc/filesystems */
int get_filesystem_list(struct seq_file *m);

/* Mount methods for file systems without a device. fill() gets a new super block. */
struct dentry *mount_nodev(struct file_system_type *type, int flags, void *data,
			   int (*fill)(struct super_block *sb, void *data, int silent));
struct dentry *mount_single(struct file_system_type *type, int flags, void *data,
			    int (*fill)(struct super_block *sb, void *data, int silent));
/* A file system that is never mounted by users: pipes, anonymous inodes. */
struct dentry *mount_pseudo(struct file_system_type *type, const char *name,
			    const struct super_operations *ops,
			    const struct dentry_operations *dops, unsigned long magic);
void kill_anon_super(struct super_block *sb);
/* The same for trees that are pinned in the dcache: all go. */
void kill_litter_super(struct super_block *sb);
/* Another way to one: test() finds it (may be NULL), set() fills s_fs_info. s_umount held. */
struct super_block *sget(struct file_system_type *type,
			 int (*test)(struct super_block *sb, void *data),
			 int (*set)(struct super_block *sb, void *data), int flags, void *data);
int set_anon_super(struct super_block *sb, void *data);
/* A device number for what has no device: 0, -EMFILE or -ENOMEM. => any context */
int get_anon_bdev(dev_t *dev);
void free_anon_bdev(dev_t dev);
void deactivate_super(struct super_block *sb);
void deactivate_locked_super(struct super_block *sb);

static inline bool sb_rdonly(const struct super_block *sb)
{
	return sb->s_flags & SB_RDONLY;
}

#endif
