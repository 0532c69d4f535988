// SPDX-License-Identifier: MIT
/* Everything at once for two seconds: forks, execs, threads, kills, stops, timers, robustly reaped. */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define WORKERS 6

static unsigned int seed;

static unsigned int rnd(unsigned int below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % below;
}

static void __attribute__((noreturn)) exec_self(const char *what)
{
	char *argv[] = { "stress", (char *)what, NULL };

	execve("/proc/self/exe", argv, (char *[]){ NULL });
	_exit(90);
}

static void nothing(int sig)
{
}

static void *spin_thread(void *arg)
{
	volatile unsigned long n = 0;

	for (unsigned long end = (unsigned long)arg; n < end; n++)
		if (n % 1024 == 0)
			sched_yield();
	return NULL;
}

static void *exec_thread(void *arg)
{
	exec_self("exit");
	return NULL;
}

static void *exit_thread(void *arg)
{
	_exit(0);
}

/* What a child does; never returns. */
static void child(int what)
{
	pthread_t threads[4];

	/* exec resets handlers, not what is ignored: a late SIGUSR1 may kill. */
	signal(SIGUSR1, nothing);
	switch (what) {
	case 0:
		_exit(0);
	case 1:
		exec_self("exit");
	case 2:
		for (int i = 0; i < 4; i++)
			pthread_create(&threads[i], NULL, spin_thread, (void *)5000UL);
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		_exit(0);
	case 3:
		for (int i = 0; i < 3; i++)
			pthread_create(&threads[i], NULL, spin_thread, (void *)-1UL);
		pthread_create(&threads[3], NULL, exec_thread, NULL);
		spin_thread((void *)-1UL);
		break;
	case 4:
		for (int i = 0; i < 3; i++)
			pthread_create(&threads[i], NULL, spin_thread, (void *)-1UL);
		pthread_create(&threads[3], NULL, exit_thread, NULL);
		spin_thread((void *)-1UL);
		break;
	case 5:
		for (int i = 0; i < 2; i++)
			pthread_create(&threads[i], NULL, spin_thread, (void *)-1UL);
		for (;;)
			pause();
	case 6: {
		struct itimerval it = { { 0, 500 }, { 0, 500 } };

		signal(SIGALRM, nothing);
		setitimer(ITIMER_REAL, &it, NULL);
		for (int i = 0; i < 10; i++)
			pause();
		/* It would go on in the new program, and kill it. */
		signal(SIGALRM, SIG_IGN);
		exec_self("exit");
	}
	case 7:
		if (!vfork())
			exec_self("exit");
		wait(NULL);
		_exit(0);
	}
	_exit(91);
}

static void one_round(void)
{
	int what = rnd(8), status;
	pid_t pid = fork();

	if (pid < 0) {
		if (errno != EAGAIN && errno != ENOMEM)
			FAIL("fork: errno %d", errno);
		test_sleep_ms(5);
		return;
	}
	if (!pid)
		child(what);
	if (what == 5 || rnd(4) == 0) {
		static const int signals[] = { SIGUSR1, SIGSTOP, SIGCONT, SIGKILL };

		if (rnd(2))
			test_sleep_ms(1);
		for (int i = 0; i < 4; i++)
			kill(pid, signals[i]);
		if (waitpid(pid, &status, 0) != pid)
			FAIL("waitpid after kill: errno %d", errno);
		else if (status != SIGKILL && status != 0 && status != SIGUSR1)
			FAIL("child %d was killed and ended with 0x%x", what, status);
		return;
	}
	if (waitpid(pid, &status, 0) != pid)
		FAIL("waitpid: errno %d", errno);
	else if (status)
		FAIL("child %d ended with 0x%x", what, status);
}

int main(int argc, char **argv)
{
	int seconds = 2, status, rounds = 0;
	pid_t pids[WORKERS];

	if (argc > 1 && !strcmp(argv[1], "exit"))
		return 0;
	if (argc > 1)
		seconds = atoi(argv[1]);
	for (int i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			long long end = test_now_ns() + seconds * 1000000000LL;

			for (seed = i + 1; test_now_ns() < end && !test_failures; rounds++)
				one_round();
			if (!rounds)
				FAIL("no round at all");
			_exit(test_failures != 0);
		}
	}
	for (int i = 0; i < WORKERS; i++) {
		CHECK_EQ(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_EQ(status, 0);
	}
	CHECK_ERR(wait(NULL), ECHILD);
	return test_done();
}
