// SPDX-License-Identifier: MIT
/*
 * Kernel messages.
 *
 * Records lie in a ring: an array of descriptors, by sequence number, and a text buffer that
 * is written round and round; a record whose text has been overwritten is gone. /dev/kmsg and
 * syslog(2) read it by sequence number. Messages below console_loglevel also go to the host's
 * standard error, in order: whoever adds a record prints all that is not printed yet, unless
 * somebody else is at it, who will then see the new one. A line that has not ended waits for its
 * end (KERN_CONT), for the next record, or for an oops.
 *
 * Locks: log_lock (innermost, interrupts off) guards the ring. `printing` is a try-lock around
 * output. Once oops_in_progress is set, both are taken by force after a while.
 */
#include <kern/atomic.h>
#include <kern/init.h>
#include <kern/irq_work.h>
#include <kern/jiffies.h>
#include <kern/panic.h>
#include <kern/preempt.h>
#include <kern/printk.h>
#include <kern/spinlock.h>
#include <kern/timekeeping.h>
#include <kern/wait.h>
#include <lib/sprintf.h>
#include <lib/string.h>
#include <um/irqflags.h>
#include <um/setup.h>

#define TEXT_SIZE (128UL << 10)
#define RECORDS 2048UL
#define LINE_MAX_LEN 1000

struct log_descriptor {
	u64 ts_nsec;
	u64 offset;		/* of the text, counted from the first byte ever written */
	u16 len;
	u8 facility;
	u8 level;
	bool open;		/* its line has not ended: KERN_CONT adds to it */
	bool cont;		/* KERN_CONT came too late to add it to another */
};

/* All: log_lock. */
static char text_ring[TEXT_SIZE];
static struct log_descriptor descriptors[RECORDS];
static u64 next_seq;		/* of the record that comes next */
static u64 text_head;		/* bytes ever written */

static DEFINE_SPINLOCK(log_lock);

static int printing;		/* try-lock of the output; guards console_seq */
static u64 console_seq;		/* the first record not yet printed */

int console_loglevel = 7;
int default_message_loglevel = LOGLEVEL_WARNING;
int minimum_console_loglevel = 1;
int default_console_loglevel = 7;
DECLARE_WAIT_QUEUE_HEAD(log_wait);

static unsigned long lock_log(void)
{
	unsigned long flags;

	local_irq_save(flags);
	/* A vCPU that died inside must not silence the others. */
	for (unsigned long n = 0; !spin_trylock(&log_lock); n++) {
		if (oops_in_progress && n > 10000)
			break;
		um_spin_wait(n);
	}
	return flags;
}

static void unlock_log(unsigned long flags)
{
	spin_unlock(&log_lock);
	local_irq_restore(flags);
}

/* Is the text of this descriptor still in the ring? => log_lock */
static bool text_is_there(const struct log_descriptor *d)
{
	return text_head - d->offset <= TEXT_SIZE;
}

static u64 first_seq_locked(void)
{
	u64 seq = next_seq > RECORDS ? next_seq - RECORDS : 0;

	while (seq < next_seq && !text_is_there(&descriptors[seq % RECORDS]))
		seq++;
	return seq;
}

static void put_text(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text_ring[text_head++ % TEXT_SIZE] = text[i];
}

/* => log_lock */
static void add_record(unsigned int facility, unsigned int level, const char *text, size_t len,
		       bool open, bool cont)
{
	struct log_descriptor *d = &descriptors[next_seq % RECORDS];

	if (next_seq)
		descriptors[(next_seq - 1) % RECORDS].open = false;
	*d = (struct log_descriptor){
		.ts_nsec = sched_clock(),
		.offset = text_head,
		.len = len,
		.facility = facility,
		.level = level,
		.open = open,
		.cont = cont,
	};
	put_text(text, len);
	next_seq++;
}

/* KERN_CONT: adds to the last record if its line is open. => log_lock */
static bool add_to_open(const char *text, size_t len, bool open)
{
	struct log_descriptor *d = &descriptors[(next_seq - 1) % RECORDS];

	if (!next_seq || !d->open || d->len + len > LINE_MAX_LEN)
		return false;
	put_text(text, len);
	d->len += len;
	d->open = open;
	return true;
}

u64 printk_next_seq(void)
{
	u64 seq = READ_ONCE(next_seq);

	return seq && READ_ONCE(descriptors[(seq - 1) % RECORDS].open) && !oops_in_progress ?
		       seq - 1 :
		       seq;
}

static bool read_locked(u64 seq, struct printk_record *record)
{
	const struct log_descriptor *d;
	u64 first = first_seq_locked();

	if (seq < first)
		seq = first;
	if (seq >= printk_next_seq())
		return false;
	d = &descriptors[seq % RECORDS];
	record->seq = seq;
	record->ts_nsec = d->ts_nsec;
	record->facility = d->facility;
	record->level = d->level;
	record->cont = d->cont;
	record->len = d->len < record->text_size ? d->len : record->text_size;
	for (unsigned int i = 0; i < record->len; i++)
		record->text[i] = text_ring[(d->offset + i) % TEXT_SIZE];
	return true;
}

bool printk_read_record(u64 seq, struct printk_record *record)
{
	unsigned long flags = lock_log();
	bool found = read_locked(seq, record);

	unlock_log(flags);
	return found;
}

u64 printk_first_seq(void)
{
	unsigned long flags = lock_log();
	u64 seq = first_seq_locked();

	unlock_log(flags);
	return seq;
}

size_t printk_next_line(const char **at, const char *end)
{
	const char *begin = *at, *newline = memchr(begin, '\n', end - begin);

	*at = newline ? newline + 1 : end;
	return newline ? (size_t)(newline - begin) : (size_t)(end - begin);
}

int printk_format_line(char *line, size_t size, u64 ts_nsec, const char *text, size_t len)
{
	u64 us = ts_nsec / 1000;

	if (!printk_time)
		return scnprintf(line, size, "%.*s\n", (int)len, text);
	return scnprintf(line, size, "[%5llu.%06llu] %.*s\n", (unsigned long long)(us / 1000000),
			 (unsigned long long)(us % 1000000), (int)len, text);
}

/* Prints one record on the host's standard error; false: there is none. => `printing` held */
static bool print_next(void)
{
	static char line[LINE_MAX_LEN + 48];
	static char text[LINE_MAX_LEN];
	struct printk_record record = { .text = text, .text_size = sizeof(text) };
	const char *at = text;

	if (!printk_read_record(console_seq, &record))
		return false;
	console_seq = record.seq + 1;
	if ((record.level >= (unsigned int)console_loglevel && !ignore_loglevel) || record.facility)
		return true;
	do {
		const char *begin = at;
		size_t n = printk_next_line(&at, text + record.len);

		um_console_write(line, printk_format_line(line, sizeof(line), record.ts_nsec,
							  begin, n));
	} while (at < text + record.len);
	return true;
}

static void print_pending(void)
{
	do {
		unsigned long flags;

		local_irq_save(flags);
		if (__atomic_exchange_n(&printing, 1, __ATOMIC_ACQUIRE) && !oops_in_progress) {
			local_irq_restore(flags);
			return;
		}
		while (print_next())
			;
		__atomic_store_n(&printing, 0, __ATOMIC_SEQ_CST);
		local_irq_restore(flags);
	} while (READ_ONCE(console_seq) < printk_next_seq());
}

static void wake_waiting(struct irq_work *work)
{
	wake_up_interruptible(&log_wait);
}
static DEFINE_IRQ_WORK(wake_work, wake_waiting);

/* Messages come from under the scheduler's locks too. */
static void wake_readers(void)
{
	if (wq_has_sleeper(&log_wait))
		irq_work_queue(&wake_work);
}

int vprintk(const char *fmt, va_list args)
{
	char text[512];
	const char *start = text;
	unsigned int level = default_message_loglevel;
	bool cont = false, open = true;
	unsigned long flags;
	int len = vscnprintf(text, sizeof(text), fmt, args);

	while (start[0] == KERN_SOH[0] && start[1]) {
		if (start[1] == 'c')
			cont = true;
		else if (start[1] >= '0' && start[1] <= '7')
			level = start[1] - '0';
		start += 2;
	}
	len -= start - text;
	if (len && start[len - 1] == '\n') {
		len--;
		open = false;
	}
	flags = lock_log();
	if (!cont || !add_to_open(start, len, open))
		add_record(0, level, start, len, open, cont);
	unlock_log(flags);
	print_pending();
	wake_readers();
	return len;
}

int _printk(const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vprintk(fmt, args);
	va_end(args);
	return len;
}

void printk_user(unsigned int facility, unsigned int level, const char *text, size_t len)
{
	unsigned long flags = lock_log();

	add_record(facility, level, text, len < LINE_MAX_LEN ? len : LINE_MAX_LEN, false, false);
	unlock_log(flags);
	print_pending();
	wake_readers();
}

void console_verbose(void)
{
	if (console_loglevel < 15)
		console_loglevel = 15;
}
