// SPDX-License-Identifier: MIT
/*
 * A stub's second life.
 *
 * Problem: a host process costs the host some 200 us to make, confine and bury. A stub whose
 * address space is gone could serve the next one, if nothing of the old guest is left in it that
 * the new one would meet, and nothing of the new one is shown to the old.
 *
 * What could be left, and what is done about it:
 *   mappings      all that is a guest's is unmapped, with the mapper's proof; as a rule the end of
 *                 the old address space has done so. What is kept for the next child of the same
 *                 family (kept.c) is gone through before a guest runs
 *   the mapper    no guest can steer it (stub.S): nothing
 *   the thread    may run on although it said that it stopped. It is believed when the host finds
 *                 it asleep on its slot's turn word, which its filter lets it do at one
 *                 instruction only; behind that the stub takes the slot's address from the call's
 *                 argument, and needs no other register
 *   signals       come from the kernel only, as kicks. A thread that was kicked may have one on its
 *                 way: it is woken by the mapper, who cannot lie, until it was found asleep again
 *   the slot      wiped, and so is the answer page: the new guest can read both
 *   its stack     a thread that sleeps in a trampoline has the old guest's, and the frame of a
 *                 signal would then fall on the first one of the slot, which the kernel writes for
 *                 the new guest. Told that it is in none, it changes to the slot's when it wakes:
 *                 after a third sleep it has. One that was not woken is not kicked before it has
 *                 (slot_can_be_kicked())
 *
 * So one that was never kicked costs one call of the host, and any other three turns of the mapper.
 *
 * With several threads one could wake another between two proofs, so only stubs that never had
 * more than one are used again.
 */
#include <kern/kernel.h>
#include <kern/sched.h>
#include <lib/string.h>
#include <mm/page.h>
#include <um/virtual.h>
#include "guest.h"

#define HOST_NR_FUTEX	202
#define HOST_FUTEX_WAKE 1

#define SLEEPS 3
/* Looks at a thread that does not sleep yet: giving it the core, then waiting for ticks. */
#define YIELDS 8
#define TICKS  8

bool guest_can_renew(const struct guest *guest)
{
	/* Whether its thread sleeps already is up to the host. */
	return !um_virtual && guest->ready && !guest_doomed(guest) && guest->nslots == 1 &&
	       !list_empty(&guest->free_slots);
}

/* => lock held. True: it sleeps, and was not woken. */
static bool is_asleep(struct guest *guest)
{
	volatile u32 *turn = slot_word(guest->slots, SLOT_TURN);

	return host_has_sleeper(turn, *turn);
}

/* => lock held. Wakes the thread. True: it had been asleep. */
static bool prove_asleep(struct guest *guest)
{
	if (guest_complete(guest))
		return false;
	guest_op(guest, HOST_NR_FUTEX, slot_address(guest->slots) + SLOT_TURN, HOST_FUTEX_WAKE, 1, 0,
		 0, 0);
	return !guest_post_wait(guest) && guest->result == 1;
}

static bool falls_asleep(struct guest *guest, bool (*asleep)(struct guest *), bool patient)
{
	for (unsigned int i = 0; i < YIELDS + TICKS && !guest_doomed(guest); i++) {
		if (asleep(guest))
			return true;
		if (i < YIELDS && quick_yield())
			continue;
		if (!patient)
			return false;
		schedule_timeout_uninterruptible(1);
	}
	return false;
}

/*
 * The thread looks at its turn word now and then: that must not be seen to be 0. It knows that
 * it sleeps.
 */
static void wipe_slot(struct guest_slot *slot)
{
	char *mem = slot->mem;
	u32 events = *slot_word(slot, SLOT_EVENTS) ?: 1;

	*slot_word(slot, SLOT_EVENTS) = events;
	*slot_word(slot, SLOT_TURN) = events;
	*slot_word(slot, SLOT_GUEST_SLEEPS) = 1;
	memset(mem + SLOT_GUEST_SLEEPS + 4, 0, SLOT_EVENTS - SLOT_GUEST_SLEEPS - 4);
	memset(mem + SLOT_EVENTS + 4, 0, host_guest_config()->slot_size - SLOT_EVENTS - 4);
	slot_identify(slot);
	*slot_quad(slot, SLOT_HOST_FSBASE) = ~0UL;
	*slot_quad(slot, SLOT_HOST_GSBASE) = ~0UL;
	slot->seen = events;
	slot->fault_ip = 0;
	slot->fault_addr = 0;
	slot->in_trampoline = false;
	slot->tramp_ip = 0;
}

/* => lock held. Does the thread sleep, and is no signal on its way to it? */
static bool thread_rests(struct guest *guest, bool patient)
{
	struct guest_slot *slot = guest->slots;

	if (!slot->kicked && host_guest_config()->trap == HOST_TRAP_SECCOMP) {
		slot->old_stack = true;
		return falls_asleep(guest, is_asleep, patient);
	}
	for (unsigned int i = 0; i < SLEEPS; i++) {
		if (!falls_asleep(guest, prove_asleep, patient))
			return false;
		/* The next time that it wakes it leaves the stack of its last trampoline. */
		*slot_word(slot, SLOT_MODE) = 0;
	}
	slot->kicked = false;
	slot->old_stack = false;
	return true;
}

/* => lock held. Unmaps all that is a guest's, with proof. False: the stub is to die. */
static bool unmap_all(struct guest *guest)
{
	if (guest_complete(guest))
		return false;
	guest_unmap_ops(guest);
	if (guest_post_wait(guest))
		return false;
	guest_forget_areas(guest);
	guest_put_kept(guest);
	return true;
}

/*
 * => lock held. Waits until nothing of a guest's is mapped but what is kept, and that neither if
 * there is time. False: the stub is to die.
 */
static bool unmap_rest(struct guest *guest, bool patient)
{
	if (RB_EMPTY_ROOT(&guest->areas) && !(patient && guest->nkept))
		return !guest_complete(guest);
	return unmap_all(guest);
}

bool guest_drop_kept(struct guest *guest)
{
	bool ok;

	mutex_lock(&guest->lock);
	ok = unmap_all(guest);
	mutex_unlock(&guest->lock);
	return ok;
}

bool guest_renew(struct guest *guest, bool patient)
{
	bool asleep;

	mutex_lock(&guest->lock);
	asleep = unmap_rest(guest, patient) && thread_rests(guest, patient);
	if (asleep) {
		wipe_slot(guest->slots);
		memset(guest->done, 0, PAGE_SIZE);
		guest->mappings = guest->nkept;
		guest_sites_free(guest);
		memset(guest->hot, 0, sizeof(guest->hot));
		guest->plain_text = false;
		guest->distrust = false;
		guest->nranges = 0;
		refcount_set(&guest->usage, 1);
	}
	mutex_unlock(&guest->lock);
	return asleep;
}
