// SPDX-License-Identifier: MIT
/* Supplementary groups: sorted, shared between credentials, replaced as a whole. */
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/syscalls.h>
#include <kern/user_namespace.h>
#include <lib/sort.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include <linux/limits.h>

struct group_info *groups_alloc(int ngroups)
{
	struct group_info *groups;

	groups = kvmalloc(struct_size(groups, gid, ngroups), GFP_KERNEL);
	if (!groups)
		return NULL;
	refcount_set(&groups->usage, 1);
	groups->ngroups = ngroups;
	return groups;
}

struct group_info *get_group_info(struct group_info *groups)
{
	refcount_inc(&groups->usage);
	return groups;
}

void put_group_info(struct group_info *groups)
{
	if (groups && refcount_dec_and_test(&groups->usage))
		kvfree(groups);
}

static int compare_gids(const void *a, const void *b)
{
	const kgid_t *left = a, *right = b;

	return gid_gt(*left, *right) - gid_lt(*left, *right);
}

void groups_sort(struct group_info *groups)
{
	sort(groups->gid, groups->ngroups, sizeof(kgid_t), compare_gids, NULL);
}

int groups_search(const struct group_info *groups, kgid_t gid)
{
	int left = 0, right = groups->ngroups;

	while (left < right) {
		int mid = left + (right - left) / 2;

		if (gid_lt(groups->gid[mid], gid))
			left = mid + 1;
		else if (gid_gt(groups->gid[mid], gid))
			right = mid;
		else
			return 1;
	}
	return 0;
}

int in_group_p(kgid_t gid)
{
	const struct cred *cred = current_cred();

	return gid_eq(gid, cred->fsgid) || groups_search(cred->group_info, gid);
}

int in_egroup_p(kgid_t gid)
{
	const struct cred *cred = current_cred();

	return gid_eq(gid, cred->egid) || groups_search(cred->group_info, gid);
}

SYSCALL_DEFINE2(getgroups, int, size, gid_t __user *, list)
{
	const struct group_info *groups = current_cred()->group_info;

	if (size < 0)
		return -EINVAL;
	if (!size)
		return groups->ngroups;
	if (groups->ngroups > size)
		return -EINVAL;
	for (int i = 0; i < groups->ngroups; i++) {
		gid_t gid = from_kgid_munged(current_user_ns(), groups->gid[i]);

		if (put_user(gid, list + i))
			return -EFAULT;
	}
	return groups->ngroups;
}

SYSCALL_DEFINE2(setgroups, int, size, gid_t __user *, list)
{
	struct group_info *groups;
	struct cred *new;

	if (!ns_capable(current_user_ns(), CAP_SETGID) || !userns_may_setgroups(current_user_ns()))
		return -EPERM;
	if ((unsigned int)size > NGROUPS_MAX)
		return -EINVAL;
	groups = groups_alloc(size);
	if (!groups)
		return -ENOMEM;
	for (int i = 0; i < size; i++) {
		gid_t gid;
		int error = get_user(gid, list + i);

		if (!error) {
			groups->gid[i] = make_kgid(current_user_ns(), gid);
			error = gid_valid(groups->gid[i]) ? 0 : -EINVAL;
		}
		if (error) {
			put_group_info(groups);
			return error;
		}
	}
	groups_sort(groups);
	new = prepare_creds();
	if (!new) {
		put_group_info(groups);
		return -ENOMEM;
	}
	put_group_info(new->group_info);
	new->group_info = groups;
	return commit_creds(new);
}
