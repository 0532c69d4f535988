/* SPDX-License-Identifier: MIT */
/*
 * POSIX access control lists.
 *
 * A list has an entry for the owner, for the group and for all others, which the mode shows too,
 * and entries for more users and groups; those, and the group's, are limited by the mask, which
 * is then what the mode shows as the group's rights. A folder's default list is what new files in
 * it begin with, instead of the umask.
 */
#include <fs/dentry.h>
#include <fs/posix_acl.h>
#include <fs/xattr.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <lib/string.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <mm/slab.h>
#include "internal.h"

#define ACL_ENTRIES_MAX 500

static struct posix_acl *alloc_acl(unsigned int count)
{
	struct posix_acl *acl = kmalloc(sizeof(*acl) + count * sizeof(acl->entries[0]), GFP_KERNEL);

	if (acl) {
		refcount_set(&acl->refs, 1);
		acl->count = count;
	}
	return acl;
}

static struct posix_acl *copy_acl(const struct posix_acl *acl)
{
	struct posix_acl *copy = alloc_acl(acl->count);

	if (copy)
		memcpy(copy->entries, acl->entries, acl->count * sizeof(acl->entries[0]));
	return copy;
}

void posix_acl_put(struct posix_acl *acl)
{
	if (acl && refcount_dec_and_test(&acl->refs))
		kfree(acl);
}

static struct posix_acl **place(struct inode *inode, bool is_default)
{
	return is_default ? &inode->i_default_acl : &inode->i_acl;
}

struct posix_acl *get_inode_acl(struct inode *inode, bool is_default)
{
	struct posix_acl *acl = READ_ONCE(*place(inode, is_default));

	if (!acl)
		return NULL;
	spin_lock(&inode->i_lock);
	acl = *place(inode, is_default);
	if (acl)
		refcount_inc(&acl->refs);
	spin_unlock(&inode->i_lock);
	return acl;
}

void set_cached_acl(struct inode *inode, struct posix_acl *acl, bool is_default)
{
	struct posix_acl *old;

	spin_lock(&inode->i_lock);
	old = *place(inode, is_default);
	WRITE_ONCE(*place(inode, is_default), acl);
	spin_unlock(&inode->i_lock);
	posix_acl_put(old);
}

void posix_acl_release(struct inode *inode)
{
	posix_acl_put(inode->i_acl);
	posix_acl_put(inode->i_default_acl);
	inode->i_acl = inode->i_default_acl = NULL;
}

/* ---- what a list means ---- */

/*
 * Is it one: each of owner, group and others once, users and groups with a mask, in order?
 */
static bool valid(const struct posix_acl *acl)
{
	static const u16 order[] = { ACL_USER_OBJ, ACL_USER, ACL_GROUP_OBJ, ACL_GROUP, ACL_MASK,
				     ACL_OTHER };
	unsigned int seen[6] = { 0 };
	unsigned int at = 0, i;

	for (i = 0; i < acl->count; i++) {
		const struct posix_acl_entry *e = &acl->entries[i];

		if (e->perm & ~(ACL_READ | ACL_WRITE | ACL_EXECUTE))
			return false;
		while (at < 6 && order[at] != e->tag)
			at++;
		if (at == 6)
			return false;
		seen[at]++;
		if ((e->tag == ACL_USER || e->tag == ACL_GROUP) && e->id == (u32)-1)
			return false;
	}
	if (seen[0] != 1 || seen[2] != 1 || seen[5] != 1 || seen[4] > 1)
		return false;
	return seen[4] || (!seen[1] && !seen[3]);
}

static bool entry_is_callers(const struct inode *inode, const struct posix_acl_entry *e)
{
	switch (e->tag) {
	case ACL_USER_OBJ:
		return uid_eq(inode->i_uid, current_fsuid());
	case ACL_USER:
		return uid_eq(KUIDT_INIT(e->id), current_fsuid());
	case ACL_GROUP_OBJ:
		return in_group_p(inode->i_gid);
	case ACL_GROUP:
		return in_group_p(KGIDT_INIT(e->id));
	}
	return false;
}

/* Rights without the mask; *masked says whether it applies. */
static int rights_for(const struct inode *inode, const struct posix_acl *acl, int mask, bool *masked)
{
	bool in_group = false;
	unsigned int i;

	for (i = 0; i < acl->count; i++) {
		const struct posix_acl_entry *e = &acl->entries[i];

		if (e->tag == ACL_OTHER) {
			*masked = false;
			return in_group ? 0 : e->perm;
		}
		if (e->tag == ACL_MASK || !entry_is_callers(inode, e))
			continue;
		*masked = e->tag != ACL_USER_OBJ;
		if (e->tag == ACL_USER_OBJ || e->tag == ACL_USER)
			return e->perm;
		/* One of the groups must have all that is asked for. */
		in_group = true;
		if (!(mask & ~e->perm))
			return e->perm;
	}
	return 0;
}

int posix_acl_permission(const struct inode *inode, const struct posix_acl *acl, int mask)
{
	bool masked = false;
	unsigned int i;
	int rights;

	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	rights = rights_for(inode, acl, mask, &masked);
	for (i = 0; masked && i < acl->count; i++)
		if (acl->entries[i].tag == ACL_MASK)
			rights &= acl->entries[i].perm;
	return mask & ~rights ? -EACCES : 0;
}

/* The mode that shows the list; true when it says all that the list says. */
static bool to_mode(const struct posix_acl *acl, umode_t *mode)
{
	umode_t shown = 0;
	bool all = true;
	unsigned int i;

	for (i = 0; i < acl->count; i++) {
		const struct posix_acl_entry *e = &acl->entries[i];

		switch (e->tag) {
		case ACL_USER_OBJ:
			shown |= e->perm << 6;
			break;
		case ACL_GROUP_OBJ:
			shown |= e->perm << 3;
			break;
		case ACL_MASK:
			shown = (shown & ~S_IRWXG) | e->perm << 3;
			all = false;
			break;
		case ACL_OTHER:
			shown |= e->perm;
			break;
		default:
			all = false;
		}
	}
	*mode = (*mode & ~S_IRWXUGO) | shown;
	return all;
}

/* The entries that a mode shows: what its class of bits changes. */
static u16 *shown_entry(struct posix_acl *acl, u16 tag)
{
	u16 *group = NULL;
	unsigned int i;

	for (i = 0; i < acl->count; i++) {
		struct posix_acl_entry *e = &acl->entries[i];

		if (e->tag == tag || (tag == ACL_GROUP_OBJ && e->tag == ACL_MASK))
			group = &e->perm;	/* the mask comes after the group */
	}
	return group;
}

static void from_mode(struct posix_acl *acl, umode_t mode)
{
	*shown_entry(acl, ACL_USER_OBJ) = mode >> 6 & 7;
	*shown_entry(acl, ACL_GROUP_OBJ) = mode >> 3 & 7;
	*shown_entry(acl, ACL_OTHER) = mode & 7;
}

int posix_acl_chmod(struct inode *inode)
{
	struct posix_acl *acl = get_inode_acl(inode, false), *copy;

	if (!acl)
		return 0;
	copy = copy_acl(acl);
	posix_acl_put(acl);
	if (!copy)
		return -ENOMEM;
	from_mode(copy, inode->i_mode);
	set_cached_acl(inode, copy, false);
	return 0;
}

int posix_acl_inherit(struct inode *inode, const struct inode *dir)
{
	struct posix_acl *acl, *own;
	umode_t mode = inode->i_mode;

	if (S_ISLNK(mode) || !dir || !has_default_acl(dir))
		return 0;
	acl = get_inode_acl((struct inode *)dir, true);
	if (!acl)
		return 0;
	own = copy_acl(acl);
	if (!own) {
		posix_acl_put(acl);
		return -ENOMEM;
	}
	/* What the creator asked for limits each class. */
	*shown_entry(own, ACL_USER_OBJ) &= mode >> 6 & 7;
	*shown_entry(own, ACL_GROUP_OBJ) &= mode >> 3 & 7;
	*shown_entry(own, ACL_OTHER) &= mode & 7;
	if (to_mode(own, &mode)) {
		posix_acl_put(own);
		own = NULL;
	}
	inode->i_mode = mode;
	set_cached_acl(inode, own, false);
	if (S_ISDIR(mode))
		set_cached_acl(inode, acl, true);
	else
		posix_acl_put(acl);
	return 0;
}

/* ---- as an extended attribute ---- */

static struct posix_acl *from_xattr(const void *value, size_t size)
{
	const struct posix_acl_xattr_header *head = value;
	const struct posix_acl_xattr_entry *from = (const void *)(head + 1);
	unsigned int count, i;
	struct posix_acl *acl;

	if (size < sizeof(*head))
		return ERR_PTR(-EINVAL);
	if (head->a_version != POSIX_ACL_XATTR_VERSION)
		return ERR_PTR(-EOPNOTSUPP);
	size -= sizeof(*head);
	count = size / sizeof(*from);
	if (size % sizeof(*from) || count > ACL_ENTRIES_MAX)
		return ERR_PTR(-EINVAL);
	if (!count)
		return NULL;
	acl = alloc_acl(count);
	if (!acl)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < count; i++)
		acl->entries[i] = (struct posix_acl_entry){
			.tag = from[i].e_tag, .perm = from[i].e_perm, .id = from[i].e_id,
		};
	if (valid(acl))
		return acl;
	posix_acl_put(acl);
	return ERR_PTR(-EINVAL);
}

bool is_posix_acl_xattr(const char *name)
{
	return !strcmp(name, XATTR_NAME_POSIX_ACL_ACCESS) ||
	       !strcmp(name, XATTR_NAME_POSIX_ACL_DEFAULT);
}

void posix_acl_map_xattr(void *value, size_t size, bool from_user)
{
	struct posix_acl_xattr_entry *e = value + sizeof(struct posix_acl_xattr_header);
	struct user_namespace *ns = current_user_ns();

	if (ns == &init_user_ns || size < sizeof(struct posix_acl_xattr_header))
		return;
	for (size -= sizeof(struct posix_acl_xattr_header); size >= sizeof(*e); size -= sizeof(*e)) {
		if (e->e_tag == ACL_USER)
			e->e_id = from_user ? make_kuid(ns, e->e_id).val :
					      from_kuid(ns, KUIDT_INIT(e->e_id));
		else if (e->e_tag == ACL_GROUP)
			e->e_id = from_user ? make_kgid(ns, e->e_id).val :
					      from_kgid(ns, KGIDT_INIT(e->e_id));
		e++;
	}
}

static int to_xattr(const struct posix_acl *acl, void *value, size_t size)
{
	struct posix_acl_xattr_header *head = value;
	struct posix_acl_xattr_entry *to = (void *)(head + 1);
	size_t need = sizeof(*head) + acl->count * sizeof(*to);
	unsigned int i;

	if (!value || !size)
		return need;
	if (size < need)
		return -ERANGE;
	head->a_version = POSIX_ACL_XATTR_VERSION;
	for (i = 0; i < acl->count; i++) {
		bool named = acl->entries[i].tag == ACL_USER || acl->entries[i].tag == ACL_GROUP;

		to[i].e_tag = acl->entries[i].tag;
		to[i].e_perm = acl->entries[i].perm;
		to[i].e_id = named ? acl->entries[i].id : (u32)ACL_UNDEFINED_ID;
	}
	return need;
}

/* handler->flags is 1 for the default list */
static int acl_get(const struct xattr_handler *handler, struct dentry *dentry, struct inode *inode,
		   const char *name, void *buffer, size_t size)
{
	struct posix_acl *acl;
	int result;

	if (S_ISLNK(inode->i_mode))
		return -EOPNOTSUPP;
	acl = get_inode_acl(inode, handler->flags);
	if (!acl)
		return -ENODATA;
	result = to_xattr(acl, buffer, size);
	posix_acl_put(acl);
	return result;
}

/* An access list is the mode, too; one that says no more than a mode is not kept. */
static void set_access(struct inode *inode, struct posix_acl *acl)
{
	umode_t mode = inode->i_mode;

	if (acl && to_mode(acl, &mode)) {
		posix_acl_put(acl);
		acl = NULL;
	}
	if (!in_group_p(inode->i_gid) && !capable(CAP_FSETID))
		mode &= ~S_ISGID;
	inode->i_mode = mode;
	set_cached_acl(inode, acl, false);
}

static int acl_set(const struct xattr_handler *handler, struct dentry *dentry, struct inode *inode,
		   const char *name, const void *value, size_t size, int flags)
{
	struct posix_acl *acl = NULL;

	if (S_ISLNK(inode->i_mode))
		return -EOPNOTSUPP;
	if (value) {
		acl = from_xattr(value, size);
		if (IS_ERR(acl))
			return PTR_ERR(acl);
	}
	if (!inode_owner_or_capable(inode)) {
		posix_acl_put(acl);
		return -EPERM;
	}
	if (handler->flags && !S_ISDIR(inode->i_mode)) {
		posix_acl_put(acl);
		return acl ? -EACCES : 0;
	}
	if (handler->flags)
		set_cached_acl(inode, acl, true);
	else
		set_access(inode, acl);
	inode_set_ctime_current(inode);
	return 0;
}

const struct xattr_handler posix_acl_access_handler = {
	.name = XATTR_NAME_POSIX_ACL_ACCESS, .get = acl_get, .set = acl_set,
};

const struct xattr_handler posix_acl_default_handler = {
	.name = XATTR_NAME_POSIX_ACL_DEFAULT, .flags = 1, .get = acl_get, .set = acl_set,
};

size_t posix_acl_list(const struct inode *inode, char *names)
{
	size_t len = 0;

	if (READ_ONCE(inode->i_acl)) {
		memcpy(names, XATTR_NAME_POSIX_ACL_ACCESS, sizeof(XATTR_NAME_POSIX_ACL_ACCESS));
		len = sizeof(XATTR_NAME_POSIX_ACL_ACCESS);
	}
	if (READ_ONCE(inode->i_default_acl)) {
		memcpy(names + len, XATTR_NAME_POSIX_ACL_DEFAULT,
		       sizeof(XATTR_NAME_POSIX_ACL_DEFAULT));
		len += sizeof(XATTR_NAME_POSIX_ACL_DEFAULT);
	}
	return len;
}
