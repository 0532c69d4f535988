/* SPDX-License-Identifier: MIT */
/* Hashes of path components, for the dcache. */
#ifndef LIB_STRINGHASH_H
#define LIB_STRINGHASH_H

#include <kern/types.h>

/* The hash of @len bytes of @name, salted with the address of the parent. */
u32 full_name_hash(const void *salt, const char *name, unsigned int len);
/* The same up to the terminator or a slash: length in the high word, hash in the low one. */
u64 hashlen_string(const void *salt, const char *name);

#define hashlen_hash(hashlen) ((u32)(hashlen))
#define hashlen_len(hashlen) ((u32)((hashlen) >> 32))
#define hashlen_create(hash, len) ((u64)(len) << 32 | (u32)(hash))

#endif
