// SPDX-License-Identifier: MIT
/* semctl(). See util.c for the locking. */
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/syscalls.h>
#include <kern/task.h>
#include <kern/timekeeping.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include <asm/sembuf.h>

#include "sem.h"

/* How many calls in line wait for the semaphore to grow, or to become zero? */
static int count_waiters(struct sem_array *array, int num, bool for_zero)
{
	struct sem_waiter *w;
	int count = 0;

	list_for_each_entry(w, &array->waiters, list) {
		for (unsigned int i = 0; i < w->nops; i++) {
			struct sembuf *op = &w->ops[i];
			struct sem *sem = &array->sems[op->sem_num];

			if (op->sem_num != num)
				continue;
			if (for_zero ? !op->sem_op && sem->value :
				       op->sem_op < 0 && sem->value + op->sem_op < 0) {
				count++;
				break;
			}
		}
	}
	return count;
}

/* The commands about one semaphore. */
static long control_one(struct sem_array *array, int num, int cmd, int value)
{
	struct sem *sem;

	if (num < 0 || num >= array->nsems)
		return -EINVAL;
	sem = &array->sems[num];
	switch (cmd) {
	case GETVAL:
		return sem->value;
	case GETPID:
		return sem->pid;
	case GETNCNT:
		return count_waiters(array, num, false);
	case GETZCNT:
		return count_waiters(array, num, true);
	default:
		if (value < 0 || value > SEMVMX)
			return -ERANGE;
		sem_forget_undo(array, num);
		sem->value = value;
		sem->pid = task_tgid_vnr(current);
		array->ctime = ktime_get_real_seconds();
		sem_update_waiters(array);
		return 0;
	}
}

static void set_all(struct sem_array *array, const unsigned short *values)
{
	sem_forget_undo(array, -1);
	for (unsigned int i = 0; i < array->nsems; i++) {
		array->sems[i].value = values[i];
		array->sems[i].pid = task_tgid_vnr(current);
	}
	array->ctime = ktime_get_real_seconds();
	sem_update_waiters(array);
}

static void fill_stat(struct semid64_ds *out, struct sem_array *array)
{
	memset(out, 0, sizeof(*out));
	ipc_fill_perm(&out->sem_perm, &array->object);
	out->sem_otime = array->otime;
	out->sem_ctime = array->ctime;
	out->sem_nsems = array->nsems;
}

static long stat_array(int id, int cmd, struct semid64_ds *out)
{
	struct ipc_object *object = cmd == IPC_STAT ? ipc_find(&current_ipc_ns()->sem, id) :
						      ipc_at_index(&current_ipc_ns()->sem, id);
	int error;

	if (IS_ERR(object))
		return PTR_ERR(object);
	error = cmd == SEM_STAT_ANY ? 0 : ipc_permitted(object, 0444);
	if (error)
		return error;
	fill_stat(out, container_of(object, struct sem_array, object));
	return cmd == IPC_STAT ? 0 : object->id;
}

static long set_or_remove(int id, int cmd, const struct semid64_ds *in)
{
	struct sem_array *array = sem_find(id);
	int error;

	if (IS_ERR(array))
		return PTR_ERR(array);
	error = ipc_may_control(&array->object);
	if (error)
		return error;
	if (cmd == IPC_RMID) {
		sem_remove(array);
		return 0;
	}
	array->ctime = ktime_get_real_seconds();
	return ipc_set_perm(&array->object, &in->sem_perm);
}

static long sem_info(struct ipc_namespace *ns, int cmd, struct seminfo *info)
{
	*info = (struct seminfo){ .semmap = SEMMAP,
				  .semmni = ns->sem_ctls[3],
				  .semmns = ns->sem_ctls[1],
				  .semmnu = SEMMNU,
				  .semmsl = ns->sem_ctls[0],
				  .semopm = ns->sem_ctls[2],
				  .semume = SEMUME,
				  .semusz = SEMUSZ,
				  .semvmx = SEMVMX,
				  .semaem = SEMAEM };
	if (cmd == SEM_INFO) {
		info->semusz = ns->sem.count;
		info->semaem = ns->sem_total;
	}
	return ipc_highest_index(&ns->sem);
}

/* GETALL and SETALL go through a copy as large as the array was when we looked. */
static long copy_all(int id, int cmd, unsigned short __user *uvalues)
{
	struct ipc_namespace *ns = current_ipc_ns();
	unsigned short *values;
	struct sem_array *array;
	unsigned int nsems;
	long ret;

	mutex_lock(&ns->sem.lock);
	array = sem_find(id);
	nsems = IS_ERR(array) ? 0 : array->nsems;
	ret = IS_ERR(array) ? PTR_ERR(array) :
			      ipc_permitted(&array->object, cmd == SETALL ? 0222 : 0444);
	mutex_unlock(&ns->sem.lock);
	if (ret)
		return ret;
	values = kvmalloc(nsems * sizeof(*values), GFP_KERNEL);
	if (!values)
		return -ENOMEM;
	if (cmd == SETALL && copy_from_user(values, uvalues, nsems * sizeof(*values)))
		ret = -EFAULT;
	for (unsigned int i = 0; !ret && cmd == SETALL && i < nsems; i++)
		if (values[i] > SEMVMX)
			ret = -ERANGE;
	mutex_lock(&ns->sem.lock);
	/* The same id is the same array, of the same size. */
	array = sem_find(id);
	if (!ret && IS_ERR(array))
		ret = -EIDRM;
	if (!ret && cmd == SETALL)
		set_all(array, values);
	for (unsigned int i = 0; !ret && cmd == GETALL && i < nsems; i++)
		values[i] = array->sems[i].value;
	mutex_unlock(&ns->sem.lock);
	if (!ret && cmd == GETALL && copy_to_user(uvalues, values, nsems * sizeof(*values)))
		ret = -EFAULT;
	kvfree(values);
	return ret;
}

static long control_value(int id, int num, int cmd, int value)
{
	struct ipc_namespace *ns = current_ipc_ns();
	struct sem_array *array;
	long ret;

	mutex_lock(&ns->sem.lock);
	array = sem_find(id);
	ret = IS_ERR(array) ? PTR_ERR(array) :
			      ipc_permitted(&array->object, cmd == SETVAL ? 0222 : 0444);
	if (!ret)
		ret = control_one(array, num, cmd, value);
	mutex_unlock(&ns->sem.lock);
	return ret;
}

static long control_object(int id, int cmd, void __user *arg)
{
	struct ipc_namespace *ns = current_ipc_ns();
	struct semid64_ds ds;
	struct seminfo info;
	long ret;

	if (cmd == IPC_SET && copy_from_user(&ds, arg, sizeof(ds)))
		return -EFAULT;
	mutex_lock(&ns->sem.lock);
	if (cmd == IPC_INFO || cmd == SEM_INFO)
		ret = sem_info(ns, cmd, &info);
	else if (cmd == IPC_SET || cmd == IPC_RMID)
		ret = set_or_remove(id, cmd, &ds);
	else
		ret = stat_array(id, cmd, &ds);
	mutex_unlock(&ns->sem.lock);
	if (ret < 0 || cmd == IPC_SET || cmd == IPC_RMID)
		return ret;
	if (cmd == IPC_INFO || cmd == SEM_INFO)
		return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : ret;
	return copy_to_user(arg, &ds, sizeof(ds)) ? -EFAULT : ret;
}

SYSCALL_DEFINE4(semctl, int, id, int, num, int, cmd, unsigned long, arg)
{
	if (id < 0)
		return -EINVAL;
	cmd &= ~IPC_64;
	switch (cmd) {
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
	case SETVAL:
		return control_value(id, num, cmd, (int)arg);
	case GETALL:
	case SETALL:
		return copy_all(id, cmd, (unsigned short __user *)arg);
	case IPC_INFO:
	case SEM_INFO:
	case IPC_STAT:
	case SEM_STAT:
	case SEM_STAT_ANY:
	case IPC_SET:
	case IPC_RMID:
		return control_object(id, cmd, (void __user *)arg);
	}
	return -EINVAL;
}
