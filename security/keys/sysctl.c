// SPDX-License-Identifier: MIT
/* /proc/sys/kernel/keys: quotas, and how long dead keys stay. */
#include <fs/sysctl.h>
#include <kern/init.h>

#include "internal.h"

/* WRITE_ONCE */
int key_quota_maxkeys = 200;
int key_quota_maxbytes = 20000;
int key_quota_root_maxkeys = 1000000;
int key_quota_root_maxbytes = 25000000;
int key_gc_delay = 5 * 60;

static const int zero, one = 1;

#define ROW(name, variable, least)                                                                 \
	{                                                                                          \
		.procname = name, .data = &(variable), .maxlen = sizeof(int), .mode = 0644,        \
		.proc_handler = proc_dointvec_minmax, .extra1 = &(least)                           \
	}

static const struct ctl_table table[] = { ROW("maxkeys", key_quota_maxkeys, one),
					  ROW("maxbytes", key_quota_maxbytes, one),
					  ROW("root_maxkeys", key_quota_root_maxkeys, one),
					  ROW("root_maxbytes", key_quota_root_maxbytes, one),
					  ROW("gc_delay", key_gc_delay, zero),
					  ROW("persistent_keyring_expiry",
					      persistent_keyring_expiry, zero),
					  {} };

static int __init keys_sysctl_init(void)
{
	return register_sysctl("kernel/keys", table);
}
fs_initcall(keys_sysctl_init);
