// SPDX-License-Identifier: MIT
/* The dispatch table: every slot answers, unknown numbers are ENOSYS. */
#include <kern/entry.h>
#include <kern/errno.h>
#include <kern/ktest.h>
#include <kern/syscalls.h>

#include <asm/unistd.h>

KTEST(syscall, every_slot_is_filled)
{
	for (unsigned int nr = 0; nr < nr_syscalls; nr++)
		KEXPECT_NOT_NULL(sys_call_table[nr]);
}

KTEST(syscall, names_stand_at_their_numbers)
{
	KEXPECT_STREQ(sys_call_names[__NR_read], "read");
	KEXPECT_STREQ(sys_call_names[__NR_execve], "execve");
	KEXPECT_STREQ(sys_call_names[__NR_futex], "futex");
	KEXPECT_STREQ(sys_call_names[__NR_clone3], "clone3");
}

KTEST(syscall, unknown_numbers)
{
	static const unsigned long numbers[] = { 100000, ~0UL, 335, 1UL << 30, __NR__sysctl };

	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		/* As the trap's entry leaves it: number -1, a tracer's, keeps what is there. */
		struct pt_regs regs = { .orig_ax = numbers[i], .ax = -ENOSYS };

		do_syscall_64(&regs);
		KEXPECT_EQ((long)regs.ax, -ENOSYS);
	}
}

KTEST(syscall, a_call_is_made)
{
	struct pt_regs regs = { .orig_ax = __NR_getppid };

	do_syscall_64(&regs);
	KEXPECT_GE((long)regs.ax, 0);
	/* The upper half of the number is not looked at. */
	regs.orig_ax = __NR_getpid | 1UL << 32;
	do_syscall_64(&regs);
	KEXPECT_GT((long)regs.ax, 0);
}
