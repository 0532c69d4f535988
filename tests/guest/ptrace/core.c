// SPDX-License-Identifier: MIT
/* Core dumps: when there is one, what it holds of memory, threads, files; filters, limits. */
#include "trace.h"

#include <elf.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char marker[] = "a word that stands in the data";
static char *anonymous, *secret;
static volatile int ready;

static void allow_core(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_CORE, &limit);
}

static void *wait_for_ever(void *arg)
{
	ready++;
	for (;;)
		pause();
	return arg;
}

static void crash(void)
{
	pthread_t thread;

	allow_core();
	marker[0] = 'A';
	anonymous = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	strcpy(anonymous + 5 * 4096, "in memory of its own");
	secret = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	strcpy(secret, "not to be shown");
	madvise(secret, 4096, MADV_DONTDUMP);
	pthread_create(&thread, NULL, wait_for_ever, NULL);
	pthread_create(&thread, NULL, wait_for_ever, NULL);
	while (ready < 2)
		sched_yield();
	*(volatile int *)16 = 1;
}

/* The core of a child that ran fn, read whole; NULL when there is none. */
static char *core_of(void (*fn)(void), size_t *size, pid_t *pid)
{
	char names[2][32];
	struct stat st;
	char *data = NULL;
	int status, fd;

	*pid = spawn(fn);
	status = wait_status(*pid);
	snprintf(names[0], sizeof(names[0]), "core");
	snprintf(names[1], sizeof(names[1]), "core.%d", *pid);
	for (int i = 0; i < 2; i++) {
		fd = open(names[i], O_RDONLY);
		if (fd < 0)
			continue;
		CHECK_OK(fstat(fd, &st));
		CHECK_EQ(st.st_mode & 0777, 0600);
		data = malloc(st.st_size);
		CHECK_EQ(read(fd, data, st.st_size), st.st_size);
		*size = st.st_size;
		close(fd);
		unlink(names[i]);
	}
	CHECK_EQ(!!WCOREDUMP(status), !!data);
	return data;
}

/* Is that text at that address, by the program headers? */
static int shows(const char *core, const char *addr, const char *text)
{
	const Elf64_Ehdr *eh = (const void *)core;
	const Elf64_Phdr *ph = (const void *)(core + eh->e_phoff);

	for (int i = 0; i < eh->e_phnum; i++) {
		unsigned long offset = (unsigned long)addr - ph[i].p_vaddr;

		if (ph[i].p_type == PT_LOAD && offset < ph[i].p_filesz)
			return !strcmp(core + ph[i].p_offset + offset, text);
	}
	return 0;
}

struct seen {
	int prstatus, fpregset, xstate, auxv, file, siginfo, prpsinfo;
	const struct prstatus_head {
		int signo, code, error;
		short cursig;
		unsigned long pending, held;
		int pid;
	} *first;
	const siginfo_t *info;
	const char *psargs;
	unsigned long files;
};

static struct seen read_notes(const char *core)
{
	const Elf64_Ehdr *eh = (const void *)core;
	const Elf64_Phdr *ph = (const void *)(core + eh->e_phoff);
	struct seen seen = {};

	CHECK_EQ(ph->p_type, PT_NOTE);
	for (size_t at = ph->p_offset; at < ph->p_offset + ph->p_filesz;) {
		const Elf64_Nhdr *note = (const void *)(core + at);
		const char *data = core + at + sizeof(*note) + ((note->n_namesz + 3) & ~3U);

		switch (note->n_type) {
		case NT_PRSTATUS:
			if (!seen.prstatus++)
				seen.first = (const void *)data;
			break;
		case NT_PRFPREG:
			seen.fpregset++;
			break;
		case NT_X86_XSTATE:
			seen.xstate++;
			break;
		case NT_PRPSINFO:
			seen.prpsinfo++;
			seen.psargs = data + 56;
			break;
		case NT_AUXV:
			seen.auxv++;
			break;
		case NT_SIGINFO:
			seen.siginfo++;
			seen.info = (const void *)data;
			break;
		case NT_FILE:
			seen.file++;
			seen.files = *(const unsigned long *)data;
			break;
		}
		at = data - core + ((note->n_descsz + 3) & ~3U);
	}
	return seen;
}

static void contents(void)
{
	size_t size = 0;
	pid_t pid;
	char *core = core_of(crash, &size, &pid);
	const Elf64_Ehdr *eh = (const void *)core;
	struct seen seen;

	NEED(core);
	CHECK(!memcmp(eh->e_ident, ELFMAG, 4));
	CHECK_EQ(eh->e_type, ET_CORE);
	CHECK_EQ(eh->e_machine, EM_X86_64);
	seen = read_notes(core);
	CHECK_EQ(seen.prstatus, 3);
	CHECK_EQ(seen.fpregset, 3);
	CHECK_EQ(seen.xstate, 3);
	CHECK_EQ(seen.prpsinfo, 1);
	CHECK_EQ(seen.auxv, 1);
	CHECK_EQ(seen.siginfo, 1);
	CHECK_EQ(seen.file, 1);
	CHECK_GT(seen.files, 0);
	CHECK_EQ(seen.first->pid, pid);
	CHECK_EQ(seen.first->cursig, SIGSEGV);
	CHECK_EQ(seen.info->si_signo, SIGSEGV);
	CHECK_EQ((unsigned long)seen.info->si_addr, 16);
	CHECK(strstr(seen.psargs, "core"));
	CHECK(shows(core, marker, "A word that stands in the data"));
	free(core);
}

static void show_memory(void)
{
	crash();
}

static void memory(void)
{
	size_t size = 0;
	char *core;
	pid_t pid;

	/* The child maps at the same places as we would. */
	anonymous = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	secret = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(anonymous, 8 * 4096);
	munmap(secret, 4096);
	core = core_of(show_memory, &size, &pid);
	NEED(core);
	CHECK(shows(core, anonymous + 5 * 4096, "in memory of its own"));
	CHECK(!shows(core, secret, "not to be shown"));
	free(core);
}

static void no_limit(void)
{
	struct rlimit limit = { 0, 0 };

	setrlimit(RLIMIT_CORE, &limit);
	abort();
}

static void not_dumpable(void)
{
	allow_core();
	prctl(PR_SET_DUMPABLE, 0);
	abort();
}

static void small_limit(void)
{
	struct rlimit limit = { 16384, 16384 };

	setrlimit(RLIMIT_CORE, &limit);
	abort();
}

static void filtered(void)
{
	int fd = open("/proc/self/coredump_filter", O_WRONLY);

	allow_core();
	if (write(fd, "0x10", 4) != 4)
		_exit(1);
	abort();
}

static void killed(void)
{
	allow_core();
	raise(SIGKILL);
}

static void limits(void)
{
	void (*none[])(void) = { no_limit, not_dumpable, killed };
	size_t size = 0;
	char text[16] = {}, *core;
	pid_t pid;
	int fd;

	for (int i = 0; i < 3; i++)
		CHECK(!core_of(none[i], &size, &pid));
	core = core_of(small_limit, &size, &pid);
	CHECK(core);
	CHECK_LE(size, 16384);
	free(core);
	/* ELF headers only: no data. */
	core = core_of(filtered, &size, &pid);
	CHECK(core && !shows(core, marker, marker));
	free(core);
	fd = open("/proc/self/coredump_filter", O_RDWR);
	CHECK_EQ(read(fd, text, 15), 9);
	CHECK_STR(text, "00000033\n");
	close(fd);
}

int main(void)
{
	char pattern[128] = {};
	int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY);

	if (fd < 0 || read(fd, pattern, sizeof(pattern) - 1) < 0 || strncmp(pattern, "core\n", 5))
		SKIP("cores do not go to the current folder here");
	close(fd);
	RUN(contents);
	RUN(memory);
	RUN(limits);
	return test_done();
}
