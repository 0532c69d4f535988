/* SPDX-License-Identifier: MIT */
/*
 * Hooks of security modules: a task may be confined to a domain, which is asked before the kernel
 * does certain things for it, after the ordinary checks have passed or beside them.
 *
 * The domain belongs to the credentials: it is inherited by fork and execve, and only a narrower one
 * replaces it. Tasks without one pay for a comparison with NULL. A module (security/landlock) makes
 * domains; one that came second would have to hold the first one's domain and ask it, too.
 */
#ifndef KERN_LSM_H
#define KERN_LSM_H

#include <kern/cred.h>
#include <kern/refcount.h>
#include <kern/task.h>
#include <kern/types.h>
#include <kern/workqueue.h>

struct dentry;
struct file;
struct lsm_domain;
struct path;
struct super_block;

/* Each returns 0 or -errno, in task context, and may sleep unless it says otherwise. */
struct lsm_ops {
	/* A file is opened; f_path, f_inode and f_mode (with FMODE_EXEC) say what for. => counted as open */
	int (*file_open)(const struct lsm_domain *domain, const struct file *file);
	/*
	 * A name is made in, or taken from, a folder; S_IFMT of `mode` says of what (a whiteout is
	 * made as a file). => folder locked
	 */
	int (*path_make)(const struct lsm_domain *domain, const struct path *dir, umode_t mode);
	int (*path_remove)(const struct lsm_domain *domain, const struct path *dir, umode_t mode);
	/* `old`, on the same mount, gets another name in a folder. => that folder locked */
	int (*path_link)(const struct lsm_domain *domain, struct dentry *old, const struct path *dir);
	/* RENAME_* of `flags`. => both folders locked */
	int (*path_rename)(const struct lsm_domain *domain, struct dentry *old,
			   const struct path *dir, struct dentry *new, unsigned int flags);
	/* Any change to the tree of mounts. */
	int (*mount)(const struct lsm_domain *domain);
	/* Looking into, or tracing, a task of that domain (NULL: none). => RCU; must not sleep */
	int (*ptrace)(const struct lsm_domain *domain, const struct lsm_domain *theirs);
	/* The last reference is gone. */
	void (*free)(struct lsm_domain *domain);
};

/* The head of what a module makes. */
struct lsm_domain {
	refcount_t usage;		/* x: credentials, and narrower domains */
	const struct lsm_ops *ops;	/* i */
	struct work_struct work;	/* frees it */
};

/* One reference, which is the caller's. */
void lsm_domain_init(struct lsm_domain *domain, const struct lsm_ops *ops);
struct lsm_domain *lsm_domain_get(struct lsm_domain *domain);
/* The last reference hands it to a work queue. => any context */
void lsm_domain_put(struct lsm_domain *domain);

/* A super block goes: a module forgets its inodes. Set at boot; NULL: nobody cares. => may sleep */
extern void (*lsm_sb_delete)(struct super_block *sb);

/* ---- what the rest of the kernel calls ---- */

#define lsm_ask(hook, ...) ({ \
	const struct lsm_domain *__domain = current_cred()->domain; \
	likely(!__domain) ? 0 : __domain->ops->hook(__domain, ##__VA_ARGS__); })

static inline int lsm_file_open(const struct file *file)
{
	return lsm_ask(file_open, file);
}

static inline int lsm_path_make(const struct path *dir, umode_t mode)
{
	return lsm_ask(path_make, dir, mode);
}

static inline int lsm_path_remove(const struct path *dir, umode_t mode)
{
	return lsm_ask(path_remove, dir, mode);
}

static inline int lsm_path_link(struct dentry *old, const struct path *dir)
{
	return lsm_ask(path_link, old, dir);
}

static inline int lsm_path_rename(struct dentry *old, const struct path *dir, struct dentry *new,
				  unsigned int flags)
{
	return lsm_ask(path_rename, old, dir, new, flags);
}

static inline int lsm_mount(void)
{
	return lsm_ask(mount);
}

/* May a task with credentials `tracer` look into one with `theirs`? => RCU */
static inline int lsm_ptrace(const struct cred *tracer, const struct cred *theirs)
{
	const struct lsm_domain *domain = tracer->domain;

	return likely(!domain) ? 0 : domain->ops->ptrace(domain, theirs->domain);
}

#endif
