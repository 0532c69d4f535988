// SPDX-License-Identifier: MIT
/* Who may trace whom: those in the same domain, or in one above. */
#include "landlock.h"

#include <signal.h>
#include <sys/ptrace.h>

static void confine(void)
{
	enter(ruleset_for(FS(MAKE_BLOCK)));
}

static void nothing(void)
{
}

/* A child that waits, after `confine_child`; the errno of attaching to it after `confine_me`. */
static int attach(void (*before)(void), void (*confine_child)(void), void (*confine_me)(void))
{
	int ready[2], result, status;
	pid_t pid;
	char c;

	before();
	NEED(!pipe(ready));
	pid = fork();
	if (!pid) {
		confine_child();
		if (write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	NEED(read(ready[0], &c, 1) == 1);
	confine_me();
	result = ptrace(PTRACE_ATTACH, pid, NULL, NULL) ? errno : 0;
	if (!result)
		waitpid(pid, &status, 0);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(ready[0]);
	close(ready[1]);
	return result;
}

static void free_traces_confined(void)
{
	CHECK_EQ(attach(nothing, confine, nothing), 0);
}

static void confined_does_not_trace_free(void)
{
	CHECK_EQ(attach(nothing, nothing, confine), EPERM);
}

static void same_domain(void)
{
	CHECK_EQ(attach(confine, nothing, nothing), 0);
}

static void siblings(void)
{
	CHECK_EQ(attach(confine, confine, confine), EPERM);
}

static void domain_below(void)
{
	CHECK_EQ(attach(confine, confine, nothing), 0);
}

static void domain_above(void)
{
	CHECK_EQ(attach(confine, nothing, confine), EPERM);
}

/* /proc asks the same. */
static void look_into_parent(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/cwd", getppid());
	CHECK_EQ(opens(path, O_PATH), 0);
	confine();
	CHECK_EQ(opens(path, O_PATH), EACCES);
}

static void traceme(void)
{
	int status;
	pid_t pid;

	confine();
	/* The parent's domain lies in the child's: it would get out by it. */
	pid = fork();
	if (!pid)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? errno : 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static int child_of_confined(void)
{
	int go[2], status;
	pid_t pid;
	char c;

	NEED(!pipe(go));
	pid = fork();
	if (!pid) {
		NEED(read(go[0], &c, 1) == 1);
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? errno : 0);
	}
	confine();
	NEED(write(go[1], "g", 1) == 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void traceme_of_confined(void)
{
	CHECK_EQ(child_of_confined(), EPERM);
}

int main(void)
{
	if (create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0)
		SKIP("this kernel has no Landlock");
	CHECK_EQ(test_in_child(free_traces_confined), 0);
	CHECK_EQ(test_in_child(confined_does_not_trace_free), 0);
	CHECK_EQ(test_in_child(same_domain), 0);
	CHECK_EQ(test_in_child(siblings), 0);
	CHECK_EQ(test_in_child(domain_below), 0);
	CHECK_EQ(test_in_child(domain_above), 0);
	CHECK_EQ(test_in_child(look_into_parent), 0);
	CHECK_EQ(test_in_child(traceme), 0);
	CHECK_EQ(test_in_child(traceme_of_confined), 0);
	return test_done();
}
