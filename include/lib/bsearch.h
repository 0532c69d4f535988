/* SPDX-License-Identifier: MIT */
/* bsearch() is declared beside its relatives. */
#ifndef LIB_BSEARCH_H
#define LIB_BSEARCH_H

#include <lib/sort.h>

#endif
