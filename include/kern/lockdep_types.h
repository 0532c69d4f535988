/* SPDX-License-Identifier: MIT */
/* What the lock checker keeps in each lock and each task. */
#ifndef KERN_LOCKDEP_TYPES_H
#define KERN_LOCKDEP_TYPES_H

#include <kern/types.h>

/* One per lock class that is not the class of its initialiser: its address is the identity. */
struct lock_class_key {
	char subkeys[8];
};

#ifdef CONFIG_DEBUG
struct lock_class;

struct lockdep_map {
	struct lock_class_key *key;
	struct lock_class *class_cache;
	const char *name;
};

#define MAX_LOCK_DEPTH 48

struct held_lock {
	struct lock_class *class;
	struct lockdep_map *instance;
	unsigned long ip;
	unsigned int subclass;
	bool read;
	bool irqs_off;
};

struct lockdep_task {
	unsigned int depth;
	struct held_lock held[MAX_LOCK_DEPTH];
};

/* A static lock is its own key. */
#define LOCKDEP_MAP_INIT(lockname) .dep_map = { .key = NULL, .name = #lockname },
#else
struct lockdep_map {
};
struct lockdep_task {
};
#define LOCKDEP_MAP_INIT(lockname)
#endif

#endif
