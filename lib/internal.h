/* SPDX-License-Identifier: MIT */
/* What the files of lib/ share among themselves. */
#ifndef LIB_INTERNAL_H
#define LIB_INTERNAL_H

#include <lib/xarray.h>

/* xa_load() that shows reserved entries. => Under xa_lock or rcu_read_lock. */
void *xa_load_raw(struct xarray *xa, unsigned long index);

#endif
