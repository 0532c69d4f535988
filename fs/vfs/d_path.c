/* SPDX-License-Identifier: MIT */
/* From places to names. */
#include <fs/dentry.h>
#include <fs/fs_struct.h>
#include <fs/inode.h>
#include <fs/path.h>
#include <kern/err.h>
#include <kern/init.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <fs/file.h>
#include "internal.h"
#include "mount.h"

/* A buffer that fills from its end. */
struct prepend_buffer {
	char *buf;
	int len;		/* room left; negative: it did not fit */
};

static bool prepend(struct prepend_buffer *p, const char *text, int len)
{
	p->len -= len;
	if (p->len < 0)
		return false;
	p->buf -= len;
	memcpy(p->buf, text, len);
	return true;
}

static bool prepend_name(struct prepend_buffer *p, struct dentry *dentry)
{
	bool ok;

	spin_lock(&dentry->d_lock);
	ok = prepend(p, dentry->d_name.name, dentry->d_name.len) && prepend(p, "/", 1);
	spin_unlock(&dentry->d_lock);
	return ok;
}

static char *extract(struct prepend_buffer *p)
{
	return p->len < 0 ? ERR_PTR(-ENAMETOOLONG) : p->buf;
}

/*
 * Up from a place to `root`. 0: reached it; 1: ended at the root of the namespace; 2: at a mount
 * that is not in one.
 */
static int prepend_path(const struct path *path, const struct path *root,
			struct prepend_buffer *p)
{
	struct dentry *dentry = path->dentry;
	struct mount *mnt = real_mount(path->mnt);
	int result = 0;

	/* Both trees stand still: names are short and this is not the hot path. */
	spin_lock(&mount_lock.lock);
	spin_lock(&rename_lock.lock);
	while (dentry != root->dentry || &mnt->mnt != root->mnt) {
		if (dentry == mnt->mnt.mnt_root || IS_ROOT(dentry)) {
			if (dentry == mnt->mnt.mnt_root && mnt_has_parent(mnt)) {
				dentry = mnt->mnt_mountpoint;
				mnt = mnt->mnt_parent;
				continue;
			}
			result = is_mounted(mnt) && !is_anon_ns(mnt->mnt_ns) ? 1 : 2;
			break;
		}
		if (!prepend_name(p, dentry))
			break;
		dentry = dentry->d_parent;
	}
	spin_unlock(&rename_lock.lock);
	spin_unlock(&mount_lock.lock);
	return result;
}

char *__d_path(const struct path *path, const struct path *root, char *buf, int buflen)
{
	struct prepend_buffer p = { buf + buflen, buflen };
	char *start;

	prepend(&p, "", 1);
	start = p.buf;
	if (prepend_path(path, root, &p))
		return NULL;
	if (p.buf == start && p.len >= 0)
		prepend(&p, "/", 1);
	return extract(&p);
}

char *d_absolute_path(const struct path *path, char *buf, int buflen)
{
	struct prepend_buffer p = { buf + buflen, buflen };
	struct path none = { NULL, NULL };
	char *start;

	prepend(&p, "", 1);
	start = p.buf;
	if (prepend_path(path, &none, &p) > 1)
		return ERR_PTR(-EINVAL);
	if (p.buf == start && p.len >= 0)
		prepend(&p, "/", 1);
	return extract(&p);
}

char *d_path(const struct path *path, char *buf, int buflen)
{
	struct prepend_buffer p = { buf + buflen, buflen };
	const struct dentry_operations *op = path->dentry->d_op;
	struct path root;
	char *start;

	if (op && op->d_dname &&
	    (!IS_ROOT(path->dentry) || path->dentry != path->mnt->mnt_root))
		return op->d_dname(path->dentry, buf, buflen);
	get_fs_root(current->fs, &root);
	if (d_unlinked(path->dentry))
		prepend(&p, " (deleted)", 11);
	else
		prepend(&p, "", 1);
	start = p.buf;
	prepend_path(path, &root, &p);
	if (p.buf == start && p.len >= 0)
		prepend(&p, "/", 1);
	path_put(&root);
	return extract(&p);
}

char *dentry_path_raw(const struct dentry *dentry, char *buf, int buflen)
{
	struct prepend_buffer p = { buf + buflen, buflen };
	char *start;

	prepend(&p, "", 1);
	start = p.buf;
	spin_lock(&rename_lock.lock);
	while (!IS_ROOT(dentry) && prepend_name(&p, (struct dentry *)dentry))
		dentry = dentry->d_parent;
	spin_unlock(&rename_lock.lock);
	if (p.buf == start && p.len >= 0)
		prepend(&p, "/", 1);
	return extract(&p);
}

char *dynamic_dname(char *buf, int buflen, const char *fmt, ...)
{
	va_list args;
	char text[72];
	int len;

	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args) + 1;
	va_end(args);
	if (len > (int)sizeof(text) || len > buflen)
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buf + buflen - len, text, len);
}

char *simple_dname(struct dentry *dentry, char *buf, int buflen)
{
	struct prepend_buffer p = { buf + buflen, buflen };

	if (prepend(&p, " (deleted)", 11) &&
	    prepend(&p, dentry->d_name.name, dentry->d_name.len))
		prepend(&p, "/", 1);
	return extract(&p);
}

SYSCALL_DEFINE2(getcwd, char __user *, ubuf, unsigned long, size)
{
	struct prepend_buffer p;
	struct path pwd, root;
	long error = -ENOENT;
	char *buf, *start;
	int outside;

	buf = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	p.buf = buf + PAGE_SIZE;
	p.len = PAGE_SIZE;
	get_fs_root(current->fs, &root);
	get_fs_pwd(current->fs, &pwd);
	if (!d_unlinked(pwd.dentry)) {
		unsigned long len;

		prepend(&p, "", 1);
		start = p.buf;
		outside = prepend_path(&pwd, &root, &p);
		if (p.buf == start && p.len >= 0)
			prepend(&p, "/", 1);
		if (outside)
			prepend(&p, "(unreachable)", 13);
		len = PAGE_SIZE - p.len;
		if (p.len < 0)
			error = -ENAMETOOLONG;
		else if (len > size)
			error = -ERANGE;
		else
			error = copy_to_user(ubuf, p.buf, len) ? -EFAULT : (long)len;
	}
	path_put(&pwd);
	path_put(&root);
	kfree(buf);
	return error;
}

/* %pd and %pD of printf: the last component, or the last n. */
static int format_dentry(char *buf, size_t size, const char *fmt, const void *ptr)
{
	const struct dentry *dentry = ptr;

	if (fmt[0] == 'D' && ptr)
		dentry = ((const struct file *)ptr)->f_path.dentry;
	if (!dentry)
		return snprintf(buf, size, "(null)");
	return snprintf(buf, size, "%s", dentry->d_name.name);
}

static int __init d_path_init(void)
{
	register_printf_hook('d', format_dentry);
	register_printf_hook('D', format_dentry);
	return 0;
}
core_initcall(d_path_init);
