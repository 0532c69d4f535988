// SPDX-License-Identifier: MIT
/* Credentials and files on messages of unix sockets. */
#include <kern/cred.h>
#include <kern/pid.h>
#include <kern/resource.h>
#include <lib/string.h>
#include "internal.h"

/* The message goes: so does what it carried. */
static void unix_destruct_scm(struct sk_buff *skb)
{
	struct scm_cookie scm = { .pid = UNIXCB(skb).pid };

	if (UNIXCB(skb).fp)
		unix_detach_fds(&scm, skb);
	scm_destroy(&scm);
	sock_wfree(skb);
}

/* More files under way than the user may have open? */
static bool too_many_files(const struct scm_fp_list *fpl)
{
	return atomic_long_read(&fpl->user->unix_inflight) > (long)rlimit(RLIMIT_NOFILE) &&
	       !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN);
}

int unix_scm_to_skb(struct scm_cookie *scm, struct sk_buff *skb, bool send_fds)
{
	UNIXCB(skb).pid = get_pid(scm->pid);
	UNIXCB(skb).uid = scm->uid;
	UNIXCB(skb).gid = scm->gid;
	UNIXCB(skb).fp = NULL;
	UNIXCB(skb).consumed = 0;
	skb->destructor = unix_destruct_scm;
	if (!scm->fp || !send_fds)
		return 0;
	if (too_many_files(scm->fp))
		return -ETOOMANYREFS;
	unix_inflight(scm->fp);
	UNIXCB(skb).fp = scm->fp;
	scm->fp = NULL;
	return 0;
}

static bool wants_creds(const struct socket *sock)
{
	return test_bit(SOCK_PASSCRED, &sock->flags) || test_bit(SOCK_PASSPIDFD, &sock->flags);
}

void unix_maybe_add_creds(struct sk_buff *skb, struct socket *sock, struct sock *other)
{
	struct socket *theirs;

	if (UNIXCB(skb).pid)
		return;
	theirs = READ_ONCE(other->sk_socket);
	/* One who has not been accepted yet may still ask for them. */
	if (!wants_creds(sock) && theirs && !wants_creds(theirs))
		return;
	UNIXCB(skb).pid = get_pid(task_tgid(current));
	UNIXCB(skb).uid = current_uid();
	UNIXCB(skb).gid = current_gid();
}

bool unix_skb_scm_eq(const struct sk_buff *skb, const struct scm_cookie *scm)
{
	const struct unix_skb_parms *u = &UNIXCB(skb);

	return u->pid == scm->pid && uid_eq(u->uid, scm->uid) && gid_eq(u->gid, scm->gid);
}

void unix_detach_fds(struct scm_cookie *scm, struct sk_buff *skb)
{
	scm->fp = UNIXCB(skb).fp;
	UNIXCB(skb).fp = NULL;
	unix_notinflight(scm->fp);
}

int unix_peek_fds(struct scm_cookie *scm, struct sk_buff *skb)
{
	scm->fp = scm_fp_dup(UNIXCB(skb).fp);
	unix_gc_barrier();
	return scm->fp ? 0 : -ENOMEM;
}

void unix_scm_stat_add(struct sock *sk, const struct sk_buff *skb)
{
	if (UNIXCB(skb).fp)
		atomic_add(UNIXCB(skb).fp->count, &unix_sk(sk)->scm_files);
}

void unix_scm_stat_del(struct sock *sk, const struct sk_buff *skb)
{
	if (UNIXCB(skb).fp)
		atomic_sub(UNIXCB(skb).fp->count, &unix_sk(sk)->scm_files);
}
