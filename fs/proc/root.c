// SPDX-License-Identifier: MIT
/*
 * procfs: one instance for each name space of process numbers. The root holds the static tree (generic.c), a
 * folder for each process (base.c), self and thread-self (self.c), and sys (sysctl.c).
 */
#include <fs/mount_options.h>
#include <fs/statfs.h>
#include <kern/cred.h>
#include <kern/rcupdate.h>
#include <lib/kstrtox.h>
#include <linux/magic.h>
#include <mm/slab.h>

#include "internal.h"

/* Static entries come first, processes from here on. */
#define FIRST_PROCESS_ENTRY 256

static struct kmem_cache *proc_inode_cache;

static void init_once(void *object)
{
	struct proc_inode *pi = object;

	inode_init_once(&pi->vfs_inode);
}

static struct inode *proc_alloc_inode(struct super_block *sb)
{
	struct proc_inode *pi = kmem_cache_alloc(proc_inode_cache, GFP_KERNEL);

	if (!pi)
		return NULL;
	INIT_HLIST_NODE(&pi->of_pid);
	pi->pid = NULL;
	pi->entry = NULL;
	pi->fd = 0;
	pi->pde = NULL;
	pi->sysctl = NULL;
	pi->sysctl_dir = NULL;
	pi->net_ns = NULL;
	return &pi->vfs_inode;
}

/* Drops a reference on an entry of the static tree: the tree's, or an inode's. */
void pde_put(struct proc_dir_entry *de)
{
	if (refcount_dec_and_test(&de->refs)) {
		kfree(de->target);
		kfree(de);
	}
}

static void proc_free_inode(struct inode *inode)
{
	kmem_cache_free(proc_inode_cache, PROC_I(inode));
}

static void proc_evict_inode(struct inode *inode)
{
	struct proc_inode *pi = PROC_I(inode);

	clear_inode(inode);
	proc_pid_forget_inode(inode);
	put_pid(pi->pid);
	pi->pid = NULL;
	if (pi->pde)
		pde_put(pi->pde);
	pi->pde = NULL;
	if (pi->net_ns)
		pi->net_ns->ops->put(pi->net_ns);
	pi->net_ns = NULL;
}

/* ---- mount options ---- */

static int parse_hidepid(struct proc_fs_info *info, const char *value)
{
	static const struct {
		const char *name;
		int mode;
	} modes[] = {
		{ "0", HIDEPID_OFF },	     { "off", HIDEPID_OFF },
		{ "1", HIDEPID_NO_ACCESS },  { "noaccess", HIDEPID_NO_ACCESS },
		{ "2", HIDEPID_INVISIBLE },  { "invisible", HIDEPID_INVISIBLE },
		{ "4", HIDEPID_PTRACEABLE }, { "ptraceable", HIDEPID_PTRACEABLE },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!strcmp(value, modes[i].name)) {
			info->hidepid = modes[i].mode;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_one(struct proc_fs_info *info, const char *name, const char *value)
{
	unsigned int number;

	if (!value)
		return -EINVAL;
	if (!strcmp(name, "hidepid"))
		return parse_hidepid(info, value);
	if (!strcmp(name, "subset") && !strcmp(value, "pid")) {
		info->only_pids = true;
		return 0;
	}
	if (!strcmp(name, "gid") && !kstrtouint(value, 10, &number)) {
		info->gid = make_kgid(current_user_ns(), number);
		return gid_valid(info->gid) ? 0 : -EINVAL;
	}
	return -EINVAL;
}

/* All or nothing. */
static int proc_parse_options(struct proc_fs_info *info, char *data)
{
	struct proc_fs_info parsed = *info;
	char *name, *value;

	while ((name = next_mount_option(&data, &value))) {
		int err = parse_one(&parsed, name, value);

		if (err)
			return err;
	}
	*info = parsed;
	return 0;
}

static int proc_remount(struct super_block *sb, int *flags, char *data)
{
	return proc_parse_options(proc_info(sb), data);
}

static int proc_show_options(struct seq_file *m, struct dentry *root)
{
	static const char *const modes[] = {
		[HIDEPID_NO_ACCESS] = "noaccess",
		[HIDEPID_INVISIBLE] = "invisible",
		[HIDEPID_PTRACEABLE] = "ptraceable",
	};
	const struct proc_fs_info *info = proc_info(root->d_sb);

	if (info->gid.val)
		seq_printf(m, ",gid=%u", from_kgid_munged(current_user_ns(), info->gid));
	if (info->hidepid)
		seq_printf(m, ",hidepid=%s", modes[info->hidepid]);
	if (info->only_pids)
		seq_puts(m, ",subset=pid");
	return 0;
}

static const struct super_operations proc_sops = {
	.alloc_inode = proc_alloc_inode,
	.free_inode = proc_free_inode,
	.evict_inode = proc_evict_inode,
	.statfs = simple_statfs,
	.remount_fs = proc_remount,
	.show_options = proc_show_options,
};

/* A new inode owned by root, or NULL. => may sleep */
struct inode *proc_new_inode(struct super_block *sb, unsigned long ino, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (inode) {
		inode->i_ino = ino;
		inode->i_mode = mode;
		inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	}
	return inode;
}

static struct dentry *proc_root_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct dentry *found = proc_pid_lookup(dentry);

	if (found != ERR_PTR(-ENOENT) || proc_info(dir->i_sb)->only_pids)
		return found;
	found = proc_sys_lookup_root(dir, dentry);
	if (found == ERR_PTR(-ENOENT))
		found = proc_lookup_de(dir, dentry, &proc_root);
	return found;
}

static int proc_root_readdir(struct file *file, struct dir_context *ctx)
{
	if (proc_info(file_inode(file)->i_sb)->only_pids && ctx->pos <= FIRST_PROCESS_ENTRY) {
		if (!dir_emit_dots(file, ctx))
			return 0;
		ctx->pos = FIRST_PROCESS_ENTRY + 1;
	}
	if (ctx->pos < FIRST_PROCESS_ENTRY) {
		if (proc_readdir_de(file, ctx, &proc_root))
			return 0;
		ctx->pos = FIRST_PROCESS_ENTRY;
	}
	if (ctx->pos == FIRST_PROCESS_ENTRY) {
		if (!dir_emit(ctx, "sys", 3, 2, DT_DIR))
			return 0;
		ctx->pos++;
	}
	return proc_pid_readdir(file, ctx);
}

static int proc_root_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
			     unsigned int query_flags)
{
	generic_fillattr(d_inode(path->dentry), stat);
	stat->nlink = proc_root.nlink;
	return 0;
}

static const struct inode_operations proc_root_inode_operations = {
	.lookup = proc_root_lookup,
	.getattr = proc_root_getattr,
};

static const struct file_operations proc_root_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = proc_root_readdir,
};

static int proc_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *inode;

	sb->s_iflags |= SB_I_NOEXEC | SB_I_NODEV;
	sb->s_blocksize = 1024;
	sb->s_blocksize_bits = 10;
	sb->s_magic = PROC_SUPER_MAGIC;
	sb->s_op = &proc_sops;
	sb->s_time_gran = 1;
	inode = proc_new_inode(sb, PROC_ROOT_INO, S_IFDIR | 0555);
	if (!inode)
		return -ENOMEM;
	inode->i_op = &proc_root_inode_operations;
	inode->i_fop = &proc_root_operations;
	set_nlink(inode, 2);
	sb->s_root = d_make_root(inode);
	if (!sb->s_root)
		return -ENOMEM;
	return proc_setup_self(sb);
}

static int proc_test_super(struct super_block *sb, void *data)
{
	return 0;
}

static int proc_set_super(struct super_block *sb, void *data)
{
	int error = set_anon_super(sb, NULL);

	if (!error)
		sb->s_fs_info = data;
	return error;
}

static void free_info(struct proc_fs_info *info)
{
	put_pid_ns(info->pid_ns);
	kfree(info);
}

/* Each mount is an instance of its own, with its own options. */
static struct dentry *proc_mount(struct file_system_type *type, int flags, const char *dev_name,
				 void *data)
{
	struct proc_fs_info *info = kzalloc(sizeof(*info), GFP_KERNEL);
	struct super_block *sb;
	int error;

	if (!info)
		return ERR_PTR(-ENOMEM);
	info->pid_ns = get_pid_ns(task_active_pid_ns(current));
	error = proc_parse_options(info, data);
	sb = error ? ERR_PTR(error) : sget(type, proc_test_super, proc_set_super, flags, info);
	if (IS_ERR(sb)) {
		free_info(info);
		return ERR_CAST(sb);
	}
	error = proc_fill_super(sb, data, flags & SB_SILENT);
	if (error) {
		deactivate_locked_super(sb);
		return ERR_PTR(error);
	}
	sb->s_flags |= SB_ACTIVE;
	return dget(sb->s_root);
}

static void proc_kill_sb(struct super_block *sb)
{
	struct proc_fs_info *info = proc_info(sb);

	proc_release_self(sb);
	kill_anon_super(sb);
	free_info(info);
}

static struct file_system_type proc_type = {
	.name = "proc",
	.mount = proc_mount,
	.kill_sb = proc_kill_sb,
	.fs_flags = FS_USERNS_MOUNT,
};

static int __init proc_init(void)
{
	proc_inode_cache = kmem_cache_create("proc_inode_cache", sizeof(struct proc_inode), 0,
					     SLAB_RECLAIM_ACCOUNT | SLAB_PANIC, init_once);
	proc_mkdir("fs", NULL);
	proc_mkdir("driver", NULL);
	proc_mkdir("bus", NULL);
	proc_symlink("mounts", NULL, "self/mounts");
	return register_filesystem(&proc_type);
}
fs_initcall(proc_init);
