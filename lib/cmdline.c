// SPDX-License-Identifier: MIT
/* Parameters on the command line. */
#include <lib/cmdline.h>
#include <lib/ctype.h>
#include <lib/kstrtox.h>
#include <lib/string.h>

unsigned long long memparse(const char *s, char **end)
{
	static const char units[] = "KMGTPE";
	char *tail;
	unsigned long long value = simple_strtoull(s, &tail, 0);
	const char *unit = *tail && tail != s ? strchr(units, toupper(*tail)) : NULL;

	if (unit) {
		value <<= 10 * (unit - units + 1);
		tail++;
	}
	if (end)
		*end = tail;
	return value;
}

int get_option(char **s, int *value)
{
	char *cur = *s;

	if (!cur || !*cur)
		return 0;
	*value = simple_strtol(cur, s, 0);
	if (*s == cur || (*cur == '-' && *s == cur + 1)) {
		*s = cur;
		return 0;
	}
	if (**s == ',') {
		(*s)++;
		return 2;
	}
	return **s == '-' ? 3 : 1;
}

char *get_options(const char *s, int n, int *ints)
{
	int i = 1, kind = 0;

	while (i < n) {
		int value;

		kind = get_option((char **)&s, &value);
		if (!kind)
			break;
		ints[i++] = value;
		if (kind == 3) {
			/* A range: value-last, last included. */
			int last;

			s++;
			kind = get_option((char **)&s, &last);
			if (!kind)
				break;
			while (value < last && i < n)
				ints[i++] = ++value;
		}
		if (kind == 1)
			break;
	}
	ints[0] = i - 1;
	return (char *)s;
}

char *next_arg(char *args, char **name, char **value)
{
	bool quoted = false, whole = *args == '"';
	char *p, *eq = NULL;

	if (whole) {
		args++;
		quoted = true;
	}
	for (p = args; *p; p++) {
		if (isspace(*p) && !quoted)
			break;
		if (*p == '=' && !eq)
			eq = p;
		if (*p == '"')
			quoted = !quoted;
	}
	*name = args;
	*value = NULL;
	if (whole && p > args && p[-1] == '"')
		p[-1] = '\0';
	if (*p)
		*p++ = '\0';
	if (eq) {
		*eq = '\0';
		*value = eq + 1;
		if (**value == '"') {
			size_t len;

			(*value)++;
			len = strlen(*value);
			if (len && (*value)[len - 1] == '"')
				(*value)[len - 1] = '\0';
		}
	}
	return skip_spaces(p);
}

bool parse_option_str(const char *s, const char *option)
{
	size_t len = strlen(option);

	while (*s) {
		if (!strncmp(s, option, len) && (!s[len] || s[len] == ','))
			return true;
		s = strchrnul(s, ',');
		if (*s)
			s++;
	}
	return false;
}
