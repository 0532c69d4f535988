/* SPDX-License-Identifier: MIT */
/* Helpers for parameters on the command line. */
#ifndef LIB_CMDLINE_H
#define LIB_CMDLINE_H

#include <kern/types.h>

/* A number with an optional K, M, G, T, P or E; *@end is the first character not taken. */
unsigned long long memparse(const char *s, char **end);
/*
 * Takes an integer off *@s. => 0 none, 1 a number at the end, 2 a number and a comma (skipped),
 * 3 a number and a dash (a range follows; not skipped).
 */
int get_option(char **s, int *value);
/* Fills @ints with ints[0] = count, then numbers and ranges; the first character not taken. */
char *get_options(const char *s, int n, int *ints);
/*
 * Splits "name=value" or "name" off @args, in place, with double quotes; the start of the next.
 * *@value is NULL without a '='.
 */
char *next_arg(char *args, char **name, char **value);
/* True when @option is one of the comma separated words of @s. */
bool parse_option_str(const char *s, const char *option);

#endif
