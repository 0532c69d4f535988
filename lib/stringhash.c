// SPDX-License-Identifier: MIT
/* Hashes of path components: eight bytes a round, mixed by multiplication. */
#include <lib/bitops.h>
#include <lib/hash.h>
#include <lib/string.h>
#include <lib/stringhash.h>
#include <lib/unaligned.h>

static u64 mix(u64 hash, u64 word)
{
	return rol64(hash ^ word, 29) * GOLDEN_RATIO_64;
}

u32 full_name_hash(const void *salt, const char *name, unsigned int len)
{
	u64 hash = (unsigned long)salt ^ (u64)len << 48, tail = 0;

	for (; len >= 8; len -= 8, name += 8)
		hash = mix(hash, get_unaligned_le64(name));
	for (unsigned int i = 0; i < len; i++)
		tail |= (u64)(u8)name[i] << (8 * i);
	hash = mix(hash, tail);
	return (u32)(hash >> 32) ^ (u32)hash;
}

u64 hashlen_string(const void *salt, const char *name)
{
	unsigned int len = strlen(name);
	const char *slash = memchr(name, '/', len);

	if (slash)
		len = slash - name;
	return hashlen_create(full_name_hash(salt, name, len), len);
}
