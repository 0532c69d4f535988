// SPDX-License-Identifier: MIT
/*
 * The static tree of procfs: what proc_create() and its like make.
 *
 * An entry lives while it is in the tree or an inode refers to it. Before a callback of its
 * owner runs it is counted as used; removal makes that impossible and waits for those that
 * run, so an owner may free its data after proc_remove() although files are still open.
 *
 * Lock: proc_tree_lock guards the shape of the tree; no callback runs under it.
 */
#include <fs/namei.h>
#include <fs/poll.h>
#include <kern/rwsem.h>
#include <kern/spinlock.h>
#include <mm/slab.h>

#include "internal.h"

static DEFINE_RWLOCK(proc_tree_lock);
static unsigned long next_ino = PROC_DYNAMIC_FIRST;	/* proc_tree_lock */

struct proc_dir_entry proc_root = {
	.children = LIST_HEAD_INIT(proc_root.children),
	.sibling = LIST_HEAD_INIT(proc_root.sibling),
	.parent = &proc_root,
	.mode = S_IFDIR | 0555,
	.nlink = 2,
	.ino = PROC_ROOT_INO,
	.refs = REFCOUNT_INIT(1),
};

#define REMOVED (-1000000000)

static bool use_pde(struct proc_dir_entry *de)
{
	int users = atomic_read(&de->users);

	while (users >= 0)
		if (atomic_try_cmpxchg(&de->users, &users, users + 1))
			return true;
	return false;
}

static void unuse_pde(struct proc_dir_entry *de)
{
	if (atomic_dec_return(&de->users) == REMOVED)
		complete(de->unused);
}

/* => proc_tree_lock held */
static struct proc_dir_entry *find_child(struct proc_dir_entry *dir, const char *name,
					 unsigned int len)
{
	struct proc_dir_entry *de;

	list_for_each_entry(de, &dir->children, sibling)
		if (!strncmp(de->name, name, len) && !de->name[len])
			return de;
	return NULL;
}

/* Walks the folders in front of the last slash. => proc_tree_lock held */
static struct proc_dir_entry *find_parent(const char **name, struct proc_dir_entry *parent)
{
	const char *slash;

	if (!parent)
		parent = &proc_root;
	while (parent && (slash = strchr(*name, '/'))) {
		parent = find_child(parent, *name, slash - *name);
		*name = slash + 1;
	}
	return parent;
}

static struct proc_dir_entry *add_entry(const char *name, umode_t mode,
					struct proc_dir_entry *parent, void *data)
{
	const char *last = strrchr(name, '/');
	struct proc_dir_entry *de;

	last = last ? last + 1 : name;
	if (!*last || strlen(last) > 255)
		return NULL;
	de = kzalloc(sizeof(*de) + strlen(last) + 1, GFP_KERNEL);
	if (!de)
		return NULL;
	strcpy(de->name, last);
	de->mode = mode;
	de->data = data;
	de->nlink = S_ISDIR(mode) ? 2 : 1;
	refcount_set(&de->refs, 1);
	INIT_LIST_HEAD(&de->children);
	write_lock(&proc_tree_lock);
	parent = find_parent(&name, parent);
	if (!parent || !S_ISDIR(parent->mode) || find_child(parent, last, strlen(last))) {
		write_unlock(&proc_tree_lock);
		kfree(de);
		return NULL;
	}
	de->parent = parent;
	de->ino = next_ino++;
	return de;	/* the caller fills it in and publishes it */
}

static struct proc_dir_entry *publish(struct proc_dir_entry *de)
{
	if (!de)
		return NULL;
	list_add_tail(&de->sibling, &de->parent->children);
	if (S_ISDIR(de->mode))
		de->parent->nlink++;
	write_unlock(&proc_tree_lock);
	return de;
}

static umode_t file_mode(umode_t mode)
{
	if (!(mode & S_IFMT))
		mode |= S_IFREG;
	if (!(mode & S_IALLUGO))
		mode |= 0444;
	return mode;
}

struct proc_dir_entry *proc_create_data(const char *name, umode_t mode,
					struct proc_dir_entry *parent, const struct proc_ops *ops,
					void *data)
{
	struct proc_dir_entry *de = add_entry(name, file_mode(mode), parent, data);

	if (de)
		de->ops = ops;
	return publish(de);
}

struct proc_dir_entry *proc_create(const char *name, umode_t mode, struct proc_dir_entry *parent,
				   const struct proc_ops *ops)
{
	return proc_create_data(name, mode, parent, ops, NULL);
}

struct proc_dir_entry *proc_create_seq_data(const char *name, umode_t mode,
					    struct proc_dir_entry *parent,
					    const struct seq_operations *ops, void *data)
{
	struct proc_dir_entry *de = add_entry(name, file_mode(mode), parent, data);

	if (de)
		de->seq_ops = ops;
	return publish(de);
}

struct proc_dir_entry *proc_create_single_data(const char *name, umode_t mode,
					       struct proc_dir_entry *parent,
					       int (*show)(struct seq_file *m, void *data),
					       void *data)
{
	struct proc_dir_entry *de = add_entry(name, file_mode(mode), parent, data);

	if (de)
		de->show = show;
	return publish(de);
}

struct proc_dir_entry *proc_mkdir_mode(const char *name, umode_t mode,
				       struct proc_dir_entry *parent)
{
	return publish(add_entry(name, S_IFDIR | (mode ? mode : 0555), parent, NULL));
}

struct proc_dir_entry *proc_mkdir(const char *name, struct proc_dir_entry *parent)
{
	return proc_mkdir_mode(name, 0, parent);
}

struct proc_dir_entry *proc_symlink(const char *name, struct proc_dir_entry *parent,
				    const char *target)
{
	char *copy = kstrdup(target, GFP_KERNEL);
	struct proc_dir_entry *de;

	if (!copy)
		return NULL;
	de = add_entry(name, S_IFLNK | 0777, parent, NULL);
	if (!de) {
		kfree(copy);
		return NULL;
	}
	de->target = copy;
	return publish(de);
}

/* Takes one entry without children out of the tree, then waits for its callbacks. */
static void drop_entry(struct proc_dir_entry *de)
{
	DECLARE_COMPLETION_ONSTACK(unused);

	/* cppcheck-suppress autoVariables; nobody uses it after the wait below */
	de->unused = &unused;
	if (atomic_add_return(REMOVED, &de->users) != REMOVED)
		wait_for_completion(&unused);
	pde_put(de);
}

/* Takes the deepest first entry at or below `de` out of the tree. */
static struct proc_dir_entry *unlink_leaf(struct proc_dir_entry *de)
{
	write_lock(&proc_tree_lock);
	while (!list_empty(&de->children))
		de = list_first_entry(&de->children, struct proc_dir_entry, sibling);
	list_del_init(&de->sibling);
	if (S_ISDIR(de->mode))
		de->parent->nlink--;
	write_unlock(&proc_tree_lock);
	return de;
}

void proc_remove(struct proc_dir_entry *de)
{
	struct proc_dir_entry *leaf;

	if (!de)
		return;
	while ((leaf = unlink_leaf(de)) != de)
		drop_entry(leaf);
	drop_entry(de);
}

void remove_proc_entry(const char *name, struct proc_dir_entry *parent)
{
	struct proc_dir_entry *de = NULL;

	read_lock(&proc_tree_lock);
	parent = find_parent(&name, parent);
	if (parent)
		de = find_child(parent, name, strlen(name));
	read_unlock(&proc_tree_lock);
	proc_remove(de);
}

void *pde_data(const struct inode *inode)
{
	return PROC_I(inode)->pde->data;
}

/* ---- files ---- */

static int show_single(struct seq_file *m, void *data)
{
	struct proc_dir_entry *de = m->private;

	return de->show(m, de->data);
}

static int proc_reg_open(struct inode *inode, struct file *file)
{
	struct proc_dir_entry *de = PROC_I(inode)->pde;
	int err;

	/* Tables of the network refuse that at once; others when they are written to. */
	if (PROC_I(inode)->net_ns && (file->f_mode & FMODE_WRITE) && !de->ops)
		return -EACCES;
	if (!use_pde(de))
		return -ENOENT;
	if (de->show)
		err = single_open(file, show_single, de);
	else if (de->seq_ops)
		err = seq_open(file, de->seq_ops);
	else
		err = de->ops->proc_open ? de->ops->proc_open(inode, file) : 0;
	unuse_pde(de);
	return err;
}

static ssize_t proc_reg_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct proc_dir_entry *de = PROC_I(file_inode(file))->pde;
	ssize_t ret = -EIO;

	if (!use_pde(de))
		return ret;
	if (de->ops->proc_read)
		ret = de->ops->proc_read(file, buf, size, pos);
	unuse_pde(de);
	return ret;
}

static ssize_t proc_reg_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct proc_dir_entry *de = PROC_I(file_inode(file))->pde;
	ssize_t ret = -EIO;

	if (!use_pde(de))
		return ret;
	if (de->ops && de->ops->proc_write)
		ret = de->ops->proc_write(file, buf, size, pos);
	unuse_pde(de);
	return ret;
}

static loff_t proc_reg_llseek(struct file *file, loff_t offset, int whence)
{
	struct proc_dir_entry *de = PROC_I(file_inode(file))->pde;
	loff_t ret = -EINVAL;

	if (!use_pde(de))
		return ret;
	if (!de->ops)
		ret = seq_lseek(file, offset, whence);
	else if (de->ops->proc_lseek)
		ret = de->ops->proc_lseek(file, offset, whence);
	else
		ret = default_llseek(file, offset, whence);
	unuse_pde(de);
	return ret;
}

static __poll_t proc_reg_poll(struct file *file, struct poll_table_struct *wait)
{
	struct proc_dir_entry *de = PROC_I(file_inode(file))->pde;
	__poll_t ret = DEFAULT_POLLMASK;

	if (!use_pde(de))
		return ret;
	if (de->ops && de->ops->proc_poll)
		ret = de->ops->proc_poll(file, wait);
	unuse_pde(de);
	return ret;
}

static long proc_reg_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct proc_dir_entry *de = PROC_I(file_inode(file))->pde;
	long ret = -ENOTTY;

	if (!use_pde(de))
		return ret;
	if (de->ops && de->ops->proc_ioctl)
		ret = de->ops->proc_ioctl(file, cmd, arg);
	unuse_pde(de);
	return ret;
}

static int proc_reg_release(struct inode *inode, struct file *file)
{
	struct proc_dir_entry *de = PROC_I(inode)->pde;

	if (de->show)
		return single_release(inode, file);
	if (de->seq_ops)
		return seq_release(inode, file);
	if (de->ops->proc_release && use_pde(de)) {
		int ret = de->ops->proc_release(inode, file);

		unuse_pde(de);
		return ret;
	}
	return 0;
}

/* Texts: read through an iterator, so that the kernel and sendfile(2) can read them too. */
static ssize_t proc_text_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct proc_dir_entry *de = PROC_I(file_inode(iocb->ki_filp))->pde;
	ssize_t ret;

	if (!use_pde(de))
		return -EIO;
	ret = seq_read_iter(iocb, to);
	unuse_pde(de);
	return ret;
}

static const struct file_operations proc_text_file_ops = {
	.open = proc_reg_open,
	.read_iter = proc_text_read_iter,
	.write = proc_reg_write,
	.llseek = proc_reg_llseek,
	.release = proc_reg_release,
};

static const struct file_operations proc_reg_file_ops = {
	.open = proc_reg_open,
	.read = proc_reg_read,
	.write = proc_reg_write,
	.llseek = proc_reg_llseek,
	.poll = proc_reg_poll,
	.unlocked_ioctl = proc_reg_ioctl,
	.release = proc_reg_release,
};

/* ---- folders ---- */

static struct dentry *proc_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	return proc_lookup_de(dir, dentry, PROC_I(dir)->pde);
}

static int proc_readdir(struct file *file, struct dir_context *ctx)
{
	return proc_readdir_de(file, ctx, PROC_I(file_inode(file))->pde);
}

static int proc_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
			unsigned int query_flags)
{
	struct inode *inode = d_inode(path->dentry);
	struct proc_dir_entry *de = PROC_I(inode)->pde;

	if (S_ISDIR(inode->i_mode))
		set_nlink(inode, de->nlink);
	generic_fillattr(inode, stat);
	return 0;
}

static const struct inode_operations proc_dir_inode_operations = {
	.lookup = proc_lookup,
	.getattr = proc_getattr,
	.setattr = proc_setattr,
};

static const struct file_operations proc_dir_operations = {
	.llseek = generic_file_llseek,
	.read = generic_read_dir,
	.iterate_shared = proc_readdir,
};

static const struct inode_operations proc_file_inode_operations = {
	.setattr = proc_setattr,
};

/* A dentry of an entry that was removed is not used any more. */
static int proc_misc_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct inode *inode = d_inode(dentry);

	return !inode || atomic_read(&PROC_I(inode)->pde->users) >= 0;
}

static int proc_misc_delete(const struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	return !inode || atomic_read(&PROC_I(inode)->pde->users) < 0;
}

static const struct dentry_operations proc_misc_dentry_ops = {
	.d_revalidate = proc_misc_revalidate,
	.d_delete = proc_misc_delete,
};

/* A new inode of an entry; takes over the caller's reference on it, also on failure. */
struct inode *proc_get_inode(struct super_block *sb, struct proc_dir_entry *de)
{
	struct inode *inode = proc_new_inode(sb, de->ino, de->mode);

	if (!inode) {
		pde_put(de);
		return NULL;
	}
	PROC_I(inode)->pde = de;
	set_nlink(inode, de->nlink);
	if (S_ISDIR(de->mode)) {
		inode->i_op = &proc_dir_inode_operations;
		inode->i_fop = &proc_dir_operations;
	} else if (S_ISLNK(de->mode)) {
		inode->i_op = &simple_symlink_inode_operations;
		inode->i_link = de->target;
		inode->i_size = strlen(de->target);
	} else {
		inode->i_op = &proc_file_inode_operations;
		inode->i_fop = de->ops ? &proc_reg_file_ops : &proc_text_file_ops;
	}
	return inode;
}

struct proc_dir_entry *proc_find_child(struct proc_dir_entry *dir, const struct qstr *name)
{
	struct proc_dir_entry *de;

	read_lock(&proc_tree_lock);
	de = find_child(dir, name->name, name->len);
	if (de)
		refcount_inc(&de->refs);
	read_unlock(&proc_tree_lock);
	return de;
}

struct dentry *proc_lookup_de(struct inode *dir, struct dentry *dentry, struct proc_dir_entry *de)
{
	struct inode *inode;

	de = proc_find_child(de, &dentry->d_name);
	if (!de)
		return ERR_PTR(-ENOENT);
	inode = proc_get_inode(dir->i_sb, de);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	d_set_d_op(dentry, &proc_misc_dentry_ops);
	return d_splice_alias(inode, dentry);
}

/* => 0 all given, 1 no more room */
int proc_readdir_de(struct file *file, struct dir_context *ctx, struct proc_dir_entry *dir)
{
	struct proc_dir_entry *de;
	loff_t at = 2;

	if (!dir_emit_dots(file, ctx))
		return 0;
	read_lock(&proc_tree_lock);
	list_for_each_entry(de, &dir->children, sibling) {
		bool more;

		if (at++ < ctx->pos)
			continue;
		refcount_inc(&de->refs);
		read_unlock(&proc_tree_lock);
		more = dir_emit(ctx, de->name, strlen(de->name), de->ino, de->mode >> 12);
		if (more)
			ctx->pos++;
		read_lock(&proc_tree_lock);
		/* The entry may be out of the tree now: then its list is empty, and we end. */
		if (!more || list_empty(&de->sibling)) {
			read_unlock(&proc_tree_lock);
			pde_put(de);
			return !more;
		}
		refcount_dec(&de->refs);
	}
	read_unlock(&proc_tree_lock);
	return 0;
}
