/* SPDX-License-Identifier: MIT */
/* Hash chains: they live beside the lists. */
#ifndef LIB_HLIST_H
#define LIB_HLIST_H

#include <lib/list.h>

#endif
