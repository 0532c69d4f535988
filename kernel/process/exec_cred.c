// SPDX-License-Identifier: MIT
/* Whose rights a program runs with: set-id bits, root's capabilities, ambient ones. */
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/mount.h>
#include <kern/binfmts.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/filecaps.h>
#include <kern/ptrace.h>
#include <kern/task.h>

#include <linux/stat.h>

#include "internal.h"

void exec_fput(struct file *file)
{
	allow_write_access(file);
	fput(file);
}

static void take_set_id_bits(struct linux_binprm *bprm)
{
	const struct file *file = bprm->execfd_creds ? bprm->executable : bprm->file;
	struct inode *inode = file_inode(file);
	struct cred *new = bprm->cred;
	umode_t mode = READ_ONCE(inode->i_mode);

	if (bprm->unsafe || current->no_new_privs || !mnt_may_suid(file->f_path.mnt))
		return;
	/* Users that do not exist here cannot lend their rights. */
	if (!kuid_has_mapping(new->user_ns, inode->i_uid) ||
	    !kgid_has_mapping(new->user_ns, inode->i_gid))
		return;
	if (mode & S_ISUID) {
		bprm->per_clear_setid = true;
		new->euid = inode->i_uid;
	}
	/* Without the execute bit for the group it means mandatory locking. */
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)) {
		bprm->per_clear_setid = true;
		new->egid = inode->i_gid;
	}
}

static bool root_has_all(const struct cred *new)
{
	return !(new->securebits &issecure_mask(SECURE_NOROOT));
}

int bprm_creds_from_file(struct linux_binprm *bprm)
{
	const struct cred *old = current_cred();
	struct cred *new = bprm->cred;
	kuid_t root = make_kuid(new->user_ns, 0);
	bool set_id, effective, has_file_caps;
	int error;

	new->cap_permitted = CAP_EMPTY_SET;
	error = bprm_file_caps(bprm, &effective, &has_file_caps);
	if (error)
		return error;
	take_set_id_bits(bprm);
	set_id = !uid_eq(new->euid, old->uid) || !gid_eq(new->egid, old->gid);

	/* A set-id program of root that has capabilities of its own gets those alone. */
	if (root_has_all(new) && !(has_file_caps && uid_eq(new->euid, root) && !uid_eq(new->uid, root)) &&
	    (uid_eq(new->uid, root) || uid_eq(new->euid, root))) {
		new->cap_permitted.val = old->cap_bset.val | old->cap_inheritable.val;
		effective = effective || uid_eq(new->euid, root);
	}
	if (set_id || has_file_caps)
		new->cap_ambient = CAP_EMPTY_SET;
	new->cap_permitted.val |= new->cap_ambient.val;
	if (bprm->traced && (set_id || !cap_issubset(new->cap_permitted, old->cap_permitted)) &&
	    !ptracer_capable(current, new->user_ns)) {
		/* No more than before, since it would be the tracer's. */
		if (!ns_capable(new->user_ns, CAP_SETUID)) {
			new->euid = new->uid;
			new->egid = new->gid;
			set_id = false;
			effective = effective && !new->euid.val;
		}
		new->cap_permitted.val &= old->cap_permitted.val;
	}
	new->cap_effective = effective ? new->cap_permitted : new->cap_ambient;
	new->suid = new->fsuid = new->euid;
	new->sgid = new->fsgid = new->egid;
	new->securebits &= ~issecure_mask(SECURE_KEEP_CAPS);

	bprm->secureexec = set_id ||
			   (!uid_eq(new->uid, root) &&
			    (effective || !cap_issubset(new->cap_permitted, new->cap_ambient)));
	return 0;
}
