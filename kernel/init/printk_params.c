// SPDX-License-Identifier: MIT
/* What the command line says about kernel messages, and limits on their number. */
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/jiffies.h>
#include <kern/kernel.h>
#include <kern/printk.h>
#include <lib/kstrtox.h>
#include <lib/string.h>

int printk_ratelimit_secs = 5, printk_ratelimit_burst = 10;
bool ignore_loglevel, printk_time = true;
enum devkmsg_mode devkmsg_mode;
static bool devkmsg_fixed; /* by the command line */

bool ratelimit_allows(struct ratelimit_state *rs, unsigned long interval, unsigned int burst,
		      const char *who)
{
	unsigned int missed = 0;
	bool allow;

	if (!interval)
		return true;
	if (__atomic_exchange_n(&rs->locked, 1, __ATOMIC_ACQUIRE))
		return false;
	if (!rs->begin || time_after(jiffies, rs->begin + interval)) {
		missed = rs->missed;
		rs->begin = jiffies ? jiffies : 1;
		rs->printed = rs->missed = 0;
	}
	allow = rs->printed < burst;
	if (allow)
		rs->printed++;
	else
		rs->missed++;
	__atomic_store_n(&rs->locked, 0, __ATOMIC_RELEASE);
	if (missed)
		pr_warn("%s: %u messages suppressed\n", who, missed);
	return allow;
}

bool ___ratelimit(struct ratelimit_state *rs, const char *func)
{
	return ratelimit_allows(rs, READ_ONCE(printk_ratelimit_secs) * HZ,
				READ_ONCE(printk_ratelimit_burst), func);
}

/* ---- /dev/kmsg ---- */

static const char *const devkmsg_names[] = {
	[DEVKMSG_RATELIMIT] = "ratelimit", [DEVKMSG_ON] = "on", [DEVKMSG_OFF] = "off",
};

const char *devkmsg_name(void)
{
	return devkmsg_names[READ_ONCE(devkmsg_mode)];
}

static int find_devkmsg(const char *word)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(devkmsg_names); i++) {
		if (!strcmp(word, devkmsg_names[i]))
			return i;
	}
	return -EINVAL;
}

int devkmsg_set(const char *word)
{
	int mode = find_devkmsg(word);

	if (mode < 0 || devkmsg_fixed)
		return -EINVAL;
	WRITE_ONCE(devkmsg_mode, mode);
	return 0;
}

static int check_devkmsg(const char *value)
{
	return find_devkmsg(value) < 0 ? -EINVAL : 0;
}

static int set_devkmsg(char *value)
{
	if (devkmsg_set(value))
		return 0;
	devkmsg_fixed = true;
	return 1;
}
__setup_checked("printk.devkmsg=", set_devkmsg, check_devkmsg);

/* ---- levels ---- */

static int set_quiet(char *value)
{
	console_loglevel = 4;
	return 1;
}
__kparam("quiet", set_quiet, NULL, 1);

static int set_debug(char *value)
{
	console_loglevel = 10;
	return 1;
}
__kparam("debug", set_debug, NULL, 1);

static int check_loglevel(const char *value)
{
	unsigned int level;

	return kstrtouint(value, 10, &level) || level > 15 ? -EINVAL : 0;
}

static int set_loglevel(char *value)
{
	unsigned int level;

	if (kstrtouint(value, 10, &level))
		return 0;
	console_loglevel = level;
	return 1;
}
__kparam("loglevel=", set_loglevel, check_loglevel, 1);

static int set_ignore_loglevel(char *value)
{
	ignore_loglevel = true;
	return 1;
}
__kparam("ignore_loglevel", set_ignore_loglevel, NULL, 1);

static int check_bool(const char *value)
{
	bool on;

	return kstrtobool(value, &on) ? -EINVAL : 0;
}

static int set_time(char *value)
{
	return !kstrtobool(value, &printk_time);
}
__kparam("printk.time=", set_time, check_bool, 1);
