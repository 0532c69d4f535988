// SPDX-License-Identifier: MIT
/*
 * The maps of user name spaces: /proc/PID/uid_map, gid_map, projid_map and setgroups.
 *
 * A map is written once, as a whole. Its extents hold the kernel's numbers, not the parent's, so
 * that one lookup is enough at any depth. Readers see nr_extents last and need no lock.
 *
 *   userns_state_mutex	who writes a map, and USERNS_SETGROUPS_ALLOWED
 */
#include <fs/file.h>
#include <fs/seq_file.h>
#include <kern/cred.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <kern/mutex.h>
#include <kern/user_namespace.h>
#include <lib/sort.h>
#include <lib/string.h>
#include <mm/slab.h>

#include "internal.h"

#define NO_ID ((u32)-1)

int overflowuid = DEFAULT_OVERFLOWUID;
int overflowgid = DEFAULT_OVERFLOWGID;

static DEFINE_MUTEX(userns_state_mutex);

void free_id_map(struct uid_gid_map *map)
{
	kfree(map->forward);
	kfree(map->reverse);
}

/* ---- lookup ---- */

/* The extent that holds id and the count - 1 that follow, or NULL. */
static const struct uid_gid_extent *find_extent(const struct uid_gid_extent *extents, u32 n, u32 id,
						u32 count, bool reverse)
{
	u32 low = 0, high = n;

	while (low < high) {
		u32 mid = low + (high - low) / 2;
		const struct uid_gid_extent *e = &extents[mid];
		u32 first = reverse ? e->lower_first : e->first;

		if (id < first)
			high = mid;
		else if (id - first >= e->count)
			low = mid + 1;
		else
			return count <= e->count - (id - first) ? e : NULL;
	}
	return NULL;
}

/* From inside to the kernel's number; NO_ID when one of the range has none. */
static u32 map_down(const struct uid_gid_map *map, u32 id, u32 count)
{
	u32 n = smp_load_acquire(&map->nr_extents);
	const struct uid_gid_extent *e = n ? find_extent(map->forward, n, id, count, false) : NULL;

	return e ? e->lower_first + (id - e->first) : NO_ID;
}

static u32 map_up(const struct uid_gid_map *map, u32 id)
{
	u32 n = smp_load_acquire(&map->nr_extents);
	const struct uid_gid_extent *e = n ? find_extent(map->reverse, n, id, 1, true) : NULL;

	return e ? e->first + (id - e->lower_first) : NO_ID;
}

kuid_t make_kuid(struct user_namespace *ns, uid_t uid)
{
	return KUIDT_INIT(ns == &init_user_ns ? uid : map_down(&ns->uid_map, uid, 1));
}

kgid_t make_kgid(struct user_namespace *ns, gid_t gid)
{
	return KGIDT_INIT(ns == &init_user_ns ? gid : map_down(&ns->gid_map, gid, 1));
}

uid_t from_kuid(struct user_namespace *ns, kuid_t uid)
{
	return ns == &init_user_ns ? uid.val : map_up(&ns->uid_map, uid.val);
}

gid_t from_kgid(struct user_namespace *ns, kgid_t gid)
{
	return ns == &init_user_ns ? gid.val : map_up(&ns->gid_map, gid.val);
}

uid_t from_kuid_munged(struct user_namespace *ns, kuid_t uid)
{
	uid_t id = from_kuid(ns, uid);

	return id == NO_ID ? (uid_t)overflowuid : id;
}

gid_t from_kgid_munged(struct user_namespace *ns, kgid_t gid)
{
	gid_t id = from_kgid(ns, gid);

	return id == NO_ID ? (gid_t)overflowgid : id;
}

bool userns_may_setgroups(const struct user_namespace *ns)
{
	bool allowed;

	mutex_lock(&userns_state_mutex);
	allowed = ns->gid_map.nr_extents && (ns->flags & USERNS_SETGROUPS_ALLOWED);
	mutex_unlock(&userns_state_mutex);
	return allowed;
}

/* ---- reading ---- */

static struct uid_gid_map *map_of(struct user_namespace *ns, enum userns_map which)
{
	switch (which) {
	case USERNS_UID_MAP:
		return &ns->uid_map;
	case USERNS_GID_MAP:
		return &ns->gid_map;
	default:
		return &ns->projid_map;
	}
}

/* The lower numbers are shown as who opened the file sees them; the members, as the parent. */
int userns_show_map(struct seq_file *m, struct user_namespace *ns, enum userns_map which,
		    const struct cred *opener)
{
	struct user_namespace *lower = opener->user_ns;
	const struct uid_gid_map *map = map_of(ns, which);
	u32 n = smp_load_acquire(&map->nr_extents);

	if (lower == ns && lower->parent)
		lower = lower->parent;
	for (u32 i = 0; i < n; i++) {
		const struct uid_gid_extent *e = &map->forward[i];

		seq_printf(m, "%10u %10u %10u\n", e->first,
			   lower == &init_user_ns ? e->lower_first :
						    map_up(map_of(lower, which), e->lower_first),
			   e->count);
	}
	return 0;
}

/* ---- writing ---- */

static int compare_first(const void *a, const void *b)
{
	const struct uid_gid_extent *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static int compare_lower(const void *a, const void *b)
{
	const struct uid_gid_extent *x = a, *y = b;

	return (x->lower_first > y->lower_first) - (x->lower_first < y->lower_first);
}

/* Next decimal number of a line, after blanks. */
static bool parse_number(char **at, u32 *number)
{
	char *p = *at + strspn(*at, " \t"), *end;
	u64 value = 0;

	for (end = p; *end >= '0' && *end <= '9'; end++) {
		value = value * 10 + (*end - '0');
		if (value > 0xffffffffULL)
			return false;
	}
	if (end == p || (*end && !strchr(" \t\n", *end)))
		return false;
	*number = value;
	*at = end;
	return true;
}

static bool parse_extent(char *line, struct uid_gid_extent *e)
{
	if (!parse_number(&line, &e->first) || !parse_number(&line, &e->lower_first) ||
	    !parse_number(&line, &e->count))
		return false;
	if (*(line + strspn(line, " \t")))
		return false;
	if (e->first == NO_ID || e->lower_first == NO_ID || !e->count)
		return false;
	return e->first + e->count > e->first && e->lower_first + e->count > e->lower_first;
}

/* How many extents the text holds, -EINVAL for a malformed one. */
static int parse_map(char *text, struct uid_gid_extent *extents)
{
	int n = 0;

	while (*text) {
		char *end = strchr(text, '\n');

		if (n == UID_GID_MAP_MAX_EXTENTS)
			return -EINVAL;
		if (end)
			*end = '\0';
		if (!parse_extent(text, &extents[n]))
			return -EINVAL;
		n++;
		if (!end)
			break;
		text = end + 1;
	}
	return n ? n : -EINVAL;
}

/* Sorted: does any overlap its neighbour? */
static bool overlaps(const struct uid_gid_extent *extents, int n, bool lower)
{
	for (int i = 1; i < n; i++) {
		const struct uid_gid_extent *a = &extents[i - 1], *b = &extents[i];
		u32 end = lower ? a->lower_first + a->count : a->first + a->count;

		if ((lower ? b->lower_first : b->first) < end)
			return true;
	}
	return false;
}

/* Who maps the parent's user 0 could make files with capabilities that count there. */
static bool may_map_root(const struct file *file, struct user_namespace *ns,
			 const struct uid_gid_extent *extents, int n)
{
	bool maps_root = false;

	for (int i = 0; i < n; i++)
		maps_root |= !extents[i].lower_first;
	if (!maps_root)
		return true;
	if (ns == file->f_cred->user_ns)
		return ns->parent_could_setfcap;
	return cap_capable(file->f_cred, ns->parent, CAP_SETFCAP);
}

/* Anybody may map himself; all else wants the capability in the parent, of opener and writer. */
static bool may_map(const struct file *file, struct user_namespace *ns, enum userns_map which,
		    const struct uid_gid_extent *extents, int n)
{
	const struct cred *cred = file->f_cred;
	int cap = which == USERNS_UID_MAP ? CAP_SETUID : CAP_SETGID;

	if (which == USERNS_UID_MAP && !may_map_root(file, ns, extents, n))
		return false;
	if (which == USERNS_PROJID_MAP)
		return true;
	if (n == 1 && extents->count == 1 && uid_eq(ns->owner, cred->euid)) {
		u32 id = extents->lower_first;

		if (which == USERNS_UID_MAP && uid_eq(make_kuid(ns->parent, id), cred->euid))
			return true;
		if (which == USERNS_GID_MAP && !(ns->flags & USERNS_SETGROUPS_ALLOWED) &&
		    gid_eq(make_kgid(ns->parent, id), cred->egid))
			return true;
	}
	return ns_capable(ns->parent, cap) && cap_capable(cred, ns->parent, cap);
}

/* => userns_state_mutex held */
static int install_map(struct user_namespace *ns, enum userns_map which, const struct file *file,
		       struct uid_gid_extent *extents, int n)
{
	struct uid_gid_map *map = map_of(ns, which);
	size_t size = n * sizeof(*extents);
	struct uid_gid_extent *reverse;

	if (map->nr_extents)
		return -EPERM;
	if (which != USERNS_PROJID_MAP && !cap_capable(file->f_cred, ns, CAP_SYS_ADMIN))
		return -EPERM;
	if (!may_map(file, ns, which, extents, n))
		return -EPERM;
	for (int i = 0; i < n; i++) {
		if (ns->parent != &init_user_ns)
			extents[i].lower_first = map_down(map_of(ns->parent, which),
							  extents[i].lower_first, extents[i].count);
		if (extents[i].lower_first == NO_ID)
			return -EPERM;
	}
	reverse = kmemdup(extents, size, GFP_KERNEL);
	map->forward = kmemdup(extents, size, GFP_KERNEL);
	if (!reverse || !map->forward) {
		kfree(reverse);
		kfree(map->forward);
		map->forward = NULL;
		return -ENOMEM;
	}
	sort(reverse, n, sizeof(*reverse), compare_lower, NULL);
	map->reverse = reverse;
	smp_store_release(&map->nr_extents, n);
	return 0;
}

static ssize_t parse_and_install(struct user_namespace *ns, enum userns_map which,
				 const struct file *file, char *text, size_t size)
{
	struct uid_gid_extent *extents = kcalloc(UID_GID_MAP_MAX_EXTENTS, sizeof(*extents), GFP_KERNEL);
	int n, error;

	if (!extents)
		return -ENOMEM;
	mutex_lock(&userns_state_mutex);
	error = map_of(ns, which)->nr_extents ? -EPERM : 0;
	n = error ? 0 : parse_map(text, extents);
	if (n < 0)
		error = n;
	if (!error) {
		sort(extents, n, sizeof(*extents), compare_lower, NULL);
		if (overlaps(extents, n, true))
			error = -EINVAL;
		sort(extents, n, sizeof(*extents), compare_first, NULL);
		if (overlaps(extents, n, false))
			error = -EINVAL;
	}
	if (!error)
		error = install_map(ns, which, file, extents, n);
	mutex_unlock(&userns_state_mutex);
	kfree(extents);
	return error ? error : (ssize_t)size;
}

ssize_t userns_write_map(struct user_namespace *ns, enum userns_map which, const struct file *file,
			 char *text, size_t size)
{
	struct user_namespace *opener = file->f_cred->user_ns;

	if (!ns->parent || (opener != ns && opener != ns->parent))
		return -EPERM;
	return parse_and_install(ns, which, file, text, size);
}

ssize_t userns_write_setgroups(struct user_namespace *ns, const char *text, size_t size)
{
	bool allow = !strncmp(text, "allow", 5);
	size_t len = allow ? 5 : 4;
	int error = 0;

	if (!allow && strncmp(text, "deny", 4))
		return -EINVAL;
	if (text[len + strspn(text + len, " \t\n")])
		return -EINVAL;
	mutex_lock(&userns_state_mutex);
	if (allow) {
		if (!(ns->flags & USERNS_SETGROUPS_ALLOWED))
			error = -EPERM;
	} else if (ns->gid_map.nr_extents) {
		error = -EPERM;
	} else {
		WRITE_ONCE(ns->flags, ns->flags & ~USERNS_SETGROUPS_ALLOWED);
	}
	mutex_unlock(&userns_state_mutex);
	return error ? error : (ssize_t)size;
}
