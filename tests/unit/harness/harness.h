/* SPDX-License-Identifier: MIT */
/* Shared by the files of the kernel side of the harness. */
#ifndef UNIT_HARNESS_H
#define UNIT_HARNESS_H

#include <kern/ktest_table.h>

/* Clears @report and makes it the one that failures go to. */
void ktest_begin(struct ktest_report *report);

#endif
