/* SPDX-License-Identifier: MIT */
/* The io controller of control groups, as the core of block devices and of groups see it. */
#ifndef BLOCK_BLK_CGROUP_H
#define BLOCK_BLK_CGROUP_H

#include <kern/types.h>

struct bio;
struct cgroup;

/*
 * Counts a bio that is about to go to its disk for the group that it is of. True: the group has used
 * up what io.max gives it, and the bio is sent later. => task context
 */
bool blkcg_submit(struct bio *bio);
/* The group goes: what it did is its parent's. => cgroup_mutex held */
void blkcg_offline(struct cgroup *cg);
/* The controller is switched off for the group. => cgroup_mutex held */
void blkcg_reset(struct cgroup *cg);
/* Nobody has the group any more. => may sleep */
void blkcg_free(struct cgroup *cg);

#endif
