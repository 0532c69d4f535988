// SPDX-License-Identifier: MIT
/* The record of what a stub has mapped: areas in a tree, by address, never overlapping. */
#include <mm/gfp.h>
#include <mm/slab.h>
#include "areas.h"

static struct guest_area *area_of(struct rb_node *node)
{
	return node ? rb_entry(node, struct guest_area, node) : NULL;
}

struct guest_area *area_next(struct guest_area *area)
{
	return area_of(rb_next(&area->node));
}

struct guest_area *area_find(struct guest *guest, unsigned long addr)
{
	struct rb_node *node = guest->areas.rb_node;
	struct guest_area *best = NULL;

	while (node) {
		struct guest_area *area = rb_entry(node, struct guest_area, node);

		if (area->end > addr) {
			best = area;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

bool areas_overlap(struct guest *guest, unsigned long start, unsigned long end)
{
	struct guest_area *area = area_find(guest, start);

	return area && area->start < end;
}

/* Never reclaims: reclaim might flush this very stub. */
static struct guest_area *area_alloc(struct guest *guest)
{
	struct guest_area *area = kmalloc(sizeof(*area), GFP_ATOMIC | __GFP_NOWARN);

	if (!area) {
		area = guest->spare;
		guest->spare = NULL;
	}
	return area;
}

static void area_free(struct guest *guest, struct guest_area *area)
{
	if (guest->spare)
		kfree(area);
	else
		guest->spare = area;
}

static void area_link(struct guest *guest, struct guest_area *new)
{
	struct rb_node **link = &guest->areas.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = new->start < rb_entry(parent, struct guest_area, node)->start ?
			       &parent->rb_left :
			       &parent->rb_right;
	}
	rb_link_node(&new->node, parent, link);
	rb_insert_color(&new->node, &guest->areas);
}

static void area_unlink(struct guest *guest, struct guest_area *area)
{
	rb_erase(&area->node, &guest->areas);
	area_free(guest, area);
}

bool areas_remove(struct guest *guest, unsigned long start, unsigned long end)
{
	struct guest_area *area = area_find(guest, start), *next;

	if (area && area->start < start && area->end > end) {
		struct guest_area *tail = area_alloc(guest);

		if (!tail)
			return false;
		tail->start = end;
		tail->end = area->end;
		tail->phys = area->phys ? area->phys + (end - area->start) : 0;
		tail->prot = area->prot;
		area->end = start;
		area_link(guest, tail);
		return true;
	}
	for (; area && area->start < end; area = next) {
		next = area_next(area);
		if (area->start < start) {
			area->end = start;
		} else if (area->end > end) {
			if (area->phys)
				area->phys += end - area->start;
			area->start = end;
		} else {
			area_unlink(guest, area);
		}
	}
	return true;
}

/* Joins an area with its right neighbour when they are alike. */
static void area_merge(struct guest *guest, struct guest_area *area)
{
	struct guest_area *next = area_next(area);

	if (next && next->start == area->end && next->prot == area->prot &&
	    next->phys == (area->phys ? area->phys + (area->end - area->start) : 0)) {
		area->end = next->end;
		area_unlink(guest, next);
	}
}

bool areas_insert(struct guest *guest, unsigned long start, unsigned long end, int prot,
		  unsigned long phys)
{
	struct guest_area *area = area_alloc(guest);
	struct rb_node *prev;

	if (!area)
		return false;
	if (!areas_remove(guest, start, end)) {
		area_free(guest, area);
		return false;
	}
	area->start = start;
	area->end = end;
	area->phys = phys;
	area->prot = prot;
	area_link(guest, area);
	area_merge(guest, area);
	prev = rb_prev(&area->node);
	if (prev)
		area_merge(guest, area_of(prev));
	return true;
}

void guest_forget_areas(struct guest *guest)
{
	struct rb_node *node;

	while ((node = rb_first(&guest->areas)))
		area_unlink(guest, area_of(node));
	guest->mappings = 0;
}
