/* SPDX-License-Identifier: MIT */
/* Between the operations on semaphores and semctl(). */
#ifndef IPC_SEM_H
#define IPC_SEM_H

#include <kern/refcount.h>
#include <lib/list.h>

#include <linux/sem.h>

#include "internal.h"

struct sem {
	int value;
	pid_t pid; /* of the last operation */
};

/* What one undo list has to take back from one array. */
struct sem_undo {
	struct list_head by_list;  /* sem_undo_list.undos */
	struct list_head by_array; /* sem_array.undos */
	struct sem_array *array;
	struct sem_undo_list *list;
	short adjust[]; /* one a semaphore */
};

/* Shared by tasks with CLONE_SYSVSEM. */
struct sem_undo_list {
	refcount_t count;
	struct list_head undos;
};

/* A call that waits. */
struct sem_waiter {
	struct list_head list;
	struct task_struct *task;
	struct sembuf *ops;
	unsigned int nops;
	struct sem_undo *undo;
	pid_t pid;
	int status;   /* 1: waits; else the call's result */
	bool changes; /* it is not only a wait for zero */
};

struct sem_array {
	struct ipc_object object;
	struct ipc_namespace *ns; /* i: who uses the array lives in it */
	time64_t otime, ctime;
	unsigned int nsems;
	struct list_head waiters; /* oldest first */
	struct list_head undos;
	struct sem sems[];
};

/* => sem.lock of the name space held */
struct sem_array *sem_find(int id);
/* A value changed: lets waiters through. */
void sem_update_waiters(struct sem_array *array);
void sem_remove(struct sem_array *array);
/* SETVAL and SETALL: nothing is to be taken back from these any more. num < 0: all. */
void sem_forget_undo(struct sem_array *array, int num);

#endif
