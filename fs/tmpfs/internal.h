/* SPDX-License-Identifier: MIT */
/* What the files of tmpfs share. */
#ifndef FS_TMPFS_INTERNAL_H
#define FS_TMPFS_INTERNAL_H

#include <fs/inode.h>
#include <fs/super.h>
#include <fs/xattr.h>
#include <kern/atomic.h>
#include <kern/types.h>
#include <kern/uidgid.h>

/* What inodes and attributes count for: nr_inodes= limits their sum. */
#define INODE_COST	1024
#define XATTR_COST	64
#define ENTRY_SIZE	20	/* what a name adds to its folder's size, as on Linux */

/* One mount of tmpfs. */
struct shmem_sb_info {
	unsigned long max_blocks;	/* s_umount: pages; 0: no limit */
	unsigned long max_inodes;	/* s_umount: 0: no limit */
	atomic_long_t used_blocks;	/* x */
	atomic_long_t used_space;	/* x: bytes of inodes (INODE_COST each) and attributes */
	bool noswap;			/* i: pages stay in memory */
	bool ramfs;			/* i: and do not count as shared memory */
	umode_t mode;			/* of the root, as mounted */
	kuid_t uid;
	kgid_t gid;
};

struct shmem_inode {
	unsigned int seals;		/* i_rwsem: F_SEAL_* */
	bool kernel_only;		/* i: shared anonymous memory: no file locks, no times */
	unsigned int fsflags;		/* i_rwsem: FS_*_FL, by ioctl */
	struct simple_xattrs xattrs;
	struct inode vfs_inode;
};

static inline struct shmem_inode *SHMEM_I(const struct inode *inode)
{
	return container_of(inode, struct shmem_inode, vfs_inode);
}

/* file.c */
extern const struct file_operations shmem_file_operations;
extern const struct inode_operations shmem_inode_operations;
extern const struct address_space_operations shmem_aops;

/* xattr.c */
extern const struct xattr_handler *const shmem_xattr_handlers[];
ssize_t shmem_listxattr(struct dentry *dentry, char *list, size_t size);

/* super.c: bytes more or less; false when the mount's inodes are used up. */
bool shmem_charge_inode_space(struct super_block *sb, long bytes);
void shmem_uncharge_inode_space(struct super_block *sb, long bytes);
/* A new inode of that type, or NULL when the mount or memory is full. */
struct inode *shmem_get_inode(struct super_block *sb, const struct inode *dir, umode_t mode,
			      dev_t dev);
int shmem_fileattr_get(struct dentry *dentry, u32 *flags);
int shmem_fileattr_set(struct dentry *dentry, u32 flags);
int shmem_setattr(struct dentry *dentry, struct iattr *attr);
int shmem_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		  unsigned int query_flags);

/* Of symlinks, and of device nodes, FIFOs and sockets. */
extern const struct inode_operations shmem_symlink_inode_operations;
extern const struct inode_operations shmem_special_inode_operations;

/* dir.c */
extern const struct inode_operations shmem_dir_inode_operations;

#endif
