/* SPDX-License-Identifier: MIT */
/* Mounts, as other folders see them. */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include <linux/mount.h>
#include <kern/types.h>
#include <lib/list.h>

struct dentry;
struct file_system_type;
struct fs_struct;
struct mnt_namespace;
struct path;
struct seq_file;
struct seq_operations;
struct super_block;
struct user_namespace;

/* umount2(2) */
#define MNT_FORCE	1
#define MNT_DETACH	2
#define MNT_EXPIRE	4
#define UMOUNT_NOFOLLOW	8

/* vfsmount->mnt_flags */
#define MNT_NOSUID	0x01
#define MNT_NODEV	0x02
#define MNT_NOEXEC	0x04
#define MNT_NOATIME	0x08
#define MNT_NODIRATIME	0x10
#define MNT_RELATIME	0x20
#define MNT_READONLY	0x40
#define MNT_NOSYMFOLLOW	0x80
#define MNT_WRITE_HOLD	0x200	/* mount_setattr() is making it read-only; mount_lock */
/* Set when a mount is copied to a less privileged name space: what must not be undone there. */
#define MNT_LOCK_ATIME		0x040000
#define MNT_LOCK_NOEXEC		0x080000
#define MNT_LOCK_NOSUID		0x100000
#define MNT_LOCK_NODEV		0x200000
#define MNT_LOCK_READONLY	0x400000
#define MNT_LOCKED		0x800000	/* it stays where it is: it hides something */
#define MNT_LOCK_FLAGS		(MNT_LOCK_ATIME | MNT_LOCK_NOEXEC | MNT_LOCK_NOSUID | \
				 MNT_LOCK_NODEV | MNT_LOCK_READONLY | MNT_LOCKED)

/* The part of a mount that all may read; the rest is fs/vfs/mount.h. */
struct vfsmount {
	struct dentry *mnt_root;	/* i: the root of the mounted tree */
	struct super_block *mnt_sb;	/* i */
	int mnt_flags;			/* mount_lock: MNT_* */
	struct hlist_head mnt_marks;	/* fanotify_lock */
};

/* Its number in /proc/PID/mountinfo. */
int vfsmount_id(const struct vfsmount *mnt);
struct vfsmount *mntget(struct vfsmount *mnt);
void mntput(struct vfsmount *mnt);	/* may sleep */

/* A mount that is in no namespace: for the kernel's own use. ERR_PTR on failure. */
struct vfsmount *kern_mount(struct file_system_type *type);
/* The same for what the kernel cannot do without: no error, but a panic that names it. */
struct vfsmount *kern_mount_at_boot(struct file_system_type *type);
struct vfsmount *vfs_kern_mount(struct file_system_type *type, int flags, const char *name,
				void *data);
void kern_unmount(struct vfsmount *mnt);
/*
 * A private copy of the mount at a path, in no namespace: what is mounted or umounted there later
 * does not concern it. Needs a mount of the caller's namespace. ERR_PTR on failure.
 */
struct vfsmount *clone_private_mount(const struct path *path);

/* Right to write: -EROFS when the mount or its super block is read-only. */
int mnt_want_write(struct vfsmount *mnt);
void mnt_drop_write(struct vfsmount *mnt);
bool __mnt_is_readonly(struct vfsmount *mnt);

/* mount(2) and umount2(2) on kernel strings; `type` and `data` may be NULL. */
int path_mount(const char *dev_name, struct path *path, const char *type, unsigned long flags,
	       void *data);
int do_mount(const char *dev_name, const char *dir_name, const char *type, unsigned long flags,
	     void *data);
int path_umount(struct path *path, int flags);

/*
 * clone(CLONE_NEWNS): a copy of the namespace, owned by user_ns; `new_fs` (may be NULL) has root
 * and pwd moved into it. Without CLONE_NEWNS the same one with one more reference.
 */
struct mnt_namespace *copy_mnt_ns(unsigned long flags, struct mnt_namespace *ns,
				  struct user_namespace *user_ns, struct fs_struct *new_fs);
/* Is the caller's root not the root of its mount namespace? */
bool current_chrooted(void);
/* Do set-id bits of programs on this mount count for the caller? */
bool mnt_may_suid(struct vfsmount *mnt);
void get_mnt_ns(struct mnt_namespace *ns);
void put_mnt_ns(struct mnt_namespace *ns);
/* Mounts of one name space. */
extern unsigned int sysctl_mount_max;
extern struct mnt_namespace *init_mnt_ns;	/* valid after mnt_init() */

/* Shows of /proc/PID/{mounts,mountinfo,mountstats}: see proc_mounts_open(). */
struct file;
struct inode;
struct task_struct;
enum { PROC_MOUNTS, PROC_MOUNTINFO, PROC_MOUNTSTATS };
/*
 * open(), poll() and release() for these files; `task` is the one whose namespace is shown. The
 * file becomes a seq_file. => may sleep
 */
struct poll_table_struct;
int proc_mounts_open(struct inode *inode, struct file *file, struct task_struct *task, int what);
int proc_mounts_release(struct inode *inode, struct file *file);
__poll_t proc_mounts_poll(struct file *file, struct poll_table_struct *pt);

/* Boot: the caches, then rootfs and the first namespace. => called once each by fs/vfs */
void mnt_init(void);

#endif
