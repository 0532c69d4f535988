/* SPDX-License-Identifier: MIT */
/* A path lookup under way: shared by the walk (namei.c, namei_jump.c) and open (namei_open.c). */
#ifndef FS_VFS_WALK_H
#define FS_VFS_WALK_H

#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/namei.h>
#include <fs/path.h>

/* The kinds of a last component. */
enum { LAST_NORM, LAST_ROOT, LAST_DOT, LAST_DOTDOT };

/* A symlink that is being followed: what follows it in the path it stood in. */
struct saved_link {
	struct path link;
	struct delayed_call done;
	const char *name;
};

/* Owned by the walker; current->nameidata points to it for nd_jump_link(). */
struct nameidata {
	struct path path;		/* where we are; references */
	struct path root;		/* where ".." ends; mnt NULL: not asked for yet */
	struct qstr last;		/* the component that comes, or came, last */
	int last_type;
	unsigned int flags;		/* LOOKUP_* */
	bool root_preset;		/* root belongs to the caller */
	int dfd;
	unsigned int m_seq, r_seq;	/* mount_lock and rename_lock at the start */
	int total_link_count;
	unsigned int depth;
	struct nameidata *saved;	/* of an outer walk */
	struct filename *name;
	umode_t dir_mode;		/* of the folder of the last component */
	kuid_t dir_uid;
	struct saved_link stack[MAXSYMLINKS];
};

#define LOOKUP_IS_SCOPED (LOOKUP_BENEATH | LOOKUP_IN_ROOT)

/* walk_component() flags */
#define WALK_TRAILING	1	/* the last one: a symlink only on LOOKUP_FOLLOW */
#define WALK_MORE	2	/* more follows: the current link's text is still needed */
#define WALK_NOFOLLOW	4

void set_nameidata(struct nameidata *nd, int dfd, struct filename *name, const struct path *root);
void restore_nameidata(void);
/* Begin; the string to walk, or ERR_PTR. */
const char *path_init(struct nameidata *nd, unsigned int flags);
/* All but the last component, which is left in nd->last. 0 or an errno. */
int link_path_walk(const char *name, struct nameidata *nd);
/* Enters `dentry` (its reference passes): the text of a symlink to walk, NULL, or ERR_PTR. */
const char *step_into(struct nameidata *nd, int flags, struct dentry *dentry);
const char *handle_dots(struct nameidata *nd, int type);
/* Asks for nd->root, unless it is known; and moves there. 0 or -EXDEV. */
void nd_set_root(struct nameidata *nd);
int nd_jump_root(struct nameidata *nd);
/* Follows a symlink (whose references pass): its text, NULL when nothing is left, or ERR_PTR. */
const char *pick_link(struct nameidata *nd, const struct path *link, struct inode *inode,
		      bool trailing);
/* The text of the link that was picked last is not needed any more. */
void put_link(struct nameidata *nd);
int complete_walk(struct nameidata *nd);
void terminate_walk(struct nameidata *nd);
int path_lookupat(struct nameidata *nd, unsigned int flags, struct path *path);
/* What the cache knows (and its file system confirms), or NULL, or ERR_PTR. => not locked */
struct dentry *lookup_cached(struct dentry *dir, const struct qstr *name, unsigned int flags);
struct dentry *lookup_fast(struct nameidata *nd);
/* => dir locked; an answer from the cache or the file system */
struct dentry *lookup_locked(const struct qstr *name, struct dentry *dir, unsigned int flags);
int filename_parentat(int dfd, struct filename *name, unsigned int flags, struct path *parent,
		      struct qstr *last, int *type);

/* permission.c: the checks before a name is made or taken away. => dir locked */
int may_create(struct inode *dir, struct dentry *child);
/* fs.protected_*: 0, or -EACCES, -EPERM. The folder is the link's, or the file's. */
int may_follow_link(const struct inode *dir, const struct inode *link);
int may_linkat(struct inode *inode);
int may_create_in_sticky(const struct inode *dir, const struct inode *inode);
int may_delete(struct inode *dir, struct dentry *victim, bool isdir);
/* The mode of a new file: umask, and setgid as the folder has it. */
umode_t mode_strip(const struct inode *dir, umode_t mode);

#endif
