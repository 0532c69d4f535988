/* SPDX-License-Identifier: MIT */
/* Path names copied from user memory. */
#include <linux/fcntl.h>
#include <fs/namei.h>
#include <kern/bug.h>
#include <kern/err.h>
#include <kern/init.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

/* Names up to this length live in the object itself. */
#define EMBEDDED_NAME_MAX (PATH_MAX_LEN - sizeof(struct filename))

/* One slab object of PATH_MAX_LEN: struct filename, then the text. */
static struct kmem_cache *names_cache;

struct filename *getname_flags(const char __user *uname, int flags)
{
	struct filename *name = kmem_cache_alloc(names_cache, GFP_KERNEL);
	char *text;
	long len;

	if (!name)
		return ERR_PTR(-ENOMEM);
	text = (char *)(name + 1);
	name->buf = NULL;
	len = strncpy_from_user(text, uname, EMBEDDED_NAME_MAX);
	if (unlikely(len == (long)EMBEDDED_NAME_MAX)) {
		name->buf = kmalloc(PATH_MAX_LEN, GFP_KERNEL);
		if (!name->buf) {
			kmem_cache_free(names_cache, name);
			return ERR_PTR(-ENOMEM);
		}
		text = name->buf;
		len = strncpy_from_user(text, uname, PATH_MAX_LEN);
		if (len == PATH_MAX_LEN)
			len = -ENAMETOOLONG;
	}
	if (unlikely(len <= 0) && (len < 0 || !(flags & LOOKUP_EMPTY))) {
		kfree(name->buf);
		kmem_cache_free(names_cache, name);
		return ERR_PTR(len < 0 ? len : -ENOENT);
	}
	name->name = text;
	name->uptr = uname;
	name->refcnt = 1;
	return name;
}

struct filename *getname(const char __user *uname)
{
	return getname_flags(uname, 0);
}

struct filename *getname_kernel(const char *text)
{
	size_t len = strlen(text) + 1;
	struct filename *name;

	if (len > PATH_MAX_LEN)
		return ERR_PTR(-ENAMETOOLONG);
	name = kmem_cache_alloc(names_cache, GFP_KERNEL);
	if (!name)
		return ERR_PTR(-ENOMEM);
	name->buf = len > EMBEDDED_NAME_MAX ? kmalloc(len, GFP_KERNEL) : NULL;
	if (len > EMBEDDED_NAME_MAX && !name->buf) {
		kmem_cache_free(names_cache, name);
		return ERR_PTR(-ENOMEM);
	}
	name->name = memcpy(name->buf ? name->buf : (char *)(name + 1), text, len);
	name->uptr = NULL;
	name->refcnt = 1;
	return name;
}

void putname(struct filename *name)
{
	if (IS_ERR_OR_NULL(name) || --name->refcnt)
		return;
	kfree(name->buf);
	kmem_cache_free(names_cache, name);
}

int kern_path(const char *text, unsigned int flags, struct path *path)
{
	struct filename *name = getname_kernel(text);
	int error = filename_lookup(AT_FDCWD, name, flags, path, NULL);

	putname(name);
	return error;
}

int user_path_at(int dfd, const char __user *uname, unsigned int flags, struct path *path)
{
	struct filename *name = getname_flags(uname, flags);
	int error = filename_lookup(dfd, name, flags, path, NULL);

	putname(name);
	return error;
}

int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *text,
		    unsigned int flags, struct path *path)
{
	struct path root = { .mnt = mnt, .dentry = dentry };
	struct filename *name = getname_kernel(text);
	int error = filename_lookup(AT_FDCWD, name, flags, path, &root);

	putname(name);
	return error;
}

void __init filename_init(void)
{
	names_cache = kmem_cache_create("names_cache", PATH_MAX_LEN, 0, SLAB_PANIC, NULL);
}
