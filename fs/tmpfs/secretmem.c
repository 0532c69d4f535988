// SPDX-License-Identifier: MIT
/*
 * memfd_secret(2): memory that only those who map it can reach: no read() or write(), no other
 * task's ptrace or process_vm_readv(), no swap. It gets its size once, and counts as locked.
 *
 * The kernel's own map of the memory shows it as any other page: that is how this machine reaches
 * all memory.
 */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/mount.h>
#include <fs/shmem.h>
#include <kern/err.h>
#include <kern/sched.h>
#include <kern/syscalls.h>
#include <mm/mmap.h>
#include <mm/pagemap.h>

#include "internal.h"

static int secret_open(struct inode *inode, struct file *file)
{
	return -ENXIO;
}

static int secret_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (mlock_future_check(current->mm, vma->vm_flags | VM_LOCKED,
			       (vma->vm_end - vma->vm_start) >> PAGE_SHIFT))
		return -EAGAIN;
	vma->vm_flags |= VM_LOCKED | VM_DONTDUMP;
	return generic_file_mmap(file, vma);
}

static int secret_setattr(struct dentry *dentry, struct iattr *attr)
{
	if ((attr->ia_valid & ATTR_SIZE) && i_size_read(d_inode(dentry)))
		return -EINVAL;
	return shmem_setattr(dentry, attr);
}

static const struct file_operations secret_file_operations = {
	.open = secret_open,
	.mmap = secret_mmap,
};

static const struct inode_operations secret_inode_operations = {
	.setattr = secret_setattr,
	.getattr = shmem_getattr,
};

static struct file *secret_file(void)
{
	struct file *file = shmem_file_setup("secretmem", 0, 0);
	struct inode *inode;

	if (IS_ERR(file))
		return file;
	inode = file_inode(file);
	inode->i_op = &secret_inode_operations;
	inode->i_fop = file->f_op = &secret_file_operations;
	set_bit(AS_UNEVICTABLE, &inode->i_mapping->flags);
	set_bit(AS_SECRET, &inode->i_mapping->flags);
	file->f_mode &= ~(FMODE_CAN_READ | FMODE_CAN_WRITE | FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	file->f_flags |= O_LARGEFILE;
	return file;
}

SYSCALL_DEFINE1(memfd_secret, unsigned int, flags)
{
	struct file *file;
	int fd;

	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	fd = get_unused_fd_flags(flags & O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = secret_file();
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}
