/* SPDX-License-Identifier: MIT */
/* What the files of hostfs share. This folder and um/ are all that may see the host boundary. */
#ifndef FS_HOSTFS_INTERNAL_H
#define FS_HOSTFS_INTERNAL_H

#define UM_KERNEL_INTERNAL 1
#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/super.h>
#include <kern/mutex.h>
#include <kern/types.h>
#include <lib/list.h>
#include <um/host.h>

#define HOSTFS_MAGIC 0x00c0ffee

/* A file system of the host that the tree reaches. Made once, lives as long as the super block. */
struct hostfs_device {
	struct list_head list;		/* d */
	unsigned long host;		/* i: the host's number */
	dev_t dev;			/* i: what stat(2) shows */
	bool anonymous;			/* i: dev was made by get_anon_bdev() */
	bool forbidden;			/* i: shows the host's kernel: nothing behind it exists here */
};

/* One mount of a tree. (i) constant (d) devices_lock */
struct hostfs_sb {
	unsigned int tree;		/* i: of host_fs_root() */
	bool writable;			/* i */
	spinlock_t devices_lock;
	struct list_head devices;	/* d: only grows */
};

/*
 * One file of the host: the same for all its names.
 *   (i) constant   (f) fd_lock (fd.c)   (l) inode->i_lock   (x) none: see there
 */
struct hostfs_inode {
	struct hostfs_device *device;	/* i: of the host's st_dev */
	unsigned long mount;		/* i: of folders: one that is bound to two places is two here */
	struct host_fs_time btime;	/* i: tells a new file with an old one's number */
	int rfd;			/* f: for reading and as a place for names, or -1 */
	int wfd;			/* f: for writing, or -1 */
	bool wfd_reads;			/* f: it can also read */
	bool pinned;			/* f: no name leads here any more: the descriptors must stay */
	bool borrowed;			/* i: rfd is the tree's root: never to be closed */
	unsigned int users;		/* f: calls that rfd is in use by */
	unsigned int opens;		/* f: open files */
	unsigned int writers;		/* f: of these, for writing */
	bool executed;			/* x: it has been mapped as code; a hint, never cleared */
	struct list_head lru;		/* f: linked when rfd may be closed for another's sake */
	unsigned long checked;		/* jiffies of the last look; a race costs a look more */
	struct host_fs_time mtime, ctime;	/* l: when the cached pages were right */
	struct mutex dir_lock;		/* the position of a folder's descriptor */
	struct inode vfs_inode;
};

static inline struct hostfs_inode *HOSTFS_I(const struct inode *inode)
{
	return container_of(inode, struct hostfs_inode, vfs_inode);
}

static inline struct hostfs_sb *HOSTFS_SB(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* ---- fd.c: descriptors; all may sleep ---- */

/* A descriptor to read a file or look names up in a folder, until hostfs_put(). Or -errno. */
int hostfs_get(struct inode *inode);
void hostfs_put(struct inode *inode);
/* For writing; counts the caller in `writers`. `dentry` names the file. 0 or -errno. */
int hostfs_get_writer(struct inode *inode, struct dentry *dentry);
void hostfs_put_writer(struct inode *inode);
/* The descriptor for writing, or another that the file's content can be changed by; -1: none. */
int hostfs_writer(struct inode *inode);
/* Gives a new file the descriptor that it was made by. */
void hostfs_adopt(struct inode *inode, int fd);
void hostfs_opened(struct inode *inode);
void hostfs_closed(struct inode *inode);
/* Its last name is about to go, or it has none: what is open stays reachable. 0 or -errno. */
int hostfs_pin(struct inode *inode);
/* It keeps its name after all. */
void hostfs_unpin(struct inode *inode);
/* The name has gone, and i_nlink says so. Others that are left lead to the file once it is closed. */
void hostfs_name_gone(struct inode *inode);
/* The inode goes. */
void hostfs_forget(struct inode *inode);

/* Where a file can be named to the host: a folder's descriptor and a name, "" for itself. */
struct hostfs_place {
	int fd;
	struct inode *held;		/* hostfs_put() at the end */
	struct dentry *parent;		/* dput() at the end */
	struct name_snapshot snap;
	const char *name;
};
/* Is it one name in a folder, and no way out of it? */
bool hostfs_nameable(const char *name);
int hostfs_place_get(struct dentry *dentry, struct hostfs_place *place);
void hostfs_place_put(struct hostfs_place *place);
/* Is this the file that the inode stands for? */
bool hostfs_same(const struct inode *inode, const struct host_fs_attr *attr);

/* ---- super.c ---- */

/* The inode of a file, new or known, with its attributes brought up to date. ERR_PTR. */
struct inode *hostfs_iget(struct super_block *sb, const struct host_fs_attr *attr, int fd,
			  const char *name);

/* ---- inode.c ---- */

extern const struct inode_operations hostfs_file_iops, hostfs_symlink_iops, hostfs_special_iops;
extern const struct dentry_operations hostfs_dentry_ops;
/* Takes over what the host says. Pages that are out of date go. => may sleep */
void hostfs_update(struct inode *inode, const struct host_fs_attr *attr);
/* The same after a change that the guest made itself: the pages are right. */
void hostfs_restamp(struct inode *inode, const struct host_fs_attr *attr);
/* Asks the host, if the last answer is too old. `dentry` (may be NULL) names it. */
int hostfs_refresh(struct inode *inode, struct dentry *dentry, bool force);
/* Asks the host after a change of the guest's own. */
void hostfs_changed(struct inode *inode, struct dentry *dentry);
int hostfs_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		   unsigned int query_flags);
int hostfs_setattr(struct dentry *dentry, struct iattr *attr);

/* ---- dir.c, namei.c ---- */

extern const struct inode_operations hostfs_dir_iops;
extern const struct file_operations hostfs_dir_fops;

/* ---- file.c, pages.c ---- */

extern const struct file_operations hostfs_file_fops;
extern const struct address_space_operations hostfs_aops;
/* Does the job, on this vCPU or by a host thread. => may sleep */
long hostfs_job(struct host_fs_job *job);
/* swap.c */
struct swap_info_struct;
int hostfs_swap_activate(struct swap_info_struct *si, struct file *file);
void hostfs_swap_deactivate(struct file *file);
int hostfs_truncate(struct inode *inode, struct dentry *dentry, loff_t size);

/* ---- xattr.c ---- */

extern const struct xattr_handler *const hostfs_xattr_handlers[];
ssize_t hostfs_listxattr(struct dentry *dentry, char *list, size_t size);

#endif
