/* SPDX-License-Identifier: MIT */
/* The text of options that mount(2) brings. */
#ifndef FS_MOUNT_OPTIONS_H
#define FS_MOUNT_OPTIONS_H

/*
 * Takes the next option off "name,name=value,...": its name, and in *value what stands behind the
 * "=", or NULL without one. NULL at the end. => writes into the text, which may be NULL
 */
char *next_mount_option(char **text, char **value);

#endif
