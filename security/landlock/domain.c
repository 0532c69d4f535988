// SPDX-License-Identifier: MIT
/*
 * Landlock: programs give up rights to files, for themselves and what they start. landlock(7).
 *
 * A program fills a ruleset: which rights it handles, that is forbids by default, and below which
 * folders (or for which files) a rule allows them. Entering it freezes a copy as a layer on top of
 * those that the task has already, at most 16; a domain is the topmost layer with all below.
 *
 * A right is granted at a place when each layer grants it: a layer that handles it does so if one
 * of its rules, for the place or any folder above it up to the real root, allows it. So one walk to
 * the root decides, with the set of what each layer still denies in `struct denials`. Places are
 * followed from mount to mount; the task's own root is no end.
 *
 * Moving or linking a file between folders could give it rights that it had not where it was. So
 * LANDLOCK_ACCESS_FS_REFER is denied by every layer that does not handle it, and what is denied
 * for the file where it is must be denied where it goes.
 *
 * What exists is not restricted: files that are open, and calls that take no path.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/namei.h>
#include <fs/super.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "internal.h"

/* What each layer of a domain still denies. */
struct denials {
	access_t layer[MAX_LAYERS];
};

static access_t handled_by(const struct landlock_domain *layer)
{
	return layer->rules.handled | LANDLOCK_ACCESS_FS_REFER;
}

static void deny_all(struct denials *denials, const struct landlock_domain *domain,
		     access_t request)
{
	memset(denials, 0, sizeof(*denials));
	for (; domain; domain = domain->parent)
		denials->layer[domain->level] = request & handled_by(domain);
}

/* What the rules for one inode allow is not denied any more. true: nothing is. */
static bool grant(struct denials *denials, const struct landlock_domain *domain,
		  const struct dentry *dentry)
{
	const struct landlock_object *object;
	access_t left = 0;

	rcu_read_lock();
	object = d_is_negative(dentry) ? NULL : landlock_object_of(d_inode(dentry));
	for (; domain; domain = domain->parent) {
		access_t *denied = &denials->layer[domain->level];

		if (object && *denied)
			*denied &= ~landlock_rules_find(&domain->rules, object);
		left |= *denied;
	}
	rcu_read_unlock();
	return !left;
}

/* The folder above, through mounts. false: this was the root. Eats a reference, gives one. */
static bool step_up(struct path *path)
{
	struct dentry *up;

	while (path->dentry == path->mnt->mnt_root)
		if (!follow_up(path))
			return false;
	/* A folder moved out of a bind mount: what is above it is the mount's root. */
	up = IS_ROOT(path->dentry) ? dget(path->mnt->mnt_root) : dget_parent(path->dentry);
	dput(path->dentry);
	path->dentry = up;
	return true;
}

bool landlock_is_nowhere(const struct path *place)
{
	struct path path = *place;
	bool internal;

	if ((place->mnt->mnt_sb->s_flags & SB_NOUSER) ||
	    (d_is_positive(place->dentry) && (d_inode(place->dentry)->i_flags & S_PRIVATE)))
		return true;
	/* On a mount of the kernel's own; but a name space's file may be mounted over another. */
	if (!(place->mnt->mnt_sb->s_flags & SB_KERNMOUNT))
		return false;
	path_get(&path);
	while (follow_up(&path))
		;
	internal = path.mnt->mnt_sb->s_flags & SB_KERNMOUNT;
	path_put(&path);
	return internal;
}

/* What of `request` is denied at a place. true: nothing. */
static bool ask(struct denials *denials, const struct landlock_domain *domain,
		const struct path *place, access_t request)
{
	struct path path = *place;
	bool granted;

	deny_all(denials, domain, request);
	if (landlock_is_nowhere(place)) {
		memset(denials, 0, sizeof(*denials));
		return true;
	}
	path_get(&path);
	do {
		granted = grant(denials, domain, path.dentry);
	} while (!granted && step_up(&path));
	path_put(&path);
	return granted;
}

static int check(const struct lsm_domain *lsm, const struct path *place, access_t request)
{
	struct denials denials;

	return !request || ask(&denials, to_landlock(lsm), place, request) ? 0 : -EACCES;
}

/* ---- one place ---- */

static int file_open(const struct lsm_domain *lsm, const struct file *file)
{
	bool dir = S_ISDIR(file->f_inode->i_mode);
	access_t request = 0;

	if (file->f_mode & FMODE_READ)
		request |= dir ? LANDLOCK_ACCESS_FS_READ_DIR : LANDLOCK_ACCESS_FS_READ_FILE;
	if (file->f_mode & FMODE_WRITE)
		request |= LANDLOCK_ACCESS_FS_WRITE_FILE;
	if (file->f_mode & FMODE_EXEC)
		request |= LANDLOCK_ACCESS_FS_EXECUTE;
	return check(lsm, &file->f_path, request);
}

static access_t right_to_make(umode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFLNK:
		return LANDLOCK_ACCESS_FS_MAKE_SYM;
	case S_IFDIR:
		return LANDLOCK_ACCESS_FS_MAKE_DIR;
	case S_IFCHR:
		return LANDLOCK_ACCESS_FS_MAKE_CHAR;
	case S_IFBLK:
		return LANDLOCK_ACCESS_FS_MAKE_BLOCK;
	case S_IFIFO:
		return LANDLOCK_ACCESS_FS_MAKE_FIFO;
	case S_IFSOCK:
		return LANDLOCK_ACCESS_FS_MAKE_SOCK;
	default:
		return LANDLOCK_ACCESS_FS_MAKE_REG;
	}
}

static access_t right_to_remove(umode_t mode)
{
	return S_ISDIR(mode) ? LANDLOCK_ACCESS_FS_REMOVE_DIR : LANDLOCK_ACCESS_FS_REMOVE_FILE;
}

static int path_make(const struct lsm_domain *lsm, const struct path *dir, umode_t mode)
{
	return check(lsm, dir, right_to_make(mode));
}

static int path_remove(const struct lsm_domain *lsm, const struct path *dir, umode_t mode)
{
	return check(lsm, dir, right_to_remove(mode));
}

/* ---- two places ---- */

/* What it takes to give an inode another name. */
static access_t right_to_place(const struct inode *inode)
{
	return IS_WHITEOUT(inode) ? LANDLOCK_ACCESS_FS_MAKE_REG : right_to_make(inode->i_mode);
}

/* A file that moves, and the folder that it leaves. */
struct move {
	const struct dentry *file;
	struct denials there; /* what is denied in that folder */
	access_t request;     /* what the move needs there, without REFER */
};

/* Would `move` give its file a right that it has not where it is? */
static bool gains(const struct landlock_domain *domain, const struct move *move,
		  const struct denials *dest)
{
	access_t matters = d_is_dir(move->file) ? ACCESS_ALL : ACCESS_FILE;
	struct denials here = move->there;

	grant(&here, domain, move->file);
	for (int i = 0; i <= domain->level; i++)
		if (here.layer[i] & matters & ~dest->layer[i])
			return true;
	return false;
}

static bool denies(const struct landlock_domain *domain, const struct denials *denials,
		   access_t request)
{
	for (int i = 0; i <= domain->level; i++)
		if (denials->layer[i] & request)
			return true;
	return false;
}

/* Between two folders; `to->file` goes the other way, if there is one. */
static int check_move(const struct landlock_domain *domain, const struct move *from,
		      const struct move *to)
{
	/* What cannot be had at all is told before what could be done by copying. */
	if (denies(domain, &from->there, from->request) || denies(domain, &to->there, to->request))
		return -EACCES;
	if (denies(domain, &from->there, LANDLOCK_ACCESS_FS_REFER) ||
	    denies(domain, &to->there, LANDLOCK_ACCESS_FS_REFER))
		return -EXDEV;
	if (gains(domain, from, &to->there) || (to->file && gains(domain, to, &from->there)))
		return -EXDEV;
	return 0;
}

/* `old` gets a place in `dir`; its own folder is on the same mount. */
static int refer(const struct lsm_domain *lsm, struct dentry *old, const struct path *dir,
		 struct move *from, struct move *to)
{
	const struct landlock_domain *domain = to_landlock(lsm);
	struct path old_dir = { .mnt = dir->mnt, .dentry = dget_parent(old) };
	int error = 0;

	if (old_dir.dentry == dir->dentry) {
		error = check(lsm, dir, from->request | to->request);
	} else {
		bool all = ask(&from->there, domain, &old_dir, ACCESS_ALL);

		if (!(ask(&to->there, domain, dir, ACCESS_ALL) && all))
			error = check_move(domain, from, to);
	}
	dput(old_dir.dentry);
	return error;
}

static int path_link(const struct lsm_domain *lsm, struct dentry *old, const struct path *dir)
{
	struct move from = { .file = old }, to = {};

	if (d_is_negative(old))
		return -ENOENT;
	to.request = right_to_place(d_inode(old));
	return refer(lsm, old, dir, &from, &to);
}

static int path_rename(const struct lsm_domain *lsm, struct dentry *old, const struct path *dir,
		       struct dentry *new, unsigned int flags)
{
	struct move from = { .file = old }, to = {};

	from.request = right_to_remove(d_inode(old)->i_mode);
	to.request = right_to_place(d_inode(old));
	if (d_is_positive(new))
		to.request |= right_to_remove(d_inode(new)->i_mode);
	if (flags & RENAME_EXCHANGE) {
		to.file = new;
		from.request |= right_to_place(d_inode(new));
	}
	if (flags & RENAME_WHITEOUT)
		from.request |= LANDLOCK_ACCESS_FS_MAKE_REG;
	return refer(lsm, old, dir, &from, &to);
}

/* ---- what is forbidden at all ---- */

/* Rules name places: nobody in a domain may change what is where. */
static int mount(const struct lsm_domain *lsm)
{
	return -EPERM;
}

/* Only those who are in the same domain, or in one that lies in it. */
static int ptrace(const struct lsm_domain *lsm, const struct lsm_domain *theirs)
{
	const struct landlock_domain *mine = to_landlock(lsm), *domain;

	for (domain = to_landlock(theirs); domain; domain = domain->parent)
		if (domain == mine)
			return 0;
	return -EPERM;
}

/* ---- domains ---- */

static void free_domain(struct lsm_domain *lsm)
{
	struct landlock_domain *domain = to_landlock(lsm);

	landlock_rules_free(&domain->rules);
	if (domain->parent)
		lsm_domain_put(&domain->parent->lsm);
	kfree(domain);
}

const struct lsm_ops landlock_ops = {
	.file_open = file_open,
	.path_make = path_make,
	.path_remove = path_remove,
	.path_link = path_link,
	.path_rename = path_rename,
	.mount = mount,
	.ptrace = ptrace,
	.free = free_domain,
};

struct landlock_domain *landlock_domain_new(struct landlock_domain *parent,
					    struct landlock_ruleset *ruleset)
{
	int level = parent ? parent->level + 1 : 0, error;
	struct landlock_domain *domain;

	if (level == MAX_LAYERS)
		return ERR_PTR(-E2BIG);
	domain = kzalloc(sizeof(*domain), GFP_KERNEL);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	lsm_domain_init(&domain->lsm, &landlock_ops);
	domain->level = level;
	mutex_lock(&ruleset->lock);
	error = landlock_rules_copy(&domain->rules, &ruleset->rules);
	mutex_unlock(&ruleset->lock);
	if (error) {
		kfree(domain);
		return ERR_PTR(error);
	}
	domain->parent = parent;
	return domain;
}
