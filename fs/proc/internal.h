/* SPDX-License-Identifier: MIT */
/* What the files of procfs share. */
#ifndef FS_PROC_INTERNAL_H
#define FS_PROC_INTERNAL_H

#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <fs/stat.h>
#include <fs/super.h>
#include <kern/atomic.h>
#include <kern/completion.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/pid.h>
#include <kern/refcount.h>
#include <kern/task.h>
#include <lib/list.h>
#include <lib/string.h>

struct ctl_table;

/* A node of the static tree: everything but processes and /proc/sys. */
struct proc_dir_entry {
	struct list_head sibling;	/* proc_tree_lock: in parent->children */
	struct list_head children;	/* proc_tree_lock */
	struct proc_dir_entry *parent;	/* i */
	const struct proc_ops *ops;	/* i: one of these three for a file */
	const struct seq_operations *seq_ops;
	int (*show)(struct seq_file *m, void *data);
	char *target;			/* i: of a symlink */
	void *data;			/* i */
	umode_t mode;			/* i */
	unsigned int nlink;		/* proc_tree_lock */
	unsigned long ino;		/* i */
	refcount_t refs;		/* the tree's, and one for each inode */
	atomic_t users;			/* callbacks that run; below zero once it is removed */
	struct completion *unused;	/* told when the last of them has ended */
	char name[];
};

/* An entry of a process's folder. */
struct pid_entry {
	const char *name;
	umode_t mode;
	const struct inode_operations *iop;
	const struct file_operations *fop;
	/* For the operations of links.c and entries.c: a link's target, or a text of one show(). */
	int (*get_link)(struct task_struct *task, struct path *path);
	int (*show)(struct seq_file *m, struct pid *pid, struct task_struct *task);
};

struct proc_inode {
	struct pid *pid;			/* i: counted; NULL in the static tree */
	const struct pid_entry *entry;		/* i */
	struct hlist_node of_pid;		/* pid_inodes_lock: in pid->inodes, folders only */
	unsigned int fd;			/* i: of an entry of fd and fdinfo */
	struct proc_dir_entry *pde;		/* i: counted */
	const struct ctl_table *sysctl;		/* i */
	void *sysctl_dir;			/* i */
	struct ns_common *net_ns;		/* i: counted; of a file of proc_net */
	struct inode vfs_inode;
};

static inline struct proc_inode *PROC_I(const struct inode *inode)
{
	return container_of(inode, struct proc_inode, vfs_inode);
}

/* hidepid=: what others' processes show. */
enum {
	HIDEPID_OFF,
	HIDEPID_NO_ACCESS,	/* their folders cannot be entered */
	HIDEPID_INVISIBLE,	/* nor seen */
	HIDEPID_PTRACEABLE = 4,	/* only what the caller may trace is seen, whatever its group */
};

/* What one mounted instance shows; written by mount and remount. */
struct proc_fs_info {
	struct pid_namespace *pid_ns;	/* i: counted */
	kgid_t gid;			/* who sees everything */
	int hidepid;
	bool only_pids;			/* subset=pid */
};

static inline struct proc_fs_info *proc_info(const struct super_block *sb)
{
	return sb->s_fs_info;
}

/* The name space of process numbers that an instance shows. */
static inline struct pid_namespace *proc_pid_ns(const struct super_block *sb)
{
	return proc_info(sb)->pid_ns;
}

/* The same for a text of ONE(). */
static inline struct pid_namespace *proc_seq_pid_ns(const struct seq_file *m)
{
	return proc_pid_ns(((const struct inode *)m->private)->i_sb);
}

static inline struct pid *proc_pid(const struct inode *inode)
{
	return PROC_I(inode)->pid;
}

static inline struct task_struct *get_proc_task(const struct inode *inode)
{
	return get_pid_task(proc_pid(inode), PIDTYPE_PID);
}

/*
 * Inode numbers: 1 is the root, the static tree counts from 4026531840 up, processes have
 * their number in the upper part and the entry in the lower.
 */
#define PROC_ROOT_INO 1UL
#define PROC_DYNAMIC_FIRST 0xF0000000UL
#define PROC_PID_INO(nr, low) (((unsigned long)(nr) << 24) | (low))
#define PROC_INO_DIR 1UL
#define PROC_INO_ENTRY 16UL
#define PROC_INO_TASK_ENTRY 0x1000UL
#define PROC_INO_FD 0x400000UL
#define PROC_INO_FDINFO 0x800000UL

/* generic.c */
extern struct proc_dir_entry proc_root;
struct dentry *proc_lookup_de(struct inode *dir, struct dentry *dentry, struct proc_dir_entry *de);
int proc_readdir_de(struct file *file, struct dir_context *ctx, struct proc_dir_entry *de);
/* The entry of that name with a reference, or NULL. */
struct proc_dir_entry *proc_find_child(struct proc_dir_entry *dir, const struct qstr *name);
struct inode *proc_get_inode(struct super_block *sb, struct proc_dir_entry *de);

/* root.c */
void pde_put(struct proc_dir_entry *de);
struct inode *proc_new_inode(struct super_block *sb, unsigned long ino, umode_t mode);
extern const struct dentry_operations pid_dentry_operations;

/* base.c */
void proc_pid_forget_inode(struct inode *inode);
extern const struct file_operations proc_dir_stream;
struct dentry *proc_pid_lookup(struct dentry *dentry);
int proc_pid_readdir(struct file *file, struct dir_context *ctx);
struct inode *proc_pid_make_inode(struct super_block *sb, struct task_struct *task,
				  unsigned long ino, umode_t mode);
void task_dump_owner(struct task_struct *task, umode_t mode, kuid_t *uid, kgid_t *gid);
int pid_revalidate(struct dentry *dentry, unsigned int flags);
int pid_delete_dentry(const struct dentry *dentry);
int pid_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		unsigned int query_flags);
int proc_setattr(struct dentry *dentry, struct iattr *attr);
bool proc_may_access(struct task_struct *task, bool attach);
/* Decimal number of a name, or -1. */
int name_to_int(const struct qstr *name);
extern const struct inode_operations proc_task_inode_operations;
extern const struct file_operations proc_task_operations;

/* entries.c: the entries in the folder of a process and of a thread. => as VFS calls them */
struct dentry *proc_tgid_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
int proc_tgid_readdir(struct file *file, struct dir_context *ctx);
struct dentry *proc_tid_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
int proc_tid_readdir(struct file *file, struct dir_context *ctx);

/* fd.c */
extern const struct inode_operations proc_fd_inode_operations, proc_fdinfo_inode_operations;
extern const struct file_operations proc_fd_operations, proc_fdinfo_operations;

/* links.c */
int proc_pid_get_link_cwd(struct task_struct *task, struct path *path);
int proc_pid_get_link_root(struct task_struct *task, struct path *path);
int proc_pid_get_link_exe(struct task_struct *task, struct path *path);
extern const struct inode_operations proc_pid_link_inode_operations;
extern const struct inode_operations proc_ns_dir_inode_operations;
extern const struct file_operations proc_ns_dir_operations;
int proc_readlink_path(const struct path *path, char __user *buf, int size);

/* map_files.c */
extern const struct inode_operations proc_net_inode_operations;
extern const struct file_operations proc_net_operations;
extern const struct inode_operations proc_map_files_inode_operations;
extern const struct file_operations proc_map_files_operations;

/* task_pages.c */
extern const struct file_operations proc_pagemap_operations, proc_clear_refs_operations;
int proc_numa_maps_show(struct seq_file *m, struct vm_area_struct *vma, struct inode *inode);

/* task_mmu.c: the mm (mm_count) for a caller who may look; NULL: a kernel thread; or an errno. */
struct mm_struct *proc_grab_mm(struct inode *inode);
extern const struct file_operations proc_numa_maps_operations;

/* task_settings.c */
int proc_pid_timers(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_children(struct seq_file *m, struct pid *pid, struct task_struct *task);
extern const struct file_operations proc_timerslack_operations, proc_sessionid_operations,
	proc_oom_adj_operations, proc_make_it_fail_operations, proc_fail_nth_operations;

/* array.c, task_text.c, task_mmu.c, task_mem.c */
int proc_tgid_stat(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_tid_stat(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_statm(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_status(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_tgid_io(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_tid_io(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_limits(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_wchan(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_stack(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_syscall(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_personality(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_oom_score(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_cgroup(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_schedstat(struct seq_file *m, struct pid *pid, struct task_struct *task);
int proc_pid_sched(struct seq_file *m, struct pid *pid, struct task_struct *task);
extern const struct file_operations proc_oom_score_adj_operations, proc_loginuid_operations;
extern const struct file_operations proc_comm_operations, proc_cmdline_operations;
extern const struct file_operations proc_environ_operations, proc_auxv_operations;
extern const struct file_operations proc_mem_operations;
loff_t proc_mem_lseek(struct file *file, loff_t offset, int whence);
extern const struct file_operations proc_coredump_filter_operations;
extern const struct file_operations proc_maps_operations, proc_smaps_operations;
extern const struct file_operations proc_smaps_rollup_operations;
extern const struct file_operations proc_mounts_operations, proc_mountinfo_operations;
extern const struct file_operations proc_mountstats_operations;
/* task_ns.c */
extern const struct file_operations proc_uid_map_operations, proc_gid_map_operations;
extern const struct file_operations proc_projid_map_operations, proc_setgroups_operations;
extern const struct file_operations proc_timens_offsets_operations;
void proc_task_name(struct seq_file *m, struct task_struct *task, bool escape);

/* self.c */
int proc_setup_self(struct super_block *sb);
void proc_release_self(struct super_block *sb);

/* sysctl.c */
struct dentry *proc_sys_lookup_root(struct inode *dir, struct dentry *dentry);

#endif
