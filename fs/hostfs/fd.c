// SPDX-License-Identifier: MIT
/*
 * Descriptors of the host's files.
 *
 * The host gives a process few of them, and the guest may know many files. So an inode is not
 * tied to a descriptor: looking a name up needs that of its folder only, and one that was closed
 * is opened again by the name of the inode's dentry in its parent. The answer counts only if it
 * is the same file (device, number, birth). Descriptors for reading are a cache with a limit,
 * least recently used out first. Two kinds stay: those for writing, while somebody has the file
 * open for writing, and all of a file that has lost its last name, or is open by one it has lost.
 *
 * Opening by name begins at the nearest ancestor with a descriptor and goes down one folder at a
 * time, in a loop: the depth of a tree costs no stack.
 *
 * Lock order: fd_lock is a leaf. Closing happens outside of it.
 */
#include "internal.h"
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/spinlock.h>
#include <lib/string.h>
#include <mm/pagemap.h>

#define OPEN_TRIES 8	/* against renames that race with a walk */

static DEFINE_SPINLOCK(fd_lock);
static LIST_HEAD(lru);			/* fd_lock: oldest first */
static unsigned int nr_cached;		/* fd_lock: length of lru */

bool hostfs_same(const struct inode *inode, const struct host_fs_attr *attr)
{
	const struct hostfs_inode *info = HOSTFS_I(inode);

	return inode->i_ino == attr->ino && info->device->host == attr->dev &&
	       (inode->i_mode & S_IFMT) == (attr->mode & S_IFMT) &&
	       info->btime.sec == attr->btime.sec && info->btime.nsec == attr->btime.nsec &&
	       (!S_ISDIR(inode->i_mode) || info->mount == attr->mount);
}

static void lru_del(struct hostfs_inode *info)
{
	if (!list_empty(&info->lru)) {
		list_del_init(&info->lru);
		nr_cached--;
	}
}

static void lru_touch(struct hostfs_inode *info)
{
	if (info->pinned)
		return;
	if (list_empty(&info->lru)) {
		list_add_tail(&info->lru, &lru);
		nr_cached++;
	} else {
		list_move_tail(&info->lru, &lru);
	}
}

/* Takes the descriptor of the oldest unused one while there are too many: -1 when all is well. */
static int take_victim(void)
{
	unsigned int limit = host_fs_descriptors();
	struct hostfs_inode *info;
	int fd = -1;

	spin_lock(&fd_lock);
	if (nr_cached > limit) {
		list_for_each_entry(info, &lru, lru) {
			if (info->users)
				continue;
			fd = info->rfd;
			info->rfd = -1;
			lru_del(info);
			break;
		}
	}
	spin_unlock(&fd_lock);
	return fd;
}

static void shrink_cache(void)
{
	int fd;

	while ((fd = take_victim()) >= 0)
		host_fs_close(fd);
}

/* The cached descriptor, counted in `users`, or -1. */
static int get_cached(struct inode *inode)
{
	struct hostfs_inode *info = HOSTFS_I(inode);
	int fd;

	spin_lock(&fd_lock);
	fd = info->rfd;
	if (fd >= 0) {
		info->users++;
		lru_touch(info);
	} else if (info->wfd >= 0 && info->wfd_reads) {
		/* It stays while it is wanted by its own users, and no longer by this caller. */
		info->users++;
		fd = info->wfd;
	}
	spin_unlock(&fd_lock);
	return fd;
}

/* Makes `fd` the cached descriptor, counted in `users`; another's that came first is used. */
static int install(struct inode *inode, int fd)
{
	struct hostfs_inode *info = HOSTFS_I(inode);
	int surplus = -1;

	spin_lock(&fd_lock);
	if (info->rfd >= 0) {
		surplus = fd;
		fd = info->rfd;
	} else {
		info->rfd = fd;
	}
	info->users++;
	lru_touch(info);
	spin_unlock(&fd_lock);
	if (surplus >= 0)
		host_fs_close(surplus);
	shrink_cache();
	return fd;
}

void hostfs_put(struct inode *inode)
{
	spin_lock(&fd_lock);
	HOSTFS_I(inode)->users--;
	spin_unlock(&fd_lock);
}

/* Opens `inode` as `name` of the folder `fd`, if that still is what the name leads to. */
static int open_checked(struct inode *inode, int fd, const char *name, unsigned int how)
{
	struct host_fs_attr attr;
	int opened = host_fs_open(fd, name, how, 0);
	int error;

	if (opened == -EACCES && how == (HOST_FS_READ | HOST_FS_FOLDER))
		opened = host_fs_open(fd, name, HOST_FS_FOLDER, 0);
	if (opened == -ELOOP || opened == -ENOTDIR || opened == -ENOENT)
		return -ESTALE;
	if (opened < 0)
		return opened == -EMFILE ? -ENFILE : opened;
	error = host_fs_stat(opened, "", &attr);
	if (!error && !hostfs_same(inode, &attr))
		error = -ESTALE;
	if (error) {
		host_fs_close(opened);
		return error;
	}
	return opened;
}

static unsigned int reading(const struct inode *inode)
{
	return S_ISDIR(inode->i_mode) ? HOST_FS_READ | HOST_FS_FOLDER : HOST_FS_READ;
}

/*
 * The entry nearest to `dentry` on the way to the root whose parent has a descriptor; *parent is
 * that one, and *fd its descriptor, in use. Both entries have references.
 */
static struct dentry *find_start(struct dentry *dentry, struct dentry **parent, int *fd)
{
	struct dentry *at = dget(dentry);

	for (;;) {
		struct dentry *up = dget_parent(at);

		if (up == at || d_is_negative(up)) {
			dput(up);
			dput(at);
			return ERR_PTR(-ESTALE);
		}
		*fd = get_cached(d_inode(up));
		if (*fd >= 0) {
			*parent = up;
			return at;
		}
		dput(at);
		at = up;
	}
}

/* Opens a file by its dentry's name, and the folders above as needed. */
static int open_by_name(struct dentry *dentry, unsigned int how)
{
	for (int tries = 0; tries < OPEN_TRIES;) {
		struct name_snapshot snap;
		struct dentry *parent, *at;
		struct inode *inode;
		int fd, opened;

		at = find_start(dentry, &parent, &fd);
		if (IS_ERR(at))
			return PTR_ERR(at);
		inode = d_inode(at);
		take_dentry_name_snapshot(&snap, at);
		opened = !inode || !hostfs_nameable(snap.name.name) ?
				 -ESTALE :
				 open_checked(inode, fd, snap.name.name, at == dentry ? how : reading(inode));
		hostfs_put(d_inode(parent));
		if (at != dentry && opened >= 0) {
			install(inode, opened);
			hostfs_put(inode);
		}
		dput(parent);
		dput(at);
		if (at == dentry && opened >= 0)
			return opened;
		if (opened < 0 && opened != -ESTALE)
			return opened;
		if (opened < 0)
			tries++;
	}
	return -ESTALE;
}

int hostfs_get(struct inode *inode)
{
	struct dentry *alias;
	int fd = get_cached(inode);

	if (fd >= 0)
		return fd;
	alias = d_find_alias(inode);
	if (!alias)
		return -ESTALE;
	fd = open_by_name(alias, reading(inode));
	dput(alias);
	return fd < 0 ? fd : install(inode, fd);
}

/* ---- writers ---- */

static bool join_writers(struct hostfs_inode *info)
{
	bool there;

	spin_lock(&fd_lock);
	there = info->wfd >= 0;
	if (there)
		info->writers++;
	spin_unlock(&fd_lock);
	return there;
}

static void adopt(struct inode *inode, int fd, bool reads, unsigned int writers)
{
	struct hostfs_inode *info = HOSTFS_I(inode);
	int surplus = -1;

	spin_lock(&fd_lock);
	if (info->wfd >= 0) {
		surplus = fd;
	} else {
		info->wfd = fd;
		info->wfd_reads = reads;
	}
	info->writers += writers;
	spin_unlock(&fd_lock);
	if (surplus >= 0)
		host_fs_close(surplus);
}

void hostfs_adopt(struct inode *inode, int fd)
{
	adopt(inode, fd, true, 0);
}

int hostfs_get_writer(struct inode *inode, struct dentry *dentry)
{
	bool reads = true;
	int fd;

	if (join_writers(HOSTFS_I(inode)))
		return 0;
	fd = open_by_name(dentry, HOST_FS_READ | HOST_FS_WRITE);
	if (fd == -EACCES) {
		reads = false;
		fd = open_by_name(dentry, HOST_FS_WRITE);
	}
	if (fd < 0)
		return fd;
	adopt(inode, fd, reads, 1);
	return 0;
}

int hostfs_writer(struct inode *inode)
{
	return READ_ONCE(HOSTFS_I(inode)->wfd);
}

/* Closes the descriptor for writing when nobody needs it: else the host could not run the file. */
static void drop_writer(struct hostfs_inode *info)
{
	int fd = -1;

	spin_lock(&fd_lock);
	if (!info->writers && !info->pinned && !info->users) {
		fd = info->wfd;
		info->wfd = -1;
	}
	spin_unlock(&fd_lock);
	if (fd >= 0)
		host_fs_close(fd);
}

void hostfs_put_writer(struct inode *inode)
{
	struct hostfs_inode *info = HOSTFS_I(inode);
	bool last;

	spin_lock(&fd_lock);
	last = info->writers == 1;
	spin_unlock(&fd_lock);
	/* Pages written through a mapping go out while there is something to write by. */
	if (last)
		filemap_write_and_wait(inode->i_mapping);
	spin_lock(&fd_lock);
	info->writers--;
	spin_unlock(&fd_lock);
	drop_writer(info);
}

/* ---- open files, and files without a name ---- */

void hostfs_opened(struct inode *inode)
{
	spin_lock(&fd_lock);
	HOSTFS_I(inode)->opens++;
	spin_unlock(&fd_lock);
}

static void unpin(struct hostfs_inode *info)
{
	info->pinned = false;
	if (info->rfd >= 0)
		lru_touch(info);
}

/*
 * Descriptors of a file that has lost a name need to stay only while it is open by that one, or
 * has no other: else a file is pinned for good by the removal of a hard link. => fd_lock held
 */
static void unpin_named(struct inode *inode)
{
	struct hostfs_inode *info = HOSTFS_I(inode);

	if (info->pinned && !info->opens && inode->i_nlink && !S_ISDIR(inode->i_mode))
		unpin(info);
}

void hostfs_closed(struct inode *inode)
{
	spin_lock(&fd_lock);
	HOSTFS_I(inode)->opens--;
	unpin_named(inode);
	spin_unlock(&fd_lock);
	drop_writer(HOSTFS_I(inode));
}

void hostfs_name_gone(struct inode *inode)
{
	spin_lock(&fd_lock);
	unpin_named(inode);
	spin_unlock(&fd_lock);
}

int hostfs_pin(struct inode *inode)
{
	struct hostfs_inode *info = HOSTFS_I(inode);
	int fd = -1;

	if (READ_ONCE(info->opens) || S_ISDIR(inode->i_mode)) {
		fd = hostfs_get(inode);
		/* Who wrote without being allowed to read has all it needs. */
		if (fd < 0 && READ_ONCE(info->wfd) < 0)
			return fd == -EACCES ? 0 : fd;
	}
	spin_lock(&fd_lock);
	info->pinned = true;
	lru_del(info);
	if (fd >= 0)
		info->users--;
	spin_unlock(&fd_lock);
	return 0;
}

void hostfs_unpin(struct inode *inode)
{
	spin_lock(&fd_lock);
	unpin(HOSTFS_I(inode));
	spin_unlock(&fd_lock);
}

void hostfs_forget(struct inode *inode)
{
	struct hostfs_inode *info = HOSTFS_I(inode);
	int rfd, wfd;

	spin_lock(&fd_lock);
	lru_del(info);
	rfd = info->rfd;
	wfd = info->wfd;
	info->rfd = info->wfd = -1;
	spin_unlock(&fd_lock);
	if (rfd >= 0 && !info->borrowed)
		host_fs_close(rfd);
	if (wfd >= 0)
		host_fs_close(wfd);
}

/* ---- places ---- */

bool hostfs_nameable(const char *name)
{
	return !strchr(name, '/') && strcmp(name, ".") && strcmp(name, "..");
}

int hostfs_place_get(struct dentry *dentry, struct hostfs_place *place)
{
	if (IS_ROOT(dentry)) {
		place->parent = NULL;
		place->held = d_inode(dentry);
		place->name = "";
	} else {
		place->parent = dget_parent(dentry);
		place->held = d_inode(place->parent);
		take_dentry_name_snapshot(&place->snap, dentry);
		place->name = place->snap.name.name;
	}
	place->fd = place->held && hostfs_nameable(place->name) ? hostfs_get(place->held) : -ESTALE;
	if (place->fd >= 0)
		return 0;
	dput(place->parent);
	return place->fd;
}

void hostfs_place_put(struct hostfs_place *place)
{
	hostfs_put(place->held);
	dput(place->parent);
}
