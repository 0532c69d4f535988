/* SPDX-License-Identifier: MIT */
/* Open files, and what can be done with one. */
#ifndef FS_FILE_H
#define FS_FILE_H

#include <fs/kiocb.h>
#include <fs/path.h>
#include <linux/fcntl.h>
#include <kern/atomic.h>
#include <kern/mutex.h>
#include <kern/rcupdate.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <kern/uidgid.h>
#include <lib/list.h>

struct address_space;
struct cred;
struct dentry;
struct file;
struct file_lock;
struct inode;
struct iov_iter;
struct pid;
struct pipe_inode_info;
struct poll_table_struct;
struct seq_file;
struct vm_area_struct;

/* f_mode */
#define FMODE_READ		0x0001
#define FMODE_WRITE		0x0002
#define FMODE_LSEEK		0x0004
#define FMODE_PREAD		0x0008
#define FMODE_PWRITE		0x0010
#define FMODE_EXEC		0x0020	/* opened by execve() */
#define FMODE_WRITER		0x0040	/* counts in i_writecount and the mount */
#define FMODE_ATOMIC_POS	0x0080	/* f_pos_lock around read() and write() */
#define FMODE_PATH		0x0100	/* O_PATH: a place, no content */
#define FMODE_CAN_READ		0x0200
#define FMODE_CAN_WRITE		0x0400
#define FMODE_OPENED		0x0800
#define FMODE_CREATED		0x1000
#define FMODE_STREAM		0x2000	/* has no position */
#define FMODE_NOWAIT		0x4000	/* read_iter/write_iter honour IOCB_NOWAIT */
#define FMODE_MNT_WRITE		0x8000	/* mnt_want_write() was done */
#define FMODE_NEED_UNMOUNT	0x10000	/* the mount goes with it, if it has no place by then */
#define FMODE_BACKING		0x20000	/* a stacked file system's: struct backing_file */
#define FMODE_NONOTIFY		0x40000	/* watchers hear of the file on top of it */
#define FMODE_READER		0x100000	/* counts in i_readcount */
#define FMODE_CAN_ODIRECT	0x80000	/* O_DIRECT is fine without a_ops->direct_IO */

/* Receives one folder entry: false ends the walk (no more room). */
struct dir_context;
typedef bool (*filldir_t)(struct dir_context *ctx, const char *name, int len, loff_t offset,
			  u64 ino, unsigned int type);
struct dir_context {
	filldir_t actor;
	loff_t pos;		/* of the entry that comes next */
};

static inline bool dir_emit(struct dir_context *ctx, const char *name, int len, u64 ino,
			    unsigned int type)
{
	return ctx->actor(ctx, name, len, ctx->pos, ino, type);
}

bool dir_emit_dot(struct file *file, struct dir_context *ctx);
bool dir_emit_dotdot(struct file *file, struct dir_context *ctx);
bool dir_emit_dots(struct file *file, struct dir_context *ctx);

#define DT_UNKNOWN	0
#define DT_FIFO		1
#define DT_CHR		2
#define DT_DIR		4
#define DT_BLK		6
#define DT_REG		8
#define DT_LNK		10
#define DT_SOCK		12

/*
 * Operations of an open file. All run in process context, hold a reference on the file, may
 * sleep, hold no lock unless it says so, and return an errno below zero. A NULL one is -EINVAL
 * (read, write, mmap: -ENODEV), -ENOTTY (ioctl), always ready (poll), success (others).
 */
struct file_operations {
	/* NULL: no_llseek (-ESPIPE). => f_pos_lock held for folders and regular files */
	loff_t (*llseek)(struct file *file, loff_t offset, int whence);
	/* Either form; the iterator one is used when both are there. Bytes done; short is fine. */
	ssize_t (*read)(struct file *file, char __user *buf, size_t size, loff_t *pos);
	ssize_t (*write)(struct file *file, const char __user *buf, size_t size, loff_t *pos);
	ssize_t (*read_iter)(struct kiocb *iocb, struct iov_iter *to);
	ssize_t (*write_iter)(struct kiocb *iocb, struct iov_iter *from);
	/* Calls dir_emit() from ctx->pos on. => the folder's i_rwsem held (shared) */
	int (*iterate_shared)(struct file *file, struct dir_context *ctx);
	/* EPOLL* that hold now; poll_wait() on the queues first. */
	__poll_t (*poll)(struct file *file, struct poll_table_struct *pt);
	/* -ENOTTY or -ENOIOCTLCMD: not known. */
	long (*unlocked_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	/* Sets vma->vm_ops. => mmap_lock held for writing */
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	/* May replace file->f_op; an error undoes the open. */
	int (*open)(struct inode *inode, struct file *file);
	/* One descriptor is closed (others may stay). */
	int (*flush)(struct file *file, void *owner);
	/* The last reference has gone. */
	int (*release)(struct inode *inode, struct file *file);
	int (*fsync)(struct file *file, loff_t start, loff_t end, int datasync);
	/* FASYNC was switched. */
	int (*fasync)(int fd, struct file *file, int on);
	int (*lock)(struct file *file, int cmd, struct file_lock *fl);
	int (*flock)(struct file *file, int cmd, struct file_lock *fl);
	/* fcntl(F_SETFL) asks; -EINVAL refuses. */
	int (*check_flags)(int flags);
	ssize_t (*splice_read)(struct file *in, loff_t *pos, struct pipe_inode_info *pipe,
			       size_t len, unsigned int flags);
	ssize_t (*splice_write)(struct pipe_inode_info *pipe, struct file *out, loff_t *pos,
				size_t len, unsigned int flags);
	/* FALLOC_FL_* => not locked */
	long (*fallocate)(struct file *file, int mode, loff_t offset, loff_t len);
	/* /proc/PID/fdinfo/N */
	void (*show_fdinfo)(struct seq_file *m, struct file *file);
	unsigned long (*get_unmapped_area)(struct file *file, unsigned long addr,
					   unsigned long len, unsigned long pgoff,
					   unsigned long flags);
};

/* Who hears SIGIO. */
struct fown_struct {
	spinlock_t lock;
	struct pid *pid;	/* lock */
	int pid_type;		/* lock: F_OWNER_* as PIDTYPE_* */
	kuid_t uid, euid;	/* lock */
	int signum;		/* lock */
};

/*
 * An open file description.
 *   (x) atomic   (f) f_lock   (p) f_pos_lock   (i) constant after open
 */
struct file {
	atomic_long_t f_count;			/* x: at zero it may not be got any more */
	unsigned int f_mode;			/* i: FMODE_* */
	unsigned int f_flags;			/* f: O_* */
	const struct file_operations *f_op;	/* i */
	struct path f_path;			/* i */
	struct inode *f_inode;			/* i */
	struct address_space *f_mapping;	/* i */
	spinlock_t f_lock;
	struct mutex f_pos_lock;
	loff_t f_pos;				/* p */
	void *private_data;			/* the driver's */
	struct fown_struct f_owner;
	const struct cred *f_cred;		/* i: of the one who opened it */
	u64 f_version;
	struct hlist_head f_ep;			/* f: epoll items that watch this file */
	struct rcu_head f_rcu;
};

/* The file below an open one of a stacked file system; users know it by `user_path`. */
struct backing_file {
	struct file file;
	struct path user_path;		/* i */
};

static inline struct inode *file_inode(const struct file *file)
{
	return file->f_inode;
}

static inline struct dentry *file_dentry(const struct file *file)
{
	return file->f_path.dentry;
}

/* The path by which a file (of a mapping, say) is known to users. */
static inline const struct path *file_user_path(const struct file *file)
{
	return file->f_mode & FMODE_BACKING ?
		&((const struct backing_file *)file)->user_path : &file->f_path;
}

static inline struct file *get_file(struct file *file)
{
	atomic_long_inc(&file->f_count);
	return file;
}

static inline long file_count(struct file *file)
{
	return atomic_long_read(&file->f_count);
}

/* Drops a reference; the last closes the file. => may sleep, or defers when it may not */
void fput(struct file *file);

/* The caller's open file with a reference, or NULL; fget_raw also gives O_PATH ones. */
struct file *fget(unsigned int fd);
struct file *fget_raw(unsigned int fd);

/* The same, without touching the count when the table is not shared. */
struct fd {
	struct file *file;
	unsigned int flags;	/* FDPUT_* */
};
#define FDPUT_FPUT	1
#define FDPUT_POS_UNLOCK 2
struct fd fdget(unsigned int fd);
struct fd fdget_raw(unsigned int fd);
struct fd fdget_pos(unsigned int fd);
void fdput(struct fd f);
void fdput_pos(struct fd f);

/* Open from inside the kernel; ERR_PTR on failure. => may sleep */
struct file *filp_open(const char *name, int flags, umode_t mode);
struct file *dentry_open(const struct path *path, int flags, const struct cred *cred);
/* The same of a file whose use no watcher hears of. */
struct file *dentry_open_nonotify(const struct path *path, int flags);
int filp_close(struct file *file, void *owner);
/* Opens `real` with the rights of `cred`, for an open file at `user`. ERR_PTR on failure. */
struct file *backing_file_open(const struct path *user, int flags, const struct path *real,
			       const struct cred *cred);
/* f_op->mmap: the mapping is of another file than the one that was opened; eats the reference. */
void vma_set_file(struct vm_area_struct *vma, struct file *file);
/* A file without an open(): eats the path's references on success. */
struct file *alloc_file(const struct path *path, int flags, const struct file_operations *fop);
struct file *alloc_file_pseudo(struct inode *inode, struct vfsmount *mnt, const char *name,
			       int flags, const struct file_operations *fop);
/* A program to run: regular, executable, mount allows it; writes are denied while it is open. */
struct file *open_exec(const char *name);
struct file *do_open_execat(int dfd, const char *name, int flags);

/* A file with an inode that all such files share: eventfd, epoll. `name` shows in /proc/PID/fd. */
struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv,
				int flags);
int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags);

/* From user memory, with the checks of the system calls. */
ssize_t vfs_read(struct file *file, char __user *buf, size_t count, loff_t *pos);
ssize_t vfs_write(struct file *file, const char __user *buf, size_t count, loff_t *pos);
/* By iterator, with RWF_* flags. => the file has the operation and was opened for it */
ssize_t vfs_iter_read(struct file *file, struct iov_iter *iter, loff_t *pos, int rwf);
ssize_t vfs_iter_write(struct file *file, struct iov_iter *iter, loff_t *pos, int rwf);
/* From and to kernel memory; pos may be NULL for streams. */
ssize_t kernel_read(struct file *file, void *buf, size_t count, loff_t *pos);
ssize_t kernel_write(struct file *file, const void *buf, size_t count, loff_t *pos);
loff_t vfs_llseek(struct file *file, loff_t offset, int whence);
int vfs_fsync(struct file *file, int datasync);
int iterate_dir(struct file *file, struct dir_context *ctx);
long vfs_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
long vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len);

loff_t no_llseek(struct file *file, loff_t offset, int whence);
loff_t noop_llseek(struct file *file, loff_t offset, int whence);
loff_t generic_file_llseek(struct file *file, loff_t offset, int whence);
loff_t generic_file_llseek_size(struct file *file, loff_t offset, int whence, loff_t maxsize,
				loff_t eof);
loff_t fixed_size_llseek(struct file *file, loff_t offset, int whence, loff_t size);
loff_t default_llseek(struct file *file, loff_t offset, int whence);
int stream_open(struct inode *inode, struct file *file);
int nonseekable_open(struct inode *inode, struct file *file);
int generic_file_open(struct inode *inode, struct file *file);

/*
 * For write_iter of file systems on the page cache (the rest is in <mm/pagemap.h>): clips the
 * iterator to the limits and sets the place for O_APPEND. Bytes to write, or an errno with
 * -EFBIG after SIGXFSZ. => inode locked
 */
ssize_t generic_write_checks(struct kiocb *iocb, struct iov_iter *from);
/* Does the mount forbid programs? */
bool path_noexec(const struct path *path);

/* SIGIO: the list hangs on the driver, entries belong to files. */
struct fasync_struct;
int fasync_helper(int fd, struct file *file, int on, struct fasync_struct **list);
void kill_fasync(struct fasync_struct **list, int sig, int band);
void send_sigurg(struct fown_struct *owner);
int f_setown(struct file *file, int who, int force);
/* Who asks to be told by signals, and says no more, is told himself. */
void f_setown_if_none(struct file *file);
/* SIGIO, or what F_SETSIG asked for; `reason` is a POLL_*. => any context */
void send_sigio(struct fown_struct *owner, int fd, int reason);

/* Figures for /proc/sys/fs/file-nr. */
long get_nr_files(void);
extern unsigned long sysctl_file_max;

#endif
