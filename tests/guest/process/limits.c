// SPDX-License-Identifier: MIT
/*
 * Many of everything: processes one after another and at once, threads, open files, mappings.
 *
 *	limits [PERCENT]	default 2: of 10,000, 1,000, 1,000, 10,000 and 10,000
 */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>

static int percent = 2;

static int share(int full)
{
	return full * percent / 100;
}

static void processes_one_after_another(void)
{
	int status;

	for (int i = 0; i < share(10000); i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(i & 127);
		if (pid < 0 || waitpid(pid, &status, 0) != pid ||
		    WEXITSTATUS(status) != (i & 127)) {
			FAIL("process %d: %s", i, strerror(errno));
			return;
		}
	}
}

static void processes_at_once(void)
{
	int n = share(1000), started = 0, status, gate[2];
	char c;

	NEED(!pipe(gate));
	for (; started < n; started++) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (!pid) {
			close(gate[1]);
			_exit(read(gate[0], &c, 1) == 0 ? 3 : 1);
		}
	}
	CHECK_EQ(started, n);
	close(gate[0]);
	close(gate[1]);
	for (int i = 0; i < started; i++) {
		CHECK(wait(&status) > 0);
		CHECK_EQ(WEXITSTATUS(status), 3);
	}
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static int alive;
static bool leave;

static void *thread_main(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	alive++;
	pthread_cond_broadcast(&change);
	while (!leave)
		pthread_cond_wait(&change, &lock);
	alive--;
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void threads_in_one_process(void)
{
	int n = share(1000), started = 0;
	pthread_t *threads = calloc(n, sizeof(*threads));
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (; started < n; started++)
		if (pthread_create(&threads[started], &attr, thread_main, NULL))
			break;
	CHECK_EQ(started, n);
	pthread_mutex_lock(&lock);
	while (alive < started)
		pthread_cond_wait(&change, &lock);
	leave = true;
	pthread_cond_broadcast(&change);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(alive, 0);
	free(threads);
}

static void open_files(void)
{
	struct rlimit want = { 11000, 11000 }, old;
	int n = share(10000), *fds = calloc(n, sizeof(*fds));

	getrlimit(RLIMIT_NOFILE, &old);
	if (n > 900 && setrlimit(RLIMIT_NOFILE, &want)) {
		fprintf(stderr, "open_files: not allowed so many\n");
		return;
	}
	for (int i = 0; i < n; i++) {
		fds[i] = open("/dev/null", O_RDONLY);
		if (fds[i] < 0) {
			FAIL("file %d: %s", i, strerror(errno));
			n = i;
		}
	}
	for (int i = 0; i < n; i++)
		CHECK_EQ(close(fds[i]), 0);
	free(fds);
	if (n <= 900)
		setrlimit(RLIMIT_NOFILE, &old);
}

static void mappings(void)
{
	int n = share(10000);
	char **at = calloc(n, sizeof(*at));

	for (int i = 0; i < n; i++) {
		/* Neighbours differ, so that they cannot become one. */
		at[i] = mmap(NULL, 4096, PROT_READ | (i & 1 ? PROT_WRITE : 0),
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (at[i] == MAP_FAILED) {
			FAIL("mapping %d: %s", i, strerror(errno));
			n = i;
			break;
		}
		if (i & 1)
			*at[i] = i;
	}
	for (int i = 0; i < n; i++) {
		CHECK_EQ(*at[i], i & 1 ? (char)i : 0);
		CHECK_EQ(munmap(at[i], 4096), 0);
	}
	free(at);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		percent = atoi(argv[1]);
	RUN(processes_one_after_another);
	RUN(processes_at_once);
	RUN(threads_in_one_process);
	RUN(open_files);
	RUN(mappings);
	return test_done();
}
