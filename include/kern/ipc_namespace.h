/* SPDX-License-Identifier: MIT */
/* Name spaces of System V IPC objects and POSIX message queues. */
#ifndef KERN_IPC_NAMESPACE_H
#define KERN_IPC_NAMESPACE_H

#include <kern/mutex.h>
#include <kern/ns_common.h>
#include <kern/workqueue.h>
#include <lib/idr.h>

struct ucounts;
struct user_namespace;

/* All objects of one kind. */
struct ipc_kind {
	struct mutex lock;
	struct idr objects; /* lock: by index */
	int count;	    /* lock */
	int limit;	    /* WRITE_ONCE: sysctl */
	unsigned short next_seq; /* lock */
	int last_index;		 /* lock: where the last new object was put */
	int next_id;		 /* WRITE_ONCE: number of the next object, below 0: any */
};

struct ipc_namespace {
	struct ipc_kind sem, msg, shm;
	int sem_total;			/* sem.lock: semaphores in all arrays */
	int sem_ctls[4];		/* WRITE_ONCE: SEMMSL, SEMMNS, SEMOPM, SEMMNI */
	unsigned int msg_max, msg_mnb;	/* WRITE_ONCE: largest message, bytes of a new queue */
	size_t shm_max, shm_all;	/* WRITE_ONCE: bytes of a segment, pages of all */
	size_t shm_total;		/* shm.lock: pages */
	void *mqueue;			/* i after the first use: what POSIX message queues keep here */
	struct user_namespace *user_ns;	/* i: counted */
	struct ucounts *ucounts;	/* i */
	struct ns_common ns;
	struct work_struct work;	/* frees it */
};

extern struct ipc_namespace init_ipc_ns;
/* POSIX message queues: called once for a name space that goes and has `mqueue` set; may sleep. */
extern void (*ipc_free_mqueue)(struct ipc_namespace *ns);

struct ipc_namespace *get_ipc_ns(struct ipc_namespace *ns);
/* => any context */
void put_ipc_ns(struct ipc_namespace *ns);
struct ipc_namespace *copy_ipc_ns(unsigned long flags, struct user_namespace *user_ns,
				  struct ipc_namespace *old);

#endif
