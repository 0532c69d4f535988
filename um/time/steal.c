// SPDX-License-Identifier: MIT
/*
 * What the host gave to others of the time that a vCPU seemed to have.
 *
 * Problem: a vCPU that waits for a host core, or whose guest does, sees only that time passes. All
 * of that would be CPU time of whoever ran, and on a busy host most of it is not.
 *
 * The host knows better: each thread and process has a CPU clock. A vCPU was busy for some time; its
 * thread used some CPU, and the guest processes that it ran since the last look used some. What is
 * missing was stolen. At home vCPU and guest thread share a core and their times add up; away
 * one of them may wait for the other while that works, so the sum is at least the time that passed.
 *
 * Looking costs host calls, so it is done at ticks and after a long stretch (kernel/sched/cputime.c),
 * and each vCPU keeps a list of the guests that it has let go or asked to map something since.
 *
 * The clock of a process counts all of its threads (the host shows those of single threads to
 * nobody else). So what a guest used is a credit that the vCPUs which run its threads draw from:
 * none takes more than it needs, and a thread that was stolen from may find what another one used.
 * Its process's total is right. Credit that nobody can want is dropped: it was spun away.
 *
 * What is not known is not stolen: more guests than the list holds, a process that is gone.
 *
 * Lock order: steal.lock > guest->clock_lock; both are leaves for the rest.
 */
#include "../internal.h"
#include "../mm/guest.h"
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <kern/percpu.h>
#include <um/irqflags.h>
#include <um/smp.h>
#include <um/steal.h>
#include <um/virtual.h>

#define MAX_RAN 16

/* Of one vCPU. All but `lock` is written by itself, and by guest_clock_forget(). */
struct steal {
	spinlock_t lock;
	u64 used;		      /* its thread's CPU clock at the last look */
	unsigned int nr;	      /* of `ran` */
	struct guest *ran[MAX_RAN];   /* since the last look; the last one for longer */
	bool unknown;		      /* some are missing */
};

static DEFINE_PER_CPU_ALIGNED(struct steal, steal) = { .lock = __SPIN_LOCK_UNLOCKED(steal.lock) };
DEFINE_PER_CPU(struct guest *, guest_clock_last);

void guest_clock_add(struct guest *guest)
{
	struct steal *s;
	unsigned long flags;
	unsigned int i = 0;

	local_irq_save(flags);
	s = this_cpu_ptr(&steal);
	spin_lock(&s->lock);
	while (i < s->nr && s->ran[i] != guest)
		i++;
	if (i == MAX_RAN)
		s->unknown = true;
	else if (i == s->nr)
		s->ran[s->nr++] = guest;
	this_cpu_write(guest_clock_last, guest);
	spin_unlock(&s->lock);
	local_irq_restore(flags);
}

static void forget(struct steal *s, const struct guest *guest)
{
	for (unsigned int i = 0; i < s->nr; i++) {
		if (s->ran[i] != guest)
			continue;
		s->ran[i] = s->ran[--s->nr];
		s->unknown = true;
		return;
	}
}

void guest_clock_forget(const struct guest *guest)
{
	for (unsigned int cpu = 0; cpu < um_nr_cpus(); cpu++) {
		struct steal *s = per_cpu_ptr(&steal, cpu);
		unsigned long flags;

		spin_lock_irqsave(&s->lock, flags);
		forget(s, guest);
		/* Its own vCPU may have another one there by now: then it stays. */
		cmpxchg(per_cpu_ptr(&guest_clock_last, cpu), (struct guest *)guest, NULL);
		spin_unlock_irqrestore(&s->lock, flags);
	}
}

/* What other vCPUs may still want of this guest's time: a tick or two for each of its threads. */
static u64 spare_credit(const struct guest *guest)
{
	return (min(READ_ONCE(guest->nslots), um_nr_cpus()) - 1) * 2 * TICK_NSEC;
}

/* Takes what the guest used, at most `want`; false: nobody knows. */
static bool draw(struct guest *guest, u64 want, u64 *taken)
{
	u64 now;

	spin_lock(&guest->clock_lock);
	now = host_guest_cpu_ns(guest->host.pid);
	if (now < guest->clock) {
		spin_unlock(&guest->clock_lock);
		return false;
	}
	guest->credit += now - guest->clock;
	guest->clock = now;
	*taken = min(guest->credit, want);
	guest->credit = min(guest->credit - *taken, spare_credit(guest));
	spin_unlock(&guest->clock_lock);
	return true;
}

u64 um_stolen(u64 busy)
{
	struct steal *s = this_cpu_ptr(&steal);
	struct guest *last;
	u64 now, used, taken;
	bool known;

	/* The tracer works for all vCPUs, and time=virtual knows no host. */
	if (um_virtual || host_guest_config()->trap == HOST_TRAP_PTRACE)
		return 0;
	now = host_cpu_used_ns(raw_smp_processor_id());
	spin_lock(&s->lock);
	used = now - s->used;
	s->used = now;
	known = now && !s->unknown;
	for (unsigned int i = 0; i < s->nr; i++) {
		if (draw(s->ran[i], busy > used ? busy - used : 0, &taken))
			used += taken;
		else
			known = false;
	}
	/* It may run still. */
	last = this_cpu_read(guest_clock_last);
	s->ran[0] = last;
	s->nr = last ? 1 : 0;
	s->unknown = false;
	spin_unlock(&s->lock);
	return known && busy > used ? busy - used : 0;
}
