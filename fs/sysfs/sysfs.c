// SPDX-License-Identifier: MIT
/*
 * sysfs, as much of it as programs look for: what subsystems add (for the machine: cpu.c, node.c). One instance,
 * kept in the dcache; each file is a short text made by its show().
 *
 * Lock: tables_lock guards the list of tables and sysfs_sb; i_rwsem of folders inside.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/namei.h>
#include <fs/seq_file.h>
#include <fs/super.h>
#include <fs/sysfs.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/mutex.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <linux/magic.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

/* What subsystems have added. */
struct sysfs_table {
	struct sysfs_table *next;
	const struct sysfs_file *files;
	unsigned int nr;
};

#define STORE_MAX 128

static DEFINE_MUTEX(tables_lock);
static struct sysfs_table *tables, **tables_end = &tables;	/* tables_lock */
static struct super_block *sysfs_sb;				/* tables_lock */

static const struct sysfs_file nodes[] = {
	{ .path = "block" }, { .path = "bus" }, { .path = "class" }, { .path = "class/block" },
	{ .path = "dev" }, { .path = "dev/block" }, { .path = "dev/char" }, { .path = "devices" },
	{ .path = "devices/system" },
	{ .path = "fs" }, { .path = "kernel" }, { .path = "module" },
};

static int file_open(struct inode *inode, struct file *file)
{
	const struct sysfs_file *node = inode->i_private;

	/* Whoever asks: root may no more read what cannot be read than write what cannot be written. */
	if (((file->f_mode & FMODE_READ) && !node->show) || ((file->f_mode & FMODE_WRITE) && !node->store))
		return -EACCES;
	return single_open(file, node->show, node->private);
}

static ssize_t file_write(struct file *file, const char __user *buf, size_t count, loff_t *pos)
{
	const struct sysfs_file *node = file_inode(file)->i_private;
	char text[STORE_MAX];
	int err;

	if (count >= sizeof(text))
		return -EINVAL;
	if (copy_from_user(text, buf, count))
		return -EFAULT;
	text[count] = 0;
	if (count && text[count - 1] == '\n')
		text[count - 1] = 0;
	err = node->store(text, node->private);
	return err ? err : (ssize_t)count;
}

static const struct file_operations file_ops = {
	.open = file_open,
	.read_iter = seq_read_iter,
	.write = file_write,
	.llseek = generic_file_llseek,
	.release = single_release,
};

static const struct super_operations sysfs_ops = {
	.statfs = simple_statfs,
};

/* Nothing can be made by programs: a folder only looks names up. */
static const struct inode_operations dir_inode_operations = {
	.lookup = simple_lookup,
};

static struct inode *make_inode(struct super_block *sb, const struct sysfs_file *node)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_private = (void *)node;
	if (node && (node->show || node->store)) {
		inode->i_mode = S_IFREG | (node->show ? 0444 : 0) | (node->store ? 0200 : 0);
		inode->i_fop = &file_ops;
		inode->i_size = 4096;
	} else if (node && node->target) {
		inode->i_mode = S_IFLNK | 0777;
		inode->i_op = &simple_symlink_inode_operations;
		inode->i_link = (char *)node->target;
	} else {
		inode->i_mode = S_IFDIR | 0555;
		inode->i_op = &dir_inode_operations;
		inode->i_fop = &simple_dir_operations;
		set_nlink(inode, 2);
	}
	return inode;
}

static bool exists(struct dentry *dir, const char *path)
{
	struct qstr name = QSTR_INIT(path, strlen(path));
	struct dentry *found = d_hash_and_lookup(dir, &name);
	bool there = !IS_ERR_OR_NULL(found) && d_inode(found);

	if (!IS_ERR_OR_NULL(found))
		dput(found);
	return there;
}

/* Adds one node below the folder its path names; that folder exists. */
static int add_node(struct super_block *sb, const char *path, const struct sysfs_file *node)
{
	struct dentry *dir = dget(sb->s_root), *dentry;
	struct inode *inode;
	const char *slash;

	while ((slash = strchr(path, '/'))) {
		struct qstr name = QSTR_INIT(path, slash - path);
		struct dentry *next = d_hash_and_lookup(dir, &name);

		dput(dir);
		if (!next)
			return -ENOENT;
		dir = next;
		path = slash + 1;
	}
	if (exists(dir, path)) {
		dput(dir);
		return 0;
	}
	dentry = d_alloc_name(dir, path);
	inode = dentry ? make_inode(sb, node) : NULL;
	if (inode) {
		d_add(dentry, inode);	/* the tree keeps the reference */
		if (S_ISDIR(inode->i_mode))
			inc_nlink(d_inode(dir));
	} else {
		dput(dentry);
	}
	dput(dir);
	return inode ? 0 : -ENOMEM;
}

/* => tables_lock held */
static int add_table(struct super_block *sb, const struct sysfs_table *table)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < table->nr; i++)
		err = add_node(sb, table->files[i].path, &table->files[i]);
	return err;
}

int sysfs_add_files(const struct sysfs_file *files, unsigned int nr)
{
	struct sysfs_table *table = kmalloc(sizeof(*table), GFP_KERNEL);
	int err = 0;

	if (!table)
		return -ENOMEM;
	*table = (struct sysfs_table){ .files = files, .nr = nr };
	mutex_lock(&tables_lock);
	*tables_end = table;
	tables_end = &table->next;
	if (sysfs_sb)
		err = add_table(sysfs_sb, table);
	mutex_unlock(&tables_lock);
	return err;
}

/* ---- tables made at run time ---- */

void sysfs_build(struct sysfs_builder *b, unsigned int max)
{
	b->files = kcalloc(max, sizeof(*b->files), GFP_KERNEL);
	b->nr = 0;
	b->max = max;
	b->failed = !b->files;
}

/* The next free place, with what `text` says as its path. NULL: no room. */
static struct sysfs_file *build_next(struct sysfs_builder *b, const struct sysfs_file *file,
				     const char *text)
{
	if (b->failed || !text || b->nr == b->max) {
		b->failed = true;
		kfree(text);
		return NULL;
	}
	b->files[b->nr] = *file;
	b->files[b->nr].path = text;
	return &b->files[b->nr++];
}

void sysfs_build_file(struct sysfs_builder *b, const struct sysfs_file *file, const char *path, ...)
{
	va_list args;

	va_start(args, path);
	build_next(b, file, kvasprintf(GFP_KERNEL, path, args));
	va_end(args);
}

void sysfs_build_link(struct sysfs_builder *b, const char *path_target, ...)
{
	struct sysfs_file *file;
	va_list args;
	char *text, *blank;

	va_start(args, path_target);
	text = kvasprintf(GFP_KERNEL, path_target, args);
	va_end(args);
	file = build_next(b, &(struct sysfs_file){}, text);
	if (!file)
		return;
	blank = strchr(text, ' ');
	*blank = '\0';
	file->target = blank + 1;
}

int sysfs_build_end(struct sysfs_builder *b)
{
	int err = b->failed ? -ENOMEM : sysfs_add_files(b->files, b->nr);

	if (!b->failed)
		return err;
	while (b->nr)
		kfree(b->files[--b->nr].path);
	kfree(b->files);
	return err;
}

static int fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *inode;
	int err = 0;

	sb->s_iflags |= SB_I_NOEXEC | SB_I_NODEV;
	sb->s_blocksize = 4096;
	sb->s_blocksize_bits = 12;
	sb->s_magic = SYSFS_MAGIC;
	sb->s_op = &sysfs_ops;
	sb->s_d_op = &simple_dentry_operations;
	sb->s_time_gran = 1;
	inode = make_inode(sb, NULL);
	if (!inode)
		return -ENOMEM;
	sb->s_root = d_make_root(inode);
	if (!sb->s_root)
		return -ENOMEM;
	for (unsigned int i = 0; !err && i < ARRAY_SIZE(nodes); i++)
		err = add_node(sb, nodes[i].path, &nodes[i]);
	mutex_lock(&tables_lock);
	for (const struct sysfs_table *table = tables; table && !err; table = table->next)
		err = add_table(sb, table);
	if (!err)
		sysfs_sb = sb;
	mutex_unlock(&tables_lock);
	return err;
}

static struct dentry *sysfs_mount(struct file_system_type *type, int flags, const char *dev_name,
				  void *data)
{
	const char *options = data;

	if (options && *options)
		return ERR_PTR(-EINVAL);	/* there are none */
	return mount_single(type, flags, data, fill_super);
}

static void sysfs_kill_sb(struct super_block *sb)
{
	mutex_lock(&tables_lock);
	sysfs_sb = NULL;
	mutex_unlock(&tables_lock);
	kill_litter_super(sb);
}

static struct file_system_type sysfs_type = {
	.name = "sysfs",
	.mount = sysfs_mount,
	.kill_sb = sysfs_kill_sb,
	.fs_flags = FS_USERNS_MOUNT,
};

static int __init sysfs_init(void)
{
	return register_filesystem(&sysfs_type);
}
fs_initcall(sysfs_init);
