/* SPDX-License-Identifier: MIT */
/* Fixed-size hash tables of hlist chains. */
#ifndef LIB_HASHTABLE_H
#define LIB_HASHTABLE_H

#include <lib/hash.h>
#include <lib/list.h>
#include <lib/log2.h>
#include <lib/rculist.h>

/* An all-zero table is empty: static ones need no initialisation. */
#define DECLARE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)]
#define DEFINE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)] = {}

#define HASH_SIZE(name) (sizeof(name) / sizeof((name)[0]))
#define HASH_BITS(name) ilog2(HASH_SIZE(name))
#define hash_min(val, bits) (sizeof(val) <= 4 ? hash_32(val, bits) : hash_long(val, bits))

static inline void __hash_init(struct hlist_head *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		INIT_HLIST_HEAD(&table[i]);
}

static inline bool __hash_empty(struct hlist_head *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!hlist_empty(&table[i]))
			return false;
	return true;
}

static inline bool hash_hashed(struct hlist_node *node)
{
	return !hlist_unhashed(node);
}

#define hash_init(table) __hash_init(table, HASH_SIZE(table))
#define hash_empty(table) __hash_empty(table, HASH_SIZE(table))
#define hash_add(table, node, key)						\
	hlist_add_head(node, &(table)[hash_min(key, HASH_BITS(table))])
#define hash_add_rcu(table, node, key)						\
	hlist_add_head_rcu(node, &(table)[hash_min(key, HASH_BITS(table))])
#define hash_del(node) hlist_del_init(node)
#define hash_del_rcu(node) hlist_del_init_rcu(node)

#define hash_for_each(name, bkt, obj, member)					\
	for ((bkt) = 0, obj = NULL; obj == NULL && (bkt) < (int)HASH_SIZE(name); (bkt)++) \
		hlist_for_each_entry(obj, &(name)[bkt], member)

#define hash_for_each_rcu(name, bkt, obj, member)				\
	for ((bkt) = 0, obj = NULL; obj == NULL && (bkt) < (int)HASH_SIZE(name); (bkt)++) \
		hlist_for_each_entry_rcu(obj, &(name)[bkt], member)

#define hash_for_each_safe(name, bkt, tmp, obj, member)				\
	for ((bkt) = 0, obj = NULL; obj == NULL && (bkt) < (int)HASH_SIZE(name); (bkt)++) \
		hlist_for_each_entry_safe(obj, tmp, &(name)[bkt], member)

#define hash_for_each_possible(name, obj, member, key)				\
	hlist_for_each_entry(obj, &(name)[hash_min(key, HASH_BITS(name))], member)

#define hash_for_each_possible_rcu(name, obj, member, key)			\
	hlist_for_each_entry_rcu(obj, &(name)[hash_min(key, HASH_BITS(name))], member)

#define hash_for_each_possible_safe(name, obj, tmp, member, key)		\
	hlist_for_each_entry_safe(obj, tmp, &(name)[hash_min(key, HASH_BITS(name))], member)

#endif
