// SPDX-License-Identifier: MIT
/*
 * `vmlinux run`: one program of the host inside the kernel.
 *
 * Everything is turned into what the machine has anyway: trees to export, a kernel command line,
 * and the words of init. The program /run of the built-in initramfs (init/run.c) reads the
 * words, makes the guest's tree out of the exports, and runs the command in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "exports.h"
#include "internal.h"

#define RUN_RAM (1UL << 30)

static const char help_text[] =
	"Usage: vmlinux run [OPTION...] [--] COMMAND [ARGUMENT...]\n"
	"\n"
	"Runs one program of this system inside the kernel, in the current folder. It sees the\n"
	"host's files; what it writes is gone when it ends, unless --rw or -v says otherwise.\n"
	"\n"
	"  --mem SIZE           memory, with suffix K, M or G (default 1G)\n"
	"  --cpus N             virtual processors, 1 to 64 (default 1)\n"
	"  --rw                 what the program writes goes to the host's files\n"
	"  -v, --volume HOST:GUEST[:ro]\n"
	"                       shows the host's folder or file HOST at GUEST; may be repeated\n"
	"  -e, --env NAME=VALUE sets a variable (the environment is passed on); --env NAME takes\n"
	"                       one away; may be repeated\n"
	"  -u, --user NAME|UID[:GID]\n"
	"                       runs as this user (default: the one that runs vmlinux)\n"
	"  -w, --workdir PATH   begins in this folder\n"
	"  --append WORDS       more parameters for the kernel\n"
	"  --verbose            shows the kernel's messages\n"
	"\n"
	"Exit status: the command's own, 128+N when signal N ended it, 127 when it does not exist,\n"
	"126 when it cannot be executed, 2 bad usage, 133 kernel panic. SIGINT, SIGTERM, SIGHUP and\n"
	"SIGQUIT reach the command.\n";

/* What the options say, until all are read. */
struct run_args {
	unsigned long ram;
	unsigned int cpus;
	bool rw, verbose;
	const char *user, *workdir;
	uid_t uid;
	gid_t gid;
	struct words {
		char **word;
		unsigned int count;
	} init, env, kernel;
};

static void add_word(struct words *words, char *word)
{
	char **grown = realloc(words->word, (words->count + 2) * sizeof(*grown));

	if (!grown || !word)
		usage_error("no memory for the command line");
	grown[words->count++] = word;
	grown[words->count] = NULL;
	words->word = grown;
}

static void add(struct words *words, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void add(struct words *words, const char *format, ...)
{
	char *word = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&word, format, args) < 0)
		word = NULL;
	va_end(args);
	add_word(words, word);
}

/* ---- environment ---- */

static void set_env(struct words *env, char *setting)
{
	size_t len = strcspn(setting, "=");

	if (!len)
		usage_error("run: malformed variable \"%s\": want NAME=VALUE", setting);
	for (unsigned int i = 0; i < env->count; i++) {
		if (strncmp(env->word[i], setting, len) || env->word[i][len] != '=')
			continue;
		if (setting[len]) {
			env->word[i] = setting;
		} else {
			memmove(env->word + i, env->word + i + 1, (env->count - i) * sizeof(*env->word));
			env->count--;
		}
		return;
	}
	if (setting[len])
		add_word(env, setting);
}

/* ---- trees ---- */

/* An export of a folder's descriptor; its number. */
static int export_folder(const char *path, bool writable)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int number;

	if (fd < 0)
		usage_error("run: cannot open \"%s\": %s", path, strerror(errno));
	if (host_fs_is_kernel(fd) == 1)
		usage_error("run: \"%s\" shows the host's kernel and cannot be exported", path);
	/* Reading needs the right to; looking names up does not. */
	int readable = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (readable >= 0) {
		close(fd);
		fd = readable;
	}
	number = export_add(fd, writable);
	if (number < 0)
		usage_error("run: too many trees: at most %d", EXPORTS_MAX);
	return number;
}

/* A single file is its folder's export and a name in it. */
static void export_file(struct words *init, const char *host, const char *guest, bool writable)
{
	char path[PATH_MAX];
	char *slash;

	if (!realpath(host, path))
		usage_error("run: cannot open \"%s\": %s", host, strerror(errno));
	if (access(path, R_OK))
		usage_error("run: cannot read \"%s\": %s", host, strerror(errno));
	slash = strrchr(path, '/');
	*slash = '\0';
	add(init, "file=%d:%s", export_folder(*path ? path : "/", writable), guest);
	add(init, "name=%s", slash + 1);
}

static void parse_volume(struct run_args *args, char *text)
{
	char *host = strdup(text), *guest, *option;
	bool writable = true;
	struct stat st;

	if (!host)
		usage_error("no memory for the command line");
	guest = strchr(host, ':');
	if (!guest || guest == host)
		usage_error("run: malformed -v \"%s\": want HOST:GUEST[:ro]", text);
	*guest++ = '\0';
	option = strchr(guest, ':');
	if (option) {
		*option++ = '\0';
		if (!strcmp(option, "ro"))
			writable = false;
		else if (strcmp(option, "rw"))
			usage_error("run: malformed -v \"%s\": unknown option \"%s\"", text, option);
	}
	if (*guest != '/' || !guest[strspn(guest, "/")])
		usage_error("run: malformed -v \"%s\": the guest's path must be absolute, and not /", text);
	if (stat(host, &st))
		usage_error("run: cannot open \"%s\": %s", host, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		if (access(host, R_OK | X_OK))
			usage_error("run: cannot read \"%s\": %s", host, strerror(errno));
		add(&args->init, "tree=%d:%s", export_folder(host, writable), guest);
	} else if (S_ISREG(st.st_mode)) {
		export_file(&args->init, host, guest, writable);
	} else {
		usage_error("run: \"%s\" is neither a folder nor a file", host);
	}
}

/* ---- who ---- */

static unsigned int parse_id(const char *text, const char *whole)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || value >= UINT_MAX)
		usage_error("run: unknown user \"%s\"", whole);
	return value;
}

static void add_groups(struct words *init, const gid_t *groups, int count)
{
	char *text = malloc(count * 11 + 1);
	int at = 0;

	if (!text)
		usage_error("no memory for the command line");
	text[0] = '\0';
	for (int i = 0; i < count; i++)
		at += sprintf(text + at, "%s%u", i ? "," : "", groups[i]);
	if (count)
		add(init, "groups=%s", text);
	free(text);
}

/* As many as the host allows a process. */
static gid_t groups[NGROUPS_MAX];

static void own_user(struct run_args *args)
{
	int count = getgroups(NGROUPS_MAX, groups);

	if (count < 0)
		usage_error("cannot read this user's groups: %s", strerror(errno));
	args->uid = geteuid();
	args->gid = getegid();
	add_groups(&args->init, groups, count);
}

static void other_user(struct run_args *args)
{
	const char *whole = args->user, *colon = strchr(whole, ':');
	char *name = strndup(whole, colon ? (size_t)(colon - whole) : strlen(whole));
	struct passwd *who = name ? getpwnam(name) : NULL;
	int count = NGROUPS_MAX;

	if (!name)
		usage_error("no memory for the command line");
	if (!who)
		who = getpwuid(parse_id(name, whole));
	args->uid = who ? who->pw_uid : parse_id(name, whole);
	args->gid = colon ? parse_id(colon + 1, whole) : who ? who->pw_gid : args->uid;
	if (who) {
		char *home = NULL, *user = NULL, *logname = NULL;

		if (getgrouplist(who->pw_name, args->gid, groups, &count) < 0)
			usage_error("--user %s: too many groups", whole);
		add_groups(&args->init, groups, count);
		if (asprintf(&home, "HOME=%s", who->pw_dir) < 0 ||
		    asprintf(&user, "USER=%s", who->pw_name) < 0 ||
		    asprintf(&logname, "LOGNAME=%s", who->pw_name) < 0)
			usage_error("no memory for the command line");
		set_env(&args->env, home);
		set_env(&args->env, user);
		set_env(&args->env, logname);
	}
	free(name);
}

/* ---- the rest ---- */

/* Limits that concern the program, not the machine that carries it. */
static void add_limits(struct words *init)
{
	static const int passed[] = {
		RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_NOFILE,
		RLIMIT_NICE, RLIMIT_RTPRIO, RLIMIT_MSGQUEUE,
	};

	for (unsigned int i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		struct rlimit limit;

		if (!getrlimit(passed[i], &limit))
			add(init, "limit=%d:%lu:%lu", passed[i], (unsigned long)limit.rlim_cur,
			    (unsigned long)limit.rlim_max);
	}
}

static void add_folder(struct run_args *args)
{
	char path[PATH_MAX];
	const char *pwd = getenv("PWD");
	struct stat here, there;

	if (args->workdir) {
		add(&args->init, "cwd=%s", args->workdir);
		return;
	}
	if (!getcwd(path, sizeof(path)))
		usage_error("run: the current folder has no name: %s", strerror(errno));
	/* The shell's name for it, if it is one: it may lead over a symlink. */
	if (pwd && *pwd == '/' && !stat(pwd, &there) && !stat(".", &here) &&
	    here.st_ino == there.st_ino && here.st_dev == there.st_dev)
		add(&args->init, "cwd=%s", pwd);
	else
		add(&args->init, "cwd=%s", path);
}

/* Signals that the caller ignores are ignored by the program, as nohup(1) wants it. */
static void add_signals(struct words *init)
{
	char text[256];
	int at = 0;

	for (int signr = 1; signr < NSIG; signr++) {
		struct sigaction action;

		if (!sigaction(signr, NULL, &action) && action.sa_handler == SIG_IGN)
			at += snprintf(text + at, sizeof(text) - at, "%s%d", at ? "," : "", signr);
	}
	if (at)
		add(init, "ignored=%s", text);
}

/* exports_prepare() sets it to 0 later. */
static void add_umask(struct words *init)
{
	mode_t mask = umask(0);

	umask(mask);
	add(init, "umask=%u", mask);
}

static void add_hostname(struct words *init)
{
	char name[256];

	if (!gethostname(name, sizeof(name) - 1)) {
		name[sizeof(name) - 1] = '\0';
		add(init, "hostname=%s", name);
	}
}

/* The value of an option: "--name value" or "--name=value"; NULL when it is another option. */
static char *option(char ***arg, const char *name)
{
	size_t len = strlen(name);
	char *word = **arg;

	if (strncmp(word, name, len) || (word[len] && word[len] != '='))
		return NULL;
	if (word[len])
		return word + len + 1;
	if (!(*arg)[1])
		usage_error("run: option \"%s\" needs a value", name);
	return *++*arg;
}

/* Takes the options off the front; what is left is the command. */
static char **parse_options(struct run_args *args, char **arg)
{
	char *value;

	for (; *arg && **arg == '-'; arg++) {
		if (!strcmp(*arg, "--"))
			return arg + 1;
		if (!strcmp(*arg, "--help") || !strcmp(*arg, "-h")) {
			fputs(help_text, stdout);
			exit(fflush(stdout) ? 1 : 0);
		}
		if (!strcmp(*arg, "--rw"))
			args->rw = true;
		else if (!strcmp(*arg, "--verbose"))
			args->verbose = true;
		else if ((value = option(&arg, "--mem")))
			args->ram = parse_ram_size(value);
		else if ((value = option(&arg, "--cpus")))
			args->cpus = parse_cpu_count(value);
		else if ((value = option(&arg, "-v")) || (value = option(&arg, "--volume")))
			parse_volume(args, value);
		else if ((value = option(&arg, "--env")) || (value = option(&arg, "-e")))
			set_env(&args->env, value);
		else if ((value = option(&arg, "--user")) || (value = option(&arg, "-u")))
			args->user = value;
		else if ((value = option(&arg, "--workdir")) || (value = option(&arg, "-w")))
			args->workdir = value;
		else if ((value = option(&arg, "--append")))
			for (char *word = strtok(value, " "); word; word = strtok(NULL, " "))
				add_word(&args->kernel, word);
		else
			usage_error("run: unknown option \"%s\" (see vmlinux run --help)", *arg);
	}
	return arg;
}

void run_parse(char **argv, struct run_line *line)
{
	struct run_args args = { .ram = RUN_RAM, .cpus = 1 };
	char **command;

	for (char **e = environ; *e; e++)
		if (**e && **e != '=')
			set_env(&args.env, *e);
	/* The root is tree 0, whether options name others or not. */
	add(&args.init, "root=%d", export_folder("/", false));
	command = parse_options(&args, argv);
	if (!*command)
		usage_error("run: no command (see vmlinux run --help)");
	if (args.workdir && *args.workdir != '/')
		usage_error("run: --workdir must be absolute: \"%s\"", args.workdir);
	if (args.rw) {
		export_set_writable(0);
		add(&args.init, "rw=1");
	}
	if (args.user)
		other_user(&args);
	else
		own_user(&args);
	add(&args.init, "uid=%u", args.uid);
	add(&args.init, "gid=%u", args.gid);
	add_limits(&args.init);
	add_signals(&args.init);
	add_umask(&args.init);
	add_folder(&args);
	add_hostname(&args.init);
	for (unsigned int i = 0; i < args.env.count; i++)
		add(&args.init, "env=%s", args.env.word[i]);
	add_word(&args.init, strdup("--"));
	for (; *command; command++)
		add_word(&args.init, *command);
	if (!args.verbose)
		add(&args.kernel, "quiet");
	add(&args.kernel, "init=/run-program");
	*line = (struct run_line){
		.ram_size = args.ram,
		.ncpus = args.cpus,
		.kernel_words = args.kernel.word,
		.init_args = (const char *const *)args.init.word,
		.init_argc = args.init.count,
	};
}
