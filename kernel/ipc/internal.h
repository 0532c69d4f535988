/* SPDX-License-Identifier: MIT */
/* What semaphores, message queues and shared memory have in common. */
#ifndef IPC_INTERNAL_H
#define IPC_INTERNAL_H

#include <kern/ipc_namespace.h>
#include <kern/mutex.h>
#include <kern/nsproxy.h>
#include <kern/task.h>
#include <kern/types.h>
#include <kern/uidgid.h>
#include <lib/idr.h>

#include <linux/ipc.h>

struct seq_file;

#define IPC_MAX_OBJECTS 32768

/* The head of every object; guarded by the mutex of its kind. */
struct ipc_object {
	int id; /* what programs use: generation * IPC_MAX_OBJECTS + index */
	__kernel_key_t key;
	kuid_t uid, cuid;
	kgid_t gid, cgid;
	umode_t mode;
	unsigned short seq;
};

/* Limits of segments that a name space begins with. */
#define IPC_SHM_MAX	 (ULONG_MAX - (1UL << 24))
#define IPC_SHM_SEGMENTS 4096

static inline struct ipc_namespace *current_ipc_ns(void)
{
	return current->nsproxy->ipc_ns;
}

/* All => the kind's lock held. */

/* Gives the object an id and its creator; the id, -ENOSPC or -ENOMEM. */
int ipc_add(struct ipc_kind *kind, struct ipc_object *object, __kernel_key_t key, int flags);
void ipc_remove(struct ipc_kind *kind, struct ipc_object *object);
/* The object of an id, or ERR_PTR(-EINVAL), also when its place was given to another since. */
struct ipc_object *ipc_find(struct ipc_kind *kind, int id);
/* The object at an index, for the *_STAT commands; an id counts as its index. */
struct ipc_object *ipc_at_index(struct ipc_kind *kind, int index);
struct ipc_object *ipc_find_key(struct ipc_kind *kind, __kernel_key_t key);
int ipc_highest_index(struct ipc_kind *kind);
/* May the caller do what mode bits (0400, 0200, or both) ask? 0 or -EACCES. */
int ipc_permitted(const struct ipc_object *object, int mode);
/* Owner, creator or CAP_SYS_ADMIN: IPC_SET and IPC_RMID. 0 or -EPERM. */
int ipc_may_control(const struct ipc_object *object);
/* The name space ends: whoever the object belongs to, it goes. */
void sem_free_object(struct ipc_namespace *ns, struct ipc_object *object);
void msg_free_object(struct ipc_namespace *ns, struct ipc_object *object);
void shm_free_object(struct ipc_namespace *ns, struct ipc_object *object);
void ipc_fill_perm(struct ipc64_perm *out, const struct ipc_object *object);
/* IPC_SET. 0 or -EINVAL. */
int ipc_set_perm(struct ipc_object *object, const struct ipc64_perm *in);

/*
 * The common part of semget(), msgget(), shmget(): an existing object that `check` accepts, or
 * a new one from `make`. The id or -errno. Takes the lock itself.
 */
int ipc_get(struct ipc_namespace *ns, struct ipc_kind *kind, __kernel_key_t key, int flags,
	    long size, int (*check)(struct ipc_object *object, long size),
	    int (*make)(struct ipc_namespace *ns, __kernel_key_t key, int flags, long size));

#endif
