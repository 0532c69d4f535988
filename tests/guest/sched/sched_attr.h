/* SPDX-License-Identifier: MIT */
/* struct sched_attr: <linux/sched/types.h> and libc's <sched.h> do not go together. */
#ifndef SCHED_ATTR_H
#define SCHED_ATTR_H

#include <stdint.h>

struct sched_attr {
	uint32_t size;
	uint32_t sched_policy;
	uint64_t sched_flags;
	int32_t sched_nice;
	uint32_t sched_priority;
	uint64_t sched_runtime, sched_deadline, sched_period;
	uint32_t sched_util_min, sched_util_max;
};

#endif
