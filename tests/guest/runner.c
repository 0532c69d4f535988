// SPDX-License-Identifier: MIT
/*
 * Runs guest tests inside the kernel, as init or from a shell:
 *
 *	runner [limit=SECONDS] NAME...		(NAME is area/test below /tests)
 *
 * Each test gets a fresh folder, a process group and a time limit. One line a test:
 *
 *	TEST area/test pass|skip|fail|timeout MILLISECONDS
 *
 * preceded by what a failing test wrote, each line after "| ". "START area/test" is printed
 * before, so that the reader knows which test took the kernel down.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "system.h"

#define OUTPUT "/tmp/output"

static int limit_seconds = 15;

/* What the host gave to others is not held against a test, up to so much. */
#define MAX_STOLEN_MS 20000

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Time stolen so far, per CPU. */
static long long stolen_ms(void)
{
	FILE *file = fopen("/proc/stat", "r");
	long long stolen = 0;

	if (!file)
		return 0;
	if (fscanf(file, "cpu %*d %*d %*d %*d %*d %*d %*d %lld", &stolen) != 1)
		stolen = 0;
	fclose(file);
	return stolen * (1000 / sysconf(_SC_CLK_TCK)) / sysconf(_SC_NPROCESSORS_ONLN);
}

static void say(const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(1, text, left);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			left -= n;
		}
	}
}

/* Prints the end of the output file, each line marked. */
static void show_output(void)
{
	static char text[16384];
	int fd = open(OUTPUT, O_RDONLY);
	ssize_t n;
	char *line, *end;

	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	for (line = text; *line; line = end) {
		char marked[1200];

		end = strchr(line, '\n');
		if (!end)
			end = line + strlen(line);
		snprintf(marked, sizeof(marked), "| %.*s\n", (int)(end - line), line);
		say(marked);
		if (*end)
			end++;
	}
}

static void run_in_child(const char *name)
{
	char program[300], folder[300];
	int out = open(OUTPUT, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
	int null = open("/dev/null", O_RDONLY);
	struct rlimit core = { 0, 0 };
	sigset_t none;

	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setrlimit(RLIMIT_CORE, &core);
	snprintf(folder, sizeof(folder), "/tmp/test.%d", (int)getpid());
	mkdir(folder, 0777);
	if (chdir(folder))
		_exit(126);
	setenv("TEST_TMPDIR", folder, 1);
	dup2(null, 0);
	dup2(out, 1);
	dup2(out, 2);
	if (null > 2)
		close(null);
	if (out > 2)
		close(out);
	snprintf(program, sizeof(program), "/tests/%s", name);
	execl(program, program, (char *)NULL);
	dprintf(2, "exec %s: %s\n", program, strerror(errno));
	_exit(127);
}

/* Waits with a limit; reaps everything else on the way when we are init. */
static int wait_with_limit(pid_t pid, int *status)
{
	long long end = now_ms() + limit_seconds * 1000LL, stolen = stolen_ms(), more = 0;
	struct timespec pause = { 0, 500000 };

	for (;;) {
		if (now_ms() >= end + more) {
			more = stolen_ms() - stolen;
			if (more > MAX_STOLEN_MS)
				more = MAX_STOLEN_MS;
			if (now_ms() >= end + more)
				return -1;
		}
		pid_t got = waitpid(-1, status, WNOHANG);

		if (got == pid)
			return 0;
		if (got <= 0) {
			nanosleep(&pause, NULL);
			if (pause.tv_nsec < 5000000)
				pause.tv_nsec += 500000;
		}
	}
}

static void remove_folder(pid_t pid)
{
	char command[100];

	snprintf(command, sizeof(command), "/tmp/test.%d", (int)pid);
	if (rmdir(command) == 0)
		return;
	snprintf(command, sizeof(command), "rm -rf /tmp/test.%d 2>/dev/null", (int)pid);
	if (system(command)) {
		/* Left behind: the next test has another folder. */
	}
}

static void run_test(const char *name)
{
	char line[400];
	const char *result;
	long long start = now_ms();
	int status = 0, timed_out;
	pid_t pid;

	snprintf(line, sizeof(line), "START %s\n", name);
	say(line);
	pid = fork();
	if (pid == 0)
		run_in_child(name);
	if (pid < 0) {
		snprintf(line, sizeof(line), "| fork: %s\nTEST %s fail 0\n", strerror(errno), name);
		say(line);
		return;
	}
	timed_out = wait_with_limit(pid, &status);
	if (timed_out)
		say("| time limit\n");
	/* Whatever it left behind in its group goes, whether it passed or not. */
	kill(-pid, SIGKILL);
	if (timed_out)
		for (int i = 0; i < 500 && waitpid(pid, &status, WNOHANG) != pid; i++)
			usleep(10000);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	if (timed_out)
		result = "timeout";
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		result = "pass";
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		result = "skip";
	else
		result = "fail";
	if (strcmp(result, "pass"))
		show_output();
	if (!strcmp(result, "fail") && WIFSIGNALED(status)) {
		snprintf(line, sizeof(line), "| killed by signal %d\n", WTERMSIG(status));
		say(line);
	} else if (!strcmp(result, "fail")) {
		snprintf(line, sizeof(line), "| exit status %d\n", WEXITSTATUS(status));
		say(line);
	}
	snprintf(line, sizeof(line), "TEST %s %s %lld\n", name, result, now_ms() - start);
	say(line);
	remove_folder(pid);
}

int main(int argc, char **argv)
{
	if (getpid() == 1)
		set_up_system();
	umask(022);
	for (int i = 1; i < argc; i++) {
		if (!strncmp(argv[i], "limit=", 6))
			limit_seconds = atoi(argv[i] + 6);
		else
			run_test(argv[i]);
	}
	say("END\n");
	if (getpid() == 1) {
		sync();
		reboot(RB_POWER_OFF);
		pause();
	}
	return 0;
}
