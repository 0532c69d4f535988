/* SPDX-License-Identifier: MIT */
/* A place in the tree of mounts: a dentry as seen through a mount. */
#ifndef FS_PATH_H
#define FS_PATH_H

#include <kern/types.h>

struct dentry;
struct vfsmount;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

/* Takes, drops a reference on both halves. => put may sleep */
void path_get(const struct path *path);
void path_put(const struct path *path);

static inline bool path_equal(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && a->dentry == b->dentry;
}

/*
 * Write the path's name, as seen from the caller's root, at the END of buf and return its start;
 * ERR_PTR(-ENAMETOOLONG) when it does not fit. A deleted file gets " (deleted)", a place that the
 * root cannot reach "(unreachable)" only from getcwd. => may not be called in interrupts
 */
char *d_path(const struct path *path, char *buf, int buflen);
/* The same as seen from `root`; NULL when the path lies outside of it. */
char *__d_path(const struct path *path, const struct path *root, char *buf, int buflen);
/* The same from the root of the namespace. */
char *d_absolute_path(const struct path *path, char *buf, int buflen);
/* The name within the file system alone. */
char *dentry_path_raw(const struct dentry *dentry, char *buf, int buflen);
/* For d_dname of files that live in no folder. */
char *dynamic_dname(char *buf, int buflen, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
char *simple_dname(struct dentry *dentry, char *buf, int buflen);

#endif
