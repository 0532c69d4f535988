/* SPDX-License-Identifier: MIT */
/* Ready-made operations for file systems whose whole tree lives in the dcache. */
#ifndef FS_LIBFS_H
#define FS_LIBFS_H

#include <kern/types.h>

struct dentry;
struct dentry_operations;
struct dir_context;
struct file;
struct file_operations;
struct iattr;
struct inode;
struct inode_operations;
struct kstat;
struct kstatfs;
struct path;
struct seq_file;
struct super_block;
struct super_operations;

/* One file of simple_fill_super(); the list ends with an empty name. */
struct tree_descr {
	const char *name;
	const struct file_operations *ops;
	int mode;
};

int simple_fill_super(struct super_block *sb, unsigned long magic, const struct tree_descr *files);

/* Folder operations: the dcache holds every name. */
struct dentry *simple_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
int simple_link(struct dentry *old, struct inode *dir, struct dentry *dentry);
int simple_unlink(struct inode *dir, struct dentry *dentry);
int simple_rmdir(struct inode *dir, struct dentry *dentry);
int simple_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		  struct dentry *new, unsigned int flags);
int simple_empty(struct dentry *dentry);
int dcache_dir_open(struct inode *inode, struct file *file);
int dcache_dir_close(struct inode *inode, struct file *file);
loff_t dcache_dir_lseek(struct file *file, loff_t offset, int whence);
int dcache_readdir(struct file *file, struct dir_context *ctx);
ssize_t generic_read_dir(struct file *file, char __user *buf, size_t size, loff_t *pos);
extern const struct file_operations simple_dir_operations;
extern const struct inode_operations simple_dir_inode_operations;
extern const struct dentry_operations simple_dentry_operations;
extern const struct super_operations simple_super_operations;

int simple_setattr(struct dentry *dentry, struct iattr *attr);
int simple_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		   unsigned int query_flags);
int simple_statfs(struct dentry *dentry, struct kstatfs *buf);
int simple_open(struct inode *inode, struct file *file);	/* private_data = i_private */
int always_delete_dentry(const struct dentry *dentry);
int noop_fsync(struct file *file, loff_t start, loff_t end, int datasync);
void make_empty_dir_inode(struct inode *inode);

/* read() and write() on a buffer in the kernel that stands for the whole file. */
ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *pos, const void *from,
				size_t available);
ssize_t simple_write_to_buffer(void *to, size_t available, loff_t *pos, const void __user *from,
			       size_t count);

#endif
