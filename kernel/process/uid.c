// SPDX-License-Identifier: MIT
/* Changing user and group numbers: set*uid(), set*gid(), setfsuid() and their readers. */
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/resource.h>
#include <kern/syscalls.h>
#include <kern/uidgid.h>
#include <kern/user_namespace.h>
#include <mm/uaccess.h>

#define CAP_FS_MASK                                                                                \
	(1ULL << CAP_CHOWN | 1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_DAC_READ_SEARCH |              \
	 1ULL << CAP_FOWNER | 1ULL << CAP_FSETID | 1ULL << CAP_MKNOD |                             \
	 1ULL << CAP_LINUX_IMMUTABLE | 1ULL << CAP_MAC_OVERRIDE)

static bool issecure(const struct cred *cred, int bit)
{
	return cred->securebits & issecure_mask(bit);
}

/* User 0 of the credentials' own name space; INVALID_UID when it has none. */
static kuid_t root_of(const struct cred *cred)
{
	return make_kuid(cred->user_ns, 0);
}

/* Leaving or entering user 0 changes what is permitted and effective. */
static void fixup_caps_setuid(struct cred *new, const struct cred *old)
{
	kuid_t root = root_of(old);
	bool was_root = uid_eq(old->uid, root) || uid_eq(old->euid, root) || uid_eq(old->suid, root);
	bool is_root = uid_eq(new->uid, root) || uid_eq(new->euid, root) || uid_eq(new->suid, root);

	if (issecure(new, SECURE_NO_SETUID_FIXUP))
		return;
	if (was_root && !is_root) {
		if (!issecure(new, SECURE_KEEP_CAPS)) {
			new->cap_permitted = CAP_EMPTY_SET;
			new->cap_effective = CAP_EMPTY_SET;
		}
		new->cap_ambient = CAP_EMPTY_SET;
	}
	if (uid_eq(old->euid, root) && !uid_eq(new->euid, root))
		new->cap_effective = CAP_EMPTY_SET;
	if (!uid_eq(old->euid, root) && uid_eq(new->euid, root))
		new->cap_effective = new->cap_permitted;
}

/* The real user changes: its counters come along. */
static int set_user(struct cred *new)
{
	struct user_struct *user = alloc_uid(new->uid);

	if (!user)
		return -EAGAIN;
	free_uid(new->user);
	new->user = user;
	if (set_cred_ucounts(new))
		return -EAGAIN;
	/*
	 * The limit of processes is not checked here, since programs do not expect setuid() to
	 * fail for it: execve() does.
	 */
	if (too_many_processes(new->ucounts, rlimit(RLIMIT_NPROC)) && user != &root_user)
		current->flags |= PF_NPROC_EXCEEDED;
	else
		current->flags &= ~PF_NPROC_EXCEEDED;
	return 0;
}

static long commit_uids(struct cred *new, const struct cred *old)
{
	new->fsuid = new->euid;
	fixup_caps_setuid(new, old);
	return commit_creds(new);
}

static long fail(struct cred *new, int error)
{
	abort_creds(new);
	return error;
}

SYSCALL_DEFINE1(setuid, uid_t, uid)
{
	const struct cred *old = current_cred();
	kuid_t kuid = make_kuid(current_user_ns(), uid);
	struct cred *new;

	if (!uid_valid(kuid))
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (ns_capable(old->user_ns, CAP_SETUID)) {
		new->suid = new->uid = kuid;
		if (!uid_eq(kuid, old->uid)) {
			int error = set_user(new);

			if (error)
				return fail(new, error);
		}
	} else if (!uid_eq(kuid, old->uid) && !uid_eq(kuid, new->suid)) {
		return fail(new, -EPERM);
	}
	new->euid = kuid;
	return commit_uids(new, old);
}

SYSCALL_DEFINE2(setreuid, uid_t, ruid, uid_t, euid)
{
	const struct cred *old = current_cred();
	kuid_t kruid = make_kuid(current_user_ns(), ruid);
	kuid_t keuid = make_kuid(current_user_ns(), euid);
	struct cred *new;

	if ((ruid != (uid_t)-1 && !uid_valid(kruid)) || (euid != (uid_t)-1 && !uid_valid(keuid)))
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (ruid != (uid_t)-1) {
		new->uid = kruid;
		if (!uid_eq(old->uid, kruid) && !uid_eq(old->euid, kruid) && !ns_capable(old->user_ns, CAP_SETUID))
			return fail(new, -EPERM);
	}
	if (euid != (uid_t)-1) {
		new->euid = keuid;
		if (!uid_eq(old->uid, keuid) && !uid_eq(old->euid, keuid) &&
		    !uid_eq(old->suid, keuid) && !ns_capable(old->user_ns, CAP_SETUID))
			return fail(new, -EPERM);
	}
	if (!uid_eq(new->uid, old->uid)) {
		int error = set_user(new);

		if (error)
			return fail(new, error);
	}
	if (ruid != (uid_t)-1 || (euid != (uid_t)-1 && !uid_eq(keuid, old->uid)))
		new->suid = new->euid;
	return commit_uids(new, old);
}

static bool one_of_uids(const struct cred *cred, kuid_t uid)
{
	return !uid_valid(uid) || uid_eq(uid, cred->uid) || uid_eq(uid, cred->euid) ||
	       uid_eq(uid, cred->suid);
}

SYSCALL_DEFINE3(setresuid, uid_t, ruid, uid_t, euid, uid_t, suid)
{
	const struct cred *old = current_cred();
	kuid_t kruid = make_kuid(old->user_ns, ruid);
	kuid_t keuid = make_kuid(old->user_ns, euid);
	kuid_t ksuid = make_kuid(old->user_ns, suid);
	struct cred *new;

	if ((ruid != (uid_t)-1 && !uid_valid(kruid)) || (euid != (uid_t)-1 && !uid_valid(keuid)) ||
	    (suid != (uid_t)-1 && !uid_valid(ksuid)))
		return -EINVAL;
	if ((!one_of_uids(old, kruid) || !one_of_uids(old, keuid) || !one_of_uids(old, ksuid)) &&
	    !ns_capable(old->user_ns, CAP_SETUID))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (ruid != (uid_t)-1) {
		new->uid = kruid;
		if (!uid_eq(new->uid, old->uid)) {
			int error = set_user(new);

			if (error)
				return fail(new, error);
		}
	}
	if (euid != (uid_t)-1)
		new->euid = keuid;
	if (suid != (uid_t)-1)
		new->suid = ksuid;
	return commit_uids(new, old);
}

SYSCALL_DEFINE3(getresuid, uid_t __user *, ruidp, uid_t __user *, euidp, uid_t __user *, suidp)
{
	const struct cred *cred = current_cred();
	uid_t ruid = from_kuid_munged(cred->user_ns, cred->uid);
	uid_t euid = from_kuid_munged(cred->user_ns, cred->euid);
	uid_t suid = from_kuid_munged(cred->user_ns, cred->suid);

	if (put_user(ruid, ruidp) || put_user(euid, euidp) || put_user(suid, suidp))
		return -EFAULT;
	return 0;
}

static long commit_gids(struct cred *new)
{
	new->fsgid = new->egid;
	return commit_creds(new);
}

SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	const struct cred *old = current_cred();
	kgid_t kgid = make_kgid(current_user_ns(), gid);
	struct cred *new;

	if (!gid_valid(kgid))
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (ns_capable(old->user_ns, CAP_SETGID))
		new->gid = new->egid = new->sgid = kgid;
	else if (gid_eq(kgid, old->gid) || gid_eq(kgid, old->sgid))
		new->egid = kgid;
	else
		return fail(new, -EPERM);
	return commit_gids(new);
}

SYSCALL_DEFINE2(setregid, gid_t, rgid, gid_t, egid)
{
	const struct cred *old = current_cred();
	kgid_t krgid = make_kgid(current_user_ns(), rgid);
	kgid_t kegid = make_kgid(current_user_ns(), egid);
	struct cred *new;

	if ((rgid != (gid_t)-1 && !gid_valid(krgid)) || (egid != (gid_t)-1 && !gid_valid(kegid)))
		return -EINVAL;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (rgid != (gid_t)-1) {
		if (!gid_eq(old->gid, krgid) && !gid_eq(old->egid, krgid) && !ns_capable(old->user_ns, CAP_SETGID))
			return fail(new, -EPERM);
		new->gid = krgid;
	}
	if (egid != (gid_t)-1) {
		if (!gid_eq(old->gid, kegid) && !gid_eq(old->egid, kegid) &&
		    !gid_eq(old->sgid, kegid) && !ns_capable(old->user_ns, CAP_SETGID))
			return fail(new, -EPERM);
		new->egid = kegid;
	}
	if (rgid != (gid_t)-1 || (egid != (gid_t)-1 && !gid_eq(kegid, old->gid)))
		new->sgid = new->egid;
	return commit_gids(new);
}

static bool one_of_gids(const struct cred *cred, kgid_t gid)
{
	return !gid_valid(gid) || gid_eq(gid, cred->gid) || gid_eq(gid, cred->egid) ||
	       gid_eq(gid, cred->sgid);
}

SYSCALL_DEFINE3(setresgid, gid_t, rgid, gid_t, egid, gid_t, sgid)
{
	const struct cred *old = current_cred();
	kgid_t krgid = make_kgid(old->user_ns, rgid);
	kgid_t kegid = make_kgid(old->user_ns, egid);
	kgid_t ksgid = make_kgid(old->user_ns, sgid);
	struct cred *new;

	if ((rgid != (gid_t)-1 && !gid_valid(krgid)) || (egid != (gid_t)-1 && !gid_valid(kegid)) ||
	    (sgid != (gid_t)-1 && !gid_valid(ksgid)))
		return -EINVAL;
	if ((!one_of_gids(old, krgid) || !one_of_gids(old, kegid) || !one_of_gids(old, ksgid)) &&
	    !ns_capable(old->user_ns, CAP_SETGID))
		return -EPERM;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	if (rgid != (gid_t)-1)
		new->gid = krgid;
	if (egid != (gid_t)-1)
		new->egid = kegid;
	if (sgid != (gid_t)-1)
		new->sgid = ksgid;
	return commit_gids(new);
}

SYSCALL_DEFINE3(getresgid, gid_t __user *, rgidp, gid_t __user *, egidp, gid_t __user *, sgidp)
{
	const struct cred *cred = current_cred();
	gid_t rgid = from_kgid_munged(cred->user_ns, cred->gid);
	gid_t egid = from_kgid_munged(cred->user_ns, cred->egid);
	gid_t sgid = from_kgid_munged(cred->user_ns, cred->sgid);

	if (put_user(rgid, rgidp) || put_user(egid, egidp) || put_user(sgid, sgidp))
		return -EFAULT;
	return 0;
}

/* Both setfs calls return the old number whether or not they changed it. */
SYSCALL_DEFINE1(setfsuid, uid_t, uid)
{
	const struct cred *old = current_cred();
	uid_t old_fsuid = from_kuid_munged(old->user_ns, old->fsuid);
	kuid_t kuid = make_kuid(old->user_ns, uid);
	struct cred *new;

	if (!uid_valid(kuid) || uid_eq(kuid, old->fsuid))
		return old_fsuid;
	if (!one_of_uids(old, kuid) && !ns_capable(old->user_ns, CAP_SETUID))
		return old_fsuid;
	new = prepare_creds();
	if (!new)
		return old_fsuid;
	new->fsuid = kuid;
	if (!issecure(new, SECURE_NO_SETUID_FIXUP)) {
		kuid_t root = root_of(old);

		if (uid_eq(old->fsuid, root) && !uid_eq(kuid, root))
			new->cap_effective.val &= ~CAP_FS_MASK;
		if (!uid_eq(old->fsuid, root) && uid_eq(kuid, root))
			new->cap_effective.val |= new->cap_permitted.val &CAP_FS_MASK;
	}
	commit_creds(new);
	return old_fsuid;
}

SYSCALL_DEFINE1(setfsgid, gid_t, gid)
{
	const struct cred *old = current_cred();
	gid_t old_fsgid = from_kgid_munged(old->user_ns, old->fsgid);
	kgid_t kgid = make_kgid(old->user_ns, gid);
	struct cred *new;

	if (!gid_valid(kgid) || gid_eq(kgid, old->fsgid))
		return old_fsgid;
	if (!one_of_gids(old, kgid) && !ns_capable(old->user_ns, CAP_SETGID))
		return old_fsgid;
	new = prepare_creds();
	if (!new)
		return old_fsgid;
	new->fsgid = kgid;
	commit_creds(new);
	return old_fsgid;
}

SYSCALL_DEFINE0(getuid)
{
	return from_kuid_munged(current_user_ns(), current_uid());
}

SYSCALL_DEFINE0(geteuid)
{
	return from_kuid_munged(current_user_ns(), current_euid());
}

SYSCALL_DEFINE0(getgid)
{
	return from_kgid_munged(current_user_ns(), current_gid());
}

SYSCALL_DEFINE0(getegid)
{
	return from_kgid_munged(current_user_ns(), current_egid());
}
