// SPDX-License-Identifier: MIT
/* Bandwidth reclaiming: the rule. */
#include <kern/kernel.h>
#include "../../../../kernel/sched/internal.h"
#include "../threads.h"

#define PART(percent) (BW_UNIT * (percent) / 100)
#define DT 1000000ULL

/* Charged ns, as percents of what was run; rounding loses less than one. */
static u64 charged(u64 own, u64 inactive, u64 extra)
{
	return (dl_reclaim_charge(DT, PART(own), PART(inactive), PART(extra), PART(95)) * 100 +
		DT / 2) / DT;
}

KTEST_BARE(reclaim, what_others_leave_is_free)
{
	/* Alone with 10 %: all but the 5 % that deadline tasks never get, 85 % of it unadmitted. */
	KEXPECT_EQ(charged(10, 0, 85), 15);
	/* Everything is admitted, and all are active: as without reclaiming, nearly. */
	KEXPECT_EQ(charged(10, 0, 0), 100);
	/* Half of the CPU was admitted for others who sleep. */
	KEXPECT_EQ(charged(10, 50, 35), 15);
	KEXPECT_EQ(charged(10, 50, 0), 50);
	/* Never with less than its own share. */
	KEXPECT_EQ(charged(40, 50, 45), 42);
	KEXPECT_EQ(charged(95, 0, 0), 100);
}
