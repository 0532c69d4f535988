// SPDX-License-Identifier: MIT
/*
 * Requests to the mapper, the one thread of a stub that may change its mappings.
 *
 * The kernel writes operations into the request page, which the stub can only read, raises the
 * sequence number and wakes the mapper. The answer stands in a page that the guest can write,
 * so it proves nothing by itself: with it comes a token, AES of (sequence number, result) under
 * keys that only the mapper's xmm registers and the kernel hold. Mapping more needs no proof;
 * before a page is freed or used for something else, guest_complete() wants the token, or the
 * stub's death.
 *
 * No wait is without a bound. The bound counts the stub's own CPU time: a host with many other
 * programs may starve an innocent stub for long, but a stub that has run for seconds and has
 * not answered never will. Wall time counts only at the scale of minutes.
 */
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <lib/string.h>
#include <mm/mm_types.h>
#include <um/irqflags.h>
#include <um/virtual.h>
#include "guest.h"

/* The host core is given away so often before a wait sleeps. */
#define YIELDS 3
#define PATIENCE_CPU_NS 3000000000UL
/* Whoever is to die anyway waits so long only. */
#define DYING_PATIENCE_NS 1000000000UL
#define PATIENCE_NS	  120000000000UL

static volatile u32 *request_word(const struct guest *guest, unsigned int offset)
{
	return (volatile u32 *)((char *)guest->request + offset);
}

static volatile u64 *request_quad(const struct guest *guest, unsigned int offset)
{
	return (volatile u64 *)((char *)guest->request + offset);
}

static volatile u32 *done_word(const struct guest *guest, unsigned int offset)
{
	return (volatile u32 *)((char *)guest->done + offset);
}

/* Is current to be killed, and nobody outside its thread group lives in its address space? */
static bool dies_with_its_mm(void)
{
	struct mm_struct *mm = current->mm;

	return mm && fatal_signal_pending(current) &&
	       atomic_read(&mm->mm_users) <= get_nr_threads(current);
}

/*
 * Counts time, not wake-ups: a guest can wake us for nothing, and ticks do. One sleep counts
 * for GUEST_WAIT_NS at most: a ./vmlinux that was itself stopped for an hour has not waited.
 */
enum guest_patience_state guest_patience(struct guest_patience *patience, struct guest *guest)
{
	/* Its threads share the host's cores with each other. */
	u64 fair = PATIENCE_CPU_NS + PATIENCE_CPU_NS / 4 * guest->nslots;
	u64 now = host_clock_ns();

	if (!patience->last) {
		patience->last = now;
		patience->round_end = GUEST_WAIT_NS;
		return GUEST_WAIT_ON;
	}
	patience->waited += min(now - patience->last, GUEST_WAIT_NS);
	patience->last = now;
	if (patience->waited < patience->round_end)
		return GUEST_WAIT_ON;
	patience->round_end = patience->waited + GUEST_WAIT_NS;
	/* Asked for only now: most waits are over by then. */
	if (!patience->cpu)
		patience->cpu = host_guest_cpu_ns(guest->host.pid);
	if (patience->waited > DYING_PATIENCE_NS && dies_with_its_mm())
		return GUEST_WAIT_OVER;
	if (host_guest_cpu_ns(guest->host.pid) - patience->cpu > fair ||
	    patience->waited > PATIENCE_NS)
		return GUEST_WAIT_OVER;
	return GUEST_WAIT_ROUND;
}

int guest_wait_word(volatile u32 *word, u32 value)
{
	int ret;

	local_irq_disable();
	ret = host_wait_shared(word, value, this_cpu_ptr(&um_irq_pending), GUEST_WAIT_NS);
	local_irq_enable();
	return ret;
}

/* The token that answers (seq, result). */
__attribute__((target("aes,sse2"))) static bool
token_matches(const struct guest *guest, const volatile void *token, u32 seq, u64 result)
{
	guest_key_t want = { seq, (long long)result };
	guest_key_t have;

	memcpy(&have, (const void *)token, sizeof(have));
	want ^= guest->keys[0];
	for (int i = 1; i < GUEST_KEYS - 1; i++)
		want = __builtin_ia32_aesenc128(want, guest->keys[i]);
	want = __builtin_ia32_aesenclast128(want, guest->keys[GUEST_KEYS - 1]);
	want ^= have;
	return !(want[0] | want[1]);
}

/* => the answer in shared memory is read once. */
static bool answered(struct guest *guest)
{
	u64 result = *(volatile u64 *)((char *)guest->done + DONE_RESULT);

	if (!token_matches(guest, (char *)guest->done + DONE_TOKEN, guest->seq, result))
		return false;
	guest->result = result;
	guest->outstanding = false;
	return true;
}

/*
 * The guest may have erased the answer: asks for it again, by the same operations, which do
 * nothing new when they are done twice. (Making a thread is not among them.)
 */
static void ask_again(struct guest *guest)
{
	if (guest->once)
		return;
	__atomic_store_n(request_word(guest, REQUEST_SEQ), ++guest->seq, __ATOMIC_SEQ_CST);
	host_wake_shared(request_word(guest, REQUEST_SEQ));
}

int guest_complete(struct guest *guest)
{
	struct guest_patience patience = { 0 };
	enum guest_patience_state state;

	if (!guest->outstanding)
		return 0;
	/* The mapper shares our core: it may be done before it is worth sleeping. */
	for (int i = 0; i < YIELDS && quick_yield(); i++)
		if (answered(guest))
			return 0;
	*request_word(guest, REQUEST_WAKE_KERNEL) = 1;
	for (;;) {
		u32 seen;

		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		seen = *done_word(guest, DONE_SEQ);
		if (answered(guest))
			return 0;
		switch (guest->host.state) {
		case HOST_GUEST_DEAD:
		case HOST_GUEST_FAILED:
			guest->outstanding = false;
			return -ESRCH;
		}
		guest_wait_word(done_word(guest, DONE_SEQ), seen);
		state = guest_patience(&patience, guest);
		if (state == GUEST_WAIT_ON)
			continue;
		if (state == GUEST_WAIT_OVER && !guest_doomed(guest)) {
			pr_warn("guest process %d: the mapper does not answer, killing it\n",
				guest->host.pid);
			guest_kill(guest);
		}
		/* Others may have a better use for this vCPU. */
		if (!um_virtual)
			schedule_timeout_uninterruptible(1);
		ask_again(guest);
	}
}

bool guest_op(struct guest *guest, int nr, unsigned long a, unsigned long b, unsigned long c,
	      unsigned long d, unsigned long e, unsigned long f)
{
	volatile u64 *op;

	if (guest->nops == REQUEST_MAX_OPS)
		return false;
	op = request_quad(guest, REQUEST_OPS + guest->nops++ * REQUEST_OP_SIZE);
	op[0] = nr;
	op[1] = a;
	op[2] = b;
	op[3] = c;
	op[4] = d;
	op[5] = e;
	op[6] = f;
	return true;
}

/* The mapper sleeps, so it may be moved to where it will be waited for. */
static void place_mapper(struct guest *guest)
{
	int core = host_core();

	if (guest->core == core || !guest->ready)
		return;
	host_place(guest->host.pid, core);
	guest->core = core;
}

void guest_post(struct guest *guest, struct guest_slot *slot)
{
	*request_word(guest, REQUEST_COUNT) = guest->nops;
	*request_quad(guest, REQUEST_WAKE_SLOT) = slot ? slot_address(slot) : 0;
	*request_word(guest, REQUEST_WAKE_TURN) = slot ? slot->seen ?: ~0U : 0;
	*request_word(guest, REQUEST_WAKE_KERNEL) = 0;
	guest->once = guest->making_thread;
	guest->making_thread = false;
	guest->nops = 0;
	guest->outstanding = true;
	if (guest->ready)
		guest_clock_note(guest);
	place_mapper(guest);
	__atomic_store_n(request_word(guest, REQUEST_SEQ), ++guest->seq, __ATOMIC_SEQ_CST);
	host_wake_shared(request_word(guest, REQUEST_SEQ));
}

int guest_post_wait(struct guest *guest)
{
	int error;

	guest_post(guest, NULL);
	error = guest_complete(guest);
	if (error)
		return error;
	return guest->result > -4096UL ? (int)guest->result : 0;
}
