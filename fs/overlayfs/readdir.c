/* SPDX-License-Identifier: MIT */
/*
 * Reading folders.
 *
 * A folder with one part is read there; numbers are made the overlay's, whiteouts are left out.
 * A merged folder is read whole, part by part, into a list without doubles; an entry's place in
 * it is the position of getdents. The list hangs on the inode and is used again until a name in
 * the folder changes; who reads keeps the list that he began with, until he rewinds.
 */
#include <fs/dentry.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/libfs.h>
#include <fs/namei.h>
#include <kern/err.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <lib/list.h>
#include <lib/rbtree.h>
#include <lib/string.h>
#include <linux/fs.h>
#include <mm/slab.h>

#include "internal.h"

struct ovl_entry {
	struct list_head link;
	struct rb_node node;
	u64 ino;
	unsigned int type;
	bool whiteout;
	bool upper;		/* its number may be another's: see entry_ino() */
	int len;
	char name[];
};

struct ovl_dir_cache {
	unsigned int refs;	/* ovl_inode.lock */
	u64 version;
	struct list_head entries;
	struct rb_root names;
};

/* private_data of an open folder */
struct ovl_dir_file {
	struct file *real;		/* of a folder with one part, or the topmost */
	bool listed;			/* f_pos_lock: reads the list: settled at position 0 */
	struct ovl_dir_cache *cache;	/* the folder's i_rwsem (shared) and f_pos_lock */
	struct ovl_entry *cursor;	/* the entry at ... */
	loff_t cursor_pos;		/* ... this position */
};

/* ---- reading one part ---- */

struct name_reader {
	struct dir_context ctx;
	struct list_head *list;
	struct rb_root *names;	/* NULL: doubles cannot be */
	const struct ovl_fs *ofs;
	unsigned int fsid;
	bool upper;
	bool whiteouts;		/* some entry may be one */
	int error;
};

static struct ovl_entry *find_name(struct rb_root *root, const char *name, int len,
				   struct rb_node ***link, struct rb_node **parent)
{
	struct rb_node **p = &root->rb_node;

	*parent = NULL;
	while (*p) {
		struct ovl_entry *e = rb_entry(*p, struct ovl_entry, node);
		int cmp = memcmp(name, e->name, min(len, e->len));

		if (!cmp)
			cmp = len - e->len;
		if (!cmp)
			return e;
		*parent = *p;
		p = cmp < 0 ? &(*p)->rb_left : &(*p)->rb_right;
	}
	*link = p;
	return NULL;
}

static bool take_name(struct dir_context *ctx, const char *name, int len, loff_t offset, u64 ino,
		      unsigned int type)
{
	struct name_reader *r = container_of(ctx, struct name_reader, ctx);
	struct rb_node **link = NULL, *parent = NULL;
	struct ovl_entry *e;

	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return true;
	if (r->names && find_name(r->names, name, len, &link, &parent))
		return true;
	e = kmalloc(sizeof(*e) + len + 1, GFP_KERNEL);
	if (!e) {
		r->error = -ENOMEM;
		return false;
	}
	e->ino = ovl_map_ino(r->ofs, ino, r->fsid);
	e->type = type;
	e->upper = r->upper;
	e->len = len;
	memcpy(e->name, name, len);
	e->name[len] = '\0';
	/* Until it has been looked at: see sort_whiteouts(). */
	e->whiteout = type == DT_CHR;
	r->whiteouts |= e->whiteout;
	if (r->names) {
		rb_link_node(&e->node, parent, link);
		rb_insert_color(&e->node, r->names);
	}
	list_add_tail(&e->link, r->list);
	return true;
}

static bool is_whiteout(struct dentry *dir, const char *name, int len)
{
	struct dentry *child = ovl_lookup_real(dir, name, len);
	bool yes;

	if (IS_ERR(child))
		return false;
	yes = d_is_positive(child) && IS_WHITEOUT(d_inode(child));
	dput(child);
	return yes;
}

/* Only after the folder is read: a lookup may have to lock it. */
static void sort_whiteouts(struct dentry *dir, struct list_head *list, struct list_head *from)
{
	struct list_head *p;

	for (p = from->next; p != list; p = p->next) {
		struct ovl_entry *e = list_entry(p, struct ovl_entry, link);

		if (e->whiteout)
			e->whiteout = is_whiteout(dir, e->name, e->len);
	}
}

/* Reads all names of a layer's folder. => mounter's rights */
static int read_part(const struct path *path, struct name_reader *r)
{
	struct list_head *from = r->list->prev;
	struct file *file = dentry_open(path, O_RDONLY | O_DIRECTORY | O_NOATIME, current_cred());
	loff_t before;
	int error;

	if (IS_ERR(file))
		return PTR_ERR(file);
	r->ctx.actor = take_name;
	r->whiteouts = false;
	r->error = 0;
	do {
		before = file->f_pos;
		r->ctx.pos = before;
		error = iterate_dir(file, &r->ctx);
		if (!error)
			error = r->error;
	} while (!error && file->f_pos != before);
	fput(file);
	if (!error && r->whiteouts)
		sort_whiteouts(path->dentry, r->list, from);
	return error;
}

static void free_entries(struct list_head *list)
{
	struct ovl_entry *e, *n;

	list_for_each_entry_safe(e, n, list, link) {
		list_del(&e->link);
		kfree(e);
	}
}

/* Reads all parts, without doubles. => mounter's rights */
static int read_merged(struct inode *dir, struct list_head *list, struct rb_root *names)
{
	struct ovl_inode *oi = OVL_I(dir);
	struct name_reader r = { .list = list, .names = names, .ofs = OVL_FS(dir->i_sb) };
	struct path path;
	unsigned int i;
	int error = 0;

	if (ovl_inode_upper(dir)) {
		ovl_path_upper(dir, &path);
		r.upper = true;
		r.fsid = r.ofs->layers[0].fsid;
		error = read_part(&path, &r);
	}
	r.upper = false;
	for (i = 0; !error && i < oi->numlower; i++) {
		path.mnt = oi->lower[i].layer->mnt;
		path.dentry = oi->lower[i].dentry;
		r.fsid = oi->lower[i].layer->fsid;
		error = read_part(&path, &r);
	}
	return error;
}

int ovl_check_empty_dir(struct dentry *dentry)
{
	struct rb_root names = RB_ROOT;
	struct ovl_entry *e;
	LIST_HEAD(list);
	int error = read_merged(d_inode(dentry), &list, &names);

	if (!error)
		list_for_each_entry(e, &list, link)
			if (!e->whiteout) {
				error = -ENOTEMPTY;
				break;
			}
	free_entries(&list);
	return error;
}

int ovl_for_each_name(const struct path *dir, int (*fn)(void *arg, const char *name, int len,
							 unsigned int type), void *arg)
{
	static const struct ovl_fs no_fs;	/* numbers do not matter here */
	struct ovl_entry *e;
	LIST_HEAD(list);
	struct name_reader r = { .list = &list, .ofs = &no_fs };
	int error = read_part(dir, &r);

	list_for_each_entry(e, &list, link) {
		if (error)
			break;
		error = fn(arg, e->name, e->len, e->type);
	}
	free_entries(&list);
	return error;
}

/* ---- the list of a merged folder ---- */

static void put_cache(struct inode *dir, struct ovl_dir_cache *cache)
{
	bool last;

	if (!cache)
		return;
	mutex_lock(&OVL_I(dir)->lock);
	last = !--cache->refs;
	mutex_unlock(&OVL_I(dir)->lock);
	if (last) {
		free_entries(&cache->entries);
		kfree(cache);
	}
}

void ovl_dir_cache_free(struct inode *inode)
{
	struct ovl_dir_cache *cache = OVL_I(inode)->cache;

	OVL_I(inode)->cache = NULL;
	put_cache(inode, cache);
}

static struct ovl_dir_cache *new_cache(struct inode *dir)
{
	struct ovl_dir_cache *cache = kzalloc(sizeof(*cache), GFP_KERNEL);
	const struct cred *old;
	int error;

	if (!cache)
		return ERR_PTR(-ENOMEM);
	cache->refs = 2;	/* the inode's and the reader's */
	cache->version = OVL_I(dir)->version;
	INIT_LIST_HEAD(&cache->entries);
	cache->names = RB_ROOT;
	old = ovl_override_creds(dir->i_sb);
	error = read_merged(dir, &cache->entries, &cache->names);
	revert_creds(old);
	if (!error)
		return cache;
	free_entries(&cache->entries);
	kfree(cache);
	return ERR_PTR(error);
}

/* The folder's list, current, with a reference. => the folder's i_rwsem held shared */
static struct ovl_dir_cache *get_cache(struct inode *dir)
{
	struct ovl_inode *oi = OVL_I(dir);
	struct ovl_dir_cache *cache, *stale = NULL;

	mutex_lock(&oi->lock);
	cache = oi->cache;
	if (cache && cache->version == oi->version) {
		cache->refs++;
	} else {
		oi->cache = NULL;
		stale = cache;
		cache = new_cache(dir);
		if (!IS_ERR(cache))
			oi->cache = cache;
	}
	mutex_unlock(&oi->lock);
	put_cache(dir, stale);
	return cache;
}

/* ---- numbers ---- */

/* A folder that merges has the number of its topmost lower part; 0: there is none. */
static u64 lower_dir_ino(struct inode *dir, const char *name, int len)
{
	const struct ovl_inode *oi = OVL_I(dir);
	unsigned int i;

	for (i = 0; i < oi->numlower; i++) {
		struct dentry *child = ovl_lookup_real(oi->lower[i].dentry, name, len);
		u64 ino = 0;

		if (IS_ERR(child))
			continue;
		if (d_is_positive(child))
			ino = d_is_dir(child) ? d_inode(child)->i_ino : ~0ULL;
		dput(child);
		if (ino == ~0ULL)
			return 0;
		if (ino)
			return ovl_map_ino(OVL_FS(dir->i_sb), ino, oi->lower[i].layer->fsid);
	}
	return 0;
}

/* What stat() says of an entry of the upper folder: from where it was copied up. */
static u64 entry_ino(struct inode *dir, const char *name, int len, unsigned int type, u64 ino)
{
	const struct ovl_fs *ofs = OVL_FS(dir->i_sb);
	const struct cred *old;
	struct dentry *child;
	struct ovl_origin origin;
	u64 below;

	if (!ovl_is_impure(dir) && (type != DT_DIR || !ovl_dir_has_lower(dir)))
		return ino;
	old = ovl_override_creds(dir->i_sb);
	child = ovl_lookup_real(ovl_inode_upper(dir), name, len);
	if (!IS_ERR(child)) {
		if (d_is_positive(child) && ovl_get_origin(ofs, child, &origin))
			ino = ovl_map_ino(ofs, origin.ino, origin.fsid);
		else if (type == DT_DIR && !ovl_is_opaque(ofs, child) &&
			 (below = lower_dir_ino(dir, name, len)))
			ino = below;
		dput(child);
	}
	revert_creds(old);
	return ino;
}

/* ---- folders with one part ---- */

struct translator {
	struct dir_context ctx;
	struct dir_context *user;
	struct file *file;
	unsigned int fsid;
	/* A device that may be a whiteout ends the walk: it is looked at with the folder unlocked. */
	bool stopped;
	loff_t judged_pos;	/* the one that was looked at, ... */
	bool judged_whiteout;	/* ... and what it is */
	int len;
	char name[NAME_MAX_LEN + 1];
};

/* Parent and self are the overlay's; all others' numbers are mapped. */
static bool translate(struct dir_context *ctx, const char *name, int len, loff_t offset, u64 ino,
		      unsigned int type)
{
	struct translator *t = container_of(ctx, struct translator, ctx);
	struct inode *dir = file_inode(t->file);

	t->user->pos = offset;
	if (name[0] == '.' && len == 1)
		return dir_emit_dot(t->file, t->user);
	if (name[0] == '.' && len == 2 && name[1] == '.')
		return dir_emit_dotdot(t->file, t->user);
	if (type == DT_CHR && t->judged_pos != offset) {
		t->stopped = true;
		t->judged_pos = offset;
		t->len = len;
		memcpy(t->name, name, len);
		return false;
	}
	if (type == DT_CHR && t->judged_whiteout)
		return true;
	return dir_emit(t->user, name, len, ovl_map_ino(OVL_FS(dir->i_sb), ino, t->fsid), type);
}

static int iterate_real(struct file *file, struct dir_context *ctx)
{
	struct ovl_dir_file *of = file->private_data;
	struct inode *dir = file_inode(file);
	struct translator t = {
		.ctx.actor = translate,
		.user = ctx,
		.judged_pos = -1,
		.file = file,
		.fsid = ovl_inode_upper(dir) ? OVL_FS(dir->i_sb)->layers[0].fsid :
			OVL_I(dir)->lower[0].layer->fsid,
	};
	const struct cred *old = ovl_override_creds(dir->i_sb);
	int error;

	of->real->f_pos = ctx->pos;
	do {
		t.stopped = false;
		error = iterate_dir(of->real, &t.ctx);
		if (t.stopped && !error)
			t.judged_whiteout = is_whiteout(file_dentry(of->real), t.name, t.len);
	} while (t.stopped && !error);
	revert_creds(old);
	ctx->pos = of->real->f_pos;
	return error;
}

/* ---- merged folders ---- */

/* The entry at a position, or NULL at the end. */
static struct ovl_entry *seek(struct ovl_dir_file *of, loff_t pos)
{
	struct list_head *p = &of->cache->entries;
	loff_t at = 1;

	if (of->cursor && of->cursor_pos <= pos) {
		p = &of->cursor->link;
		at = of->cursor_pos;
	}
	while (at < pos) {
		p = p->next;
		if (p == &of->cache->entries)
			return NULL;
		at++;
	}
	if (p == &of->cache->entries)
		return NULL;
	of->cursor = list_entry(p, struct ovl_entry, link);
	of->cursor_pos = pos;
	return of->cursor;
}

static int iterate_merged(struct file *file, struct dir_context *ctx)
{
	struct ovl_dir_file *of = file->private_data;
	struct inode *dir = file_inode(file);
	struct ovl_entry *e;

	if (!of->cache || (!ctx->pos && of->cache->version != OVL_I(dir)->version)) {
		struct ovl_dir_cache *cache = get_cache(dir);

		if (IS_ERR(cache))
			return PTR_ERR(cache);
		put_cache(dir, of->cache);
		of->cache = cache;
		of->cursor = NULL;
	}
	if (!dir_emit_dots(file, ctx))
		return 0;
	while ((e = seek(of, ctx->pos))) {
		u64 ino = e->ino;

		if (!e->whiteout) {
			if (e->upper)
				ino = entry_ino(dir, e->name, e->len, e->type, ino);
			if (!dir_emit(ctx, e->name, e->len, ino, e->type))
				break;
		}
		ctx->pos++;
	}
	return 0;
}

/* One part, and nothing in it that must be looked at. */
static bool reads_real(struct inode *dir)
{
	const struct ovl_inode *oi = OVL_I(dir);

	if (ovl_inode_upper(dir))
		return !oi->numlower && !ovl_is_impure(dir);
	return oi->numlower == 1;
}

static int ovl_iterate(struct file *file, struct dir_context *ctx)
{
	struct ovl_dir_file *of = file->private_data;
	struct inode *dir = file_inode(file);

	/* Positions mean something else in the list: who began one way goes on with it. */
	if (!ctx->pos)
		of->listed = !reads_real(dir) || file_inode(of->real) != ovl_inode_real(dir);
	return of->listed ? iterate_merged(file, ctx) : iterate_real(file, ctx);
}

static int ovl_dir_open(struct inode *inode, struct file *file)
{
	struct ovl_dir_file *of = kzalloc(sizeof(*of), GFP_KERNEL);
	struct path real;

	if (!of)
		return -ENOMEM;
	ovl_path_real(inode, &real);
	of->real = ovl_open_realfile(file, &real);
	if (IS_ERR(of->real)) {
		int error = PTR_ERR(of->real);

		kfree(of);
		return error;
	}
	of->listed = !reads_real(inode);
	file->private_data = of;
	return 0;
}

static int ovl_dir_release(struct inode *inode, struct file *file)
{
	struct ovl_dir_file *of = file->private_data;

	put_cache(inode, of->cache);
	fput(of->real);
	kfree(of);
	return 0;
}

/* Names are changed in the upper part only. */
static int ovl_dir_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct inode *inode = file_inode(file);
	struct path upper;
	struct file *real;
	int error;

	if (OVL_FS(inode->i_sb)->is_volatile || !ovl_inode_upper(inode))
		return 0;
	ovl_path_upper(inode, &upper);
	real = ovl_open_realfile(file, &upper);
	if (IS_ERR(real))
		return PTR_ERR(real);
	error = real->f_op->fsync ? real->f_op->fsync(real, start, end, datasync) : -EINVAL;
	fput(real);
	return error;
}

const struct file_operations ovl_dir_operations = {
	.open = ovl_dir_open,
	.release = ovl_dir_release,
	.llseek = dcache_dir_lseek,
	.read = generic_read_dir,
	.iterate_shared = ovl_iterate,
	.fsync = ovl_dir_fsync,
};
