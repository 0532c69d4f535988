/* SPDX-License-Identifier: MIT */
/* Control groups, as their file system (fs/cgroupfs) sees them. */
#ifndef KERN_CGROUP_FS_H
#define KERN_CGROUP_FS_H

#include <kern/atomic.h>
#include <kern/cgroup.h>
#include <kern/cpumask.h>
#include <kern/mutex.h>
#include <kern/refcount.h>
#include <kern/wait.h>
#include <kern/workqueue.h>
#include <lib/list.h>
#include <mm/nodemask.h>

struct cred;
struct dentry;
struct mem_cgroup;
struct psi_trigger;
struct task_group;

/* Controllers, in the order in which files list them. */
enum cgroup_controller {
	CGROUP_CPUSET, CGROUP_CPU, CGROUP_IO, CGROUP_MEMORY, CGROUP_PIDS, CGROUP_CONTROLLERS
};
#define CGROUP_ALL_CONTROLLERS ((1U << CGROUP_CONTROLLERS) - 1)
/* These can share a group among its threads; "domain" controllers cannot. */
#define CGROUP_THREADED_CONTROLLERS \
	((1U << CGROUP_CPUSET) | (1U << CGROUP_CPU) | (1U << CGROUP_PIDS))

/* Files that tell of changes. */
enum cgroup_event {
	CGROUP_EVENT_CORE, CGROUP_EVENT_PIDS, CGROUP_EVENT_MEMORY, CGROUP_EVENT_MEMORY_LOCAL,
	CGROUP_EVENT_SWAP, CGROUP_EVENTS
};

#define CGROUP_NO_LIMIT (-1L)

/* Options of the mounted tree. */
#define CGRP_ROOT_NS_DELEGATE		1
#define CGRP_ROOT_FAVOR_DYNMODS		2
#define CGRP_ROOT_MEMORY_LOCAL_EVENTS	4	/* memory.events counts no events of groups below */
#define CGRP_ROOT_MEMORY_RECURSIVE_PROT 8	/* what children do not claim of it protects them too */
/* Written by mounts: who reads it may see either. */
extern unsigned int cgroup_root_flags;
static inline bool cgroup_root_has(unsigned int flag)
{
	return READ_ONCE(cgroup_root_flags) & flag;
}

/*
 * A group.
 *   (m) cgroup_mutex   (l) cgroup_lock, interrupts off   (i) constant   (x) atomic
 * A group keeps its parent; each task, each inode of its folder and each child keep it.
 */
struct cgroup {
	refcount_t count;		/* x */
	u64 id;				/* i */
	struct cgroup *parent;		/* i: counted; NULL for the root */
	unsigned int level;		/* i */
	char *name;			/* i */
	struct list_head children;	/* m and l to change */
	struct list_head sibling;	/* m and l to change */
	struct dentry *dentry;		/* m: its folder, while it lives */
	bool dead;			/* m: rmdir() took it out of the tree */

	struct list_head tasks;		/* l: living members, by task->cg_list */
	int nr_tasks;			/* l */
	int nr_populated;		/* l: 1 for tasks of its own, and one a populated child */

	unsigned int subtree_control;	/* m: controllers enabled for children */
	struct cgroup *domain;		/* m: itself, or what its threads belong to */
	int nr_threaded_children;	/* m */
	int nr_descendants, nr_dying;	/* m */
	long max_descendants, max_depth;/* m: CGROUP_NO_LIMIT */

	bool freeze;			/* m: asked for here */
	int effective_freeze;		/* l: by how many of itself and its ancestors */
	int nr_frozen;			/* l: members that stand still */
	int nr_children;		/* l */
	int nr_frozen_children;		/* l: children that are frozen as a whole */
	bool frozen;			/* l: all below stands still */

	u64 utime, stime;		/* l: ns, of members that have left */
	u64 dead_utime, dead_stime;	/* m: of children that were removed */

	atomic_long_t pids;		/* x: tasks here and below */
	long pids_max;			/* WRITE_ONCE */
	atomic_long_t pids_peak, pids_failed; /* x */

	struct task_group *cpu_group;	/* m: NULL when the controller is off here */
	unsigned long cpu_weight;	/* m */
	u64 cpu_quota, cpu_period, cpu_burst; /* m: ns; U64_MAX: no limit */
	bool cpu_idle;			/* m */
	bool pressure_off;		/* m: cgroup.pressure is 0 */

	struct cpumask cpus;		/* m: asked for; empty: as the parent */
	struct cpumask effective_cpus;	/* m */
	nodemask_t mems;		/* m: asked for; empty: as the parent */
	nodemask_t effective_mems;	/* m */

	/* m, RCU to read: who pays for members' memory: its own, or of the nearest above that has one */
	struct mem_cgroup *memcg;
	struct list_head io_disks;	/* blkcg_lock (block/core/cgroup.c): what it does on each disk */

	wait_queue_head_t wait;		/* pollers of files with events */
	atomic_t events[CGROUP_EVENTS];	/* x: how often each has changed */
	unsigned long pending_events;	/* x: bits that the work has to tell of */
	struct work_struct event_work;
	struct rcu_head rcu;
};

extern struct cgroup cgroup_root;
extern struct mutex cgroup_mutex;
/* Members, populated and frozen. Taken outside siglock. */
extern spinlock_t cgroup_lock;

#define CFTYPE_NOT_ON_ROOT  1
#define CFTYPE_ONLY_ON_ROOT 2
#define CFTYPE_UNLOCKED	    4	/* show and write take the locks that they need themselves */
#define CFTYPE_PRESSURE	    16	/* hidden while the group's accounting of stalls is off */
#define CFTYPE_NS_DELEGATABLE 8	/* writable in a name space's root under `nsdelegate` */

/* One file of each group's folder. */
struct cftype {
	const char *name;
	unsigned int flags;		/* CFTYPE_* */
	int controller;			/* whose it is, or -1 */
	int event;			/* what changes it by itself, or -1 */
	/* => cgroup_mutex held, but for CFTYPE_UNLOCKED */
	int (*show)(struct seq_file *m, struct cgroup *cg);
	/* The whole text, stripped of white space; 0 or -errno. => cgroup_mutex held */
	int (*write)(struct cgroup *cg, char *text, const struct file *file);
	/*
	 * In the place of write, for files whose openers each may have a trigger (<kern/psi.h>), which
	 * then is what poll() tells of. => as write
	 */
	int (*arm)(struct cgroup *cg, char *text, struct psi_trigger **slot);
};

/* All files; a NULL name ends each table, a NULL table ends them all. */
extern const struct cftype *const cgroup_file_tables[];
extern const struct cftype cgroup_core_files[], cgroup_cpu_files[], cgroup_pids_files[];
extern const struct cftype cgroup_cpuset_files[], cgroup_memory_files[], cgroup_io_files[];
extern const struct cftype cgroup_pressure_files[];

/* A change of one of a group's files that watchers and pollers hear of. => any context */
void cgroup_notify(struct cgroup *cg, enum cgroup_event event);
/* Controllers that the group may use: what its parent has enabled for children. */
unsigned int cgroup_controllers(const struct cgroup *cg);
/* mkdir() and rmdir(). => cgroup_mutex held; ERR_PTR, -errno */
struct cgroup *cgroup_create(struct cgroup *parent, const char *name);
int cgroup_destroy(struct cgroup *cg);
/*
 * Moves a process, or one thread. `file` is the list that was written to: its opener's rights
 * count. => cgroup_mutex held
 */
int cgroup_attach(struct cgroup *cg, const char *text, const struct file *file, bool threads);
/* Memory of tasks whose cpuset lost nodes follows to those that it has now. => may sleep, no lock held */
void cpuset_move_memory(void);
/* May the caller put tasks into this group at all (its kind, its controllers)? 0 or -errno. */
int cgroup_vet_destination(const struct cgroup *cg);
/* The path from the root of a name space, for a buffer's end; or ERR_PTR(-ENAMETOOLONG). */
char *cgroup_path_ns(struct cgroup *cg, struct cgroup *root, char *buf, size_t size);
/* Is `cg` the same as `ancestor`, or below it? */
bool cgroup_is_descendant(const struct cgroup *cg, const struct cgroup *ancestor);

/* ---- fs/cgroupfs, for the core ---- */

/* Controllers of the group's children have changed: their files come and go. => cgroup_mutex */
int cgroupfs_update_files(struct cgroup *cg);
/* The same for files of the group itself: they are shown or hidden. 0 or -ENOMEM. => cgroup_mutex */
int cgroupfs_update_own_files(struct cgroup *cg);
/* Watchers of the file hear of a change. => may sleep */
void cgroupfs_notify(struct cgroup *cg, enum cgroup_event event);
/* May the opener of `file` move tasks between these groups? */
int cgroupfs_may_move(const struct file *file, struct cgroup *from, struct cgroup *to);
/* The group whose folder is open on fd, for a child or thread of the caller's, with a reference; ERR_PTR. */
struct cgroup *cgroupfs_get_group(int fd, bool thread);

#endif
