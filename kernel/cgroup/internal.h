/* SPDX-License-Identifier: MIT */
/* The inside of control groups: the tree, the controllers, and the files that fs/cgroupfs shows. */
#ifndef CGROUP_INTERNAL_H
#define CGROUP_INTERNAL_H

#include <kern/cgroup_fs.h>
#include <kern/rwsem.h>

/* Read: a task is being born; write: none is, and none changes its group but by the holder. */
extern struct rw_semaphore cgroup_fork_rwsem;

/* SIGKILL for all here and below. => cgroup_mutex held */
void cgroup_kill(struct cgroup *cg);

/* freezer.c; => cgroup_lock held, interrupts off */
void cgroup_freeze_task(struct task_struct *task, bool freeze);
void cgroup_update_frozen(struct cgroup *cg);

/* pids.c */
int pids_charge(struct cgroup *cg);
void pids_uncharge(struct cgroup *cg);
/* Counts without a limit: a task changes groups. */
void pids_move(struct cgroup *from, struct cgroup *to);

/* cpu.c, cpuset.c */
int cpu_create(struct cgroup *cg);
void cpu_destroy(struct cgroup *cg);
void cpuset_update(struct cgroup *cg);
/* => cgroup_fork_rwsem held for writing, or the task is being born */
void cpuset_apply(struct cgroup *cg, struct task_struct *task);
/* cpuset_mems.c: the same for its memory. */
void cpuset_apply_mems(struct cgroup *cg, struct task_struct *task);
/* => the task is a member; cgroup_fork_rwsem held, read */
void cpuset_fork(struct cgroup *cg, struct task_struct *task);

#endif
