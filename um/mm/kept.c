// SPDX-License-Identifier: MIT
/*
 * Text that outlives its address space.
 *
 * Problem: the child of a fork shows its guest what its parent's stub has mapped, and takes it
 * all down again when it ends. A shell forks thousands of times, and each time maps the same
 * pages of the same programs at the same addresses.
 *
 * So when the address space of a fork's child ends, its stub keeps the mappings of pages of files
 * that it can only read or execute, and waits for the next child of the same family: an address
 * space and all that were forked from it, until one executes another program. Before the stub runs
 * a guest again, what its new page tables say is compared with what was kept: a mapping that is
 * the same, page for page, is left alone, and all others are taken away, with the mapper's proof.
 *
 * A page that is kept is held by a reference, so it is not used for anything else meanwhile, and
 * the same page is the same contents. Who wants such pages to go (reclaim, /proc/sys/vm/drop_caches,
 * a file of the host that has changed) calls tlb_release_pages().
 *
 *   exit_mmap()        guest_keep()           before the page tables lose the pages
 *   first run          guest_match_kept()     then guest_put_kept()
 *
 * guest->lock guards guest->kept. A stub with nkept != 0 runs no guest: in the pool it has none,
 * and run_guest() builds first.
 */
#include <kern/atomic.h>
#include <kern/kernel.h>
#include <mm/page.h>
#include <mm/vmstat.h>
#include <um/virtual.h>
#include "areas.h"
#include "guest.h"

/* Pages of one stub: 4 MiB, or a part of a small machine. */
#define MAX_PAGES  1024UL
#define RAM_SHARE 128

#define HOST_NR_MUNMAP 11

static atomic_long_t pages_kept = ATOMIC_LONG_INIT(0);

unsigned long guest_pages_kept(void)
{
	return atomic_long_read(&pages_kept);
}

static struct page *first_page(const struct guest_kept *kept)
{
	return pfn_to_page(kept->phys >> PAGE_SHIFT);
}

static void keep_area(struct guest *guest, const struct guest_area *area)
{
	struct guest_kept *kept = &guest->kept[guest->nkept];
	unsigned long nr = (area->end - area->start) >> PAGE_SHIFT;

	*kept = (struct guest_kept){ area->start, area->phys, area->end - area->start, area->prot };
	for (unsigned long i = 0; i < nr; i++)
		get_page(first_page(kept) + i);
	guest->nkept++;
	atomic_long_add(nr, &pages_kept);
	/* A whole area: that needs no memory. */
	areas_remove(guest, kept->addr, kept->addr + kept->size);
}

void guest_keep(struct guest *guest, u64 family)
{
	unsigned long room = min(MAX_PAGES, totalram_pages() / RAM_SHARE);
	struct guest_area *area, *next;

	if (guest->nkept || um_virtual || guest->nslots != 1 || guest_doomed(guest))
		return;
	for (area = area_find(guest, 0); area && guest->nkept < GUEST_MAX_KEPT; area = next) {
		unsigned long nr = (area->end - area->start) >> PAGE_SHIFT;

		next = area_next(area);
		if (!area->phys || nr > room)
			continue;
		room -= nr;
		keep_area(guest, area);
	}
	guest->family = family;
}

/* Does the run show the same pages there? */
static bool covers(const struct guest_run *run, const struct guest_kept *kept)
{
	return run->addr <= kept->addr && kept->addr + kept->size <= run->addr + run->size &&
	       run->phys - run->addr == kept->phys - kept->addr && run->prot == kept->prot;
}

void guest_match_kept(struct guest *guest)
{
	unsigned int at = 0;

	for (unsigned int i = 0; i < guest->nkept; i++) {
		const struct guest_kept *kept = &guest->kept[i];
		unsigned int tries = 0;

		/* Both are by address, as a rule. */
		while (tries < guest->nruns && !covers(&guest->runs[at % guest->nruns], kept)) {
			at++;
			tries++;
		}
		if (tries == guest->nruns ||
		    !areas_insert(guest, kept->addr, kept->addr + kept->size, kept->prot, kept->phys))
			guest_op(guest, HOST_NR_MUNMAP, kept->addr, kept->size, 0, 0, 0, 0);
	}
}

void guest_put_kept(struct guest *guest)
{
	for (unsigned int i = 0; i < guest->nkept; i++) {
		const struct guest_kept *kept = &guest->kept[i];
		unsigned long nr = kept->size >> PAGE_SHIFT;

		for (unsigned long page = 0; page < nr; page++)
			put_page(first_page(kept) + page);
		atomic_long_sub(nr, &pages_kept);
	}
	WRITE_ONCE(guest->nkept, 0);
}
