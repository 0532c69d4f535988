// SPDX-License-Identifier: MIT
/* Takes the options of a mount apart. What they mean is the file system's business. */
#include <fs/mount_options.h>
#include <lib/string.h>

char *next_mount_option(char **text, char **value)
{
	char *name;

	do {
		name = strsep(text, ",");
	} while (name && !*name);
	*value = name ? strchr(name, '=') : NULL;
	if (*value)
		*(*value)++ = '\0';
	return name;
}
