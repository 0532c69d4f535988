// SPDX-License-Identifier: MIT
/*
 * System V IPC: objects that live until they are removed, found by a key or a number.
 *
 * Each name space has a table for each kind (semaphores, message queues, shared memory), and one
 * mutex that guards the table and all objects in it; whoever waits for a change sleeps without
 * it. Objects are freed under the mutex once nobody waits in them.
 *
 * A number carries a generation, so that a program that holds the number of a removed object
 * does not get its successor.
 *
 * Lock order: mmap_lock > a kind's lock > slab and idr locks. The locks of two kinds are never
 * held together.
 */
#include <fs/proc_fs.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/task.h>
#include <lib/string.h>
#include <mm/slab.h>

#include <linux/stat.h>

#include "internal.h"

#define PERMISSION_BITS 0777

/*
 * A place in the table: the next one, or that of the number that somebody asked for by
 * /proc/sys/kernel/shm_next_id and the like, which is then in *wanted.
 */
static int new_index(struct ipc_kind *kind, struct ipc_object *object, int *wanted)
{
	int index;

	*wanted = READ_ONCE(kind->next_id);
	if (*wanted < 0)
		return idr_alloc_cyclic(&kind->objects, object, 0, IPC_MAX_OBJECTS, GFP_KERNEL);
	WRITE_ONCE(kind->next_id, -1);
	index = *wanted % IPC_MAX_OBJECTS;
	return idr_alloc(&kind->objects, object, index, index + 1, GFP_KERNEL);
}

int ipc_add(struct ipc_kind *kind, struct ipc_object *object, __kernel_key_t key, int flags)
{
	int index, wanted;

	if (kind->count >= READ_ONCE(kind->limit))
		return -ENOSPC;
	index = new_index(kind, object, &wanted);
	if (index < 0)
		return index;
	kind->count++;
	/* Indices are used in turn: only when they begin anew is another generation needed. */
	if (wanted >= 0) {
		object->seq = wanted / IPC_MAX_OBJECTS;
	} else {
		if (index <= kind->last_index)
			kind->next_seq++;
		object->seq = kind->next_seq;
		kind->last_index = index;
	}
	object->id = (object->seq & 0x7fff) * IPC_MAX_OBJECTS + index;
	object->key = key;
	object->uid = object->cuid = current_euid();
	object->gid = object->cgid = current_egid();
	object->mode = flags & PERMISSION_BITS;
	return object->id;
}

void ipc_remove(struct ipc_kind *kind, struct ipc_object *object)
{
	idr_remove(&kind->objects, object->id % IPC_MAX_OBJECTS);
	kind->count--;
}

struct ipc_object *ipc_at_index(struct ipc_kind *kind, int index)
{
	struct ipc_object *object =
		index < 0 ? NULL : idr_find(&kind->objects, index % IPC_MAX_OBJECTS);

	return object ?: ERR_PTR(-EINVAL);
}

struct ipc_object *ipc_find(struct ipc_kind *kind, int id)
{
	struct ipc_object *object;

	if (id < 0)
		return ERR_PTR(-EINVAL);
	object = ipc_at_index(kind, id);
	if (!IS_ERR(object) && object->id != id)
		return ERR_PTR(-EINVAL);
	return object;
}

struct ipc_object *ipc_find_key(struct ipc_kind *kind, __kernel_key_t key)
{
	struct ipc_object *object;
	int index;

	idr_for_each_entry(&kind->objects, object, index)
		if (object->key == key)
			return object;
	return NULL;
}

int ipc_highest_index(struct ipc_kind *kind)
{
	struct ipc_object *object;
	int index, highest = 0;

	idr_for_each_entry(&kind->objects, object, index)
		highest = index;
	return highest;
}

int ipc_permitted(const struct ipc_object *object, int mode)
{
	const struct cred *cred = current_cred();
	int granted = object->mode;
	/* The bits may stand in any of the three places. */
	int wanted = (mode >> 6 | mode >> 3 | mode) & 7;

	if (uid_eq(cred->euid, object->cuid) || uid_eq(cred->euid, object->uid))
		granted >>= 6;
	else if (in_egroup_p(object->cgid) || in_egroup_p(object->gid))
		granted >>= 3;
	if ((wanted & ~granted & 7) && !ns_capable(current_ipc_ns()->user_ns, CAP_IPC_OWNER))
		return -EACCES;
	return 0;
}

int ipc_may_control(const struct ipc_object *object)
{
	kuid_t euid = current_euid();

	if (uid_eq(euid, object->cuid) || uid_eq(euid, object->uid) ||
	    ns_capable(current_ipc_ns()->user_ns, CAP_SYS_ADMIN))
		return 0;
	return -EPERM;
}

void ipc_fill_perm(struct ipc64_perm *out, const struct ipc_object *object)
{
	memset(out, 0, sizeof(*out));
	out->key = object->key;
	out->uid = from_kuid_munged(current_user_ns(), object->uid);
	out->gid = from_kgid_munged(current_user_ns(), object->gid);
	out->cuid = from_kuid_munged(current_user_ns(), object->cuid);
	out->cgid = from_kgid_munged(current_user_ns(), object->cgid);
	out->mode = object->mode;
	out->seq = object->seq;
}

int ipc_set_perm(struct ipc_object *object, const struct ipc64_perm *in)
{
	kuid_t uid = make_kuid(current_user_ns(), in->uid);
	kgid_t gid = make_kgid(current_user_ns(), in->gid);

	if (!uid_valid(uid) || !gid_valid(gid))
		return -EINVAL;
	object->uid = uid;
	object->gid = gid;
	object->mode = (object->mode & ~PERMISSION_BITS) | (in->mode & PERMISSION_BITS);
	return 0;
}

int ipc_get(struct ipc_namespace *ns, struct ipc_kind *kind, __kernel_key_t key, int flags,
	    long size, int (*check)(struct ipc_object *object, long size),
	    int (*make)(struct ipc_namespace *ns, __kernel_key_t key, int flags, long size))
{
	struct ipc_object *object;
	int ret;

	mutex_lock(&kind->lock);
	object = key == IPC_PRIVATE ? NULL : ipc_find_key(kind, key);
	if (object) {
		if ((flags & IPC_CREAT) && (flags & IPC_EXCL))
			ret = -EEXIST;
		else
			ret = check(object, size) ?: ipc_permitted(object, flags) ?: object->id;
	} else if (key == IPC_PRIVATE || (flags & IPC_CREAT)) {
		ret = make(ns, key, flags, size);
	} else {
		ret = -ENOENT;
	}
	mutex_unlock(&kind->lock);
	return ret;
}

/* The folder of the kinds' lists. */
static int __init ipc_init(void)
{
	return proc_mkdir("sysvipc", NULL) ? 0 : -ENOMEM;
}
subsys_initcall(ipc_init);
