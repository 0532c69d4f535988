// SPDX-License-Identifier: MIT
/* ptrace: event stops of fork, vfork, clone, exec, exit; children that are traced from birth. */
#include "trace.h"

#include <pthread.h>
#include <sys/wait.h>

#define ALL_EVENTS (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
		    PTRACE_O_TRACEEXEC | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT)

static char self[] = "/proc/self/exe";

static void do_fork(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(3);
	waitpid(pid, &status, 0);
	_exit(WEXITSTATUS(status) + 1);
}

static void fork_event(void)
{
	pid_t pid = spawn_traced(do_fork, ALL_EVENTS), child;
	siginfo_t info;

	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EVENT_STOP(PTRACE_EVENT_FORK));
	CHECK_OK(PT(PTRACE_GETSIGINFO, pid, 0, &info));
	CHECK_EQ(info.si_code, SIGTRAP | PTRACE_EVENT_FORK << 8);
	child = event_message(pid);
	CHECK_GT(child, 0);
	EXPECT_STATUS(child, SIGNAL_STOP(SIGSTOP));
	CHECK_EQ(atoi(proc_status(child, "TracerPid")), getpid());
	CHECK_EQ(atoi(proc_status(child, "PPid")), pid);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	/* The child inherited the options. */
	CHECK_OK(PT(PTRACE_CONT, child, 0, 0));
	EXPECT_STATUS(child, EVENT_STOP(PTRACE_EVENT_EXIT));
	CHECK_EQ(event_message(child), EXITED(3));
	CHECK_OK(PT(PTRACE_CONT, child, 0, 0));
	/* The tracer hears first, then the parent. */
	EXPECT_STATUS(child, EXITED(3));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGCHLD));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, SIGCHLD));
	EXPECT_STATUS(pid, EVENT_STOP(PTRACE_EVENT_EXIT));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(4));
}

static void do_vfork(void)
{
	pid_t pid = vfork();

	if (!pid) {
		char *argv[] = { self, "exit", NULL };

		execv(self, argv);
		_exit(1);
	}
	waitpid(pid, NULL, 0);
}

static void vfork_and_exec(void)
{
	pid_t pid = spawn_traced(do_vfork, ALL_EVENTS), child;

	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EVENT_STOP(PTRACE_EVENT_VFORK));
	child = event_message(pid);
	EXPECT_STATUS(child, SIGNAL_STOP(SIGSTOP));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	CHECK_OK(PT(PTRACE_CONT, child, 0, 0));
	EXPECT_STATUS(child, EVENT_STOP(PTRACE_EVENT_EXEC));
	CHECK_EQ(event_message(child), child);
	CHECK_EQ(get_regs(child).orig_rax, SYS_execve);
	EXPECT_STATUS(pid, EVENT_STOP(PTRACE_EVENT_VFORK_DONE));
	CHECK_EQ(event_message(pid), child);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	CHECK_OK(PT(PTRACE_CONT, child, 0, 0));
	EXPECT_STATUS(child, EVENT_STOP(PTRACE_EVENT_EXIT));
	CHECK_OK(PT(PTRACE_DETACH, child, 0, 0));
	/* Detached in its end: the parent's again. */
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGCHLD));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EVENT_STOP(PTRACE_EVENT_EXIT));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(0));
}

static void do_exec(void)
{
	char *argv[] = { self, "exit", NULL };

	execv(self, argv);
}

static void exec_without_option(void)
{
	siginfo_t info;
	pid_t pid = spawn_traced(do_exec, 0);

	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGTRAP));
	CHECK_OK(PT(PTRACE_GETSIGINFO, pid, 0, &info));
	CHECK_EQ(info.si_code, SI_USER);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(9));
}

static void *thread_body(void *arg)
{
	return arg;
}

static void do_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, thread_body, NULL);
	pthread_join(thread, NULL);
}

static void clone_event(void)
{
	pid_t pid = spawn_traced(do_thread, PTRACE_O_TRACECLONE), thread;

	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EVENT_STOP(PTRACE_EVENT_CLONE));
	thread = event_message(pid);
	EXPECT_STATUS(thread, SIGNAL_STOP(SIGSTOP));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	CHECK_OK(PT(PTRACE_CONT, thread, 0, 0));
	/* A traced thread leaves a zombie of its own. */
	EXPECT_STATUS(thread, EXITED(0));
	EXPECT_STATUS(pid, EXITED(0));
}

static void do_clone_ptrace(void)
{
	int status;
	pid_t pid = syscall(SYS_clone, CLONE_PTRACE | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(3);
	waitpid(pid, &status, 0);
}

static void clone_ptrace_flag(void)
{
	pid_t pid = spawn_traced(do_clone_ptrace, 0), child;
	int status;

	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	child = waitpid(-1, &status, __WALL);
	CHECK_NE(child, pid);
	CHECK_EQ(status, SIGNAL_STOP(SIGSTOP));
	CHECK_OK(PT(PTRACE_CONT, child, 0, 0));
	EXPECT_STATUS(child, EXITED(3));
	EXPECT_STATUS(pid, SIGNAL_STOP(SIGCHLD));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(0));
}

static void do_nothing(void)
{
}

static void exit_event_of_a_kill(void)
{
	pid_t pid = spawn_traced(do_nothing, PTRACE_O_TRACEEXIT);

	CHECK_OK(kill(pid, SIGKILL));
	EXPECT_STATUS(pid, EVENT_STOP(PTRACE_EVENT_EXIT));
	CHECK_EQ(event_message(pid), SIGKILL);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, SIGKILL);
}

static void *exec_from_thread(void *arg)
{
	do_exec();
	return NULL;
}

static void do_thread_exec(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exec_from_thread, NULL);
	for (;;)
		pause();
}

/* execve() by a thread: it takes the leader's number, and the leader is gone without a word. */
static void exec_by_thread(void)
{
	pid_t pid = spawn_traced(do_thread_exec, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC), thread;

	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EVENT_STOP(PTRACE_EVENT_CLONE));
	thread = event_message(pid);
	EXPECT_STATUS(thread, SIGNAL_STOP(SIGSTOP));
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	CHECK_OK(PT(PTRACE_CONT, thread, 0, 0));
	EXPECT_STATUS(pid, EVENT_STOP(PTRACE_EVENT_EXEC));
	CHECK_EQ(event_message(pid), thread);
	CHECK_ERR(PT(PTRACE_CONT, thread, 0, 0), ESRCH);
	CHECK_OK(PT(PTRACE_CONT, pid, 0, 0));
	EXPECT_STATUS(pid, EXITED(9));
}

int main(int argc, char **argv)
{
	if (argc > 1)
		_exit(9);
	RUN(fork_event);
	RUN(vfork_and_exec);
	RUN(exec_without_option);
	RUN(clone_event);
	RUN(clone_ptrace_flag);
	RUN(exit_event_of_a_kill);
	RUN(exec_by_thread);
	return test_done();
}
