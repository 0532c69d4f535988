/* SPDX-License-Identifier: MIT */
/* The system's name: what uname() says. */
#ifndef KERN_UTS_H
#define KERN_UTS_H

#include <kern/nsproxy.h>
#include <kern/rwsem.h>
#include <kern/task.h>

#include <linux/utsname.h>

#define UTS_SYSNAME    "Linux"
#define UTS_NODENAME   "vmlinux"
#define UTS_DOMAINNAME "(none)"
#define UTS_MACHINE    "x86_64"

struct ucounts;
struct user_namespace;

struct uts_namespace {
	struct new_utsname name;	/* uts_sem */
	struct user_namespace *user_ns;	/* i: counted */
	struct ucounts *ucounts;	/* i */
	struct ns_common ns;
};

extern struct uts_namespace init_uts_ns;
extern struct rw_semaphore uts_sem;
/* "Linux version <release> (...) #1 SMP <date>": /proc/version and the first line of the log. */
extern const char linux_banner[];
extern const char linux_proc_banner[];

void put_uts_ns(struct uts_namespace *ns);
/* CLONE_NEWUTS: a copy of `old`, else `old` with a reference. ERR_PTR. */
struct uts_namespace *copy_uts_ns(unsigned long flags, struct user_namespace *user_ns,
				  struct uts_namespace *old);

static inline struct new_utsname *init_utsname(void)
{
	return &init_uts_ns.name;
}
/* The current task's. */
static inline struct new_utsname *utsname(void)
{
	return &current->nsproxy->uts_ns->name;
}

#endif
