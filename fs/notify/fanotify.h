/* SPDX-License-Identifier: MIT */
/*
 * The parts of fanotify: marks (fanotify_mark.c), who is told of an event (fanotify_event.c), its
 * information records (fanotify_info.c), the queue and permissions (fanotify_queue.c), the
 * descriptor (fanotify_file.c), the system calls (fanotify.c).
 *
 * A group is one descriptor. A mark joins it to an inode, a mount or a super block, and says what
 * it wants to hear and what it does not. An event gathers the groups by the marks on all that it
 * is about, and then goes to each, those that may forbid first.
 *
 * Lock order: fanotify_lock and group->lock are not held together; nothing is taken inside them.
 */
#ifndef FS_NOTIFY_FANOTIFY_H
#define FS_NOTIFY_FANOTIFY_H

#include <fs/inode.h>
#include <fs/notify.h>
#include <fs/path.h>
#include <kern/refcount.h>
#include <kern/spinlock.h>
#include <kern/wait.h>
#include <lib/list.h>
#include <linux/fanotify.h>

struct pid;
struct ucounts;
struct vfsmount;

#define FAN_FID_BITS	(FAN_REPORT_FID | FAN_REPORT_DIR_FID | FAN_REPORT_NAME | \
			 FAN_REPORT_TARGET_FID)
#define FAN_FLAG_BITS	(FAN_ONDIR | FAN_EVENT_ON_CHILD)
#define FAN_PERM_BITS	(FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM)
/* Reported with the folder in which a name changed. */
#define FAN_DIRENT_BITS	(FAN_CREATE | FAN_DELETE | FAN_MOVE | FAN_RENAME)
/* About an open file: a group may get a descriptor for it. */
#define FAN_FD_BITS	(FAN_ACCESS | FAN_MODIFY | FAN_CLOSE | FAN_OPEN | FAN_OPEN_EXEC | FAN_PERM_BITS)
#define FAN_EVENT_BITS	(FAN_FD_BITS | FAN_DIRENT_BITS | FAN_ATTRIB | FAN_DELETE_SELF | \
			 FAN_MOVE_SELF | FAN_FS_ERROR)
/* A folder hears of these from the files in it. */
#define FAN_CHILD_BITS	(FAN_FD_BITS | FAN_ATTRIB)

/* group->flags, beside those of fanotify_init(): made by an unprivileged user. */
#define FAN_GROUP_UNPRIV 0x80000000u

/*
 * One descriptor. Lives while its file or an event on its way holds it.
 *   (i) constant   (l) lock   (m) fanotify_lock
 */
struct fanotify_group {
	refcount_t refs;
	unsigned int flags;		/* i: of fanotify_init() */
	unsigned int f_flags;		/* i: of the files that events open */
	unsigned int max_events;	/* i */
	struct ucounts *ucounts;	/* i: counted */
	struct list_head marks;		/* m: by group_link */
	spinlock_t lock;
	struct list_head events;	/* l: to be read */
	struct list_head asked;		/* l: read, and waiting for an answer */
	unsigned int nr_events;		/* l */
	bool overflowed;		/* l: the overflow event is in the queue */
	bool closed;			/* l: nothing is queued any more */
	struct fanotify_event *overflow; /* i */
	wait_queue_head_t readers;
	wait_queue_head_t answers;
};

/* What a mark, or the look of an event at one, is about. */
enum fan_object { FAN_THE_INODE, FAN_THE_PARENT, FAN_THE_NEW_DIR, FAN_THE_MOUNT, FAN_THE_SUPER };

/*
 * A mark holds its inode (if not FAN_MARK_EVICTABLE) and neither mount nor super block: those end
 * their marks when they go.
 *   (i) constant   (m) fanotify_lock
 */
struct fanotify_mark {
	struct hlist_node object_link;	/* m */
	struct list_head group_link;	/* m: in group->marks */
	struct fanotify_group *group;	/* i */
	enum fan_object type;		/* i */
	union {
		struct inode *inode;	/* i */
		struct vfsmount *mnt;
		struct super_block *sb;
	};
	struct hlist_head *head;	/* i: the object's list of marks */
	u32 mask, ignore;		/* m: FAN_* */
	unsigned int flags;		/* m: FAN_MARK_EVICTABLE, _IGNORE, _IGNORED_SURV_MODIFY */
	__kernel_fsid_t fsid;		/* i: of a group that reports file handles */
	struct ucounts *ucounts;	/* i: NULL: not counted */
};

enum fan_state { FAN_QUEUED, FAN_REPORTED, FAN_ANSWERED, FAN_CANCELED };

/*
 * One event. Belongs to the queue and then to its reader; a permission event belongs to who waits
 * for the answer, unless he was killed after it was read (FAN_CANCELED): then to who answers.
 *   (i) constant once queued   (l) group->lock
 */
struct fanotify_event {
	struct list_head link;		/* l */
	u32 mask;			/* l: merged */
	u32 hash;			/* i */
	struct pid *pid;		/* i: NULL: nobody */
	struct path path;		/* i: mnt NULL: none */
	enum fan_state state;		/* l */
	int fd;				/* l: by which it will be answered */
	unsigned int response;		/* l: FAN_ALLOW, FAN_DENY */
	unsigned int info_len;		/* i */
	u8 info[];			/* records as they are read; i, but l: the first's type */
};

/* What has happened. */
struct fan_what {
	u32 mask;			/* FAN_* */
	const struct path *path;	/* of the open file, or NULL */
	struct super_block *sb;
	struct inode *inode;		/* the file; may be NULL if a name changed */
	struct inode *dir;		/* the folder that it is in, or NULL */
	const struct qstr *name;	/* there */
	struct inode *new_dir;		/* FAN_RENAME */
	const struct qstr *new_name;
};

/* A group that is to hear of an event, with a reference. */
struct fan_hit {
	struct fanotify_group *group;
	u32 mask, ignore;		/* of all its marks; then mask: what it hears */
	unsigned int matched;		/* bits of enum fan_object */
	__kernel_fsid_t fsid;
};

/* ---- fanotify_mark.c ---- */

extern spinlock_t fanotify_lock;
/* Ends all marks of a group; of one type if `all` is false. => may sleep */
void fanotify_flush_marks(struct fanotify_group *group, enum fan_object type, bool all);
/* fanotify_mark(): `want` is a mark as it is to be. 0 or an errno. => may sleep */
int fanotify_add_mark(const struct fanotify_mark *want, unsigned int flags);
int fanotify_remove_mark(const struct fanotify_mark *want, unsigned int flags, u32 hidden);

/* ---- fanotify_info.c ---- */

/* The type of a file handle (0: it has none that can be opened) and its words. */
struct fan_fid {
	int type;
	int words;
	u32 handle[32];
};
void fanotify_encode(struct inode *inode, struct fan_fid *fid);
/* An event with the records that its group wants; NULL without memory. */
struct fanotify_event *fanotify_alloc_event(const struct fan_hit *hit, const struct fan_what *what);
void fanotify_free_event(struct fanotify_event *event);

/* ---- fanotify_queue.c ---- */

void fanotify_put_group(struct fanotify_group *group);
void fanotify_queue_event(struct fanotify_group *group, struct fanotify_event *event);
/* The group loses an event: says so. */
void fanotify_queue_overflow(struct fanotify_group *group);
/* Asks, and waits for the answer: 0, -EPERM, or -ERESTARTSYS when killed. Eats the event. */
int fanotify_ask(struct fanotify_group *group, struct fanotify_event *event);
/* An answer to an event that was read. => group->lock held; true: the event is to be freed */
bool fanotify_answer(struct fanotify_event *event, unsigned int response);
/* Nothing is queued any more; who waits is let through. */
void fanotify_stop(struct fanotify_group *group);

/* ---- fanotify_file.c ---- */

extern const struct file_operations fanotify_fops;

#endif
