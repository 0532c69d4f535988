/* SPDX-License-Identifier: MIT */
/*
 * Finding a name in the layers.
 *
 * A name is asked for in each part of its folder, topmost first. A whiteout, a file, or an opaque
 * folder ends the search; folders below a folder are merged with it. A folder that was renamed
 * carries in its "redirect" attribute under which name (or which path from the layers' roots) its
 * lower parts are found. All that was found hangs on the inode: nobody asks again.
 */
#include <fs/dentry.h>
#include <fs/namei.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <lib/string.h>
#include <linux/limits.h>
#include <mm/slab.h>

#include "internal.h"

/* A search under way. */
struct ovl_search {
	const struct ovl_fs *ofs;
	const char *name;	/* that the next layer is asked for: a name, or "/a/path" */
	unsigned int len;
	char *redirect;		/* owns what `name` points to, once redirected */
	bool stop;		/* nothing below counts */
	bool whiteout;		/* because the name was removed */
	bool is_dir;		/* something was found: folders merge */
};

struct dentry *ovl_lookup_real(struct dentry *dir, const char *name, unsigned int len)
{
	return lookup_one_len_unlocked(name, dir, len);
}

/* ---- redirects ---- */

/* Reads a folder's "redirect": NULL when it has none. ERR_PTR */
static char *get_redirect(const struct ovl_fs *ofs, struct dentry *real)
{
	ssize_t len = ovl_get_own_xattr(ofs, real, "redirect", NULL, 0);
	char *text;

	if (len == -ENODATA || len == -EOPNOTSUPP)
		return NULL;
	if (len <= 0 || len >= PATH_MAX)
		return ERR_PTR(len < 0 ? len : -EINVAL);
	text = kzalloc(len + 1, GFP_KERNEL);
	if (!text)
		return ERR_PTR(-ENOMEM);
	len = ovl_get_own_xattr(ofs, real, "redirect", text, len);
	/* One name, or a path without empty components. */
	if (len <= 0 || strlen(text) != len || strstr(text, "//") || text[len - 1] == '/' ||
	    (text[0] != '/' && strchr(text, '/'))) {
		kfree(text);
		return ERR_PTR(len < 0 ? len : -EINVAL);
	}
	return text;
}

/* A redirect of a folder just found changes what the layers below are asked for. */
static int follow_redirect(struct ovl_search *s, struct dentry *found)
{
	char *text = get_redirect(s->ofs, found);

	if (IS_ERR_OR_NULL(text))
		return PTR_ERR(text);
	if (s->ofs->redirect == OVL_REDIRECT_NOFOLLOW) {
		kfree(text);
		return -EPERM;
	}
	kfree(s->redirect);
	s->redirect = text;
	s->name = text;
	s->len = strlen(text);
	return 0;
}

/* ---- one layer ---- */

/* What a layer has is looked at: NULL when it counts for nothing, else the reference passes. */
static struct dentry *judge(struct ovl_search *s, struct dentry *found, bool last)
{
	int error = 0;

	if (IS_ERR(found)) {
		error = PTR_ERR(found);
		if (error == -ENOENT || error == -ENAMETOOLONG)
			return NULL;
		return found;
	}
	if (d_is_negative(found))
		goto none;
	if (IS_WHITEOUT(d_inode(found))) {
		s->stop = true;
		s->whiteout = true;
		goto none;
	}
	if (!d_is_dir(found)) {
		/* A file ends it; below a folder it is hidden. */
		s->stop = true;
		if (s->is_dir)
			goto none;
		return found;
	}
	s->is_dir = true;
	if (last)
		return found;
	if (ovl_is_opaque(s->ofs, found))
		s->stop = true;
	else
		error = follow_redirect(s, found);
	if (!error)
		return found;
	dput(found);
	return ERR_PTR(error);
none:
	dput(found);
	return NULL;
}

/* Walks a path from a layer's root: folders all the way. ERR_PTR(-ENOENT) when it is not there. */
static struct dentry *walk_from_root(struct ovl_search *s, struct dentry *root)
{
	const char *p = s->name + 1;
	struct dentry *dir = dget(root);

	for (;;) {
		unsigned int len = strchrnul(p, '/') - p;
		struct dentry *next = ovl_lookup_real(dir, p, len);

		dput(dir);
		if (IS_ERR(next) || !p[len])
			return next;
		if (!d_is_dir(next)) {
			dput(next);
			return ERR_PTR(-ENOENT);
		}
		if (ovl_is_opaque(s->ofs, next))
			s->stop = true;
		dir = next;
		p += len + 1;
	}
}

/* Asks one part of the folder, or, after an absolute redirect, its layer. */
static struct dentry *ask_layer(struct ovl_search *s, const struct ovl_path *part, bool last)
{
	struct dentry *found;

	if (s->name[0] == '/')
		found = walk_from_root(s, part->layer->mnt->mnt_root);
	else
		found = ovl_lookup_real(part->dentry, s->name, s->len);
	return judge(s, found, last);
}

/* ---- all layers ---- */

static int search_upper(struct ovl_search *s, struct inode *dir, struct dentry **upper)
{
	struct dentry *upperdir = ovl_inode_upper(dir);
	struct dentry *found;
	bool last;

	if (!upperdir)
		return 0;
	/* A folder that moved to where nothing lies below may have lower parts all the same. */
	last = !ovl_dir_has_lower(dir) && s->ofs->redirect == OVL_REDIRECT_NOFOLLOW;
	found = judge(s, ovl_lookup_real(upperdir, s->name, s->len), last);
	if (IS_ERR(found))
		return PTR_ERR(found);
	*upper = found;
	return 0;
}

/*
 * After an absolute redirect the layers' roots are asked, from where the search has come to: the
 * folder may have had fewer parts than the place it came from.
 */
static int search_lower(struct ovl_search *s, struct inode *dir, struct ovl_path *lower,
			unsigned int *numlower)
{
	const struct ovl_inode *root = OVL_I(d_inode(dir->i_sb->s_root));
	const struct ovl_layer *reached = NULL;
	unsigned int i;

	for (i = 0; !s->stop; i++) {
		const struct ovl_inode *from = s->name[0] == '/' ? root : OVL_I(dir);
		const struct ovl_path *part = &from->lower[i];
		struct dentry *found;

		if (i >= from->numlower)
			break;
		if (reached && part->layer <= reached)
			continue;
		reached = part->layer;
		found = ask_layer(s, part, i + 1 == from->numlower);
		if (IS_ERR(found))
			return PTR_ERR(found);
		if (!found)
			continue;
		lower[*numlower].layer = part->layer;
		lower[(*numlower)++].dentry = found;
	}
	return 0;
}

/* The parts found become an inode; all references pass. */
static struct dentry *make_inode(struct dentry *dentry, struct dentry *upper,
				 struct ovl_path *lower, unsigned int numlower, char *redirect)
{
	struct inode *inode;

	if (!upper && ovl_wants_index(OVL_FS(dentry->d_sb), &lower[0]))
		inode = ovl_get_indexed_inode(dentry->d_sb, lower);
	else
		inode = ovl_get_inode(dentry->d_sb, upper, lower, numlower, redirect);
	if (!IS_ERR(inode) && upper && ovl_is_indexed(inode))
		ovl_dentry_set_upper_name(dentry);
	return IS_ERR(inode) ? ERR_CAST(inode) : d_splice_alias(inode, dentry);
}

struct dentry *ovl_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	struct ovl_search s = {
		.ofs = OVL_FS(dir->i_sb),
		.name = dentry->d_name.name,
		.len = dentry->d_name.len,
	};
	unsigned int most = max(OVL_I(dir)->numlower, OVL_I(d_inode(dir->i_sb->s_root))->numlower);
	struct dentry *upper = NULL, *result;
	char *redirect = NULL;		/* of the upper folder */
	struct ovl_path *lower = NULL;
	unsigned int numlower = 0;
	const struct cred *old;
	int error = 0;

	if (s.len > NAME_MAX_LEN)
		return ERR_PTR(-ENAMETOOLONG);
	old = ovl_override_creds(dir->i_sb);
	error = search_upper(&s, dir, &upper);
	if (!error && s.redirect) {
		redirect = kstrdup(s.redirect, GFP_KERNEL);
		error = redirect ? 0 : -ENOMEM;
	}
	if (!error && !s.stop && (ovl_dir_has_lower(dir) || s.name[0] == '/')) {
		lower = kcalloc(most, sizeof(*lower), GFP_KERNEL);
		error = lower ? search_lower(&s, dir, lower, &numlower) : -ENOMEM;
	}
	kfree(s.redirect);
	if (!error && (upper || numlower)) {
		result = make_inode(dentry, upper, lower, numlower, redirect);
	} else {
		dput(upper);
		ovl_free_parts(lower, numlower);
		kfree(redirect);
		result = ERR_PTR(error);
		if (!error) {
			ovl_dentry_set_whiteout(dentry, s.whiteout);
			d_add(dentry, NULL);
		}
	}
	revert_creds(old);
	return result;
}

int ovl_lower_positive(struct dentry *dentry)
{
	const struct inode *dir = d_inode(dentry->d_parent);
	unsigned int i;

	for (i = 0; i < OVL_I(dir)->numlower; i++) {
		struct dentry *found = ovl_lookup_real(OVL_I(dir)->lower[i].dentry,
						       dentry->d_name.name, dentry->d_name.len);
		bool positive, whiteout;

		if (IS_ERR(found)) {
			if (PTR_ERR(found) == -ENAMETOOLONG || PTR_ERR(found) == -ENOENT)
				continue;
			return PTR_ERR(found);
		}
		positive = d_is_positive(found);
		whiteout = positive && IS_WHITEOUT(d_inode(found));
		dput(found);
		if (positive)
			return !whiteout;
	}
	return 0;
}
