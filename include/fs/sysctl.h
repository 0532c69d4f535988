/* SPDX-License-Identifier: MIT */
/* Numbers and strings under /proc/sys. */
#ifndef FS_SYSCTL_H
#define FS_SYSCTL_H

#include <kern/types.h>

struct ctl_table;

/*
 * Reads or writes the value of one entry.
 * => kernel buffer of *lenp bytes; sets *lenp to what was used and moves *ppos
 * => may sleep, holds no lock; returns 0 or an errno
 */
typedef int proc_handler(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
			 loff_t *ppos);

/* One file below /proc/sys; an array of them ends with a NULL procname. */
struct ctl_table {
	const char *procname;
	void *data;
	int maxlen;
	umode_t mode;
	proc_handler *proc_handler;
	const void *extra1;		/* minimum, for the _minmax handlers */
	const void *extra2;		/* maximum */
};

/* Adds the entries to /proc/sys/<path>, making its folders; -errno on failure. */
int register_sysctl(const char *path, const struct ctl_table *table);

proc_handler proc_dointvec;
proc_handler proc_dointvec_minmax;
proc_handler proc_douintvec;
proc_handler proc_doulongvec_minmax;
proc_handler proc_dostring;

#endif
