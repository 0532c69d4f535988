/* SPDX-License-Identifier: MIT */
/*
 * Path lookup.
 *
 * The walk holds a reference on the folder it stands in and steps from name to name: search
 * permission, the dentry cache, the file system when the cache does not know; then down into what
 * is mounted there; then, for a symlink, into its text (namei_jump.c). A link inside a path pushes
 * what is left of the path on a stack, so that no depth of links recurses; 40 links in one lookup
 * are ELOOP.
 *
 * A folder is locked (i_rwsem, for writing) only while the file system is asked. Everything else
 * relies on references: a dentry that we hold keeps its inode, and its parent.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/fs_struct.h>
#include <fs/mount.h>
#include <fs/super.h>
#include <kern/bug.h>
#include <kern/err.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <lib/string.h>
#include "internal.h"
#include "mount.h"
#include "walk.h"

void path_get(const struct path *path)
{
	mntget(path->mnt);
	dget(path->dentry);
}

void path_put(const struct path *path)
{
	dput(path->dentry);
	mntput(path->mnt);
}

void set_nameidata(struct nameidata *nd, int dfd, struct filename *name, const struct path *root)
{
	nd->path.mnt = NULL;
	nd->path.dentry = NULL;
	nd->root.mnt = NULL;
	nd->root_preset = false;
	if (root) {
		nd->root = *root;
		nd->root_preset = true;
	}
	nd->dfd = dfd;
	nd->name = name;
	nd->depth = 0;
	nd->total_link_count = 0;
	nd->flags = 0;
	nd->saved = current->nameidata;
	current->nameidata = nd;
}

void restore_nameidata(void)
{
	current->nameidata = current->nameidata->saved;
}

/* Down into what is mounted at a place. */
static int cross_mounts(struct nameidata *nd, struct path *path)
{
	while (d_mountpoint(path->dentry)) {
		struct vfsmount *mnt = lookup_mnt(path);

		if (!mnt)
			break;
		if (nd->flags & LOOKUP_NO_XDEV) {
			mntput(mnt);
			return -EXDEV;
		}
		dput(path->dentry);
		if (path->mnt != nd->path.mnt)
			mntput(path->mnt);
		path->mnt = mnt;
		path->dentry = dget(mnt->mnt_root);
	}
	return 0;
}

static void path_to_nameidata(struct nameidata *nd, const struct path *path)
{
	dput(nd->path.dentry);
	if (nd->path.mnt != path->mnt)
		mntput(nd->path.mnt);
	nd->path = *path;
}

static void path_put_conditional(struct nameidata *nd, const struct path *path)
{
	dput(path->dentry);
	if (path->mnt != nd->path.mnt)
		mntput(path->mnt);
}

const char *step_into(struct nameidata *nd, int flags, struct dentry *dentry)
{
	struct path path = { .mnt = nd->path.mnt, .dentry = dentry };
	struct inode *inode;
	int error = cross_mounts(nd, &path);

	inode = d_inode(path.dentry);
	if (!error && !inode)
		error = -ENOENT;
	if (error) {
		path_put_conditional(nd, &path);
		return ERR_PTR(error);
	}
	if (likely(!S_ISLNK(inode->i_mode)) || (flags & WALK_NOFOLLOW) ||
	    ((flags & WALK_TRAILING) && !(nd->flags & LOOKUP_FOLLOW))) {
		path_to_nameidata(nd, &path);
		return NULL;
	}
	if (path.mnt == nd->path.mnt)
		mntget(path.mnt);
	return pick_link(nd, &path, inode, flags & WALK_TRAILING);
}

/* Up from the root of a mount to the place it is mounted on. false: this is as far as it goes. */
static bool choose_mountpoint(struct nameidata *nd, struct path *path)
{
	bool found = false;

	write_seqlock(&mount_lock);
	for (;;) {
		struct mount *m = real_mount(path->mnt);
		struct vfsmount *old = path->mnt;
		struct dentry *old_dentry = path->dentry;

		if (!mnt_has_parent(m))
			break;
		path->mnt = mntget(&m->mnt_parent->mnt);
		path->dentry = dget(m->mnt_mountpoint);
		write_sequnlock(&mount_lock);
		dput(old_dentry);
		mntput(old);
		if (path_equal(path, &nd->root))
			return false;
		write_seqlock(&mount_lock);
		if (path->dentry != path->mnt->mnt_root) {
			found = true;
			break;
		}
	}
	write_sequnlock(&mount_lock);
	return found;
}

/* Is the dentry still below its mount's root? A rename may have taken it out of a bind mount. */
static bool path_connected(struct vfsmount *mnt, struct dentry *dentry)
{
	return mnt->mnt_root == mnt->mnt_sb->s_root || is_subdir(dentry, mnt->mnt_root);
}

static const char *follow_dotdot(struct nameidata *nd)
{
	struct dentry *parent;

	if (path_equal(&nd->path, &nd->root))
		goto in_root;
	if (nd->path.dentry == nd->path.mnt->mnt_root) {
		struct path path = nd->path;
		struct vfsmount *before = nd->path.mnt;

		if ((nd->flags & LOOKUP_NO_XDEV) && mnt_has_parent(real_mount(before)))
			return ERR_PTR(-EXDEV);
		/* The references of nd->path move along. */
		if (!choose_mountpoint(nd, &path)) {
			nd->path = path;
			goto in_root;
		}
		nd->path = path;
	}
	parent = dget_parent(nd->path.dentry);
	if (!path_connected(nd->path.mnt, parent)) {
		dput(parent);
		return ERR_PTR(-ENOENT);
	}
	return step_into(nd, WALK_NOFOLLOW, parent);
in_root:
	if (nd->flags & LOOKUP_BENEATH)
		return ERR_PTR(-EXDEV);
	return step_into(nd, WALK_NOFOLLOW, dget(nd->path.dentry));
}

const char *handle_dots(struct nameidata *nd, int type)
{
	const char *error = NULL;

	if (type != LAST_DOTDOT)
		return NULL;
	nd_set_root(nd);
	error = follow_dotdot(nd);
	if (error)
		return error;
	if (nd->flags & LOOKUP_IS_SCOPED) {
		/* A rename or mount meanwhile may have led us out: the caller tries again. */
		smp_rmb();
		if (read_seqretry(&mount_lock, nd->m_seq) ||
		    read_seqretry(&rename_lock, nd->r_seq))
			return ERR_PTR(-EAGAIN);
	}
	return NULL;
}

/* Checks a cached entry with its file system: the entry, NULL to ask anew, or ERR_PTR. */
static struct dentry *revalidate(struct dentry *dentry, unsigned int flags)
{
	int valid;

	if (!dentry || likely(!(dentry->d_flags & DCACHE_OP_REVALIDATE)))
		return dentry;
	valid = dentry->d_op->d_revalidate(dentry, flags);
	if (valid > 0)
		return dentry;
	if (!valid)
		d_invalidate(dentry);
	dput(dentry);
	return valid ? ERR_PTR(valid) : NULL;
}

struct dentry *lookup_cached(struct dentry *dir, const struct qstr *name, unsigned int flags)
{
	return revalidate(d_lookup(dir, name), flags);
}

struct dentry *lookup_fast(struct nameidata *nd)
{
	return lookup_cached(nd->path.dentry, &nd->last, nd->flags);
}

struct dentry *lookup_locked(const struct qstr *name, struct dentry *dir, unsigned int flags)
{
	struct inode *inode = d_inode(dir);
	struct dentry *dentry = revalidate(d_lookup(dir, name), flags);
	struct dentry *old;

	if (dentry)
		return dentry;
	if (IS_DEADDIR(inode))
		return ERR_PTR(-ENOENT);
	dentry = d_alloc(dir, name);
	if (!dentry)
		return ERR_PTR(-ENOMEM);
	old = inode->i_op->lookup(inode, dentry, flags);
	if (old) {
		dput(dentry);
		dentry = old;
	}
	return dentry;
}

static struct dentry *lookup_slow(const struct qstr *name, struct dentry *dir, unsigned int flags)
{
	struct dentry *dentry;

	inode_lock(d_inode(dir));
	dentry = lookup_locked(name, dir, flags);
	inode_unlock(d_inode(dir));
	return dentry;
}

static const char *walk_component(struct nameidata *nd, int flags)
{
	struct dentry *dentry;

	if (unlikely(nd->last_type != LAST_NORM)) {
		if (!(flags & WALK_MORE) && nd->depth)
			put_link(nd);
		return handle_dots(nd, nd->last_type);
	}
	dentry = lookup_fast(nd);
	if (!dentry && (nd->flags & LOOKUP_CACHED))
		return ERR_PTR(-EAGAIN);
	if (!dentry)
		dentry = lookup_slow(&nd->last, nd->path.dentry, nd->flags);
	if (IS_ERR(dentry))
		return ERR_CAST(dentry);
	/* The text that nd->last lies in is not needed any more. */
	if (!(flags & WALK_MORE) && nd->depth)
		put_link(nd);
	return step_into(nd, flags, dentry);
}

static bool can_lookup(const struct dentry *dentry)
{
	const struct inode *inode = d_inode(dentry);

	return inode && S_ISDIR(inode->i_mode) && inode->i_op->lookup;
}

/* Takes the next component off the string: nd->last, and what follows its slashes. */
static const char *next_component(const char *name, struct nameidata *nd)
{
	u64 hash_len = hashlen_string(nd->path.dentry, name);
	u32 len = hashlen_len(hash_len);

	nd->last_type = LAST_NORM;
	if (name[0] == '.') {
		if (len == 1)
			nd->last_type = LAST_DOT;
		else if (len == 2 && name[1] == '.')
			nd->last_type = LAST_DOTDOT;
	}
	nd->last.hash = hashlen_hash(hash_len);
	nd->last.len = len;
	nd->last.name = name;
	name += len;
	while (*name == '/')
		name++;
	return name;
}

int link_path_walk(const char *name, struct nameidata *nd)
{
	unsigned int depth = 0;

	nd->last_type = LAST_ROOT;
	nd->flags |= LOOKUP_PARENT;
	if (IS_ERR(name))
		return PTR_ERR(name);
	while (*name == '/')
		name++;
	if (!*name)
		return 0;

	for (;;) {
		struct inode *dir = d_inode(nd->path.dentry);
		const char *link;
		int error;

		if (unlikely(!can_lookup(nd->path.dentry)))
			return -ENOTDIR;
		error = inode_permission(dir, MAY_EXEC);
		if (error)
			return error;
		name = next_component(name, nd);
		if (nd->last.len > NAME_MAX_LEN)
			return -ENAMETOOLONG;
		if (!*name) {
			/* The end of the path, or of a link's text inside it. */
			if (!depth) {
				nd->dir_uid = dir->i_uid;
				nd->dir_mode = dir->i_mode;
				nd->flags &= ~LOOKUP_PARENT;
				return 0;
			}
			name = nd->stack[--depth].name;
			link = walk_component(nd, 0);
		} else {
			link = walk_component(nd, WALK_MORE);
		}
		if (unlikely(link)) {
			if (IS_ERR(link))
				return PTR_ERR(link);
			nd->stack[depth++].name = name;
			name = link;
		}
	}
}

const char *path_init(struct nameidata *nd, unsigned int flags)
{
	const char *s = nd->name->name;

	nd->flags = flags;
	nd->m_seq = read_seqbegin(&mount_lock);
	nd->r_seq = read_seqbegin(&rename_lock);
	if (nd->root_preset) {
		if (*s && !d_is_dir(nd->root.dentry))
			return ERR_PTR(-ENOTDIR);
		nd->path = nd->root;
		path_get(&nd->path);
		return s;
	}
	if (*s == '/' && !(flags & LOOKUP_IN_ROOT)) {
		int error = nd_jump_root(nd);

		return error ? ERR_PTR(error) : s;
	}
	if (nd->dfd == AT_FDCWD) {
		get_fs_pwd(current->fs, &nd->path);
	} else {
		struct fd f = fdget_raw(nd->dfd);

		if (!f.file)
			return ERR_PTR(-EBADF);
		if (*s && !d_is_dir(f.file->f_path.dentry)) {
			fdput(f);
			return ERR_PTR(-ENOTDIR);
		}
		nd->path = f.file->f_path;
		path_get(&nd->path);
		fdput(f);
	}
	if (flags & LOOKUP_IS_SCOPED) {
		nd->root = nd->path;
		path_get(&nd->root);
	}
	return s;
}

static bool path_is_under(const struct path *path, const struct path *root)
{
	bool under;

	down_read(&namespace_sem);
	under = is_path_reachable(real_mount(path->mnt), path->dentry, root);
	up_read(&namespace_sem);
	return under;
}

int complete_walk(struct nameidata *nd)
{
	if ((nd->flags & LOOKUP_IS_SCOPED) && !path_is_under(&nd->path, &nd->root))
		return -EXDEV;
	return 0;
}

void terminate_walk(struct nameidata *nd)
{
	while (nd->depth)
		put_link(nd);
	if (nd->path.mnt) {
		path_put(&nd->path);
		nd->path.mnt = NULL;
		nd->path.dentry = NULL;
	}
	if (nd->root.mnt && !nd->root_preset) {
		path_put(&nd->root);
		nd->root.mnt = NULL;
	}
}

static const char *lookup_last(struct nameidata *nd)
{
	if (nd->last_type == LAST_NORM && nd->last.name[nd->last.len])
		nd->flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
	return walk_component(nd, WALK_TRAILING);
}

int path_lookupat(struct nameidata *nd, unsigned int flags, struct path *path)
{
	const char *s = path_init(nd, flags);
	int error;

	while (!(error = link_path_walk(s, nd))) {
		s = lookup_last(nd);
		if (!s)
			break;
	}
	if (!error)
		error = complete_walk(nd);
	if (!error && (nd->flags & LOOKUP_DIRECTORY) && !can_lookup(nd->path.dentry))
		error = -ENOTDIR;
	if (!error) {
		*path = nd->path;
		nd->path.mnt = NULL;
		nd->path.dentry = NULL;
	}
	terminate_walk(nd);
	return error;
}

int filename_lookup(int dfd, struct filename *name, unsigned int flags, struct path *path,
		    const struct path *root)
{
	struct nameidata nd;
	int error;

	if (IS_ERR(name))
		return PTR_ERR(name);
	set_nameidata(&nd, dfd, name, root);
	error = path_lookupat(&nd, flags, path);
	restore_nameidata();
	return error;
}

/* The folder of the last component, and the component. */
int filename_parentat(int dfd, struct filename *name, unsigned int flags, struct path *parent,
		      struct qstr *last, int *type)
{
	struct nameidata nd;
	int error;

	if (IS_ERR(name))
		return PTR_ERR(name);
	set_nameidata(&nd, dfd, name, NULL);
	error = link_path_walk(path_init(&nd, flags), &nd);
	if (!error)
		error = complete_walk(&nd);
	if (!error) {
		*parent = nd.path;
		*last = nd.last;
		*type = nd.last_type;
		nd.path.mnt = NULL;
		nd.path.dentry = NULL;
	}
	terminate_walk(&nd);
	restore_nameidata();
	return error;
}
