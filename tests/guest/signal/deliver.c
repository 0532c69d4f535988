// SPDX-License-Identifier: MIT
/* Handlers, masks, queues, information, restarts: what a signal does to the one who gets it. */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>

static volatile int count, last_sig;
static siginfo_t last_info;
static sigset_t mask_in_handler;
static int order[64];

static void note(int sig, siginfo_t *info, void *ctx)
{
	if (count < 64)
		order[count] = sig == SIGRTMIN ? info->si_value.sival_int : sig;
	count++;
	last_sig = sig;
	if (info)
		last_info = *info;
	sigprocmask(SIG_BLOCK, NULL, &mask_in_handler);
}

static void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | flags };

	CHECK_OK(sigaction(sig, &sa, NULL));
	count = 0;
}

static void block(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	CHECK_OK(sigprocmask(how, &set, NULL));
}

static void raise_runs_handler(void)
{
	handle(SIGUSR1, 0);
	raise(SIGUSR1);
	CHECK_EQ(count, 1);
	CHECK_EQ(last_sig, SIGUSR1);
	CHECK_EQ(last_info.si_code, SI_TKILL);
	CHECK_EQ(last_info.si_pid, getpid());
	CHECK_EQ(last_info.si_uid, getuid());
	CHECK(sigismember(&mask_in_handler, SIGUSR1));
	kill(getpid(), SIGUSR1);
	CHECK_EQ(count, 2);
	CHECK_EQ(last_info.si_code, SI_USER);
	sigprocmask(SIG_BLOCK, NULL, &mask_in_handler);
	CHECK(!sigismember(&mask_in_handler, SIGUSR1));
}

static void nodefer_and_sa_mask(void)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaddset(&sa.sa_mask, SIGKILL);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK(!sigismember(&mask_in_handler, SIGUSR1));
	CHECK(sigismember(&mask_in_handler, SIGUSR2));
	CHECK(!sigismember(&mask_in_handler, SIGKILL));
	sigaction(SIGUSR1, NULL, &sa);
	CHECK(!sigismember(&sa.sa_mask, SIGKILL));
}

static void resethand(void)
{
	struct sigaction sa;

	handle(SIGUSR1, SA_RESETHAND);
	raise(SIGUSR1);
	CHECK_EQ(count, 1);
	sigaction(SIGUSR1, NULL, &sa);
	CHECK(sa.sa_handler == SIG_DFL);
}

static void standard_signals_do_not_queue(void)
{
	sigset_t set;

	handle(SIGUSR1, 0);
	block(SIG_BLOCK, SIGUSR1);
	for (int i = 0; i < 5; i++)
		kill(getpid(), SIGUSR1);
	sigpending(&set);
	CHECK(sigismember(&set, SIGUSR1));
	CHECK_EQ(count, 0);
	block(SIG_UNBLOCK, SIGUSR1);
	CHECK_EQ(count, 1);
}

static void real_time_signals_queue_in_order(void)
{
	handle(SIGRTMIN, 0);
	block(SIG_BLOCK, SIGRTMIN);
	for (int i = 0; i < 10; i++)
		CHECK_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = i }));
	block(SIG_UNBLOCK, SIGRTMIN);
	CHECK_EQ(count, 10);
	for (int i = 0; i < 10; i++)
		CHECK_EQ(order[i], i);
	CHECK_EQ(last_info.si_code, SI_QUEUE);
	CHECK_EQ(last_info.si_value.sival_int, 9);
}

static void lower_numbers_first(void)
{
	sigset_t set, old;

	handle(SIGRTMIN + 3, 0);
	handle(SIGRTMIN + 1, 0);
	handle(SIGUSR2, 0);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, &old);
	kill(getpid(), SIGRTMIN + 3);
	kill(getpid(), SIGRTMIN + 1);
	kill(getpid(), SIGUSR2);
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK_EQ(count, 3);
	/* The frames stack up, so the last built runs first. */
	CHECK_EQ(order[0], SIGRTMIN + 3);
	CHECK_EQ(order[1], SIGRTMIN + 1);
	CHECK_EQ(order[2], SIGUSR2);
}

static void ignored_are_dropped(void)
{
	sigset_t set;

	block(SIG_BLOCK, SIGUSR1);
	handle(SIGUSR1, 0);
	kill(getpid(), SIGUSR1);
	signal(SIGUSR1, SIG_IGN);
	sigpending(&set);
	CHECK(!sigismember(&set, SIGUSR1));
	signal(SIGUSR1, SIG_DFL);
	block(SIG_UNBLOCK, SIGUSR1);
	/* Default ignored. */
	kill(getpid(), SIGURG);
	kill(getpid(), SIGWINCH);
	kill(getpid(), SIGCONT);
}

static void sigqueue_limit(void)
{
	struct rlimit old, new;
	int sent = 0;

	handle(SIGRTMIN, 0);
	block(SIG_BLOCK, SIGRTMIN);
	getrlimit(RLIMIT_SIGPENDING, &old);
	new = old;
	new.rlim_cur = 5;
	setrlimit(RLIMIT_SIGPENDING, &new);
	while (sent < 100 && !sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = sent }))
		sent++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_LE(sent, 5);
	/* kill() is not refused: the signal arrives without its information. */
	CHECK_OK(kill(getpid(), SIGRTMIN));
	setrlimit(RLIMIT_SIGPENDING, &old);
	block(SIG_UNBLOCK, SIGRTMIN);
	CHECK_GE(count, sent);
}

static void refusals(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };
	siginfo_t info = { .si_code = SI_USER };
	sigset_t set;

	CHECK_ERR(sigaction(SIGKILL, &sa, NULL), EINVAL);
	CHECK_ERR(sigaction(SIGSTOP, &sa, NULL), EINVAL);
	CHECK_OK(sigaction(SIGKILL, NULL, &sa));
	CHECK_ERR(syscall(SYS_rt_sigaction, 0, &sa, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, 65, NULL, &sa, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, &sa, NULL, 16), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, 1L, NULL, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, 1L, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, 3, &set, NULL, 8), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, 0, &set, NULL, 4), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigprocmask, 0, 1L, NULL, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigpending, 1L, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigpending, &set, 9), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigsuspend, &set, 4), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigsuspend, 1L, 8), EFAULT);
	CHECK_ERR(kill(getpid(), 65), EINVAL);
	CHECK_ERR(kill(getpid(), -1), EINVAL);
	CHECK_ERR(kill(0x3ffffff, 0), ESRCH);
	CHECK_ERR(kill(-0x3ffffff, 0), ESRCH);
	CHECK_OK(kill(getpid(), 0));
	CHECK_ERR(syscall(SYS_tgkill, 0, getpid(), 0), EINVAL);
	CHECK_ERR(syscall(SYS_tgkill, getpid(), 0, 0), EINVAL);
	CHECK_ERR(syscall(SYS_tgkill, getppid(), getpid(), 0), ESRCH);
	CHECK_ERR(syscall(SYS_tkill, -1, 0), EINVAL);
	CHECK_OK(syscall(SYS_tgkill, getpid(), getpid(), 0));
	/* Nobody may pretend to be kill() or the kernel. */
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getppid(), 0, &info), EPERM);
	CHECK_ERR(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR1, 1L), EFAULT);
	CHECK_ERR(syscall(SYS_rt_tgsigqueueinfo, 0, 0, 0, &info), EINVAL);
}

static void interrupted_sleep_tells_the_rest(void)
{
	struct itimerval it = { .it_value.tv_usec = 20000 };
	struct timespec ts = { .tv_sec = 5 }, left = {};

	handle(SIGALRM, SA_RESTART);
	setitimer(ITIMER_REAL, &it, NULL);
	CHECK_ERR(nanosleep(&ts, &left), EINTR);
	CHECK_EQ(count, 1);
	CHECK_EQ(left.tv_sec, 4);
}

static void *delayed_byte(void *fd)
{
	test_sleep_ms(60);
	if (write((int)(long)fd, "x", 1) != 1)
		_exit(97);
	return NULL;
}

static void read_restarts_or_not(void)
{
	struct itimerval it = { .it_value.tv_usec = 20000 };
	pthread_t thread;
	int fds[2];
	sigset_t set;
	char c;

	NEED(!pipe(fds));
	handle(SIGALRM, 0);
	setitimer(ITIMER_REAL, &it, NULL);
	CHECK_ERR(read(fds[0], &c, 1), EINTR);
	CHECK_EQ(count, 1);
	handle(SIGALRM, SA_RESTART);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	pthread_create(&thread, NULL, delayed_byte, (void *)(long)fds[1]);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(count, 1);
	pthread_join(thread, NULL);
	close(fds[0]);
	close(fds[1]);
}

static void ignored_signal_does_not_end_a_read(void)
{
	struct itimerval it = { .it_value.tv_usec = 10000 };
	pthread_t thread;
	int fds[2];
	char c;

	NEED(!pipe(fds));
	signal(SIGALRM, SIG_IGN);
	setitimer(ITIMER_REAL, &it, NULL);
	pthread_create(&thread, NULL, delayed_byte, (void *)(long)fds[1]);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	pthread_join(thread, NULL);
	close(fds[0]);
	close(fds[1]);
}

static void sigsuspend_swaps_the_mask(void)
{
	sigset_t set;

	handle(SIGUSR1, 0);
	block(SIG_BLOCK, SIGUSR1);
	kill(getpid(), SIGUSR1);
	CHECK_EQ(count, 0);
	sigemptyset(&set);
	CHECK_ERR(sigsuspend(&set), EINTR);
	CHECK_EQ(count, 1);
	sigprocmask(SIG_BLOCK, NULL, &set);
	CHECK(sigismember(&set, SIGUSR1));
	block(SIG_UNBLOCK, SIGUSR1);
}

static void sigwait_family(void)
{
	struct timespec ts = { .tv_nsec = 10000000 }, bad = { .tv_nsec = 1000000000 };
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	CHECK_ERR(sigtimedwait(&set, &info, &ts), EAGAIN);
	CHECK_ERR(sigtimedwait(&set, &info, &bad), EINVAL);
	ts.tv_nsec = 0;
	CHECK_ERR(sigtimedwait(&set, &info, &ts), EAGAIN);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 4), EINVAL);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, 1L, NULL, NULL, 8), EFAULT);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, 1L, 8), EFAULT);
	sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 5 });
	kill(getpid(), SIGUSR1);
	CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
	CHECK_EQ(info.si_pid, getpid());
	CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN);
	CHECK_EQ(info.si_value.sival_int, 5);
	kill(getpid(), SIGUSR1);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, 1L, NULL, 8), EFAULT);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void other_signal_interrupts_sigwait(void)
{
	struct itimerval it = { .it_value.tv_usec = 10000 };
	sigset_t set;

	handle(SIGALRM, SA_RESTART);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	setitimer(ITIMER_REAL, &it, NULL);
	CHECK_ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8), EINTR);
	CHECK_EQ(count, 1);
}

static volatile pid_t handler_tid;

static void note_tid(int sig)
{
	handler_tid = syscall(SYS_gettid);
}

static void *wait_for_tid(void *arg)
{
	pid_t *tid = arg;

	__atomic_store_n(tid, syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	WAIT_UNTIL(handler_tid);
	return NULL;
}

static void tgkill_hits_one_thread(void)
{
	pthread_t thread;
	pid_t tid = 0;

	handler_tid = 0;
	signal(SIGUSR1, note_tid);
	pthread_create(&thread, NULL, wait_for_tid, &tid);
	CHECK(WAIT_UNTIL(__atomic_load_n(&tid, __ATOMIC_SEQ_CST)));
	CHECK_OK(syscall(SYS_tgkill, getpid(), tid, SIGUSR1));
	pthread_join(thread, NULL);
	CHECK_EQ(handler_tid, tid);
	/* The join is woken a little before the thread is gone. */
	CHECK(WAIT_UNTIL(syscall(SYS_tgkill, getpid(), tid, 0) == -1 && errno == ESRCH));
}

static void group_signal_goes_to_who_takes_it(void)
{
	pthread_t thread;
	pid_t tid = 0;
	sigset_t set;

	handler_tid = 0;
	signal(SIGUSR1, note_tid);
	pthread_create(&thread, NULL, wait_for_tid, &tid);
	CHECK(WAIT_UNTIL(__atomic_load_n(&tid, __ATOMIC_SEQ_CST)));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	pthread_join(thread, NULL);
	CHECK_EQ(handler_tid, tid);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void default_actions(void)
{
	static const int fatal[] = { SIGHUP,  SIGINT,	 SIGPIPE,   SIGALRM, SIGTERM, SIGUSR1,
				     SIGUSR2, SIGSTKFLT, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR };

	for (unsigned int i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		int status;
		pid_t pid = fork();

		if (!pid) {
			signal(fatal[i], SIG_DFL);
			raise(fatal[i]);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		CHECK_EQ(status, fatal[i]);
	}
}

int main(void)
{
	RUN(raise_runs_handler);
	RUN(nodefer_and_sa_mask);
	RUN(resethand);
	RUN(standard_signals_do_not_queue);
	RUN(real_time_signals_queue_in_order);
	RUN(lower_numbers_first);
	RUN(ignored_are_dropped);
	RUN_IN_CHILD(sigqueue_limit);
	RUN(refusals);
	RUN(interrupted_sleep_tells_the_rest);
	RUN(read_restarts_or_not);
	RUN(ignored_signal_does_not_end_a_read);
	RUN(sigsuspend_swaps_the_mask);
	RUN(sigwait_family);
	RUN(other_signal_interrupts_sigwait);
	RUN(tgkill_hits_one_thread);
	RUN(group_signal_goes_to_who_takes_it);
	RUN(default_actions);
	return test_done();
}
