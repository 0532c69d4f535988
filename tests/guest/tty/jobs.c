// SPDX-License-Identifier: MIT
/* Sessions, controlling terminals and job control on a pty. */
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <termios.h>

#include "tty.h"

static volatile int seen[65];

static void note(int sig)
{
	seen[sig]++;
}

/* A new session with the slave as its terminal. The caller is a fresh child. */
static void take(struct pty *p)
{
	NEED(setsid() == getpid());
	NEED(ioctl(p->slave, TIOCSCTTY, 0) == 0);
}

static void taking_a_terminal(void)
{
	struct pty p = pty_open(), q = pty_open();
	int fd;

	CHECK_ERR(ioctl(p.slave, TIOCGPGRP, &fd), ENOTTY);
	CHECK(setsid() > 0);
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	CHECK_OK(ioctl(p.slave, TIOCSCTTY, 0));
	CHECK_OK(ioctl(p.slave, TIOCSCTTY, 0));
	CHECK_ERR(ioctl(q.slave, TIOCSCTTY, 0), EPERM);
	CHECK_EQ(tcgetpgrp(p.slave), getpid());
	CHECK_EQ(tcgetsid(p.slave), getpid());
	CHECK_ERR(tcgetpgrp(q.slave), ENOTTY);
	fd = open("/dev/tty", O_RDWR);
	CHECK_OK(fd);
	CHECK_EQ(tcgetpgrp(fd), getpid());
	close(fd);
	signal(SIGHUP, SIG_IGN);
	signal(SIGCONT, SIG_IGN);
	CHECK_OK(ioctl(p.slave, TIOCNOTTY));
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	CHECK_ERR(ioctl(p.slave, TIOCNOTTY), ENOTTY);
}

static void an_open_by_a_leader_takes_a_free_terminal(void)
{
	struct pty p = pty_open();
	int fd;

	CHECK(setsid() > 0);
	fd = open(p.name, O_RDWR);
	CHECK_OK(fd);
	CHECK_EQ(tcgetsid(fd), getpid());
}

static void typed_characters_signal_the_foreground(void)
{
	struct pty p = pty_open();
	int status;
	pid_t pid;

	take(&p);
	signal(SIGINT, note);
	signal(SIGQUIT, note);
	signal(SIGTSTP, note);
	pty_type(&p, "\003");
	CHECK(WAIT_UNTIL(seen[SIGINT] == 1));
	pty_type(&p, "\034");
	CHECK(WAIT_UNTIL(seen[SIGQUIT] == 1));
	pty_type(&p, "\032");
	CHECK(WAIT_UNTIL(seen[SIGTSTP] == 1));
	pty_expect(&p, "^C^\\^Z");
	pid = fork();
	if (!pid) {
		signal(SIGINT, SIG_DFL);
		setpgid(0, 0);
		signal(SIGTTOU, SIG_IGN);
		tcsetpgrp(p.slave, getpid());
		write(p.slave, "!", 1);
		for (;;)
			pause();
	}
	pty_expect(&p, "!");
	pty_type(&p, "\003");
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	CHECK_EQ(seen[SIGINT], 1);
}

/* A child in a group of its own in the background; runs fn; returns what waitpid said. */
static int in_background(struct pty *p, int (*fn)(struct pty *), int options)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		setpgid(0, 0);
		_exit(fn(p));
	}
	setpgid(pid, pid);
	waitpid(pid, &status, options);
	if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		kill(pid, SIGCONT);
		waitpid(pid, NULL, 0);
	}
	return status;
}

static int try_read(struct pty *p)
{
	char c;

	return read(p->slave, &c, 1) < 0 ? errno : 0;
}

static int read_ignoring(struct pty *p)
{
	char c;

	signal(SIGTTIN, SIG_IGN);
	return read(p->slave, &c, 1) < 0 ? errno : 0;
}

static int try_write(struct pty *p)
{
	return write(p->slave, "w", 1) < 0 ? errno : 0;
}

static int try_setattr(struct pty *p)
{
	struct termios t;

	tcgetattr(p->slave, &t);
	return tcsetattr(p->slave, TCSANOW, &t) < 0 ? errno : 0;
}

static int setattr_ignoring(struct pty *p)
{
	struct termios t;

	signal(SIGTTOU, SIG_IGN);
	tcgetattr(p->slave, &t);
	return tcsetattr(p->slave, TCSANOW, &t) < 0 ? errno : 0;
}

static void background_access(void)
{
	struct pty p = pty_open();
	struct termios t;
	int status;

	take(&p);
	status = in_background(&p, try_read, WUNTRACED);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTIN);
	status = in_background(&p, read_ignoring, WUNTRACED);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == EIO);
	status = in_background(&p, try_write, WUNTRACED);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	status = in_background(&p, try_setattr, WUNTRACED);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
	status = in_background(&p, setattr_ignoring, WUNTRACED);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	tcgetattr(p.slave, &t);
	t.c_lflag |= TOSTOP;
	tcsetattr(p.slave, TCSANOW, &t);
	status = in_background(&p, try_write, WUNTRACED);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTTOU);
}

static void an_orphaned_group_gets_eio(void)
{
	struct pty p = pty_open();
	int pipefd[2], result = -1;

	take(&p);
	NEED(pipe(pipefd) == 0);
	if (!fork()) {
		setpgid(0, 0);
		if (!fork()) {
			int err;

			while (getppid() != 1 && kill(getppid(), 0) == 0 && getppid() == getpgrp())
				test_sleep_ms(1);
			err = try_read(&p);
			write(pipefd[1], &err, sizeof(err));
			_exit(0);
		}
		_exit(0);
	}
	wait(NULL);
	CHECK_EQ(read(pipefd[0], &result, sizeof(result)), sizeof(result));
	CHECK_EQ(result, EIO);
}

static void foreground_groups(void)
{
	struct pty p = pty_open();
	pid_t other;

	take(&p);
	CHECK_ERR(tcsetpgrp(p.slave, -1), EINVAL);
	CHECK_ERR(tcsetpgrp(p.slave, 99999999), ESRCH);
	CHECK_ERR(tcsetpgrp(p.slave, getppid()), EPERM);
	other = fork();
	if (!other) {
		setpgid(0, 0);
		pause();
		_exit(0);
	}
	setpgid(other, other);
	CHECK_OK(tcsetpgrp(p.slave, other));
	CHECK_EQ(tcgetpgrp(p.slave), other);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static void window_size_changes_signal(void)
{
	struct pty p = pty_open();
	struct winsize ws = { .ws_row = 33, .ws_col = 99 }, got;

	take(&p);
	signal(SIGWINCH, note);
	CHECK_OK(ioctl(p.master, TIOCSWINSZ, &ws));
	CHECK(WAIT_UNTIL(seen[SIGWINCH] == 1));
	CHECK_OK(ioctl(p.slave, TIOCGWINSZ, &got));
	CHECK_EQ(got.ws_row, 33);
	CHECK_EQ(got.ws_col, 99);
	CHECK_OK(ioctl(p.slave, TIOCSWINSZ, &ws));
	test_sleep_ms(10);
	CHECK_EQ(seen[SIGWINCH], 1);
}

static void closing_the_master_hangs_up(void)
{
	struct pty p = pty_open();
	char c;

	take(&p);
	signal(SIGHUP, note);
	signal(SIGCONT, note);
	close(p.master);
	CHECK(WAIT_UNTIL(seen[SIGHUP] == 1 && seen[SIGCONT] == 1));
	CHECK_EQ(read(p.slave, &c, 1), 0);
	CHECK_ERR(write(p.slave, "x", 1), EIO);
	CHECK_ERR(tcgetpgrp(p.slave), EIO);
	CHECK_ERR(open("/dev/tty", O_RDWR), ENXIO);
	CHECK_EQ(access(p.name, F_OK), -1);
}

static void a_leaders_exit_signals_the_foreground(void)
{
	struct pty p = pty_open();
	int status, ready[2], result[2];
	char c = 0;
	pid_t leader;

	NEED(pipe(ready) == 0);
	NEED(pipe(result) == 0);
	leader = fork();
	if (!leader) {
		pid_t job;

		take(&p);
		job = fork();
		if (!job) {
			setpgid(0, 0);
			signal(SIGHUP, note);
			signal(SIGTTOU, SIG_IGN);
			tcsetpgrp(p.slave, getpid());
			write(ready[1], "r", 1);
			c = WAIT_UNTIL(seen[SIGHUP]) ? 'h' : 'n';
			write(result[1], &c, 1);
			_exit(0);
		}
		read(ready[0], &c, 1);
		_exit(0);
	}
	waitpid(leader, &status, 0);
	CHECK_EQ(read(result[0], &c, 1), 1);
	CHECK_EQ(c, 'h');
}

int main(void)
{
	alarm(60);
	RUN_IN_CHILD(taking_a_terminal);
	RUN_IN_CHILD(an_open_by_a_leader_takes_a_free_terminal);
	RUN_IN_CHILD(typed_characters_signal_the_foreground);
	RUN_IN_CHILD(background_access);
	RUN_IN_CHILD(an_orphaned_group_gets_eio);
	RUN_IN_CHILD(foreground_groups);
	RUN_IN_CHILD(window_size_changes_signal);
	RUN_IN_CHILD(closing_the_master_hangs_up);
	RUN_IN_CHILD(a_leaders_exit_signals_the_foreground);
	return test_done();
}
