// SPDX-License-Identifier: MIT
/* /proc/sys/kernel/core_pattern: names with %-letters, and commands behind a bar. */
#include <fs/file.h>
#include <fs/path.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/exec.h>
#include <kern/fork.h>
#include <kern/kernel.h>
#include <kern/pid.h>
#include <kern/resource.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/timekeeping.h>
#include <kern/uts.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/mmap.h>
#include <mm/slab.h>

#include <linux/limits.h>

#include "internal.h"

char core_pattern[CORE_NAME_MAX] = "core";
int core_uses_pid;

/* A line that grows up to PATH_MAX. */
struct text {
	char *buf;
	size_t used;
	bool full;
};

static __printf(2, 3) void add(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->buf + t->used, PATH_MAX - t->used, fmt, args);
	va_end(args);
	if (n >= PATH_MAX - (int)t->used)
		t->full = true;
	else
		t->used += n;
}

/* Names are the process's to choose: they may not lead to another folder. */
static void add_name(struct text *t, const char *name)
{
	size_t begin = t->used;

	add(t, "%s", name);
	if (!strcmp(t->buf + begin, ".") || !strcmp(t->buf + begin, ".."))
		t->buf[begin] = '!';
	for (char *p = t->buf + begin; *p; p++)
		if (*p == '/')
			*p = '!';
	if (t->used == begin)
		add(t, "!");
}

static void add_program(struct text *t, bool name_only)
{
	struct file *exe = get_mm_exe_file(current->mm);
	char *buf = exe ? kmalloc(PATH_MAX, GFP_KERNEL) : NULL;
	const char *path = buf ? d_path(&exe->f_path, buf, PATH_MAX) : NULL, *slash;

	if (!path || IS_ERR(path)) {
		add_name(t, current->comm);
	} else {
		slash = name_only ? strrchr(path, '/') : NULL;
		add_name(t, slash ? slash + 1 : path);
	}
	kfree(buf);
	if (exe)
		fput(exe);
}

/* True when it was the process number. */
static bool add_letter(struct text *t, char letter, const kernel_siginfo_t *info, int dumpable)
{
	char comm[TASK_COMM_LEN];

	switch (letter) {
	case '%':
		add(t, "%%");
		break;
	case 'p':
		add(t, "%d", task_tgid_vnr(current));
		return true;
	case 'P':
		add(t, "%d", task_tgid_nr(current));
		break;
	case 'i':
		add(t, "%d", task_pid_vnr(current));
		break;
	case 'I':
		add(t, "%d", task_pid_nr(current));
		break;
	case 'u':
		add(t, "%u", from_kuid_munged(&init_user_ns, current_uid()));
		break;
	case 'g':
		add(t, "%u", from_kgid_munged(&init_user_ns, current_gid()));
		break;
	case 'd':
		add(t, "%d", dumpable);
		break;
	case 's':
		add(t, "%d", info->si_signo);
		break;
	case 't':
		add(t, "%lld", (long long)ktime_get_real_seconds());
		break;
	case 'h':
		down_read(&uts_sem);
		add_name(t, utsname()->nodename);
		up_read(&uts_sem);
		break;
	case 'e':
		get_task_comm(comm, current);
		add_name(t, comm);
		break;
	case 'f':
		add_program(t, true);
		break;
	case 'E':
		add_program(t, false);
		break;
	case 'c':
		add(t, "%lu", rlimit(RLIMIT_CORE));
		break;
	case 'C':
		add(t, "%u", task_cpu(current));
		break;
	}
	return false;
}

/* Splits a command's words in the pattern, before names with blanks come in. */
static int start_word(struct core_name *name, struct text *t, unsigned int *argc)
{
	if (*argc == CORE_ARGS_MAX - 1)
		return -E2BIG;
	if (*argc && t->used < PATH_MAX - 1)
		t->buf[t->used++] = 0;
	name->argv[(*argc)++] = t->buf + t->used;
	name->argv[*argc] = NULL;
	t->buf[t->used] = 0;
	return 0;
}

static int expand(struct core_name *name, const char *pattern, const kernel_siginfo_t *info,
		  int dumpable)
{
	struct text t = { .buf = name->path };
	bool pid_in_name = false, between = true;
	unsigned int argc = 0;
	int error;

	for (const char *p = pattern; *p && !t.full; p++) {
		if (name->is_pipe && (*p == ' ' || *p == '\t')) {
			between = true;
			continue;
		}
		if (name->is_pipe && between) {
			error = start_word(name, &t, &argc);
			if (error)
				return error;
			between = false;
		}
		if (*p != '%')
			add(&t, "%c", *p);
		else if (p[1])
			pid_in_name |= add_letter(&t, *++p, info, dumpable);
		else
			break;
	}
	if (!name->is_pipe && !pid_in_name && core_uses_pid)
		add(&t, ".%d", task_tgid_vnr(current));
	return t.full || (name->is_pipe && !argc) || !t.used ? -E2BIG : 0;
}

int core_name_make(struct core_name *name, const kernel_siginfo_t *info, int dumpable)
{
	char pattern[CORE_NAME_MAX];

	/* A writer may be at work: the last byte stays NUL. */
	memcpy(pattern, core_pattern, sizeof(pattern));
	pattern[sizeof(pattern) - 1] = 0;
	*name = (struct core_name){ .is_pipe = pattern[0] == '|' };
	name->path = kzalloc(PATH_MAX, GFP_KERNEL);
	if (!name->path)
		return -ENOMEM;
	return expand(name, pattern + name->is_pipe, info, dumpable);
}

void core_name_free(struct core_name *name)
{
	kfree(name->path);
}
