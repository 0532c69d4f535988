/* SPDX-License-Identifier: MIT */
/* list_sort() is declared beside its relatives. */
#ifndef LIB_LIST_SORT_H
#define LIB_LIST_SORT_H

#include <lib/sort.h>

#endif
