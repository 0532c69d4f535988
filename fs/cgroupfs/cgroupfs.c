// SPDX-License-Identifier: MIT
/*
 * cgroup2: the tree of control groups as folders.
 *
 * The groups are kernel/cgroup's; here each has a folder in the dcache, with a file for each entry
 * of the controllers' tables that applies to it. There is one instance; mounting it in a cgroup
 * name space shows the tree from that name space's root.
 *
 * A file (file.c) is its group and its entry: the inode holds a reference on the group, and reading
 * or writing a file of a group that was removed gives ENODEV.
 *
 * Lock order: i_rwsem of a folder > cgroup_mutex > notify.
 */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/mount.h>
#include <fs/mount_options.h>
#include <fs/notify.h>
#include <fs/seq_file.h>
#include <fs/super.h>
#include <fs/sysfs.h>
#include <kern/cgroup_fs.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/nsproxy.h>
#include <kern/user_namespace.h>
#include <lib/string.h>
#include <linux/magic.h>
#include <mm/page.h>
#include <mm/slab.h>

#include "internal.h"

static struct kmem_cache *inode_cache; /* constant after initcalls */
static struct super_block *cgroup_sb; /* cgroup_mutex */

static const struct inode_operations dir_inode_operations, file_inode_operations;

/* ---- the tree ---- */

/* Owners may be changed, and modes: that is how a group is handed to a user. */
static int cgroup_setattr(struct dentry *dentry, struct iattr *attr)
{
	int error = setattr_prepare(dentry, attr);

	if (!error)
		setattr_copy(d_inode(dentry), attr);
	return error;
}

static const struct inode_operations file_inode_operations = {
	.setattr = cgroup_setattr,
	.listxattr = cgroupfs_listxattr,
};

static struct inode *make_inode(struct super_block *sb, struct cgroup *cg, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = mode;
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	inode->i_atime = inode->i_mtime = inode->i_ctime = current_time(inode);
	inode->i_private = cgroup_get(cg);
	if (S_ISDIR(mode)) {
		inode->i_op = &dir_inode_operations;
		inode->i_fop = &simple_dir_operations;
		set_nlink(inode, 2);
	} else {
		inode->i_op = &file_inode_operations;
		inode->i_fop = &cgroupfs_file_operations;
	}
	return inode;
}

static struct dentry *find_child(struct dentry *dir, const char *name)
{
	struct qstr q = QSTR_INIT(name, strlen(name));
	struct dentry *found = d_hash_and_lookup(dir, &q);

	if (IS_ERR_OR_NULL(found))
		return NULL;
	if (d_inode(found))
		return found;
	dput(found);
	return NULL;
}

static bool wanted(const struct cgroup *cg, const struct cftype *type)
{
	if (cg->parent ? type->flags & CFTYPE_ONLY_ON_ROOT : type->flags & CFTYPE_NOT_ON_ROOT)
		return false;
	if ((type->flags & CFTYPE_PRESSURE) && cg->pressure_off)
		return false;
	return type->controller < 0 || (cgroup_controllers(cg) & (1U << type->controller));
}

/* Files belong to who owns the folder. */
static int add_file(struct dentry *dir, struct cgroup *cg, const struct cftype *type)
{
	umode_t mode = S_IFREG | (type->show ? 0444 : 0) |
		       (type->write || type->arm ? 0200 : 0);
	struct dentry *dentry = d_alloc_name(dir, type->name);
	struct inode *inode;

	if (!dentry)
		return -ENOMEM;
	inode = make_inode(dir->d_sb, cg, mode);
	if (!inode) {
		dput(dentry);
		return -ENOMEM;
	}
	inode->i_uid = d_inode(dir)->i_uid;
	inode->i_gid = d_inode(dir)->i_gid;
	d_add(dentry, inode); /* the tree keeps the reference */
	return 0;
}

static void remove_file(struct dentry *dentry)
{
	drop_nlink(d_inode(dentry));
	d_drop(dentry);
	dput(dentry); /* the tree's */
}

/* Brings a folder's files in line with the controllers of its group. => cgroup_mutex held */
static int populate(struct cgroup *cg)
{
	for (int i = 0; cgroup_file_tables[i]; i++) {
		for (const struct cftype *t = cgroup_file_tables[i]; t->name; t++) {
			struct dentry *there = find_child(cg->dentry, t->name);
			int error = 0;

			if (!there && wanted(cg, t))
				error = add_file(cg->dentry, cg, t);
			else if (there && !wanted(cg, t))
				remove_file(there);
			dput(there);
			if (error)
				return error;
		}
	}
	return 0;
}

static void depopulate(struct cgroup *cg)
{
	for (int i = 0; cgroup_file_tables[i]; i++)
		for (const struct cftype *t = cgroup_file_tables[i]; t->name; t++) {
			struct dentry *there = find_child(cg->dentry, t->name);

			if (there)
				remove_file(there);
			dput(there);
		}
}

int cgroupfs_update_files(struct cgroup *cg)
{
	struct cgroup *child;
	int error = 0;

	list_for_each_entry(child, &cg->children, sibling)
		if (child->dentry && !error)
			error = populate(child);
	return error;
}

int cgroupfs_update_own_files(struct cgroup *cg)
{
	return cg->dentry ? populate(cg) : 0;
}

static int cgroup_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct cgroup *parent = cgroupfs_group(dir), *cg;
	const char *name = dentry->d_name.name;
	struct inode *inode;
	int error = 0;

	/* /proc/PID/cgroup could not be read with one in it. */
	if (strchr(name, '\n'))
		return -EINVAL;
	mutex_lock(&cgroup_mutex);
	cg = cgroup_create(parent, name);
	if (IS_ERR(cg)) {
		error = PTR_ERR(cg);
		goto out;
	}
	inode = make_inode(dir->i_sb, cg, S_IFDIR | (mode & 0777));
	if (!inode) {
		cgroup_destroy(cg);
		error = -ENOMEM;
		goto out;
	}
	d_instantiate(dentry, inode);
	dget(dentry); /* the tree's */
	cg->dentry = dentry;
	error = populate(cg);
	if (error) {
		depopulate(cg);
		cg->dentry = NULL;
		cgroup_destroy(cg);
		d_drop(dentry);
		dput(dentry);
		goto out;
	}
	inc_nlink(dir);
	dir->i_mtime = dir->i_ctime = current_time(dir);
out:
	mutex_unlock(&cgroup_mutex);
	return error;
}

static int cgroup_rmdir(struct inode *dir, struct dentry *dentry)
{
	struct cgroup *cg = cgroupfs_group(d_inode(dentry));
	int error;

	mutex_lock(&cgroup_mutex);
	error = cgroup_destroy(cg);
	if (!error) {
		depopulate(cg);
		cg->dentry = NULL;
		drop_nlink(d_inode(dentry));
		drop_nlink(d_inode(dentry));
		drop_nlink(dir);
		dput(dentry); /* the tree's */
	}
	mutex_unlock(&cgroup_mutex);
	return error;
}

static const struct inode_operations dir_inode_operations = {
	.lookup = simple_lookup,
	.mkdir = cgroup_mkdir,
	.rmdir = cgroup_rmdir,
	.setattr = cgroup_setattr,
	.listxattr = cgroupfs_listxattr,
};

/* ---- for kernel/cgroup ---- */

void cgroupfs_notify(struct cgroup *cg, enum cgroup_event event)
{
	struct dentry *file = NULL;

	mutex_lock(&cgroup_mutex);
	for (int i = 0; cg->dentry && cgroup_file_tables[i] && !file; i++)
		for (const struct cftype *t = cgroup_file_tables[i]; t->name; t++)
			if (t->event == (int)event) {
				file = find_child(cg->dentry, t->name);
				break;
			}
	mutex_unlock(&cgroup_mutex);
	if (!file)
		return;
	notify_dentry(file, IN_MODIFY);
	dput(file);
}

/* May the caller, who sees what a name space shows, move tasks between these groups? */
static int may_move(const struct cgroup_namespace *ns, struct cgroup *from, struct cgroup *to)
{
	struct cgroup *common = to;
	struct dentry *list;
	int error = -ENOENT;

	while (!cgroup_is_descendant(from, common))
		common = common->parent;
	if (!common->dentry)
		return 0;
	list = find_child(common->dentry, "cgroup.procs");
	if (!list)
		return error;
	error = inode_permission(d_inode(list), MAY_WRITE);
	dput(list);
	if (!error && cgroup_root_has(CGRP_ROOT_NS_DELEGATE) &&
	    !(cgroup_is_descendant(from, ns->root) && cgroup_is_descendant(to, ns->root)))
		error = -ENOENT;
	return error;
}

/* The rights of whoever opened the list count: over the common ancestor's list too. */
int cgroupfs_may_move(const struct file *file, struct cgroup *from, struct cgroup *to)
{
	const struct cred *old = override_creds(file->f_cred);
	int error = may_move(cgroupfs_file_ns(file), from, to);

	revert_creds(old);
	return error;
}

struct cgroup *cgroupfs_get_group(int fd, bool thread)
{
	struct fd f = fdget_raw(fd);
	struct cgroup *cg = ERR_PTR(-EBADF), *from;
	struct dentry *list = NULL;
	int error;

	if (!f.file)
		return cg;
	if (file_inode(f.file)->i_op != &dir_inode_operations) {
		fdput(f);
		return cg;
	}
	cg = cgroupfs_group(file_inode(f.file));
	from = task_get_cgroup(current);
	mutex_lock(&cgroup_mutex);
	error = cg->dead ? -ENOENT : cgroup_vet_destination(cg);
	/* A thread stays in the domain of its process. */
	if (!error && thread && cg->domain != from->domain)
		error = -EOPNOTSUPP;
	if (!error)
		list = find_child(cg->dentry, "cgroup.procs");
	if (!error)
		error = list ? inode_permission(d_inode(list), MAY_WRITE) : -ENODEV;
	if (!error)
		error = may_move(current->nsproxy->cgroup_ns, from, cg);
	mutex_unlock(&cgroup_mutex);
	dput(list);
	cgroup_put(from);
	cg = error ? ERR_PTR(error) : cgroup_get(cg);
	fdput(f);
	return cg;
}

/* ---- the instance ---- */

static void cgroup_evict(struct inode *inode)
{
	struct cgroup *cg = cgroupfs_group(inode);

	clear_inode(inode);
	simple_xattrs_free(&CGROUPFS_I(inode)->xattrs);
	cgroup_put(cg);
}

static void init_once(void *object)
{
	inode_init_once(&((struct cgroupfs_inode *)object)->vfs_inode);
}

static struct inode *cgroup_alloc_inode(struct super_block *sb)
{
	struct cgroupfs_inode *info = kmem_cache_alloc(inode_cache, GFP_KERNEL);

	if (!info)
		return NULL;
	simple_xattrs_init(&info->xattrs);
	info->nr_user = 0;
	info->user_size = 0;
	return &info->vfs_inode;
}

static void cgroup_free_inode(struct inode *inode)
{
	kmem_cache_free(inode_cache, CGROUPFS_I(inode));
}

/* ---- file handles: the number of the inode, by which programs name a group ---- */

#define HANDLE_WORDS 2
#define HANDLE_TYPE  0xfe

static DEFINE_SPINLOCK(handle_lock); /* one puts an inode in the hash */

static int cgroup_encode_fh(struct inode *inode, u32 *handle, int *words)
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
	handle[0] = inode->i_ino;
	handle[1] = (u64)inode->i_ino >> 32;
	return HANDLE_TYPE;
}

static int same_number(struct inode *inode, void *number)
{
	return inode->i_ino == *(const u64 *)number;
}

static struct dentry *cgroup_fh_to_dentry(struct super_block *sb, const u32 *handle, int words,
					  int type)
{
	struct dentry *dentry = NULL;
	struct inode *inode;
	u64 number;

	if (words < HANDLE_WORDS || type != HANDLE_TYPE)
		return ERR_PTR(-ESTALE);
	number = (u64)handle[1] << 32 | handle[0];
	inode = ilookup5(sb, number, same_number, &number);
	if (!inode)
		return ERR_PTR(-ESTALE);
	if (!READ_ONCE(cgroupfs_group(inode)->dead))
		dentry = d_find_alias(inode);
	iput(inode);
	return dentry ? dentry : ERR_PTR(-ESTALE);
}

static const struct export_operations cgroup_export_operations = {
	.encode_fh = cgroup_encode_fh,
	.fh_to_dentry = cgroup_fh_to_dentry,
};

/* ---- options ---- */

/*
 * They are of the instance and thus of all mounts. Each mount and remount from the first name space
 * says anew which hold. `favordynmods` makes moves cheap and births dear elsewhere; here it changes
 * nothing.
 */
static const struct {
	const char *name;
	unsigned int flag;
} options[] = {
	{ "nsdelegate", CGRP_ROOT_NS_DELEGATE },
	{ "favordynmods", CGRP_ROOT_FAVOR_DYNMODS },
	{ "memory_localevents", CGRP_ROOT_MEMORY_LOCAL_EVENTS },
	{ "memory_recursiveprot", CGRP_ROOT_MEMORY_RECURSIVE_PROT },
};

static unsigned int flag_of(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(options); i++) {
		if (!strcmp(name, options[i].name))
			return options[i].flag;
	}
	return 0;
}

static int parse_options(char *text)
{
	unsigned int flags = 0;
	char *name, *value;

	while ((name = next_mount_option(&text, &value))) {
		if (!flag_of(name) || value)
			return -EINVAL;
		flags |= flag_of(name);
	}
	if (current->nsproxy->cgroup_ns == &init_cgroup_ns)
		WRITE_ONCE(cgroup_root_flags, flags);
	return 0;
}

static int cgroup_remount(struct super_block *sb, int *flags, char *data)
{
	return parse_options(data);
}

static int cgroup_show_options(struct seq_file *m, struct dentry *root)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(options); i++) {
		if (cgroup_root_has(options[i].flag))
			seq_printf(m, ",%s", options[i].name);
	}
	return 0;
}

static const struct super_operations cgroup_sops = {
	.alloc_inode = cgroup_alloc_inode,
	.free_inode = cgroup_free_inode,
	.statfs = simple_statfs,
	.remount_fs = cgroup_remount,
	.show_options = cgroup_show_options,
	.evict_inode = cgroup_evict,
};

static int fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *inode;
	int error;

	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_magic = CGROUP2_SUPER_MAGIC;
	sb->s_op = &cgroup_sops;
	sb->s_xattr = cgroupfs_xattr_handlers;
	sb->s_export_op = &cgroup_export_operations;
	sb->s_d_op = &simple_dentry_operations;
	sb->s_time_gran = 1;
	sb->s_iflags |= SB_I_NODEV | SB_I_NOEXEC;
	sb->s_flags &= ~SB_KERNMOUNT; /* users mount the same instance */
	inode = make_inode(sb, &cgroup_root, S_IFDIR | 0755);
	if (!inode)
		return -ENOMEM;
	inode->i_uid = GLOBAL_ROOT_UID;
	inode->i_gid = GLOBAL_ROOT_GID;
	sb->s_root = d_make_root(inode);
	if (!sb->s_root)
		return -ENOMEM;
	mutex_lock(&cgroup_mutex);
	cgroup_root.dentry = sb->s_root;
	error = populate(&cgroup_root);
	mutex_unlock(&cgroup_mutex);
	return error;
}

static struct dentry *cgroup_mount(struct file_system_type *type, int flags, const char *dev_name,
				   void *data)
{
	struct cgroup *top = current->nsproxy->cgroup_ns->root;
	struct dentry *root, *shown;
	int error = parse_options(data);

	if (error)
		return ERR_PTR(error);
	root = mount_single(type, flags, NULL, fill_super);
	if (IS_ERR(root) || top == &cgroup_root)
		return root;
	/* From the root of the mounter's name space. */
	mutex_lock(&cgroup_mutex);
	shown = dget(top->dentry);
	mutex_unlock(&cgroup_mutex);
	dput(root);
	if (shown)
		return shown;
	deactivate_locked_super(cgroup_sb);
	return ERR_PTR(-ENOENT);
}

static struct file_system_type cgroup2_type = {
	.name = "cgroup2",
	.mount = cgroup_mount,
	.kill_sb = kill_litter_super,
	.fs_flags = FS_USERNS_MOUNT,
};

static int show_features(struct seq_file *m, void *v)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(options); i++)
		seq_printf(m, "%s\n", options[i].name);
	return 0;
}

/* What a manager that hands a group over should let the other own. */
static int show_delegate(struct seq_file *m, void *v)
{
	for (int i = 0; cgroup_file_tables[i]; i++) {
		for (const struct cftype *t = cgroup_file_tables[i]; t->name; t++) {
			if (t->flags & CFTYPE_NS_DELEGATABLE)
				seq_printf(m, "%s\n", t->name);
		}
	}
	return 0;
}

static const struct sysfs_file sysfs_files[] = {
	{ .path = "fs" },
	{ .path = "fs/cgroup" }, /* where it is mounted by convention */
	{ .path = "kernel/cgroup" },
	{ .path = "kernel/cgroup/delegate", .show = show_delegate },
	{ .path = "kernel/cgroup/features", .show = show_features },
};

/* The groups stay when the last mount goes: the kernel keeps a mount of its own. */
static int __init cgroupfs_init(void)
{
	struct vfsmount *mnt;
	int error;

	inode_cache = kmem_cache_create("cgroupfs_inode_cache", sizeof(struct cgroupfs_inode), 0,
					SLAB_PANIC | SLAB_ACCOUNT, init_once);
	error = register_filesystem(&cgroup2_type);
	if (error)
		return error;
	error = sysfs_add_files(sysfs_files, ARRAY_SIZE(sysfs_files));
	if (error)
		return error;
	mnt = kern_mount(&cgroup2_type);
	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	cgroup_sb = mnt->mnt_sb;
	return 0;
}
fs_initcall(cgroupfs_init);
