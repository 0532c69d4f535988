/* SPDX-License-Identifier: MIT */
/* What the files of fs/vfs share among themselves. */
#ifndef FS_VFS_INTERNAL_H
#define FS_VFS_INTERNAL_H

#include <kern/types.h>
#include <lib/list.h>

struct dentry;
struct file;
struct file_operations;
struct file_system_type;
struct filename;
struct inode;
struct iov_iter;
struct kstat;
struct linux_binprm;
struct mount;
struct path;
struct pipe_inode_info;
struct qstr;
struct super_block;
struct timespec64;
struct vfsmount;

/* ---- dcache ---- */

/* A child's d_lock inside its parent's, for lockdep. */
#define D_LOCK_NESTED 1

void dcache_init(void);
void dcache_shrink_init(void);
/* => d_lock held */
void __d_rehash(struct dentry *dentry);
void __d_drop(struct dentry *dentry);
void d_lru_del(struct dentry *dentry);
void __d_lru_del(struct dentry *dentry);	/* + s_dentry_lru_lock */
void d_add_child(struct dentry *dentry, struct dentry *parent);
bool dname_external(const struct dentry *dentry);
/*
 * Frees a DCACHE_DEAD entry that is on no LRU list; returns the parent, whose reference passes to
 * the caller, or NULL. => no lock held; may sleep
 */
struct dentry *dentry_kill(struct dentry *dentry);
/* Frees up to nr unused entries of a super block; how many. */
unsigned long prune_dcache_sb(struct super_block *sb, unsigned long nr);
void shrink_dcache_for_umount(struct super_block *sb);
/* For O_TMPFILE. */
void d_tmpfile(struct dentry *dentry, struct inode *inode);

enum d_walk_ret { D_WALK_CONTINUE, D_WALK_QUIT, D_WALK_SKIP };
/* Visits `parent` and all below. => enter() runs with the entry's d_lock held */
void d_walk(struct dentry *parent, void *data,
	    enum d_walk_ret (*enter)(void *data, struct dentry *dentry));

/* ---- inodes, super blocks ---- */

void inode_init(void);
void evict_inodes(struct super_block *sb);
/* Calls fn for each live super block, with s_umount held for reading. */
void iterate_supers(void (*fn)(struct super_block *sb, void *arg), void *arg);
/* Writes out what is dirty anywhere. => may sleep */
void sync_all(void);
/* Makes each file system on a disk read-only, whoever writes. => may sleep */
void emergency_remount_all(void);
int do_remount_sb(struct super_block *sb, int flags, void *data);
struct dentry *mount_fs(struct file_system_type *type, int flags, const char *name, void *data);

/* ---- names ---- */

struct open_flags {
	int open_flag;
	umode_t mode;
	int acc_mode;
	int intent;
	int lookup_flags;
};
struct file *do_filp_open(int dfd, struct filename *name, const struct open_flags *op);
/* An open of a place that is known already, with the checks of open(2). ERR_PTR */
struct file *file_open_path(const struct path *path, int flags);
int do_truncate(struct dentry *dentry, loff_t length, unsigned int time_attrs,
		struct file *filp);
int chmod_common(const struct path *path, umode_t mode);
int chown_common(const struct path *path, uid_t user, gid_t group);
int do_utimes_path(const struct path *path, const struct timespec64 *times);

/* ---- files ---- */

void files_init(void);
void fdtable_init(void);
void filename_init(void);
int dup_to(unsigned int oldfd, unsigned int newfd, unsigned int flags);
int f_dupfd(unsigned int from, struct file *file, unsigned int flags);
struct files_struct;
void close_fds(struct files_struct *files, unsigned int fd, unsigned int max_fd);
void cloexec_fds(struct files_struct *files, unsigned int fd, unsigned int max_fd);
void set_close_on_exec(unsigned int fd, bool on);
int unshare_files_max(unsigned int max_fds);
struct file *alloc_empty_file(int flags);

void file_set_caps(struct file *file);
/* May reads and writes go around the page cache (O_DIRECT), or at least be asked to? */
bool can_odirect(const struct file *file);
int vfs_open(const struct path *path, struct file *file);
void f_delown(struct file *file);
int rw_verify_area(int read_write, struct file *file, const loff_t *ppos, size_t count);
/* MS_RDONLY remount: is the super block written through some file? */
int sb_prepare_remount_readonly(struct super_block *sb);
/* One ioctl number that all files know; -ENOIOCTLCMD. */
long do_vfs_ioctl(struct file *file, unsigned int fd, unsigned int cmd, unsigned long arg);

/* Access lists as extended attributes (posix_acl.c). */
bool is_posix_acl_xattr(const char *name);
/*
 * The users and groups that a list names, in place: from the caller's numbers to the kernel's, or
 * back. Who has none becomes -1, which no list may name. What is no list is left to its handler.
 */
void posix_acl_map_xattr(void *value, size_t size, bool from_user);

/* FS_IOC_GETFLAGS, SETFLAGS, FSGETXATTR, FSSETXATTR. */
long ioctl_fileattr(struct file *file, unsigned int cmd, void __user *arg);

/* ---- pipes ---- */
int pipe_fifo_open(struct inode *inode, struct file *file);
extern const struct file_operations pipefifo_fops;

/* ---- epoll ---- */
/* The last reference on a watched file goes. */
void eventpoll_release_file(struct file *file);

/* ---- mounts ---- */
/* The file that kept a detached mount is closed: takes the tree apart if it is detached still. */
void dissolve_on_fput(struct vfsmount *mnt);
void __init mnt_init_caches(void);

#endif
