/* SPDX-License-Identifier: MIT */
/* A process's root, current folder and umask; threads share it (CLONE_FS). */
#ifndef FS_FS_STRUCT_H
#define FS_FS_STRUCT_H

#include <fs/path.h>
#include <kern/seqlock.h>
#include <kern/spinlock.h>
#include <kern/types.h>

struct task_struct;

struct fs_struct {
	int users;			/* lock */
	spinlock_t lock;
	seqcount_t seq;			/* written under lock */
	int umask;			/* lock; current may read */
	int in_exec;			/* lock */
	struct path root, pwd;		/* lock, seq */
};

extern struct fs_struct init_fs;

/* fork() without CLONE_FS: a copy with references of its own; NULL without memory. */
struct fs_struct *copy_fs_struct(struct fs_struct *old);
void free_fs_struct(struct fs_struct *fs);
/* One user less; the last frees it. => may sleep */
void put_fs_struct(struct fs_struct *fs);
/* clone(CLONE_FS): one more user. -EAGAIN while an exec checks who shares it. */
int share_fs_struct(struct fs_struct *fs);
/* exit(), and unshare(CLONE_FS). => may sleep */
void exit_fs(struct task_struct *task);
int unshare_fs_struct(void);

void set_fs_root(struct fs_struct *fs, const struct path *path);
void set_fs_pwd(struct fs_struct *fs, const struct path *path);
void get_fs_root(struct fs_struct *fs, struct path *root);
void get_fs_pwd(struct fs_struct *fs, struct path *pwd);
int current_umask(void);
/* Every process whose root or pwd is `old` goes to `new`: pivot_root. */
void chroot_fs_refs(const struct path *old, const struct path *new);

#endif
