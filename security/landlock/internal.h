/* SPDX-License-Identifier: MIT */
/* Landlock: rulesets, domains and what they allow. domain.c has the overview. */
#ifndef SECURITY_LANDLOCK_INTERNAL_H
#define SECURITY_LANDLOCK_INTERNAL_H

#include <kern/lsm.h>
#include <kern/mutex.h>
#include <lib/rbtree.h>

#include <linux/landlock.h>

struct inode;

/* Rights as in LANDLOCK_ACCESS_FS_*; those of this version of the ABI fit. */
typedef u16 access_t;

#define LANDLOCK_ABI	 2
#define ACCESS_ALL	 ((access_t)(LANDLOCK_ACCESS_FS_REFER * 2 - 1))
/* What a file can get; all the others concern folders. */
#define ACCESS_FILE                                                                                \
	((access_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                   \
		    LANDLOCK_ACCESS_FS_READ_FILE))
#define MAX_LAYERS 16

/* ---- object.c ---- */

/* Stands for an inode in rules, and keeps it until its super block goes. */
struct landlock_object {
	struct hlist_node node;	/* objects_lock, RCU: by inode */
	struct inode *inode;	/* objects_lock, RCU: NULL once the super block has gone */
	int usage;		/* objects_lock: rules */
	struct rcu_head rcu;
};

/* With a reference; NULL without memory. => may sleep */
struct landlock_object *landlock_object_get(struct inode *inode);
struct landlock_object *landlock_object_dup(struct landlock_object *object);
void landlock_object_put(struct landlock_object *object);
/* The inode's object for comparison only, or NULL: no rule is about it. => RCU */
const struct landlock_object *landlock_object_of(const struct inode *inode);

/* ---- ruleset.c ---- */

/* What is allowed at an inode and below. */
struct landlock_rule {
	struct rb_node node;
	struct landlock_object *object;	/* counted */
	access_t access;
};

/* Rules by address of their object. */
struct landlock_rules {
	struct rb_root root;
	access_t handled;	/* what is forbidden unless a rule allows it */
};

/* What a program fills, by its descriptor. */
struct landlock_ruleset {
	struct mutex lock;		/* guards rules.root */
	struct landlock_rules rules;
};

/* Adds rights at an object, whose reference it takes over. 0 or -ENOMEM. */
int landlock_rules_add(struct landlock_rules *rules, struct landlock_object *object, access_t access);
int landlock_rules_copy(struct landlock_rules *to, const struct landlock_rules *from);
void landlock_rules_free(struct landlock_rules *rules);
/* What the rules allow there, 0 without one. */
access_t landlock_rules_find(const struct landlock_rules *rules, const struct landlock_object *object);

/* ---- domain.c ---- */

struct landlock_domain {
	struct lsm_domain lsm;
	struct landlock_domain *parent;	/* i: counted; the layer below, or NULL */
	int level;			/* i: 0 for the first */
	struct landlock_rules rules;	/* i */
};

/* One more layer on top of `parent`, whose reference it takes over on success; ERR_PTR. */
struct landlock_domain *landlock_domain_new(struct landlock_domain *parent,
					    struct landlock_ruleset *ruleset);
extern const struct lsm_ops landlock_ops;

/* A file that has no place in any tree of names: a pipe, memory, a name space. => may sleep */
bool landlock_is_nowhere(const struct path *path);

static inline struct landlock_domain *to_landlock(const struct lsm_domain *domain)
{
	return domain ? container_of(domain, struct landlock_domain, lsm) : NULL;
}

#endif
