/* SPDX-License-Identifier: MIT */
/* Control messages between processes: descriptors and credentials. */
#ifndef NET_SCM_H
#define NET_SCM_H

#include <kern/types.h>
#include <kern/uidgid.h>
#include <lib/list.h>
#include <net/socket.h>

struct file;
struct pid;
struct user_struct;

/* Open files on their way. */
struct scm_fp_list {
	struct list_head dying;		/* in current->scm_dying */
	unsigned short count;
	struct user_struct *user;	/* whose RLIMIT_NOFILE bounds them */
	struct file *fp[SCM_MAX_FD];	/* counted */
};

struct scm_cookie {
	struct pid *pid;		/* counted; the sender as receivers see him */
	struct scm_fp_list *fp;		/* owned; NULL: none */
	kuid_t uid;
	kgid_t gid;
};

/*
 * Reads msg->msg_control. `forcecreds`: the credentials are the sender's also when he sent none.
 * -EINVAL, -EBADF, -EPERM, -ESRCH, -ENOMEM, -ETOOMANYREFS; then nothing is held.
 */
int scm_send(struct socket *sock, struct msghdr *msg, struct scm_cookie *scm, bool forcecreds);
void scm_destroy(struct scm_cookie *scm);
/* Puts the files and frees the list. */
void scm_fp_put(struct scm_fp_list *fpl);
/* Another list with references to the same files; NULL without memory. */
struct scm_fp_list *scm_fp_dup(struct scm_fp_list *fpl);
void scm_set_cred(struct scm_cookie *scm, struct pid *pid, kuid_t uid, kgid_t gid);

/* Tells the receiver as the socket's options ask, and ends the cookie. */
void scm_recv(struct socket *sock, struct msghdr *msg, struct scm_cookie *scm, int flags);
/* One control message to the receiver: MSG_CTRUNC when it does not fit. */
int put_cmsg(struct msghdr *msg, int level, int type, int len, const void *data);

#endif
