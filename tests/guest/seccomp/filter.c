// SPDX-License-Identifier: MIT
/* seccomp: strict mode, filters, their answers, inheritance, limits, threads in step. */
#include "filter.h"

#include <sys/wait.h>

static char self[] = "/proc/self/exe";
static volatile int got, got_code, got_errno, got_syscall;
static void *volatile got_addr;
static volatile unsigned int got_arch;

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	got = sig;
	got_code = info->si_code;
	got_errno = info->si_errno;
	got_syscall = info->si_syscall;
	got_arch = info->si_arch;
	got_addr = info->si_call_addr;
}

static void strict_allowed(void)
{
	CHECK_OK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	if (write(2, "", 0))
		syscall(SYS_exit, 1);
	syscall(SYS_exit, 4);
}

static void strict_refused(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	syscall(SYS_getpid);
	syscall(SYS_exit, 4);
}

static void strict(void)
{
	CHECK_EQ(prctl(PR_GET_SECCOMP), 0);
	CHECK_ERR(prctl(PR_SET_SECCOMP, 77), EINVAL);
	CHECK_ERR(seccomp(SECCOMP_SET_MODE_STRICT, 1, NULL), EINVAL);
	CHECK_ERR(seccomp(SECCOMP_SET_MODE_STRICT, 0, self), EINVAL);
	CHECK_ERR(seccomp(99, 0, NULL), EINVAL);
	CHECK_EQ(test_in_child(strict_allowed), 4 << 8);
	CHECK_EQ(test_in_child(strict_refused), SIGKILL);
}

static void bad(struct sock_filter *insns, unsigned int len, int error)
{
	if (set_program(insns, len, 0) != -1 || errno != error)
		FAIL("program of %u, first code 0x%x: errno %d, not %d", len, insns[0].code, errno, error);
}

#define BAD(...) do {							\
	struct sock_filter insns_[] = { __VA_ARGS__ };			\
	bad(insns_, sizeof(insns_) / sizeof(insns_[0]), EINVAL);	\
} while (0)

static void checker(void)
{
	static struct sock_filter big[BPF_MAXINSNS + 1];

	no_new_privs();
	CHECK_ERR(set_program(NULL, 1, 0), EINVAL);
	CHECK_ERR(set_program(big, 0, 0), EINVAL);
	CHECK_ERR(set_program(big, BPF_MAXINSNS + 1, 0), EINVAL);
	CHECK_ERR(seccomp(SECCOMP_SET_MODE_FILTER, 0, NULL), EFAULT);
	CHECK_ERR(seccomp(SECCOMP_SET_MODE_FILTER, 1 << 20, NULL), EINVAL);
	BAD(LOAD_NR);
	BAD(BPF_STMT(0xffff, 0), RETURN(0));
	BAD(BPF_STMT(0x100, 0), RETURN(0));
	BAD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)), RETURN(0));
	BAD(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RETURN(0));
	BAD(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), RETURN(0));
	BAD(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), RETURN(0));
	BAD(BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), RETURN(0));
	BAD(BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), RETURN(0));
	BAD(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), RETURN(0));
	BAD(BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RETURN(0));
	BAD(BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RETURN(0));
	BAD(BPF_STMT(BPF_LD | BPF_MEM, 0), RETURN(0));
	BAD(BPF_STMT(BPF_ST, 16), RETURN(0));
	BAD(BPF_STMT(BPF_JMP | BPF_JA, 1), RETURN(0));
	BAD(BPF_STMT(BPF_JMP | BPF_JA, -1), RETURN(0));
	BAD(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), RETURN(0));
	/* Written on one way only. */
	BAD(LOAD_NR, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_ST, 2),
	    BPF_STMT(BPF_LD | BPF_MEM, 2), RETURN(0));
	CHECK_EQ(prctl(PR_GET_SECCOMP), 0);
}

/* Arithmetic: the program allows everything if it computes as it should. */
static void interpreter(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 1000),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 24),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 2),	 /* 256 */
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0), /* 65536 */
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 1), /* 65535 */
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff0),
		BPF_STMT(BPF_ALU | BPF_OR | BPF_K, 0xf),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 0xfff), /* 0 */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 14),
		BPF_STMT(BPF_LDX | BPF_MEM, 3),
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 3),	   /* 21845 */
		BPF_STMT(BPF_ALU | BPF_NEG, 0),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 21846), /* 1 */
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 31),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0x7fffffff, 0, 7),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x80000000, 0, 6),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x7fffffff, 5, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, sizeof(struct seccomp_data), 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 1),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_KILL_PROCESS),
	};

	no_new_privs();
	CHECK_OK(SET_PROGRAM(insns, 0));
	CHECK_EQ(syscall(SYS_getpid), getpid());
}

static void error_answers(void)
{
	struct sock_filter by_arg[] = {
		LOAD_NR, IF_EQ(SYS_dup, 3), LOAD_ARG(0), IF_EQ(1234, 1),
		RETURN(SECCOMP_RET_ERRNO | 77), RETURN(SECCOMP_RET_ALLOW),
	};

	no_new_privs();
	CHECK_OK(SET_PROGRAM(by_arg, 0));
	CHECK_ERR(dup(1234), 77);
	CHECK_ERR(dup(1235), EBADF);
	/* The most severe answer counts; of equal ones the newest filter's. */
	CHECK_OK(answer_call(SYS_dup, SECCOMP_RET_ERRNO | 78, 0));
	CHECK_ERR(dup(1234), 78);
	CHECK_ERR(dup(1235), 78);
	CHECK_OK(answer_call(SYS_getppid, SECCOMP_RET_ERRNO | 0, 0));
	CHECK_EQ(syscall(SYS_getppid), 0);
	CHECK_OK(answer_call(SYS_getuid, SECCOMP_RET_ERRNO | 0xffff, 0));
	CHECK_EQ(syscall(SYS_getuid), -1);
	CHECK_EQ(errno, 4095);
	CHECK_OK(answer_call(SYS_getgid, SECCOMP_RET_TRACE, 0));
	CHECK_ERR(syscall(SYS_getgid), ENOSYS);
	CHECK_OK(answer_call(SYS_geteuid, SECCOMP_RET_LOG, 0));
	CHECK_EQ(syscall(SYS_geteuid), 0 + syscall(SYS_geteuid));
	CHECK_EQ(prctl(PR_GET_SECCOMP), SECCOMP_MODE_FILTER);
	CHECK_ERR(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT), EINVAL);
}

static void trap(void)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &sa, NULL);
	no_new_privs();
	CHECK_OK(answer_call(SYS_getppid, SECCOMP_RET_TRAP | 0x123, 0));
	/* The call did not happen: rax is its number. */
	CHECK_EQ(syscall(SYS_getppid), SYS_getppid);
	CHECK_EQ(got, SIGSYS);
	CHECK_EQ(got_code, 1 /* SYS_SECCOMP */);
	CHECK_EQ(got_errno, 0x123);
	CHECK_EQ(got_syscall, SYS_getppid);
	CHECK_EQ(got_arch, AUDIT_ARCH_X86_64);
	CHECK_EQ(*(uint16_t *)((char *)got_addr - 2), 0x050f);
	signal(SIGSYS, SIG_DFL);
	syscall(SYS_getppid);
	FAIL("survived");
}

static void kill_process_child(void)
{
	signal(SIGSYS, SIG_IGN);
	no_new_privs();
	CHECK_OK(answer_call(SYS_getppid, SECCOMP_RET_KILL_PROCESS, 0));
	syscall(SYS_getppid);
	FAIL("survived");
}

static void *call_it(void *arg)
{
	syscall(SYS_getppid);
	return arg;
}

static void kill_thread_child(void)
{
	pthread_t thread;
	void *ret = &thread;

	no_new_privs();
	CHECK_OK(answer_call(SYS_getppid, SECCOMP_RET_KILL_THREAD, 0));
	pthread_create(&thread, NULL, call_it, self);
	test_sleep_ms(50);
	/* The thread is gone, the process is not. */
	_exit(ret == &thread ? 6 : 7);
}

static void unknown_answer(void)
{
	no_new_privs();
	CHECK_OK(answer_call(SYS_getppid, 0x00070000, 0));
	syscall(SYS_getppid);
	FAIL("survived");
}

static int without_core(int status)
{
	return status & ~0x80;
}

static void deaths(void)
{
	CHECK_EQ(without_core(test_in_child(trap)), SIGSYS);
	CHECK_EQ(without_core(test_in_child(kill_process_child)), SIGSYS);
	CHECK_EQ(test_in_child(kill_thread_child), 6 << 8);
	CHECK_EQ(without_core(test_in_child(unknown_answer)), SIGSYS);
}

static void inheritance(void)
{
	char *argv[] = { self, "dup", NULL };
	int status;
	pid_t pid;

	no_new_privs();
	CHECK_OK(answer_call(SYS_dup, SECCOMP_RET_ERRNO | 66, 0));
	pid = fork();
	if (!pid) {
		execv(self, argv);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	CHECK_EQ(status, 66 << 8);
}

static int status_line(const char *name)
{
	char line[128];
	FILE *file = fopen("/proc/self/status", "r");
	int value = -1;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			value = atoi(line + strlen(name));
	if (file)
		fclose(file);
	return value;
}

static void proc_lines(void)
{
	CHECK_EQ(status_line("Seccomp:"), 0);
	no_new_privs();
	CHECK_OK(answer_call(SYS_dup, SECCOMP_RET_ERRNO | 66, 0));
	CHECK_OK(answer_call(SYS_dup2, SECCOMP_RET_ERRNO | 66, 0));
	CHECK_EQ(status_line("NoNewPrivs:"), 1);
	CHECK_EQ(status_line("Seccomp:"), 2);
	CHECK_EQ(status_line("Seccomp_filters:"), 2);
}

static void without_privilege(void)
{
	if (geteuid())
		return;
	NEED(!setresuid(65534, 65534, 65534));
	CHECK_ERR(answer_call(SYS_dup, SECCOMP_RET_ERRNO | 66, 0), EACCES);
	no_new_privs();
	CHECK_OK(answer_call(SYS_dup, SECCOMP_RET_ERRNO | 66, 0));
}

static void too_many(void)
{
	static struct sock_filter insns[BPF_MAXINSNS];
	int n = 0;

	for (int i = 0; i < BPF_MAXINSNS; i++)
		insns[i] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	no_new_privs();
	while (!SET_PROGRAM(insns, 0))
		n++;
	CHECK_EQ(errno, ENOMEM);
	/* How much each one counts is the kernel's own affair. */
	CHECK_GE(n, 3);
}

static void available(void)
{
	uint32_t action = SECCOMP_RET_USER_NOTIF, unknown = 0x12340000;
	struct seccomp_notif_sizes sizes;

	CHECK_OK(seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action));
	CHECK_ERR(seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &unknown), EOPNOTSUPP);
	CHECK_ERR(seccomp(SECCOMP_GET_ACTION_AVAIL, 1, &action), EINVAL);
	CHECK_ERR(seccomp(SECCOMP_GET_ACTION_AVAIL, 0, NULL), EFAULT);
	CHECK_OK(seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes));
	CHECK_EQ(sizes.seccomp_notif, 80);
	CHECK_EQ(sizes.seccomp_notif_resp, 24);
	CHECK_EQ(sizes.seccomp_data, 64);
}

/* ---- TSYNC ---- */

static volatile int stage;
static volatile long result;
static volatile int own_filter;
static volatile pid_t thread_id;

static void *wait_and_call(void *arg)
{
	thread_id = syscall(SYS_gettid);
	if (own_filter) {
		no_new_privs();
		CHECK_OK(answer_call(SYS_dup2, SECCOMP_RET_ERRNO | 66, 0));
	}
	stage = 1;
	while (stage != 2)
		sched_yield();
	result = dup(1234) == -1 ? errno : 0;
	return NULL;
}

static void in_step(void)
{
	pthread_t thread;

	stage = own_filter = 0;
	no_new_privs();
	pthread_create(&thread, NULL, wait_and_call, NULL);
	while (stage != 1)
		sched_yield();
	CHECK_OK(answer_call(SYS_dup, SECCOMP_RET_ERRNO | 66, SECCOMP_FILTER_FLAG_TSYNC));
	stage = 2;
	pthread_join(thread, NULL);
	CHECK_EQ(result, 66);
}

static void out_of_step(void)
{
	pthread_t thread;

	stage = 0;
	own_filter = 1;
	no_new_privs();
	pthread_create(&thread, NULL, wait_and_call, NULL);
	while (stage != 1)
		sched_yield();
	CHECK_EQ(answer_call(SYS_dup, SECCOMP_RET_ERRNO | 66, SECCOMP_FILTER_FLAG_TSYNC), thread_id);
	CHECK_ERR(answer_call(SYS_dup, SECCOMP_RET_ERRNO | 66,
			      SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH), ESRCH);
	CHECK_EQ(prctl(PR_GET_SECCOMP), 0);
	stage = 2;
	pthread_join(thread, NULL);
	CHECK_EQ(result, EBADF);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		_exit(dup(1234) == -1 ? errno : 1);
	RUN(strict);
	RUN_IN_CHILD(checker);
	RUN_IN_CHILD(interpreter);
	RUN_IN_CHILD(error_answers);
	RUN(deaths);
	RUN_IN_CHILD(inheritance);
	RUN_IN_CHILD(proc_lines);
	RUN_IN_CHILD(without_privilege);
	RUN_IN_CHILD(too_many);
	RUN(available);
	RUN_IN_CHILD(in_step);
	RUN_IN_CHILD(out_of_step);
	return test_done();
}
