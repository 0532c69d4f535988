/* SPDX-License-Identifier: MIT */
/* Per-CPU data: the machine's accessors and the loops over CPUs. */
#ifndef KERN_PERCPU_H
#define KERN_PERCPU_H

#include <kern/cpumask.h>
#include <kern/preempt.h>
#include <um/percpu.h>

#endif
