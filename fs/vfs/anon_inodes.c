/* SPDX-License-Identifier: MIT */
/* Files with no name and no content of their own: they share one inode. */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/panic.h>
#include <linux/fcntl.h>
#include <linux/magic.h>

static struct vfsmount *anon_mnt;
static struct inode *anon_inode;

static char *anon_dname(struct dentry *dentry, char *buf, int buflen)
{
	return dynamic_dname(buf, buflen, "anon_inode:%s", dentry->d_name.name);
}

static const struct dentry_operations anon_dentry_operations = { .d_dname = anon_dname };

struct file *anon_inode_getfile(const char *name, const struct file_operations *fops, void *priv,
				int flags)
{
	struct file *file;

	ihold(anon_inode);
	file = alloc_file_pseudo(anon_inode, anon_mnt, name, flags & (O_ACCMODE | O_NONBLOCK), fops);
	if (IS_ERR(file)) {
		iput(anon_inode);
		return file;
	}
	file->private_data = priv;
	return file;
}

int anon_inode_getfd(const char *name, const struct file_operations *fops, void *priv, int flags)
{
	int fd = get_unused_fd_flags(flags);
	struct file *file;

	if (fd < 0)
		return fd;
	file = anon_inode_getfile(name, fops, priv, flags);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	fd_install(fd, file);
	return fd;
}

static struct dentry *anon_mount(struct file_system_type *type, int flags, const char *name,
				 void *data)
{
	return mount_pseudo(type, "anon_inode:", NULL, &anon_dentry_operations,
			    ANON_INODE_FS_MAGIC);
}

static struct file_system_type anon_fs_type = {
	.name = "anon_inodefs",
	.mount = anon_mount,
	.kill_sb = kill_anon_super,
};

static int __init anon_inode_init(void)
{
	/* Never listed in /proc/filesystems, so not registered. */
	INIT_LIST_HEAD(&anon_fs_type.fs_supers);
	anon_mnt = kern_mount_at_boot(&anon_fs_type);
	anon_inode = new_inode(anon_mnt->mnt_sb);
	if (!anon_inode)
		panic("no memory for the inode of anonymous files");
	anon_inode->i_ino = get_next_ino();
	anon_inode->i_mode = S_IRUSR | S_IWUSR;
	anon_inode->i_atime = anon_inode->i_mtime = anon_inode->i_ctime = current_time(anon_inode);
	return 0;
}
fs_initcall(anon_inode_init);
