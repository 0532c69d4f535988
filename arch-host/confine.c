// SPDX-License-Identifier: MIT
/*
 * ./vmlinux in a box: a guest that broke the kernel can still only make the calls below. The
 * filter holds for every thread started afterwards. Opening files, sockets, programs and
 * executable memory are not among them; `vmlinux run` opens files, for reading only unless one
 * of its trees may be written. Not under sanitizers and Valgrind, whose runtimes
 * make calls of their own; and not on hosts that offer no filters.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include "exports.h"
#include "instrument.h"
#include "internal.h"

/* Calls allowed with any arguments. */
static const int allowed[] = {
	/* Waiting, waking, time. */
	SCMP_SYS(futex), SCMP_SYS(futex_waitv), SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getcpu),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(pause),
	SCMP_SYS(timer_create), SCMP_SYS(timer_settime), SCMP_SYS(timer_delete),
	/* Signals of our own threads. */
	SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(rt_sigaction), SCMP_SYS(sigaltstack), SCMP_SYS(gettid), SCMP_SYS(getpid),
	SCMP_SYS(getpgrp),
	/* Descriptors that are open already. */
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(lseek), SCMP_SYS(fstat),
	SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(close), SCMP_SYS(fcntl),
	SCMP_SYS(newfstatat), SCMP_SYS(eventfd2),
	/* Disks; what the ring may do was fixed when it was made. */
	SCMP_SYS(io_uring_enter), SCMP_SYS(preadv), SCMP_SYS(pwritev),
	/* Memory: never executable (see below). */
	SCMP_SYS(munmap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(mremap),
	SCMP_SYS(memfd_create), SCMP_SYS(membarrier),
	/* Threads. */
	SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(set_tid_address), SCMP_SYS(arch_prctl),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_getparam),
	SCMP_SYS(sched_getscheduler), SCMP_SYS(prlimit64),
	SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(getrandom), SCMP_SYS(prctl),
	/* Stub processes: seen through pidfds, ended by SIGKILL. */
	SCMP_SYS(waitid), SCMP_SYS(wait4), SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_send_signal),
	SCMP_SYS(tgkill), SCMP_SYS(kill),
};

static int allow_conditional(scmp_filter_ctx filter)
{
	int error = 0;

	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
				  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
				  SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	/* Terminal settings and sizes only: 'T' requests. */
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
				  SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffff00UL, 0x5400));
	/* Threads of this process, not processes. glibc tries clone3 first, and falls back. */
	error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				  SCMP_A0(SCMP_CMP_MASKED_EQ, 0x10100UL, 0x10100UL));
	error |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return error;
}

/* Looking names up and reading: for exported trees. */
static const int tree_reading[] = {
	SCMP_SYS(statx), SCMP_SYS(getdents64), SCMP_SYS(readlinkat), SCMP_SYS(fstatfs),
	SCMP_SYS(preadv2), SCMP_SYS(getxattr), SCMP_SYS(lgetxattr), SCMP_SYS(listxattr),
	SCMP_SYS(llistxattr),
};

/* The same for trees that may be written. */
static const int tree_writing[] = {
	SCMP_SYS(openat), SCMP_SYS(pwritev2), SCMP_SYS(mkdirat), SCMP_SYS(mknodat),
	SCMP_SYS(symlinkat), SCMP_SYS(linkat), SCMP_SYS(unlinkat), SCMP_SYS(renameat2),
	SCMP_SYS(fchmodat), SCMP_SYS(fchownat), SCMP_SYS(utimensat), SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(removexattr),
	SCMP_SYS(lremovexattr),
};

static int allow_trees(scmp_filter_ctx filter)
{
	const unsigned long writes = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);
	int error = 0;

	for (unsigned int i = 0; i < sizeof(tree_reading) / sizeof(tree_reading[0]); i++)
		error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, tree_reading[i], 0);
	if (!exports_writable())
		return error | seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
						SCMP_A2(SCMP_CMP_MASKED_EQ, writes | O_NOFOLLOW, O_NOFOLLOW));
	for (unsigned int i = 0; i < sizeof(tree_writing) / sizeof(tree_writing[0]); i++)
		error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, tree_writing[i], 0);
	return error;
}

static void confine(bool tracer)
{
	scmp_filter_ctx filter;
	int error = 0;

	if (SANITIZED || RUNNING_ON_VALGRIND || host_guest_config()->unconfined)
		return;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		usage_error("libseccomp makes no filter");
	for (unsigned int i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	error |= allow_conditional(filter);
	if (exports_any())
		error |= allow_trees(filter);
	if (tracer)
		error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ptrace), 0);
	/* A tree, not a list: the filter runs at every host call. */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (error || (error = seccomp_load(filter)))
		usage_error("cannot confine vmlinux itself: %s", strerror(-error));
	seccomp_release(filter);
}

void confine_self(void)
{
	confine(false);
}

void confine_tracer(void)
{
	confine(true);
}
