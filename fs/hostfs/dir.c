// SPDX-License-Identifier: MIT
/* Reading folders of the host. A position in one is the host's own. */
#include "internal.h"
#include <fs/file.h>
#include <fs/libfs.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <lib/string.h>
#include <linux/fs.h>
#include <mm/slab.h>

#define BUFFER_SIZE (32UL << 10)

/* As getdents64() writes it. */
struct host_dirent {
	u64 ino;
	s64 next;		/* position behind this entry */
	u16 reclen;
	u8 type;
	char name[];
};

/* Hands the entries of a buffer on; 1 when the reader has no room for more. */
static int emit(struct file *file, struct dir_context *ctx, const char *buf, long len)
{
	bool at_root = IS_ROOT(file_dentry(file));

	for (long at = 0; at < len;) {
		const struct host_dirent *entry = (const void *)(buf + at);
		u64 ino = entry->ino;

		/* What lies above the tree does not exist here. */
		if (at_root && !strcmp(entry->name, ".."))
			ino = file_inode(file)->i_ino;
		if (!dir_emit(ctx, entry->name, strlen(entry->name), ino, entry->type))
			return 1;
		ctx->pos = entry->next;
		at += entry->reclen;
	}
	return 0;
}

/* => i_rwsem held for reading: dir_lock keeps the descriptor's position to one reader */
static int hostfs_readdir(struct file *file, struct dir_context *ctx)
{
	struct inode *inode = file_inode(file);
	char *buf = kmalloc(BUFFER_SIZE, GFP_KERNEL);
	long n;
	int fd, full = 0;

	if (!buf)
		return -ENOMEM;
	do {
		mutex_lock(&HOSTFS_I(inode)->dir_lock);
		n = fd = hostfs_get(inode);
		if (fd >= 0) {
			n = host_fs_readdir(fd, ctx->pos, buf, BUFFER_SIZE);
			hostfs_put(inode);
		}
		mutex_unlock(&HOSTFS_I(inode)->dir_lock);
		if (n > 0)
			full = emit(file, ctx, buf, n);
	} while (n > 0 && !full);
	kfree(buf);
	/* A descriptor that only looks names up: the folder may not be read. */
	return n == -EBADF ? -EACCES : n < 0 ? n : 0;
}

static int hostfs_dir_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct inode *inode = file_inode(file);
	struct host_fs_job job = { .op = HOST_FS_FSYNC, .flags = datasync ? HOST_FS_DATA : 0 };
	long error;

	if (!HOSTFS_SB(inode->i_sb)->writable)
		return 0;
	job.fd = hostfs_get(inode);
	if (job.fd < 0)
		return job.fd;
	error = hostfs_job(&job);
	hostfs_put(inode);
	return error == -EBADF ? 0 : error;
}

const struct file_operations hostfs_dir_fops = {
	.llseek = dcache_dir_lseek,
	.read = generic_read_dir,
	.iterate_shared = hostfs_readdir,
	.fsync = hostfs_dir_fsync,
};
