/* SPDX-License-Identifier: MIT */
/* The machine's memory nodes: which there are, how far apart, and which CPUs are of which. */
#ifndef MM_NODE_H
#define MM_NODE_H

#include <kern/cpumask.h>
#include <mm/nodemask.h>
#include <um/percpu.h>

#define LOCAL_DISTANCE 10
#define REMOTE_DISTANCE 20

/* All constant after boot. Nodes are 0..nr_node_ids-1, each with memory, not each with a CPU. */
extern unsigned int nr_node_ids;
extern nodemask_t node_online_map;
extern u8 cpu_node[NR_CPUS];

#define for_each_online_node(nid) for ((nid) = 0; (nid) < (int)nr_node_ids; (nid)++)

static inline bool node_online(int nid) { return nid >= 0 && (unsigned int)nid < nr_node_ids; }
static inline int cpu_to_node(unsigned int cpu) { return cpu_node[cpu]; }

/* The calling CPU's; a hint where the caller may move. */
static inline int numa_node_id(void)
{
	return likely(nr_node_ids == 1) ? 0 : cpu_node[raw_smp_processor_id()];
}

/* 10: local; 255: unreachable. => both nodes are online */
int node_distance(int from, int to);
/* The node's possible CPUs; may be none. */
struct cpumask cpumask_of_node(int nid);
/* The nodes of all blocks of 2^MAX_ORDER frames; NULL: there is one node. */
extern u8 *block_node;
/* The node of a frame. */
int pfn_to_nid(unsigned long pfn);

/* Boot: divides max_pfn frames among the nodes of numa=, and the CPUs. => before the zones */
void numa_init(void);

#endif
