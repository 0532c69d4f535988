// SPDX-License-Identifier: MIT
/* Pages to and from a swap area: the state of the page around the area's own operations. */
#include "reclaim.h"
#include "swap_internal.h"

#include <kern/sched.h>
#include <mm/pagemap.h>

void swap_read_done(struct page *page, int error)
{
	if (error) {
		SetPageError(page);
		pr_err_ratelimited("Read-error on swap-device (slot %lu)\n",
				   swp_offset(page_swap_entry(page)));
	} else {
		SetPageUptodate(page);
	}
	unlock_page(page);
}

void swap_write_done(struct page *page, int error)
{
	if (error) {
		/* It stays in memory, and is not tried again soon. */
		SetPageDirty(page);
		ClearPageReclaim(page);
		pr_err_ratelimited("Write-error on swap-device (slot %lu)\n",
				   swp_offset(page_swap_entry(page)));
	}
	end_page_writeback(page);
}

void swap_readpage(struct page *page)
{
	swp_entry_t entry = page_swap_entry(page);
	struct swap_info_struct *si = swap_info(entry);

	count_vm_event(PSWPIN);
	si->ops->read(si, page, swp_offset(entry));
}

int swap_writepage(struct page *page)
{
	swp_entry_t entry = page_swap_entry(page);
	struct swap_info_struct *si = swap_info(entry);

	if (try_to_free_swap(page)) {
		unlock_page(page);
		return 0;
	}
	set_page_writeback(page);
	unlock_page(page);
	count_vm_event(PSWPOUT);
	si->ops->write(si, page, swp_offset(entry));
	return 0;
}
