/* SPDX-License-Identifier: MIT */
/* Reading folders: getdents, getdents64. */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/notify.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <mm/uaccess.h>
#include "internal.h"

/* The two forms of an entry in user memory; neither is in the exported headers. */
struct linux_dirent {
	unsigned long d_ino;
	unsigned long d_off;
	unsigned short d_reclen;
	char d_name[];
};

struct linux_dirent64 {
	u64 d_ino;
	s64 d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[];
};

/* A walk that fills a user's buffer. */
struct getdents {
	struct dir_context ctx;
	char __user *at;		/* where the next entry goes */
	char __user *prev;		/* the last one: its d_off is not written yet */
	unsigned int room;
	int error;
	bool wide;			/* getdents64 */
};

int iterate_dir(struct file *file, struct dir_context *ctx)
{
	struct inode *inode = file_inode(file);
	int error;

	if (!file->f_op->iterate_shared)
		return -ENOTDIR;
	error = fanotify_perm(file, FAN_ACCESS_PERM);
	if (error)
		return error;
	inode_lock_shared(inode);
	error = -ENOENT;
	if (!IS_DEADDIR(inode)) {
		ctx->pos = file->f_pos;
		error = file->f_op->iterate_shared(file, ctx);
		file->f_pos = ctx->pos;
		file_accessed(file);
	}
	inode_unlock_shared(inode);
	if (!error)
		notify_file(file, IN_ACCESS);
	return error;
}

bool dir_emit_dot(struct file *file, struct dir_context *ctx)
{
	return dir_emit(ctx, ".", 1, file_inode(file)->i_ino, DT_DIR);
}

bool dir_emit_dotdot(struct file *file, struct dir_context *ctx)
{
	struct dentry *parent = dget_parent(file_dentry(file));
	u64 ino = d_inode(parent)->i_ino;

	dput(parent);
	return dir_emit(ctx, "..", 2, ino, DT_DIR);
}

bool dir_emit_dots(struct file *file, struct dir_context *ctx)
{
	if (ctx->pos == 0) {
		if (!dir_emit_dot(file, ctx))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit_dotdot(file, ctx))
			return false;
		ctx->pos = 2;
	}
	return true;
}

/* Writes an entry's offset, known when the next one comes. */
static int put_offset(struct getdents *g, char __user *entry, loff_t offset)
{
	if (g->wide)
		return put_user(offset, &((struct linux_dirent64 __user *)entry)->d_off);
	return put_user((unsigned long)offset, &((struct linux_dirent __user *)entry)->d_off);
}

static bool fill_entry(struct dir_context *ctx, const char *name, int len, loff_t offset, u64 ino,
		       unsigned int type)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	union {
		struct linux_dirent narrow;
		struct linux_dirent64 wide;
		char bytes[ALIGN(sizeof(struct linux_dirent64) + 256 + 2, 8)];
	} e;
	size_t head = g->wide ? offsetof(struct linux_dirent64, d_name)
			      : offsetof(struct linux_dirent, d_name);
	unsigned int reclen = ALIGN(head + len + (g->wide ? 1 : 2), sizeof(long));

	g->error = -EINVAL;
	if (len > 255 || reclen > g->room)
		return false;
	if (g->prev && signal_pending(current)) {
		g->error = -EINTR;
		return false;
	}
	memset(&e, 0, reclen);
	if (g->wide) {
		e.wide.d_ino = ino;
		e.wide.d_reclen = reclen;
		e.wide.d_type = type;
	} else {
		e.narrow.d_ino = ino;
		e.narrow.d_reclen = reclen;
		e.bytes[reclen - 1] = type;
	}
	memcpy(e.bytes + head, name, len);
	g->error = -EFAULT;
	if (g->prev && put_offset(g, g->prev, offset))
		return false;
	if (copy_to_user(g->at, &e, reclen))
		return false;
	g->prev = g->at;
	g->at += reclen;
	g->room -= reclen;
	g->error = 0;
	return true;
}

static long do_getdents(unsigned int fd, char __user *buf, unsigned int count, bool wide)
{
	struct getdents g = {
		.ctx.actor = fill_entry,
		.at = buf,
		.room = count,
		.wide = wide,
	};
	struct fd f = fdget_pos(fd);
	long result;

	if (!f.file)
		return -EBADF;
	result = iterate_dir(f.file, &g.ctx);
	if (result >= 0)
		result = g.error;
	if (g.prev) {
		if (put_offset(&g, g.prev, g.ctx.pos))
			result = -EFAULT;
		else
			result = count - g.room;
	}
	fdput_pos(f);
	return result;
}

SYSCALL_DEFINE3(getdents64, unsigned int, fd, void __user *, buf, unsigned int, count)
{
	return do_getdents(fd, buf, count, true);
}

SYSCALL_DEFINE3(getdents, unsigned int, fd, void __user *, buf, unsigned int, count)
{
	return do_getdents(fd, buf, count, false);
}
