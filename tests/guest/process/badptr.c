// SPDX-License-Identifier: MIT
/*
 * Bad pointers at every system call. A child makes one call with each argument in turn a bad
 * address and the others harmless; whatever it answers, it must be an answer: the kernel goes
 * on, and the child is not killed. Calls that take a pointer for certain must say EFAULT.
 */
#include "test.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define NCALLS 463

/* These do what they say with any arguments, or end the child: no use here. */
static const int left_out[] = {
	SYS_exit,
	SYS_exit_group,
	SYS_fork,
	SYS_vfork,
	SYS_clone,
	SYS_clone3,
	SYS_pause,
	SYS_reboot,
	SYS_kill,
	SYS_tkill,
	SYS_tgkill,
	SYS_rt_sigreturn,
	SYS_rt_sigsuspend,
	SYS_vhangup,
	SYS_munmap,
	SYS_mmap,
	SYS_brk,
	SYS_mremap,
	SYS_mprotect,
	SYS_pkey_mprotect,
	SYS_shmat,
	SYS_arch_prctl,
	SYS_set_robust_list,
	SYS_set_tid_address,
	SYS_rseq,
	SYS_close,
	SYS_close_range,
	SYS_setsid,
	SYS_alarm,
	SYS_setitimer,
	SYS_sync,
	SYS_syncfs,
	SYS_rt_sigqueueinfo,
	SYS_ptrace,
	SYS_rt_tgsigqueueinfo,
	SYS_pidfd_send_signal,
	SYS_seccomp,
	SYS_prctl,
	SYS_unshare,
	SYS_setns,
	SYS_iopl,
	SYS_ioperm,
	SYS_modify_ldt,
	SYS_init_module,
	SYS_delete_module,
	SYS_finit_module,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_swapon,
	SYS_swapoff,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_adjtimex,
	SYS_clock_adjtime,
	SYS_sethostname,
	SYS_setdomainname,
	SYS_acct,
	SYS_quotactl,
	SYS_syslog,
	SYS_mlockall,
	SYS_munlockall,
	SYS_personality,
	SYS_userfaultfd,
	SYS_bpf,
	SYS_rt_sigprocmask,
	SYS_madvise,
	SYS_process_madvise,
	SYS_remap_file_pages,
	SYS_setrlimit,
	SYS_prlimit64,
	SYS_landlock_restrict_self,
	SYS_mbind,
	SYS_move_pages,
	SYS_migrate_pages,
	SYS_set_mempolicy,
	SYS_restart_syscall,
	SYS_open_tree,
	SYS_move_mount,
	SYS_fsmount,
	SYS_fspick,
	SYS_mount_setattr,
	335 /* uretprobe: SIGILL by design */,
	SYS_dup2,
	SYS_dup3,
	SYS_fchdir,
	SYS_membarrier,
	SYS_fallocate /* does allocate what an absurd length says */,
};

static const unsigned long bad[] = {
	1,
	0x1000,
	0x7fffffffffffUL - 4095,
	0x800000000000UL,
	0x8000000000000000UL,
	0xffff800000000000UL,
	~0UL,
	~0UL - 7,
};

static int skipped(int nr)
{
	for (unsigned int i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (left_out[i] == nr)
			return 1;
	return 0;
}

/*
 * Some numbers among the bad addresses are good descriptors and process numbers after all: the
 * child has only a scratch file open, and no privilege that could harm the machine it runs on.
 */
static void quiet_child(void)
{
	struct rlimit core = { 0, 0 };
	int scratch = memfd_create("scratch", 0);

	for (int fd = 0; fd < 3; fd++)
		if (dup2(scratch, fd) != fd)
			_exit(1);
	if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		_exit(1);
	setrlimit(RLIMIT_CORE, &core);
	/* A call that waits is ended by this. */
	alarm(1);
}

static void try_call(int nr, int position, unsigned long address)
{
	long args[6];

	for (int i = 0; i < 6; i++)
		args[i] = i == position ? (long)address : i == 0 ? -1 : 0;
	syscall(nr, args[0], args[1], args[2], args[3], args[4], args[5]);
}

static void one_call_after_the_other(void)
{
	for (int nr = 0; nr < NCALLS; nr++) {
		int status;
		pid_t pid;

		if (skipped(nr))
			continue;
		pid = fork();
		NEED(pid >= 0);
		if (!pid) {
			quiet_child();
			for (int position = 0; position < 6; position++)
				for (unsigned int b = 0; b < sizeof(bad) / sizeof(bad[0]); b++)
					try_call(nr, position, bad[b]);
			_exit(0);
		}
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (status && status != SIGALRM)
			FAIL("call %d ended the child with 0x%x", nr, status);
	}
}

/* All argument positions at once. */
static void everything_bad(void)
{
	for (int nr = 0; nr < NCALLS; nr++) {
		int status;
		pid_t pid;

		if (skipped(nr))
			continue;
		pid = fork();
		NEED(pid >= 0);
		if (!pid) {
			quiet_child();
			for (unsigned int b = 0; b < sizeof(bad) / sizeof(bad[0]); b++)
				syscall(nr, bad[b], bad[b], bad[b], bad[b], bad[b], bad[b]);
			_exit(0);
		}
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (status && status != SIGALRM)
			FAIL("call %d ended the child with 0x%x", nr, status);
	}
}

#define EFAULT_OF(...)                                                                             \
	do {                                                                                       \
		for (unsigned int b_ = 0; b_ < sizeof(bad) / sizeof(bad[0]); b_++) {               \
			unsigned long B = bad[b_];                                                 \
			CHECK_ERR(syscall(__VA_ARGS__), EFAULT);                                   \
		}                                                                                  \
	} while (0)

static void certain_pointers_give_efault(void)
{
	int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600), fds[2];

	NEED(fd >= 0 && !pipe(fds));
	NEED(write(fd, "12345678", 8) == 8 && write(fds[1], "12345678", 8) == 8);
	lseek(fd, 0, SEEK_SET);
	EFAULT_OF(SYS_read, fds[0], B, 8L);
	EFAULT_OF(SYS_write, fds[1], B, 8L);
	EFAULT_OF(SYS_pread64, fd, B, 8L, 0L);
	EFAULT_OF(SYS_pwrite64, fd, B, 8L, 0L);
	EFAULT_OF(SYS_readv, fds[0], B, 1L);
	EFAULT_OF(SYS_writev, fds[1], B, 1L);
	EFAULT_OF(SYS_open, B, 0L);
	EFAULT_OF(SYS_openat, AT_FDCWD, B, 0L);
	EFAULT_OF(SYS_stat, B, B);
	EFAULT_OF(SYS_stat, "/", B);
	EFAULT_OF(SYS_fstat, fd, B);
	EFAULT_OF(SYS_newfstatat, AT_FDCWD, "/", B, 0L);
	EFAULT_OF(SYS_statx, AT_FDCWD, "/", 0L, 0L, B);
	EFAULT_OF(SYS_statfs, "/", B);
	EFAULT_OF(SYS_access, B, 0L);
	EFAULT_OF(SYS_readlink, B, B, 10L);
	EFAULT_OF(SYS_mkdir, B, 0L);
	EFAULT_OF(SYS_unlink, B);
	EFAULT_OF(SYS_rename, B, B);
	EFAULT_OF(SYS_chdir, B);
	EFAULT_OF(SYS_getcwd, B, 4096L);
	EFAULT_OF(SYS_pipe, B);
	EFAULT_OF(SYS_pipe2, B, 0L);
	EFAULT_OF(SYS_uname, B);
	EFAULT_OF(SYS_sysinfo, B);
	EFAULT_OF(SYS_getrlimit, RLIMIT_STACK, B);
	EFAULT_OF(SYS_setrlimit, RLIMIT_STACK, B);
	EFAULT_OF(SYS_prlimit64, 0L, RLIMIT_STACK, B, 0L);
	EFAULT_OF(SYS_prlimit64, 0L, RLIMIT_STACK, 0L, B);
	EFAULT_OF(SYS_getresuid, B, B, B);
	EFAULT_OF(SYS_getresgid, B, B, B);
	EFAULT_OF(SYS_capget, B, 0L);
	EFAULT_OF(SYS_poll, B, 1L, 0L);
	EFAULT_OF(SYS_select, 1L, B, 0L, 0L, 0L);
	EFAULT_OF(SYS_sched_getaffinity, 0L, 128L, B);
	EFAULT_OF(SYS_sched_getparam, 0L, B);
	EFAULT_OF(SYS_execve, B, 0L, 0L);
	EFAULT_OF(SYS_getrandom, B, 16L, 0L);
	EFAULT_OF(SYS_getdents64, open("/", O_RDONLY), B, 4096L);
	EFAULT_OF(SYS_utimensat, AT_FDCWD, B, 0L, 0L);
	EFAULT_OF(SYS_clone3, B, 88L);
	EFAULT_OF(SYS_memfd_create, B, 0L);
	EFAULT_OF(SYS_getcpu, B, 0L, 0L);
	EFAULT_OF(SYS_sched_setparam, 0L, B);
}

int main(void)
{
	RUN(certain_pointers_give_efault);
	RUN(one_call_after_the_other);
	RUN(everything_bad);
	return test_done();
}
