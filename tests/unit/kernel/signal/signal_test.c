// SPDX-License-Identifier: MIT
/* Queues of signals: order, information, flushing, masks. */
#include <kern/errno.h>
#include <kern/fork.h>
#include <kern/ktest.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/spinlock.h>

static sigset_t block_all(void)
{
	sigset_t old = current->blocked, all = ~0UL;

	__set_current_blocked(&all);
	return old;
}

static int take(sigset_t which, kernel_siginfo_t *info)
{
	sigset_t mask = ~which;
	enum pid_type type;
	int sig;

	spin_lock_irq(&current->sighand->siglock);
	sig = dequeue_signal(current, &mask, info, &type);
	spin_unlock_irq(&current->sighand->siglock);
	return sig;
}

static void set_handler(int sig, __sighandler_t handler)
{
	spin_lock_irq(&current->sighand->siglock);
	current->sighand->action[sig - 1].sa.sa_handler = handler;
	spin_unlock_irq(&current->sighand->siglock);
}

/* A test may not leave its thread with signals or a mask. */
static void clean_up(sigset_t mask)
{
	flush_signals(current);
	__set_current_blocked(&mask);
}

KTEST(signal, sets_are_words)
{
	sigset_t set = 0;

	sigaddset(&set, 1);
	sigaddset(&set, 64);
	KEXPECT_TRUE(sigismember(&set, 1));
	KEXPECT_TRUE(sigismember(&set, 64));
	KEXPECT_FALSE(sigismember(&set, 63));
	sigdelset(&set, 1);
	KEXPECT_EQ(set, 1UL << 63);
	KEXPECT_TRUE(valid_signal(64));
	KEXPECT_FALSE(valid_signal(65));
}

KTEST(signal, standard_ones_collapse_and_real_time_ones_queue)
{
	sigset_t old = block_all();
	kernel_siginfo_t info;

	flush_signals(current);
	set_handler(SIGUSR1, (__sighandler_t)1000);
	set_handler(40, (__sighandler_t)1000);
	for (int i = 0; i < 3; i++) {
		clear_siginfo(&info);
		info.si_signo = 40;
		info.si_code = SI_QUEUE;
		info.si_int = i;
		KEXPECT_EQ(send_sig_info(40, &info, current), 0);
		KEXPECT_EQ(send_sig(SIGUSR1, current, 0), 0);
	}
	KEXPECT_EQ(take(sigmask(SIGUSR1) | sigmask(40), &info), SIGUSR1);
	for (int i = 0; i < 3; i++) {
		KEXPECT_EQ(take(~0UL, &info), 40);
		KEXPECT_EQ(info.si_int, i);
	}
	KEXPECT_EQ(take(~0UL, &info), 0);
	set_handler(SIGUSR1, SIG_DFL);
	set_handler(40, SIG_DFL);
	clean_up(old);
}

KTEST(signal, faults_come_first)
{
	sigset_t old = block_all();
	kernel_siginfo_t info;

	flush_signals(current);
	set_handler(SIGHUP, (__sighandler_t)1000);
	set_handler(SIGSEGV, (__sighandler_t)1000);
	send_sig(SIGHUP, current, 0);
	send_sig(SIGSEGV, current, 0);
	KEXPECT_EQ(take(~0UL, &info), SIGSEGV);
	KEXPECT_EQ(take(~0UL, &info), SIGHUP);
	set_handler(SIGHUP, SIG_DFL);
	set_handler(SIGSEGV, SIG_DFL);
	clean_up(old);
}

KTEST(signal, stop_and_continue_cancel_each_other)
{
	sigset_t old = block_all();

	flush_signals(current);
	send_sig(SIGTSTP, current, 0);
	KEXPECT_TRUE(sigismember(&current->pending.signal, SIGTSTP));
	send_sig(SIGCONT, current, 0);
	KEXPECT_FALSE(sigismember(&current->pending.signal, SIGTSTP));
	KEXPECT_TRUE(sigismember(&current->pending.signal, SIGCONT));
	send_sig(SIGTSTP, current, 0);
	KEXPECT_FALSE(sigismember(&current->pending.signal, SIGCONT));
	clean_up(old);
}

KTEST(signal, flushing_by_mask)
{
	sigset_t old = block_all(), mask = sigmask(SIGUSR1);

	flush_signals(current);
	set_handler(SIGUSR1, (__sighandler_t)1000);
	set_handler(SIGUSR2, (__sighandler_t)1000);
	send_sig(SIGUSR1, current, 0);
	send_sig(SIGUSR2, current, 0);
	spin_lock_irq(&current->sighand->siglock);
	flush_sigqueue_mask(&mask, &current->pending);
	spin_unlock_irq(&current->sighand->siglock);
	KEXPECT_EQ(current->pending.signal, sigmask(SIGUSR2));
	set_handler(SIGUSR1, SIG_DFL);
	set_handler(SIGUSR2, SIG_DFL);
	clean_up(old);
}

KTEST(signal, refused_numbers)
{
	KEXPECT_EQ(send_sig(65, current, 0), -EINVAL);
}
