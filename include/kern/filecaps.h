/* SPDX-License-Identifier: MIT */
/* Capabilities of files: the attribute security.capability. */
#ifndef KERN_FILECAPS_H
#define KERN_FILECAPS_H

#include <kern/types.h>

#include <linux/capability.h>

struct dentry;
struct inode;
struct linux_binprm;

/*
 * What a program's file adds: into bprm->cred's permitted set. *effective: it takes effect at
 * once; *has: there is such an attribute. 0, or -EPERM when the file wants more than the bounding
 * set leaves it. => may sleep
 */
int bprm_file_caps(struct linux_binprm *bprm, bool *effective, bool *has);

/*
 * setxattr(): checks the value and the right to set it; from a user name space that may not set
 * it for everybody it becomes one for that name space (revision 3), in *out. The size to store,
 * -EINVAL or -EPERM.
 */
ssize_t cap_convert_nscap(const struct inode *inode, const void *value, size_t size,
			  struct vfs_ns_cap_data *out);
/* getxattr(): the stored value as the caller's name space shows it; its size, or -EOVERFLOW. */
ssize_t cap_show_nscap(const struct inode *inode, struct vfs_ns_cap_data *value, size_t size);

#endif
