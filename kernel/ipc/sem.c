// SPDX-License-Identifier: MIT
/*
 * Semaphores: semget(), semop(), and what exit takes back.
 *
 * The operations of one call happen all or none. A call that cannot go on stands in line at
 * its array; whoever changes a value performs, for those in line, the calls that have become
 * possible, oldest first, so nobody has to compete again after waking up.
 *
 * See util.c for the locking: everything here is guarded by the sem.lock of
 * the name space. An undo list never holds arrays of two: who leaves a name space leaves its list.
 */
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/hrtimer.h>
#include <kern/init.h>
#include <kern/ipc.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/syscalls.h>
#include <kern/time_user.h>
#include <kern/timekeeping.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include <linux/sched.h>

#include "sem.h"

static int check_array(struct ipc_object *object, long nsems)
{
	return nsems > container_of(object, struct sem_array, object)->nsems ? -EINVAL : 0;
}

static int make_array(struct ipc_namespace *ns, __kernel_key_t key, int flags, long nsems)
{
	struct sem_array *array;
	int id;

	if (!nsems)
		return -EINVAL;
	if (ns->sem_total + nsems > READ_ONCE(ns->sem_ctls[1]))
		return -ENOSPC;
	array = kvzalloc(struct_size(array, sems, nsems), GFP_KERNEL);
	if (!array)
		return -ENOMEM;
	array->ns = ns;
	array->nsems = nsems;
	array->ctime = ktime_get_real_seconds();
	INIT_LIST_HEAD(&array->waiters);
	INIT_LIST_HEAD(&array->undos);
	id = ipc_add(&ns->sem, &array->object, key, flags);
	if (id < 0)
		kvfree(array);
	else
		ns->sem_total += nsems;
	return id;
}

SYSCALL_DEFINE3(semget, __kernel_key_t, key, int, nsems, int, flags)
{
	struct ipc_namespace *ns = current_ipc_ns();

	if (nsems < 0 || nsems > READ_ONCE(ns->sem_ctls[0]))
		return -EINVAL;
	return ipc_get(ns, &ns->sem, key, flags, nsems, check_array, make_array);
}

struct sem_array *sem_find(int id)
{
	struct ipc_object *object = ipc_find(&current_ipc_ns()->sem, id);

	return IS_ERR(object) ? ERR_CAST(object) : container_of(object, struct sem_array, object);
}

/* Takes back the first n operations. */
static void roll_back(struct sem_array *array, struct sem_waiter *w, int n)
{
	while (--n >= 0) {
		struct sembuf *op = &w->ops[n];

		array->sems[op->sem_num].value -= op->sem_op;
		if (op->sem_flg & SEM_UNDO)
			w->undo->adjust[op->sem_num] += op->sem_op;
	}
}

/* All operations or none: 0 done, 1 must wait, -EAGAIN, -ERANGE. */
static int try_operations(struct sem_array *array, struct sem_waiter *w)
{
	int ret = 0, done;

	for (done = 0; done < w->nops; done++) {
		struct sembuf *op = &w->ops[done];
		struct sem *sem = &array->sems[op->sem_num];
		int value = sem->value + op->sem_op;

		if ((!op->sem_op && sem->value) || value < 0) {
			ret = op->sem_flg & IPC_NOWAIT ? -EAGAIN : 1;
			break;
		}
		if (value > SEMVMX) {
			ret = -ERANGE;
			break;
		}
		if (op->sem_flg & SEM_UNDO) {
			int undo = w->undo->adjust[op->sem_num] - op->sem_op;

			if (undo < -SEMAEM - 1 || undo > SEMAEM) {
				ret = -ERANGE;
				break;
			}
			w->undo->adjust[op->sem_num] = undo;
		}
		sem->value = value;
	}
	if (ret) {
		roll_back(array, w, done);
		return ret;
	}
	for (done = 0; done < w->nops; done++)
		array->sems[w->ops[done].sem_num].pid = w->pid;
	array->otime = ktime_get_real_seconds();
	return 0;
}

static void finish_waiter(struct sem_waiter *w, int status)
{
	struct task_struct *task = get_task_struct(w->task);

	list_del_init(&w->list);
	/* The sleeper may return, and w be gone, as soon as it sees this. */
	smp_store_release(&w->status, status);
	wake_up_process(task);
	put_task_struct(task);
}

void sem_update_waiters(struct sem_array *array)
{
	struct sem_waiter *w, *next;
	bool again;

	do {
		again = false;
		list_for_each_entry_safe(w, next, &array->waiters, list) {
			int ret = try_operations(array, w);

			if (ret == 1)
				continue;
			again |= !ret && w->changes;
			finish_waiter(w, ret);
			if (again)
				break;
		}
	} while (again);
}

static void free_undo(struct sem_undo *undo)
{
	list_del(&undo->by_list);
	list_del(&undo->by_array);
	kfree(undo);
}

void sem_remove(struct sem_array *array)
{
	struct sem_undo *undo, *next_undo;
	struct sem_waiter *w, *next;

	list_for_each_entry_safe(undo, next_undo, &array->undos, by_array)
		free_undo(undo);
	list_for_each_entry_safe(w, next, &array->waiters, list)
		finish_waiter(w, -EIDRM);
	ipc_remove(&array->ns->sem, &array->object);
	array->ns->sem_total -= array->nsems;
	kvfree(array);
}

void sem_free_object(struct ipc_namespace *ns, struct ipc_object *object)
{
	sem_remove(container_of(object, struct sem_array, object));
}

void sem_forget_undo(struct sem_array *array, int num)
{
	struct sem_undo *undo;

	list_for_each_entry(undo, &array->undos, by_array) {
		if (num >= 0)
			undo->adjust[num] = 0;
		else
			memset(undo->adjust, 0, array->nsems * sizeof(undo->adjust[0]));
	}
}

static struct sem_undo_list *get_undo_list(void)
{
	struct sem_undo_list *list = current->sysvsem;

	if (list)
		return list;
	list = kzalloc(sizeof(*list), GFP_KERNEL);
	if (!list)
		return NULL;
	refcount_set(&list->count, 1);
	INIT_LIST_HEAD(&list->undos);
	current->sysvsem = list;
	return list;
}

/* The current task's undo for an array, made on first use; NULL without memory. */
static struct sem_undo *get_undo(struct sem_array *array)
{
	struct sem_undo_list *list = get_undo_list();
	struct sem_undo *undo;

	if (!list)
		return NULL;
	list_for_each_entry(undo, &list->undos, by_list)
		if (undo->array == array)
			return undo;
	undo = kzalloc(struct_size(undo, adjust, array->nsems), GFP_KERNEL);
	if (!undo)
		return NULL;
	undo->array = array;
	undo->list = list;
	list_add(&undo->by_list, &list->undos);
	list_add(&undo->by_array, &array->undos);
	return undo;
}

int copy_semundo(u64 clone_flags, struct task_struct *task)
{
	if (!(clone_flags & CLONE_SYSVSEM))
		return 0;
	mutex_lock(&current_ipc_ns()->sem.lock);
	task->sysvsem = get_undo_list();
	if (task->sysvsem)
		refcount_inc(&task->sysvsem->count);
	mutex_unlock(&current_ipc_ns()->sem.lock);
	return task->sysvsem ? 0 : -ENOMEM;
}

/* Adds what is owed to each semaphore, within its bounds. */
static void take_back(struct sem_undo *undo, pid_t pid)
{
	struct sem_array *array = undo->array;

	for (unsigned int i = 0; i < array->nsems; i++) {
		struct sem *sem = &array->sems[i];

		if (!undo->adjust[i])
			continue;
		sem->value = clamp(sem->value + undo->adjust[i], 0, SEMVMX);
		sem->pid = pid;
	}
	free_undo(undo);
	sem_update_waiters(array);
}

void exit_sem(struct task_struct *task)
{
	struct sem_undo_list *list = task->sysvsem;
	struct ipc_namespace *ns = current_ipc_ns();
	struct sem_undo *undo, *next;

	if (!list)
		return;
	task->sysvsem = NULL;
	if (!refcount_dec_and_test(&list->count))
		return;
	mutex_lock(&ns->sem.lock);
	list_for_each_entry_safe(undo, next, &list->undos, by_list)
		take_back(undo, task->tgid);
	mutex_unlock(&ns->sem.lock);
	kfree(list);
}

static bool wants_undo(const struct sem_waiter *w)
{
	for (unsigned int i = 0; i < w->nops; i++)
		if (w->ops[i].sem_flg & SEM_UNDO)
			return true;
	return false;
}

/* Checks numbers and permission, and makes the undo. => lock held */
static int prepare_operations(struct sem_array *array, struct sem_waiter *w)
{
	int error;

	for (unsigned int i = 0; i < w->nops; i++) {
		if (w->ops[i].sem_num >= array->nsems)
			return -EFBIG;
		w->changes |= w->ops[i].sem_op != 0;
	}
	error = ipc_permitted(&array->object, w->changes ? 0222 : 0444);
	if (error)
		return error;
	if (wants_undo(w)) {
		w->undo = get_undo(array);
		if (!w->undo)
			return -ENOMEM;
	}
	return 0;
}

/* => lock held, dropped while it sleeps */
static int wait_in_line(struct sem_array *array, struct sem_waiter *w, const ktime_t *timeout)
{
	struct ipc_namespace *ns = array->ns;
	ktime_t left = timeout ? *timeout : 0;
	bool expired = false;

	w->status = 1;
	list_add_tail(&w->list, &array->waiters);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		mutex_unlock(&ns->sem.lock);
		if (READ_ONCE(w->status) == 1 && !signal_pending(current) && !expired)
			expired = !schedule_hrtimeout(timeout ? &left : NULL, HRTIMER_MODE_ABS);
		__set_current_state(TASK_RUNNING);
		mutex_lock(&ns->sem.lock);
		/* The array may be gone now; status says so. */
		if (w->status != 1)
			return w->status;
		if (expired || signal_pending(current)) {
			list_del(&w->list);
			return expired ? -EAGAIN : -EINTR;
		}
	}
}

static int do_semop(int id, struct sem_waiter *w, const ktime_t *timeout)
{
	struct sem_array *array = sem_find(id);
	int ret;

	if (IS_ERR(array))
		return PTR_ERR(array);
	ret = prepare_operations(array, w);
	if (ret)
		return ret;
	ret = try_operations(array, w);
	if (!ret && w->changes)
		sem_update_waiters(array);
	return ret == 1 ? wait_in_line(array, w, timeout) : ret;
}

static long semtimedop(int id, struct sembuf __user *uops, unsigned int nops,
		       const ktime_t *timeout)
{
	struct sem_waiter w = { .task = current, .nops = nops, .pid = task_tgid_vnr(current) };
	struct ipc_namespace *ns = current_ipc_ns();
	int ret;

	if (nops < 1 || id < 0)
		return -EINVAL;
	if (nops > READ_ONCE(ns->sem_ctls[2]))
		return -E2BIG;
	w.ops = memdup_user(uops, nops * sizeof(*w.ops));
	if (IS_ERR(w.ops))
		return PTR_ERR(w.ops);
	mutex_lock(&ns->sem.lock);
	ret = do_semop(id, &w, timeout);
	mutex_unlock(&ns->sem.lock);
	kfree(w.ops);
	return ret;
}

SYSCALL_DEFINE3(semop, int, id, struct sembuf __user *, ops, unsigned int, nops)
{
	return semtimedop(id, ops, nops, NULL);
}

SYSCALL_DEFINE4(semtimedop, int, id, struct sembuf __user *, ops, unsigned int, nops,
		const struct __kernel_timespec __user *, utimeout)
{
	struct timespec64 ts;
	ktime_t end;

	if (!utimeout)
		return semtimedop(id, ops, nops, NULL);
	if (get_timespec64(&ts, utimeout))
		return -EFAULT;
	if (nops >= 1 && id >= 0 && nops > READ_ONCE(current_ipc_ns()->sem_ctls[2]))
		return -E2BIG;
	if (!timespec64_valid(&ts))
		return -EINVAL;
	end = ktime_add_safe(ktime_get(), timespec64_to_ktime(ts));
	return semtimedop(id, ops, nops, &end);
}

static int show_arrays(struct seq_file *m, void *unused)
{
	struct ipc_namespace *ns = current_ipc_ns();
	struct ipc_object *object;
	int index;

	seq_puts(
		m,
		"       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n");
	mutex_lock(&ns->sem.lock);
	idr_for_each_entry(&ns->sem.objects, object, index) {
		struct sem_array *array = container_of(object, struct sem_array, object);
		struct ipc64_perm perm;

		ipc_fill_perm(&perm, object);
		seq_printf(m, "%10d %10d  %4o %10u %5u %5u %5u %5u %10lld %10lld\n", object->key,
			   object->id, object->mode, array->nsems, perm.uid, perm.gid,
			   perm.cuid, perm.cgid, (long long)array->otime, (long long)array->ctime);
	}
	mutex_unlock(&ns->sem.lock);
	return 0;
}

static int __init sem_init(void)
{
	proc_create_single("sysvipc/sem", 0444, NULL, show_arrays);
	return 0;
}
fs_initcall(sem_init);
