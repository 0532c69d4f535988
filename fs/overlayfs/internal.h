/* SPDX-License-Identifier: MIT */
/* What the files of overlayfs share. See super.c for how it works. */
#ifndef FS_OVERLAYFS_INTERNAL_H
#define FS_OVERLAYFS_INTERNAL_H

#include <fs/dentry.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <fs/path.h>
#include <fs/super.h>
#include <kern/barrier.h>
#include <kern/cred.h>
#include <kern/mutex.h>
#include <kern/types.h>

struct file;
struct file_operations;
struct seq_file;
struct xattr_handler;

#define OVL_MAX_LAYERS 500

/* One folder that the overlay is made of. */
struct ovl_layer {
	struct vfsmount *mnt;		/* i: private; NULL for the missing upper one */
	unsigned int fsid;		/* i: which of the distinct file systems: ovl_fs.numfs */
	char *name;			/* i: as given, for show_options() */
};

enum ovl_redirect { OVL_REDIRECT_OFF, OVL_REDIRECT_FOLLOW, OVL_REDIRECT_NOFOLLOW, OVL_REDIRECT_ON };
enum ovl_xino { OVL_XINO_OFF, OVL_XINO_AUTO, OVL_XINO_ON };

/* One mount. All (i) constant after mounting. */
struct ovl_fs {
	unsigned int numlayer;		/* layers[0] is the upper one, [1] the topmost lower */
	struct ovl_layer *layers;
	unsigned int numfs;		/* distinct super blocks among the layers */
	struct dentry *workdir;		/* NULL: read-only. Files are made whole here */
	struct dentry *indexdir;	/* NULL: copies of linked files part; see index.c */
	struct mutex index_lock;
	const struct cred *creator_cred;	/* layers are used with the mounter's rights */
	bool creator_overrides;		/* which include all of CAP_DAC_OVERRIDE */
	bool tmpfile;			/* the upper file system has O_TMPFILE */
	bool xattr;			/* and extended attributes */
	char *upperdir, *workdir_name;	/* as given */
	enum ovl_redirect redirect;
	enum ovl_xino xino;
	bool userxattr, is_volatile, default_permissions, index;
	atomic_t temp_id;		/* names in workdir */
};

/* A folder or file in one layer. */
struct ovl_path {
	const struct ovl_layer *layer;
	struct dentry *dentry;		/* reference */
};

/*
 * "origin": in the frame that Linux uses for file handles, with a handle of our own kind in it:
 * the number of the file that was copied up, and of its file system among the layers'.
 */
struct ovl_origin {
	u8 version;		/* 0 */
	u8 magic;		/* 0xfb */
	u8 len;			/* of all of this */
	u8 flags;
	u8 type;		/* the kind of handle */
	u8 uuid[16];		/* zero */
	u8 fsid;
	u32 dev;		/* st_dev, if not the file system's own */
	u64 ino;
} __attribute__((packed));

/* ovl_inode.flags */
enum { OVL_IMPURE, OVL_INDEXED };

/*
 * A file of the overlay: what stands for it in the layers.
 *   (i) constant   (l) lock for writing, read with acquire   (w) i_rwsem of the inode
 */
struct ovl_inode {
	struct dentry *upper;		/* l: set once; reference */
	unsigned int numlower;		/* i */
	struct ovl_path *lower;		/* i: top to bottom; a file has one at most */
	char *redirect;			/* w: where a folder's lower parts are looked for */
	int nlink_offset;		/* l: of an indexed file: see index.c */
	unsigned long flags;
	u64 version;			/* w: counts changes of a folder: makes caches stale */
	struct ovl_dir_cache *cache;	/* l: of a merged folder, or NULL */
	struct mutex lock;		/* one copy-up at a time */
	struct inode vfs_inode;
};

static inline struct ovl_inode *OVL_I(const struct inode *inode)
{
	return container_of(inode, struct ovl_inode, vfs_inode);
}

static inline struct ovl_fs *OVL_FS(const struct super_block *sb)
{
	return sb->s_fs_info;
}

static inline struct vfsmount *ovl_upper_mnt(const struct ovl_fs *ofs)
{
	return ofs->layers[0].mnt;
}

static inline struct dentry *ovl_inode_upper(const struct inode *inode)
{
	return smp_load_acquire(&OVL_I(inode)->upper);
}

static inline struct dentry *ovl_dentry_upper(const struct dentry *dentry)
{
	return ovl_inode_upper(d_inode(dentry));
}

/* A folder of which there is more than one part, or a part below. */
static inline bool ovl_dir_has_lower(const struct inode *inode)
{
	return OVL_I(inode)->numlower > 0;
}

/* dentry->d_fsdata */
#define OVL_D_WHITEOUT	((void *)1UL)
#define OVL_D_UPPER	((void *)2UL)

/*
 * A negative entry that hides a lower file: its upper folder holds a whiteout.
 * => guarded by the parent's i_rwsem
 */
static inline bool ovl_dentry_is_whiteout(const struct dentry *dentry)
{
	return dentry->d_fsdata == OVL_D_WHITEOUT;
}

static inline void ovl_dentry_set_whiteout(struct dentry *dentry, bool yes)
{
	dentry->d_fsdata = yes ? OVL_D_WHITEOUT : NULL;
}

static inline bool ovl_is_indexed(const struct inode *inode)
{
	return test_bit(OVL_INDEXED, &OVL_I(inode)->flags);
}

/* The name of an indexed file is in the upper layer. => ovl_inode.lock, or not visible yet */
static inline void ovl_dentry_set_upper_name(struct dentry *dentry)
{
	smp_store_release(&dentry->d_fsdata, OVL_D_UPPER);
}

/* The upper file under this very name: an indexed file may have a copy and not this name. */
static inline struct dentry *ovl_dentry_upper_name(const struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);

	if (ovl_is_indexed(inode) && smp_load_acquire(&dentry->d_fsdata) != OVL_D_UPPER)
		return NULL;
	return ovl_inode_upper(inode);
}

static inline bool ovl_is_samefs(const struct ovl_fs *ofs)
{
	return ofs->numfs <= 1;
}

/* ---- util.c ---- */

/* Act with the mounter's rights; what revert_creds() wants. */
const struct cred *ovl_override_creds(struct super_block *sb);
/* The layer's file that stands for an inode now, the topmost one. References stay the inode's. */
void ovl_path_real(const struct inode *inode, struct path *path);
struct inode *ovl_inode_real(const struct inode *inode);
void ovl_path_upper(const struct inode *inode, struct path *path);
bool ovl_is_private_xattr(const struct ovl_fs *ofs, const char *name);
/* The overlay's own attributes ("opaque", "redirect", ...) of a layer's file. */
ssize_t ovl_get_own_xattr(const struct ovl_fs *ofs, struct dentry *real, const char *name,
			  void *value, size_t size);
int ovl_set_own_xattr(const struct ovl_fs *ofs, struct dentry *real, const char *name,
		      const void *value, size_t size);
bool ovl_is_opaque(const struct ovl_fs *ofs, struct dentry *real);
int ovl_set_opaque(const struct ovl_fs *ofs, struct dentry *upper);
/* Does an upper folder hold files whose numbers are those of files below? */
bool ovl_is_impure(struct inode *dir);
int ovl_set_impure(struct inode *dir, struct dentry *upper);
/* Attributes of the real inode, for permission checks and sizes. */
void ovl_copyattr(struct inode *inode);
/* After names of a folder changed: its times, and a new version. => i_rwsem held */
void ovl_dir_modified(struct inode *dir, bool impurity);
/* Where a file was copied up from: its number, for st_ino. 0 or an errno. */
int ovl_make_origin(const struct ovl_path *lower, struct ovl_origin *origin);
int ovl_set_origin(const struct ovl_fs *ofs, struct dentry *upper, const struct ovl_path *lower);
bool ovl_get_origin(const struct ovl_fs *ofs, struct dentry *upper, struct ovl_origin *origin);
/* The number that users see for a layer's file. */
u64 ovl_map_ino(const struct ovl_fs *ofs, u64 ino, unsigned int fsid);

/* ---- inode.c ---- */

/*
 * The inode for these parts: the one that stands for them already, or a new one. Eats the
 * references and `lower` itself (kfree), also on failure. ERR_PTR.
 */
struct inode *ovl_get_inode(struct super_block *sb, struct dentry *upper, struct ovl_path *lower,
			    unsigned int numlower, char *redirect);
struct inode *ovl_new_inode(struct super_block *sb, umode_t mode, dev_t rdev);
/* A new name's inode: enters `upper` (reference eaten) and makes the inode findable. */
void ovl_inode_init_upper(struct inode *inode, struct dentry *upper);
/* After copy-up: the upper file stands for the inode from now on (reference eaten). */
void ovl_inode_set_upper(struct inode *inode, struct dentry *upper, bool broken_link);
int ovl_permission(struct inode *inode, int mask);
int ovl_setattr(struct dentry *dentry, struct iattr *attr);
int ovl_getattr(const struct path *path, struct kstat *stat, u32 request_mask,
		unsigned int query_flags);
int ovl_fileattr_get(struct dentry *dentry, u32 *flags);
int ovl_fileattr_set(struct dentry *dentry, u32 flags);
ssize_t ovl_listxattr(struct dentry *dentry, char *list, size_t size);
extern const struct xattr_handler *const ovl_xattr_handlers[];
extern const struct dentry_operations ovl_dentry_revalidate_operations;
void ovl_free_parts(struct ovl_path *lower, unsigned int numlower);

/* ---- lookup.c ---- */

struct dentry *ovl_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags);
/* A name of a layer's folder: its (perhaps negative) dentry. => not locked, mounter's rights */
struct dentry *ovl_lookup_real(struct dentry *dir, const char *name, unsigned int len);
/* Is there something below the upper layer at this name? 1, 0 or an errno. */
int ovl_lower_positive(struct dentry *dentry);

/* ---- dir.c, rename.c ---- */

extern const struct inode_operations ovl_dir_inode_operations;
int ovl_rename(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
	       struct dentry *new, unsigned int flags);
/* After an inode lost a name, which was in the upper layer or was not. */
void ovl_name_went(struct inode *inode, bool had_upper_name);
/* Replaces an empty merged folder by an opaque one, before something takes its place. */
struct dentry *ovl_clear_empty(struct dentry *dentry);
int ovl_check_empty(struct dentry *dentry);

/* ---- upper.c; => mounter's rights ---- */

/* What a new file is to be. */
struct ovl_cattr {
	umode_t mode;
	dev_t rdev;
	const char *link;		/* symlink */
	struct dentry *hardlink;	/* upper dentry of an existing file */
};
/* Makes it at a negative upper dentry, a folder opaque if need be. => upper folder locked */
int ovl_create_real(struct inode *udir, struct dentry *udentry, const struct ovl_cattr *attr);
/* A new name in workdir. => workdir locked; ERR_PTR */
struct dentry *ovl_lookup_temp(struct ovl_fs *ofs);
struct dentry *ovl_create_temp(struct ovl_fs *ofs, const struct ovl_cattr *attr);
/* Removes an upper file that is not wanted any more. => its folder locked */
int ovl_cleanup(struct inode *udir, struct dentry *udentry);
struct dentry *ovl_whiteout(struct ovl_fs *ofs);
/* An empty merged folder: whiteouts in its upper part go. => mounter's rights */
int ovl_cleanup_whiteouts(struct ovl_fs *ofs, struct dentry *upper);
/* Takes a folder in workdir apart; what fails stays until the next mount. => not locked */
void ovl_dispose_dir(struct ovl_fs *ofs, struct dentry *upper);
int ovl_do_rename(struct dentry *old, struct dentry *old_dir, struct dentry *new,
		  struct dentry *new_dir, unsigned int flags);
/* Locks workdir and an upper folder; -EIO when one is below the other. */
int ovl_lock_rename_workdir(struct dentry *workdir, struct dentry *upperdir);
/* The upper dentry of a name and a check that it still is `expect`. => upper folder locked */
struct dentry *ovl_lookup_upper(struct dentry *upperdir, const struct dentry *dentry);

/* ---- readdir.c ---- */

extern const struct file_operations ovl_dir_operations;
void ovl_dir_cache_free(struct inode *inode);
/* Is a folder empty but for whiteouts? 0, -ENOTEMPTY or an errno. => mounter's rights */
int ovl_check_empty_dir(struct dentry *dentry);
/* Calls fn for each name of a layer's folder, until it does not return 0. => not locked */
int ovl_for_each_name(const struct path *dir, int (*fn)(void *arg, const char *name, int len,
							 unsigned int type), void *arg);

/* ---- copy_up.c ---- */

/* Brings a file, and the folders above it, to the upper layer. => not locked; may sleep */
int ovl_copy_up(struct dentry *dentry);
/* The same without its data when the open truncates. */
int ovl_copy_up_for_open(struct dentry *dentry, unsigned int flags);
int ovl_copy_up_for_size(struct dentry *dentry, loff_t size);

/* ---- index.c ---- */

/* Is this the lower file of which an index keeps the names together? => mounter's rights */
bool ovl_wants_index(const struct ovl_fs *ofs, const struct ovl_path *lower);
/* As ovl_get_inode(), for the one lower part of such a file. => mounter's rights */
struct inode *ovl_get_indexed_inode(struct super_block *sb, struct ovl_path *lower);
/* How many names more than its upper file a file has; false: it is not indexed. */
bool ovl_index_offset(const struct ovl_fs *ofs, struct dentry *upper, int *offset);
/*
 * The copy becomes the entry and the inode's upper file. `unnamed`: it is an O_TMPFILE, else it is in
 * workdir. => ovl_inode.lock, mounter's rights; 0 or an errno
 */
int ovl_index_copy(struct inode *inode, struct dentry *temp, bool unnamed);
/* Links the copy to a name that is lower only. => ovl_inode.lock, mounter's rights */
int ovl_index_link(struct dentry *dentry, struct dentry *upperdir);
/* After a name of an indexed file was removed or replaced. => parent's i_rwsem */
void ovl_index_name_went(struct inode *inode, bool had_upper_name);
/* An index that was made for other lower layers: -ESTALE. */
int ovl_index_verify(const struct ovl_fs *ofs);

/* ---- file.c ---- */

extern const struct file_operations ovl_file_operations;
extern const struct address_space_operations ovl_aops;
struct file *ovl_open_realfile(const struct file *file, const struct path *real);

/* ---- params.c ---- */

/* Reads mount options into ofs; the layers' names as they stand. 0 or an errno. */
int ovl_parse_options(struct ovl_fs *ofs, char *options, char ***lower, unsigned int *numlower);
int ovl_show_options(struct seq_file *m, struct dentry *root);

#endif
