/* SPDX-License-Identifier: MIT */
/* cachestat(2), which the headers of Linux 6.1 do not have yet. */
#ifndef ABI_EXTRA_LINUX_CACHESTAT_H
#define ABI_EXTRA_LINUX_CACHESTAT_H

#include <linux/types.h>

struct cachestat_range {
	__u64 off;
	__u64 len;		/* 0: to the end */
};

struct cachestat {
	__u64 nr_cache;
	__u64 nr_dirty;
	__u64 nr_writeback;
	__u64 nr_evicted;
	__u64 nr_recently_evicted;
};

#endif
