// SPDX-License-Identifier: MIT
/* Other ways into the host's kernel: int 0x80, sysenter, 32-bit code, x32 numbers, vsyscall. */
#include "hostile.h"

static long result;

static void attempt_int80(void)
{
	catch_all();
	if (sigsetjmp(caught, 1))
		_exit(0);
	/* 20 is getpid there, 39 mkdir: neither may answer. */
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
	_exit(result > 0 ? 1 : 0);
}

static void attempt_sysenter(void)
{
	catch_all();
	alarm_in_us(200000);
	if (sigsetjmp(caught, 1))
		_exit(0);
	__asm__ volatile("mov %%rsp, %%rbp; sysenter"
			 : "=a"(result)
			 : "a"(20)
			 : "memory", "rcx", "rdx", "rbp");
	_exit(1);
}

static void attempt_x32(void)
{
	for (unsigned long nr = 0; nr < 600; nr++) {
		long ret;

		__asm__ volatile("syscall"
				 : "=a"(ret)
				 : "a"(0x40000000UL + nr), "D"(-1L), "S"(0L), "d"(0L)
				 : "rcx", "r11", "memory");
		if (ret != -ENOSYS)
			_exit(1);
	}
}

/* In a 32-bit segment: the code is copied below 4 GiB. */
static void attempt_32bit(void)
{
	static const unsigned char code[] = {
		0xb8, 20,   0, 0, 0,		 /* mov $20, %eax */
		0xcd, 0x80,			 /* int $0x80 */
		0xb8, 20,   0, 0, 0, 0x0f, 0x05, /* syscall (AMD) */
		0xb8, 20,   0, 0, 0, 0x0f, 0x34, /* sysenter */
		0x0f, 0x0b,			 /* ud2 */
	};
	unsigned char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		_exit(77);
	memcpy(low, code, sizeof(code));
	catch_all();
	for (volatile int start = 0; start < 3; start++) {
		struct {
			unsigned int offset;
			unsigned short selector;
		} __attribute__((packed))
		target = { (unsigned int)(unsigned long)low + start * 7, 0x23 };

		alarm_in_us(200000);
		if (sigsetjmp(caught, 1))
			continue;
		__asm__ volatile("mov %0, %%rsp; ljmpl *%1"
				 :
				 : "r"(low + 8192 - 64), "m"(target)
				 : "memory", "rax", "rcx");
	}
}

static void attempt_vsyscall(void)
{
	static const unsigned long entries[] = { 0xffffffffff600000, 0xffffffffff600400,
						 0xffffffffff600800, 0xffffffffff600001,
						 0xffffffffff600c00 };

	catch_all();
	for (volatile int i = 0; i < 5; i++) {
		if (sigsetjmp(caught, 1))
			continue;
		alarm_in_us(200000);
		((long (*)(void *, void *))entries[i])(NULL, NULL);
	}
}

static void other_entries_do_not_answer(void)
{
	CHECK_EQ(run_attack(attempt_int80, 2000), 0);
	run_attack(attempt_sysenter, 2000);
	CHECK_EQ(run_attack(attempt_x32, 2000), 0);
	run_attack(attempt_32bit, 2000);
	run_attack(attempt_vsyscall, 2000);
}

int main(void)
{
	RUN(other_entries_do_not_answer);
	return test_done();
}
