// SPDX-License-Identifier: MIT
/* The host's clocks, and this vCPU's one-shot timer. */
#include "../internal.h"
#include <um/clock.h>

u64 um_clock_ns(void)
{
	return host_clock_ns();
}

u64 um_wall_ns(void)
{
	return host_wall_ns();
}

u64 um_suspended_ns(void)
{
	u64 mono = host_clock_ns();
	u64 boot = host_boottime_ns();

	return boot > mono ? boot - mono : 0;
}

void um_timer_program(u64 delta)
{
	host_timer_set(raw_smp_processor_id(), delta);
}

void um_timer_cancel(void)
{
	host_timer_cancel(raw_smp_processor_id());
}
