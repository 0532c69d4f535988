/* SPDX-License-Identifier: MIT */
/* Extended attributes in memory: a short list on the inode. */
#include <fs/xattr.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <lib/string.h>
#include <mm/slab.h>

struct simple_xattr {
	struct list_head link;
	const char *name;	/* behind the value */
	size_t size;
	char value[];
};

void simple_xattrs_init(struct simple_xattrs *xattrs)
{
	INIT_LIST_HEAD(&xattrs->head);
	spin_lock_init(&xattrs->lock);
}

/* What one costs. */
static size_t weight(const struct simple_xattr *xattr)
{
	return sizeof(*xattr) + xattr->size + strlen(xattr->name) + 1;
}

size_t simple_xattrs_free(struct simple_xattrs *xattrs)
{
	struct simple_xattr *xattr, *n;
	size_t bytes = 0;

	list_for_each_entry_safe(xattr, n, &xattrs->head, link) {
		bytes += weight(xattr);
		list_del(&xattr->link);
		kvfree(xattr);
	}
	return bytes;
}

/* => lock held */
static struct simple_xattr *find(struct simple_xattrs *xattrs, const char *name)
{
	struct simple_xattr *xattr;

	list_for_each_entry(xattr, &xattrs->head, link)
		if (!strcmp(xattr->name, name))
			return xattr;
	return NULL;
}

ssize_t simple_xattr_get(struct simple_xattrs *xattrs, const char *name, void *buffer, size_t size)
{
	struct simple_xattr *xattr;
	ssize_t result = -ENODATA;

	if (list_empty(&xattrs->head))
		return result;
	spin_lock(&xattrs->lock);
	xattr = find(xattrs, name);
	if (xattr) {
		result = xattr->size;
		if (buffer && size) {
			if (size < xattr->size)
				result = -ERANGE;
			else
				memcpy(buffer, xattr->value, xattr->size);
		}
	}
	spin_unlock(&xattrs->lock);
	return result;
}

static struct simple_xattr *make(const char *name, const void *value, size_t size)
{
	size_t len = strlen(name) + 1;
	struct simple_xattr *xattr = kvmalloc(sizeof(*xattr) + size + len, GFP_KERNEL);

	if (!xattr)
		return NULL;
	xattr->size = size;
	memcpy(xattr->value, value, size);
	xattr->name = memcpy(xattr->value + size, name, len);
	return xattr;
}

int simple_xattr_set(struct simple_xattrs *xattrs, const char *name, const void *value, size_t size,
		     int flags, long *delta)
{
	struct simple_xattr *fresh = NULL, *old;
	int error = 0;

	*delta = 0;
	if (value) {
		fresh = make(name, value, size);
		if (!fresh)
			return -ENOMEM;
	}
	spin_lock(&xattrs->lock);
	old = find(xattrs, name);
	if (old && (flags & XATTR_CREATE)) {
		error = -EEXIST;
	} else if (!old && (flags & XATTR_REPLACE)) {
		error = -ENODATA;
	} else {
		if (fresh) {
			list_add(&fresh->link, &xattrs->head);
			*delta += weight(fresh);
			fresh = NULL;
		}
		if (old) {
			list_del(&old->link);
			*delta -= weight(old);
			fresh = old;
		}
	}
	spin_unlock(&xattrs->lock);
	kvfree(fresh);
	return error;
}

/* Adds bytes to a list that may be too short, or only be measured. */
static int emit(char *buffer, size_t size, size_t *at, const char *names, size_t len)
{
	if (buffer && size) {
		if (size - *at < len)
			return -ERANGE;
		memcpy(buffer + *at, names, len);
	}
	*at += len;
	return 0;
}

ssize_t simple_xattr_list(struct simple_xattrs *xattrs, const char *extra, size_t extra_len,
			  char *buffer, size_t size)
{
	bool trusted = capable(CAP_SYS_ADMIN);
	struct simple_xattr *xattr;
	size_t at = 0;
	int error = emit(buffer, size, &at, extra, extra_len);

	spin_lock(&xattrs->lock);
	list_for_each_entry(xattr, &xattrs->head, link) {
		if (error)
			break;
		if (!trusted && strstarts(xattr->name, XATTR_TRUSTED_PREFIX))
			continue;
		error = emit(buffer, size, &at, xattr->name, strlen(xattr->name) + 1);
	}
	spin_unlock(&xattrs->lock);
	return error ? error : (ssize_t)at;
}
