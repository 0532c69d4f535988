// SPDX-License-Identifier: MIT
/*
 * The collector of dead links. A key that was invalidated loses its links at once, one that was
 * revoked or has expired after /proc/sys/kernel/keys/gc_delay seconds, so that whoever asks for it
 * meanwhile learns what happened. Its memory goes with the last reference.
 */
#include <kern/jiffies.h>
#include <kern/timekeeping.h>

#include "internal.h"

/* The longest nap: a clock that is set, or a gc_delay that is cut short, is noticed by then. */
#define GC_MAX_DELAY 300

static void collect(struct work_struct *work);
static DECLARE_DELAYED_WORK(gc_work, collect);
static time64_t gc_at = TIME_NEVER; /* keys_sem: when gc_work is due */

time64_t key_dead_at(const struct key *key)
{
	time64_t at = key->expiry;

	if (key->flags & KEY_INVALIDATED)
		return 0;
	if ((key->flags & KEY_REVOKED) && key->revoked_at < at)
		at = key->revoked_at;
	return at == TIME_NEVER ? TIME_NEVER : at + READ_ONCE(key_gc_delay);
}

void key_schedule_gc(time64_t when)
{
	time64_t now = ktime_get_real_seconds(), delay = when > now ? when - now : 0;

	if (when == TIME_NEVER || when >= gc_at)
		return;
	gc_at = when;
	if (delay > GC_MAX_DELAY)
		delay = GC_MAX_DELAY;
	mod_delayed_work(system_wq, &gc_work, delay * HZ);
}

static void collect(struct work_struct *work)
{
	time64_t now = ktime_get_real_seconds(), next = TIME_NEVER;
	struct key *key;

	down_write(&keys_sem);
	gc_at = TIME_NEVER;
	for (key = key_from(0); key; key = key_from(key->serial + 1)) {
		time64_t at = key_dead_at(key);

		if (at > now && at < next)
			next = at;
		if (key->type == &key_type_keyring)
			keyring_collect(key, now);
	}
	key_schedule_gc(next);
	up_write(&keys_sem);
}
