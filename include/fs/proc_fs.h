/* SPDX-License-Identifier: MIT */
/* How other folders put files into /proc, and what they must call for it. */
#ifndef FS_PROC_FS_H
#define FS_PROC_FS_H

#include <kern/types.h>

struct file;
struct inode;
struct ns_common;
struct pid;
struct poll_table_struct;
struct proc_dir_entry;
struct seq_file;
struct seq_operations;
struct task_struct;
struct vm_area_struct;

/* Operations of one file of /proc; every callback may sleep and holds no lock on entry. */
struct proc_ops {
	int (*proc_open)(struct inode *inode, struct file *file);
	ssize_t (*proc_read)(struct file *file, char __user *buf, size_t size, loff_t *pos);
	ssize_t (*proc_write)(struct file *file, const char __user *buf, size_t size, loff_t *pos);
	loff_t (*proc_lseek)(struct file *file, loff_t offset, int whence);
	int (*proc_release)(struct inode *inode, struct file *file);
	__poll_t (*proc_poll)(struct file *file, struct poll_table_struct *wait);
	long (*proc_ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
};

/*
 * Each returns the new entry, or NULL when the name exists, is malformed, or memory is out.
 * `name` may hold slashes: its folders must exist. A NULL parent is /proc itself.
 * => may sleep; any time after level `core` of the initcalls (the tree is static before mount)
 */
struct proc_dir_entry *proc_create_data(const char *name, umode_t mode,
					struct proc_dir_entry *parent, const struct proc_ops *ops,
					void *data);
struct proc_dir_entry *proc_create(const char *name, umode_t mode, struct proc_dir_entry *parent,
				   const struct proc_ops *ops);
struct proc_dir_entry *proc_create_seq_data(const char *name, umode_t mode,
					    struct proc_dir_entry *parent,
					    const struct seq_operations *ops, void *data);
struct proc_dir_entry *proc_create_single_data(const char *name, umode_t mode,
					       struct proc_dir_entry *parent,
					       int (*show)(struct seq_file *m, void *data),
					       void *data);
struct proc_dir_entry *proc_mkdir_mode(const char *name, umode_t mode,
				       struct proc_dir_entry *parent);
struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent);
struct proc_dir_entry *proc_symlink(const char *name, struct proc_dir_entry *parent,
				    const char *target);

#define proc_create_seq(name, mode, parent, ops) \
	proc_create_seq_data(name, mode, parent, ops, NULL)
#define proc_create_single(name, mode, parent, show) \
	proc_create_single_data(name, mode, parent, show, NULL)

/* The folder of the network, /proc/PID/net: its files show the name space of the process. */
extern struct proc_dir_entry *const proc_net;

/* The network name space that an open file of proc_net shows; it lives as long as the file. */
struct ns_common *proc_net_ns(const struct file *file);

/* Take an entry (and all below it) out of the tree; open files go on until they are closed. */
void remove_proc_entry(const char *name, struct proc_dir_entry *parent);
void proc_remove(struct proc_dir_entry *entry);

/* A task is gone: forgets the cached names of its folder. => may sleep */
void proc_flush_pid(struct pid *pid);

/* The process of an open /proc/PID folder, no reference, or ERR_PTR(-EBADF). */
struct pid *tgid_pidfd_to_pid(const struct file *file);

/* The data pointer given at creation. */
void *pde_data(const struct inode *inode);

#endif
