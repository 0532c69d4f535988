/* SPDX-License-Identifier: MIT */
/* POSIX access control lists: more users and groups than a mode has room for. */
#ifndef FS_POSIX_ACL_H
#define FS_POSIX_ACL_H

#include <fs/inode.h>
#include <kern/refcount.h>
#include <kern/types.h>

struct dentry;
struct xattr_handler;

struct posix_acl_entry {
	u16 tag;		/* ACL_* of <linux/posix_acl.h> */
	u16 perm;		/* rwx */
	u32 id;			/* of ACL_USER and ACL_GROUP: as a kuid or kgid has it */
};

/* A list, in the order of tags; constant. Readers hold a reference or the inode's i_lock. */
struct posix_acl {
	refcount_t refs;
	unsigned int count;
	struct posix_acl_entry entries[];
};

void posix_acl_put(struct posix_acl *acl);
/* The inode's list with a reference, or NULL. */
struct posix_acl *get_inode_acl(struct inode *inode, bool is_default);
/* Puts a list (or NULL; the reference passes) in its place. */
void set_cached_acl(struct inode *inode, struct posix_acl *acl, bool is_default);
/* Drops what a dying inode has. */
void posix_acl_release(struct inode *inode);

/* rwx of `mask` by the list: 0 or -EACCES. */
int posix_acl_permission(const struct inode *inode, const struct posix_acl *acl, int mask);
/*
 * A new file in a folder that has a default list: its mode and lists. Without one the mode is as
 * the caller masked it. 0 or -ENOMEM. => the inode is not in use yet
 */
int posix_acl_inherit(struct inode *inode, const struct inode *dir);
/* After chmod(): the list says what the mode says. 0 or -ENOMEM. => i_rwsem held */
int posix_acl_chmod(struct inode *inode);

/*
 * Handlers of system.posix_acl_* for file systems that keep lists in the inode alone.
 * posix_acl_list() gives the names that an inode has, with their NULs.
 */
extern const struct xattr_handler posix_acl_access_handler;
extern const struct xattr_handler posix_acl_default_handler;
size_t posix_acl_list(const struct inode *inode, char *names);
#define POSIX_ACL_NAMES_MAX 64

static inline bool has_default_acl(const struct inode *inode)
{
	return READ_ONCE(inode->i_default_acl);
}

#endif
