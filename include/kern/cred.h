/* SPDX-License-Identifier: MIT */
/* Credentials: who a task is. A cred is constant once committed; changes replace it. */
#ifndef KERN_CRED_H
#define KERN_CRED_H

#include <kern/atomic.h>
#include <kern/rcupdate.h>
#include <kern/task.h>
#include <kern/types.h>
#include <kern/uidgid.h>

#include <linux/capability.h>
#include <linux/securebits.h>

struct inode;
struct key;
struct lsm_domain;
struct user_namespace;
struct user_struct;

typedef struct {
	u64 val;
} kernel_cap_t;

#define CAP_VALID_MASK ((1ULL << (CAP_LAST_CAP + 1)) - 1)
#define CAP_EMPTY_SET  ((kernel_cap_t){ 0 })
#define CAP_FULL_SET   ((kernel_cap_t){ CAP_VALID_MASK })

static inline bool cap_raised(kernel_cap_t set, int cap)
{
	return set.val >> cap & 1;
}
static inline bool cap_issubset(kernel_cap_t a, kernel_cap_t set)
{
	return !(a.val & ~set.val);
}

struct ucounts;

/* Supplementary groups, sorted; shared by all creds that hold a reference. */
struct group_info {
	refcount_t usage;
	int ngroups;
	kgid_t gid[];
};

/* What is counted for each user number; lives while a cred or a resource refers to it. */
struct user_struct {
	refcount_t count;
	atomic_long_t sigpending; /* queued signals: RLIMIT_SIGPENDING */
	atomic_long_t locked_vm;  /* pages: RLIMIT_MEMLOCK */
	atomic_long_t pipe_bufs;  /* pages in pipe buffers */
	atomic_long_t epoll_watches;
	atomic_long_t mq_bytes; /* RLIMIT_MSGQUEUE */
	atomic_long_t unix_inflight; /* files in messages of unix sockets */
	kuid_t uid;
	struct hlist_node uidhash_node;
};

struct cred {
	atomic_long_t usage;
	kuid_t uid, suid, euid, fsuid;
	kgid_t gid, sgid, egid, fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable;
	kernel_cap_t cap_permitted;
	kernel_cap_t cap_effective;
	kernel_cap_t cap_bset;
	kernel_cap_t cap_ambient;
	struct user_struct *user; /* of the real user */
	struct user_namespace *user_ns; /* counted: over what the capabilities count */
	struct ucounts *ucounts; /* counted: the real user's in user_ns */
	struct group_info *group_info;
	struct key *session_keyring;	/* counted, as the next three; NULL: none */
	struct key *process_keyring;
	struct key *thread_keyring;
	struct key *request_key_auth;	/* authority over a key that is being made */
	struct lsm_domain *domain;	/* counted; what it is confined to, or NULL: <kern/lsm.h> */
	int jit_keyring;		/* KEY_REQKEY_DEFL_*: where request_key() links to */
	struct rcu_head rcu;
};

extern struct cred init_cred;
extern struct user_struct root_user;

const struct cred *get_cred(const struct cred *cred);
void put_cred(const struct cred *cred);

/* A private copy of current's, to change and then commit or abort; NULL without memory. */
struct cred *prepare_creds(void);
/* Makes `new` current's credentials and eats the reference; returns 0. */
int commit_creds(struct cred *new);
void abort_creds(struct cred *new);
/* Act as somebody else for a while; returns what revert_creds() wants. */
const struct cred *override_creds(const struct cred *new);
void revert_creds(const struct cred *old);
/* All of root's rights, for kernel threads that work for a user. */
struct cred *prepare_kernel_cred(struct task_struct *daemon);
/* The credentials of a new task; 0, -EAGAIN (RLIMIT_NPROC is checked by fork) or -ENOMEM. */
int copy_creds(struct task_struct *task, unsigned long clone_flags);
void exit_creds(struct task_struct *task);
/* A task's objective credentials, with a reference. */
const struct cred *get_task_cred(struct task_struct *task);

#define current_cred()	    (current->cred)
#define current_real_cred() (current->real_cred)
/* => rcu_read_lock held while the result is used. */
#define __task_cred(task) rcu_dereference((task)->real_cred)

#define current_uid()	  (current_cred()->uid)
#define current_gid()	  (current_cred()->gid)
#define current_euid()	  (current_cred()->euid)
#define current_egid()	  (current_cred()->egid)
#define current_fsuid()	  (current_cred()->fsuid)
#define current_fsgid()	  (current_cred()->fsgid)
#define current_user()	  (current_cred()->user)
#define current_user_ns() (current_cred()->user_ns)
#define current_cap()	  (current_cred()->cap_effective)

kuid_t task_uid(struct task_struct *task);
kuid_t task_euid(struct task_struct *task);
bool task_is_privileged(struct task_struct *task);

/* Does the current task (or that credential) hold a capability? Sets PF_SUPERPRIV when so. */
bool capable(int cap);
bool ns_capable(struct user_namespace *ns, int cap);
bool ns_capable_noaudit(struct user_namespace *ns, int cap);
bool has_capability(struct task_struct *task, int cap);
bool cap_raised_in(const struct cred *cred, int cap);
/* The same over an inode: its owner and group must be known in the caller's user name space. */
bool capable_wrt_inode_uidgid(const struct inode *inode, int cap);
/* Does the capability of these credentials count over `ns`? */
bool cap_capable(const struct cred *cred, struct user_namespace *ns, int cap);

/* Is that group one of the current task's? (fsgid / egid and the supplementary ones) */
int in_group_p(kgid_t gid);
int in_egroup_p(kgid_t gid);
struct group_info *groups_alloc(int ngroups);
void groups_sort(struct group_info *groups);
int groups_search(const struct group_info *groups, kgid_t gid);
struct group_info *get_group_info(struct group_info *groups);
void put_group_info(struct group_info *groups);

/* The counters of a user; alloc_uid returns a reference or NULL without memory. */
struct user_struct *alloc_uid(kuid_t uid);
struct user_struct *find_user(kuid_t uid);
struct user_struct *get_uid(struct user_struct *user);
void free_uid(struct user_struct *user);

void cred_init(void);

#endif
