// SPDX-License-Identifier: MIT
/* Stubs: requests and proofs, threads, death, holes. Needs a booted kernel and a host. */
#include <kern/errno.h>
#include <kern/ktest.h>
#include <kern/sched.h>
#include <mm/mm_types.h>
#include <um/mmu.h>
#include <um/processor.h>
#include <um/tlb.h>
#include "um/mm/guest.h"

#define HOST_NR_MPROTECT 10
#define HOST_NR_MUNMAP	 11

KTEST(guest, is_ready_when_taken)
{
	struct guest *guest = guest_take(0);

	KASSERT_TRUE(guest != NULL);
	KEXPECT_TRUE(guest->ready);
	KEXPECT_TRUE(!guest_doomed(guest));
	KEXPECT_TRUE(guest->host.pid > 0);
	guest_put(guest);
}

KTEST(guest, wipes_the_keys)
{
	struct guest *guest = guest_take(0);
	const u64 *keys;

	KASSERT_TRUE(guest != NULL);
	keys = (const u64 *)((char *)guest->request + REQUEST_KEYS);
	for (int i = 0; i < 2 * GUEST_KEYS; i++)
		KEXPECT_EQ(keys[i], 0);
	guest_put(guest);
}

KTEST(guest, answers_requests_and_reports_errors)
{
	struct guest *guest = guest_take(0);

	KASSERT_TRUE(guest != NULL);
	mutex_lock(&guest->lock);
	for (int i = 0; i < 100; i++) {
		guest_op(guest, HOST_NR_MUNMAP, 0x10000000, 4096, 0, 0, 0, 0);
		KEXPECT_EQ(guest_post_wait(guest), 0);
	}
	guest_op(guest, HOST_NR_MPROTECT, 0x10000000, 4096, 1, 0, 0, 0);
	KEXPECT_EQ(guest_post_wait(guest), -ENOMEM);
	mutex_unlock(&guest->lock);
	guest_put(guest);
}

KTEST(guest, a_request_holds_a_bounded_batch)
{
	struct guest *guest = guest_take(0);
	int n = 0;

	KASSERT_TRUE(guest != NULL);
	mutex_lock(&guest->lock);
	while (guest_op(guest, HOST_NR_MUNMAP, 0x10000000, 4096, 0, 0, 0, 0))
		n++;
	KEXPECT_EQ(n, REQUEST_MAX_OPS);
	KEXPECT_EQ(guest_post_wait(guest), 0);
	mutex_unlock(&guest->lock);
	guest_put(guest);
}

KTEST(guest, threads_are_made_and_used_again)
{
	struct guest *guest = guest_take(0);
	struct guest_slot *slots[8];
	int tid;

	KASSERT_TRUE(guest != NULL);
	for (int i = 0; i < 8; i++) {
		slots[i] = guest_slot_take(guest);
		KASSERT_TRUE(slots[i] != NULL);
		KEXPECT_TRUE(slots[i]->tid > 0);
		for (int j = 0; j < i; j++)
			KEXPECT_NE(slots[j]->tid, slots[i]->tid);
	}
	tid = slots[3]->tid;
	guest_slot_put(slots[3]);
	slots[3] = guest_slot_take(guest);
	KASSERT_TRUE(slots[3] != NULL);
	KEXPECT_EQ(slots[3]->tid, tid);
	for (int i = 0; i < 8; i++)
		guest_slot_put(slots[i]);
	guest_put(guest);
}

KTEST(guest, a_dead_stub_ends_waits)
{
	struct guest *guest = guest_take(0);

	KASSERT_TRUE(guest != NULL);
	guest_kill(guest);
	KEXPECT_TRUE(guest_doomed(guest));
	mutex_lock(&guest->lock);
	guest_op(guest, HOST_NR_MUNMAP, 0x10000000, 4096, 0, 0, 0, 0);
	/* Served before it died, or never. */
	guest_post_wait(guest);
	guest_op(guest, HOST_NR_MUNMAP, 0x10000000, 4096, 0, 0, 0, 0);
	while (guest->host.state != HOST_GUEST_DEAD)
		schedule_timeout_uninterruptible(1);
	KEXPECT_EQ(guest_post_wait(guest), -ESRCH);
	mutex_unlock(&guest->lock);
	guest_put(guest);
}

KTEST(guest, holes)
{
	KEXPECT_TRUE(um_range_is_hole(0, 4096));
	KEXPECT_TRUE(um_range_is_hole(0xf000, 0x11000));
	KEXPECT_TRUE(um_range_is_hole(0x5f000, 0x61000));
	KEXPECT_TRUE(um_range_is_hole(0x6f000, 0x71000));
	KEXPECT_TRUE(um_range_is_hole(TASK_SIZE - 4096, TASK_SIZE + 4096));
	KEXPECT_TRUE(!um_range_is_hole(0x10000, 0x60000));
	KEXPECT_TRUE(!um_range_is_hole(0x70000, TASK_SIZE));
}
