// SPDX-License-Identifier: MIT
/* The system's name. */
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/syscalls.h>
#include <kern/user_namespace.h>
#include <kern/uts.h>
#include <lib/string.h>
#include <mm/uaccess.h>

#define UTS_RELEASE "6.1.0-vmlinux"
#define UTS_VERSION "#1 SMP PREEMPT"

DECLARE_RWSEM(uts_sem);

struct uts_namespace init_uts_ns = {
	.name = {
		.sysname = UTS_SYSNAME,
		.nodename = UTS_NODENAME,
		.release = UTS_RELEASE,
		.version = UTS_VERSION,
		.machine = UTS_MACHINE,
		.domainname = UTS_DOMAINNAME,
	},
	.user_ns = &init_user_ns,
	.ns = {
		.count = REFCOUNT_INIT(1),
		.inum = PROC_UTS_INIT_INO,
		.ops = &utsns_operations,
	},
};

const char linux_banner[] = "Linux version " UTS_RELEASE " (vmlinux) (gcc " __VERSION__
			    ") " UTS_VERSION "\n";
const char linux_proc_banner[] = "%s version %s (vmlinux) (gcc " __VERSION__ ") %s\n";

SYSCALL_DEFINE1(uname, struct new_utsname __user *, name)
{
	struct new_utsname copy;

	down_read(&uts_sem);
	copy = *utsname();
	up_read(&uts_sem);
	/* Programs written for another system: a version of 2.6.x. */
	if (current->personality & 0x0020000)
		strscpy(copy.release, "2.6.60", sizeof(copy.release));
	return copy_to_user(name, &copy, sizeof(copy)) ? -EFAULT : 0;
}

static long set_name(char *to, const char __user *from, int len)
{
	char name[__NEW_UTS_LEN + 1] = {};

	if (!ns_capable(current->nsproxy->uts_ns->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > __NEW_UTS_LEN)
		return -EINVAL;
	if (copy_from_user(name, from, len))
		return -EFAULT;
	down_write(&uts_sem);
	memcpy(to, name, sizeof(name));
	up_write(&uts_sem);
	return 0;
}

SYSCALL_DEFINE2(sethostname, char __user *, name, int, len)
{
	return set_name(utsname()->nodename, name, len);
}

SYSCALL_DEFINE2(setdomainname, char __user *, name, int, len)
{
	return set_name(utsname()->domainname, name, len);
}
