/* SPDX-License-Identifier: MIT */
/*
 * The index: hard links of a lower file stay one file after a copy-up (index=on).
 *
 * workdir/index has an entry for each lower file with several names that was changed, by the
 * lower file's device and number. The copy is made there first and then linked to the name it was
 * asked for; other lower names find it there, and are linked to it when they are written by. All
 * names share one inode of the overlay. A lower name that is removed before any copy-up needs no
 * copy: the entry is then a folder, a note of how many names went.
 *
 * Names that users see are counted by the upper file's names and an offset, which the copy keeps
 * in its "nlink" attribute as "U%+d": the entry itself is no name for users, lower names not
 * copied yet are. A link or unlink of an upper name changes both counts alike. The attribute is
 * written after the step that it tells of: what a crash leaves is a count that is too high.
 *
 * Lock order: ovl_inode.lock, i_rwsem of the overlay > ovl_fs.index_lock > the layers' locks.
 * index_lock makes "is there an entry, and which inode is for it" one step, for lookups and for
 * copy-ups that make the entry.
 */
#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <fs/stat.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <lib/kstrtox.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <linux/fs.h>
#include <mm/slab.h>

#include "internal.h"

#define NLINK_SIZE 16		/* "U-1000000000" */

bool ovl_wants_index(const struct ovl_fs *ofs, const struct ovl_path *lower)
{
	const struct inode *inode = d_inode(lower->dentry);
	struct ovl_origin origin;

	return ofs->indexdir && !S_ISDIR(inode->i_mode) && inode->i_nlink > 1 &&
	       !ovl_make_origin(lower, &origin) &&
	       /* Numbers of devices within a layer are those of this mount only. */
	       (!origin.dev || ofs->is_volatile);
}

/* ---- entries; => mounter's rights, index_lock ---- */

/* The entry of a file by what its copy says of it: maybe negative, not locked. ERR_PTR */
static struct dentry *lookup_entry(const struct ovl_fs *ofs, const struct ovl_origin *origin)
{
	char name[2 + 8 + 16 + 1];

	snprintf(name, sizeof(name), "%02x%08x%016llx", origin->fsid, origin->dev,
		 (unsigned long long)origin->ino);
	return ovl_lookup_real(ofs->indexdir, name, strlen(name));
}

static struct dentry *lookup_lower(const struct ovl_fs *ofs, const struct ovl_path *lower)
{
	struct ovl_origin origin;
	int error = ovl_make_origin(lower, &origin);

	return error ? ERR_PTR(error) : lookup_entry(ofs, &origin);
}

static int set_offset(const struct ovl_fs *ofs, struct dentry *upper, int offset)
{
	char text[NLINK_SIZE];

	snprintf(text, sizeof(text), "U%+d", offset);
	return ovl_set_own_xattr(ofs, upper, "nlink", text, strlen(text));
}

bool ovl_index_offset(const struct ovl_fs *ofs, struct dentry *upper, int *offset)
{
	char text[NLINK_SIZE];
	ssize_t len = ovl_get_own_xattr(ofs, upper, "nlink", text, sizeof(text) - 1);

	if (len < 3 || text[0] != 'U' || (text[1] != '+' && text[1] != '-'))
		return false;
	text[len] = '\0';
	return !kstrtoint(text + 1, 10, offset);
}

/* Removes an entry that is `inode`, or a note. */
static int remove_entry(const struct ovl_fs *ofs, struct dentry *entry)
{
	struct inode *dir = d_inode(ofs->indexdir);
	int error = 0;

	inode_lock_nested(dir, I_MUTEX_PARENT);
	if (d_is_positive(entry) && !d_unhashed(entry))
		error = ovl_cleanup(dir, entry);
	inode_unlock(dir);
	return error;
}

/* ---- inodes ---- */

struct inode *ovl_get_indexed_inode(struct super_block *sb, struct ovl_path *lower)
{
	struct ovl_fs *ofs = OVL_FS(sb);
	struct dentry *entry, *upper = NULL;
	struct inode *inode;
	int offset = 0;

	mutex_lock(&ofs->index_lock);
	entry = lookup_lower(ofs, &lower[0]);
	if (IS_ERR(entry)) {
		inode = ERR_CAST(entry);
		ovl_free_parts(lower, 1);
		goto unlock;
	}
	if (d_is_dir(entry))
		ovl_index_offset(ofs, entry, &offset);
	else if (d_is_positive(entry))
		upper = dget(entry);
	inode = ovl_get_inode(sb, upper, lower, 1, NULL);
	if (!IS_ERR(inode) && !upper && !test_and_set_bit(OVL_INDEXED, &OVL_I(inode)->flags)) {
		WRITE_ONCE(OVL_I(inode)->nlink_offset, offset);
		ovl_copyattr(inode);
	}
	dput(entry);
unlock:
	mutex_unlock(&ofs->index_lock);
	return inode;
}

/* ---- copy-up ---- */

/* Gives the copy its entry, in the place of a note. => index_lock, temp not locked */
static struct dentry *enter_copy(struct ovl_fs *ofs, const struct ovl_path *lower,
				 struct dentry *temp, bool unnamed)
{
	struct inode *dir = d_inode(ofs->indexdir);
	struct dentry *entry = lookup_lower(ofs, lower);
	int error = 0;

	if (!IS_ERR(entry) && d_is_dir(entry)) {
		error = remove_entry(ofs, entry);
		dput(entry);
		entry = error ? ERR_PTR(error) : lookup_lower(ofs, lower);
	}
	if (IS_ERR(entry))
		return entry;
	if (unnamed) {
		inode_lock_nested(dir, I_MUTEX_PARENT);
		error = d_is_positive(entry) ? -ESTALE : vfs_link(temp, dir, entry);
		inode_unlock(dir);
	} else {
		error = ovl_lock_rename_workdir(ofs->workdir, ofs->indexdir);
		if (!error) {
			error = d_is_positive(entry) ? -ESTALE :
				ovl_do_rename(temp, ofs->workdir, entry, ofs->indexdir, 0);
			unlock_rename(ofs->workdir, ofs->indexdir);
		}
	}
	if (error) {
		dput(entry);
		return ERR_PTR(error);
	}
	if (unnamed)
		return entry;
	dput(entry);
	return dget(temp);	/* that is the file at its new place */
}

int ovl_index_copy(struct inode *inode, struct dentry *temp, bool unnamed)
{
	struct ovl_fs *ofs = OVL_FS(inode->i_sb);
	struct ovl_inode *oi = OVL_I(inode);
	int offset = (int)inode->i_nlink - 1;
	struct dentry *entry;
	int error = set_offset(ofs, temp, offset);

	if (error)
		return error;
	mutex_lock(&ofs->index_lock);
	entry = enter_copy(ofs, &oi->lower[0], temp, unnamed);
	error = PTR_ERR(entry);
	if (!IS_ERR(entry)) {
		WRITE_ONCE(oi->nlink_offset, offset);
		ovl_inode_set_upper(inode, entry, false);
		error = 0;
	}
	mutex_unlock(&ofs->index_lock);
	return error;
}

/* One lower name less: it became an upper one, or it went. */
static int lower_name_went(struct inode *inode)
{
	struct ovl_inode *oi = OVL_I(inode);
	int error;

	WRITE_ONCE(oi->nlink_offset, oi->nlink_offset - 1);
	error = set_offset(OVL_FS(inode->i_sb), ovl_inode_upper(inode), oi->nlink_offset);
	ovl_copyattr(inode);
	return error;
}

int ovl_index_link(struct dentry *dentry, struct dentry *upperdir)
{
	struct inode *inode = d_inode(dentry);
	struct inode *udir = d_inode(upperdir);
	struct dentry *upper;
	int error;

	inode_lock_nested(udir, I_MUTEX_PARENT);
	upper = ovl_lookup_upper(upperdir, dentry);
	error = PTR_ERR(upper);
	if (!IS_ERR(upper)) {
		error = d_is_positive(upper) ? -ESTALE :
			vfs_link(ovl_inode_upper(inode), udir, upper);
		dput(upper);
	}
	inode_unlock(udir);
	if (error)
		return error;
	lower_name_went(inode);
	ovl_dentry_set_upper_name(dentry);
	return 0;
}

/* ---- removal ---- */

/* Counts a lower name that went in the entry, a note. => mounter's rights, index_lock */
static int note_removal(struct ovl_fs *ofs, struct inode *inode)
{
	struct inode *dir = d_inode(ofs->indexdir);
	struct dentry *entry = lookup_lower(ofs, &OVL_I(inode)->lower[0]);
	int error = 0;

	if (IS_ERR(entry))
		return PTR_ERR(entry);
	if (d_is_negative(entry)) {
		inode_lock_nested(dir, I_MUTEX_PARENT);
		error = vfs_mkdir(dir, entry, S_IFDIR);
		inode_unlock(dir);
	}
	if (!error)
		error = set_offset(ofs, entry, OVL_I(inode)->nlink_offset - 1);
	dput(entry);
	if (!error)
		WRITE_ONCE(OVL_I(inode)->nlink_offset, OVL_I(inode)->nlink_offset - 1);
	return error;
}

/* Nobody can come to the file any more: its entry goes. => mounter's rights, index_lock */
static void forget(struct ovl_fs *ofs, struct inode *inode)
{
	struct dentry *upper = ovl_inode_upper(inode), *entry;
	struct ovl_origin origin;

	if (OVL_I(inode)->numlower)
		entry = lookup_lower(ofs, &OVL_I(inode)->lower[0]);
	else if (ovl_get_origin(ofs, upper, &origin))
		entry = lookup_entry(ofs, &origin);
	else
		return;
	if (IS_ERR(entry))
		return;
	/* What fails costs room only. */
	if (!upper || d_inode(entry) == d_inode(upper))
		remove_entry(ofs, entry);
	dput(entry);
}

void ovl_index_name_went(struct inode *inode, bool had_upper_name)
{
	struct ovl_fs *ofs = OVL_FS(inode->i_sb);
	const struct cred *old = ovl_override_creds(inode->i_sb);

	mutex_lock(&OVL_I(inode)->lock);
	mutex_lock(&ofs->index_lock);
	if (!had_upper_name && ovl_inode_upper(inode))
		lower_name_went(inode);
	else if (!had_upper_name)
		note_removal(ofs, inode);
	ovl_copyattr(inode);
	if (!inode->i_nlink)
		forget(ofs, inode);
	mutex_unlock(&ofs->index_lock);
	mutex_unlock(&OVL_I(inode)->lock);
	revert_creds(old);
}

/* ---- mounting ---- */

/* What the lower layers are, so that an index is not used with others. */
static u64 fingerprint(const struct ovl_fs *ofs)
{
	u64 hash = 0xcbf29ce484222325ULL;
	unsigned int i, j;

	for (i = 1; i < ofs->numlayer; i++) {
		const struct vfsmount *mnt = ofs->layers[i].mnt;
		const struct inode *root = d_inode(mnt->mnt_root);
		const u64 parts[] = { mnt->mnt_sb->s_magic, root->i_ino, root->i_btime.tv_sec,
				      root->i_btime.tv_nsec };

		for (j = 0; j < ARRAY_SIZE(parts); j++)
			hash = (hash ^ parts[j]) * 0x100000001b3ULL;
	}
	return hash;
}

int ovl_index_verify(const struct ovl_fs *ofs)
{
	const u64 want = fingerprint(ofs);
	u64 found;
	ssize_t len = ovl_get_own_xattr(ofs, ofs->indexdir, "layers", &found, sizeof(found));

	if (len == -ENODATA)
		return ovl_set_own_xattr(ofs, ofs->indexdir, "layers", &want, sizeof(want));
	return len == sizeof(found) && found == want ? 0 : -ESTALE;
}
