// SPDX-License-Identifier: MIT
/*
 * devpts: a node for each pseudo terminal, and ptmx, which makes them. Each mount is an
 * instance with numbers of its own. Nodes come and go with the masters (drivers/tty/pty.c),
 * which also guards dentry->d_fsdata, the slave, by its tty_mutex.
 */
#include <driver/cdev.h>
#include <fs/dentry.h>
#include <fs/devpts.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/mount.h>
#include <fs/mount_options.h>
#include <fs/namei.h>
#include <fs/seq_file.h>
#include <fs/super.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <lib/idr.h>
#include <lib/kstrtox.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <linux/magic.h>
#include <mm/slab.h>

#define PTS_MAJOR 136
#define PTMX_DEV MKDEV(5, 2)
#define PTY_LIMIT 4096

/* One instance. */
struct pts_fs_info {
	struct super_block *sb;
	struct ida ids;
	bool set_uid, set_gid;
	kuid_t uid;
	kgid_t gid;
	umode_t mode, ptmxmode;
	unsigned int max;
	struct inode *ptmx;
};

static struct file_system_type devpts_type;

static int parse_one(struct pts_fs_info *fsi, char *name, char *value)
{
	unsigned int number = 0;
	int base = strstr(name, "mode") ? 8 : 10;

	if (value && kstrtouint(value, base, &number))
		return -EINVAL;
	if (!strcmp(name, "newinstance"))
		return 0;
	if (!value)
		return -EINVAL;
	if (!strcmp(name, "uid")) {
		fsi->uid = make_kuid(current_user_ns(), number);
		if (!uid_valid(fsi->uid))
			return -EINVAL;
		fsi->set_uid = true;
	} else if (!strcmp(name, "gid")) {
		fsi->gid = make_kgid(current_user_ns(), number);
		if (!gid_valid(fsi->gid))
			return -EINVAL;
		fsi->set_gid = true;
	} else if (!strcmp(name, "mode")) {
		fsi->mode = number & 07777;
	} else if (!strcmp(name, "ptmxmode")) {
		fsi->ptmxmode = number & 07777;
	} else if (!strcmp(name, "max")) {
		fsi->max = number;
	} else {
		return -EINVAL;
	}
	return 0;
}

static int parse_options(struct pts_fs_info *fsi, char *data)
{
	char *name, *value;

	while ((name = next_mount_option(&data, &value))) {
		int err = parse_one(fsi, name, value);

		if (err)
			return err;
	}
	return 0;
}

static int devpts_show_options(struct seq_file *m, struct dentry *root)
{
	struct pts_fs_info *fsi = root->d_sb->s_fs_info;

	if (fsi->set_uid)
		seq_printf(m, ",uid=%u", from_kuid_munged(&init_user_ns, fsi->uid));
	if (fsi->set_gid)
		seq_printf(m, ",gid=%u", from_kgid_munged(&init_user_ns, fsi->gid));
	seq_printf(m, ",mode=%03o,ptmxmode=%03o", fsi->mode, fsi->ptmxmode);
	if (fsi->max < PTY_LIMIT)
		seq_printf(m, ",max=%u", fsi->max);
	return 0;
}

static int devpts_remount(struct super_block *sb, int *flags, char *data)
{
	struct pts_fs_info *fsi = sb->s_fs_info;
	int err = parse_options(fsi, data);

	if (!err)
		fsi->ptmx->i_mode = S_IFCHR | fsi->ptmxmode;
	return err;
}

static const struct super_operations devpts_ops = {
	.statfs = simple_statfs,
	.show_options = devpts_show_options,
	.remount_fs = devpts_remount,
};

static struct inode *make_inode(struct super_block *sb, unsigned long ino, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (inode) {
		inode->i_ino = ino;
		inode->i_mode = mode;
		inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	}
	return inode;
}

/* The node ptmx of a new instance. */
static int make_ptmx(struct pts_fs_info *fsi)
{
	struct super_block *sb = fsi->sb;
	struct dentry *dentry = d_alloc_name(sb->s_root, "ptmx");
	struct inode *inode;

	if (!dentry)
		return -ENOMEM;
	inode = make_inode(sb, 2, S_IFCHR | fsi->ptmxmode);
	if (!inode) {
		dput(dentry);
		return -ENOMEM;
	}
	init_special_inode(inode, inode->i_mode, PTMX_DEV);
	if (uid_valid(make_kuid(current_user_ns(), 0)) && gid_valid(make_kgid(current_user_ns(), 0))) {
		inode->i_uid = make_kuid(current_user_ns(), 0);
		inode->i_gid = make_kgid(current_user_ns(), 0);
	}
	d_add(dentry, inode);
	fsi->ptmx = inode;
	return 0;
}

static int devpts_fill_super(struct super_block *sb, void *data, int silent)
{
	struct pts_fs_info *fsi = kzalloc(sizeof(*fsi), GFP_KERNEL);
	struct inode *inode;
	int err;

	if (!fsi)
		return -ENOMEM;
	fsi->sb = sb;
	ida_init(&fsi->ids);
	fsi->mode = 0600;
	fsi->max = PTY_LIMIT;
	sb->s_fs_info = fsi;
	err = parse_options(fsi, data);
	if (err)
		return err;
	sb->s_iflags &= ~SB_I_NODEV;
	sb->s_blocksize = 1024;
	sb->s_blocksize_bits = 10;
	sb->s_magic = DEVPTS_SUPER_MAGIC;
	sb->s_op = &devpts_ops;
	sb->s_d_op = &simple_dentry_operations;
	sb->s_time_gran = 1;
	inode = make_inode(sb, 1, S_IFDIR | 0755);
	if (!inode)
		return -ENOMEM;
	inode->i_op = &simple_dir_inode_operations;
	inode->i_fop = &simple_dir_operations;
	set_nlink(inode, 2);
	sb->s_root = d_make_root(inode);
	if (!sb->s_root)
		return -ENOMEM;
	return make_ptmx(fsi);
}

static struct dentry *devpts_mount(struct file_system_type *type, int flags, const char *dev_name,
				   void *data)
{
	return mount_nodev(type, flags, data, devpts_fill_super);
}

static void devpts_kill_sb(struct super_block *sb)
{
	struct pts_fs_info *fsi = sb->s_fs_info;

	kill_litter_super(sb);
	if (fsi)
		ida_destroy(&fsi->ids);
	kfree(fsi);
}

static struct file_system_type devpts_type = {
	.name = "devpts",
	.mount = devpts_mount,
	.kill_sb = devpts_kill_sb,
	.fs_flags = FS_USERNS_MOUNT,
};

/*
 * The mount of devpts that an open ptmx belongs to: its own, or the one on "pts" beside it.
 * 0 with references in *path, or -ENODEV.
 */
static int find_instance(struct file *ptmx, struct path *path)
{
	struct dentry *parent;
	int err;

	if (ptmx->f_path.dentry->d_sb->s_magic == DEVPTS_SUPER_MAGIC) {
		path->mnt = mntget(ptmx->f_path.mnt);
		path->dentry = dget(path->mnt->mnt_root);
		return 0;
	}
	parent = dget_parent(ptmx->f_path.dentry);
	err = vfs_path_lookup(parent, ptmx->f_path.mnt, "pts", LOOKUP_FOLLOW | LOOKUP_DIRECTORY,
			      path);
	dput(parent);
	if (err)
		return -ENODEV;
	if (path->dentry->d_sb->s_magic == DEVPTS_SUPER_MAGIC &&
	    path->dentry == path->mnt->mnt_root)
		return 0;
	path_put(path);
	return -ENODEV;
}

/* The instance of a just-opened ptmx, held until devpts_release(). => may sleep */
struct pts_fs_info *devpts_acquire(struct file *ptmx)
{
	struct pts_fs_info *fsi;
	struct path path;
	int err = find_instance(ptmx, &path);

	if (err)
		return ERR_PTR(err);
	fsi = path.dentry->d_sb->s_fs_info;
	atomic_inc(&fsi->sb->s_active);
	path_put(&path);
	return fsi;
}

void devpts_release(struct pts_fs_info *fsi)
{
	deactivate_super(fsi->sb);
}

int devpts_new_index(struct pts_fs_info *fsi)
{
	return fsi->max ? ida_alloc_max(&fsi->ids, fsi->max - 1, GFP_KERNEL) : -ENOSPC;
}

void devpts_kill_index(struct pts_fs_info *fsi, int index)
{
	ida_free(&fsi->ids, index);
}

struct dentry *devpts_pty_new(struct pts_fs_info *fsi, int index, void *tty)
{
	struct super_block *sb = fsi->sb;
	struct dentry *dentry;
	struct inode *inode;
	char name[12];

	snprintf(name, sizeof(name), "%d", index);
	inode = make_inode(sb, index + 3, S_IFCHR | fsi->mode);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_uid = fsi->set_uid ? fsi->uid : current_fsuid();
	inode->i_gid = fsi->set_gid ? fsi->gid : current_fsgid();
	init_special_inode(inode, inode->i_mode, MKDEV(PTS_MAJOR, index));
	dentry = d_alloc_name(sb->s_root, name);
	if (!dentry) {
		iput(inode);
		return ERR_PTR(-ENOMEM);
	}
	dentry->d_fsdata = tty;
	d_add(dentry, inode);
	return dentry;
}

void *devpts_get_priv(struct dentry *dentry)
{
	return dentry->d_sb->s_magic == DEVPTS_SUPER_MAGIC ? dentry->d_fsdata : NULL;
}

void devpts_pty_kill(struct dentry *dentry)
{
	dentry->d_fsdata = NULL;
	drop_nlink(d_inode(dentry));
	d_drop(dentry);
	dput(dentry);
}

int devpts_peer_path(struct file *ptmx, struct dentry *slave, struct path *path)
{
	int err = slave ? find_instance(ptmx, path) : -EIO;

	if (err)
		return err;
	dput(path->dentry);
	path->dentry = dget(slave);
	return 0;
}

static int __init devpts_init(void)
{
	return register_filesystem(&devpts_type);
}
fs_initcall(devpts_init);
