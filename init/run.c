// SPDX-License-Identifier: MIT
/*
 * The first program under `vmlinux run`: makes the guest's tree out of the host's, runs the
 * command in it as its child, and powers off with the command's status.
 *
 * Its words come from arch-host/run.c, each "key=value", up to "--"; then comes the command.
 * The tree is hostfs tree 0, below an overlay whose upper layer is in memory, or by itself when
 * it may be written. /proc, /sys and /dev are the guest's own.
 *
 * Signals that the host sends to ./vmlinux arrive here and are handed on: those of a terminal's
 * keys to the command's process group, as a terminal does it, others to the command.
 */
#include <asm/signal.h>
#include <asm/siginfo.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/reboot.h>
#include <linux/resource.h>

#include "common.h"
#include "run.h"
#include "syscalls.h"

#define FORWARDED (SIGBIT(SIGHUP) | SIGBIT(SIGINT) | SIGBIT(SIGQUIT) | SIGBIT(SIGTERM))
#define WAITED (SIGBIT(SIGCHLD) | FORWARDED)

const char program[] = "vmlinux";

/* ---- words ---- */

static unsigned long number(const char **s)
{
	unsigned long n = 0;

	while (**s >= '0' && **s <= '9')
		n = n * 10 + (unsigned long)(*(*s)++ - '0');
	return n;
}

static void read_list(const char *s, unsigned int *list, unsigned int max, unsigned int *count)
{
	while (*s && *count < max) {
		list[(*count)++] = number(&s);
		if (*s == ',')
			s++;
	}
}

static void read_limit(struct settings *set, const char *s)
{
	struct limit *limit = &set->limits[set->nr_limits];

	if (set->nr_limits == MAX_LIMITS)
		return;
	limit->what = number(&s);
	limit->value[0] = *s ? (s++, number(&s)) : 0;
	limit->value[1] = *s ? (s++, number(&s)) : 0;
	set->nr_limits++;
}

static void read_tree(struct settings *set, const char *s, int is_file)
{
	struct tree *tree = &set->trees[set->nr_trees];

	if (set->nr_trees == MAX_TREES)
		return;
	tree->number = number(&s);
	tree->where = *s ? s + 1 : s;
	tree->is_file = is_file;
	set->nr_trees++;
}

static void read_word(struct settings *set, char *word)
{
	char *value = word;

	while (*value && *value != '=')
		value++;
	const char *text = *value ? value + 1 : value;

	if (starts_with(word, "env="))
		set->env[set->nr_env++] = value + 1;
	else if (starts_with(word, "rw="))
		set->rw = 1;
	else if (starts_with(word, "tree="))
		read_tree(set, text, 0);
	else if (starts_with(word, "file="))
		read_tree(set, text, 1);
	else if (starts_with(word, "name="))
		set->trees[set->nr_trees - 1].name = text;
	else if (starts_with(word, "uid="))
		set->uid = number(&text);
	else if (starts_with(word, "gid="))
		set->gid = number(&text);
	else if (starts_with(word, "groups="))
		read_list(text, set->groups, MAX_GROUPS, &set->nr_groups);
	else if (starts_with(word, "ignored="))
		read_list(text, set->ignored, MAX_IGNORED, &set->nr_ignored);
	else if (starts_with(word, "umask="))
		set->umask = number(&text);
	else if (starts_with(word, "limit="))
		read_limit(set, text);
	else if (starts_with(word, "cwd="))
		set->cwd = text;
	else if (starts_with(word, "hostname="))
		set->hostname = text;
}

/* The command behind "--". The variables take the place of the words that named them. */
static char **read_words(struct settings *set, char **argv)
{
	set->env = argv;
	for (; *argv; argv++) {
		if (starts_with(*argv, "--"))
			break;
		read_word(set, *argv);
	}
	if (!*argv)
		return argv;
	char **command = argv + 1;

	set->env[set->nr_env] = 0;
	return command;
}

/* ---- the command ---- */

/* Terminals belong to their user. */
static void own_terminal(const struct settings *set)
{
	char termios[64];

	for (int fd = 0; fd < 3; fd++)
		if (sys3(ioctl, fd, TCGETS_, termios) == 0)
			sys3(fchown, fd, set->uid, -1);
}

static void become_user(const struct settings *set)
{
	for (unsigned int i = 0; i < set->nr_limits; i++)
		sys4(prlimit64, 0, set->limits[i].what, set->limits[i].value, 0);
	sys2(setgroups, set->nr_groups, set->groups);
	sys3(setresgid, set->gid, set->gid, set->gid);
	sys3(setresuid, set->uid, set->uid, set->uid);
	sys1(umask, set->umask);
}

/* Signals as the one who called ./vmlinux had them: some ignored, none blocked. */
static void restore_signals(const struct settings *set)
{
	struct kernel_sigaction act = { .flags = SA_RESTORER_ };
	unsigned long none = 0;

	for (int sig = 1; sig < 32; sig++)
		if (WAITED & SIGBIT(sig))
			sys4(rt_sigaction, sig, &act, 0, sizeof(none));
	act.handler = SIG_IGN;
	for (unsigned int i = 0; i < set->nr_ignored; i++)
		sys4(rt_sigaction, set->ignored[i], &act, 0, sizeof(none));
	sys4(rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof(none));
}

static void start(const struct settings *set, char **command)
{
	take_terminal();
	restore_signals(set);
	become_user(set);
	if (set->cwd && sys1(chdir, set->cwd)) {
		complain("cannot enter the folder ", set->cwd);
		sys1(exit_group, 126);
	}
	sys1(exit_group, execute(command, set->env));
}

/* Everything that still runs ends with the command. */
static void shut_down(void)
{
	sys2(kill, -1, SIGKILL);
	sys0(sync);
	sys4(reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF, 0);
	sys1(exit_group, 0);
}

static void serve(long child, long status_fd)
{
	unsigned long mask = WAITED;

	for (;;) {
		siginfo_t info = { 0 };
		int status;
		long pid, sig;

		while ((pid = sys4(wait4, -1, &status, WNOHANG_, 0)) > 0) {
			if (pid != child)
				continue;
			write_status(status_fd, status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff);
			shut_down();
		}
		sig = sys4(rt_sigtimedwait, &mask, &info, 0, sizeof(mask));
		if (sig > 0 && FORWARDED & SIGBIT(sig))
			sys2(kill, info.si_code == SI_KERNEL ? -child : child, sig);
	}
}

/* There is no tree to run anything in: a complaint has said so. */
static void give_up(void)
{
	mount_one("proc", "/proc", 0, 0);
	write_status(sys3(open, STATUS_FILE, O_WRONLY, 0), 2);
	shut_down();
}

int run(int argc, char **argv, char **envp)
{
	static struct settings set;
	char **command = read_words(&set, argv + 1);
	long child, status_fd;

	(void)argc;
	(void)envp;
	prepare_signals(WAITED);
	sys1(umask, 0);
	if (!*command || make_tree(&set))
		give_up();
	status_fd = sys3(open, STATUS_FILE, O_WRONLY | O_CLOEXEC, 0);
	reopen_console();
	own_terminal(&set);
	if (set.hostname)
		sys2(sethostname, set.hostname, length(set.hostname));
	child = sys0(fork);
	if (!child)
		start(&set, command);
	if (child < 0) {
		complain("cannot fork", "");
		shut_down();
	}
	serve(child, status_fd);
	return 0;
}
