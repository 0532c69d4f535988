// SPDX-License-Identifier: MIT
/*
 * fanotify's events as they are made: the path of a group that wants descriptors, or records with
 * file handles and names. Which record types a group gets for which event: fanotify(7).
 */
#include <fs/mount.h>
#include <fs/super.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/sched.h>
#include <lib/jhash.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "fanotify.h"

/* Handles that nobody can open: of a file system without any, and of a file without one. */
#define FILEID_INO64_GEN 0x81
#define FILEID_INVALID	0xff

/* struct file_handle's head, which the exported headers leave to the C library. */
struct handle_head {
	u32 bytes;
	s32 type;
};

#define RECORD_HEAD (sizeof(struct fanotify_event_info_fid) + sizeof(struct handle_head))
#define MAX_RECORDS 3

void fanotify_encode(struct inode *inode, struct fan_fid *fid)
{
	const struct export_operations *op = inode->i_sb->s_export_op;

	fid->words = ARRAY_SIZE(fid->handle);
	if (op) {
		fid->type = op->encode_fh(inode, fid->handle, &fid->words);
		if (fid->type > 0 && fid->type != FILEID_INVALID)
			return;
		fid->type = FILEID_INVALID;
		fid->words = 0;
		return;
	}
	fid->type = FILEID_INO64_GEN;
	fid->words = 3;
	fid->handle[0] = inode->i_ino;
	fid->handle[1] = (u64)inode->i_ino >> 32;
	fid->handle[2] = inode->i_generation;
}

struct record {
	u8 type;
	struct inode *inode;
	const struct qstr *name;	/* or NULL */
	struct fan_fid fid;
};

struct records {
	unsigned int nr;
	struct record at[MAX_RECORDS];
};

static void add_record(struct records *records, u8 type, struct inode *inode,
		       const struct qstr *name)
{
	struct record *r = &records->at[records->nr++];

	r->type = type;
	r->inode = inode;
	r->name = name;
	fanotify_encode(inode, &r->fid);
}

static size_t record_size(const struct record *r)
{
	return ALIGN(RECORD_HEAD + r->fid.words * 4 + (r->name ? r->name->len + 1 : 0), 4);
}

/* FAN_RENAME: each of the two places by the mark that saw it; a super block's sees both. */
static void plan_rename(struct records *records, const struct fan_hit *hit,
			const struct fan_what *what)
{
	bool both = hit->matched & (1u << FAN_THE_SUPER);

	if (both || (hit->matched & (1u << FAN_THE_INODE)))
		add_record(records, FAN_EVENT_INFO_TYPE_OLD_DFID_NAME, what->dir, what->name);
	if (both || (hit->matched & (1u << FAN_THE_NEW_DIR)))
		add_record(records, FAN_EVENT_INFO_TYPE_NEW_DFID_NAME, what->new_dir,
			   what->new_name);
}

/* One record about one file. */
static void plan_single(struct records *records, unsigned int fid, u32 mask, struct inode *inode)
{
	static const struct qstr dot = QSTR_INIT(".", 1);
	bool ondir = mask & FAN_ONDIR;

	if (!inode)
		return;
	if (fid != FAN_REPORT_FID && (fid & FAN_REPORT_NAME) && ondir)
		add_record(records, FAN_EVENT_INFO_TYPE_DFID_NAME, inode, &dot);
	else if (fid != FAN_REPORT_FID && (ondir || (mask & FAN_DIRENT_BITS)))
		add_record(records, FAN_EVENT_INFO_TYPE_DFID, inode, NULL);
	else
		add_record(records, FAN_EVENT_INFO_TYPE_FID, inode, NULL);
}

static void plan(struct records *records, const struct fan_hit *hit, const struct fan_what *what)
{
	unsigned int fid = hit->group->flags & FAN_FID_BITS;
	bool dirent = hit->mask & FAN_DIRENT_BITS;
	bool is_dir = what->inode && S_ISDIR(what->inode->i_mode);
	struct inode *dir = is_dir && !dirent ? what->inode : what->dir;
	struct inode *file = dirent && !(fid & FAN_REPORT_TARGET_FID) ? what->dir : what->inode;
	bool want_child = dirent ? fid & FAN_REPORT_TARGET_FID :
			  (fid & FAN_REPORT_FID) && !(hit->mask & FAN_ONDIR);
	struct inode *child = want_child && file != dir ? file : NULL;
	bool named = (fid & FAN_REPORT_NAME) && (dirent || !(hit->mask & FAN_ONDIR));

	if (!fid)
		return;
	if (!(fid & FAN_REPORT_DIR_FID) || !dir) {
		plan_single(records, fid, hit->mask, file);
		return;
	}
	if (!child && !named) {
		plan_single(records, fid, hit->mask, dir);
		return;
	}
	if (hit->mask & FAN_RENAME)
		plan_rename(records, hit, what);
	else if (named)
		add_record(records, FAN_EVENT_INFO_TYPE_DFID_NAME, dir, what->name);
	else
		add_record(records, FAN_EVENT_INFO_TYPE_DFID, dir, NULL);
	if (child)
		add_record(records, FAN_EVENT_INFO_TYPE_FID, child, NULL);
}

/* => room for record_size() */
static u8 *put_record(u8 *at, const struct record *r, __kernel_fsid_t fsid)
{
	size_t size = record_size(r);
	struct fanotify_event_info_fid *info = (void *)at;
	struct handle_head *head = (void *)info->handle;

	memset(at, 0, size);
	info->hdr.info_type = r->type;
	info->hdr.len = size;
	info->fsid = fsid;
	head->bytes = r->fid.words * 4;
	head->type = r->fid.type;
	memcpy(head + 1, r->fid.handle, head->bytes);
	if (r->name)
		memcpy((u8 *)(head + 1) + head->bytes, r->name->name, r->name->len);
	return at + size;
}

struct fanotify_event *fanotify_alloc_event(const struct fan_hit *hit, const struct fan_what *what)
{
	struct records records = {};
	struct fanotify_event *event;
	size_t len = 0;
	u8 *at;

	plan(&records, hit, what);
	for (unsigned int i = 0; i < records.nr; i++)
		len += record_size(&records.at[i]);
	event = kzalloc(sizeof(*event) + len, GFP_KERNEL);
	if (!event)
		return NULL;
	INIT_LIST_HEAD(&event->link);
	event->mask = hit->mask;
	event->fd = FAN_NOFD;
	event->info_len = len;
	at = event->info;
	for (unsigned int i = 0; i < records.nr; i++)
		at = put_record(at, &records.at[i], hit->fsid);
	if (hit->group->flags & FAN_REPORT_TID)
		event->pid = get_pid(task_pid(current));
	else
		event->pid = get_pid(task_tgid(current));
	if (!(hit->group->flags & FAN_FID_BITS)) {
		event->path = *what->path;
		path_get(&event->path);
	}
	event->hash = jhash(event->info + 1, len ? len - 1 : 0,
			    jhash_2words((unsigned long)event->path.dentry >> 6,
					 (unsigned long)event->pid >> 6, 0));
	return event;
}

void fanotify_free_event(struct fanotify_event *event)
{
	if (event->path.mnt)
		path_put(&event->path);
	put_pid(event->pid);
	kfree(event);
}
