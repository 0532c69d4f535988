// SPDX-License-Identifier: MIT
/*
 * The life of stubs and of their threads.
 *
 *             guest_create()                first answer            guest_take()
 *   (nothing) ---------------> being made -----------------> warm ----------------> of an mm
 *                                  |  the host gives none      ^     guest_renew()     |
 *                                  |                           +-------- used <--------+
 *                                  v                                     guest_put()   v
 *                               freed <---- host says DEAD ------ dying <--------------+
 *
 * A thread of the kernel (kstubd) keeps a few warm stubs, because exec and fork take one each,
 * and frees dying ones once the host says that the process is gone: until then it maps pages
 * of ours. Making and burying a process costs the host far more than its next life in another
 * address space, so a few that have been used are kept for that (recycle.c).
 *
 * pool_lock guards the lists `warm`, `used` and `dying`; innermost.
 */
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/kthread.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <kern/wait.h>
#include <lib/log2.h>
#include <lib/string.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <mm/shrinker.h>
#include <mm/slab.h>
#include <um/setup.h>
#include <um/tlb.h>
#include <um/virtual.h>
#include "guest.h"

#define WARM_STUBS 2
/* Used ones that wait for another life. */
#define MAX_USED 6

/* More dead stubs than this wait for the host: makers of new ones wait too, for a while. */
#define MAX_DYING	64
#define MAX_DYING_TICKS (10 * HZ)

/* The request page and the page of policies behind it. */
#define REQUEST_ORDER 1

#define HOST_NR_MMAP  9
#define HOST_NR_CLONE 56

static DEFINE_SPINLOCK(pool_lock);
static LIST_HEAD(warm);
static unsigned int nwarm;
static LIST_HEAD(used);
static unsigned int nused;
static LIST_HEAD(dying);
static unsigned int ndying;
static DECLARE_WAIT_QUEUE_HEAD(pool_wait);

static unsigned int slot_order(void)
{
	return ilog2(host_guest_config()->slot_size) - PAGE_SHIFT;
}

static struct guest_slot *slot_alloc(struct guest *guest, unsigned int index)
{
	struct guest_slot *slot = kzalloc(sizeof(*slot), GFP_KERNEL);

	if (!slot)
		return NULL;
	/* Zeroed: it is shown to a guest. */
	slot->mem = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, slot_order());
	if (!slot->mem) {
		kfree(slot);
		return NULL;
	}
	slot->guest = guest;
	slot->index = index;
	slot->core = -1;
	return slot;
}

static void slot_free(struct guest_slot *slot)
{
	free_pages((unsigned long)slot->mem, slot_order());
	kfree(slot);
}

/* => nothing of it is mapped anywhere. */
static void guest_free(struct guest *guest)
{
	guest_audit_remove(guest);
	guest_clock_forget(guest);
	while (guest->slots) {
		struct guest_slot *slot = guest->slots;

		guest->slots = slot->next; // NOLINT(clang-analyzer-core.uninitialized.Assign): zeroed memory
		slot_free(slot);
	}
	guest_forget_areas(guest);
	guest_put_kept(guest);
	guest_sites_free(guest);
	kfree(guest->spare);
	free_pages((unsigned long)guest->request, REQUEST_ORDER);
	free_page((unsigned long)guest->done);
	kfree(guest);
}

/* Operations that map a slot and make its thread. => nothing outstanding, lock held or private */
static void add_thread_ops(struct guest *guest, struct guest_slot *slot)
{
	unsigned long size = host_guest_config()->slot_size;
	volatile u64 *altstack = (volatile u64 *)((char *)guest->request + REQUEST_ALTSTACK);

	slot_identify(slot);
	altstack[0] = slot_address(slot);
	altstack[1] = 0;
	altstack[2] = size;
	guest_op(guest, HOST_NR_MMAP, slot_address(slot), size, 3, 0x11, STUB_RAM_FD,
		 __pa(slot->mem));
	guest->making_thread = true;
	guest_op(guest, HOST_NR_CLONE, STUB_CLONE_FLAGS, 0, 0, 0, 0, slot_address(slot));
}

/* Asks for a stub, with its first thread. NULL without memory. */
static struct guest *guest_create(void)
{
	struct guest *guest = kzalloc(sizeof(*guest), GFP_KERNEL);

	if (!guest)
		return NULL;
	refcount_set(&guest->usage, 1);
	mutex_init(&guest->lock);
	spin_lock_init(&guest->range_lock);
	spin_lock_init(&guest->clock_lock);
	INIT_LIST_HEAD(&guest->free_slots);
	INIT_LIST_HEAD(&guest->audit_link);
	guest->areas = RB_ROOT;
	guest->core = -1;
	guest->request = (void *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, REQUEST_ORDER);
	guest->policies = (u8 *)guest->request + PAGE_SIZE;
	guest->done = (void *)__get_free_page(GFP_KERNEL | __GFP_ZERO);
	guest->spare = kzalloc(sizeof(*guest->spare), GFP_KERNEL);
	guest->slots = slot_alloc(guest, 0);
	if (!guest->request || !guest->done || !guest->spare || !guest->slots) {
		guest_free(guest);
		return NULL;
	}
	guest->nslots = 1;
	/* The host's own: a guest can know what follows from seed=. */
	um_random_bytes(guest->keys, sizeof(guest->keys));
	memcpy((char *)guest->request + REQUEST_KEYS, guest->keys, sizeof(guest->keys));
	text_map(guest);
	add_thread_ops(guest, guest->slots);
	guest->host.request_page = __pa(guest->request);
	guest->host.done_page = __pa(guest->done);
	guest->host.state = HOST_GUEST_SPAWNING;
	/* The first request lies there when the mapper is born. */
	guest_post(guest, NULL);
	host_guest_spawn(&guest->host);
	guest_audit_add(guest);
	return guest;
}

/* The thread's first event says that it is confined and waits. */
static bool slot_ready(struct guest_slot *slot)
{
	volatile u32 *events = slot_word(slot, SLOT_EVENTS);
	struct guest_patience patience = { 0 };

	*slot_word(slot, SLOT_KERNEL_SLEEPS) = 1;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	while (*events == 0) {
		if (slot->guest->host.state != HOST_GUEST_ALIVE)
			return false;
		guest_wait_word(events, 0);
		if (guest_patience(&patience, slot->guest) == GUEST_WAIT_OVER)
			return false;
	}
	*slot_word(slot, SLOT_KERNEL_SLEEPS) = 0;
	slot->seen = *events;
	return true;
}

/* Waits until a created stub is usable. */
static bool guest_make_ready(struct guest *guest)
{
	bool ok;

	mutex_lock(&guest->lock);
	while (guest->host.state == HOST_GUEST_SPAWNING)
		guest_wait_word(&guest->host.state, HOST_GUEST_SPAWNING);
	ok = !guest_complete(guest) && guest->result < -4095UL;
	/* Nobody but the mapper's registers and we have the keys from here on. */
	memset((char *)guest->request + REQUEST_KEYS, 0, sizeof(guest->keys));
	if (ok && !guest->ready) {
		guest->slots->tid = guest->result;
		ok = slot_ready(guest->slots);
		if (ok) {
			list_add(&guest->slots->link, &guest->free_slots);
			smp_store_release(&guest->ready, true);
		}
	}
	mutex_unlock(&guest->lock);
	return ok;
}

void guest_kill(struct guest *guest)
{
	if (guest->host.state == HOST_GUEST_ALIVE)
		host_guest_kill(&guest->host);
}

bool guest_doomed(const struct guest *guest)
{
	return guest->host.state != HOST_GUEST_ALIVE || guest->host.kill;
}

static void guest_retire(struct guest *guest)
{
	unsigned long flags;

	guest_kill(guest);
	/* When kstubd finds it dead must not depend on the host. */
	while (um_virtual && guest->host.state == HOST_GUEST_ALIVE)
		guest_wait_word(&guest->host.state, HOST_GUEST_ALIVE);
	spin_lock_irqsave(&pool_lock, flags);
	list_add_tail(&guest->link, &dying);
	ndying++;
	spin_unlock_irqrestore(&pool_lock, flags);
	wake_up(&pool_wait);
}

void guest_get(struct guest *guest)
{
	refcount_inc(&guest->usage);
}

void guest_put(struct guest *guest)
{
	bool keep;

	if (!refcount_dec_and_test(&guest->usage))
		return;
	spin_lock_irq(&pool_lock);
	keep = nused < MAX_USED && guest_can_renew(guest);
	if (keep) {
		list_add(&guest->link, &used);
		nused++;
	}
	spin_unlock_irq(&pool_lock);
	if (!keep)
		guest_retire(guest);
}

/* Frees the dying that are dead. True when some are left. */
static bool bury_dead(void)
{
	struct guest *guest, *next;
	LIST_HEAD(dead);
	bool left;

	spin_lock_irq(&pool_lock);
	list_for_each_entry_safe(guest, next, &dying, link) {
		switch (guest->host.state) {
		case HOST_GUEST_DEAD:
		case HOST_GUEST_FAILED:
			list_move(&guest->link, &dead);
			ndying--;
			break;
		case HOST_GUEST_ALIVE:
			/* It was being made when it was given up. */
			guest_kill(guest);
			break;
		}
	}
	left = !list_empty(&dying);
	spin_unlock_irq(&pool_lock);
	list_for_each_entry_safe(guest, next, &dead, link)
		guest_free(guest);
	return left;
}

/*
 * Dead stubs hold memory until the host has buried them, which may take it long when it is
 * busy: who makes processes faster than they die waits here.
 */
static void throttle(void)
{
	for (int ticks = 0; READ_ONCE(ndying) > MAX_DYING && ticks < MAX_DYING_TICKS; ticks++) {
		bury_dead();
		schedule_timeout_uninterruptible(1);
	}
}

/* One that keeps the family's text; else, if any will do, one that keeps none, or the first. */
static struct guest *choose_used(u64 family)
{
	struct guest *guest, *none = NULL;

	list_for_each_entry(guest, &used, link) {
		if (guest->nkept && guest->family == family)
			return guest;
		if (!guest->nkept && !none)
			none = guest;
	}
	if (family)
		return NULL;
	return none ? none : list_first_entry_or_null(&used, struct guest, link);
}

/* family 0: any will do */
static struct guest *take_used(u64 family)
{
	struct guest *guest;

	spin_lock_irq(&pool_lock);
	guest = choose_used(family);
	if (guest) {
		list_del(&guest->link);
		nused--;
	}
	spin_unlock_irq(&pool_lock);
	return guest;
}

static struct guest *take_from(struct list_head *list, unsigned int *count)
{
	struct guest *guest;

	spin_lock_irq(&pool_lock);
	guest = list_first_entry_or_null(list, struct guest, link);
	if (guest) {
		list_del(&guest->link);
		--*count;
	}
	spin_unlock_irq(&pool_lock);
	return guest;
}

/* => one that could not be renewed at once: later, by kstubd */
static void put_back(struct guest *guest)
{
	spin_lock_irq(&pool_lock);
	list_add_tail(&guest->link, &used);
	nused++;
	spin_unlock_irq(&pool_lock);
}

/* A used stub made new; NULL: there is none, or none that is ready for it. */
static struct guest *renew_one(u64 family, bool patient)
{
	struct guest *guest;

	while ((guest = take_used(family))) {
		if (guest_renew(guest, patient))
			return guest;
		if (!patient && guest_can_renew(guest)) {
			put_back(guest);
			return NULL;
		}
		guest_retire(guest);
	}
	return NULL;
}

/* A used stub made new, or a new one; NULL: the host gives none. */
static struct guest *make_one(bool patient)
{
	struct guest *guest = renew_one(0, patient);

	if (guest)
		return guest;
	guest = guest_create();
	if (!guest || guest_make_ready(guest))
		return guest;
	guest_retire(guest);
	return NULL;
}

static bool pool_is_low(void)
{
	return READ_ONCE(nwarm) + READ_ONCE(nused) < WARM_STUBS;
}

struct guest *guest_take(u64 family)
{
	struct guest *guest;

	throttle();
	guest = family ? renew_one(family, false) : NULL;
	while (!guest && (guest = take_from(&warm, &nwarm)) && guest_doomed(guest)) {
		guest_retire(guest);
		guest = NULL;
	}
	if (!guest)
		guest = make_one(false);
	if (pool_is_low())
		wake_up(&pool_wait);
	return guest;
}

/* ---- pages that used stubs hold ---- */

static struct guest *take_keeper(void)
{
	struct guest *guest, *found = NULL;

	spin_lock_irq(&pool_lock);
	list_for_each_entry(guest, &used, link) {
		if (guest->nkept) {
			found = guest;
			list_del(&guest->link);
			nused--;
			break;
		}
	}
	spin_unlock_irq(&pool_lock);
	return found;
}

unsigned long tlb_release_pages(void)
{
	unsigned long before = guest_pages_kept(), after;
	struct guest *guest;

	while (guest_pages_kept() && (guest = take_keeper())) {
		if (guest_drop_kept(guest))
			put_back(guest);
		else
			guest_retire(guest);
	}
	after = guest_pages_kept();
	return before > after ? before - after : 0;
}

static unsigned long count_kept(struct shrinker *s, struct shrink_control *sc)
{
	return guest_pages_kept() ?: SHRINK_EMPTY;
}

static unsigned long scan_kept(struct shrinker *s, struct shrink_control *sc)
{
	return tlb_release_pages();
}

static struct shrinker kept_shrinker = {
	.count_objects = count_kept,
	.scan_objects = scan_kept,
	.seeks = DEFAULT_SEEKS,
};

/* ---- threads ---- */

/* => lock held. Makes `slot`, which is new, usable; NULL: it cannot be, and is freed. */
static struct guest_slot *slot_create(struct guest *guest, struct guest_slot *slot)
{
	if (guest->nslots == STUB_MAX_SLOTS || guest_complete(guest)) {
		slot_free(slot);
		return NULL;
	}
	slot->index = guest->nslots;
	add_thread_ops(guest, slot);
	if (guest_post_wait(guest)) {
		/* A stub that is gone maps nothing; else the slot stays mapped till it is. */
		guest->nslots++;
		slot->next = guest->slots;
		guest->slots = slot;
		return NULL;
	}
	guest->nslots++;
	slot->next = guest->slots;
	guest->slots = slot;
	slot->tid = guest->result;
	if (!slot_ready(slot)) {
		guest_kill(guest);
		return NULL;
	}
	return slot;
}

struct guest_slot *guest_slot_take(struct guest *guest)
{
	struct guest_slot *slot, *new = NULL;

	/* Memory is made ready without the lock: reclaim may have to flush this very stub. */
	mutex_lock(&guest->lock);
	while (list_empty(&guest->free_slots) && !new) {
		mutex_unlock(&guest->lock);
		new = slot_alloc(guest, 0);
		if (!new)
			return NULL;
		mutex_lock(&guest->lock);
	}
	slot = list_first_entry_or_null(&guest->free_slots, struct guest_slot, link);
	if (slot) {
		list_del(&slot->link);
	} else {
		slot = slot_create(guest, new);
		new = NULL;
	}
	mutex_unlock(&guest->lock);
	if (new)
		slot_free(new);
	if (slot)
		guest_get(guest);
	return slot;
}

void guest_slot_put(struct guest_slot *slot)
{
	struct guest *guest = slot->guest;

	mutex_lock(&guest->lock);
	list_add(&slot->link, &guest->free_slots);
	mutex_unlock(&guest->lock);
	guest_put(guest);
}

/* ---- kstubd ---- */

static void fill_pool(void)
{
	while (pool_is_low()) {
		struct guest *guest = make_one(true);

		if (!guest)
			return;
		spin_lock_irq(&pool_lock);
		list_add_tail(&guest->link, &warm);
		nwarm++;
		spin_unlock_irq(&pool_lock);
	}
}

static int kstubd(void *unused)
{
	for (;;) {
		bool left = bury_dead();

		fill_pool();
		if (pool_is_low()) {
			schedule_timeout_uninterruptible(HZ / 10);
			continue;
		}
		/* Those that are left are asked for again soon; the first one to die wakes. */
		wait_event_idle_timeout(pool_wait, pool_is_low() || (!left && READ_ONCE(ndying)),
					left ? HZ / 50 : MAX_SCHEDULE_TIMEOUT);
	}
	return 0;
}

static void tell_mode(const struct host_guest_config *config)
{
	if (!config->fsgsbase)
		pr_info("no FSGSBASE instructions: guests ask the host for their bases\n");
	if (config->trap == HOST_TRAP_SECCOMP)
		pr_info("trap: seccomp\n");
	else
		pr_info("trap: ptrace%s\n",
			config->unconfined ? " (no seccomp filters here: vmlinux itself is not confined)" :
					     "");
}

static int guest_pool_init(void)
{
	struct task_struct *task;

	if (!host_guest_config()->slot_size)
		return 0;
	tell_mode(host_guest_config());
	task = kthread_run(kstubd, NULL, "kstubd");
	return IS_ERR(task) ? PTR_ERR(task) : register_shrinker(&kept_shrinker);
}
device_initcall(guest_pool_init);
