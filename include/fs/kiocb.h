/* SPDX-License-Identifier: MIT */
/* One read or write on its way: the file, the place, and how. */
#ifndef FS_KIOCB_H
#define FS_KIOCB_H

#include <kern/types.h>

struct file;

#define IOCB_NOWAIT	0x0008	/* RWF_NOWAIT: -EAGAIN instead of sleeping */
#define IOCB_APPEND	0x0010	/* O_APPEND or RWF_APPEND */
#define IOCB_DSYNC	0x0002
#define IOCB_SYNC	0x0004
#define IOCB_HIPRI	0x0001
#define IOCB_DIRECT	0x20000

struct kiocb {
	struct file *ki_filp;
	loff_t ki_pos;		/* where; moved on by what was transferred */
	int ki_flags;		/* IOCB_* */
};

void init_sync_kiocb(struct kiocb *iocb, struct file *file);

#endif
