// SPDX-License-Identifier: MIT
/*
 * Capabilities of files.
 *
 * Revision 2 counts in the user name space of the file system and below; revision 3 names the user
 * that is root of the name space in which it counts, so that a user name space's root can give
 * files capabilities over what is its own. Revision 1 is read only.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/super.h>
#include <fs/xattr.h>
#include <kern/binfmts.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/filecaps.h>
#include <kern/kernel.h>
#include <kern/task.h>
#include <kern/user_namespace.h>
#include <lib/string.h>

#include <linux/xattr.h>

struct file_caps {
	u64 permitted, inheritable;
	bool effective;
	kuid_t root; /* of the name space that it counts in */
};

/* Is that user root of the caller's user name space, or of one above it? */
static bool root_owns_current_ns(kuid_t root)
{
	if (!uid_valid(root))
		return false;
	for (struct user_namespace *ns = current_user_ns(); ns; ns = ns->parent)
		if (!from_kuid(ns, root))
			return true;
	return false;
}

static bool size_fits(u32 magic, size_t size)
{
	switch (magic & VFS_CAP_REVISION_MASK) {
	case VFS_CAP_REVISION_1:
		return size == XATTR_CAPS_SZ_1;
	case VFS_CAP_REVISION_2:
		return size == XATTR_CAPS_SZ_2;
	case VFS_CAP_REVISION_3:
		return size == XATTR_CAPS_SZ_3;
	}
	return false;
}

/* 0, -ENODATA (none that counts here), or -EINVAL. */
static int read_file_caps(struct dentry *dentry, struct file_caps *caps)
{
	struct user_namespace *fs_ns = d_inode(dentry)->i_sb->s_user_ns;
	struct vfs_ns_cap_data data = {};
	ssize_t size = vfs_getxattr_raw(dentry, XATTR_NAME_CAPS, &data, sizeof(data));
	u32 magic = data.magic_etc;

	if (size == -EOPNOTSUPP || size == -ENODATA)
		return -ENODATA;
	if (size < 0)
		return size;
	if (size < (ssize_t)sizeof(magic) || !size_fits(magic, size))
		return -EINVAL;
	caps->root = make_kuid(fs_ns, size == XATTR_CAPS_SZ_3 ? data.rootid : 0);
	if (!root_owns_current_ns(caps->root))
		return -ENODATA;
	caps->effective = magic & VFS_CAP_FLAGS_EFFECTIVE;
	caps->permitted = data.data[0].permitted;
	caps->inheritable = data.data[0].inheritable;
	if (size != XATTR_CAPS_SZ_1) {
		caps->permitted |= (u64)data.data[1].permitted << 32;
		caps->inheritable |= (u64)data.data[1].inheritable << 32;
	}
	caps->permitted &= CAP_VALID_MASK;
	caps->inheritable &= CAP_VALID_MASK;
	return 0;
}

int bprm_file_caps(struct linux_binprm *bprm, bool *effective, bool *has)
{
	const struct file *file = bprm->execfd_creds ? bprm->executable : bprm->file;
	struct cred *new = bprm->cred;
	struct file_caps caps = {};
	int error;

	*effective = *has = false;
	if (bprm->unsafe || current->no_new_privs || !mnt_may_suid(file->f_path.mnt) ||
	    !in_userns(file_inode(file)->i_sb->s_user_ns, current_user_ns()))
		return 0;
	error = read_file_caps(file->f_path.dentry, &caps);
	if (error)
		return 0; /* a malformed one gives nothing */
	*has = true;
	*effective = caps.effective;
	new->cap_permitted.val = (caps.permitted & new->cap_bset.val) |
				 (caps.inheritable & new->cap_inheritable.val);
	/* A program that knows nothing of capabilities counts on all of them. */
	return caps.effective && (caps.permitted & ~new->cap_permitted.val) ? -EPERM : 0;
}

ssize_t cap_convert_nscap(const struct inode *inode, const void *value, size_t size,
			  struct vfs_ns_cap_data *out)
{
	struct user_namespace *fs_ns = inode->i_sb->s_user_ns;
	uid_t root;

	memset(out, 0, sizeof(*out));
	if (!value || size > sizeof(*out) || size < sizeof(out->magic_etc))
		return -EINVAL;
	memcpy(out, value, size);
	if (!size_fits(out->magic_etc, size) || size == XATTR_CAPS_SZ_1)
		return -EINVAL;
	if (!capable_wrt_inode_uidgid(inode, CAP_SETFCAP))
		return -EPERM;
	if (size == XATTR_CAPS_SZ_2 && ns_capable(fs_ns, CAP_SETFCAP))
		return size;
	root = from_kuid(fs_ns, make_kuid(current_user_ns(), size == XATTR_CAPS_SZ_3 ? out->rootid : 0));
	if (root == (uid_t)-1)
		return -EPERM;
	out->magic_etc = VFS_CAP_REVISION_3 | (out->magic_etc & VFS_CAP_FLAGS_EFFECTIVE);
	out->rootid = root;
	return XATTR_CAPS_SZ_3;
}

ssize_t cap_show_nscap(const struct inode *inode, struct vfs_ns_cap_data *value, size_t size)
{
	struct user_namespace *fs_ns = inode->i_sb->s_user_ns;
	kuid_t root;
	uid_t seen;

	if (size != XATTR_CAPS_SZ_3 && size != XATTR_CAPS_SZ_2)
		return size;
	root = make_kuid(fs_ns, size == XATTR_CAPS_SZ_3 ? value->rootid : 0);
	seen = from_kuid(current_user_ns(), root);
	if (seen != (uid_t)-1 && seen != 0) {
		value->magic_etc = VFS_CAP_REVISION_3 | (value->magic_etc & VFS_CAP_FLAGS_EFFECTIVE);
		value->rootid = seen;
		return XATTR_CAPS_SZ_3;
	}
	if (!root_owns_current_ns(root))
		return -EOVERFLOW;
	value->magic_etc = VFS_CAP_REVISION_2 | (value->magic_etc & VFS_CAP_FLAGS_EFFECTIVE);
	return XATTR_CAPS_SZ_2;
}
