// SPDX-License-Identifier: MIT
/*
 * Debugging of slab objects, chosen at boot:
 *
 *	slub_debug		everything, for all caches
 *	slub_debug=FZ		some of it: F checks of what is freed, Z red zones, P poison,
 *				U who allocated and freed; - nothing
 *	slub_debug=P,dentry,kmalloc-*;ZU,inode*	for some caches; the first list that names it counts
 *
 *	object | red zone (Z) | free pointer | track of the allocation, of the free (U)
 *
 * A free object is filled with POISON_FREE and its red zone with RED_INACTIVE; what has changed
 * when it is handed out was written after it was freed. Behind an object in use lies RED_ACTIVE. A
 * report names the cache, the object, the byte, and with U the callers. The object goes on being used;
 * one that was not to be freed is leaked.
 */
#include "slab.h"

#include <kern/atomic.h>
#include <kern/jiffies.h>
#include <kern/moduleparam.h>
#include <kern/task.h>
#include <um/percpu.h>

#ifdef CONFIG_DEBUG
#define DEFAULT_FLAGS (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON)
#else
#define DEFAULT_FLAGS 0
#endif

static char debug_param[256];		/* constant after early boot */
static bool debug_given;
static atomic_long_t reports;

static int set_slub_debug(char *value)
{
	debug_given = true;
	strscpy(debug_param, value, sizeof(debug_param));
	return 1;
}
early_param("slub_debug", set_slub_debug);
early_param("slub_debug=", set_slub_debug);

static unsigned int parse_flags(const char *p, const char *end)
{
	unsigned int flags = 0;

	if (p == end)
		return SLAB_DEBUG_FLAGS;
	for (; p < end; p++) {
		switch (*p) {
		case 'F': case 'f':
			flags |= SLAB_CONSISTENCY_CHECKS;
			break;
		case 'Z': case 'z':
			flags |= SLAB_RED_ZONE;
			break;
		case 'P': case 'p':
			flags |= SLAB_POISON;
			break;
		case 'U': case 'u':
			flags |= SLAB_STORE_USER;
			break;
		case '-':
			return 0;
		default:
			pr_err("slub_debug option '%c' unknown. skipped\n", *p);
		}
	}
	return flags;
}

static const char *end_of_word(const char *p, const char *stops)
{
	while (*p && !strchr(stops, *p))
		p++;
	return p;
}

/* Does one of the words between commas name the cache? A star at a word's end stands for any rest. */
static bool list_names(const char *p, const char *end, const char *name)
{
	while (p < end) {
		const char *stop = end_of_word(p, ",;");
		size_t len = stop - p;

		if (len && p[len - 1] == '*' ? !strncmp(name, p, len - 1) :
					       strlen(name) == len && !strncmp(name, p, len))
			return true;
		p = stop + 1;
	}
	return false;
}

unsigned int slab_debug_flags(const char *name)
{
	const char *p = debug_param;

	if (!debug_given)
		return DEFAULT_FLAGS;
	for (;;) {
		const char *flags_end = end_of_word(p, ",;"), *end = end_of_word(p, ";");

		if (flags_end == end || list_names(flags_end + 1, end, name))
			return parse_flags(p, flags_end);
		if (!*end)
			return 0;
		p = end + 1;
	}
}

/* ---- reports ---- */

unsigned long slab_corruptions(void)
{
	return atomic_long_read(&reports);
}

static struct slab_track *track_of(const struct kmem_cache *s, void *object)
{
	return (void *)((char *)object + s->track);
}

static void print_track(const char *what, const struct slab_track *t)
{
	if (t->caller)
		pr_err("%s in %pS age=%lu cpu=%u pid=%d\n", what, t->caller, jiffies - t->when, t->cpu,
		       t->pid);
}

static void report(struct kmem_cache *s, void *object, const char *what, const u8 *at)
{
	atomic_long_inc(&reports);
	pr_err("BUG: slab %s: %s: object %px, byte %ld is %02x\n", s->name, what, object,
	       (long)(at - (const u8 *)object), *at);
	if (s->flags & SLAB_STORE_USER) {
		print_track("Allocated", &track_of(s, object)[0]);
		print_track("Freed", &track_of(s, object)[1]);
	}
}

static const u8 *first_difference(const u8 *p, u8 value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != value)
			return p + i;
	return NULL;
}

/* ---- objects ---- */

static u8 *red_zone(struct kmem_cache *s, void *object)
{
	return (u8 *)object + s->inuse - 16;
}

static void poison(struct kmem_cache *s, void *object)
{
	memset(object, POISON_FREE, s->object_size - 1);
	((u8 *)object)[s->object_size - 1] = POISON_END;
}

static void note_user(struct kmem_cache *s, void *object, unsigned int which, const void *caller)
{
	if (s->flags & SLAB_STORE_USER)
		track_of(s, object)[which] = (struct slab_track){
			.caller = caller, .when = jiffies, .cpu = smp_processor_id(),
			.pid = current->pid,
		};
}

void slab_debug_setup(struct kmem_cache *s, void *object)
{
	if (s->flags & SLAB_POISON)
		poison(s, object);
	if (s->flags & SLAB_RED_ZONE)
		memset(red_zone(s, object), RED_INACTIVE, 16);
	if (s->flags & SLAB_STORE_USER)
		memset(track_of(s, object), 0, 2 * sizeof(struct slab_track));
}

void slab_debug_alloc(struct kmem_cache *s, void *object, const void *caller)
{
	const u8 *bad;

	if (s->flags & SLAB_POISON) {
		bad = first_difference(object, POISON_FREE, s->object_size - 1);
		if (bad)
			report(s, object, "written after it was freed", bad);
		memset(object, POISON_INUSE, s->object_size);
	}
	if (s->flags & SLAB_RED_ZONE) {
		bad = first_difference(red_zone(s, object), RED_INACTIVE, 16);
		if (bad)
			report(s, object, "red zone of a free object written", bad);
		memset(red_zone(s, object), RED_ACTIVE, 16);
	}
	note_user(s, object, 0, caller);
}

bool slab_debug_free(struct kmem_cache *s, struct page *page, void *object, const void *caller)
{
	unsigned long off = (char *)object - (char *)page_address(page) -
			    page->colour * SLAB_COLOUR_UNIT;
	const u8 *bad;

	if (off % s->size || off / s->size >= page->objects) {
		pr_err("BUG: slab %s: not the start of an object: %px\n", s->name, object);
		atomic_long_inc(&reports);
		return false;
	}
	if (s->flags & SLAB_RED_ZONE) {
		u8 *red = red_zone(s, object);

		if (!first_difference(red, RED_INACTIVE, 16)) {
			report(s, object, "freed twice", red);
			return false;
		}
		bad = first_difference(red, RED_ACTIVE, 16);
		if (bad)
			report(s, object, "written behind its end", bad);
		memset(red, RED_INACTIVE, 16);
	}
	note_user(s, object, 1, caller);
	if (s->flags & SLAB_POISON)
		poison(s, object);
	return true;
}
