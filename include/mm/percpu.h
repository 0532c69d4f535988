/* SPDX-License-Identifier: MIT */
/* Dynamic per-CPU memory; the pointers work with per_cpu_ptr() and this_cpu_*(). */
#ifndef MM_PERCPU_H
#define MM_PERCPU_H

#include <kern/types.h>
#include <um/percpu.h>

/*
 * Every CPU's area ends in this many bytes for alloc_percpu(): um_percpu_area_size() must
 * count PERCPU_DYNAMIC_SIZE after the template, rounded up to 64 bytes.
 */
#define PERCPU_DYNAMIC_SIZE	(256UL << 10)

/* Zeroed memory of `size` bytes on every CPU; NULL when the areas are full. => any context */
void *__alloc_percpu(size_t size, size_t align);
#define alloc_percpu(type) ((__typeof__(type) *)__alloc_percpu(sizeof(type), __alignof__(type)))
#define alloc_percpu_gfp(type, gfp) alloc_percpu(type)
#define __alloc_percpu_gfp(size, align, gfp) __alloc_percpu(size, align)
void free_percpu(void *ptr);

#endif
