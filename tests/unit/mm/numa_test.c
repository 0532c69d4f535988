// SPDX-License-Identifier: MIT
/* Nodes: the command line, sets of nodes, zonelists, and allocations that name a node. */
#include <kern/ktest.h>
#include <kern/moduleparam.h>
#include <kern/err.h>
#include <lib/string.h>
#include <linux/mempolicy.h>
#include <mm/gfp.h>
#include <mm/page.h>

#include "mm/mempolicy_internal.h"
#include "mm/mmzone.h"

KTEST_BARE(numa, parameter_is_checked)
{
	static const char *const good[] = {
		"numa=off", "numa=fake=1", "numa=fake=2", "numa=fake=64", "numa=fake=4U",
		"numa=fake=64M", "numa=fake=1G", "numa=fake=2:10,20,20,10",
		"numa=fake=3:10,20,30,20,10,20,30,20,10",
	};
	static const char *const bad[] = {
		"numa", "numa=", "numa=on", "numa=fake", "numa=fake=", "numa=fake=0", "numa=fake=65",
		"numa=fake=x", "numa=fake=2x", "numa=fake=-1", "numa=fake=31M", "numa=fake=0G",
		"numa=fake=1T", "numa=fake=1048577", "numa=fake=64MM", "numa=fake=2:", "numa=fake=2:10",
		"numa=fake=2:10,20,20", "numa=fake=2:10,20,20,10,", "numa=fake=2:10,20,20,11",
		"numa=fake=2:10,9,20,10", "numa=fake=2:10,255,20,10", "numa=fake=99999999999999999999",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(good); i++)
		KEXPECT_EQ(parse_check_param(good[i]), 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		KEXPECT_EQ(parse_check_param(bad[i]), -22);
}

KTEST_BARE(numa, sets_of_nodes)
{
	nodemask_t m = NODE_MASK_NONE;

	KEXPECT_TRUE(nodes_empty(m));
	KEXPECT_EQ(first_node(m), MAX_NUMNODES);
	node_set(0, &m);
	node_set(5, &m);
	node_set(63, &m);
	KEXPECT_EQ(nodes_weight(m), 3);
	KEXPECT_EQ(first_node(m), 0);
	KEXPECT_EQ(next_node(0, m), 5);
	KEXPECT_EQ(next_node(5, m), 63);
	KEXPECT_EQ(next_node(63, m), MAX_NUMNODES);
	KEXPECT_EQ(next_node_in(63, m), 0);
	KEXPECT_EQ(nth_node(0, m), 0);
	KEXPECT_EQ(nth_node(2, m), 63);
	KEXPECT_EQ(nth_node(4, m), 5);
	node_clear(5, &m);
	KEXPECT_EQ(next_node(0, m), 63);
}

static int same(int from, int to)
{
	return LOCAL_DISTANCE;
}

/* Four nodes on a ring. */
static int ring(int from, int to)
{
	int steps = (to - from + 4) % 4;

	return LOCAL_DISTANCE + 10 * (steps > 2 ? 4 - steps : steps);
}

static void expect_order(unsigned int nid, unsigned int nr, int (*distance)(int, int),
			 const char *order)
{
	struct zonelist list;

	build_zonelist(&list, nid, nr, distance);
	for (unsigned int i = 0; i < nr; i++)
		KEXPECT_EQ(list.nodes[i], order[i] - '0');
}

KTEST_BARE(numa, zonelists_go_by_distance)
{
	expect_order(0, 1, same, "0");
	expect_order(0, 4, same, "0123");
	expect_order(2, 4, same, "2301");
	expect_order(0, 4, ring, "0132");
	expect_order(1, 4, ring, "1203");
	expect_order(3, 4, ring, "3021");
}

KTEST(numa, every_frame_has_its_node_and_zone)
{
	struct zone *zone;

	for_each_zone(zone) {
		unsigned long end = zone->start_pfn + zone->spanned_pages;

		if (!zone->spanned_pages)
			continue;
		KEXPECT_EQ(page_zone(pfn_to_page(zone->start_pfn)), zone);
		KEXPECT_EQ(page_zone(pfn_to_page(end - 1)), zone);
		KEXPECT_EQ(page_to_nid(pfn_to_page(end - 1)), zone->node);
	}
}

KTEST(numa, pages_come_from_the_node_that_was_named)
{
	int nid;

	for_each_online_node(nid) {
		nodemask_t only = nodemask_of_node(nid);

		for (unsigned int order = 0; order < 5; order++) {
			struct page *page = alloc_pages_node(nid, GFP_KERNEL | __GFP_THISNODE, order);

			KASSERT_NOT_NULL(page);
			KEXPECT_EQ(page_to_nid(page), nid);
			__free_pages(page, order);
			/* A set that leaves one node only, wherever the search begins. */
			page = __alloc_pages(GFP_KERNEL, order, 0, &only);
			KASSERT_NOT_NULL(page);
			KEXPECT_EQ(page_to_nid(page), nid);
			__free_pages(page, order);
		}
	}
}

KTEST_BARE(numa, nodes_change_places_by_rank)
{
	nodemask_t from = { { 0x13 } }, to = { { 0xa2 } };	/* 0, 1, 4 and 1, 5, 7 */

	KEXPECT_EQ(remap_node(0, from, to), 1);
	KEXPECT_EQ(remap_node(1, from, to), 5);
	KEXPECT_EQ(remap_node(4, from, to), 7);
	KEXPECT_EQ(remap_node(3, from, to), 3);
	/* A smaller set goes round. */
	to = nodemask_of_node(6);
	KEXPECT_EQ(remap_node(4, from, to), 6);
	KEXPECT_EQ(remap_node(0, from, NODE_MASK_NONE), 0);
}

KTEST(numa, policies_are_checked_and_compared)
{
	struct mempolicy *pol = mpol_new(MPOL_BIND, 0, nodemask_of_node(0), true), *copy;
	char text[MPOL_STR_SIZE];

	KASSERT_FALSE(IS_ERR(pol));
	copy = mpol_dup(pol);
	KASSERT_FALSE(IS_ERR(copy));
	KEXPECT_TRUE(mpol_equal(pol, copy));
	KEXPECT_FALSE(mpol_equal(pol, NULL));
	mpol_to_str(text, sizeof(text), copy);
	KEXPECT_STREQ(text, "bind:0");
	mpol_put(copy);
	copy = mpol_new(MPOL_BIND, MPOL_F_STATIC_NODES, (nodemask_t){ { ~0UL } }, true);
	KASSERT_FALSE(IS_ERR(copy));
	KEXPECT_FALSE(mpol_equal(pol, copy));
	KEXPECT_EQ(mpol_shown_nodes(copy).bits[0], ~0UL);
	KEXPECT_TRUE(nodes_equal(mpol_nodes(copy), node_online_map));
	mpol_put(copy);
	mpol_put(pol);
	KEXPECT_NULL(mpol_new(MPOL_DEFAULT, 0, NODE_MASK_NONE, false));
	KEXPECT_EQ(PTR_ERR(mpol_new(MPOL_DEFAULT, 0, NODE_MASK_NONE, true)), -EINVAL);
	KEXPECT_EQ(PTR_ERR(mpol_new(MPOL_LOCAL, 0, nodemask_of_node(0), true)), -EINVAL);
	KEXPECT_EQ(PTR_ERR(mpol_new(MPOL_BIND, 0, NODE_MASK_NONE, false)), -EINVAL);
	KEXPECT_EQ(PTR_ERR(mpol_new(MPOL_BIND, 0, nodemask_of_node(63), true)), -EINVAL);
	mpol_to_str(text, sizeof(text), NULL);
	KEXPECT_STREQ(text, "default");
}
