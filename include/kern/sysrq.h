/* SPDX-License-Identifier: MIT */
/* Magic keys: single letters that make the kernel do or show something, whatever else hangs. */
#ifndef KERN_SYSRQ_H
#define KERN_SYSRQ_H

#include <kern/types.h>

/* Which kinds a key asked for at a console may do: bits of /proc/sys/kernel/sysrq, 1 is all. */
#define SYSRQ_ENABLE_LOG     0x0002
#define SYSRQ_ENABLE_KEYBOARD 0x0004
#define SYSRQ_ENABLE_DUMP    0x0008
#define SYSRQ_ENABLE_SYNC    0x0010
#define SYSRQ_ENABLE_REMOUNT 0x0020
#define SYSRQ_ENABLE_SIGNAL  0x0040
#define SYSRQ_ENABLE_BOOT    0x0080
#define SYSRQ_ENABLE_RTNICE  0x0100

struct sysrq_key {
	/* => any context, interrupts perhaps masked; may not sleep */
	void (*handler)(char key);
	const char *help;	/* "name(letter)" */
	const char *action;	/* printed first */
	unsigned int enable;	/* SYSRQ_ENABLE_*, 0: always allowed */
};

/* key: a letter or digit that nobody has yet. 0 or -EINVAL. => at boot */
int register_sysrq_key(char key, const struct sysrq_key *op);
/* Does what the key says, if the mask (check_mask) lets it. => any context */
void handle_sysrq(char key, bool check_mask);
extern int sysrq_enabled;

#endif
