/* SPDX-License-Identifier: MIT */
/* Where a walk jumps: to its root, into a symlink's text, to the place that a magic link is. */
#include <fs/dentry.h>
#include <fs/fs_struct.h>
#include <fs/mount.h>
#include <kern/err.h>
#include <kern/sched.h>
#include <kern/task.h>
#include "walk.h"

void nd_set_root(struct nameidata *nd)
{
	if (!nd->root.mnt)
		get_fs_root(current->fs, &nd->root);
}

int nd_jump_root(struct nameidata *nd)
{
	if (nd->flags & LOOKUP_BENEATH)
		return -EXDEV;
	nd_set_root(nd);
	if ((nd->flags & LOOKUP_NO_XDEV) && nd->path.mnt && nd->path.mnt != nd->root.mnt)
		return -EXDEV;
	if (nd->path.mnt)
		path_put(&nd->path);
	nd->path = nd->root;
	path_get(&nd->path);
	return 0;
}

int nd_jump_link(const struct path *path)
{
	struct nameidata *nd = current->nameidata;
	int error = -ELOOP;

	if (nd->flags & LOOKUP_NO_MAGICLINKS)
		goto fail;
	error = -EXDEV;
	if ((nd->flags & LOOKUP_NO_XDEV) && nd->path.mnt != path->mnt)
		goto fail;
	if (nd->flags & LOOKUP_IS_SCOPED)
		goto fail;
	path_put(&nd->path);
	nd->path = *path;
	return 0;
fail:
	path_put(path);
	return error;
}

void put_link(struct nameidata *nd)
{
	struct saved_link *last = &nd->stack[--nd->depth];

	do_delayed_call(&last->done);
	path_put(&last->link);
}

const char *pick_link(struct nameidata *nd, const struct path *link, struct inode *inode,
		      bool trailing)
{
	struct saved_link *last;
	const char *text;

	if (nd->total_link_count++ >= MAXSYMLINKS) {
		path_put(link);
		return ERR_PTR(-ELOOP);
	}
	last = &nd->stack[nd->depth++];
	last->link = *link;
	last->done.fn = NULL;
	last->name = NULL;
	if ((nd->flags & LOOKUP_NO_SYMLINKS) || (link->mnt->mnt_flags & MNT_NOSYMFOLLOW))
		return ERR_PTR(-ELOOP);
	if (trailing) {
		int error = may_follow_link(d_inode(nd->path.dentry), inode);

		if (error)
			return ERR_PTR(error);
	}
	touch_atime(&last->link);
	text = inode->i_link;
	if (!text || !S_ISLNK(inode->i_mode)) {
		if (nd->flags & LOOKUP_CACHED)
			return ERR_PTR(-EAGAIN);
		text = inode->i_op->get_link(link->dentry, inode, &last->done);
		if (IS_ERR(text))
			return text;
		if (!text)
			goto done;
	}
	if (*text == '/') {
		int error = nd_jump_root(nd);

		if (error)
			return ERR_PTR(error);
		while (*++text == '/')
			;
	}
	if (*text)
		return text;
done:
	put_link(nd);
	return NULL;
}
