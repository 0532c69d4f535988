// SPDX-License-Identifier: MIT
/*
 * The lock checker (DEBUG=1 builds).
 *
 * Locks fall into classes: all locks that one spin_lock_init() or mutex_init() makes, or one
 * static lock, and each nesting level apart. Each task keeps a stack of what it holds. Taking B
 * while holding A adds the edge A -> B to a graph; if the graph already leads from B back to A,
 * two tasks could wait for each other, and that is reported though it has not happened.
 *
 * Also reported: a class taken in an interrupt (or softirq) that is elsewhere taken with
 * interrupts (softirqs) on, unless both only read; a lock of the first kind held while one of
 * the second is taken; the same class twice, the same lock twice for reading; releasing what is
 * not held. After the first report the checker is off: what follows would be noise.
 *
 * graph_lock is a raw word, taken with interrupts masked; it is a leaf, and nothing is printed
 * under it.
 */
#include <kern/types.h>
#ifdef CONFIG_DEBUG
#include <kern/init.h>
#include <kern/lockdep.h>
#include <kern/panic.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/sched.h>
#include <lib/hash.h>
#include <um/irqflags.h>
#include <um/processor.h>

#define MAX_CLASSES 2048
#define HASH_BITS   10
#define IMAGE_END   (4UL << 30) /* the kernel is linked below */

#define USED_IN_HARDIRQ 1U
#define USED_IN_SOFTIRQ 2U
#define HARDIRQ_ON	4U /* taken with interrupts on */
#define SOFTIRQ_ON	8U /* taken with softirqs on */
#define READ_SHIFT	4  /* the same four of read locks, above those of all others */
#define ALL_WAYS(bits)	((bits) | (bits) << READ_SHIFT)

/* graph_lock to write; read anywhere: classes are only added. */
struct lock_class {
	const void *key;
	unsigned int subclass;
	unsigned int usage; /* atomic bits */
	unsigned int seen;  /* graph_lock: mark of the last search */
	const char *name;
	struct lock_class *hash_next;
	unsigned long after[MAX_CLASSES / 64]; /* classes that were taken while this was held */
};

static struct lock_class classes[MAX_CLASSES];
static unsigned int nr_classes;
static struct lock_class *class_hash[1 << HASH_BITS];
static unsigned int graph_word;
static unsigned int search_mark;
static bool disabled;
static struct task_struct *expecting;	/* a test that wants reports counted, not printed */
static unsigned int expected_reports;

static unsigned long graph_lock(void)
{
	unsigned long flags, rounds = 0;

	local_irq_save(flags);
	while (__atomic_exchange_n(&graph_word, 1, __ATOMIC_ACQUIRE))
		um_spin_wait(rounds++);
	return flags;
}

static void graph_unlock(unsigned long flags)
{
	__atomic_store_n(&graph_word, 0, __ATOMIC_RELEASE);
	local_irq_restore(flags);
}

static unsigned int class_index(const struct lock_class *class)
{
	return class - classes;
}

static bool has_edge(const struct lock_class *from, unsigned int to)
{
	return READ_ONCE(from->after[to / 64]) >> to % 64 & 1;
}

static void print_held(struct task_struct *task)
{
	for (unsigned int i = 0; i < task->lockdep.depth && i < MAX_LOCK_DEPTH; i++) {
		struct held_lock *held = &task->lockdep.held[i];

		pr_err("  holds %s/%u, taken at %lx\n", held->class->name, held->class->subclass,
		       held->ip);
	}
}

/* => true for the one caller who may report. */
static bool report_begin(const char *what)
{
	if (READ_ONCE(expecting) == current) {
		expected_reports++;
		return false;
	}
	if (__atomic_exchange_n(&disabled, true, __ATOMIC_SEQ_CST))
		return false;
	pr_err("WARNING: locking: %s\n", what);
	pr_err("%s/%d on CPU %d:\n", current->comm, current->pid, raw_smp_processor_id());
	print_held(current);
	return true;
}

static void report_end(void)
{
	dump_stack();
	add_taint(TAINT_WARN);
}

static const void *key_of(const struct lockdep_map *map)
{
	if (map->key)
		return map->key;
	return (unsigned long)map < IMAGE_END ? (const void *)map : map->name;
}

static struct lock_class *find_class(const void *key, unsigned int subclass, unsigned int hash)
{
	struct lock_class *class;

	for (class = __atomic_load_n(&class_hash[hash], __ATOMIC_ACQUIRE); class;
	     class = class->hash_next) {
		if (class->key == key && class->subclass == subclass)
			return class;
	}
	return NULL;
}

/* The class of a lock at a nesting level, made on first use; NULL when unknown or the table is full. */
static struct lock_class *get_class(struct lockdep_map *map, unsigned int subclass)
{
	const void *key = key_of(map);
	struct lock_class *class;
	unsigned int hash;
	unsigned long flags;

	if (!key)
		return NULL;
	hash = hash_ptr((void *)((unsigned long)key + subclass), HASH_BITS);
	class = find_class(key, subclass, hash);
	if (class)
		return class;
	flags = graph_lock();
	class = find_class(key, subclass, hash);
	if (!class && nr_classes < MAX_CLASSES) {
		class = &classes[nr_classes++];
		class->key = key;
		class->subclass = subclass;
		class->name = map->name;
		class->hash_next = class_hash[hash];
		__atomic_store_n(&class_hash[hash], class, __ATOMIC_RELEASE);
	}
	graph_unlock(flags);
	return class;
}

void lockdep_init_map(struct lockdep_map *map, const char *name, struct lock_class_key *key)
{
	map->key = key;
	map->class_cache = NULL;
	map->name = name;
}

/* Does a chain of edges lead from one class to the other? => graph_lock held */
static bool reaches(struct lock_class *from, struct lock_class *to)
{
	static struct lock_class *stack[MAX_CLASSES]; /* graph_lock */
	unsigned int depth = 0;

	search_mark++;
	stack[depth++] = from;
	from->seen = search_mark;
	while (depth) {
		struct lock_class *at = stack[--depth];

		if (at == to)
			return true;
		for (unsigned int word = 0; word < MAX_CLASSES / 64; word++) {
			for (unsigned long bits = at->after[word]; bits; bits &= bits - 1) {
				struct lock_class *next =
					&classes[word * 64 + __builtin_ctzl(bits)];

				if (next->seen != search_mark) {
					next->seen = search_mark;
					stack[depth++] = next;
				}
			}
		}
	}
	return false;
}

static void check_irq_edge(struct lock_class *held, struct lock_class *class)
{
	unsigned int outer = READ_ONCE(held->usage), inner = READ_ONCE(class->usage);

	if (((outer & ALL_WAYS(USED_IN_HARDIRQ)) && (inner & ALL_WAYS(HARDIRQ_ON))) ||
	    ((outer & ALL_WAYS(USED_IN_SOFTIRQ)) && (inner & ALL_WAYS(SOFTIRQ_ON)))) {
		if (!report_begin(
			    "a lock used in interrupts is held over one taken with interrupts on"))
			return;
		pr_err("  takes %s while holding %s\n", class->name, held->name);
		report_end();
	}
}

static void add_edge(struct lock_class *held, struct lock_class *class)
{
	unsigned int to = class_index(class);
	unsigned long flags;
	bool circle;

	if (has_edge(held, to))
		return;
	flags = graph_lock();
	circle = reaches(class, held);
	if (!circle)
		held->after[to / 64] |= 1UL << to % 64;
	graph_unlock(flags);
	if (circle && report_begin("possible circular dependency")) {
		pr_err("  takes %s/%u while holding %s/%u, which elsewhere is taken after it\n",
		       class->name, class->subclass, held->name, held->subclass);
		report_end();
	}
	check_irq_edge(held, class);
}

/* Could the interrupt wait for what it interrupted? A reader in an interrupt waits for writers only. */
static bool can_interrupt_itself(unsigned int usage, unsigned int inside, unsigned int on)
{
	return (usage & inside && usage & ALL_WAYS(on)) || (usage & inside << READ_SHIFT && usage & on);
}

static void note_usage(struct lock_class *class, bool read)
{
	unsigned int now = 0, all;

	if (in_hardirq())
		now = USED_IN_HARDIRQ;
	else if (in_serving_softirq())
		now = USED_IN_SOFTIRQ | (irqs_disabled() ? 0 : HARDIRQ_ON);
	else if (!irqs_disabled())
		now = HARDIRQ_ON | (softirq_count() ? 0 : SOFTIRQ_ON);
	if (read)
		now <<= READ_SHIFT;
	if (!(now & ~READ_ONCE(class->usage)))
		return;
	all = __atomic_or_fetch(&class->usage, now, __ATOMIC_SEQ_CST);
	if (can_interrupt_itself(all, USED_IN_HARDIRQ, HARDIRQ_ON) ||
	    can_interrupt_itself(all, USED_IN_SOFTIRQ, SOFTIRQ_ON)) {
		if (!report_begin("a lock is used in interrupts and taken with interrupts on"))
			return;
		pr_err("  takes %s/%u\n", class->name, class->subclass);
		report_end();
	}
}

/*
 * May a reader take a lock of a class that it reads already? Not the very same lock, when a writer
 * may have come to wait in between; readers in interrupts and with interrupts masked pass writers.
 */
static bool may_read_twice(const struct held_lock *held, const struct lockdep_map *map)
{
	return held->read && (held->instance != map || in_interrupt() || irqs_disabled());
}

static void check_order(struct lockdep_task *task, struct lock_class *class,
			struct lockdep_map *map, bool read)
{
	for (unsigned int i = task->depth; i-- > 0;) {
		struct held_lock *held = &task->held[i];

		if (held->class == class) {
			if ((read && may_read_twice(held, map)) ||
			    !report_begin("the same lock, or one of its class, taken twice"))
				continue;
			pr_err("  takes %s/%u%s\n", class->name, class->subclass,
			       held->instance == map ? " (the very same)" : "");
			report_end();
			return;
		}
		add_edge(held->class, class);
	}
}

void lock_acquire(struct lockdep_map *map, unsigned int subclass, bool trylock, bool read,
		  unsigned long ip)
{
	struct lockdep_task *task;
	struct lock_class *class;
	unsigned long flags;

	if (READ_ONCE(disabled) || oops_in_progress)
		return;
	task = &current->lockdep;
	class = get_class(map, subclass);
	if (!class)
		return;
	if (!trylock) {
		note_usage(class, read);
		check_order(task, class, map, read);
	}
	local_irq_save(flags);
	if (task->depth < MAX_LOCK_DEPTH) {
		task->held[task->depth] = (struct held_lock){
			.class = class,
			.instance = map,
			.ip = ip,
			.subclass = subclass,
			.read = read,
			.irqs_off = flags != 0,
		};
	}
	task->depth++;
	local_irq_restore(flags);
}

void lock_release(struct lockdep_map *map, unsigned long ip)
{
	struct lockdep_task *task = &current->lockdep;
	unsigned long flags;
	bool found = false;

	if (READ_ONCE(disabled) || oops_in_progress || !key_of(map))
		return;
	local_irq_save(flags);
	if (task->depth > MAX_LOCK_DEPTH) {
		task->depth--;
		found = true;
	}
	for (unsigned int i = task->depth; !found && i-- > 0;) {
		if (task->held[i].instance != map)
			continue;
		for (; i + 1 < task->depth; i++)
			task->held[i] = task->held[i + 1];
		task->depth--;
		found = true;
	}
	local_irq_restore(flags);
	if (!found && nr_classes < MAX_CLASSES &&
	    report_begin("a lock is released that is not held")) {
		pr_err("  releases %s at %lx\n", map->name, ip);
		report_end();
	}
}

bool lock_is_held(const struct lockdep_map *map)
{
	struct lockdep_task *task = &current->lockdep;

	if (READ_ONCE(disabled) || oops_in_progress || !key_of(map) || task->depth > MAX_LOCK_DEPTH)
		return true;
	for (unsigned int i = 0; i < task->depth; i++) {
		if (task->held[i].instance == map)
			return true;
	}
	return false;
}

bool lockdep_expect_begin(void)
{
	expected_reports = 0;
	WRITE_ONCE(expecting, current);
	return !READ_ONCE(disabled);
}

unsigned int lockdep_expect_end(void)
{
	WRITE_ONCE(expecting, NULL);
	return expected_reports;
}

void lockdep_check_no_locks_held(const char *where)
{
	if (!READ_ONCE(disabled) && current->lockdep.depth &&
	    report_begin("locks are still held")) {
		pr_err("  at %s\n", where);
		report_end();
	}
}

void __might_sleep(const char *file, int line)
{
	static bool warned;

	if (!preempt_count() && !irqs_disabled())
		return;
	if (system_state < SYSTEM_SCHEDULING || oops_in_progress || (current->flags & PF_IDLE) ||
	    __atomic_exchange_n(&warned, true, __ATOMIC_SEQ_CST))
		return;
	pr_err("BUG: sleeping function called from invalid context at %s:%d\n", file, line);
	pr_err("preempt count %x, interrupts %s, %s/%d\n", preempt_count(),
	       irqs_disabled() ? "off" : "on", current->comm, current->pid);
	print_held(current);
	dump_stack();
}
#endif
