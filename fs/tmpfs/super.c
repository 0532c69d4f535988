// SPDX-License-Identifier: MIT
/*
 * tmpfs, and the same under the names ramfs and rootfs: file systems whose files live in the
 * page cache and whose names live in the dcache. tmpfs and rootfs have limits, half of RAM by
 * default; ramfs has none.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/libfs.h>
#include <fs/mount_options.h>
#include <fs/namei.h>
#include <fs/posix_acl.h>
#include <fs/seq_file.h>
#include <fs/shmem.h>
#include <fs/stat.h>
#include <fs/statfs.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/random.h>
#include <lib/cmdline.h>
#include <lib/kstrtox.h>
#include <lib/string.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <mm/mempolicy.h>
#include <mm/mmap.h>
#include <mm/pagemap.h>
#include <mm/swap.h>
#include <mm/slab.h>
#include <mm/vmstat.h>

#include "internal.h"

static struct kmem_cache *shmem_inode_cache;

static void init_once(void *object)
{
	inode_init_once(&((struct shmem_inode *)object)->vfs_inode);
}

static struct inode *shmem_alloc_inode(struct super_block *sb)
{
	struct shmem_inode *info = kmem_cache_alloc(shmem_inode_cache, GFP_KERNEL);

	if (!info)
		return NULL;
	info->seals = 0x0001;	/* F_SEAL_SEAL: only a memfd may be sealed */
	info->kernel_only = false;
	info->fsflags = 0;
	simple_xattrs_init(&info->xattrs);
	return &info->vfs_inode;
}

static void shmem_free_inode(struct inode *inode)
{
	if (S_ISLNK(inode->i_mode))
		kfree(inode->i_link);
	kmem_cache_free(shmem_inode_cache, SHMEM_I(inode));
}

static void shmem_evict_inode(struct inode *inode)
{
	truncate_inode_pages_final(inode->i_mapping);
	shmem_forget_swapped(inode->i_mapping);
	mpol_free_shared(inode->i_mapping);
	clear_inode(inode);
	shmem_uncharge_inode_space(inode->i_sb,
				   INODE_COST + simple_xattrs_free(&SHMEM_I(inode)->xattrs));
}

bool shmem_charge_inode_space(struct super_block *sb, long bytes)
{
	struct shmem_sb_info *sbi = sb->s_fs_info;
	long used = atomic_long_add_return(bytes, &sbi->used_space);

	if (sbi->max_inodes && used > (long)sbi->max_inodes * INODE_COST) {
		atomic_long_sub(bytes, &sbi->used_space);
		return false;
	}
	return true;
}

void shmem_uncharge_inode_space(struct super_block *sb, long bytes)
{
	struct shmem_sb_info *sbi = sb->s_fs_info;

	atomic_long_sub(bytes, &sbi->used_space);
}

static unsigned long used_inodes(struct shmem_sb_info *sbi)
{
	return DIV_ROUND_UP(atomic_long_read(&sbi->used_space), INODE_COST);
}

static int shmem_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct shmem_sb_info *sbi = dentry->d_sb->s_fs_info;

	simple_statfs(dentry, buf);
	if (sbi->max_blocks) {
		unsigned long used = atomic_long_read(&sbi->used_blocks);

		buf->f_blocks = sbi->max_blocks;
		buf->f_bfree = used < sbi->max_blocks ? sbi->max_blocks - used : 0;
		buf->f_bavail = buf->f_bfree;
	}
	if (sbi->max_inodes) {
		unsigned long used = used_inodes(sbi);

		buf->f_files = sbi->max_inodes;
		buf->f_ffree = used < sbi->max_inodes ? sbi->max_inodes - used : 0;
	}
	return 0;
}

/* ---- options ---- */

static int parse_size(char *value, unsigned long *pages)
{
	unsigned long long size;
	char *end;

	size = memparse(value, &end);
	if (*end == '%') {
		size = size * totalram_pages() / 100 << PAGE_SHIFT;
		end++;
	}
	if (*end || end == value)
		return -EINVAL;
	*pages = DIV_ROUND_UP(size, PAGE_SIZE);
	return 0;
}

static int parse_one(struct shmem_sb_info *sbi, const char *name, char *value)
{
	unsigned int number;
	char *end;

	if (!strcmp(name, "size"))
		return parse_size(value, &sbi->max_blocks);
	if (!strcmp(name, "nr_blocks") || !strcmp(name, "nr_inodes")) {
		unsigned long n = memparse(value, &end);

		if (*end || end == value)
			return -EINVAL;
		*(name[3] == 'b' ? &sbi->max_blocks : &sbi->max_inodes) = n;
		return 0;
	}
	if (!strcmp(name, "mode")) {
		if (kstrtouint(value, 8, &number))
			return -EINVAL;
		sbi->mode = number & 07777;
		return 0;
	}
	if (!strcmp(name, "uid") || !strcmp(name, "gid")) {
		if (kstrtouint(value, 10, &number))
			return -EINVAL;
		if (name[0] == 'u') {
			sbi->uid = make_kuid(current_user_ns(), number);
			return uid_valid(sbi->uid) ? 0 : -EINVAL;
		}
		sbi->gid = make_kgid(current_user_ns(), number);
		return gid_valid(sbi->gid) ? 0 : -EINVAL;
	}
	return -EINVAL;
}

/* Options that change nothing here: huge pages, 64-bit inode numbers, the policy of a single node. */
static bool ignored(const char *name, const char *value)
{
	if (!strcmp(name, "mpol"))
		return nr_node_ids == 1 || (value && !strcmp(value, "default"));
	return !strcmp(name, "huge") || !strcmp(name, "inode64") || !strcmp(name, "inode32");
}

static int parse_options(struct shmem_sb_info *sbi, char *data)
{
	char *name, *value;

	while ((name = next_mount_option(&data, &value))) {
		int err;

		if (ignored(name, value))
			continue;
		if (!strcmp(name, "noswap") && !value) {
			sbi->noswap = true;
			continue;
		}
		err = value ? parse_one(sbi, name, value) : -EINVAL;
		if (err)
			return err;
	}
	return 0;
}

static int shmem_show_options(struct seq_file *m, struct dentry *root)
{
	struct shmem_sb_info *sbi = root->d_sb->s_fs_info;

	if (sbi->max_blocks && sbi->max_blocks != totalram_pages() / 2)
		seq_printf(m, ",size=%luk", sbi->max_blocks << (PAGE_SHIFT - 10));
	if (sbi->max_inodes && sbi->max_inodes != totalram_pages() / 2)
		seq_printf(m, ",nr_inodes=%lu", sbi->max_inodes);
	if (sbi->mode != 01777)
		seq_printf(m, ",mode=%03o", sbi->mode);
	if (sbi->uid.val)
		seq_printf(m, ",uid=%u", sbi->uid.val);
	if (sbi->gid.val)
		seq_printf(m, ",gid=%u", sbi->gid.val);
	if (sbi->noswap && !sbi->ramfs)
		seq_puts(m, ",noswap");
	return 0;
}

static int shmem_remount(struct super_block *sb, int *flags, char *data)
{
	struct shmem_sb_info *sbi = sb->s_fs_info, new = {
		.max_blocks = sbi->max_blocks, .max_inodes = sbi->max_inodes,
	};
	int err = parse_options(&new, data);

	if (err)
		return err;
	if ((new.max_blocks && atomic_long_read(&sbi->used_blocks) > (long)new.max_blocks) ||
	    (new.max_inodes && used_inodes(sbi) > new.max_inodes))
		return -EINVAL;
	sbi->max_blocks = new.max_blocks;
	sbi->max_inodes = new.max_inodes;
	return 0;
}

static const struct super_operations shmem_ops = {
	.alloc_inode = shmem_alloc_inode,
	.free_inode = shmem_free_inode,
	.evict_inode = shmem_evict_inode,
	.statfs = shmem_statfs,
	.show_options = shmem_show_options,
	.remount_fs = shmem_remount,
};

/* ---- inodes ---- */

struct inode *shmem_get_inode(struct super_block *sb, const struct inode *dir, umode_t mode,
			      dev_t dev)
{
	const struct shmem_sb_info *sbi = sb->s_fs_info;
	struct inode *inode;

	if (!shmem_charge_inode_space(sb, INODE_COST))
		return NULL;
	inode = new_inode(sb);
	if (!inode) {
		shmem_uncharge_inode_space(sb, INODE_COST);
		return NULL;
	}
	inode->i_ino = get_next_ino();
	inode->i_generation = get_random_u32();
	inode_init_owner(inode, dir, mode);
	if (posix_acl_inherit(inode, dir)) {
		iput(inode);
		return NULL;
	}
	inode->i_atime = inode->i_mtime = inode->i_ctime = inode->i_btime = current_time(inode);
	inode->i_mapping->a_ops = &shmem_aops;
	mapping_set_gfp_mask(inode->i_mapping, GFP_HIGHUSER);
	mapping_set_unevictable(inode->i_mapping);
	if (!sbi->ramfs)
		set_bit(AS_SHMEM, &inode->i_mapping->flags);
	if (sbi->noswap)
		set_bit(AS_NO_RECLAIM, &inode->i_mapping->flags);
	switch (mode & S_IFMT) {
	case S_IFREG:
		inode->i_op = &shmem_inode_operations;
		inode->i_fop = &shmem_file_operations;
		break;
	case S_IFDIR:
		inode->i_op = &shmem_dir_inode_operations;
		inode->i_fop = &simple_dir_operations;
		inc_nlink(inode);
		inode->i_size = 2 * ENTRY_SIZE;
		break;
	case S_IFLNK:
		inode->i_op = &shmem_symlink_inode_operations;
		break;
	default:
		inode->i_op = &shmem_special_inode_operations;
		init_special_inode(inode, mode, dev);
	}
	return inode;
}

const struct inode_operations shmem_symlink_inode_operations = {
	.get_link = simple_get_link,
	.listxattr = shmem_listxattr,
};

const struct inode_operations shmem_special_inode_operations = {
	.setattr = shmem_setattr,
	.listxattr = shmem_listxattr,
};

#define SETTABLE_FLAGS (FS_IMMUTABLE_FL | FS_APPEND_FL | FS_NODUMP_FL | FS_NOATIME_FL)

int shmem_fileattr_get(struct dentry *dentry, u32 *flags)
{
	*flags = SHMEM_I(d_inode(dentry))->fsflags;
	return 0;
}

int shmem_fileattr_set(struct dentry *dentry, u32 flags)
{
	struct inode *inode = d_inode(dentry);
	unsigned int set = 0;

	if (flags & ~SETTABLE_FLAGS)
		return -EOPNOTSUPP;
	if (flags & FS_IMMUTABLE_FL)
		set |= S_IMMUTABLE;
	if (flags & FS_APPEND_FL)
		set |= S_APPEND;
	if (flags & FS_NOATIME_FL)
		set |= S_NOATIME;
	SHMEM_I(inode)->fsflags = flags;
	inode->i_flags = (inode->i_flags & ~(S_IMMUTABLE | S_APPEND | S_NOATIME)) | set;
	inode_set_ctime_current(inode);
	return 0;
}

int shmem_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		  unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);

	generic_fillattr(inode, stat);
	stat->blocks = (u64)(inode->i_mapping->nrpages + inode->i_mapping->nrswapped)
		       << (PAGE_SHIFT - 9);
	stat->attributes_mask |= STATX_ATTR_APPEND | STATX_ATTR_IMMUTABLE | STATX_ATTR_NODUMP;
	if (IS_APPEND(inode))
		stat->attributes |= STATX_ATTR_APPEND;
	if (IS_IMMUTABLE(inode))
		stat->attributes |= STATX_ATTR_IMMUTABLE;
	if (SHMEM_I(inode)->fsflags & FS_NODUMP_FL)
		stat->attributes |= STATX_ATTR_NODUMP;
	if (request_mask & STATX_BTIME) {
		stat->result_mask |= STATX_BTIME;
		stat->btime = inode->i_btime;
	}
	return 0;
}

/* ---- file handles: generation and number ---- */

#define HANDLE_WORDS	3
#define HANDLE_TYPE	1

static DEFINE_SPINLOCK(handle_lock);	/* one puts an inode in the hash */

static int shmem_encode_fh(struct inode *inode, u32 *handle, int *words)
{
	bool room = *words >= HANDLE_WORDS;

	*words = HANDLE_WORDS;
	if (!room)
		return 255;
	/* Only inodes that have handles need to be found by number. */
	spin_lock(&handle_lock);
	if (hlist_unhashed(&inode->i_hash))
		insert_inode_hash(inode);
	spin_unlock(&handle_lock);
	handle[0] = inode->i_generation;
	handle[1] = inode->i_ino;
	handle[2] = (u64)inode->i_ino >> 32;
	return HANDLE_TYPE;
}

static int same_handle(struct inode *inode, void *data)
{
	const u32 *handle = data;

	return inode->i_ino == ((u64)handle[2] << 32 | handle[1]) &&
	       inode->i_generation == handle[0];
}

static struct dentry *shmem_fh_to_dentry(struct super_block *sb, const u32 *handle, int words,
					 int type)
{
	struct dentry *dentry;
	struct inode *inode;

	if (words < HANDLE_WORDS || type != HANDLE_TYPE)
		return ERR_PTR(-ESTALE);
	inode = ilookup5(sb, (u64)handle[2] << 32 | handle[1], same_handle, (void *)handle);
	if (!inode)
		return ERR_PTR(-ESTALE);
	dentry = d_find_alias(inode);
	iput(inode);
	return dentry ? dentry : ERR_PTR(-ESTALE);
}

static const struct export_operations shmem_export_operations = {
	.encode_fh = shmem_encode_fh,
	.fh_to_dentry = shmem_fh_to_dentry,
};

/* ---- mounting ---- */

static int fill_super(struct super_block *sb, char *options, unsigned long limit, umode_t mode,
		      unsigned long magic)
{
	struct shmem_sb_info *sbi = kzalloc(sizeof(*sbi), GFP_KERNEL);
	struct inode *inode;
	int err;

	if (!sbi)
		return -ENOMEM;
	sbi->max_blocks = sbi->max_inodes = limit;
	sbi->ramfs = sbi->noswap = !limit;
	sbi->mode = mode;
	sbi->uid = current_fsuid();
	sbi->gid = current_fsgid();
	sb->s_fs_info = sbi;
	err = parse_options(sbi, options);
	if (err)
		return err;
	sb->s_maxbytes = LLONG_MAX;
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_magic = magic;
	sb->s_op = &shmem_ops;
	sb->s_xattr = shmem_xattr_handlers;
	sb->s_export_op = &shmem_export_operations;
	sb->s_time_gran = 1;
	inode = shmem_get_inode(sb, NULL, S_IFDIR | sbi->mode, 0);
	if (!inode)
		return -ENOMEM;
	inode->i_uid = sbi->uid;
	inode->i_gid = sbi->gid;
	sb->s_root = d_make_root(inode);
	return sb->s_root ? 0 : -ENOMEM;
}

int shmem_fill_super(struct super_block *sb, void *data, int silent)
{
	return fill_super(sb, data, totalram_pages() / 2, 01777, TMPFS_MAGIC);
}

static int ramfs_fill(struct super_block *sb, void *data, int silent)
{
	return fill_super(sb, data, 0, 0755, RAMFS_MAGIC);
}

/* Limited too: a full root must say ENOSPC and not cost processes their lives. */
static int rootfs_fill(struct super_block *sb, void *data, int silent)
{
	return fill_super(sb, data, totalram_pages() / 2, 0755, RAMFS_MAGIC);
}

static struct dentry *tmpfs_mount(struct file_system_type *type, int flags, const char *dev_name,
				  void *data)
{
	return mount_nodev(type, flags, data, shmem_fill_super);
}

static struct dentry *ramfs_mount(struct file_system_type *type, int flags, const char *dev_name,
				  void *data)
{
	return mount_nodev(type, flags, data, ramfs_fill);
}

static struct dentry *rootfs_mount(struct file_system_type *type, int flags, const char *dev_name,
				   void *data)
{
	return mount_nodev(type, flags, data, rootfs_fill);
}

void shmem_kill_super(struct super_block *sb)
{
	struct shmem_sb_info *sbi = sb->s_fs_info;

	kill_litter_super(sb);
	kfree(sbi);
}

static struct file_system_type tmpfs_type = {
	.name = "tmpfs", .mount = tmpfs_mount, .kill_sb = shmem_kill_super, .fs_flags = FS_USERNS_MOUNT,
};
static struct file_system_type ramfs_type = {
	.name = "ramfs", .mount = ramfs_mount, .kill_sb = shmem_kill_super, .fs_flags = FS_USERNS_MOUNT,
};
static struct file_system_type rootfs_type = {
	.name = "rootfs", .mount = rootfs_mount, .kill_sb = shmem_kill_super,
};

/* Before the first mount: the root is one of these. */
static int __init shmem_init(void)
{
	int err;

	shmem_inode_cache = kmem_cache_create("shmem_inode_cache", sizeof(struct shmem_inode), 0,
					      SLAB_PANIC | SLAB_ACCOUNT, init_once);
	err = register_filesystem(&tmpfs_type);
	if (!err)
		err = register_filesystem(&ramfs_type);
	if (!err)
		err = register_filesystem(&rootfs_type);
	return err;
}
initcall(INITCALL_EARLY_FS, shmem_init);
