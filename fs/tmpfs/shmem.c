// SPDX-License-Identifier: MIT
/*
 * Files without a name, on a tmpfs of the kernel's own: shared anonymous memory and
 * memfd_create(2), with its seals.
 */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/mount.h>
#include <fs/shmem.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <mm/mmap.h>
#include <mm/pagemap.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "internal.h"

#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)
#define NAME_LIMIT 249		/* of memfd_create: "memfd:" and it make a file name */

static struct vfsmount *shmem_mnt;

struct file *shmem_file_setup(const char *name, loff_t size, unsigned long vm_flags)
{
	struct super_block *sb;
	struct inode *inode;
	struct file *file;

	if (IS_ERR_OR_NULL(shmem_mnt))
		return ERR_PTR(-ENOSYS);
	sb = shmem_mnt->mnt_sb;
	if (size < 0 || size > sb->s_maxbytes)
		return ERR_PTR(-EINVAL);
	inode = shmem_get_inode(sb, NULL, S_IFREG | 0777, 0);
	if (!inode)
		return ERR_PTR(-ENOSPC);
	inode->i_size = size;
	clear_nlink(inode);
	file = alloc_file_pseudo(inode, shmem_mnt, name, O_RDWR, &shmem_file_operations);
	if (IS_ERR(file))
		iput(inode);
	return file;
}

/* mmap(MAP_SHARED | MAP_ANONYMOUS) and /dev/zero. => mmap_lock held for writing */
int shmem_zero_setup(struct vm_area_struct *vma)
{
	struct file *file = shmem_file_setup("dev/zero", vma->vm_end - vma->vm_start, vma->vm_flags);

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (vma->vm_file)
		fput(vma->vm_file);
	vma->vm_file = file;
	return generic_file_mmap(file, vma);
}

bool shmem_mapping(struct address_space *mapping)
{
	return mapping->a_ops == &shmem_aops;
}

SYSCALL_DEFINE2(memfd_create, const char __user *, uname, unsigned int, flags)
{
	char name[NAME_LIMIT + 8] = "memfd:";
	struct file *file;
	long len;
	int fd;

	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	len = strncpy_from_user(name + 6, uname, NAME_LIMIT + 1);
	if (len < 0)
		return len;
	if (len > NAME_LIMIT)
		return -EINVAL;
	fd = get_unused_fd_flags(flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
	if (fd < 0)
		return fd;
	file = shmem_file_setup(name, 0, 0);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	file->f_flags |= O_LARGEFILE;
	if (flags & MFD_ALLOW_SEALING)
		SHMEM_I(file_inode(file))->seals = 0;
	fd_install(fd, file);
	return fd;
}

static int add_seals(struct file *file, unsigned int seals)
{
	struct inode *inode = file_inode(file);
	struct shmem_inode *info = SHMEM_I(inode);
	int err = 0;

	if (!(file->f_mode & FMODE_WRITE))
		return -EPERM;
	if (seals & ~ALL_SEALS)
		return -EINVAL;
	inode_lock(inode);
	if (info->seals & F_SEAL_SEAL)
		err = -EPERM;
	else if (seals & F_SEAL_WRITE && mapping_writably_mapped(inode->i_mapping))
		err = -EBUSY;
	else
		info->seals |= seals;
	inode_unlock(inode);
	return err;
}

/* fcntl(F_ADD_SEALS, F_GET_SEALS). */
long memfd_fcntl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (file->f_op != &shmem_file_operations)
		return -EINVAL;
	if (cmd == F_GET_SEALS)
		return SHMEM_I(file_inode(file))->seals;
	return arg > UINT_MAX ? -EINVAL : add_seals(file, arg);
}

static int __init shmem_mount_init(void)
{
	static char no_limit[] = "nr_blocks=0,nr_inodes=0";

	shmem_mnt = vfs_kern_mount(get_fs_type("tmpfs"), SB_KERNMOUNT, "tmpfs", no_limit);
	return PTR_ERR_OR_ZERO(shmem_mnt);
}
postcore_initcall(shmem_mount_init);
