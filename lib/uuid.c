// SPDX-License-Identifier: MIT
/* Universally unique identifiers (RFC 4122). */
#include <kern/errno.h>
#include <lib/ctype.h>
#include <lib/uuid.h>

/* Where byte i of the text form stands in memory. */
static const u8 uuid_order[UUID_SIZE] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
static const u8 guid_order[UUID_SIZE] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

static bool dash_at(unsigned int i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

bool uuid_is_valid(const char *s)
{
	for (unsigned int i = 0; i < UUID_STRING_LEN; i++)
		if (dash_at(i) ? s[i] != '-' : !isxdigit(s[i]))
			return false;
	return true;
}

static u8 nibble(char c)
{
	return isdigit(c) ? c - '0' : _tolower(c) - 'a' + 10;
}

static int parse(const char *s, u8 *b, const u8 *order)
{
	if (!uuid_is_valid(s))
		return -EINVAL;
	for (unsigned int i = 0; i < UUID_SIZE; i++) {
		if (*s == '-')
			s++;
		b[order[i]] = nibble(s[0]) << 4 | nibble(s[1]);
		s += 2;
	}
	return 0;
}

int uuid_parse(const char *s, uuid_t *u)
{
	return parse(s, u->b, uuid_order);
}

int guid_parse(const char *s, guid_t *u)
{
	return parse(s, u->b, guid_order);
}

void uuid_make_v4(uuid_t *u)
{
	u->b[6] = (u->b[6] & 0x0f) | 0x40;
	u->b[8] = (u->b[8] & 0x3f) | 0x80;
}
