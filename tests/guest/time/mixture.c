// SPDX-License-Identifier: MIT
/*
 * Pipes, forks, sleeps, timers, threads and signals at once, each checked for itself; what
 * happened in which order goes to standard output. Runs of one machine differ there, but for
 * those with virtual time and the same seed (tests/integration/test_repeat.py).
 */
#include "test.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <x86intrin.h>

#define ROUNDS	 40
#define CHILDREN 4
#define THREADS	 3

static void say(const char *what, long a, long b)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%s %ld %ld\n", what, a, b);

	CHECK_EQ(write(1, line, n), n);
}

static void sleep_us(long us)
{
	struct timespec time = { .tv_nsec = us * 1000 };

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

/* ---- children that pass a number round a ring of pipes ---- */

static void ring(void)
{
	int pipes[CHILDREN][2], status;

	for (int i = 0; i < CHILDREN; i++)
		NEED(!pipe(pipes[i]));
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		NEED(pid >= 0);
		if (pid)
			continue;
		for (long n = 0; n < ROUNDS; n++) {
			long value;

			if (read(pipes[i][0], &value, sizeof(value)) != sizeof(value))
				_exit(1);
			sleep_us(37 * i);
			value++;
			if (write(pipes[(i + 1) % CHILDREN][1], &value, sizeof(value)) != sizeof(value))
				_exit(2);
		}
		say("child", i, ROUNDS);
		_exit(0);
	}
	CHECK_EQ(write(pipes[0][1], &(long){ 0 }, sizeof(long)), sizeof(long));
	for (int i = 0; i < CHILDREN; i++) {
		CHECK(wait(&status) > 0);
		CHECK_EQ(status, 0);
	}
	for (int i = 0; i < CHILDREN; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

/* ---- threads that share a counter ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long counter;

static void *count(void *arg)
{
	long me = (long)arg;

	for (int n = 0; n < ROUNDS; n++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_cond_broadcast(&changed);
		if (counter % 7 == 0) {
			struct timespec until;

			clock_gettime(CLOCK_REALTIME, &until);
			until.tv_nsec = (until.tv_nsec + 200000) % 1000000000;
			pthread_cond_timedwait(&changed, &mutex, &until);
		}
		pthread_mutex_unlock(&mutex);
		if (n % 8 == me)
			sched_yield();
		if (n % 16 == 15)
			say("thread", me, n);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread[THREADS];

	for (long i = 0; i < THREADS; i++)
		NEED(!pthread_create(&thread[i], NULL, count, (void *)i));
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(thread[i], NULL), 0);
	CHECK_EQ(counter, THREADS * ROUNDS);
}

/* ---- signals by timers and between processes ---- */

static volatile sig_atomic_t ticks, answers;

static void on_tick(int signr)
{
	(void)signr;
	ticks++;
}

static void on_answer(int signr)
{
	(void)signr;
	answers++;
}

static void signals(void)
{
	struct itimerspec every = { { 0, 1000000 }, { 0, 1000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	timer_t timer;
	sigset_t none;
	pid_t pid;
	int status;

	signal(SIGRTMIN, on_tick);
	signal(SIGUSR1, on_answer);
	sigemptyset(&none);
	NEED(!timer_create(CLOCK_MONOTONIC, &event, &timer));
	CHECK_OK(timer_settime(timer, 0, &every, NULL));
	pid = fork();
	NEED(pid >= 0);
	if (!pid) {
		for (int i = 0; i < ROUNDS; i++) {
			kill(getppid(), SIGUSR1);
			sleep_us(300);
		}
		_exit(0);
	}
	while (ticks < 10)
		pause();
	CHECK_OK(timer_delete(timer));
	while (waitpid(pid, &status, 0) != pid)
		;
	CHECK_EQ(status, 0);
	CHECK(answers > 0);
	say("signals", answers, 0);
}

/* ---- clocks, random numbers, memory, a timer's descriptor ---- */

static void clocks(void)
{
	struct itimerspec once = { .it_value = { 0, 500000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	unsigned long fired, random;
	unsigned int aux;
	struct timespec now;
	unsigned long long before = __rdtsc(), after;

	CHECK_OK(timerfd_settime(fd, 0, &once, NULL));
	CHECK_EQ(read(fd, &fired, sizeof(fired)), 8);
	close(fd);
	after = __rdtscp(&aux);
	CHECK_GT(after, before);
	clock_gettime(CLOCK_REALTIME, &now);
	say("clock", now.tv_sec, now.tv_nsec);
	/* The counter is the host's where it cannot be made to trap. */
	if (!getenv("COUNTER_IS_THE_HOSTS"))
		say("cycles", after - before, 0);
	CHECK_EQ(getrandom(&random, sizeof(random), 0), 8);
	say("random", random >> 32, (unsigned int)random);
	say("stack", (long)&random, (long)clocks);
}

static void memory(void)
{
	size_t size = 4 << 20;
	unsigned long *words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				    -1, 0);
	unsigned long state = 1;

	NEED(words != MAP_FAILED);
	for (size_t i = 0; i < size / sizeof(*words); i++)
		words[i] = state = state * 6364136223846793005UL + 1442695040888963407UL;
	say("memory", words[1000], (long)words);
}

int main(void)
{
	RUN(memory);
	for (int i = 0; i < 3; i++) {
		RUN(ring);
		counter = 0;
		RUN(threads);
		ticks = answers = 0;
		RUN(signals);
		RUN(clocks);
	}
	return test_done();
}
