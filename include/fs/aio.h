/* SPDX-License-Identifier: MIT */
/* Asynchronous I/O: what an address space must do about it. */
#ifndef FS_AIO_H
#define FS_AIO_H

struct mm_struct;

/* The last user of an address space goes: so do its contexts. => may sleep */
void exit_aio(struct mm_struct *mm);

#endif
