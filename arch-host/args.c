// SPDX-License-Identifier: MIT
/* The command line: strict, and before anything is started. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"
#include "version.h"

static const char help_text[] =
	"Usage: vmlinux [PARAMETER...] [-- INIT-ARGUMENT...]\n"
	"       vmlinux run [OPTION...] [--] COMMAND [ARGUMENT...]\n"
	"       vmlinux --help | run --help | --version\n"
	"\n"
	"A Linux-compatible kernel that runs as an ordinary process.\n"
	"\n"
	"Parameters of the machine:\n"
	"  mem=SIZE        memory, with suffix K, M or G (16M to 1024G; default 256M)\n"
	"  ncpus=N         virtual processors, 1 to 64 (default 1)\n"
	"  ubdN=FILE       block device N (0 to 7): /dev/ubda is ubd0; ubdNr= is read-only\n"
	"  initrd=FILE     initial file system: a cpio archive, plain, gzip or zstd\n"
	"                  (default: the built-in one, with a shell)\n"
	"  trap=MODE       what holds guests: seccomp, ptrace (for hosts without seccomp filters;\n"
	"                  slower), or auto, the first of them that works (default)\n"
	"  nofsgsbase      use none of the instructions that set %fs and %gs, as on hosts without\n"
	"  time=MODE       host, or virtual: time moves by what guests do, and runs can be repeated\n"
	"                  (ncpus=1 only)\n"
	"  seed=N          where all random numbers come from\n"
	"Parameters of the kernel, as on Linux's command line; among them:\n"
	"  quiet           print errors only\n"
	"  loglevel=N      print messages below level N (0 to 8)\n"
	"  init=PATH       the first program (default /init)\n"
	"What follows -- goes to init; the built-in init runs it in place of the shell and\n"
	"powers off with its status.\n"
	"\n"
	"Standard input, output and error that are pipes or files pass through unchanged; a\n"
	"terminal becomes the console. Kernel messages go to standard error.\n"
	"\n"
	"Exit status: 0 powered off, or the status of the command after --; 2 bad usage or a\n"
	"host that lacks something; 133 kernel panic.\n";

void usage_error(const char *format, ...)
{
	va_list args;
	char line[512];

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (char *c = line; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
	}
	fprintf(stderr, "vmlinux: %s\n", line);
	exit(EXIT_USAGE);
}

/* The part of "name=value" after '=', or NULL when the word is another parameter. */
static const char *value_of(const char *word, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(word, name, len) || (word[len] && word[len] != '='))
		return NULL;
	if (!word[len] || !word[len + 1])
		usage_error("parameter \"%s\" needs a value: %s=...", name, name);
	return word + len + 1;
}

unsigned long parse_ram_size(const char *text)
{
	unsigned int shift = 0;
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	switch (*end) {
	case 'k': case 'K': shift = 10; end++; break;
	case 'm': case 'M': shift = 20; end++; break;
	case 'g': case 'G': shift = 30; end++; break;
	case 't': case 'T': shift = 40; end++; break;
	}
	if (text[0] < '0' || text[0] > '9' || *end)
		usage_error("malformed parameter \"mem=%s\": want a size such as mem=256M", text);
	if (errno || value > (~0UL >> shift) || value << shift > MAX_RAM)
		usage_error("\"mem=%s\" is out of range: at most 1024G", text);
	value <<= shift;
	if (value < MIN_RAM)
		usage_error("\"mem=%s\" is out of range: at least 16M", text);
	return value & ~(PAGE - 1);
}

unsigned int parse_cpu_count(const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end)
		usage_error("malformed parameter \"ncpus=%s\": want a number such as ncpus=2", text);
	if (errno || value < 1 || value > HOST_MAX_CPUS)
		usage_error("\"ncpus=%s\" is out of range: 1 to %d", text, HOST_MAX_CPUS);
	return value;
}

enum trap_choice parse_trap(const char *text)
{
	static const char *const names[] = { "auto", "seccomp", "ptrace" };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strcmp(text, names[i]))
			return i;
	}
	usage_error("malformed parameter \"trap=%s\": want trap=auto, trap=seccomp or trap=ptrace", text);
}

static unsigned long parse_seed(const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (text[0] < '0' || text[0] > '9' || *end || errno)
		usage_error("malformed parameter \"seed=%s\": want a number such as seed=1", text);
	return value;
}

static bool parse_time(const char *text)
{
	if (!strcmp(text, "virtual"))
		return true;
	if (strcmp(text, "host"))
		usage_error("malformed parameter \"time=%s\": want time=host or time=virtual", text);
	return false;
}

/* What `vmlinux` and `vmlinux run` have in common. False: another parameter. */
static bool parse_machine_word(const char *word, struct options *options)
{
	const char *value;

	if ((value = value_of(word, "trap"))) {
		options->trap = parse_trap(value);
	} else if (!strcmp(word, "nofsgsbase")) {
		options->no_fsgsbase = true;
	} else if ((value = value_of(word, "time"))) {
		options->virtual_time = parse_time(value);
	} else if ((value = value_of(word, "seed"))) {
		options->seed = parse_seed(value);
		options->seeded = true;
	} else {
		return false;
	}
	return true;
}

static void check_together(const struct options *options)
{
	if (options->virtual_time && options->ncpus > 1)
		usage_error("\"time=virtual\" is for one processor: ncpus=1");
}

/* Appends a word to the kernel's command line, quoting its value when it holds spaces. */
static void append(char **line, const char *word)
{
	const char *equal = strchr(word, '=');
	size_t old = strlen(*line);
	size_t size = old + strlen(word) + 4;
	char *grown = realloc(*line, size);

	if (!grown)
		usage_error("no memory for the command line");
	if (!strchr(word, ' '))
		snprintf(grown + old, size - old, "%s%s", old ? " " : "", word);
	else if (equal)
		snprintf(grown + old, size - old, "%s%.*s\"%s\"", old ? " " : "",
			 (int)(equal - word + 1), word, equal + 1);
	else
		snprintf(grown + old, size - old, "%s\"%s\"", old ? " " : "", word);
	*line = grown;
}

/* One word of the kernel's part that is not the machine's: the kernel must know it. */
static void check_kernel_word(const char *word)
{
	int known;

	if (!*word)
		usage_error("empty parameter");
	if (word[0] == '-')
		usage_error("unknown option \"%s\" (see --help)", word);
	if (strchr(word, '"') || strchr(word, '\n'))
		usage_error("malformed parameter \"%s\": quotes and newlines are not allowed", word);
	if (strcspn(word, "=") == 0)
		usage_error("malformed parameter \"%s\": no name before '='", word);
	known = host_upcalls.check_param(word);
	if (known < 0)
		usage_error("malformed parameter \"%s\"", word);
	if (!known)
		usage_error("unknown parameter \"%s\" (see --help)", word);
}

static void parse_run(char **argv, struct options *options)
{
	char *line = strdup("");
	char word[64];
	struct run_line run;

	run_parse(argv, &run);
	*options = (struct options){
		.ram_size = run.ram_size,
		.ncpus = run.ncpus,
		.init_args = run.init_args,
		.init_argc = run.init_argc,
		.run = true,
	};
	snprintf(word, sizeof(word), "mem=%luK", run.ram_size >> 10);
	append(&line, word);
	snprintf(word, sizeof(word), "ncpus=%u", run.ncpus);
	append(&line, word);
	for (char *const *more = run.kernel_words; *more; more++) {
		if (!parse_machine_word(*more, options))
			check_kernel_word(*more);
		append(&line, *more);
	}
	options->command_line = line;
	check_together(options);
}

/* "ubdN=FILE" or "ubdNr=FILE": opens it. False: another parameter. */
static bool parse_disk(const char *word)
{
	bool read_only;

	if (strncmp(word, "ubd", 3) || word[3] < '0' || word[3] > '9')
		return false;
	read_only = word[4] == 'r';
	if (word[4 + read_only] != '=' || !word[5 + read_only])
		usage_error("malformed parameter \"%s\": want ubd0=FILE or ubd0r=FILE", word);
	if (word[3] - '0' >= HOST_MAX_DISKS)
		usage_error("\"%s\" is out of range: ubd0 to ubd%d", word, HOST_MAX_DISKS - 1);
	disk_open(word[3] - '0', word + 5 + read_only, read_only);
	return true;
}

void args_parse(int argc, char **argv, struct options *options)
{
	char *line;
	int i;

	if (argc > 1 && !strcmp(argv[1], "run")) {
		parse_run(argv + 2, options);
		return;
	}
	line = strdup("");
	*options = (struct options){ .ram_size = DEFAULT_RAM, .ncpus = 1 };
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		const char *word = argv[i];
		const char *value;

		if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
			fputs(help_text, stdout);
			exit(fflush(stdout) ? 1 : 0);
		}
		if (!strcmp(word, "--version")) {
			puts("vmlinux " VMLINUX_VERSION);
			exit(fflush(stdout) ? 1 : 0);
		}
		if ((value = value_of(word, "mem")))
			options->ram_size = parse_ram_size(value);
		else if ((value = value_of(word, "ncpus")))
			options->ncpus = parse_cpu_count(value);
		else if ((value = value_of(word, "initrd")))
			options->initrd = value;
		else if (!parse_machine_word(word, options) && !parse_disk(word))
			check_kernel_word(word);
		append(&line, word);
	}
	if (i < argc) {
		options->init_args = (const char *const *)argv + i + 1;
		options->init_argc = argc - i - 1;
	} else {
		options->init_args = (const char *const *)argv + argc;
	}
	options->command_line = line;
	check_together(options);
}
