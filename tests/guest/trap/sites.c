// SPDX-License-Identifier: MIT
/*
 * System calls made often from one place, which a kernel may treat in a way of its own: all that
 * a program can see of them must be as after the first one. Registers, flags, signals, restarts,
 * jumps into the middle, text that is read, written, mapped twice or single-stepped.
 */
#include "test.h"

#include <asm/prctl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>

#define HOT 40

/* Two functions with one system call each, and a copy of their bytes that is data. */
#define CODE(name)                                                                                 \
	".balign 64\n" #name "const_site: movl $110, %eax\n" #name "const_call: syscall\n" #name       \
	"const_back: ret\n"                                                                        \
	".balign 64\n" #name "var_site: syscall\n" #name "var_compare: cmpq $-4095, %rax\n"        \
	"jae 1f\n"                                                                                 \
	"xorl %edx, %edx\n"                                                                        \
	"ret\n"                                                                                    \
	"1: movl $1, %edx\n"                                                                       \
	"ret\n"                                                                                    \
	".balign 64\n"
__asm__(".pushsection .text\n" CODE() "sites_end:\n.popsection\n"
	".pushsection .rodata\n" CODE(copy_of_) ".popsection\n");
extern char const_site[], const_call[], const_back[], var_site[], var_compare[], sites_end[];
extern const char copy_of_const_site[];
extern char __executable_start[], etext[];

static long call_const(const void *site)
{
	long ret;

	__asm__ volatile("subq $128, %%rsp; call *%1; addq $128, %%rsp"
			 : "=a"(ret)
			 : "r"(site)
			 : "rcx", "r11", "rdx", "memory", "cc");
	return ret;
}

/* *failed: as the code behind the comparison saw it. */
static long call_var(const void *site, long nr, long a, long b, long *failed)
{
	long ret, flag;

	__asm__ volatile("subq $128, %%rsp; call *%2; addq $128, %%rsp"
			 : "=a"(ret), "=d"(flag)
			 : "r"(site), "a"(nr), "D"(a), "S"(b)
			 : "rcx", "r11", "memory", "cc");
	*failed = flag;
	return ret;
}

static void results_are_right(void)
{
	long failed;

	for (int i = 0; i < HOT; i++) {
		CHECK_EQ(call_const(const_site), getppid());
		CHECK_EQ(call_var(var_site, SYS_getpid, 0, 0, &failed), getpid());
		CHECK_EQ(failed, 0);
		CHECK_EQ(call_var(var_site, SYS_close, -1, 0, &failed), -EBADF);
		CHECK_EQ(failed, 1);
	}
}

/* All registers but rax, rcx and r11, and the flags, come back. */
struct registers {
	unsigned long bx, dx, si, di, bp, r8, r9, r10, r12, r13, r14, r15, flags, cx, r11;
};

static void around_const(struct registers *r)
{
	__asm__ volatile("pushq %%rbx; pushq %%rbp; pushq %0; movq %0, %%rax\n"
			 "movq (%%rax), %%rbx; movq 8(%%rax), %%rdx; movq 16(%%rax), %%rsi\n"
			 "movq 24(%%rax), %%rdi; movq 32(%%rax), %%rbp; movq 40(%%rax), %%r8\n"
			 "movq 48(%%rax), %%r9; movq 56(%%rax), %%r10; movq 64(%%rax), %%r12\n"
			 "movq 72(%%rax), %%r13; movq 80(%%rax), %%r14; movq 88(%%rax), %%r15\n"
			 "pushq 96(%%rax); popfq\n"
			 "call const_site\n"
			 "pushfq; popq %%rax\n"
			 "xchgq %%rax, (%%rsp)\n"
			 "movq %%rbx, (%%rax); movq %%rdx, 8(%%rax); movq %%rsi, 16(%%rax)\n"
			 "movq %%rdi, 24(%%rax); movq %%rbp, 32(%%rax); movq %%r8, 40(%%rax)\n"
			 "movq %%r9, 48(%%rax); movq %%r10, 56(%%rax); movq %%r12, 64(%%rax)\n"
			 "movq %%r13, 72(%%rax); movq %%r14, 80(%%rax); movq %%r15, 88(%%rax)\n"
			 "movq %%rcx, 104(%%rax); movq %%r11, 112(%%rax)\n"
			 "popq 96(%%rax); popq %%rbp; popq %%rbx; cld\n"
			 : "+r"(r)
			 :
			 : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
			   "r14", "r15", "memory", "cc");
}

static void registers_are_kept(void)
{
	for (int i = 0; i < HOT; i++) {
		unsigned long flags = 0x202 | (i * 0x9d5UL & 0x8d5);
		struct registers r = { i + 1, i + 2, i + 3, i + 4, i + 5, i + 6,  i + 7, i + 8,
				       i + 9, ~i,    -i,    i * 7, flags, 0,	 0 };

		around_const(&r);
		CHECK_EQ(r.bx, i + 1);
		CHECK_EQ(r.dx, i + 2);
		CHECK_EQ(r.si, i + 3);
		CHECK_EQ(r.di, i + 4);
		CHECK_EQ(r.bp, i + 5);
		CHECK_EQ(r.r8, i + 6);
		CHECK_EQ(r.r9, i + 7);
		CHECK_EQ(r.r10, i + 8);
		CHECK_EQ(r.r12, i + 9);
		CHECK_EQ(r.r13, ~i);
		CHECK_EQ(r.r14, -i);
		CHECK_EQ(r.r15, i * 7);
		CHECK_EQ(r.flags & 0x8d5, flags & 0x8d5);
		CHECK_EQ(r.cx, (unsigned long)const_back);
		CHECK_EQ(r.r11 & 0x8d5, flags & 0x8d5);
	}
}

static void the_middle_can_be_entered(void)
{
	for (int i = 0; i < HOT; i++) {
		long ret, flag;

		/* The `syscall` with another number. */
		__asm__ volatile("subq $128, %%rsp; call *%1; addq $128, %%rsp"
				 : "=a"(ret)
				 : "r"(const_call), "a"(SYS_getpid)
				 : "rcx", "r11", "memory", "cc");
		CHECK_EQ(ret, getpid());
		/* The comparison, with nothing called. */
		__asm__ volatile("subq $128, %%rsp; call *%2; addq $128, %%rsp"
				 : "=a"(ret), "=d"(flag)
				 : "r"(var_compare), "a"(i & 1 ? -5L : 1234567890123L)
				 : "rcx", "r11", "memory", "cc");
		CHECK_EQ(ret, i & 1 ? -5L : 1234567890123L);
		CHECK_EQ(flag, i & 1);
	}
}

/* ---- signals ---- */

static volatile int signals, strange;
static volatile int *shared_signals; /* where a child sees them, if any looks */

static bool in_text(unsigned long ip)
{
	return ip >= (unsigned long)__executable_start && ip < (unsigned long)etext;
}

static void note_ip(int signr, siginfo_t *info, void *context)
{
	unsigned long ip = ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	signals++;
	if (shared_signals)
		*shared_signals = signals;
	/* Behind the call, or before it; or in the vdso or what called us. */
	if (ip >= 0x7e0000000000 && ip < 0x7e8000000000)
		strange++;
	if (ip > (unsigned long)var_site && ip < (unsigned long)var_compare)
		strange++;
}

static void catch(int signr, int flags)
{
	struct sigaction action = { .sa_sigaction = note_ip, .sa_flags = SA_SIGINFO | flags };

	CHECK_OK(sigaction(signr, &action, NULL));
}

static void signals_find_the_original(void)
{
	struct itimerval timer = { { 0, 500 }, { 0, 500 } }, off = { 0 };
	long long end = test_now_ns() + 300000000;
	double sum = 0, x = 1.5;
	long failed;

	catch(SIGALRM, 0);
	signals = strange = 0;
	CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
	while (test_now_ns() < end) {
		CHECK_EQ(call_const(const_site), getppid());
		CHECK_EQ(call_var(var_site, SYS_close, -1, 0, &failed), -EBADF);
		CHECK_EQ(failed, 1);
		sum += x;
	}
	CHECK_OK(setitimer(ITIMER_REAL, &off, NULL));
	CHECK_GT(signals, 5);
	CHECK_EQ(strange, 0);
	CHECK_EQ(sum, (long)(sum / 1.5) * 1.5);
}

/* To itself, so that the signal is delivered at the end of the call. */
static void a_signal_at_its_own_call(void)
{
	double kept = 2.25;
	long failed;

	catch(SIGUSR1, 0);
	signals = strange = 0;
	for (int i = 0; i < HOT; i++) {
		double held = kept * i;

		__asm__ volatile("" : "+x"(held));
		CHECK_EQ(call_var(var_site, SYS_tkill, syscall(SYS_gettid), SIGUSR1, &failed), 0);
		CHECK_EQ(failed, 0);
		CHECK_EQ(held, kept * i);
		CHECK_EQ(signals, i + 1);
	}
	CHECK_EQ(strange, 0);
}

static void interrupted_reads(int flags)
{
	struct itimerval off = { 0 };
	int fds[2];
	long failed;
	char c;

	NEED(!pipe(fds));
	shared_signals = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0);
	NEED(shared_signals != MAP_FAILED);
	catch(SIGALRM, flags);
	for (int i = 0; i < 12; i++) {
		/* Again and again where nothing else ends the read: the first may come before it. */
		struct itimerval timer = { { 0, flags ? 0 : 3000 }, { 0, 3000 } };
		pid_t pid = 0;

		*shared_signals = signals = 0;
		if (flags) {
			pid = fork();
			if (!pid) {
				/* Not before the signal, and as a rule well after the restart. */
				while (!*shared_signals)
					test_sleep_ms(1);
				test_sleep_ms(5);
				_exit(write(fds[1], "x", 1) != 1);
			}
		}
		CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
		long ret;
		register long size __asm__("rdx") = 1;

		__asm__ volatile("subq $128, %%rsp; call *%2; addq $128, %%rsp"
				 : "=a"(ret), "+r"(size)
				 : "r"(var_site), "a"(SYS_read), "D"((long)fds[0]), "S"(&c)
				 : "rcx", "r11", "memory", "cc");
		failed = size;
		CHECK(flags ? signals == 1 : signals >= 1);
		CHECK_EQ(ret, flags ? 1 : -EINTR);
		CHECK_EQ(failed, !flags);
		CHECK_OK(setitimer(ITIMER_REAL, &off, NULL));
		if (pid)
			waitpid(pid, NULL, 0);
	}
	munmap((void *)shared_signals, sizeof(int));
	shared_signals = NULL;
	close(fds[0]);
	close(fds[1]);
}

static void interrupted_calls(void)
{
	interrupted_reads(0);
	interrupted_reads(SA_RESTART);
}

/* ---- text ---- */

static void file_and_memory_show_the_original(void)
{
	size_t size = sites_end - const_site;
	unsigned char bytes[256];
	int fd = open("/proc/self/mem", O_RDONLY);

	NEED(fd >= 0);
	results_are_right();
	CHECK_EQ(pread(fd, bytes, size, (off_t)(long)const_site), size);
	close(fd);
	CHECK_EQ(bytes[0], 0xb8);
	CHECK_EQ(bytes[5], 0x0f);
	CHECK_EQ(bytes[6], 0x05);
	CHECK_EQ(bytes[var_site - const_site], 0x0f);
	CHECK_EQ(bytes[var_site - const_site + 2], 0x48);
}

/* A file with a copy of the code, mapped; open for writing when `fd` is wanted. */
static char *map_copy(const char *name, int *fd)
{
	static char page[4096];
	int file = open(name, O_RDWR | O_CREAT | O_TRUNC, 0755);
	char *at;

	NEED(file >= 0);
	memcpy(page + 256, copy_of_const_site, sites_end - const_site);
	NEED(write(file, page, sizeof(page)) == sizeof(page));
	if (fd) {
		*fd = file;
	} else {
		close(file);
		file = open(name, O_RDONLY);
	}
	at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
	NEED(at != MAP_FAILED);
	if (!fd)
		close(file);
	return at + 256;
}

static void change_number(int fd, char number)
{
	CHECK_EQ(pwrite(fd, &number, 1, 257), 1);
}

static void written_text_is_what_runs(void)
{
	char *code = map_copy("code", NULL);
	int fd;

	for (int i = 0; i < HOT; i++)
		CHECK_EQ(call_const(code), getppid());
	fd = open("code", O_RDWR);
	NEED(fd >= 0);
	change_number(fd, SYS_getpid);
	for (int i = 0; i < HOT; i++)
		CHECK_EQ(call_const(code), getpid());
	change_number(fd, SYS_getppid);
	CHECK_EQ(call_const(code), getppid());
	close(fd);
	for (int i = 0; i < HOT; i++)
		CHECK_EQ(call_const(code), getppid());
	munmap(code - 256, 4096);
	code = map_copy("code2", &fd);
	for (int i = 0; i < HOT; i++) {
		change_number(fd, i & 1 ? SYS_getpid : SYS_getppid);
		CHECK_EQ(call_const(code), i & 1 ? getpid() : getppid());
	}
	close(fd);
}

static void own_copy_is_what_runs(void)
{
	char *code = map_copy("private", NULL);

	for (int i = 0; i < HOT; i++)
		CHECK_EQ(call_const(code), getppid());
	CHECK_OK(mprotect(code - 256, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	for (int i = 0; i < HOT; i++) {
		code[1] = i & 1 ? SYS_getpid : SYS_getppid;
		CHECK_EQ(call_const(code), i & 1 ? getpid() : getppid());
	}
	CHECK_OK(mprotect(code - 256, 4096, PROT_READ | PROT_EXEC));
	CHECK_EQ(call_const(code), getpid());
}

static void two_mappings_of_one_page(void)
{
	int fd;
	long failed;
	char *a = map_copy("twice", NULL), *b;

	fd = open("twice", O_RDONLY);
	NEED(fd >= 0);
	b = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	NEED(b != MAP_FAILED);
	close(fd);
	for (int i = 0; i < 3 * HOT; i++) {
		char *code = i % 3 ? a : b + 256;

		CHECK_EQ(call_const(code), getppid());
		CHECK_EQ(call_var(code + (var_site - const_site), SYS_close, -1, 0, &failed), -EBADF);
		CHECK_EQ(failed, 1);
	}
	munmap(a - 256, 4096);
	for (int i = 0; i < HOT; i++)
		CHECK_EQ(call_const(b + 256), getppid());
}

/* ---- the rest ---- */

static volatile unsigned long steps, steps_elsewhere;

static void on_step(int signr, siginfo_t *info, void *context)
{
	steps++;
	steps_elsewhere += !in_text(((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP]);
}

static void single_steps(void)
{
	struct sigaction action = { .sa_sigaction = on_step, .sa_flags = SA_SIGINFO };
	long ret = 0, flag;

	CHECK_OK(sigaction(SIGTRAP, &action, NULL));
	results_are_right();
	for (int i = 0; i < HOT; i++) {
		steps = 0;
		__asm__ volatile("subq $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq\n"
				 "call const_site\n"
				 "pushfq; andq $~0x100, (%%rsp); popfq; addq $128, %%rsp"
				 : "=a"(ret)
				 :
				 : "rcx", "r11", "memory", "cc");
		CHECK_EQ(ret, getppid());
		CHECK_GT(steps, 3);
		__asm__ volatile("subq $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq\n"
				 "call var_site\n"
				 "pushfq; andq $~0x100, (%%rsp); popfq; addq $128, %%rsp"
				 : "=a"(ret), "=d"(flag)
				 : "a"(SYS_getppid)
				 : "rcx", "r11", "memory", "cc");
		CHECK_EQ(ret, getppid());
		CHECK_EQ(flag, 0);
	}
	CHECK_EQ(steps_elsewhere, 0);
	signal(SIGTRAP, SIG_DFL);
}

static void the_other_segment_base(void)
{
	static long words[4] = { 11, 22, 33, 44 };
	unsigned long base = 1;
	long value;

	CHECK_OK(syscall(SYS_arch_prctl, ARCH_GET_GS, &base));
	CHECK_EQ(base, 0);
	CHECK_OK(syscall(SYS_arch_prctl, ARCH_SET_GS, words));
	for (int i = 0; i < HOT; i++) {
		results_are_right();
		__asm__ volatile("movq %%gs:8, %0" : "=r"(value));
		CHECK_EQ(value, 22);
	}
	CHECK_OK(syscall(SYS_arch_prctl, ARCH_SET_GS, 0));
	results_are_right();
}

static void *hammer(void *arg)
{
	long bad = 0, failed;
	pid_t pid = getpid();
	double x = (long)arg;

	for (int i = 0; i < 3000; i++) {
		bad += call_var(var_site, SYS_getpid, 0, 0, &failed) != pid || failed;
		bad += call_var(var_site, SYS_close, -1, 0, &failed) != -EBADF || !failed;
		x += 1;
	}
	return (void *)(bad + (x != (long)arg + 3000.0));
}

static void threads_at_once(void)
{
	pthread_t threads[6];

	for (long i = 0; i < 6; i++)
		NEED(!pthread_create(&threads[i], NULL, hammer, (void *)i));
	for (int i = 0; i < 6; i++) {
		void *bad;

		pthread_join(threads[i], &bad);
		CHECK_EQ((long)bad, 0);
	}
}

static void children_go_on(void)
{
	double kept = 0.125;

	for (int i = 0; i < 10; i++) {
		double held = kept + i;
		long failed, pid, status = 0;

		__asm__ volatile("" : "+x"(held));
		pid = call_var(var_site, SYS_fork, 0, 0, &failed);
		if (!pid)
			_exit(failed || held != kept + i || call_const(const_site) != getppid());
		CHECK_GT(pid, 0);
		CHECK_EQ(failed, 0);
		CHECK_EQ(waitpid(pid, (int *)&status, 0), pid);
		CHECK_EQ(status, 0);
	}
}

int main(void)
{
	RUN(results_are_right);
	RUN(registers_are_kept);
	RUN(the_middle_can_be_entered);
	RUN(signals_find_the_original);
	RUN(a_signal_at_its_own_call);
	RUN(interrupted_calls);
	RUN(file_and_memory_show_the_original);
	RUN(written_text_is_what_runs);
	RUN(own_copy_is_what_runs);
	RUN(two_mappings_of_one_page);
	RUN(single_steps);
	RUN(the_other_segment_base);
	RUN(threads_at_once);
	RUN(children_go_on);
	return test_done();
}
