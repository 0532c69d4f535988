// SPDX-License-Identifier: MIT
/* The exception table, and symbols. */
#include <kern/ktest.h>
#include <um/processor.h>
#include <um/setup.h>

/* Reads a byte that may not be mapped: 0, or -1 when it faulted. */
static noinline int read_or_fault(const void *addr)
{
	int result;
	char value;

	__asm__ volatile("1: movb (%2), %1\n"
			 "   xorl %0, %0\n"
			 "   jmp 3f\n"
			 "2: movl $-1, %0\n"
			 "3:\n" _ASM_EXTABLE(1b, 2b)
			 : "=&r"(result), "=&q"(value)
			 : "r"(addr)
			 : "cc", "memory");
	return result;
}

KTEST(fault, exception_table_catches)
{
	char there = 1;

	KEXPECT_EQ(read_or_fault(&there), 0);
	KEXPECT_EQ(read_or_fault((const void *)16), -1);
	KEXPECT_EQ(read_or_fault((const void *)0x7e7fffff0000UL), -1);
	KEXPECT_EQ(read_or_fault(&there), 0);
}

KTEST(fault, catches_with_interrupts_masked)
{
	for (int i = 0; i < 100; i++)
		KASSERT_EQ(read_or_fault((const void *)16), -1);
}

KTEST(fault, no_entry_elsewhere)
{
	KEXPECT_EQ(search_exception_table(0), 0UL);
	KEXPECT_EQ(search_exception_table((unsigned long)um_halt), 0UL);
}

KTEST(symbols, name_an_address)
{
	unsigned long offset, size;
	char name[64];

	KASSERT_TRUE(um_symbol_lookup((unsigned long)um_halt, name, sizeof(name), &offset, &size));
	KEXPECT_STREQ(name, "um_halt");
	KEXPECT_EQ(offset, 0UL);
	KEXPECT_FALSE(um_symbol_lookup(16, name, sizeof(name), &offset, &size));
}

KTEST(trace, finds_the_caller)
{
	unsigned long addrs[8];

	KEXPECT_TRUE(um_stack_trace(addrs, 8) >= 1);
}
