// SPDX-License-Identifier: MIT
/*
 * Each system call of a list with its first allocation failing, then its second, and so on until
 * no failure is reached any more (/proc/thread-self/fail-nth). Every one may end in an error, in
 * a signal, or not at all be noticed. Afterwards the kernel must hold as many objects as before.
 *
 * nth [CALL...]: these only. Inside only: it needs CONFIG_FAULT_INJECTION, which kernels in use have not.
 */
#include "nth.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct nth_call *const lists[] = {
	file_calls, mount_calls, event_calls, socket_calls, memory_calls, process_calls, trace_calls, ipc_calls,
	proc_calls,
};

/* One call, in a process of its own: it may be killed where a page fault finds no page. */
static int try_call(const struct nth_call *call)
{
	unsigned int worst;
	int failed = 0;

	open_fail_nth();
	close_fd(open("file", O_RDWR | O_CREAT, 0600));
	if (!all_of(call, &worst)) {
		printf("FAILED: %s: still reached after %u failures\n", call->name, worst - 1);
		failed = 1;
	}
	printf("%s: %u allocations\n", call->name, worst - 1);
	return failed | check_leaks(call);
}

static bool named(char **words, const char *name)
{
	while (*words && strcmp(*words, name))
		words++;
	return *words != NULL;
}

static int run_call(const struct nth_call *call)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		exit(try_call(call));
	if (pid > 0 && waitpid(pid, &status, 0) == pid && !status)
		return 0;
	printf("FAILED: %s: status %x\n", call->name, status);
	return 1;
}

/* What an exec left of the number: 0 when it failed late and went on. */
static int exec_rest(void)
{
	char text[12] = "";
	int fd = open("/proc/thread-self/fail-nth", O_RDWR);

	return pread(fd, text, sizeof(text) - 1, 0) > 0 && atoi(text) ? 9 : 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc > 1 && !strcmp(argv[1], "exit"))
		return exec_rest();
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("/tmp/nth", 0700);
	if (chdir("/tmp/nth"))
		return 2;
	if (access("/proc/thread-self/fail-nth", W_OK)) {
		puts("no /proc/thread-self/fail-nth");
		return 77;
	}
	for (unsigned int i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (const struct nth_call *call = lists[i]; call->name; call++)
			if (argc == 1 || named(argv + 1, call->name))
				failed |= run_call(call);
	puts(failed ? "nth: FAILED" : "nth: ok");
	return failed;
}
