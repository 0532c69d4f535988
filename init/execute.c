// SPDX-License-Identifier: MIT
/* execvp() with a shell's messages and statuses. */
#include <linux/errno.h>

#include "common.h"
#include "syscalls.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define PATH_ROOM 4096

static const char *reason(long err)
{
	switch (err) {
	case -EACCES: return ": Permission denied";
	case -ENOENT: return ": No such file or directory";
	case -ENOTDIR: return ": Not a directory";
	case -ENOEXEC: return ": Exec format error";
	case -E2BIG: return ": Argument list too long";
	case -ENOMEM: return ": Cannot allocate memory";
	case -ELOOP: return ": Too many levels of symbolic links";
	case -EISDIR: return ": Is a directory";
	case -ETXTBSY: return ": Text file busy";
	case -EIO: return ": Input/output error";
	default: return ": cannot execute";
	}
}

static int fail(const char *command, long err)
{
	static char line[PATH_ROOM + 64];
	unsigned long at = 0;

	append(line, PATH_ROOM, &at, command);
	append(line, sizeof(line), &at, err ? reason(err) : ": command not found");
	complain(line, "");
	return !err || err == -ENOENT || err == -ENOTDIR ? 127 : 126;
}

/* A file without a magic number is a script of the shell. */
static long try(const char *path, char **command, char **env)
{
	long err = sys3(execve, path, command, env);

	if (err == -ENOEXEC) {
		static char shell[] = "/bin/sh";
		char **with_shell = command - 1;

		with_shell[0] = shell;
		command[0] = (char *)path;
		sys3(execve, shell, with_shell, env);
	}
	return err;
}

static const char *path_of(char **env)
{
	for (; *env; env++)
		if (starts_with(*env, "PATH="))
			return *env + 5;
	return DEFAULT_PATH;
}

static int has_slash(const char *s)
{
	while (*s && *s != '/')
		s++;
	return *s;
}

int execute(char **command, char **env)
{
	const char *path = path_of(env), *name = command[0];
	static char full[PATH_ROOM];
	long denied = 0;

	if (has_slash(name))
		return fail(name, try(name, command, env));
	for (; *name && *path; path += *path == ':') {
		unsigned long at = 0;
		long err;

		while (*path && *path != ':' && at < sizeof(full) - 1)
			full[at++] = *path++;
		while (*path && *path != ':')
			path++;
		full[at] = '\0';
		if (at && !append(full, sizeof(full), &at, "/"))
			continue;
		if (!append(full, sizeof(full), &at, name))
			continue;
		err = try(full, command, env);
		if (err == -EACCES)
			denied = err;
		else if (err != -ENOENT && err != -ENOTDIR)
			return fail(name, err);
	}
	return fail(name, denied);
}
