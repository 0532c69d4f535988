// SPDX-License-Identifier: MIT
/*
 * The table of magic keys. Files register theirs at boot; after that it is constant, so that a key
 * works whatever locks are held.
 */
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/printk.h>
#include <kern/rcupdate.h>
#include <kern/sysrq.h>
#include <kern/watchdog.h>

#define KEYS 36

static const struct sysrq_key *keys[KEYS]; /* written at boot */
int sysrq_enabled = 1;

static int key_index(char key)
{
	if (key >= '0' && key <= '9')
		return key - '0';
	if (key >= 'a' && key <= 'z')
		return key - 'a' + 10;
	return -1;
}

int register_sysrq_key(char key, const struct sysrq_key *op)
{
	int index = key_index(key);

	if (index < 0 || keys[index])
		return -EINVAL;
	keys[index] = op;
	return 0;
}

static bool allowed(const struct sysrq_key *op)
{
	int mask = READ_ONCE(sysrq_enabled);

	return mask == 1 || !op->enable || (mask & op->enable);
}

static void print_help(void)
{
	const struct sysrq_key *before = NULL;

	pr_info("sysrq: HELP :");
	for (unsigned int i = 0; i < KEYS; i++) {
		/* The digits are one. */
		if (keys[i] && keys[i] != before)
			pr_cont(" %s", keys[i]->help);
		before = keys[i];
	}
	pr_cont("\n");
}

void handle_sysrq(char key, bool check_mask)
{
	int index = key_index(key);
	const struct sysrq_key *op = index < 0 ? NULL : keys[index];
	int level = console_loglevel;

	/* Headings are shown whatever the level is. */
	console_loglevel = CONSOLE_LOGLEVEL_DEFAULT;
	if (!op) {
		print_help();
		console_loglevel = level;
		return;
	}
	if (check_mask && !allowed(op)) {
		pr_info("sysrq: This sysrq operation is disabled.\n");
		console_loglevel = level;
		return;
	}
	pr_info("sysrq: %s\n", op->action);
	console_loglevel = level;
	op->handler(key);
	touch_all_softlockup_watchdogs();
}

static int always_enabled(char *value)
{
	sysrq_enabled = 1;
	return 1;
}
__setup("sysrq_always_enabled", always_enabled);
