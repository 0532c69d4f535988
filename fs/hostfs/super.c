// SPDX-License-Identifier: MIT
/*
 * hostfs: a folder of the host as a file system.
 *
 * The trees that may be mounted are those that were named on vmlinux's command line; the guest
 * mounts one by its number, "mount -t hostfs 0 /mnt", and can name no other. All file systems of
 * the host that lie in the tree are part of it, but for those that show the host's kernel: the
 * folder that /proc or /sys is mounted on is here, and empty.
 *
 * What the host says is the truth: names and attributes are cached for a moment (a tree that may
 * be written: not at all) and compared at use; pages are dropped when the file's times or size
 * have changed. docs/hostfs.md tells what that means to programs.
 *
 * Lock order: i_rwsem, s_vfs_rename_mutex > dir_lock > fd_lock; devices_lock alone.
 */
#include "internal.h"
#include <fs/file.h>
#include <fs/libfs.h>
#include <fs/namei.h>
#include <fs/seq_file.h>
#include <fs/statfs.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <lib/hash.h>
#include <lib/kstrtox.h>
#include <mm/pagemap.h>
#include <mm/slab.h>

static struct kmem_cache *hostfs_inode_cache;

static dev_t guest_dev(unsigned long host)
{
	return MKDEV((host >> 32) & 0xfff, host & MINORMASK);
}

/* ---- inodes ---- */

static struct inode *hostfs_alloc_inode(struct super_block *sb)
{
	struct hostfs_inode *info = kmem_cache_alloc(hostfs_inode_cache, GFP_KERNEL | __GFP_ZERO);

	if (!info)
		return NULL;
	info->rfd = info->wfd = -1;
	INIT_LIST_HEAD(&info->lru);
	mutex_init(&info->dir_lock);
	return &info->vfs_inode;
}

static void hostfs_free_inode(struct inode *inode)
{
	kmem_cache_free(hostfs_inode_cache, HOSTFS_I(inode));
}

static void hostfs_evict_inode(struct inode *inode)
{
	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	hostfs_forget(inode);
}

/* What identifies a file, while it is looked for. */
struct identity {
	struct hostfs_device *device;
	const struct host_fs_attr *attr;
};

static int test_identity(struct inode *inode, void *data)
{
	const struct identity *id = data;

	return HOSTFS_I(inode)->device == id->device && hostfs_same(inode, id->attr);
}

static int set_identity(struct inode *inode, void *data)
{
	const struct identity *id = data;
	struct hostfs_inode *info = HOSTFS_I(inode);

	inode->i_ino = id->attr->ino;
	inode->i_mode = id->attr->mode;
	info->device = id->device;
	info->mount = id->attr->mount;
	info->btime = id->attr->btime;
	return 0;
}

static void set_operations(struct inode *inode, const struct host_fs_attr *attr)
{
	switch (attr->mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &hostfs_file_iops;
		inode->i_fop = &hostfs_file_fops;
		inode->i_mapping->a_ops = &hostfs_aops;
		break;
	case S_IFDIR:
		if (HOSTFS_I(inode)->device->forbidden) {
			make_empty_dir_inode(inode);
			break;
		}
		inode->i_op = &hostfs_dir_iops;
		inode->i_fop = &hostfs_dir_fops;
		break;
	case S_IFLNK:
		inode->i_op = &hostfs_symlink_iops;
		break;
	default:
		/* FIFOs and sockets are the guest's own; devices are its drivers'. */
		init_special_inode(inode, attr->mode, guest_dev(attr->rdev));
		inode->i_op = &hostfs_special_iops;
	}
	inode->i_flags |= S_NOATIME | S_NOCMTIME;
}

static struct hostfs_device *find_device(struct hostfs_sb *sbi, unsigned long host)
{
	struct hostfs_device *device, *found = NULL;

	spin_lock(&sbi->devices_lock);
	list_for_each_entry(device, &sbi->devices, list) {
		if (device->host == host) {
			found = device;
			break;
		}
	}
	spin_unlock(&sbi->devices_lock);
	return found;
}

static int is_forbidden(int fd, const char *name)
{
	int place = *name ? host_fs_open(fd, name, 0, 0) : fd;
	int kernel;

	if (place < 0)
		return place;
	kernel = host_fs_is_kernel(place);
	if (*name)
		host_fs_close(place);
	return kernel;
}

static struct hostfs_device *add_device(struct super_block *sb, unsigned long host, int forbidden)
{
	struct hostfs_sb *sbi = HOSTFS_SB(sb);
	struct hostfs_device *device = kzalloc(sizeof(*device), GFP_KERNEL), *other;

	if (!device)
		return ERR_PTR(-ENOMEM);
	device->host = host;
	device->forbidden = forbidden;
	device->dev = sb->s_dev;
	if (!list_empty(&sbi->devices)) {
		int error = get_anon_bdev(&device->dev);

		if (error) {
			kfree(device);
			return ERR_PTR(error);
		}
		device->anonymous = true;
	}
	spin_lock(&sbi->devices_lock);
	list_for_each_entry(other, &sbi->devices, list) {
		if (other->host != host)
			continue;
		spin_unlock(&sbi->devices_lock);
		if (device->anonymous)
			free_anon_bdev(device->dev);
		kfree(device);
		return other;
	}
	list_add(&device->list, &sbi->devices);
	spin_unlock(&sbi->devices_lock);
	return device;
}

/* The device of a file that is `name` in the folder `fd`. */
static struct hostfs_device *get_device(struct super_block *sb, unsigned long host, int fd,
					const char *name)
{
	struct hostfs_device *device = find_device(HOSTFS_SB(sb), host);
	int forbidden;

	if (device)
		return device;
	forbidden = is_forbidden(fd, name);
	return forbidden < 0 ? ERR_PTR(forbidden) : add_device(sb, host, forbidden);
}

struct inode *hostfs_iget(struct super_block *sb, const struct host_fs_attr *attr, int fd,
			  const char *name)
{
	struct identity id = { .attr = attr };
	struct inode *inode;

	id.device = get_device(sb, attr->dev, fd, name);
	if (IS_ERR(id.device))
		return ERR_CAST(id.device);
	inode = iget5_locked(sb, attr->ino, test_identity, set_identity, &id);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	if (!(inode->i_state & I_NEW)) {
		hostfs_update(inode, attr);
		return inode;
	}
	hostfs_restamp(inode, attr);
	set_operations(inode, attr);
	unlock_new_inode(inode);
	return inode;
}

/* ---- the super block ---- */

static int hostfs_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct inode *inode = d_inode(dentry);
	struct hostfs_place place;
	struct host_fs_statfs st;
	int error;

	/* A file's own descriptor would need the right to read it: its folder's says the same. */
	if (S_ISDIR(inode->i_mode)) {
		place.fd = hostfs_get(inode);
		error = place.fd < 0 ? place.fd : host_fs_statfs(place.fd, &st);
		if (place.fd >= 0)
			hostfs_put(inode);
	} else {
		error = hostfs_place_get(dentry, &place);
		if (!error) {
			error = host_fs_statfs(place.fd, &st);
			hostfs_place_put(&place);
		}
	}
	if (error)
		return error;
	buf->f_type = st.type;
	buf->f_bsize = st.bsize;
	buf->f_frsize = st.frsize;
	buf->f_blocks = st.blocks;
	buf->f_bfree = st.bfree;
	buf->f_bavail = st.bavail;
	buf->f_files = st.files;
	buf->f_ffree = st.ffree;
	buf->f_namelen = st.namelen;
	buf->f_fsid.val[0] = new_encode_dev(HOSTFS_I(inode)->device->dev);
	return 0;
}

/* A tree that may not be written stays so. */
static int hostfs_remount(struct super_block *sb, int *flags, char *data)
{
	if (!HOSTFS_SB(sb)->writable && !(*flags & SB_RDONLY))
		return -EROFS;
	return 0;
}

static int hostfs_show_options(struct seq_file *m, struct dentry *root)
{
	seq_printf(m, ",tree=%u", HOSTFS_SB(root->d_sb)->tree);
	return 0;
}

static const struct super_operations hostfs_super_ops = {
	.alloc_inode = hostfs_alloc_inode,
	.free_inode = hostfs_free_inode,
	.evict_inode = hostfs_evict_inode,
	.statfs = hostfs_statfs,
	.remount_fs = hostfs_remount,
	.show_options = hostfs_show_options,
};

static int fill_root(struct super_block *sb, int fd)
{
	struct host_fs_attr attr;
	struct hostfs_inode *info;
	struct inode *inode;
	int error = host_fs_stat(fd, "", &attr);

	if (error)
		return error;
	if (!S_ISDIR(attr.mode))
		return -ENOTDIR;
	inode = hostfs_iget(sb, &attr, fd, "");
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	info = HOSTFS_I(inode);
	info->rfd = fd;
	info->borrowed = info->pinned = true;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

static int hostfs_fill_super(struct super_block *sb, void *data, int silent)
{
	struct hostfs_sb *sbi = kzalloc(sizeof(*sbi), GFP_KERNEL);
	int writable, fd;

	if (!sbi)
		return -ENOMEM;
	spin_lock_init(&sbi->devices_lock);
	INIT_LIST_HEAD(&sbi->devices);
	sb->s_fs_info = sbi;
	sbi->tree = *(unsigned int *)data;
	fd = host_fs_root(sbi->tree, &writable);
	if (fd < 0)
		return -ENODEV;
	sbi->writable = writable;
	if (!writable)
		sb->s_flags |= SB_RDONLY;
	sb->s_maxbytes = LLONG_MAX;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_magic = HOSTFS_MAGIC;
	sb->s_time_gran = 1;
	sb->s_op = &hostfs_super_ops;
	sb->s_d_op = &hostfs_dentry_ops;
	sb->s_xattr = hostfs_xattr_handlers;
	return fill_root(sb, fd);
}

/* The source is the tree's number; there are no options. */
static struct dentry *hostfs_mount(struct file_system_type *type, int flags, const char *dev_name,
				   void *data)
{
	unsigned int tree;

	if (!dev_name || kstrtouint(dev_name, 10, &tree) || (data && *(const char *)data))
		return ERR_PTR(-EINVAL);
	return mount_nodev(type, flags, &tree, hostfs_fill_super);
}

static void hostfs_kill_super(struct super_block *sb)
{
	struct hostfs_sb *sbi = HOSTFS_SB(sb);
	struct hostfs_device *device, *next;

	kill_anon_super(sb);
	if (!sbi)
		return;
	list_for_each_entry_safe(device, next, &sbi->devices, list) {
		if (device->anonymous)
			free_anon_bdev(device->dev);
		kfree(device);
	}
	kfree(sbi);
}

static struct file_system_type hostfs_type = {
	.name = "hostfs",
	.mount = hostfs_mount,
	.kill_sb = hostfs_kill_super,
};

static int __init hostfs_init(void)
{
	hostfs_inode_cache = kmem_cache_create("hostfs_inode_cache", sizeof(struct hostfs_inode), 0,
					       SLAB_PANIC | SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT, NULL);
	return register_filesystem(&hostfs_type);
}
fs_initcall(hostfs_init);
