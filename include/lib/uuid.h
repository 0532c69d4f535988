/* SPDX-License-Identifier: MIT */
/* Universally unique identifiers; uuid_t is big-endian, guid_t has little-endian fields. */
#ifndef LIB_UUID_H
#define LIB_UUID_H

#include <kern/types.h>
#include <lib/string.h>

#define UUID_SIZE 16
#define UUID_STRING_LEN 36

typedef struct {
	u8 b[UUID_SIZE];
} uuid_t;

typedef struct {
	u8 b[UUID_SIZE];
} guid_t;

static inline bool uuid_equal(const uuid_t *a, const uuid_t *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline bool guid_equal(const guid_t *a, const guid_t *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline bool uuid_is_null(const uuid_t *u)
{
	return !memchr_inv(u, 0, sizeof(*u));
}

bool uuid_is_valid(const char *s);
/* 0 or -EINVAL. */
int uuid_parse(const char *s, uuid_t *u);
int guid_parse(const char *s, guid_t *u);
/* Turns 16 random bytes into a version 4 identifier. */
void uuid_make_v4(uuid_t *u);

#endif
