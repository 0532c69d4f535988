/* SPDX-License-Identifier: MIT */
/* Sets of memory nodes: one word, since MAX_NUMNODES is 64. */
#ifndef MM_NODEMASK_H
#define MM_NODEMASK_H

#include <kern/types.h>
#include <lib/bitops.h>

#define MAX_NUMNODES 64
/* "Whatever is near." */
#define NUMA_NO_NODE (-1)

typedef struct nodemask {
	unsigned long bits[1];
} nodemask_t;

#define NODE_MASK_NONE ((nodemask_t){ { 0 } })

static inline nodemask_t nodemask_of_node(int nid) { return (nodemask_t){ { 1UL << nid } }; }
static inline bool node_isset(int nid, nodemask_t m) { return m.bits[0] >> nid & 1; }
static inline bool nodes_empty(nodemask_t m) { return !m.bits[0]; }
static inline bool nodes_equal(nodemask_t a, nodemask_t b) { return a.bits[0] == b.bits[0]; }
static inline bool nodes_subset(nodemask_t a, nodemask_t b) { return !(a.bits[0] & ~b.bits[0]); }
static inline bool nodes_intersects(nodemask_t a, nodemask_t b) { return a.bits[0] & b.bits[0]; }
static inline int nodes_weight(nodemask_t m) { return hweight64(m.bits[0]); }
static inline void node_set(int nid, nodemask_t *m) { m->bits[0] |= 1UL << nid; }
static inline void node_clear(int nid, nodemask_t *m) { m->bits[0] &= ~(1UL << nid); }

static inline nodemask_t nodes_and(nodemask_t a, nodemask_t b)
{
	return (nodemask_t){ { a.bits[0] & b.bits[0] } };
}

static inline nodemask_t nodes_andnot(nodemask_t a, nodemask_t b)
{
	return (nodemask_t){ { a.bits[0] & ~b.bits[0] } };
}

static inline nodemask_t nodes_or(nodemask_t a, nodemask_t b)
{
	return (nodemask_t){ { a.bits[0] | b.bits[0] } };
}

/* The first node of the set after `nid` (-1: of all); MAX_NUMNODES when there is none. */
static inline int next_node(int nid, nodemask_t m)
{
	unsigned long left = nid >= MAX_NUMNODES - 1 ? 0 : m.bits[0] & (~0UL << (nid + 1));

	return left ? __builtin_ctzl(left) : MAX_NUMNODES;
}

static inline int first_node(nodemask_t m) { return next_node(-1, m); }

/* The same, from the front again after the last one. => the set is not empty */
static inline int next_node_in(int nid, nodemask_t m)
{
	int next = next_node(nid, m);

	return next < MAX_NUMNODES ? next : first_node(m);
}

/* The node with `n` others of the set before it, counted round and round. => not empty */
static inline int nth_node(unsigned long n, nodemask_t m)
{
	int nid = first_node(m);

	for (n %= nodes_weight(m); n; n--)
		nid = next_node(nid, m);
	return nid;
}

/* How many nodes of the set are in front of nid. */
static inline int node_rank(int nid, nodemask_t m)
{
	return hweight64(m.bits[0] & ((1UL << nid) - 1));
}

#define for_each_node_mask(nid, mask) \
	for ((nid) = first_node(mask); (nid) < MAX_NUMNODES; (nid) = next_node((nid), (mask)))

#endif
