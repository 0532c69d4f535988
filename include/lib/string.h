/* SPDX-License-Identifier: MIT */
/* Strings and memory, with the meanings of the C library, and the kernel's additions. */
#ifndef LIB_STRING_H
#define LIB_STRING_H

#include <kern/compiler.h>
#include <kern/types.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *s, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);
int bcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);
void *memrchr(const void *s, int c, size_t n);
void *memmem(const void *haystack, size_t haystack_len, const void *needle, size_t needle_len);
/* The first byte that is not @c, or NULL. */
void *memchr_inv(const void *s, int c, size_t n);
void *memscan(void *s, int c, size_t n);
void *memset16(u16 *s, u16 v, size_t n);
void *memset32(u32 *s, u32 v, size_t n);
void *memset64(u64 *s, u64 v, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t n);
char *strcpy(char *dst, const char *src);
char *strncpy(char *dst, const char *src, size_t n);
char *strcat(char *dst, const char *src);
char *strncat(char *dst, const char *src, size_t n);
size_t strlcpy(char *dst, const char *src, size_t size);
size_t strlcat(char *dst, const char *src, size_t size);
/* => Bytes copied, or -E2BIG when cut; always terminates (when @size is not 0). */
ssize_t strscpy(char *dst, const char *src, size_t size);
/* The same, and fills the rest with zeroes. */
ssize_t strscpy_pad(char *dst, const char *src, size_t size);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
/* The first @c, or the end of the string. */
char *strchrnul(const char *s, int c);
char *strrchr(const char *s, int c);
char *strnchr(const char *s, size_t n, int c);
char *strstr(const char *haystack, const char *needle);
char *strnstr(const char *haystack, const char *needle, size_t n);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);
char *strpbrk(const char *s, const char *accept);
char *strsep(char **s, const char *delimiters);
/* Leading blanks; and both ends (which writes to @s). */
char *skip_spaces(const char *s);
char *strim(char *s);
char *strreplace(char *s, char from, char to);
/* Equal but for one newline at the end of either. */
bool sysfs_streq(const char *a, const char *b);
int match_string(const char *const *array, size_t n, const char *string);
/* 0, -EINVAL. Accepts y/n, 1/0, on/off, t/f as on Linux. */
int kstrtobool(const char *s, bool *res);
/* Overwrites, and the compiler may not drop it. */
void memzero_explicit(void *s, size_t n);

static inline bool strstarts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* => The length of @prefix when @s starts with it, else 0. */
static inline size_t str_has_prefix(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(s, prefix, len) ? 0 : len;
}

static inline char *strstrip(char *s)
{
	return strim(s);
}

static inline const char *kbasename(const char *path)
{
	const char *tail = strrchr(path, '/');

	return tail ? tail + 1 : path;
}

/* The kernel's heap (mm/): copies that kfree() gives back; NULL when there is no memory. */
char *kstrdup(const char *s, gfp_t gfp);
const char *kstrdup_const(const char *s, gfp_t gfp);
void kfree_const(const void *p);
char *kstrndup(const char *s, size_t max, gfp_t gfp);
void *kmemdup(const void *src, size_t len, gfp_t gfp);
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp);

#endif
