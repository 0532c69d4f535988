/* SPDX-License-Identifier: MIT */
/* swapon(2) and what mkswap(8) writes into the first page of an area: not in linux-libc-dev. */
#ifndef _ABI_EXTRA_LINUX_SWAP_H
#define _ABI_EXTRA_LINUX_SWAP_H

#include <linux/types.h>

#define SWAP_FLAG_PREFER	0x8000	/* the low bits are a priority */
#define SWAP_FLAG_PRIO_MASK	0x7fff
#define SWAP_FLAG_PRIO_SHIFT	0
#define SWAP_FLAG_DISCARD	0x10000
#define SWAP_FLAG_DISCARD_ONCE	0x20000
#define SWAP_FLAG_DISCARD_PAGES	0x40000
#define SWAP_FLAGS_VALID	(SWAP_FLAG_PRIO_MASK | SWAP_FLAG_PREFER | SWAP_FLAG_DISCARD | \
				 SWAP_FLAG_DISCARD_ONCE | SWAP_FLAG_DISCARD_PAGES)

#define SWAP_MAGIC "SWAPSPACE2"

struct swap_header {
	char bootbits[1024];	/* space for a disk label */
	__u32 version;
	__u32 last_page;
	__u32 nr_badpages;
	__u8 uuid[16];
	__u8 volume[16];
	__u32 padding[117];
	__u32 badpages[637];
	__u8 unused[2];
	char magic[10];		/* SWAP_MAGIC without its NUL */
} __attribute__((packed));

_Static_assert(sizeof(struct swap_header) == 4096, "one page");

#endif
