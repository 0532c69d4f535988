// SPDX-License-Identifier: MIT
/* The command line: finding each word's handler in the section `kparams`. */
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/moduleparam.h>
#include <kern/printk.h>
#include <lib/cmdline.h>
#include <lib/kstrtox.h>
#include <lib/string.h>

extern const struct kernel_param_entry __start_kparams[] __attribute__((weak));
extern const struct kernel_param_entry __stop_kparams[] __attribute__((weak));

/* Names are the same with '-' and '_'. */
static bool same_name(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char x = a[i] == '-' ? '_' : a[i];
		char y = b[i] == '-' ? '_' : b[i];

		if (x != y)
			return false;
	}
	return true;
}

/*
 * Does this entry stand for the word "name" or "name=value" of the given name length? An
 * entry "x=" wants a value, "x" wants none, "x=y" is the whole word.
 */
static bool entry_matches(const struct kernel_param_entry *entry, const char *word, size_t name_len)
{
	size_t len = strlen(entry->name);

	if (entry->name[len - 1] == '=')
		return len == name_len + 1 && same_name(entry->name, word, name_len);
	return len == strlen(word) && same_name(entry->name, word, len);
}

int parse_check_param(const char *word)
{
	size_t name_len = strcspn(word, "=");
	const char *value = word[name_len] ? word + name_len + 1 : NULL;
	const struct kernel_param_entry *entry;
	bool known = false, value_missing = false;

	for (entry = __start_kparams; entry < __stop_kparams; entry++) {
		if (!entry_matches(entry, word, name_len))
			continue;
		if (entry->name[strlen(entry->name) - 1] != '=') {
			known = true;
		} else if (!value) {
			value_missing = true;
		} else {
			known = true;
			if (entry->check && entry->check(value))
				return -EINVAL;
		}
	}
	/* Another handler may take the bare word. */
	if (value_missing && !known)
		return -EINVAL;
	/* "module.parameter" belongs to a module that may come later. */
	return known || memchr(word, '.', name_len);
}

/* Hands one word to its handlers. `name` and `value` are the two parts; value NULL: no '='. */
static void run_handlers(const char *name, char *value, int early)
{
	const struct kernel_param_entry *entry;
	static char none[1];

	for (entry = __start_kparams; entry < __stop_kparams; entry++) {
		size_t len = strlen(entry->name), name_len = strlen(name);
		bool whole = value && len > name_len + 1 && same_name(entry->name, name, name_len) &&
			     entry->name[name_len] == '=' && !strcmp(entry->name + name_len + 1, value);

		if (entry->early != early)
			continue;
		if (!whole && !entry_matches(entry, name, name_len))
			continue;
		if (!whole && (entry->name[len - 1] == '=') != (value != NULL))
			continue;
		if (!entry->set(value ? value : none))
			pr_warn("malformed parameter \"%s\"\n", name);
	}
}

void parse_params(char *cmdline, int early)
{
	while (*cmdline == ' ')
		cmdline++;
	while (*cmdline) {
		char *name, *value;

		cmdline = next_arg(cmdline, &name, &value);
		if (!strcmp(name, "--") && !value)
			return;
		run_handlers(name, value, early);
	}
}

int param_set_int(const char *value, int *var)
{
	return !kstrtoint(value, 0, var);
}

int param_set_uint(const char *value, unsigned int *var)
{
	return !kstrtouint(value, 0, var);
}

int param_set_long(const char *value, long *var)
{
	return !kstrtol(value, 0, var);
}

int param_set_ulong(const char *value, unsigned long *var)
{
	return !kstrtoul(value, 0, var);
}

int param_set_bool(const char *value, bool *var)
{
	return !kstrtobool(value, var);
}
