/* SPDX-License-Identifier: MIT */
/* What the character devices share. */
#ifndef DRIVERS_CHAR_INTERNAL_H
#define DRIVERS_CHAR_INTERNAL_H

extern const struct file_operations kmsg_fops;

#endif
