/* SPDX-License-Identifier: MIT */
/* Random numbers nobody can guess, from a generator that the host seeded. */
#ifndef KERN_RANDOM_H
#define KERN_RANDOM_H

#include <kern/types.h>

/* => any context, from the first initcall on; never fails, never sleeps */
void get_random_bytes(void *buf, size_t len);
u32 get_random_u32(void);
u64 get_random_u64(void);
/* Evenly spread over 0..ceiling-1; ceiling is not 0. */
u32 get_random_u32_below(u32 ceiling);
/* Stirs bytes in; they need not be random. => any context */
void add_device_randomness(const void *buf, size_t len);

#endif
