/* SPDX-License-Identifier: MIT */
/* struct pid: what a process number means; it outlives the task, and is never reused itself. */
#ifndef KERN_PID_H
#define KERN_PID_H

#include <kern/pid_namespace.h>
#include <kern/rcupdate.h>
#include <kern/refcount.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <kern/wait.h>
#include <lib/list.h>
#include <lib/rculist.h>

struct task_struct;

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };

#define PID_MAX_DEFAULT 32768
#define PID_MAX_LIMIT	(4 * 1024 * 1024)
#define RESERVED_PIDS	300

extern int pid_max;

/* A number in one name space. */
struct upid {
	int nr;
	struct pid_namespace *ns;
};

/*
 * (t) tasklist_lock to write, RCU to read; (i) constant
 */
struct pid {
	refcount_t count;
	unsigned int level;		      /* i */
	struct hlist_head tasks[PIDTYPE_MAX]; /* t: the tasks that use it, by role */
	struct hlist_head inodes;     /* procfs: the folders of this number that are cached */
	wait_queue_head_t wait_pidfd; /* pollers of a pidfd */
	struct rcu_head rcu;
	struct upid numbers[];	/* i: one a level */
};

extern struct pid init_struct_pid;

/* References. put_pid(NULL) is fine. */
struct pid *get_pid(struct pid *pid);
void put_pid(struct pid *pid);

/*
 * New numbers, one in `ns` and each above; set_tid names the first set_tid_size of them, the
 * innermost first. ERR_PTR: -EAGAIN when all are taken, -ENOMEM (also when init of `ns` is dead),
 * and for set_tid -EINVAL, -EPERM, -EEXIST. => may sleep.
 */
struct pid *alloc_pid(struct pid_namespace *ns, const pid_t *set_tid, size_t set_tid_size);
void free_pid(struct pid *pid);
/* The number that was given last. */
pid_t pid_last(void);

/* => tasklist_lock held for writing. */
void attach_pid(struct task_struct *task, enum pid_type type);
void detach_pid(struct task_struct *task, enum pid_type type);
void change_pid(struct task_struct *task, enum pid_type type, struct pid *pid);

/* Look up by number. => rcu_read_lock or tasklist_lock held; no reference is taken. */
struct pid *find_pid_ns(int nr, struct pid_namespace *ns);
struct pid *find_vpid(int nr);
struct task_struct *pid_task(struct pid *pid, enum pid_type type);
struct task_struct *find_task_by_pid_ns(pid_t nr, struct pid_namespace *ns);
struct task_struct *find_task_by_vpid(pid_t nr);

/* The same with a reference for the caller; NULL when there is none. => any task context. */
struct pid *find_get_pid(int nr);
struct pid *find_ge_pid(int nr, struct pid_namespace *ns); /* RCU: lowest number >= nr */
struct task_struct *get_pid_task(struct pid *pid, enum pid_type type);
struct task_struct *find_get_task_by_vpid(pid_t nr);
struct pid *get_task_pid(struct task_struct *task, enum pid_type type);
struct pid *task_pid(struct task_struct *task);
struct pid *task_tgid(struct task_struct *task);
struct pid *task_pgrp(struct task_struct *task);    /* RCU or tasklist_lock */
struct pid *task_session(struct task_struct *task); /* RCU or tasklist_lock */

/* Where the innermost number is. */
static inline struct pid_namespace *ns_of_pid(struct pid *pid)
{
	return pid ? pid->numbers[pid->level].ns : NULL;
}
/* The name space that the task lives in; NULL once it has been reaped. */
struct pid_namespace *task_active_pid_ns(struct task_struct *task);

/* Numbers; 0 when the pid is NULL or has none in that name space. */
pid_t pid_nr(struct pid *pid);
pid_t pid_nr_ns(struct pid *pid, struct pid_namespace *ns);
pid_t pid_vnr(struct pid *pid);
pid_t task_pid_nr(struct task_struct *task);
pid_t task_pid_vnr(struct task_struct *task);
pid_t task_tgid_nr(struct task_struct *task);
pid_t task_tgid_vnr(struct task_struct *task);
pid_t task_pgrp_vnr(struct task_struct *task);
pid_t task_session_vnr(struct task_struct *task);
pid_t task_pid_nr_ns(struct task_struct *task, struct pid_namespace *ns);
pid_t task_tgid_nr_ns(struct task_struct *task, struct pid_namespace *ns);
pid_t task_pgrp_nr_ns(struct task_struct *task, struct pid_namespace *ns);
pid_t task_session_nr_ns(struct task_struct *task, struct pid_namespace *ns);
pid_t task_ppid_nr_ns(struct task_struct *task, struct pid_namespace *ns);

/* The pid is used by at least one task in this role. */
bool pid_has_task(struct pid *pid, enum pid_type type);
/* The init process of its name space. */
bool is_child_reaper(struct pid *pid);

/* => RCU or tasklist_lock held around the loop. */
#define do_each_pid_task(pid, type, task)                                                          \
	do {                                                                                       \
		if (pid)                                                                           \
			hlist_for_each_entry_rcu((task), &(pid)->tasks[type], pid_links[type]) {
#define while_each_pid_task(pid, type, task)                                                       \
	}                                                                                          \
	}                                                                                          \
	while (0)

void pid_init(void);

#endif
