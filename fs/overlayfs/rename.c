/* SPDX-License-Identifier: MIT */
/*
 * Renaming. Both files are in the upper layer by then; what is left is to hide what lies below
 * the old name (RENAME_WHITEOUT), and to keep what lies below the new one out of a folder that
 * moves there (opaque), or to say where its own lower parts are (redirect).
 */
#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <kern/err.h>
#include <lib/string.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <mm/slab.h>

#include "internal.h"

/* One rename under way; "new" is the overlay's dentry of the new name, maybe negative. */
struct ovl_move {
	struct ovl_fs *ofs;
	struct dentry *old, *new;
	struct inode *old_dir, *new_dir;
	struct dentry *old_upperdir, *new_upperdir;
	struct dentry *cleared;		/* what ovl_clear_empty() put in new's place */
	bool exchange;
	bool cleanup_whiteout;		/* a whiteout changed places with a folder, and may go */
	unsigned int flags;		/* for the upper file system */
};

/* Without redirects a folder with lower parts cannot move: programs copy it then. */
static bool can_move(const struct ovl_fs *ofs, const struct dentry *dentry)
{
	return ofs->redirect == OVL_REDIRECT_ON || !d_is_dir(dentry) ||
	       !ovl_dir_has_lower(d_inode(dentry));
}

/* ---- redirects ---- */

/* The path of a folder's lower parts from the layers' roots; to be freed. ERR_PTR */
static char *absolute_redirect(struct dentry *dentry)
{
	char *buffer = kmalloc(PATH_MAX, GFP_KERNEL);
	char *at = buffer + PATH_MAX - 1, *result;
	struct dentry *d, *parent;

	if (!buffer)
		return ERR_PTR(-ENOMEM);
	*at = '\0';
	for (d = dget(dentry); !IS_ROOT(d); d = parent) {
		struct name_snapshot snap;
		const char *part = OVL_I(d_inode(d))->redirect;
		size_t len;
		bool last;

		if (!part) {
			take_dentry_name_snapshot(&snap, d);
			part = snap.name.name;
		}
		last = part[0] == '/';
		part += last;
		len = strlen(part);
		if (at - buffer < len + 1) {
			dput(d);
			kfree(buffer);
			return ERR_PTR(-ENAMETOOLONG);
		}
		at -= len;
		memcpy(at, part, len);
		*--at = '/';
		parent = last ? dget(d->d_sb->s_root) : dget_parent(d);
		dput(d);
	}
	dput(d);
	result = kstrdup(at, GFP_KERNEL);
	kfree(buffer);
	return result ? result : ERR_PTR(-ENOMEM);
}

/* => old_dir and new_dir of the overlay locked */
static int set_redirect(struct ovl_fs *ofs, struct dentry *dentry, bool same_dir)
{
	struct ovl_inode *oi = OVL_I(d_inode(dentry));
	char *text;
	int error;

	if (oi->redirect && (same_dir || oi->redirect[0] == '/'))
		return 0;
	if (same_dir) {
		text = kmemdup_nul(dentry->d_name.name, dentry->d_name.len, GFP_KERNEL);
		if (!text)
			return -ENOMEM;
	} else {
		text = absolute_redirect(dentry);
		if (IS_ERR(text))
			return PTR_ERR(text);
	}
	error = ovl_set_own_xattr(ofs, ovl_dentry_upper(dentry), "redirect", text, strlen(text));
	if (error) {
		kfree(text);
		return error == -EOPNOTSUPP ? -EXDEV : error;
	}
	kfree(oi->redirect);
	oi->redirect = text;
	return 0;
}

/* A folder that is to stand in another folder (or at another name) must not merge there. */
static int prepare_dir(struct ovl_move *m, struct dentry *dentry, struct inode *to)
{
	struct dentry *upper = ovl_dentry_upper(dentry);

	if (!d_is_dir(dentry))
		return 0;
	if (ovl_dir_has_lower(d_inode(dentry)))
		return set_redirect(m->ofs, dentry, m->old_dir == m->new_dir);
	if (ovl_dir_has_lower(to) && !ovl_is_opaque(m->ofs, upper))
		return ovl_set_opaque(m->ofs, upper);
	return 0;
}

/* ---- the rename itself ---- */

/* The upper dentry of a name is the one that the overlay thinks it is. */
static bool upper_matches(const struct ovl_move *m, struct dentry *dentry, struct dentry *upper)
{
	if (dentry == m->new && m->cleared)
		return upper == m->cleared;
	if (d_is_positive(dentry)) {
		struct dentry *known = ovl_dentry_upper_name(dentry);

		return d_inode(upper) == (known ? d_inode(known) : NULL);
	}
	/* Nothing, or the whiteout that hides what is below. */
	return d_is_negative(upper) || IS_WHITEOUT(d_inode(upper));
}

/* => both upper folders locked */
static int rename_upper(struct ovl_move *m, struct dentry *trap)
{
	struct dentry *old, *new;
	int error;

	old = ovl_lookup_upper(m->old_upperdir, m->old);
	if (IS_ERR(old))
		return PTR_ERR(old);
	new = ovl_lookup_upper(m->new_upperdir, m->new);
	error = PTR_ERR(new);
	if (IS_ERR(new))
		goto put_old;
	error = -ESTALE;
	if (!upper_matches(m, m->old, old) || !upper_matches(m, m->new, new) || old == trap ||
	    new == trap)
		goto put_new;
	error = ovl_do_rename(old, m->old_upperdir, new, m->new_upperdir, m->flags);
	/* The exchanged whiteout stands at the old name now. */
	if (!error && m->cleanup_whiteout)
		ovl_cleanup(d_inode(m->old_upperdir), new);
put_new:
	dput(new);
put_old:
	dput(old);
	return error;
}

/* What must be hidden at the old name, and what stands at the new one. => mounter's rights */
static int plan_overwrite(struct ovl_move *m)
{
	bool new_is_dir = d_is_dir(m->new);
	int lower = ovl_lower_positive(m->old);

	if (lower < 0)
		return lower;
	/* A folder takes the place of a whiteout, which is not a folder: they change places. */
	if (d_is_dir(m->old) && d_is_negative(m->new) && ovl_dentry_is_whiteout(m->new)) {
		m->flags = RENAME_EXCHANGE;
		m->cleanup_whiteout = !lower;
		return 0;
	}
	m->flags = lower ? RENAME_WHITEOUT : 0;
	if (!new_is_dir)
		return 0;
	/* An empty folder, but maybe only lower, or with whiteouts in it. */
	if (!ovl_dentry_upper(m->new)) {
		int error = ovl_copy_up(m->new);

		if (error)
			return error;
	}
	m->cleared = ovl_clear_empty(m->new);
	return IS_ERR(m->cleared) ? PTR_ERR(m->cleared) : 0;
}

static int check_targets(struct ovl_move *m)
{
	int error;

	if (!can_move(m->ofs, m->old) || (m->exchange && !can_move(m->ofs, m->new)))
		return -EXDEV;
	if (!m->exchange && d_is_dir(m->new)) {
		const struct cred *old = ovl_override_creds(m->old->d_sb);

		error = ovl_check_empty_dir(m->new);
		revert_creds(old);
		if (error)
			return error;
	}
	error = ovl_copy_up(m->old);
	if (!error)
		error = ovl_copy_up(m->new->d_parent);
	if (!error && m->exchange)
		error = ovl_copy_up(m->new);
	return error;
}

/* => mounter's rights */
static int do_move(struct ovl_move *m)
{
	struct dentry *trap;
	int error = 0;

	m->old_upperdir = ovl_inode_upper(m->old_dir);
	m->new_upperdir = ovl_inode_upper(m->new_dir);
	if (m->exchange)
		m->flags = RENAME_EXCHANGE;
	else
		error = plan_overwrite(m);
	if (!error)
		error = prepare_dir(m, m->old, m->new_dir);
	if (!error && m->exchange)
		error = prepare_dir(m, m->new, m->old_dir);
	if (error)
		return error;
	trap = lock_rename(m->new_upperdir, m->old_upperdir);
	error = rename_upper(m, trap);
	unlock_rename(m->new_upperdir, m->old_upperdir);
	return error;
}

/* Does the file have another number than its upper file, so that listings must look? */
static bool has_origin(const struct inode *inode)
{
	const struct ovl_fs *ofs = OVL_FS(inode->i_sb);

	return inode->i_ino != ovl_map_ino(ofs, ovl_inode_real(inode)->i_ino, ofs->layers[0].fsid);
}

int ovl_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
	       struct dentry *new, unsigned int flags)
{
	struct ovl_move m = {
		.ofs = OVL_FS(old->d_sb),
		.old = old,
		.new = new,
		.old_dir = old_dir,
		.new_dir = new_dir,
		.exchange = flags & RENAME_EXCHANGE,
	};
	struct inode *target = d_inode(new);
	const struct cred *cred;
	bool had_upper;
	int error;

	if (flags & ~(RENAME_EXCHANGE | RENAME_NOREPLACE))
		return -EINVAL;
	error = mnt_want_write(ovl_upper_mnt(m.ofs));
	if (error)
		return error;
	error = check_targets(&m);
	had_upper = target && ovl_dentry_upper_name(new);
	if (!error) {
		cred = ovl_override_creds(old->d_sb);
		error = do_move(&m);
		if (!IS_ERR_OR_NULL(m.cleared))
			dput(m.cleared);
		revert_creds(cred);
	}
	if (!error) {
		ovl_dir_modified(old_dir, m.exchange && has_origin(target));
		ovl_dir_modified(new_dir, has_origin(d_inode(old)));
		ovl_copyattr(d_inode(old));
		if (target && !m.exchange)
			ovl_name_went(target, had_upper);
		else if (target)
			ovl_copyattr(target);
	}
	mnt_drop_write(ovl_upper_mnt(m.ofs));
	return error;
}
