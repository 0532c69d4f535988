// SPDX-License-Identifier: MIT
/*
 * The io controller: what control groups read and write (io.stat), and how fast they may (io.max).
 *
 * A bio is of the group of the task that submits it; what kernel threads and reclaim write is of the
 * group that pays for the page's memory. A group has a blkcg_gq for each disk it has used, which
 * counts what its own tasks did; io.stat adds those below.
 *
 * A limit is a clock for each kind (bytes or operations, reading or writing) that says when the next
 * bio may go: a bio moves it on by what it costs; it lags behind the time by MAX_CREDIT at most. Limits of all groups above count too, so the bio goes
 * when the last of their clocks allows. Until then it waits in the queue of its own group and disk, in
 * order, and a work item sends it: whoever submitted it does not wait. Swapping is never held up, for
 * memory hangs on it.
 *
 * Locks: cgroup_mutex; blkcg_lock (the groups' lists, clocks, queues), interrupts off.
 */
#include <block/blk_cgroup.h>
#include <block/blkdev.h>
#include <fs/kdev_t.h>
#include <fs/seq_file.h>
#include <kern/cgroup_fs.h>
#include <kern/err.h>
#include <kern/errno.h>
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <kern/sched.h>
#include <kern/task.h>
#include <kern/timekeeping.h>
#include <kern/workqueue.h>
#include <lib/kstrtox.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <mm/memcontrol.h>
#include <mm/slab.h>

#include "internal.h"

/* What a group has not used of its rate it may use later, as far as this (ns) goes. */
#define MAX_CREDIT (100 * NSEC_PER_MSEC)

enum io_kind { IO_READ, IO_WRITE, IO_DISCARD, IO_KINDS };
enum io_limit { RBPS, WBPS, RIOPS, WIOPS, IO_LIMITS };
static const char *const limit_names[IO_LIMITS] = { "rbps", "wbps", "riops", "wiops" };

/* A group and a disk. Lives as long as the group. All of it: blkcg_lock. */
struct blkcg_gq {
	struct list_head link; /* cg->io_disks */
	struct gendisk *disk;
	struct cgroup *cg; /* counted while bios wait */
	u64 bytes[IO_KINDS], ios[IO_KINDS];
	u64 limit[IO_LIMITS];	  /* a second; U64_MAX: none */
	u64 next[IO_LIMITS];	  /* ns: when the limit lets the next one go */
	struct bio *head, **tail; /* those that wait, by bi_next */
	unsigned int waiting;
	struct delayed_work work;
};

static DEFINE_SPINLOCK(blkcg_lock);

/* ---- groups and disks; => blkcg_lock held ---- */

static struct blkcg_gq *find_gq(const struct cgroup *cg, const struct gendisk *disk)
{
	struct blkcg_gq *gq;

	list_for_each_entry(gq, &cg->io_disks, link)
		if (gq->disk == disk)
			return gq;
	return NULL;
}

static void send_later(struct work_struct *work);

static struct blkcg_gq *new_gq(struct cgroup *cg, struct gendisk *disk, gfp_t gfp)
{
	struct blkcg_gq *gq = kzalloc(sizeof(*gq), gfp);

	if (!gq)
		return NULL;
	gq->disk = disk;
	gq->cg = cg;
	gq->tail = &gq->head;
	for (int i = 0; i < IO_LIMITS; i++)
		gq->limit[i] = U64_MAX;
	INIT_DELAYED_WORK(&gq->work, send_later);
	return gq;
}

/* Finds or makes it; NULL without memory. => blkcg_lock not held */
static struct blkcg_gq *get_gq(struct cgroup *cg, struct gendisk *disk, gfp_t gfp)
{
	struct blkcg_gq *gq, *new = NULL;
	unsigned long flags;

	for (;;) {
		spin_lock_irqsave(&blkcg_lock, flags);
		gq = find_gq(cg, disk);
		if (!gq && new) {
			list_add_tail(&new->link, &cg->io_disks);
			gq = new;
			new = NULL;
		}
		spin_unlock_irqrestore(&blkcg_lock, flags);
		if (gq)
			break;
		new = new_gq(cg, disk, gfp);
		if (!new)
			return NULL;
	}
	kfree(new);
	return gq;
}

/* ---- limits ---- */

static enum io_kind kind_of(const struct bio *bio)
{
	if (bio_op(bio) == REQ_OP_DISCARD)
		return IO_DISCARD;
	return bio_op(bio) == REQ_OP_READ ? IO_READ : IO_WRITE;
}

/* Moves a clock on by what `amount`, below 2^32, costs, and gives what it showed before. */
static u64 pass_clock(struct blkcg_gq *gq, enum io_limit limit, u64 amount, u64 now)
{
	u64 due = max(gq->next[limit], now > MAX_CREDIT ? now - MAX_CREDIT : 0);

	if (gq->limit[limit] == U64_MAX)
		return now;
	gq->next[limit] = due + amount * NSEC_PER_SEC / gq->limit[limit];
	return due;
}

/* When the bio may go, as far as the group and all above say. => blkcg_lock held */
static u64 due_time(const struct bio *bio, const struct cgroup *cg, u64 now)
{
	bool write = kind_of(bio) != IO_READ;
	u64 due = now;

	for (; cg->parent; cg = cg->parent) {
		struct blkcg_gq *gq = find_gq(cg, bio->bi_bdev->bd_disk);

		if (!gq)
			continue;
		due = max(due, pass_clock(gq, write ? WBPS : RBPS, bio->bi_size, now));
		due = max(due, pass_clock(gq, write ? WIOPS : RIOPS, 1, now));
	}
	return due;
}

static unsigned long delay_until(u64 due, u64 now)
{
	return due > now ? nsecs_to_jiffies(due - now) + 1 : 0;
}

static void send_later(struct work_struct *work)
{
	struct blkcg_gq *gq = container_of(to_delayed_work(work), struct blkcg_gq, work);
	struct cgroup *cg = gq->cg;

	for (;;) {
		u64 now = ktime_get_ns();
		struct bio *bio;

		spin_lock_irq(&blkcg_lock);
		bio = gq->head;
		if (!bio || bio->bi_due > now) {
			if (bio)
				schedule_delayed_work(&gq->work, delay_until(bio->bi_due, now));
			spin_unlock_irq(&blkcg_lock);
			return;
		}
		gq->head = bio->bi_next;
		if (!gq->head)
			gq->tail = &gq->head;
		gq->waiting--;
		spin_unlock_irq(&blkcg_lock);
		bio->bi_next = NULL;
		submit_to_disk(bio);
		/* Each that waits holds the group. */
		cgroup_put(cg);
	}
}

/* ---- submission ---- */

/* Whose the bio is, with a reference. */
static struct cgroup *bio_group(const struct bio *bio)
{
	if ((current->flags & (PF_KTHREAD | PF_MEMALLOC)) && bio->bi_vcnt)
		return mem_cgroup_get_cgroup(bio->bi_io_vec[0].bv_page);
	return task_get_cgroup(current);
}

/* => blkcg_lock held. True: it waits. */
static bool count_or_queue(struct blkcg_gq *gq, struct bio *bio)
{
	u64 now = ktime_get_ns();

	gq->bytes[kind_of(bio)] += bio->bi_size;
	gq->ios[kind_of(bio)]++;
	if (bio->bi_opf & REQ_SWAP)
		return false;
	bio->bi_due = due_time(bio, gq->cg, now);
	if (bio->bi_due <= now && !gq->waiting)
		return false;
	bio->bi_next = NULL;
	*gq->tail = bio;
	gq->tail = &bio->bi_next;
	cgroup_get(gq->cg);
	if (!gq->waiting++)
		schedule_delayed_work(&gq->work, delay_until(bio->bi_due, now));
	return true;
}

bool blkcg_submit(struct bio *bio)
{
	struct cgroup *cg;
	struct blkcg_gq *gq;
	bool waits = false;

	if (!bio->bi_size || !cgroup_root.nr_descendants)
		return false;
	cg = bio_group(bio);
	/* What the root does the device counts, and nothing limits. Without memory there is no limit. */
	gq = cg->parent ? get_gq(cg, bio->bi_bdev->bd_disk, GFP_NOWAIT | __GFP_NOWARN) : NULL;
	if (gq) {
		spin_lock_irq(&blkcg_lock);
		waits = count_or_queue(gq, bio);
		spin_unlock_irq(&blkcg_lock);
	}
	cgroup_put(cg);
	return waits;
}

/* ---- groups that go ---- */

void blkcg_offline(struct cgroup *cg)
{
	struct blkcg_gq *gq, *to;

	if (!cg->parent->parent)
		return;
	list_for_each_entry(gq, &cg->io_disks, link) {
		to = get_gq(cg->parent, gq->disk, GFP_KERNEL);
		if (!to)
			continue;
		spin_lock_irq(&blkcg_lock);
		for (int i = 0; i < IO_KINDS; i++) {
			to->bytes[i] += gq->bytes[i];
			to->ios[i] += gq->ios[i];
		}
		spin_unlock_irq(&blkcg_lock);
	}
}

/* Those that wait go now. => blkcg_lock held */
static void let_go(struct blkcg_gq *gq)
{
	for (struct bio *bio = gq->head; bio; bio = bio->bi_next)
		bio->bi_due = 0;
	if (gq->waiting)
		mod_delayed_work(system_wq, &gq->work, 0);
}

void blkcg_reset(struct cgroup *cg)
{
	struct blkcg_gq *gq;

	spin_lock_irq(&blkcg_lock);
	list_for_each_entry(gq, &cg->io_disks, link) {
		for (int i = 0; i < IO_LIMITS; i++) {
			gq->limit[i] = U64_MAX;
			gq->next[i] = 0;
		}
		let_go(gq);
	}
	spin_unlock_irq(&blkcg_lock);
}

void blkcg_free(struct cgroup *cg)
{
	struct blkcg_gq *gq, *next;

	list_for_each_entry_safe(gq, next, &cg->io_disks, link) {
		cancel_delayed_work_sync(&gq->work);
		kfree(gq);
	}
}

/* ---- files; => cgroup_mutex held ---- */

/* What a group and those below did on a disk. */
static void sum_stats(const struct cgroup *cg, const struct gendisk *disk, struct blkcg_gq *sum)
{
	const struct blkcg_gq *gq;
	struct cgroup *child;

	spin_lock_irq(&blkcg_lock);
	gq = find_gq(cg, disk);
	for (int i = 0; gq && i < IO_KINDS; i++) {
		sum->bytes[i] += gq->bytes[i];
		sum->ios[i] += gq->ios[i];
	}
	spin_unlock_irq(&blkcg_lock);
	list_for_each_entry(child, &cg->children, sibling)
		sum_stats(child, disk, sum);
}

struct show_context {
	struct seq_file *m;
	struct cgroup *cg;
};

static void show_disk_stat(struct gendisk *disk, void *data)
{
	const struct show_context *c = data;
	struct block_device *bdev = disk->part0;
	struct blkcg_gq sum = { 0 };

	if (c->cg->parent) {
		sum_stats(c->cg, disk, &sum);
	} else {
		for (int dir = IO_READ; dir <= IO_WRITE; dir++) {
			sum.bytes[dir] = (u64)atomic_long_read(&bdev->bd_sectors[dir])
					 << SECTOR_SHIFT;
			sum.ios[dir] = atomic_long_read(&bdev->bd_ios[dir]);
		}
	}
	if (!sum.ios[IO_READ] && !sum.ios[IO_WRITE] && !sum.ios[IO_DISCARD])
		return;
	seq_printf(c->m,
		   "%u:%u rbytes=%llu wbytes=%llu rios=%llu wios=%llu dbytes=%llu dios=%llu\n",
		   MAJOR(bdev->bd_dev), MINOR(bdev->bd_dev), (unsigned long long)sum.bytes[IO_READ],
		   (unsigned long long)sum.bytes[IO_WRITE], (unsigned long long)sum.ios[IO_READ],
		   (unsigned long long)sum.ios[IO_WRITE], (unsigned long long)sum.bytes[IO_DISCARD],
		   (unsigned long long)sum.ios[IO_DISCARD]);
}

static int show_stat(struct seq_file *m, struct cgroup *cg)
{
	struct show_context c = { m, cg };

	for_each_disk(show_disk_stat, &c);
	return 0;
}

static int show_max(struct seq_file *m, struct cgroup *cg)
{
	struct blkcg_gq *gq;

	spin_lock_irq(&blkcg_lock);
	list_for_each_entry(gq, &cg->io_disks, link) {
		dev_t dev = gq->disk->part0->bd_dev;
		bool any = false;

		for (int i = 0; i < IO_LIMITS; i++)
			any |= gq->limit[i] != U64_MAX;
		if (!any)
			continue;
		seq_printf(m, "%u:%u", MAJOR(dev), MINOR(dev));
		for (int i = 0; i < IO_LIMITS; i++) {
			if (gq->limit[i] == U64_MAX)
				seq_printf(m, " %s=max", limit_names[i]);
			else
				seq_printf(m, " %s=%llu", limit_names[i],
					   (unsigned long long)gq->limit[i]);
		}
		seq_putc(m, '\n');
	}
	spin_unlock_irq(&blkcg_lock);
	return 0;
}

/* One "key=value". 0, -EINVAL, -ERANGE */
static int parse_limit(char *word, u64 *limits)
{
	char *value = strchr(word, '=');
	unsigned long long n = U64_MAX;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	if (strcmp(value, "max") && kstrtoull(value, 10, &n))
		return -EINVAL;
	if (!n)
		return -ERANGE;
	for (int i = 0; i < IO_LIMITS; i++) {
		if (strcmp(word, limit_names[i]))
			continue;
		if ((i == RIOPS || i == WIOPS) && n != U64_MAX)
			n = min(n, (unsigned long long)U32_MAX);
		limits[i] = n;
		return 0;
	}
	return -EINVAL;
}

/* The disk that a text like "98:0" names; ERR_PTR. */
static struct gendisk *parse_disk(const char *word)
{
	struct block_device *bdev;
	struct gendisk *disk;
	unsigned int major, minor;
	char rest;

	if (!word || sscanf(word, "%u:%u%c", &major, &minor, &rest) != 2)
		return ERR_PTR(-EINVAL);
	bdev = blkdev_get_by_dev(MKDEV(major, minor), 0, NULL);
	if (IS_ERR(bdev))
		return ERR_PTR(-ENODEV);
	/* Disks stay. */
	disk = bdev->bd_partno ? ERR_PTR(-ENODEV) : bdev->bd_disk;
	blkdev_put(bdev, 0, NULL);
	return disk;
}

static int write_max(struct cgroup *cg, char *text, const struct file *file)
{
	struct gendisk *disk = parse_disk(strsep(&text, " \t"));
	u64 limits[IO_LIMITS];
	struct blkcg_gq *gq;
	char *word;
	int error = 0;

	if (IS_ERR(disk))
		return PTR_ERR(disk);
	gq = get_gq(cg, disk, GFP_KERNEL);
	if (!gq)
		return -ENOMEM;
	memcpy(limits, gq->limit, sizeof(limits));
	while (!error && (word = strsep(&text, " \t")))
		if (*word)
			error = parse_limit(word, limits);
	if (error)
		return error;
	spin_lock_irq(&blkcg_lock);
	memcpy(gq->limit, limits, sizeof(limits));
	memset(gq->next, 0, sizeof(gq->next));
	let_go(gq);
	spin_unlock_irq(&blkcg_lock);
	return 0;
}

const struct cftype cgroup_io_files[] = { { "io.stat", 0, CGROUP_IO, -1, show_stat, NULL },
					  { "io.max", CFTYPE_NOT_ON_ROOT, CGROUP_IO, -1, show_max,
					    write_max },
					  {} };
