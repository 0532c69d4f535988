// SPDX-License-Identifier: MIT
/* IPC name spaces: a table for each kind of object, its limits, and their end. */
#include <fs/sysctl.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/init.h>
#include <kern/ipc_namespace.h>
#include <kern/kernel.h>
#include <kern/nsproxy.h>
#include <kern/user_namespace.h>
#include <mm/slab.h>

#include <linux/msg.h>
#include <linux/sched.h>
#include <linux/sem.h>
#include <linux/shm.h>

#include "internal.h"
#include "sem.h"

#define IPC_KIND_INIT(kind, max)                                                                   \
	{                                                                                          \
		.lock = __MUTEX_INITIALIZER(init_ipc_ns.kind.lock),                                \
		.objects = IDR_INIT(init_ipc_ns.kind.objects), .limit = (max), .last_index = -1,   \
		.next_id = -1,                                                             \
	}

struct ipc_namespace init_ipc_ns = {
	.sem = IPC_KIND_INIT(sem, SEMMNI),
	.msg = IPC_KIND_INIT(msg, MSGMNI),
	.shm = IPC_KIND_INIT(shm, IPC_SHM_SEGMENTS),
	.sem_ctls = { SEMMSL, SEMMNS, SEMOPM, SEMMNI },
	.msg_max = MSGMAX,
	.msg_mnb = MSGMNB,
	.shm_max = IPC_SHM_MAX,
	.shm_all = IPC_SHM_MAX,
	.user_ns = &init_user_ns,
	.ns = {
		.count = REFCOUNT_INIT(1),
		.inum = PROC_IPC_INIT_INO,
		.ops = &ipcns_operations,
	},
};

void (*ipc_free_mqueue)(struct ipc_namespace *ns);

struct ipc_namespace *get_ipc_ns(struct ipc_namespace *ns)
{
	if (ns != &init_ipc_ns)
		refcount_inc(&ns->ns.count);
	return ns;
}

static void free_kind(struct ipc_namespace *ns, struct ipc_kind *kind,
		      void (*remove)(struct ipc_namespace *ns, struct ipc_object *object))
{
	struct ipc_object *object;
	int index;

	mutex_lock(&kind->lock);
	idr_for_each_entry(&kind->objects, object, index)
		remove(ns, object);
	mutex_unlock(&kind->lock);
	idr_destroy(&kind->objects);
}

static void free_ipc_ns(struct work_struct *work)
{
	struct ipc_namespace *ns = container_of(work, struct ipc_namespace, work);

	if (ns->mqueue && ipc_free_mqueue)
		ipc_free_mqueue(ns);
	free_kind(ns, &ns->sem, sem_free_object);
	free_kind(ns, &ns->msg, msg_free_object);
	free_kind(ns, &ns->shm, shm_free_object);
	ns_common_exit(&ns->ns);
	dec_ucount(ns->ucounts, UCOUNT_IPC_NAMESPACES);
	put_user_ns(ns->user_ns);
	kfree(ns);
}

void put_ipc_ns(struct ipc_namespace *ns)
{
	if (ns && ns != &init_ipc_ns && refcount_dec_and_test(&ns->ns.count))
		schedule_work(&ns->work);
}

static void init_kind(struct ipc_kind *kind, int limit)
{
	mutex_init(&kind->lock);
	idr_init(&kind->objects);
	kind->limit = limit;
	kind->last_index = -1;
	kind->next_id = -1;
}

struct ipc_namespace *copy_ipc_ns(unsigned long flags, struct user_namespace *user_ns,
				  struct ipc_namespace *old)
{
	struct ipc_namespace *ns;
	struct ucounts *ucounts;
	int error = -ENOMEM;

	if (!(flags & CLONE_NEWIPC))
		return get_ipc_ns(old);
	ucounts = inc_ucount(user_ns, current_euid(), UCOUNT_IPC_NAMESPACES);
	if (!ucounts)
		return ERR_PTR(-ENOSPC);
	ns = kzalloc(sizeof(*ns), GFP_KERNEL);
	if (ns)
		error = ns_common_init(&ns->ns, &ipcns_operations);
	if (error) {
		kfree(ns);
		dec_ucount(ucounts, UCOUNT_IPC_NAMESPACES);
		return ERR_PTR(error);
	}
	init_kind(&ns->sem, SEMMNI);
	init_kind(&ns->msg, MSGMNI);
	init_kind(&ns->shm, IPC_SHM_SEGMENTS);
	for (int i = 0; i < 4; i++)
		ns->sem_ctls[i] = (const int[]){ SEMMSL, SEMMNS, SEMOPM, SEMMNI }[i];
	ns->msg_max = MSGMAX;
	ns->msg_mnb = MSGMNB;
	ns->shm_max = ns->shm_all = IPC_SHM_MAX;
	ns->user_ns = get_user_ns(user_ns);
	ns->ucounts = ucounts;
	INIT_WORK(&ns->work, free_ipc_ns);
	return ns;
}

/* ---- as a file ---- */

static struct ipc_namespace *to_ipc_ns(struct ns_common *ns)
{
	return container_of(ns, struct ipc_namespace, ns);
}

static struct ns_common *ipcns_get(struct task_struct *task)
{
	struct ipc_namespace *ns = NULL;

	task_lock(task);
	if (task->nsproxy)
		ns = get_ipc_ns(task->nsproxy->ipc_ns);
	task_unlock(task);
	return ns ? &ns->ns : NULL;
}

static void ipcns_put(struct ns_common *ns)
{
	put_ipc_ns(to_ipc_ns(ns));
}

static int ipcns_install(struct nsset *nsset, struct ns_common *ns)
{
	struct ipc_namespace *new = to_ipc_ns(ns);

	if (!ns_capable(new->user_ns, CAP_SYS_ADMIN) ||
	    !ns_capable(nsset->cred->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	put_ipc_ns(nsset->nsproxy->ipc_ns);
	nsset->nsproxy->ipc_ns = get_ipc_ns(new);
	return 0;
}

static struct user_namespace *ipcns_owner(struct ns_common *ns)
{
	return to_ipc_ns(ns)->user_ns;
}

const struct proc_ns_operations ipcns_operations = {
	.name = "ipc",
	.kind = "ipc",
	.type = CLONE_NEWIPC,
	.get = ipcns_get,
	.put = ipcns_put,
	.install = ipcns_install,
	.owner = ipcns_owner,
};

/* ---- /proc/sys/kernel ---- */

/* The value in the reader's own name space: data is an offset from the first one's. */
static int do_limit(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		    loff_t *ppos)
{
	struct ipc_namespace *ns = current->nsproxy->ipc_ns;
	struct ctl_table row = *table;

	if (write && !ns_capable(ns->user_ns, CAP_SYS_RESOURCE))
		return -EPERM;
	row.data = (char *)ns + ((char *)table->data - (char *)&init_ipc_ns);
	return row.maxlen == sizeof(size_t) ?
		       proc_doulongvec_minmax(&row, write, buffer, lenp, ppos) :
		       proc_dointvec_minmax(&row, write, buffer, lenp, ppos);
}

/* The fourth of these is the limit of arrays. */
static int do_sem(const struct ctl_table *table, int write, char *buffer, size_t *lenp, loff_t *ppos)
{
	struct ipc_namespace *ns = current->nsproxy->ipc_ns;
	int old = READ_ONCE(ns->sem.limit), error = do_limit(table, write, buffer, lenp, ppos);

	if (error || !write)
		return error;
	if (ns->sem_ctls[3] < 0 || ns->sem_ctls[3] > IPC_MAX_OBJECTS) {
		ns->sem_ctls[3] = old;
		return -ERANGE;
	}
	WRITE_ONCE(ns->sem.limit, ns->sem_ctls[3]);
	return 0;
}

static const int zero, most_objects = IPC_MAX_OBJECTS;

#define LIMIT(name, field, max) { .procname = name, .data = &init_ipc_ns.field,                    \
				  .maxlen = sizeof(init_ipc_ns.field), .mode = 0644,               \
				  .proc_handler = do_limit, .extra1 = &zero, .extra2 = max }

#define NEXT_ID(name, field) { .procname = name, .data = &init_ipc_ns.field,                        \
			       .maxlen = sizeof(init_ipc_ns.field), .mode = 0644,                   \
			       .proc_handler = do_limit, .extra1 = &zero }

static const struct ctl_table ipc_table[] = {
	{ .procname = "shmmax", .data = &init_ipc_ns.shm_max, .maxlen = sizeof(size_t),
	  .mode = 0644, .proc_handler = do_limit },
	{ .procname = "shmall", .data = &init_ipc_ns.shm_all, .maxlen = sizeof(size_t),
	  .mode = 0644, .proc_handler = do_limit },
	LIMIT("shmmni", shm.limit, &most_objects),
	LIMIT("msgmax", msg_max, NULL),
	NEXT_ID("shm_next_id", shm.next_id),
	NEXT_ID("msg_next_id", msg.next_id),
	NEXT_ID("sem_next_id", sem.next_id),
	LIMIT("msgmnb", msg_mnb, NULL),
	LIMIT("msgmni", msg.limit, &most_objects),
	{ .procname = "sem", .data = init_ipc_ns.sem_ctls, .maxlen = 4 * sizeof(int), .mode = 0644,
	  .proc_handler = do_sem },
	{}
};

static int __init ipc_sysctl_init(void)
{
	return register_sysctl("kernel", ipc_table);
}
fs_initcall(ipc_sysctl_init);
