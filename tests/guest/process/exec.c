// SPDX-License-Identifier: MIT
/* execve(), execveat(): arguments, limits, scripts, malformed files, what survives. */
#include "test.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

extern char **environ;
static char self[200];

static void write_file(const char *name, const void *data, size_t len, mode_t mode)
{
	int fd;

	unlink(name);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	NEED(fd >= 0);
	NEED(write(fd, data, len) == (ssize_t)len);
	fchmod(fd, mode);
	close(fd);
}

static int exec_status(const char *file, char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execve(file, argv, environ);
		_exit(errno);
	}
	waitpid(pid, &status, 0);
	return status;
}

static int exec_errno(const char *file)
{
	char *argv[] = { (char *)file, NULL };
	int status = exec_status(file, argv);

	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

static void arguments_arrive(void)
{
	char *argv[] = { "zero", "args", "one", "", "three", NULL };

	CHECK_EQ(exec_status(self, argv), 0);
}

static void no_arguments_become_one(void)
{
	char *argv[] = { NULL };

	/* Since Linux 5.18 an empty argv becomes { "" }. */
	CHECK_EQ(exec_status(self, argv), 17 << 8);
}

static void refusals(void)
{
	char *argv[] = { "x", NULL };
	char name[PATH_MAX + 10];

	CHECK_ERR(execve("does/not/exist", argv, environ), ENOENT);
	CHECK_ERR(execve("", argv, environ), ENOENT);
	CHECK_ERR(execve("/", argv, environ), EACCES);
	write_file("noexec", "#!/bin/sh\n", 10, 0600);
	CHECK_ERR(execve("noexec", argv, environ), EACCES);
	CHECK_ERR(execve("noexec/x", argv, environ), ENOTDIR);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = 0;
	CHECK_ERR(execve(name, argv, environ), ENAMETOOLONG);
	CHECK_ERR(syscall(SYS_execve, 1L, argv, environ), EFAULT);
	CHECK_ERR(syscall(SYS_execve, self, 1L, environ), EFAULT);
	CHECK_ERR(syscall(SYS_execve, self, argv, 1L), EFAULT);
	argv[0] = (char *)1;
	CHECK_ERR(execve(self, argv, environ), EFAULT);
	symlink("loop", "loop");
	argv[0] = "x";
	CHECK_ERR(execve("loop", argv, environ), ELOOP);
}

static void too_long(void)
{
	size_t len = 32 * 4096;
	char *text = malloc(len + 1), **many;
	char *argv[] = { text, NULL };

	memset(text, 'a', len);
	text[len] = 0;
	CHECK_ERR(execve(self, argv, environ), E2BIG);
	text[100 * 1024] = 0;
	many = calloc(102, sizeof(char *));
	for (int i = 0; i < 101; i++)
		many[i] = text;
	CHECK_ERR(execve(self, many, environ), E2BIG);
	/* One below the limit of a single string is fine. */
	memset(text, 'a', len);
	text[len - 1] = 0;
	argv[0] = text;
	CHECK_EQ(exec_status(self, argv), 18 << 8);
	free(many);
	free(text);
}

static void scripts(void)
{
	char line[600];

	snprintf(line, sizeof(line), "#! %s script-arg with blanks \nrest\n", self);
	write_file("script", line, strlen(line), 0700);
	CHECK_EQ(exec_errno("./script"), 0);
	/* The interpreter may be a script, five deep. */
	write_file("s0", line, strlen(line), 0700);
	for (int i = 1; i < 8; i++) {
		char name[8];

		snprintf(name, sizeof(name), "s%d", i);
		snprintf(line, sizeof(line), "#!./s%d\n", i - 1);
		write_file(name, line, strlen(line), 0700);
	}
	CHECK_EQ(exec_errno("./s7"), ELOOP);
	write_file("bad", "#!\n", 3, 0700);
	CHECK_EQ(exec_errno("./bad"), ENOEXEC);
	write_file("bad", "#!  \n", 5, 0700);
	CHECK_EQ(exec_errno("./bad"), ENOEXEC);
	write_file("bad", "#!/does/not/exist\n", 18, 0700);
	CHECK_EQ(exec_errno("./bad"), ENOENT);
	memset(line, 'x', 300);
	memcpy(line, "#!/", 3);
	line[300] = '\n';
	write_file("bad", line, 301, 0700);
	CHECK_EQ(exec_errno("./bad"), ENOEXEC);
	write_file("bad", "", 0, 0700);
	CHECK_EQ(exec_errno("./bad"), ENOEXEC);
	write_file("bad", "echo hello\n", 11, 0700);
	CHECK_EQ(exec_errno("./bad"), ENOEXEC);
}

static void damage(const char *what, size_t offset, unsigned long value, size_t size, int want)
{
	unsigned char head[4096];
	Elf64_Ehdr *h = (Elf64_Ehdr *)head;
	Elf64_Phdr *p = (Elf64_Phdr *)(head + sizeof(*h));
	int got;

	memset(head, 0, sizeof(head));
	memcpy(h->e_ident, ELFMAG, SELFMAG);
	h->e_ident[EI_CLASS] = ELFCLASS64;
	h->e_ident[EI_DATA] = ELFDATA2LSB;
	h->e_ident[EI_VERSION] = EV_CURRENT;
	h->e_type = ET_EXEC;
	h->e_machine = EM_X86_64;
	h->e_version = EV_CURRENT;
	h->e_entry = 0x400200;
	h->e_phoff = sizeof(*h);
	h->e_ehsize = sizeof(*h);
	h->e_phentsize = sizeof(*p);
	h->e_phnum = 1;
	p->p_type = PT_LOAD;
	p->p_flags = PF_R | PF_X;
	p->p_vaddr = 0x400000;
	p->p_filesz = p->p_memsz = 0x300;
	p->p_align = 0x1000;
	/* exit_group(44) */
	memcpy(head + 0x200, "\xb8\xe7\x00\x00\x00\xbf\x2c\x00\x00\x00\x0f\x05", 12);
	memcpy(head + offset, &value, size);
	write_file("damaged", head, sizeof(head), 0700);
	got = exec_errno("./damaged");
	if (got != want)
		FAIL("%s: got %d, not %d", what, got, want);
}

#define DAMAGE_H(field, value, want)                                                               \
	damage(#field, offsetof(Elf64_Ehdr, field), value, sizeof(((Elf64_Ehdr *)0)->field), want)
#define DAMAGE_P(field, value, want)                                                               \
	damage(#field, sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, field), value,                    \
	       sizeof(((Elf64_Phdr *)0)->field), want)

static void malformed_elf(void)
{
	damage("nothing", 0x300, 0, 1, 44);
	damage("magic", 0, 0, 1, ENOEXEC);
	damage("class", EI_CLASS, ELFCLASS64 + 5, 1, 44);
	DAMAGE_H(e_type, ET_REL, ENOEXEC);
	DAMAGE_H(e_type, ET_CORE, ENOEXEC);
	DAMAGE_H(e_type, 0xffff, ENOEXEC);
	DAMAGE_H(e_machine, EM_ARM, ENOEXEC);
	DAMAGE_H(e_phentsize, 55, ENOEXEC);
	DAMAGE_H(e_phentsize, 0, ENOEXEC);
	DAMAGE_H(e_phnum, 0, ENOEXEC);
	DAMAGE_H(e_phnum, 0xffff, ENOEXEC);
	DAMAGE_H(e_phoff, 1UL << 40, ENOEXEC);
	DAMAGE_H(e_phoff, ~0UL, ENOEXEC);
	/* These are seen after the old program is gone. */
	DAMAGE_P(p_memsz, 0x10, 1000 + SIGSEGV);
	DAMAGE_P(p_memsz, 1UL << 60, 1000 + SIGSEGV);
	DAMAGE_P(p_vaddr, 1UL << 60, 1000 + SIGSEGV);
	DAMAGE_P(p_offset, 0x800, 1000 + SIGSEGV);
	DAMAGE_H(e_entry, 0xffffffffff000000UL, 1000 + SIGSEGV);
}

static void truncated_elf(void)
{
	char head[128];
	int fd = open(self, O_RDONLY);

	NEED(fd >= 0);
	NEED(read(fd, head, sizeof(head)) == sizeof(head));
	close(fd);
	write_file("short", head, 4, 0700);
	CHECK_EQ(exec_errno("./short"), ENOEXEC);
	write_file("short", head, 63, 0700);
	CHECK_EQ(exec_errno("./short"), ENOEXEC);
	write_file("short", head, 100, 0700);
	CHECK_EQ(exec_errno("./short"), ENOEXEC);
}

static void bad_interpreter(void)
{
	unsigned char head[4096] = {};
	Elf64_Ehdr *h = (Elf64_Ehdr *)head;
	Elf64_Phdr *p = (Elf64_Phdr *)(head + sizeof(*h));

	memcpy(h->e_ident, ELFMAG, SELFMAG);
	h->e_ident[EI_CLASS] = ELFCLASS64;
	h->e_type = ET_EXEC;
	h->e_machine = EM_X86_64;
	h->e_phoff = sizeof(*h);
	h->e_phentsize = sizeof(*p);
	h->e_phnum = 1;
	p->p_type = PT_INTERP;
	p->p_offset = 0x200;
	p->p_filesz = 1;
	write_file("interp", head, sizeof(head), 0700);
	CHECK_EQ(exec_errno("./interp"), ENOEXEC);
	p->p_filesz = 0x10000;
	write_file("interp", head, sizeof(head), 0700);
	CHECK_EQ(exec_errno("./interp"), ENOEXEC);
	memcpy(head + 0x200, "/does/not/exist", 16);
	p->p_filesz = 15;
	write_file("interp", head, sizeof(head), 0700);
	CHECK_EQ(exec_errno("./interp"), ENOEXEC);
	p->p_filesz = 16;
	write_file("interp", head, sizeof(head), 0700);
	CHECK_EQ(exec_errno("./interp"), ENOENT);
	memcpy(head + 0x200, "./damaged2", 11);
	p->p_filesz = 11;
	memset(head + 0x300, 'x', 64);
	write_file("damaged2", head + 0x300, 2048, 0700);
	write_file("interp", head, sizeof(head), 0700);
	CHECK_EQ(exec_errno("./interp"), ELIBBAD);
}

static void bss_is_zero_to_the_end_of_the_page(void)
{
	unsigned char head[8192];
	Elf64_Ehdr *h = (Elf64_Ehdr *)head;
	Elf64_Phdr *p = (Elf64_Phdr *)(head + sizeof(*h));
	/* mov eax,[0x401ffc]; movzx edi,al; mov eax,231; syscall */
	static const unsigned char code[] = { 0x8b, 0x04, 0x25, 0xfc, 0x1f, 0x40, 0x00, 0x0f, 0xb6,
					      0xf8, 0xb8, 0xe7, 0,    0,    0,	  0x0f, 0x05 };

	memset(head, 0xee, sizeof(head));
	memset(head, 0, 0x200);
	memcpy(h->e_ident, ELFMAG, SELFMAG);
	h->e_ident[EI_CLASS] = ELFCLASS64;
	h->e_type = ET_EXEC;
	h->e_machine = EM_X86_64;
	h->e_entry = 0x400200;
	h->e_phoff = sizeof(*h);
	h->e_phentsize = sizeof(*p);
	h->e_phnum = 2;
	p[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
			     .p_flags = PF_R | PF_X,
			     .p_vaddr = 0x400000,
			     .p_filesz = 0x300,
			     .p_memsz = 0x300,
			     .p_align = 0x1000 };
	p[1] = (Elf64_Phdr){ .p_type = PT_LOAD,
			     .p_flags = PF_R | PF_W,
			     .p_vaddr = 0x401000,
			     .p_offset = 0x1000,
			     .p_filesz = 0x10,
			     .p_memsz = 0x20,
			     .p_align = 0x1000 };
	memcpy(head + 0x200, code, sizeof(code));
	write_file("bss", head, sizeof(head), 0700);
	CHECK_EQ(exec_errno("./bss"), 0);
}

static void handler(int sig)
{
}

static void what_survives(void)
{
	char *argv[] = { "zero", "survivors", NULL };
	sigset_t set;
	pid_t pid = fork();
	int status, fd;

	if (!pid) {
		signal(SIGUSR1, handler);
		signal(SIGUSR2, SIG_IGN);
		sigemptyset(&set);
		sigaddset(&set, SIGTERM);
		sigprocmask(SIG_BLOCK, &set, NULL);
		raise(SIGTERM);
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		dup2(fd, 50);
		fcntl(50, F_SETFD, 0);
		dup3(fd, 51, O_CLOEXEC);
		alarm(100);
		execve(self, argv, environ);
		_exit(99);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void *__attribute__((noreturn)) exec_from_thread(void *pid)
{
	char *argv[] = { "zero", "pid", pid, NULL };

	execve(self, argv, environ);
	_exit(98);
}

static void *__attribute__((noreturn)) sleep_for_ever(void *arg)
{
	for (;;)
		pause();
}

static void thread_becomes_the_process(void)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		static char text[20];
		pthread_t thread;

		snprintf(text, sizeof(text), "%d", getpid());
		for (int i = 0; i < 5; i++)
			pthread_create(&thread, NULL, sleep_for_ever, NULL);
		pthread_create(&thread, NULL, exec_from_thread, text);
		sleep_for_ever(NULL);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void execveat_forms(void)
{
	char *argv[] = { "zero", "args", "one", "", "three", NULL };
	int fd = open(self, O_RDONLY), status, dir;
	pid_t pid;

	NEED(fd >= 0);
	pid = fork();
	if (!pid) {
		syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
		_exit(errno);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_ERR(syscall(SYS_execveat, fd, "", argv, environ, 0), ENOENT);
	CHECK_ERR(syscall(SYS_execveat, fd, "x", argv, environ, 0), ENOTDIR);
	CHECK_ERR(syscall(SYS_execveat, 999, "x", argv, environ, 0), EBADF);
	CHECK_ERR(syscall(SYS_execveat, AT_FDCWD, self, argv, environ, 0x10), EINVAL);
	symlink(self, "link");
	CHECK_ERR(syscall(SYS_execveat, AT_FDCWD, "link", argv, environ, AT_SYMLINK_NOFOLLOW),
		  ELOOP);
	dir = open(".", O_RDONLY | O_DIRECTORY);
	pid = fork();
	if (!pid) {
		syscall(SYS_execveat, dir, "link", argv, environ, 0);
		_exit(errno);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	close(fd);
	/* A script through a close-on-exec descriptor could not be opened by its interpreter. */
	fd = open("script", O_RDONLY | O_CLOEXEC);
	CHECK_ERR(syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH), ENOENT);
	close(fd);
	close(dir);
}

static void busy_text(void)
{
	char buf[8192];
	int in = open(self, O_RDONLY), out, fds[2], status;
	ssize_t n;
	pid_t pid;
	char *argv[] = { "zero", "pause", NULL };

	out = open("copy", O_WRONLY | O_CREAT | O_TRUNC, 0700);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		NEED(write(out, buf, n) == n);
	CHECK_ERR(execve("./copy", argv, environ), ETXTBSY);
	close(out);
	close(in);
	NEED(!pipe2(fds, O_CLOEXEC));
	pid = fork();
	if (!pid) {
		execve("./copy", argv, environ);
		_exit(1);
	}
	close(fds[1]);
	CHECK_EQ(read(fds[0], buf, 1), 0);
	CHECK_ERR(open("copy", O_WRONLY), ETXTBSY);
	kill(pid, SIGKILL);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	out = open("copy", O_WRONLY);
	CHECK_GE(out, 0);
	close(out);
	close(fds[0]);
}

/* What the executed program checks. */
static int inside(int argc, char **argv)
{
	if (argc == 0 || (argc == 1 && !argv[0][0]))
		return 17;
	if (argc == 1 && strlen(argv[0]) == 32 * 4096 - 1)
		return 18;
	if (argc >= 2 && !strcmp(argv[1], "args"))
		return argc != 5 || strcmp(argv[2], "one") || argv[3][0] ||
		       strcmp(argv[4], "three") || argv[5] || strcmp(argv[0], "zero");
	if (argc >= 2 && !strcmp(argv[1], "pause"))
		for (;;)
			pause();
	if (argc >= 2 && !strncmp(argv[1], "script-arg", 10))
		return argc != 3 || strcmp(argv[1], "script-arg with blanks") ||
		       strcmp(argv[0], self) || strcmp(argv[2] + strlen(argv[2]) - 6, "script");
	if (argc == 3 && !strcmp(argv[1], "pid"))
		return getpid() != atoi(argv[2]) || syscall(SYS_gettid) != getpid();
	if (argc >= 2 && !strcmp(argv[1], "survivors")) {
		struct sigaction sa;
		sigset_t set;

		sigaction(SIGUSR1, NULL, &sa);
		if (sa.sa_handler != SIG_DFL)
			return 1;
		sigaction(SIGUSR2, NULL, &sa);
		if (sa.sa_handler != SIG_IGN)
			return 2;
		sigprocmask(SIG_BLOCK, NULL, &set);
		if (!sigismember(&set, SIGTERM))
			return 3;
		sigpending(&set);
		if (!sigismember(&set, SIGTERM))
			return 4;
		if (fcntl(50, F_GETFD) < 0 || fcntl(51, F_GETFD) >= 0)
			return 5;
		return alarm(0) > 90 ? 0 : 6;
	}
	return -1;
}

static void auxiliary_vector(void)
{
	CHECK_EQ(getauxval(AT_PAGESZ), 4096);
	CHECK_EQ(getauxval(AT_CLKTCK), 100);
	CHECK_EQ(getauxval(AT_UID), getuid());
	CHECK_EQ(getauxval(AT_EGID), getegid());
	CHECK_EQ(getauxval(AT_SECURE), 0);
	CHECK_EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));
	CHECK_GT(getauxval(AT_PHNUM), 0);
	CHECK_NE(getauxval(AT_PHDR), 0);
	CHECK_NE(getauxval(AT_ENTRY), 0);
	CHECK_NE(getauxval(AT_HWCAP), 0);
	CHECK_NE(getauxval(AT_RANDOM), 0);
	CHECK_GE(getauxval(AT_MINSIGSTKSZ), 1024);
	CHECK_STR((char *)getauxval(AT_PLATFORM), "x86_64");
	CHECK_NE(getauxval(AT_EXECFN), 0);
}

int main(int argc, char **argv)
{
	int ret;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0)
		self[n] = 0;
	ret = inside(argc, argv);
	if (ret >= 0)
		return ret;
	RUN(auxiliary_vector);
	RUN(arguments_arrive);
	RUN(no_arguments_become_one);
	RUN(refusals);
	RUN(too_long);
	RUN(scripts);
	RUN(malformed_elf);
	RUN(truncated_elf);
	RUN(bad_interpreter);
	RUN(bss_is_zero_to_the_end_of_the_page);
	RUN(what_survives);
	RUN(thread_becomes_the_process);
	RUN(execveat_forms);
	RUN(busy_text);
	return test_done();
}
