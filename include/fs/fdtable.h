/* SPDX-License-Identifier: MIT */
/* The table of a process's open files. */
#ifndef FS_FDTABLE_H
#define FS_FDTABLE_H

#include <kern/atomic.h>
#include <kern/rcupdate.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <kern/wait.h>

struct file;
struct task_struct;

/* A table starts with this many entries and doubles. */
#define NR_OPEN_DEFAULT	64

/* One size of the table; replaced as a whole when it grows, freed by RCU. */
struct fdtable {
	unsigned int max_fds;
	struct file **fd;		/* RCU; written under file_lock */
	unsigned long *close_on_exec;	/* file_lock */
	unsigned long *open_fds;	/* file_lock */
	struct rcu_head rcu;
};

struct files_struct {
	atomic_t count;			/* users: tasks and those who look in from outside */
	struct fdtable *fdt;		/* RCU; written under file_lock */
	struct fdtable fdtab;		/* the first table */
	spinlock_t file_lock;
	unsigned int next_fd;		/* file_lock: below it all are taken */
	unsigned long close_on_exec_init[1];
	unsigned long open_fds_init[1];
	struct file *fd_array[NR_OPEN_DEFAULT];
};

extern struct files_struct init_files;
extern unsigned int sysctl_nr_open;

/* fork() without CLONE_FILES; ERR_PTR or the copy. `max_fds`: leave out the rest. => may sleep */
struct files_struct *dup_fd(struct files_struct *old, unsigned int max_fds);
/* exit(), and unshare(CLONE_FILES). => may sleep */
void exit_files(struct task_struct *task);
int unshare_files(void);
void put_files_struct(struct files_struct *files);
struct files_struct *get_files_struct(struct task_struct *task);
/* execve(): closes the close-on-exec ones. => the table is not shared; may sleep */
void do_close_on_exec(struct files_struct *files);

/* A free descriptor of the caller's, reserved: then fd_install() or put_unused_fd(). */
int get_unused_fd_flags(unsigned int flags);
void put_unused_fd(unsigned int fd);
void fd_install(unsigned int fd, struct file *file);
int __get_unused_fd_flags(unsigned int flags, unsigned long nofile);
/* The descriptor's file stays, the number goes: for close(2) and undoing. */
int close_fd(unsigned int fd);
/* dup2 on the kernel's behalf: `file` gets a reference of its own. */
int replace_fd(unsigned int fd, struct file *file, unsigned int flags);

/* The file of another task's descriptor with a reference, or NULL. => may sleep */
struct file *fget_task(struct task_struct *task, unsigned int fd);
/* The same for the first descriptor >= *fd, which is updated. */
struct file *fget_task_next(struct task_struct *task, unsigned int *fd);
/* Calls fn for each descriptor >= n until it returns nonzero. => file_lock held in fn */
int iterate_fd(struct files_struct *files, unsigned int n,
	       int (*fn)(const void *data, struct file *file, unsigned int fd), const void *data);
bool get_close_on_exec(unsigned int fd);

#endif
