// SPDX-License-Identifier: MIT
/* Interval timers, alarm(), POSIX timers, limits of CPU time. */
#include "test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>

static volatile int count;
static siginfo_t last;

static void note(int sig, siginfo_t *info, void *ctx)
{
	count++;
	last = *info;
}

static void handle(int sig)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };

	sigaction(sig, &sa, NULL);
	count = 0;
}

static void burn_until(volatile int *what, int value)
{
	long long end = test_now_ns() + 40000000000LL;

	while (*what < value && test_now_ns() < end)
		;
}

static void one_shot(void)
{
	struct itimerval it = { .it_value.tv_usec = 20000 }, old;
	long long start = test_now_ns();

	handle(SIGALRM);
	CHECK_OK(setitimer(ITIMER_REAL, &it, NULL));
	CHECK_OK(getitimer(ITIMER_REAL, &old));
	CHECK_GT(old.it_value.tv_usec, 0);
	CHECK(WAIT_UNTIL(count == 1));
	CHECK_GE(test_now_ns() - start, 20000000);
	CHECK_EQ(last.si_code, SI_KERNEL);
	CHECK_OK(getitimer(ITIMER_REAL, &old));
	CHECK_EQ(old.it_value.tv_usec, 0);
}

static void periodic(void)
{
	struct itimerval it = { .it_value.tv_usec = 5000, .it_interval.tv_usec = 5000 }, off = {},
			 old;

	handle(SIGALRM);
	CHECK_OK(setitimer(ITIMER_REAL, &it, NULL));
	CHECK(WAIT_UNTIL(count >= 4));
	CHECK_OK(setitimer(ITIMER_REAL, &off, &old));
	CHECK_EQ(old.it_interval.tv_usec, 5000);
	count = 0;
	test_sleep_ms(20);
	CHECK_EQ(count, 0);
}

static void cpu_itimers(void)
{
	struct itimerval it = { .it_value.tv_usec = 20000 };

	handle(SIGVTALRM);
	CHECK_OK(setitimer(ITIMER_VIRTUAL, &it, NULL));
	test_sleep_ms(40);
	CHECK_EQ(count, 0);
	burn_until(&count, 1);
	CHECK_EQ(count, 1);
	handle(SIGPROF);
	it.it_interval.tv_usec = 20000;
	CHECK_OK(setitimer(ITIMER_PROF, &it, NULL));
	burn_until(&count, 3);
	CHECK_GE(count, 3);
	memset(&it, 0, sizeof(it));
	setitimer(ITIMER_PROF, &it, NULL);
}

static void itimer_refusals(void)
{
	struct itimerval it = { .it_value.tv_usec = 1000000 };

	CHECK_ERR(setitimer(ITIMER_REAL, &it, NULL), EINVAL);
	it.it_value.tv_usec = -1;
	CHECK_ERR(setitimer(ITIMER_REAL, &it, NULL), EINVAL);
	memset(&it, 0, sizeof(it));
	CHECK_ERR(setitimer(3, &it, NULL), EINVAL);
	CHECK_ERR(getitimer(3, &it), EINVAL);
	CHECK_ERR(syscall(SYS_setitimer, ITIMER_REAL, 1L, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_setitimer, ITIMER_REAL, NULL, 1L), EFAULT);
	CHECK_ERR(syscall(SYS_getitimer, ITIMER_REAL, 1L), EFAULT);
}

static void alarm_counts_seconds(void)
{
	handle(SIGALRM);
	CHECK_EQ(alarm(10), 0);
	CHECK_EQ(alarm(20), 10);
	CHECK_EQ(alarm(0), 20);
	CHECK_EQ(alarm(0), 0);
}

static timer_t create(clockid_t clock, int notify, int sig)
{
	struct sigevent ev = { .sigev_notify = notify,
			       .sigev_signo = sig,
			       .sigev_value.sival_int = 77 };
	timer_t id;

	NEED(!timer_create(clock, &ev, &id));
	return id;
}

static void posix_one_shot(void)
{
	timer_t id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 1);
	struct itimerspec its = { .it_value.tv_nsec = 10000000 }, now;

	handle(SIGRTMIN + 1);
	CHECK_OK(timer_gettime(id, &now));
	CHECK_EQ(now.it_value.tv_nsec, 0);
	CHECK_OK(timer_settime(id, 0, &its, NULL));
	CHECK_OK(timer_gettime(id, &now));
	CHECK_GT(now.it_value.tv_nsec, 0);
	CHECK(WAIT_UNTIL(count == 1));
	CHECK_EQ(last.si_code, SI_TIMER);
	CHECK_EQ(last.si_value.sival_int, 77);
	CHECK_EQ(last.si_overrun, 0);
	CHECK_OK(timer_gettime(id, &now));
	CHECK_EQ(now.it_value.tv_nsec, 0);
	CHECK_OK(timer_delete(id));
	CHECK_ERR(timer_delete(id), EINVAL);
}

static void posix_absolute(void)
{
	timer_t id = create(CLOCK_REALTIME, SIGEV_SIGNAL, SIGRTMIN + 1);
	struct itimerspec its = {};

	handle(SIGRTMIN + 1);
	clock_gettime(CLOCK_REALTIME, &its.it_value);
	/* Past: at once. */
	its.it_value.tv_sec -= 5;
	CHECK_OK(timer_settime(id, TIMER_ABSTIME, &its, NULL));
	CHECK(WAIT_UNTIL(count == 1));
	CHECK_OK(timer_delete(id));
}

static void overruns_are_counted(void)
{
	timer_t id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGRTMIN + 1);
	struct itimerspec its = { .it_value.tv_nsec = 2000000, .it_interval.tv_nsec = 2000000 };
	sigset_t set;
	siginfo_t info;

	handle(SIGRTMIN + 1);
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_OK(timer_settime(id, 0, &its, NULL));
	test_sleep_ms(50);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN + 1);
	CHECK_GE(info.si_overrun, 10);
	CHECK_EQ(timer_getoverrun(id), info.si_overrun);
	CHECK_OK(timer_delete(id));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void silent_timer(void)
{
	timer_t id = create(CLOCK_MONOTONIC, SIGEV_NONE, 0);
	struct itimerspec its = { .it_value.tv_nsec = 5000000 }, now;

	CHECK_OK(timer_settime(id, 0, &its, NULL));
	CHECK_OK(timer_gettime(id, &now));
	CHECK_GT(now.it_value.tv_nsec, 0);
	test_sleep_ms(10);
	CHECK_OK(timer_gettime(id, &now));
	CHECK_EQ(now.it_value.tv_nsec, 0);
	CHECK_OK(timer_delete(id));
}

static void cpu_timer(void)
{
	timer_t id = create(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGRTMIN + 1);
	struct itimerspec its = { .it_value.tv_nsec = 20000000 };

	handle(SIGRTMIN + 1);
	CHECK_OK(timer_settime(id, 0, &its, NULL));
	test_sleep_ms(40);
	CHECK_EQ(count, 0);
	burn_until(&count, 1);
	CHECK_EQ(count, 1);
	CHECK_OK(timer_delete(id));
}

#define ORDERED 30

static volatile int order[ORDERED], ordered;

static void note_order(int sig, siginfo_t *info, void *ctx)
{
	(void)sig;
	(void)ctx;
	if (ordered < ORDERED)
		order[ordered] = info->si_value.sival_int;
	ordered++;
}

static struct timespec at_ns(long long ns)
{
	return (struct timespec){ ns / 1000000000, ns % 1000000000 };
}

/* Set in another order than they expire in; one is deleted, one is set again, one not at all. */
static void cpu_timers_expire_in_order(void)
{
	struct sigaction action = { .sa_sigaction = note_order, .sa_flags = SA_SIGINFO };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2 };
	clockid_t clocks[2] = { CLOCK_THREAD_CPUTIME_ID, CLOCK_PROCESS_CPUTIME_ID };
	timer_t ids[ORDERED];

	sigaction(SIGRTMIN + 2, &action, NULL);
	for (int c = 0; c < 2; c++) {
		struct itimerspec its = { .it_value.tv_nsec = 0 };
		struct timespec now;
		long long first;

		ordered = 0;
		for (int i = 0; i < ORDERED; i++) {
			event.sigev_value.sival_int = i;
			CHECK_OK(timer_create(clocks[c], &event, &ids[i]));
		}
		/* Absolute: setting them takes longer than the time between two. */
		CHECK_OK(clock_gettime(clocks[c], &now));
		first = now.tv_sec * 1000000000LL + now.tv_nsec + 50000000;
		for (int i = 0; i < ORDERED; i++) {
			int which = i * 7 % ORDERED;

			its.it_value = at_ns(first + which * 2000000LL);
			if (which != 3)
				CHECK_OK(timer_settime(ids[which], TIMER_ABSTIME, &its, NULL));
		}
		CHECK_OK(timer_delete(ids[5]));
		its.it_value = at_ns(first + ORDERED * 2000000LL);
		CHECK_OK(timer_settime(ids[0], TIMER_ABSTIME, &its, NULL));
		burn_until(&ordered, ORDERED - 2);
		CHECK_EQ(ordered, ORDERED - 2);
		for (int i = 0, want = 1; i < ORDERED - 3; i++, want++) {
			while (want == 3 || want == 5)
				want++;
			CHECK_EQ(order[i], want);
		}
		CHECK_EQ(order[ORDERED - 3], 0);
		for (int i = 0; i < ORDERED; i++)
			CHECK_EQ(timer_delete(ids[i]), i == 5 ? -1 : 0);
	}
}

static void a_childs_clock_can_be_waited_for(void)
{
	struct itimerspec its = { .it_value.tv_nsec = 20000000 };
	clockid_t clock;
	timer_t id;
	pid_t pid = fork();

	if (!pid)
		for (;;)
			;
	CHECK_EQ(clock_getcpuclockid(pid, &clock), 0);
	handle(SIGRTMIN + 1);
	id = create(clock, SIGEV_SIGNAL, SIGRTMIN + 1);
	CHECK_OK(timer_settime(id, 0, &its, NULL));
	/* We use no CPU meanwhile. */
	CHECK(WAIT_UNTIL(count == 1));
	/* What is past already fires at once. */
	CHECK_OK(kill(pid, SIGSTOP));
	its.it_value.tv_nsec = 1;
	CHECK_OK(timer_settime(id, TIMER_ABSTIME, &its, NULL));
	CHECK(WAIT_UNTIL(count == 2));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	CHECK_ERR(timer_settime(id, 0, &its, NULL), ESRCH);
	CHECK_OK(timer_delete(id));
}

static void default_event_is_sigalrm(void)
{
	struct itimerspec its = { .it_value.tv_nsec = 5000000 };
	timer_t id;

	handle(SIGALRM);
	CHECK_OK(timer_create(CLOCK_MONOTONIC, NULL, &id));
	CHECK_OK(timer_settime(id, 0, &its, NULL));
	CHECK(WAIT_UNTIL(count == 1));
	CHECK_EQ(last.si_code, SI_TIMER);
	CHECK_OK(timer_delete(id));
}

static void posix_refusals(void)
{
	struct sigevent ev = { .sigev_notify = 99 };
	struct itimerspec its = { .it_value.tv_nsec = 1000000000 };
	int id;

	CHECK_ERR(syscall(SYS_timer_create, 77, NULL, &id), EINVAL);
	CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC_RAW, NULL, &id), EOPNOTSUPP);
	CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id), EINVAL);
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = 65;
	CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id), EINVAL);
	ev.sigev_signo = SIGUSR1;
	ev.sigev_notify = SIGEV_THREAD_ID;
	ev._sigev_un._tid = 1;
	CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id), EINVAL);
	CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC, 1L, &id), EFAULT);
	CHECK_ERR(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, 1L), EFAULT);
	CHECK_ERR(syscall(SYS_timer_settime, 999, 0, &its, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_timer_gettime, 999, &its), EINVAL);
	CHECK_ERR(syscall(SYS_timer_getoverrun, 999), EINVAL);
	CHECK_OK(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id));
	CHECK_ERR(syscall(SYS_timer_settime, id, 0, &its, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_timer_settime, id, 0, NULL, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_timer_settime, id, 0, 1L, NULL), EFAULT);
	CHECK_ERR(syscall(SYS_timer_gettime, id, 1L), EFAULT);
	CHECK_OK(syscall(SYS_timer_delete, id));
}

static void timers_are_not_inherited(void)
{
	struct itimerval it = { .it_value.tv_sec = 100 }, now;
	int status;
	pid_t pid;

	setitimer(ITIMER_REAL, &it, NULL);
	pid = fork();
	if (!pid) {
		getitimer(ITIMER_REAL, &now);
		_exit(now.it_value.tv_sec != 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	alarm(0);
}

static void limit_of_cpu_time(void)
{
	struct rlimit rl = { 1, 2 };
	int status;
	pid_t pid = fork();

	if (!pid) {
		handle(SIGXCPU);
		setrlimit(RLIMIT_CPU, &rl);
		burn_until(&count, 1);
		if (count < 1)
			_exit(1);
		for (;;)
			;
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, SIGKILL);
}

int main(void)
{
	RUN(one_shot);
	RUN(periodic);
	RUN(cpu_itimers);
	RUN(itimer_refusals);
	RUN(alarm_counts_seconds);
	RUN(posix_one_shot);
	RUN(posix_absolute);
	RUN(overruns_are_counted);
	RUN(silent_timer);
	RUN(cpu_timer);
	RUN(cpu_timers_expire_in_order);
	RUN(a_childs_clock_can_be_waited_for);
	RUN(default_event_is_sigalrm);
	RUN(posix_refusals);
	RUN(timers_are_not_inherited);
	RUN(limit_of_cpu_time);
	return test_done();
}
