// SPDX-License-Identifier: MIT
/*
 * Control messages of SOL_SOCKET: open files (SCM_RIGHTS) and credentials (SCM_CREDENTIALS).
 *
 * A list of files that loses its last holder puts its files. One of them may be a socket whose
 * queue holds another such list, and so on for as long as a program cared to nest them: lists
 * that die while one is being put are queued on the task and put one after the other.
 */
#include <fs/fdtable.h>
#include <fs/file.h>
#include <kern/cred.h>
#include <kern/err.h>
#include <kern/pid.h>
#include <kern/pidfd.h>
#include <kern/preempt.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/uaccess.h>
#include <net/scm.h>
#include <net/sock.h>

/* ---- sending ---- */

/* May the caller claim to be this one? */
static bool creds_allowed(const struct ucred *creds, kuid_t uid, kgid_t gid)
{
	const struct cred *cred = current_cred();

	return ((pid_t)creds->pid == task_tgid_vnr(current) ||
		ns_capable(current_user_ns(), CAP_SYS_ADMIN)) &&
	       (uid_eq(uid, cred->uid) || uid_eq(uid, cred->euid) || uid_eq(uid, cred->suid) ||
		ns_capable(current_user_ns(), CAP_SETUID)) &&
	       (gid_eq(gid, cred->gid) || gid_eq(gid, cred->egid) || gid_eq(gid, cred->sgid) ||
		ns_capable(current_user_ns(), CAP_SETGID));
}

static int take_creds(struct scm_cookie *scm, const struct cmsghdr *cmsg)
{
	struct ucred creds;
	struct pid *pid;
	kuid_t uid;
	kgid_t gid;

	if (cmsg->cmsg_len != CMSG_LEN(sizeof(creds)))
		return -EINVAL;
	memcpy(&creds, CMSG_DATA(cmsg), sizeof(creds));
	uid = make_kuid(current_user_ns(), creds.uid);
	gid = make_kgid(current_user_ns(), creds.gid);
	if (!uid_valid(uid) || !gid_valid(gid))
		return -EINVAL;
	if (!creds_allowed(&creds, uid, gid))
		return -EPERM;
	if (!scm->pid || pid_vnr(scm->pid) != (pid_t)creds.pid) {
		pid = find_get_pid(creds.pid);
		if (!pid)
			return -ESRCH;
		put_pid(scm->pid);
		scm->pid = pid;
	}
	scm->uid = uid;
	scm->gid = gid;
	return 0;
}

static int take_files(struct scm_cookie *scm, const struct cmsghdr *cmsg)
{
	const int *fds = CMSG_DATA(cmsg);
	int i, num = (cmsg->cmsg_len - sizeof(*cmsg)) / sizeof(int);

	if (num <= 0)
		return 0;
	if (num > SCM_MAX_FD)
		return -EINVAL;
	if (!scm->fp) {
		scm->fp = kzalloc(sizeof(*scm->fp), GFP_KERNEL);
		if (!scm->fp)
			return -ENOMEM;
		scm->fp->user = get_uid(current_user());
	}
	if (scm->fp->count + num > SCM_MAX_FD)
		return -EINVAL;
	for (i = 0; i < num; i++) {
		struct file *file = fds[i] < 0 ? NULL : fget_raw(fds[i]);

		if (!file)
			return -EBADF;
		scm->fp->fp[scm->fp->count++] = file;
	}
	return 0;
}

static int read_control(struct socket *sock, struct msghdr *msg, struct scm_cookie *scm)
{
	struct cmsghdr *cmsg;
	int error = 0;

	for_each_cmsghdr(cmsg, msg)
	{
		if (!CMSG_OK(msg, cmsg))
			return -EINVAL;
		if (cmsg->cmsg_level != SOL_SOCKET)
			continue;
		if (cmsg->cmsg_type == SCM_RIGHTS)
			error = sock->ops->family == AF_UNIX ? take_files(scm, cmsg) : -EINVAL;
		else if (cmsg->cmsg_type == SCM_CREDENTIALS)
			error = take_creds(scm, cmsg);
		else
			error = -EINVAL;
		if (error)
			return error;
	}
	if (scm->fp && !scm->fp->count) {
		free_uid(scm->fp->user);
		kfree(scm->fp);
		scm->fp = NULL;
	}
	return 0;
}

void scm_set_cred(struct scm_cookie *scm, struct pid *pid, kuid_t uid, kgid_t gid)
{
	scm->pid = get_pid(pid);
	scm->uid = uid;
	scm->gid = gid;
}

int scm_send(struct socket *sock, struct msghdr *msg, struct scm_cookie *scm, bool forcecreds)
{
	int error;

	memset(scm, 0, sizeof(*scm));
	scm->uid = INVALID_UID;
	scm->gid = INVALID_GID;
	if (forcecreds)
		scm_set_cred(scm, task_tgid(current), current_uid(), current_gid());
	if (!msg->msg_controllen)
		return 0;
	error = read_control(sock, msg, scm);
	if (error)
		scm_destroy(scm);
	return error;
}

/* ---- letting go ---- */

static void put_files(struct scm_fp_list *fpl)
{
	int i;

	for (i = fpl->count - 1; i >= 0; i--)
		fput(fpl->fp[i]);
	free_uid(fpl->user);
	kfree(fpl);
}

void scm_fp_put(struct scm_fp_list *fpl)
{
	struct task_struct *task = current;
	struct list_head dying;

	if (in_atomic() || irqs_disabled()) {
		put_files(fpl); /* fput() defers */
		return;
	}
	if (task->scm_dying) {
		list_add_tail(&fpl->dying, task->scm_dying);
		return;
	}
	INIT_LIST_HEAD(&dying);
	list_add(&fpl->dying, &dying);
	task->scm_dying = &dying;
	while (!list_empty(&dying)) {
		fpl = list_first_entry(&dying, struct scm_fp_list, dying);
		list_del(&fpl->dying);
		put_files(fpl);
	}
	task->scm_dying = NULL;
}

void scm_destroy(struct scm_cookie *scm)
{
	put_pid(scm->pid);
	scm->pid = NULL;
	if (scm->fp)
		scm_fp_put(scm->fp);
	scm->fp = NULL;
}

struct scm_fp_list *scm_fp_dup(struct scm_fp_list *fpl)
{
	struct scm_fp_list *copy = kmalloc(sizeof(*copy), GFP_KERNEL);
	int i;

	if (!copy)
		return NULL;
	copy->count = fpl->count;
	copy->user = get_uid(fpl->user);
	for (i = 0; i < fpl->count; i++)
		copy->fp[i] = get_file(fpl->fp[i]);
	return copy;
}

/* ---- receiving ---- */

int put_cmsg(struct msghdr *msg, int level, int type, int len, const void *data)
{
	struct cmsghdr __user *ucmsg = msg->msg_control_user;
	struct cmsghdr cmsg = { .cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type };
	size_t space;

	if (!ucmsg || msg->msg_controllen < sizeof(cmsg)) {
		msg->msg_flags |= MSG_CTRUNC;
		return 0;
	}
	if (msg->msg_controllen < cmsg.cmsg_len) {
		msg->msg_flags |= MSG_CTRUNC;
		cmsg.cmsg_len = msg->msg_controllen;
	}
	if (copy_to_user(ucmsg, &cmsg, sizeof(cmsg)) ||
	    copy_to_user(CMSG_DATA(ucmsg), data, cmsg.cmsg_len - sizeof(cmsg)))
		return -EFAULT;
	space = min((size_t)CMSG_SPACE(len), msg->msg_controllen);
	msg->msg_control_user += space;
	msg->msg_controllen -= space;
	return 0;
}

/* One more descriptor for the receiver: its number is written to *slot. */
static int receive_file(struct file *file, int __user *slot, int flags)
{
	int fd = get_unused_fd_flags(flags);

	if (fd < 0)
		return fd;
	if (put_user(fd, slot)) {
		put_unused_fd(fd);
		return -EFAULT;
	}
	fd_install(fd, get_file(file));
	return 0;
}

/* As many as there is room for; the rest is closed and MSG_CTRUNC tells. */
static void recv_files(struct msghdr *msg, struct scm_cookie *scm, int flags)
{
	struct cmsghdr __user *ucmsg = msg->msg_control_user;
	int cloexec = (flags | msg->msg_flags) & MSG_CMSG_CLOEXEC ? O_CLOEXEC : 0;
	int i, max = 0, count = scm->fp->count;
	int __user *slots;

	if (ucmsg && msg->msg_controllen > sizeof(struct cmsghdr))
		max = min_t(size_t, (msg->msg_controllen - sizeof(struct cmsghdr)) / sizeof(int),
			    count);
	slots = CMSG_DATA(ucmsg);
	for (i = 0; i < max; i++)
		if (receive_file(scm->fp->fp[i], &slots[i], cloexec))
			break;
	if (i > 0) {
		struct cmsghdr cmsg = { .cmsg_len = CMSG_LEN(i * sizeof(int)),
					.cmsg_level = SOL_SOCKET,
					.cmsg_type = SCM_RIGHTS };

		if (!copy_to_user(ucmsg, &cmsg, sizeof(cmsg))) {
			size_t space =
				min((size_t)CMSG_SPACE(i * sizeof(int)), msg->msg_controllen);

			msg->msg_control_user += space;
			msg->msg_controllen -= space;
		}
	}
	if (i < count)
		msg->msg_flags |= MSG_CTRUNC;
	scm_fp_put(scm->fp);
	scm->fp = NULL;
}

static void recv_pidfd(struct msghdr *msg, struct scm_cookie *scm)
{
	struct file *file = NULL;
	int fd;

	if (msg->msg_controllen < CMSG_LEN(sizeof(int))) {
		msg->msg_flags |= MSG_CTRUNC;
		return;
	}
	fd = scm->pid ? pidfd_prepare(scm->pid, 0, &file) : -ESRCH;
	if (put_cmsg(msg, SOL_SOCKET, SCM_PIDFD, sizeof(fd), &fd)) {
		if (file)
			pidfd_abort(fd, file);
		return;
	}
	if (file)
		fd_install(fd, file);
}

void scm_recv(struct socket *sock, struct msghdr *msg, struct scm_cookie *scm, int flags)
{
	if (!msg->msg_control_user) {
		if (test_bit(SOCK_PASSCRED, &sock->flags) ||
		    test_bit(SOCK_PASSPIDFD, &sock->flags) || scm->fp)
			msg->msg_flags |= MSG_CTRUNC;
		scm_destroy(scm);
		return;
	}
	if (test_bit(SOCK_PASSCRED, &sock->flags)) {
		struct ucred creds = {
			.pid = pid_vnr(scm->pid),
			.uid = from_kuid_munged(current_user_ns(), scm->uid),
			.gid = from_kgid_munged(current_user_ns(), scm->gid),
		};

		put_cmsg(msg, SOL_SOCKET, SCM_CREDENTIALS, sizeof(creds), &creds);
	}
	if (test_bit(SOCK_PASSPIDFD, &sock->flags))
		recv_pidfd(msg, scm);
	if (scm->fp)
		recv_files(msg, scm, flags);
	scm_destroy(scm);
}
