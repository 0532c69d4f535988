// SPDX-License-Identifier: MIT
/*
 * sysfs, as much of it as programs look for: the CPUs, and /sys/kernel. A fixed tree of one
 * instance, kept in the dcache; each file is a short text made by its show().
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/seq_file.h>
#include <fs/super.h>
#include <kern/cpumask.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <linux/magic.h>

/* A file, or a folder when show is NULL. Folders stand in front of what they hold. */
struct sysfs_node {
	const char *path;
	int (*show)(struct seq_file *m, void *v);
};

/* A CPU set as a list: "0-3,5". */
static void show_list(struct seq_file *m, unsigned long set)
{
	const char *comma = "";

	for (unsigned int cpu = 0; cpu < 64; cpu++) {
		unsigned int last = cpu;

		if (!(set >> cpu & 1))
			continue;
		while (last + 1 < 64 && set >> (last + 1) & 1)
			last++;
		seq_printf(m, last > cpu ? "%s%u-%u" : "%s%u", comma, cpu, last);
		comma = ",";
		cpu = last;
	}
	seq_putc(m, '\n');
}

static int online_show(struct seq_file *m, void *v)
{
	show_list(m, cpu_online_mask->bits[0]);
	return 0;
}

static int possible_show(struct seq_file *m, void *v)
{
	show_list(m, cpu_possible_mask->bits[0]);
	return 0;
}

static int offline_show(struct seq_file *m, void *v)
{
	show_list(m, cpu_possible_mask->bits[0] & ~cpu_online_mask->bits[0]);
	return 0;
}

static int kernel_max_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", NR_CPUS - 1);
	return 0;
}

static const struct sysfs_node nodes[] = {
	{ "bus" }, { "class" }, { "dev" }, { "devices" }, { "devices/system" },
	{ "devices/system/cpu" },
	{ "devices/system/cpu/online", online_show },
	{ "devices/system/cpu/possible", possible_show },
	{ "devices/system/cpu/present", possible_show },
	{ "devices/system/cpu/offline", offline_show },
	{ "devices/system/cpu/kernel_max", kernel_max_show },
	{ "fs" }, { "kernel" }, { "module" },
};

static int file_open(struct inode *inode, struct file *file)
{
	const struct sysfs_node *node = inode->i_private;

	return single_open(file, node->show, NULL);
}

static const struct file_operations file_ops = {
	.open = file_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

static const struct super_operations sysfs_ops = {
	.statfs = simple_statfs,
};

/* Nothing can be made by programs: a folder only looks names up. */
static const struct inode_operations dir_inode_operations = {
	.lookup = simple_lookup,
};

static struct inode *make_inode(struct super_block *sb, const struct sysfs_node *node)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_private = (void *)node;
	if (node && node->show) {
		inode->i_mode = S_IFREG | 0444;
		inode->i_fop = &file_ops;
		inode->i_size = 4096;
	} else {
		inode->i_mode = S_IFDIR | 0555;
		inode->i_op = &dir_inode_operations;
		inode->i_fop = &simple_dir_operations;
		set_nlink(inode, 2);
	}
	return inode;
}

/* Adds one node below the folder its path names; that folder exists. */
static int add_node(struct super_block *sb, const char *path, const struct sysfs_node *node)
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
	dentry = d_alloc_name(dir, path);
	inode = dentry ? make_inode(sb, node) : NULL;
	if (inode) {
		d_add(dentry, inode);	/* the tree keeps the reference */
		if (!node->show)
			inc_nlink(d_inode(dir));
	} else {
		dput(dentry);
	}
	dput(dir);
	return inode ? 0 : -ENOMEM;
}

static const struct sysfs_node cpu_dirs[NR_CPUS];

static int fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *inode;
	char path[40];
	int cpu, err = 0;

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
	for_each_possible_cpu(cpu) {
		snprintf(path, sizeof(path), "devices/system/cpu/cpu%d", cpu);
		if (!err)
			err = add_node(sb, path, &cpu_dirs[cpu]);
	}
	return err;
}

static struct dentry *sysfs_mount(struct file_system_type *type, int flags, const char *dev_name,
				  void *data)
{
	return mount_single(type, flags, data, fill_super);
}

static struct file_system_type sysfs_type = {
	.name = "sysfs",
	.mount = sysfs_mount,
	.kill_sb = kill_litter_super,
	.fs_flags = FS_USERNS_MOUNT,
};

static int __init sysfs_init(void)
{
	return register_filesystem(&sysfs_type);
}
fs_initcall(sysfs_init);
