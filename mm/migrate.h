/* SPDX-License-Identifier: MIT */
/* Moving pages to other frames (migrate.c), and whole ranges of them to other nodes (migrate_calls.c). */
#ifndef MM_MIGRATE_H
#define MM_MIGRATE_H

#include "reclaim.h"

#define MIGRATE_BATCH 32

/* One page on its way. */
struct migration {
	struct page *from;	/* isolated, with a reference */
	struct page *to;
	int nid;		/* the caller's own: where it is to go */
	unsigned int refs;	/* of `from`, from entries that have been changed, until the flush */
	bool locked;
	int err;		/* 0: moved, or gone */
};

/* A new page for m->from, or NULL. => may sleep, the page locked */
typedef struct page *(*migrate_target_t)(const struct migration *m, void *arg);

struct migrate_control {
	migrate_target_t target;
	void *arg;
	bool wait;		/* for locks, writeback, and that pages in use are free for a moment */
};

/*
 * Moves up to MIGRATE_BATCH pages, each isolated with a reference, and gives them back. How many stayed;
 * pages[i].err says why: -ENOMEM no page for it, -EBUSY somebody holds it. => may sleep; with `wait` no
 * i_mmap_rwsem held
 */
unsigned int migrate_batch(struct migration *pages, unsigned int nr, const struct migrate_control *mc);

struct mempolicy;
/* => mmap_lock held for writing, all of the range is mapped */
/* Are all pages in the range where the policy (NULL: the default) wants them? */
bool range_follows_policy(struct mm_struct *mm, unsigned long start, unsigned long end,
			  const struct mempolicy *pol);
/* mbind()'s MPOL_MF_MOVE and MOVE_ALL. 0, or -EIO with MPOL_MF_STRICT when some stayed. */
int move_range_by_policy(struct mm_struct *mm, unsigned long start, unsigned long end,
			 struct mempolicy *pol, unsigned int flags);

#endif
