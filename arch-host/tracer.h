/* SPDX-License-Identifier: MIT */
/* What arch-host/tracer*.c share. */
#ifndef ARCH_HOST_TRACER_H
#define ARCH_HOST_TRACER_H

#include <linux/ptrace.h>
#include <stdbool.h>
#include <um/stub_layout.h>

/* What a thread of a stub is. */
enum tracer_role {
	TRACER_STARTING,	/* the zygote, before it is confined: it has met no guest */
	TRACER_MAPPER,		/* zygote, newborn stub, mapper: first threads */
	TRACER_BORN,		/* a guest thread, until it asks to be confined */
	TRACER_GUEST
};

/* Is this the address of a slot in the stub? */
static inline bool tracer_is_slot(unsigned long address)
{
	return address >= STUB_SLOTS &&
	       address < STUB_SLOTS + (unsigned long)STUB_MAX_SLOTS * STUB_SLOT_STRIDE;
}

/* May a thread in that role make the call that it has stopped at? */
bool tracer_may(enum tracer_role role, const struct ptrace_syscall_info *info);

#endif
