/* SPDX-License-Identifier: MIT */
/* Caches that give memory back under pressure. */
#ifndef MM_SHRINKER_H
#define MM_SHRINKER_H

#include <kern/types.h>

struct shrink_control {
	gfp_t gfp_mask;
	unsigned long nr_to_scan;
	unsigned long nr_scanned;
};
#define SHRINK_STOP (~0UL)
#define SHRINK_EMPTY (~0UL - 1)
#define DEFAULT_SEEKS 2
struct shrinker {
	/* How many objects could be freed. => may be called from any allocation that may sleep */
	unsigned long (*count_objects)(struct shrinker *s, struct shrink_control *sc);
	/* Frees up to nr_to_scan: the number, or SHRINK_STOP. Must honour __GFP_FS. */
	unsigned long (*scan_objects)(struct shrinker *s, struct shrink_control *sc);
	int seeks;
	unsigned int flags;
	struct list_head list;		/* shrinker_lock */
};
/* 100: dentries and inodes go as pages do; more: sooner; 0: never. */
extern int sysctl_vfs_cache_pressure;
int register_shrinker(struct shrinker *shrinker);
void unregister_shrinker(struct shrinker *shrinker);

#endif
