// SPDX-License-Identifier: MIT
/* /proc/sys/kernel/seccomp: which actions there are, and which are told in the log. */
#include <fs/sysctl.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <lib/sprintf.h>
#include <lib/string.h>

#include "internal.h"

/* From the most severe to the mildest; the place is the bit in `logged`. */
static const struct {
	u32 action;
	const char *name;
} actions[] = {
	{ SECCOMP_RET_KILL_PROCESS, "kill_process" },
	{ SECCOMP_RET_KILL_THREAD, "kill_thread" },
	{ SECCOMP_RET_TRAP, "trap" },
	{ SECCOMP_RET_ERRNO, "errno" },
	{ SECCOMP_RET_USER_NOTIF, "user_notif" },
	{ SECCOMP_RET_TRACE, "trace" },
	{ SECCOMP_RET_LOG, "log" },
	{ SECCOMP_RET_ALLOW, "allow" },
};

#define ALLOW_BIT (1U << (ARRAY_SIZE(actions) - 1))

/* x: one word */
static unsigned int logged = ALLOW_BIT - 1;

static int index_of(u32 action)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(actions); i++)
		if (actions[i].action == action)
			return i;
	return -1;
}

bool seccomp_action_is_known(u32 action)
{
	return index_of(action) >= 0;
}

bool seccomp_action_logged(u32 action)
{
	int i = index_of(action);

	return i >= 0 && (READ_ONCE(logged) & (1U << i));
}

static void write_names(char *text, size_t size, unsigned int set)
{
	size_t n = 0;

	text[0] = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(actions); i++)
		if (set & (1U << i))
			n += scnprintf(text + n, size - n, n ? " %s" : "%s", actions[i].name);
}

/* Names with blanks between; allowing is never logged. 0 or -EINVAL. */
static int read_names(char *text, unsigned int *set)
{
	char *name;

	*set = 0;
	while ((name = strsep(&text, " \t\n"))) {
		unsigned int i;

		if (!*name)
			continue;
		for (i = 0; i < ARRAY_SIZE(actions); i++)
			if (!strcmp(name, actions[i].name))
				break;
		if (i == ARRAY_SIZE(actions))
			return -EINVAL;
		*set |= 1U << i;
	}
	return *set & ALLOW_BIT ? -EINVAL : 0;
}

static int do_names(const struct ctl_table *table, int write, char *buffer, size_t *lenp,
		    loff_t *ppos)
{
	unsigned int set = table->data ? logged : ~0U;
	char text[128];
	struct ctl_table row = { .data = text, .maxlen = sizeof(text) };
	int error;

	write_names(text, sizeof(text), set);
	error = proc_dostring(&row, write, buffer, lenp, ppos);
	if (error || !write)
		return error;
	error = read_names(text, &set);
	if (!error)
		WRITE_ONCE(logged, set);
	return error;
}

static const struct ctl_table table[] = {
	{ .procname = "actions_avail", .mode = 0444, .proc_handler = do_names },
	{ .procname = "actions_logged", .data = &logged, .mode = 0644, .proc_handler = do_names },
	{}
};

static int __init seccomp_sysctl_init(void)
{
	return register_sysctl("kernel/seccomp", table);
}
fs_initcall(seccomp_sysctl_init);
