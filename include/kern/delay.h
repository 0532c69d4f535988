/* SPDX-License-Identifier: MIT */
/* Waiting for a time: busy or asleep. */
#ifndef KERN_DELAY_H
#define KERN_DELAY_H

#include <kern/timekeeping.h>
#include <kern/timer.h>

#endif
