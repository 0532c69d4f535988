// SPDX-License-Identifier: MIT
/* Capabilities: the checks, capget() and capset(), and how they follow changes of user. */
#include <fs/inode.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/rcupdate.h>
#include <kern/syscalls.h>
#include <kern/user_namespace.h>
#include <lib/string.h>
#include <mm/uaccess.h>

bool cap_raised_in(const struct cred *cred, int cap)
{
	return cap_raised(cred->cap_effective, cap);
}

bool cap_capable(const struct cred *cred, struct user_namespace *ns, int cap)
{
	for (;; ns = ns->parent) {
		if (ns == cred->user_ns)
			return cap_raised(cred->cap_effective, cap);
		/* Neither the same nor below it. */
		if (ns->level <= cred->user_ns->level)
			return false;
		/* Who made it owns it, as long as he is in its parent. */
		if (ns->parent == cred->user_ns && uid_eq(ns->owner, cred->euid))
			return true;
	}
}

bool ns_capable_noaudit(struct user_namespace *ns, int cap)
{
	return cap_capable(current_cred(), ns, cap);
}

bool ns_capable(struct user_namespace *ns, int cap)
{
	if (!ns_capable_noaudit(ns, cap))
		return false;
	current->flags |= PF_SUPERPRIV;
	return true;
}

bool capable(int cap)
{
	return ns_capable(&init_user_ns, cap);
}

bool capable_wrt_inode_uidgid(const struct inode *inode, int cap)
{
	struct user_namespace *ns = current_user_ns();

	return kuid_has_mapping(ns, inode->i_uid) && kgid_has_mapping(ns, inode->i_gid) &&
	       ns_capable(ns, cap);
}

bool has_capability(struct task_struct *task, int cap)
{
	bool has;

	rcu_read_lock();
	has = cap_capable(__task_cred(task), &init_user_ns, cap);
	rcu_read_unlock();
	return has;
}

/* Checks the version word; on an unknown one tells the caller which it should use. */
static int cap_words(cap_user_header_t header, unsigned int *words)
{
	__u32 version = 0;

	if (get_user(version, &header->version))
		return -EFAULT;
	switch (version) {
	case _LINUX_CAPABILITY_VERSION_1:
		*words = _LINUX_CAPABILITY_U32S_1;
		return 0;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		*words = _LINUX_CAPABILITY_U32S_3;
		return 0;
	}
	version = _LINUX_CAPABILITY_VERSION_3;
	if (put_user(version, &header->version))
		return -EFAULT;
	return -EINVAL;
}

SYSCALL_DEFINE2(capget, cap_user_header_t, header, cap_user_data_t, dataptr)
{
	struct __user_cap_data_struct data[2];
	struct task_struct *task;
	const struct cred *cred;
	unsigned int words;
	pid_t pid;
	int error;

	error = cap_words(header, &words);
	if (!dataptr || error)
		return !dataptr && error == -EINVAL ? 0 : error;
	if (get_user(pid, &header->pid))
		return -EFAULT;
	if (pid < 0)
		return -EINVAL;

	rcu_read_lock();
	task = pid ? find_task_by_vpid(pid) : current;
	if (!task) {
		rcu_read_unlock();
		return -ESRCH;
	}
	cred = __task_cred(task);
	for (int i = 0; i < 2; i++) {
		data[i].effective = cred->cap_effective.val >> 32 * i;
		data[i].permitted = cred->cap_permitted.val >> 32 * i;
		data[i].inheritable = cred->cap_inheritable.val >> 32 * i;
	}
	rcu_read_unlock();
	return copy_to_user(dataptr, data, words * sizeof(data[0])) ? -EFAULT : 0;
}

static u64 join_words(const u32 *low, const u32 *high)
{
	return ((u64)*high << 32 | *low) & CAP_VALID_MASK;
}

SYSCALL_DEFINE2(capset, cap_user_header_t, header, cap_user_data_t, dataptr)
{
	struct __user_cap_data_struct data[2] = {};
	kernel_cap_t inheritable, permitted, effective;
	const struct cred *old = current_cred();
	unsigned int words;
	struct cred *new;
	pid_t pid;
	int error;

	error = cap_words(header, &words);
	if (error)
		return error;
	if (get_user(pid, &header->pid))
		return -EFAULT;
	if (pid && pid != task_pid_vnr(current))
		return -EPERM;
	if (copy_from_user(data, dataptr, words * sizeof(data[0])))
		return -EFAULT;
	effective.val = join_words(&data[0].effective, &data[1].effective);
	permitted.val = join_words(&data[0].permitted, &data[1].permitted);
	inheritable.val = join_words(&data[0].inheritable, &data[1].inheritable);

	if (!cap_raised(old->cap_effective, CAP_SETPCAP) &&
	    inheritable.val & ~(old->cap_inheritable.val | old->cap_permitted.val))
		return -EPERM;
	if (inheritable.val & ~(old->cap_inheritable.val | old->cap_bset.val))
		return -EPERM;
	if (!cap_issubset(permitted, old->cap_permitted))
		return -EPERM;
	if (!cap_issubset(effective, permitted))
		return -EPERM;

	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->cap_effective = effective;
	new->cap_permitted = permitted;
	new->cap_inheritable = inheritable;
	/* Ambient capabilities are always both permitted and inheritable. */
	new->cap_ambient.val &= permitted.val &inheritable.val;
	return commit_creds(new);
}
