// SPDX-License-Identifier: MIT
/* ptrace: attach, seize, interrupt, listen, group stops, the death of tracers, who may. */
#include "trace.h"

#include <sys/resource.h>
#include <sys/wait.h>

static void sleep_long(void)
{
	for (;;)
		pause();
}

static void spin(void)
{
	for (;;)
		;
}

static void attach(void)
{
	pid_t pid = spawn(sleep_long);
	siginfo_t info;

	CHECK_OK(PT(PTRACE_ATTACH, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGSTOP));
	CHECK_OK(PT(PTRACE_GETSIGINFO, pid, 0, &info));
	CHECK_EQ(info.si_signo, SIGSTOP);
	CHECK_OK(PT(PTRACE_DETACH, pid, 0, 0));
	CHECK(WAIT_UNTIL(proc_status(pid, "State")[0] == 'S'));
	reap_killed(pid);
	/* One that runs. */
	pid = spawn(spin);
	CHECK_OK(PT(PTRACE_ATTACH, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGSTOP));
	reap_killed(pid);
}

static void attach_to_stopped(void)
{
	pid_t pid = spawn(sleep_long);
	int status;

	kill(pid, SIGSTOP);
	CHECK_EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK_EQ(status, SIGNAL_STOP(SIGSTOP));
	CHECK_OK(PT(PTRACE_ATTACH, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGSTOP));
	CHECK_STR(proc_status(pid, "State"), "t (tracing stop)");
	/* Detached into the group stop again. */
	CHECK_OK(PT(PTRACE_DETACH, pid, 0, SIGSTOP));
	CHECK(WAIT_UNTIL(proc_status(pid, "State")[0] == 'T'));
	kill(pid, SIGCONT);
	CHECK(WAIT_UNTIL(proc_status(pid, "State")[0] == 'S'));
	reap_killed(pid);
}

static void interrupt(void)
{
	pid_t pid = spawn(spin);
	siginfo_t info;

	CHECK_OK(PT(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESYSGOOD));
	CHECK_EQ(waitpid(pid, NULL, WNOHANG | __WALL), 0);
	CHECK_ERR(PT(PTRACE_CONT, pid, 0, 0), ESRCH);
	CHECK_OK(PT(PTRACE_INTERRUPT, pid, 0, 0));
	EXPECT_STATUS(pid, GROUP_STOP(SIGTRAP));
	CHECK_OK(PT(PTRACE_GETSIGINFO, pid, 0, &info));
	CHECK_EQ(info.si_code, SIGTRAP | PTRACE_EVENT_STOP << 8);
	/* Asked twice it stops once more. */
	CHECK_OK(PT(PTRACE_INTERRUPT, pid, 0, 0));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, GROUP_STOP(SIGTRAP));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	reap_killed(pid);
}

static void group_stop(void)
{
	pid_t pid = spawn(sleep_long);

	CHECK_OK(PT(PTRACE_SEIZE, pid, 0, 0));
	CHECK_OK(kill(pid, SIGSTOP));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGSTOP));
	/* The signal is delivered: then comes the group stop. */
	CHECK_OK(PT(PTRACE_CONT, pid, 0, SIGSTOP));
	EXPECT_STATUS(pid, GROUP_STOP(SIGSTOP));
	CHECK_OK(PT(PTRACE_LISTEN, pid, 0, 0));
	CHECK_EQ(waitpid(pid, NULL, WNOHANG | __WALL), 0);
	CHECK_ERR(PT(PTRACE_CONT, pid, 0, 0), ESRCH);
	/* Its end is told as a trap. */
	CHECK_OK(kill(pid, SIGCONT));
	EXPECT_STATUS(pid, GROUP_STOP(SIGTRAP));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGCONT));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, SIGCONT));
	/* An interrupt ends listening too. */
	CHECK_OK(kill(pid, SIGSTOP));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGSTOP));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, SIGSTOP));
	EXPECT_STATUS(pid, GROUP_STOP(SIGSTOP));
	CHECK_OK(PT(PTRACE_LISTEN, pid, 0, 0));
	CHECK_OK(PT(PTRACE_INTERRUPT, pid, 0, 0));
	EXPECT_STATUS(pid, GROUP_STOP(SIGSTOP));
	reap_killed(pid);
}

static void old_group_stop(void)
{
	pid_t pid = spawn(sleep_long);
	siginfo_t info;

	CHECK_OK(PT(PTRACE_ATTACH, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGSTOP));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, SIGSTOP));
	/* Looks like another signal, but has no information. */
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGSTOP));
	CHECK_ERR(PT(PTRACE_GETSIGINFO, pid, 0, &info), EINVAL);
	/* CONT continues it, while the group stays stopped for its parent. */
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	CHECK(WAIT_UNTIL(proc_status(pid, "State")[0] == 'S'));
	reap_killed(pid);
}

/* A tracer in a child of ours, whose tracee is another child of ours. */
static pid_t tracee;
static unsigned long tracer_options;

static void trace_and_die(void)
{
	if (PT(PTRACE_SEIZE, tracee, 0, tracer_options))
		_exit(1);
	PT(PTRACE_INTERRUPT, tracee, 0, 0);
	if (wait_status(tracee) != GROUP_STOP(SIGTRAP))
		_exit(2);
	_exit(5);
}

static void tracer_dies(void)
{
	pid_t pid;

	tracer_options = 0;
	tracee = spawn(sleep_long);
	pid = spawn(trace_and_die);
	EXPECT_STATUS(pid, EXITED(5));
	CHECK_EQ(atoi(proc_status(tracee, "TracerPid")), 0);
	CHECK(WAIT_UNTIL(proc_status(tracee, "State")[0] == 'S'));
	reap_killed(tracee);
	/* With EXITKILL the tracee dies with it. */
	tracer_options = PTRACE_O_EXITKILL;
	tracee = spawn(sleep_long);
	pid = spawn(trace_and_die);
	EXPECT_STATUS(pid, EXITED(5));
	EXPECT_STATUS(tracee, SIGKILL);
}

static void exit_soon(void)
{
	for (int i = 0; i < 3; i++)
		test_sleep_ms(10);
	_exit(8);
}

static void trace_to_the_end(void)
{
	int status;

	if (PT(PTRACE_SEIZE, tracee, 0, 0))
		_exit(1);
	/* The parent sees nothing before we have. */
	while (waitid(P_PID, tracee, NULL, WEXITED | WNOWAIT | __WALL) < 0)
		if (errno != EINTR)
			_exit(2);
	test_sleep_ms(100);
	if (waitpid(tracee, &status, __WALL) != tracee || status != EXITED(8))
		_exit(3);
	_exit(5);
}

static void tracer_and_parent(void)
{
	pid_t pid;

	tracee = spawn(exit_soon);
	pid = spawn(trace_to_the_end);
	CHECK(WAIT_UNTIL(proc_status(tracee, "State")[0] == 'Z'));
	CHECK_EQ(waitpid(tracee, NULL, WNOHANG), 0);
	EXPECT_STATUS(pid, EXITED(5));
	EXPECT_STATUS(tracee, EXITED(8));
}

static void wait_forms(void)
{
	pid_t pid = spawn(sleep_long);
	siginfo_t info = {};
	int status;

	CHECK_OK(PT(PTRACE_SEIZE, pid, 0, 0));
	CHECK_OK(PT(PTRACE_INTERRUPT, pid, 0, 0));
	/* Stops of tracees are told to waitid only if asked for, and with their own cause. */
	CHECK_OK(waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
	CHECK_EQ(info.si_code, CLD_TRAPPED);
	CHECK_EQ(info.si_status, PTRACE_EVENT_STOP << 8 | SIGTRAP);
	CHECK_EQ(waitpid(-1, &status, WNOHANG), pid);
	CHECK_EQ(status, GROUP_STOP(SIGTRAP));
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	reap_killed(pid);
	CHECK_ERR(waitpid(-1, NULL, __WALL), ECHILD);
}

static void as_nobody(void)
{
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		_exit(92);
}

static void attach_from_nobody(void)
{
	as_nobody();
	CHECK_ERR(PT(PTRACE_ATTACH, tracee, 0, 0), EPERM);
	CHECK_ERR(PT(PTRACE_ATTACH, 1, 0, 0), EPERM);
	CHECK_ERR(PT(PTRACE_ATTACH, getppid(), 0, 0), EPERM);
}

static void sleep_as_nobody(void)
{
	as_nobody();
	sleep_long();
}

static void sleep_as_dumpable_nobody(void)
{
	as_nobody();
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_NAME, "ready");
	sleep_long();
}

static void attach_to_dumpable(void)
{
	as_nobody();
	CHECK_OK(PT(PTRACE_ATTACH, tracee, 0, 0));
	EXPECT_STATUS(tracee, SIGNAL_STOP(SIGSTOP));
}

static void rights(void)
{
	if (geteuid())
		return;
	tracee = spawn(sleep_long);
	EXPECT_STATUS(spawn(attach_from_nobody), EXITED(0));
	reap_killed(tracee);
	/* The same user, but it was root: not dumpable. */
	tracee = spawn(sleep_as_nobody);
	CHECK(WAIT_UNTIL(!strncmp(proc_status(tracee, "Uid"), "65534", 5)));
	EXPECT_STATUS(spawn(attach_from_nobody), EXITED(0));
	CHECK_OK(PT(PTRACE_ATTACH, tracee, 0, 0));
	reap_killed(tracee);
	/* Until it says that it may be. */
	tracee = spawn(sleep_as_dumpable_nobody);
	CHECK(WAIT_UNTIL(!strcmp(proc_status(tracee, "Name"), "ready")));
	EXPECT_STATUS(spawn(attach_to_dumpable), EXITED(0));
	reap_killed(tracee);
}

int main(void)
{
	RUN(attach);
	RUN(attach_to_stopped);
	RUN(interrupt);
	RUN(group_stop);
	RUN(old_group_stop);
	RUN(tracer_dies);
	RUN(tracer_and_parent);
	RUN(wait_forms);
	RUN(rights);
	return test_done();
}
