// SPDX-License-Identifier: MIT
/*
 * binfmt_misc: registration, matching, flags. Inside only: on the host it would change what
 * the whole machine executes.
 */
#include "test.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define FOLDER "/proc/sys/fs/binfmt_misc/"

static char interpreter[256];

static int put(const char *file, const char *text)
{
	char path[128];
	int fd, ret, saved;

	snprintf(path, sizeof(path), FOLDER "%s", file);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	saved = errno;
	close(fd);
	errno = saved;
	return ret;
}

static const char *get(const char *file)
{
	static char text[4096];
	char path[128];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), FOLDER "%s", file);
	fd = open(path, O_RDONLY);
	if (fd >= 0)
		n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = 0;
	return text;
}

static int add(const char *name, const char *middle, const char *flags)
{
	char line[512];

	snprintf(line, sizeof(line), ":%s:%s:%s:%s", name, middle, interpreter, flags);
	return put("register", line);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);

	NEED(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	fchmod(fd, mode);
	close(fd);
}

/* Executes the file with two arguments; the exit status of what ran. */
static int run(const char *name)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execl(name, "zero", "one", (char *)NULL);
		_exit(200 + (errno == ENOEXEC));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What the interpreter was given, in bits. */
static int as_interpreter(int argc, char **argv)
{
	int seen = 0;

	/* interpreter, [argv0,] program, "one" */
	if (argc == 3 && !strcmp(argv[2], "one"))
		seen |= 1;
	if (argc == 4 && !strcmp(argv[3], "one"))
		seen |= 2;
	if (getauxval(AT_EXECFD) > 2 && fcntl(getauxval(AT_EXECFD), F_GETFD) == 0)
		seen |= 4;
	if (getauxval(AT_FLAGS) & 1)
		seen |= 8;
	if (argc > 1 && strstr(argv[1], "prog"))
		seen |= 16;
	if (geteuid() == 65534)
		seen |= 32;
	return seen;
}

static void bad_lines(void)
{
	static const char *const lines[] = {
		":a:M::x:", ":a:X::xy::/bin/sh:", ":a/b:M::xy::/bin/sh:", ":.:M::xy::/bin/sh:",
		":a:M:256:xy::/bin/sh:", ":a:M::xy:z:/bin/sh:", ":a:M::xy:::", ":a:M::xy::/bin/sh:Q",
		"::M::xy::/bin/sh:", ":a:M::::/bin/sh:", ":a:E::x/y::/bin/sh:", ":a:M:x:xy::/bin/sh:",
	};

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (put("register", lines[i]) != -1 || errno != EINVAL)
			FAIL("%s was taken (errno %d)", lines[i], errno);
	CHECK_ERR(put("status", "2"), EINVAL);
	CHECK_ERR(put("register", ":a:M::xy::/no/such/file:F"), ENOENT);
}

static void magic(void)
{
	char want[512];

	write_file("prog1", "\x7f" "TST rest of the file", 0755);
	CHECK_EQ(run("./prog1"), 201);
	CHECK_OK(add("tst", "M::\\x7fTST:\\xff\\xff\\xff\\xdf", ""));
	CHECK_ERR(add("tst", "M::abc:", ""), EEXIST);
	snprintf(want, sizeof(want),
		 "enabled\ninterpreter %s\nflags: \noffset 0\nmagic 7f545354\nmask ffffffdf\n",
		 interpreter);
	CHECK_STR(get("tst"), want);
	CHECK_EQ(run("./prog1"), 1 | 16);
	/* The mask lets the case of the last letter be. */
	write_file("prog1", "\x7f" "TSt", 0755);
	CHECK_EQ(run("./prog1"), 1 | 16);
	write_file("prog1", "\x7f" "TsT", 0755);
	CHECK_EQ(run("./prog1"), 201);
	write_file("prog1", "\x7f" "TST", 0755);
	CHECK_OK(put("tst", "0"));
	CHECK_EQ(strncmp(get("tst"), "disabled\n", 9), 0);
	CHECK_EQ(run("./prog1"), 201);
	CHECK_OK(put("tst", "1\n"));
	CHECK_OK(put("status", "0"));
	CHECK_STR(get("status"), "disabled\n");
	CHECK_EQ(run("./prog1"), 201);
	CHECK_OK(put("status", "1"));
	CHECK_EQ(run("./prog1"), 1 | 16);
	CHECK_OK(put("tst", "-1"));
	CHECK_EQ(run("./prog1"), 201);
	CHECK_ERR(open(FOLDER "tst", O_RDONLY), ENOENT);
}

static void extension(void)
{
	write_file("prog.tst", "whatever", 0755);
	CHECK_OK(add("ext", "E::tst:", ""));
	CHECK(strstr(get("ext"), "extension .tst\n"));
	CHECK_EQ(run("./prog.tst"), 1 | 16);
	/* The newest comes first; it may keep argv[0] and open the program. */
	CHECK_OK(add("ext2", "E::tst:", "PO"));
	CHECK(strstr(get("ext2"), "flags: PO\n"));
	CHECK_EQ(run("./prog.tst"), 2 | 4 | 8 | 16);
	CHECK_OK(put("ext2", "-1"));
	CHECK_EQ(run("./prog.tst"), 1 | 16);
}

static void rights(void)
{
	write_file("prog.cred", "whatever", 0755);
	NEED(!chown("prog.cred", 65534, 65534));
	NEED(!chmod("prog.cred", 04755));
	CHECK_OK(add("cred", "E::cred:", "C"));
	CHECK(strstr(get("cred"), "flags: OC\n"));
	CHECK_EQ(run("./prog.cred"), 1 | 4 | 16 | 32);
}

static void fixed(void)
{
	write_file("prog.fix", "whatever", 0755);
	CHECK_OK(add("fix", "E::fix:", "F"));
	/* The interpreter that was there then is used, whatever its name leads to now. */
	CHECK_OK(rename(interpreter, "elsewhere"));
	CHECK_EQ(run("./prog.fix"), 1 | 16);
	CHECK_EQ(run("./prog.tst"), 200);
	CHECK_OK(rename("elsewhere", interpreter));
	CHECK_OK(put("status", "-1"));
	CHECK_EQ(run("./prog.tst"), 201);
}

int main(int argc, char **argv)
{
	char comm[32] = {};
	int fd = open("/proc/1/comm", O_RDONLY);

	if (strstr(argv[0], "interpreter"))
		return as_interpreter(argc, argv);
	if (fd < 0 || read(fd, comm, sizeof(comm) - 1) <= 0 || strcmp(comm, "runner\n"))
		SKIP("changes the whole machine: inside only");
	close(fd);
	NEED(!mount("none", "/proc/sys/fs/binfmt_misc", "binfmt_misc", 0, NULL));
	NEED(getcwd(interpreter, sizeof(interpreter) - 20));
	strcat(interpreter, "/interpreter");
	{
		char copy[512];

		snprintf(copy, sizeof(copy), "cp /proc/%d/exe %s", getpid(), interpreter);
		NEED(!system(copy));
	}
	RUN(bad_lines);
	RUN(magic);
	RUN(extension);
	RUN(rights);
	RUN(fixed);
	CHECK_OK(umount("/proc/sys/fs/binfmt_misc"));
	return test_done();
}
