/* SPDX-License-Identifier: MIT */
/* How guests came into the kernel, for /proc/interrupts. */
#ifndef UM_TRAPS_H
#define UM_TRAPS_H

enum um_trap {
	UM_TRAP_SITE_CALL,   /* a system call from a rewritten site */
	UM_TRAP_SIGNAL_CALL, /* by signal */
	UM_TRAP_FAULT,	     /* page faults and other exceptions */
	UM_TRAPS
};

/* => any context */
unsigned long um_trap_count(unsigned int cpu, enum um_trap trap);

#endif
