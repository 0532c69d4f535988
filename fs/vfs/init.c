// SPDX-License-Identifier: MIT
/*
 * The file system layer's place in the boot, before there are threads: first the objects' caches,
 * then (in their own folders) the file systems that the first mount needs, then that mount.
 */
#include <kern/init.h>

#include <fs/mount.h>

#include "internal.h"

static int __init vfs_caches_init(void)
{
	filename_init();
	dcache_init();
	inode_init();
	files_init();
	fdtable_init();
	mnt_init_caches();
	return 0;
}
early_initcall(vfs_caches_init);

static int __init vfs_mount_init(void)
{
	mnt_init();
	return 0;
}
initcall(INITCALL_EARLY_MOUNT, vfs_mount_init);
