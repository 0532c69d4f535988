/* SPDX-License-Identifier: MIT */
/* What the files of kernel/namespace share among themselves. */
#ifndef NAMESPACE_INTERNAL_H
#define NAMESPACE_INTERNAL_H

#include <kern/nsproxy.h>
#include <kern/user_namespace.h>

/* user_map.c */
void free_id_map(struct uid_gid_map *map);

/* nsproxy.c: the set `old` with new name spaces as the flags say, count 1; ERR_PTR. */
struct nsproxy *create_new_namespaces(u64 flags, struct nsproxy *old, struct user_namespace *user_ns,
				      struct fs_struct *new_fs);

#endif
