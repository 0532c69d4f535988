/* SPDX-License-Identifier: MIT */
/* Kernel messages: to a ring that /dev/kmsg and syslog(2) read, and by level to the host's standard error. */
#ifndef KERN_PRINTK_H
#define KERN_PRINTK_H

#include <kern/compiler.h>
#include <kern/types.h>
#include <stdarg.h>

#define KERN_SOH "\001"
#define KERN_EMERG KERN_SOH "0"
#define KERN_ALERT KERN_SOH "1"
#define KERN_CRIT KERN_SOH "2"
#define KERN_ERR KERN_SOH "3"
#define KERN_WARNING KERN_SOH "4"
#define KERN_NOTICE KERN_SOH "5"
#define KERN_INFO KERN_SOH "6"
#define KERN_DEBUG KERN_SOH "7"
#define KERN_CONT KERN_SOH "c"
#define KERN_DEFAULT ""

#define LOGLEVEL_EMERG 0
#define LOGLEVEL_ALERT 1
#define LOGLEVEL_CRIT 2
#define LOGLEVEL_ERR 3
#define LOGLEVEL_WARNING 4
#define LOGLEVEL_NOTICE 5
#define LOGLEVEL_INFO 6
#define LOGLEVEL_DEBUG 7
#define CONSOLE_LOGLEVEL_DEFAULT 7

#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif

/* => any context. The characters logged. */
int _printk(const char *fmt, ...) __printf(1, 2);
int vprintk(const char *fmt, va_list args);
#define printk(fmt, args...) _printk(fmt, ##args)

#define pr_emerg(fmt, args...) printk(KERN_EMERG pr_fmt(fmt), ##args)
#define pr_alert(fmt, args...) printk(KERN_ALERT pr_fmt(fmt), ##args)
#define pr_crit(fmt, args...) printk(KERN_CRIT pr_fmt(fmt), ##args)
#define pr_err(fmt, args...) printk(KERN_ERR pr_fmt(fmt), ##args)
#define pr_warn(fmt, args...) printk(KERN_WARNING pr_fmt(fmt), ##args)
#define pr_notice(fmt, args...) printk(KERN_NOTICE pr_fmt(fmt), ##args)
#define pr_info(fmt, args...) printk(KERN_INFO pr_fmt(fmt), ##args)
#define pr_cont(fmt, args...) printk(KERN_CONT fmt, ##args)
#ifdef CONFIG_DEBUG
#define pr_debug(fmt, args...) printk(KERN_DEBUG pr_fmt(fmt), ##args)
#else
#define pr_debug(fmt, args...) ({ if (0) printk(KERN_DEBUG pr_fmt(fmt), ##args); 0; })
#endif
#define pr_devel(fmt, args...) pr_debug(fmt, ##args)

#define printk_once(fmt, args...) do { \
	static bool __printed; \
	if (!__printed) { \
		__printed = true; \
		printk(fmt, ##args); \
	} \
} while (0)
#define pr_info_once(fmt, args...) printk_once(KERN_INFO pr_fmt(fmt), ##args)
#define pr_warn_once(fmt, args...) printk_once(KERN_WARNING pr_fmt(fmt), ##args)
#define pr_err_once(fmt, args...) printk_once(KERN_ERR pr_fmt(fmt), ##args)

/* At most printk_ratelimit_burst (10) lines in printk_ratelimit (5) seconds from one place. */
struct ratelimit_state {
	u32 locked;		/* try-lock of the fields below */
	unsigned long begin;
	unsigned int printed;
	unsigned int missed;
};
bool ___ratelimit(struct ratelimit_state *rs, const char *func);
/* The same with limits of its own: an interval in jiffies. */
bool ratelimit_allows(struct ratelimit_state *rs, unsigned long interval, unsigned int burst,
		      const char *who);
extern int printk_ratelimit_secs, printk_ratelimit_burst;
#define printk_ratelimited(fmt, args...) do { \
	static struct ratelimit_state __rs; \
	if (___ratelimit(&__rs, __func__)) \
		printk(fmt, ##args); \
} while (0)
#define pr_err_ratelimited(fmt, args...) printk_ratelimited(KERN_ERR pr_fmt(fmt), ##args)
#define pr_warn_ratelimited(fmt, args...) printk_ratelimited(KERN_WARNING pr_fmt(fmt), ##args)
#define pr_notice_ratelimited(fmt, args...) printk_ratelimited(KERN_NOTICE pr_fmt(fmt), ##args)
#define pr_info_ratelimited(fmt, args...) printk_ratelimited(KERN_INFO pr_fmt(fmt), ##args)

/* sysctl: who reads the messages, and addresses in /proc/kallsyms (1: privileged, 2: nobody). */
extern int dmesg_restrict;
extern int kptr_restrict;
/* Messages of a level below this go to the host's standard error; all, with ignore_loglevel. */
extern int console_loglevel;
extern bool ignore_loglevel;
/* Lines begin with their time (printk.time=). */
extern bool printk_time;

/* What may be written to /dev/kmsg: printk.devkmsg=, /proc/sys/kernel/printk_devkmsg. */
enum devkmsg_mode { DEVKMSG_RATELIMIT, DEVKMSG_ON, DEVKMSG_OFF };
extern enum devkmsg_mode devkmsg_mode;
/* "ratelimit", "on", "off": 0 or -EINVAL. Once the command line has said it, it stays: -EINVAL. */
int devkmsg_set(const char *word);
const char *devkmsg_name(void);
extern int default_message_loglevel;
extern int minimum_console_loglevel;
extern int default_console_loglevel;
void console_verbose(void);

/* One record of the ring, for readers. */
struct printk_record {
	u64 seq;
	u64 ts_nsec;
	unsigned int facility;	/* 0 kernel, 1 user (/dev/kmsg writers) */
	unsigned int level;
	bool cont;		/* goes on a line that was given already */
	unsigned int len;
	char *text;		/* in: a buffer of text_size bytes */
	size_t text_size;
};
/* Copies the first record at or after seq; false when there is none yet. => any context. */
bool printk_read_record(u64 seq, struct printk_record *record);
u64 printk_first_seq(void);
/* The one behind the last whose line has ended. */
u64 printk_next_seq(void);
/* Logs a line on behalf of a user: /dev/kmsg. */
void printk_user(unsigned int facility, unsigned int level, const char *text, size_t len);
struct wait_queue_head;
/* Woken when a record is added. */
extern struct wait_queue_head log_wait;

/* What syslog(2) can do; /proc/kmsg reads by it too. */
enum {
	SYSLOG_ACTION_CLOSE, SYSLOG_ACTION_OPEN, SYSLOG_ACTION_READ, SYSLOG_ACTION_READ_ALL,
	SYSLOG_ACTION_READ_CLEAR, SYSLOG_ACTION_CLEAR, SYSLOG_ACTION_CONSOLE_OFF,
	SYSLOG_ACTION_CONSOLE_ON, SYSLOG_ACTION_CONSOLE_LEVEL, SYSLOG_ACTION_SIZE_UNREAD,
	SYSLOG_ACTION_SIZE_BUFFER,
};
int do_syslog(int type, char __user *buf, int len);
bool syslog_unread(void);
/* The first record after the last SYSLOG_ACTION_CLEAR. => may sleep */
u64 syslog_clear_seq(void);

/*
 * The first line of [*at, end), without its newline: its length; *at moves to the next one.
 * A record may have several.
 */
size_t printk_next_line(const char **at, const char *end);
/* That line as readers see it, time in front and newline behind: the length. */
int printk_format_line(char *line, size_t size, u64 ts_nsec, const char *text, size_t len);

/* The current stack, with symbols. => any context. */
void dump_stack(void);
void dump_stack_lvl(const char *level);

#define DUMP_PREFIX_NONE 0
#define DUMP_PREFIX_OFFSET 2
void print_hex_dump(const char *level, const char *prefix, int prefix_type, int rowsize, int groupsize,
		    const void *buf, size_t len, bool ascii);

#endif
