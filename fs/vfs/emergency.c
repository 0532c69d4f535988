// SPDX-License-Identifier: MIT
/* The magic keys s and u: writes everything out, makes every disk read-only, from a work queue. */
#include <fs/super.h>
#include <kern/init.h>
#include <kern/printk.h>
#include <kern/sysrq.h>
#include <kern/workqueue.h>
#include "internal.h"

static void sync_fn(struct work_struct *work)
{
	sync_all();
	pr_info("Emergency Sync complete\n");
}
static DECLARE_WORK(sync_work, sync_fn);

static void emergency_sync(char key)
{
	queue_work(system_unbound_wq, &sync_work);
}

static void remount_fn(struct work_struct *work)
{
	sync_all();
	emergency_remount_all();
	pr_info("Emergency Remount complete\n");
}
static DECLARE_WORK(remount_work, remount_fn);

static void emergency_remount(char key)
{
	queue_work(system_unbound_wq, &remount_work);
}

static const struct sysrq_key sync_key = { emergency_sync, "sync(s)", "Emergency Sync",
					   SYSRQ_ENABLE_SYNC };
static const struct sysrq_key remount_key = { emergency_remount, "unmount(u)",
					      "Emergency Remount R/O", SYSRQ_ENABLE_REMOUNT };

static int __init emergency_init(void)
{
	WARN_ON(register_sysrq_key('s', &sync_key));
	WARN_ON(register_sysrq_key('u', &remount_key));
	return 0;
}
fs_initcall(emergency_init);
