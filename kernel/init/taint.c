// SPDX-License-Identifier: MIT
/* The marks that say why later reports may not be trusted. */
#include <kern/init.h>
#include <kern/kernel.h>
#include <kern/panic.h>
#include <lib/kstrtox.h>
#include <lib/string.h>

/* The letter of each flag, and what is shown when it is not set. */
static const char set_letters[TAINT_FLAGS_COUNT + 1] = "PFSRMBUDAWCIOELKXTN";
static const char clear_letters[TAINT_FLAGS_COUNT + 1] = "G                  ";

static unsigned long taint;		/* atomic bits */
static unsigned long panic_on_taint;	/* constant after boot */

void add_taint(unsigned int flag)
{
	unsigned long bit = 1UL << flag;

	__atomic_fetch_or(&taint, bit, __ATOMIC_RELAXED);
	if (panic_on_taint & bit) {
		char text[TAINT_TEXT_LEN];

		panic_on_taint = 0;
		panic("panic_on_taint set ... %s", print_tainted(text));
	}
}

unsigned long get_taint(void)
{
	return READ_ONCE(taint);
}

const char *print_tainted(char text[TAINT_TEXT_LEN])
{
	static const char prefix[] = "Tainted: ";
	unsigned long flags = get_taint();
	char *at = text + sizeof(prefix) - 1;

	if (!flags)
		return "Not tainted";
	memcpy(text, prefix, sizeof(prefix));
	for (unsigned int i = 0; i < TAINT_FLAGS_COUNT; i++)
		*at++ = flags >> i & 1 ? set_letters[i] : clear_letters[i];
	*at = '\0';
	return text;
}

static int check_panic_on_taint(const char *value)
{
	unsigned long flags;

	return kstrtoul(value, 16, &flags) || !flags || flags >> TAINT_FLAGS_COUNT ? -22 : 0;
}

static int set_panic_on_taint(char *value)
{
	return !kstrtoul(value, 16, &panic_on_taint);
}
__setup_checked("panic_on_taint=", set_panic_on_taint, check_panic_on_taint);
