// SPDX-License-Identifier: MIT
/* landlock_create_ruleset(2), landlock_add_rule(2), landlock_restrict_self(2). */
#include <fs/dentry.h>
#include <fs/fdtable.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/syscalls.h>
#include <mm/page.h>
#include <mm/slab.h>
#include <mm/uaccess.h>

#include "internal.h"

/* ---- rulesets as files ---- */

static int ruleset_release(struct inode *inode, struct file *file)
{
	struct landlock_ruleset *ruleset = file->private_data;

	landlock_rules_free(&ruleset->rules);
	kfree(ruleset);
	return 0;
}

static ssize_t ruleset_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return -EINVAL;
}

static ssize_t ruleset_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	return -EINVAL;
}

static const struct file_operations ruleset_fops = {
	.release = ruleset_release,
	.read = ruleset_read,
	.write = ruleset_write,
};

/* 0; *f to be dropped by fdput(). -EBADF, -EBADFD (no ruleset), -EPERM (its mode). */
static int get_ruleset(int fd, unsigned int mode, struct fd *f)
{
	int error = 0;

	*f = fdget(fd);
	if (!f->file)
		return -EBADF;
	if (f->file->f_op != &ruleset_fops)
		error = -EBADFD;
	else if (!(f->file->f_mode & mode))
		error = -EPERM;
	if (error)
		fdput(*f);
	return error;
}

SYSCALL_DEFINE3(landlock_create_ruleset, const struct landlock_ruleset_attr __user *, uattr, size_t,
		size, u32, flags)
{
	struct landlock_ruleset_attr attr;
	struct landlock_ruleset *ruleset;
	int error;

	if (flags) {
		if (uattr || size)
			return -EINVAL;
		if (flags == LANDLOCK_CREATE_RULESET_VERSION)
			return LANDLOCK_ABI;
		/* None of the errors that Linux's versions number. */
		return flags == LANDLOCK_CREATE_RULESET_ERRATA ? 0 : -EINVAL;
	}
	if (!uattr)
		return -EFAULT;
	if (size < sizeof(attr.handled_access_fs))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	error = copy_struct_from_user(&attr, sizeof(attr), uattr, size);
	if (error)
		return error;
	if (attr.handled_access_fs & ~(u64)ACCESS_ALL)
		return -EINVAL;
	if (!attr.handled_access_fs)
		return -ENOMSG;
	ruleset = kzalloc(sizeof(*ruleset), GFP_KERNEL);
	if (!ruleset)
		return -ENOMEM;
	mutex_init(&ruleset->lock);
	ruleset->rules.handled = attr.handled_access_fs;
	error = anon_inode_getfd("[landlock-ruleset]", &ruleset_fops, ruleset, O_RDWR | O_CLOEXEC);
	if (error < 0)
		kfree(ruleset);
	return error;
}

/* The inode that a descriptor stands for, with a reference; ERR_PTR(-EBADF), ERR_PTR(-EBADFD). */
static struct inode *inode_of_fd(int fd)
{
	struct inode *inode = ERR_PTR(-EBADFD);
	struct fd f = fdget_raw(fd);

	if (!f.file)
		return ERR_PTR(-EBADF);
	if (d_is_positive(f.file->f_path.dentry) && !landlock_is_nowhere(&f.file->f_path)) {
		inode = d_inode(f.file->f_path.dentry);
		ihold(inode);
	}
	fdput(f);
	return inode;
}

static int add_path_beneath(struct landlock_ruleset *ruleset, const void __user *uattr)
{
	struct landlock_path_beneath_attr attr;
	struct landlock_object *object;
	struct inode *inode;
	int error = -EINVAL;

	if (copy_from_user(&attr, uattr, sizeof(attr)))
		return -EFAULT;
	if (!attr.allowed_access)
		return -ENOMSG;
	if (attr.allowed_access & ~(u64)ruleset->rules.handled)
		return -EINVAL;
	inode = inode_of_fd(attr.parent_fd);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	/* Files have no rights of folders. */
	if (S_ISDIR(inode->i_mode) || !(attr.allowed_access & ~(u64)ACCESS_FILE)) {
		object = landlock_object_get(inode);
		error = -ENOMEM;
		if (object) {
			mutex_lock(&ruleset->lock);
			error = landlock_rules_add(&ruleset->rules, object, attr.allowed_access);
			mutex_unlock(&ruleset->lock);
		}
	}
	iput(inode);
	return error;
}

SYSCALL_DEFINE4(landlock_add_rule, int, fd, int, type, const void __user *, uattr, u32, flags)
{
	struct fd f;
	int error;

	if (flags)
		return -EINVAL;
	error = get_ruleset(fd, FMODE_CAN_WRITE, &f);
	if (error)
		return error;
	error = type == LANDLOCK_RULE_PATH_BENEATH ? add_path_beneath(f.file->private_data, uattr) :
						     -EINVAL;
	fdput(f);
	return error;
}

/* current's domain gets one more layer. 0, -E2BIG, -ENOMEM. */
static int enter(struct landlock_ruleset *ruleset)
{
	struct cred *new = prepare_creds();
	struct landlock_domain *domain;

	if (!new)
		return -ENOMEM;
	domain = landlock_domain_new(to_landlock(new->domain), ruleset);
	if (IS_ERR(domain)) {
		abort_creds(new);
		return PTR_ERR(domain);
	}
	new->domain = &domain->lsm;
	return commit_creds(new);
}

SYSCALL_DEFINE2(landlock_restrict_self, int, fd, u32, flags)
{
	struct fd f;
	int error;

	/* Whoever it confines must not gain what would confuse by the lack of rights. */
	if (!current->no_new_privs && !ns_capable_noaudit(current_user_ns(), CAP_SYS_ADMIN))
		return -EPERM;
	if (flags)
		return -EINVAL;
	error = get_ruleset(fd, FMODE_CAN_READ, &f);
	if (error)
		return error;
	error = enter(f.file->private_data);
	fdput(f);
	return error;
}
