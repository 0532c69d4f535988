// SPDX-License-Identifier: MIT
/* Forged frames: the stack pointer in the slot, jumps into every byte of the stub. */
#include "hostile.h"

static void call_from_slot(void)
{
	/* The host pushes its frame below this instead of where the kernel looks. */
	for (unsigned long at = STUB_SLOTS + SLOT_SIZE - 64; at > STUB_SLOTS + 512; at -= 1024)
		__asm__ volatile("mov %%rsp, %%rbx; mov %0, %%rsp; syscall; mov %%rbx, %%rsp"
				 :
				 : "r"(at), "a"(SYS_getppid)
				 : "rbx", "rcx", "r11", "memory");
}

static void jump_to_byte(struct attempts *a, int index)
{
	unsigned long at = STUB_TEXT + index;

	if (sigsetjmp(caught, 1)) {
		alarm_in_us(0);
		a->caught++;
		return;
	}
	alarm_in_us(3000);
	__asm__ volatile("xor %%ebx, %%ebx; xor %%ebp, %%ebp; jmp *%0"
			 :
			 : "r"(at), "a"(39), "D"(0), "S"(0), "d"(0)
			 : "memory");
}

static void every_byte_of_the_stub_is_jumped_to(void)
{
	struct attempts *a = new_attempts();

	run_attempts(a, STUB_TEXT_SIZE, 6000, jump_to_byte);
	CHECK(a->next > 100);
	CHECK(a->caught > 50);
}

/* Loops in the stub itself with its own slot in order: a guest that never answers a kick. */
static void return_without_end(void)
{
	volatile unsigned int *words = (volatile unsigned int *)STUB_SLOTS;

	catch_all();
	words[0] = 0;
	for (int i = 0; i < (int)(SLOT_SIZE / 4); i++)
		words[i] = 0;
	__asm__ volatile("mov %0, %%rsp; pushq $0; iretq"
			 :
			 : "r"(STUB_SLOTS + SLOT_SIZE - 1024)
			 : "memory");
}

static void wrong_segments(void)
{
	catch_all();
	if (sigsetjmp(caught, 1))
		_exit(0);
	__asm__ volatile("pushq $0x10; pushq $0; pushq $0x202; pushq $0x8; pushq $0; iretq" ::
				 : "memory");
}

static void bad_flags(void)
{
	catch_all();
	/* NT and AC, then a call: the stub's own code must not trip. */
	for (int i = 0; i < 1000; i++)
		__asm__ volatile(
			"pushfq; orq $0x4000, (%%rsp); popfq; mov $110, %%eax; syscall; pushfq; andq $~0x4000, (%%rsp); popfq" ::
				: "rax", "rcx", "r11", "memory", "cc");
	_exit(42);
}

static void forged_frames_hurt_only_the_forger(void)
{
	run_attack(call_from_slot, 2000);
	run_attack(return_without_end, 1000);
	CHECK_EQ(run_attack(wrong_segments, 1000), 0);
	CHECK_EQ(run_attack(bad_flags, 2000), 42 << 8);
}

int main(void)
{
	RUN(every_byte_of_the_stub_is_jumped_to);
	RUN(forged_frames_hurt_only_the_forger);
	return test_done();
}
