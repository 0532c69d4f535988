// SPDX-License-Identifier: MIT
/*
 * The memory nodes. The machine has one; `numa=fake=` divides it, so that what programs and this
 * kernel do on several can be seen (Documentation/arch/x86/x86_64/fake-numa-for-cpusets of Linux):
 *
 *	numa=off			one node
 *	numa=fake=N			N nodes of equal size (also written NU)
 *	numa=fake=SIZEM, SIZEG		as many nodes of that size as there are
 *	numa=fake=N:D,D,...		the distances too, row by row: 10 from a node to itself
 *
 * All fake nodes lie in one real one: without a table everything is at distance 10. A node is at
 * least MIN_NODE_PAGES large and begins at a block of MAX_ORDER, so that no free block belongs to
 * two. The CPUs are divided evenly in their order; with fewer CPUs than nodes some have none.
 */
#include "internal.h"

#include <kern/moduleparam.h>
#include <kern/task.h>
#include <lib/kstrtox.h>
#include <mm/memblock.h>

/* 32 MiB, as on Linux. */
#define MIN_NODE_PAGES (32UL << (20 - PAGE_SHIFT))

unsigned int nr_node_ids = 1;
nodemask_t node_online_map = { { 1 } };
u8 cpu_node[NR_CPUS];
u8 *block_node;
struct pglist_data node_data[MAX_NUMNODES];

/* What the command line asks for: a number of nodes or a size. */
struct fake_nodes {
	unsigned int nr;
	unsigned long node_pages;		/* 0: from nr */
	bool has_distances;
	u8 distance[MAX_NUMNODES][MAX_NUMNODES];
};
static struct fake_nodes fake;

/* ---- the command line ---- */

/* A number up to `max`, and where it ends; NULL: there is none. */
static const char *parse_number(const char *text, unsigned long max, unsigned long *value)
{
	const char *at = text;

	for (*value = 0; *at >= '0' && *at <= '9'; at++) {
		*value = *value * 10 + (*at - '0');
		if (*value > max)
			return NULL;
	}
	return at == text ? NULL : at;
}

/* The table, row by row: 10 on the diagonal, more elsewhere. */
static int parse_distances(const char *text, struct fake_nodes *to)
{
	for (unsigned int i = 0; i < to->nr * to->nr; i++) {
		bool self = i / to->nr == i % to->nr;
		unsigned long d;

		if (i && *text++ != ',')
			return -EINVAL;
		text = parse_number(text, 254, &d);
		if (!text || (self ? d != LOCAL_DISTANCE : d < LOCAL_DISTANCE))
			return -EINVAL;
		to->distance[i / to->nr][i % to->nr] = d;
	}
	to->has_distances = true;
	return *text ? -EINVAL : 0;
}

static int parse_fake(const char *text, struct fake_nodes *to)
{
	unsigned long value;

	text = parse_number(text, 1UL << 20, &value);
	if (!text || !value)
		return -EINVAL;
	if (*text == 'M' || *text == 'G') {
		to->node_pages = value << ((*text == 'M' ? 20 : 30) - PAGE_SHIFT);
		return text[1] || to->node_pages < MIN_NODE_PAGES ? -EINVAL : 0;
	}
	if (value > MAX_NUMNODES)
		return -EINVAL;
	to->nr = value;
	if (*text == 'U')
		text++;
	if (*text == ':')
		return parse_distances(text + 1, to);
	return *text ? -EINVAL : 0;
}

static int parse_numa(const char *value, struct fake_nodes *to)
{
	if (!strcmp(value, "off"))
		return 0;
	return strncmp(value, "fake=", 5) ? -EINVAL : parse_fake(value + 5, to);
}

static int check_numa(const char *value)
{
	static struct fake_nodes scratch;

	return parse_numa(value, &scratch);
}

static int set_numa(char *value)
{
	return !parse_numa(value, &fake);
}
__kparam("numa=", set_numa, check_numa, 1);

/* ---- dividing ---- */

int pfn_to_nid(unsigned long pfn)
{
	return block_node ? block_node[pfn >> MAX_ORDER] : 0;
}

/* How many nodes of how many frames there can be: a multiple of MAX_ORDER_NR_PAGES. */
static unsigned long choose_size(void)
{
	unsigned long size = fake.node_pages, nr = fake.nr;

	if (size)
		nr = clamp(max_pfn / size, 1UL, (unsigned long)MAX_NUMNODES);
	else if (nr)
		size = max_pfn / nr;
	size &= ~(MAX_ORDER_NR_PAGES - 1);
	if (nr <= 1)
		return 0;
	if (size < MIN_NODE_PAGES) {
		pr_err("numa=fake: %lu MiB are not enough for %lu nodes of 32 MiB: one node\n",
		       max_pfn >> (20 - PAGE_SHIFT), nr);
		return 0;
	}
	nr_node_ids = nr;
	return size;
}

static void set_span(int nid, unsigned long start, unsigned long end)
{
	NODE_DATA(nid)->node_start_pfn = start;
	NODE_DATA(nid)->node_spanned_pages = end - start;
	for (unsigned long pfn = start; block_node && pfn < end; pfn += MAX_ORDER_NR_PAGES)
		block_node[pfn >> MAX_ORDER] = nid;
}

void build_zonelist(struct zonelist *list, unsigned int nid, unsigned int nr,
		    int (*distance)(int from, int to))
{
	list->nodes[0] = nid;
	/* Insertion, in the order of nid + 1, nid + 2, ...: of equals the first stays in front. */
	for (unsigned int n = 1; n < nr; n++) {
		unsigned int node = (nid + n) % nr, at = n;

		for (; at > 1 && distance(nid, node) < distance(nid, list->nodes[at - 1]); at--)
			list->nodes[at] = list->nodes[at - 1];
		list->nodes[at] = node;
	}
}

int node_distance(int from, int to)
{
	return fake.has_distances && nr_node_ids > 1 ? fake.distance[from][to] : LOCAL_DISTANCE;
}

struct cpumask cpumask_of_node(int nid)
{
	struct cpumask mask = {};
	unsigned int cpu;

	for_each_possible_cpu(cpu)
		if (cpu_node[cpu] == nid)
			cpumask_set_cpu(cpu, &mask);
	return mask;
}

void numa_init(void)
{
	unsigned long size = choose_size();
	unsigned int cpu;
	int nid;

	if (size) {
		block_node = memblock_alloc((max_pfn >> MAX_ORDER) + 1, 0);
		BUG_ON(!block_node);
		node_online_map.bits[0] = ~0UL >> (MAX_NUMNODES - nr_node_ids);
	}
	for_each_online_node(nid) {
		NODE_DATA(nid)->node_id = nid;
		set_span(nid, nid * size, nid + 1 < (int)nr_node_ids ? (nid + 1) * size : max_pfn);
		build_zonelist(&NODE_DATA(nid)->zonelist, nid, nr_node_ids, node_distance);
	}
	init_task.mems_allowed = node_online_map;
	for_each_possible_cpu(cpu)
		cpu_node[cpu] = cpu * nr_node_ids / nr_cpu_ids;
}
