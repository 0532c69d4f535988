/* SPDX-License-Identifier: MIT */
/* User and group numbers of the kernel, kept apart from those a program sees. */
#ifndef KERN_UIDGID_H
#define KERN_UIDGID_H

#include <kern/types.h>

typedef struct {
	uid_t val;
} kuid_t;

typedef struct {
	gid_t val;
} kgid_t;

struct user_namespace;

extern struct user_namespace init_user_ns;

#define KUIDT_INIT(value)   ((kuid_t){ (value) })
#define KGIDT_INIT(value)   ((kgid_t){ (value) })
#define GLOBAL_ROOT_UID	    KUIDT_INIT(0)
#define GLOBAL_ROOT_GID	    KGIDT_INIT(0)
#define INVALID_UID	    KUIDT_INIT(-1)
#define INVALID_GID	    KGIDT_INIT(-1)
#define DEFAULT_OVERFLOWUID 65534
#define DEFAULT_OVERFLOWGID 65534

static inline uid_t __kuid_val(kuid_t uid)
{
	return uid.val;
}
static inline gid_t __kgid_val(kgid_t gid)
{
	return gid.val;
}
static inline bool uid_eq(kuid_t a, kuid_t b)
{
	return a.val == b.val;
}
static inline bool gid_eq(kgid_t a, kgid_t b)
{
	return a.val == b.val;
}
static inline bool uid_lt(kuid_t a, kuid_t b)
{
	return a.val < b.val;
}
static inline bool gid_lt(kgid_t a, kgid_t b)
{
	return a.val < b.val;
}
static inline bool gid_gt(kgid_t a, kgid_t b)
{
	return a.val > b.val;
}
static inline bool uid_valid(kuid_t uid)
{
	return uid.val != (uid_t)-1;
}
static inline bool gid_valid(kgid_t gid)
{
	return gid.val != (gid_t)-1;
}

/*
 * From the numbers of a name space to the kernel's and back; INVALID_UID or (uid_t)-1 when there
 * is none. The munged ones give the overflow number instead.
 */
kuid_t make_kuid(struct user_namespace *ns, uid_t uid);
kgid_t make_kgid(struct user_namespace *ns, gid_t gid);
uid_t from_kuid(struct user_namespace *ns, kuid_t uid);
gid_t from_kgid(struct user_namespace *ns, kgid_t gid);
uid_t from_kuid_munged(struct user_namespace *ns, kuid_t uid);
gid_t from_kgid_munged(struct user_namespace *ns, kgid_t gid);

static inline bool kuid_has_mapping(struct user_namespace *ns, kuid_t uid)
{
	return from_kuid(ns, uid) != (uid_t)-1;
}
static inline bool kgid_has_mapping(struct user_namespace *ns, kgid_t gid)
{
	return from_kgid(ns, gid) != (gid_t)-1;
}

/* /proc/sys/kernel/overflowuid and overflowgid */
extern int overflowuid, overflowgid;

#endif
