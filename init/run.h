/* SPDX-License-Identifier: MIT */
/* What the files of /run-program share. */
#ifndef INIT_RUN_H
#define INIT_RUN_H

#include <linux/types.h>

#define MAX_TREES 64
#define MAX_LIMITS 16
#define MAX_GROUPS 1024
#define MAX_IGNORED 64
#define TCGETS_ 0x5401

struct tree {
	unsigned int number;
	int is_file;
	const char *where;		/* in the guest */
	const char *name;		/* of a file in the tree */
	long fd;			/* of a file, while the tree is made */
};

/* What the words say. */
struct settings {
	int rw;
	const char *cwd, *hostname;
	unsigned int uid, gid, umask;
	unsigned int groups[MAX_GROUPS], nr_groups;
	unsigned int ignored[MAX_IGNORED], nr_ignored;
	struct limit {
		unsigned int what;
		__u64 value[2];
	} limits[MAX_LIMITS];
	unsigned int nr_limits;
	struct tree trees[MAX_TREES];
	unsigned int nr_trees;
	char **env;
	unsigned int nr_env;
};

/* Mounts everything and makes it the root (tree.c). 0, or 1 after a complaint. */
int make_tree(struct settings *set);

#endif
