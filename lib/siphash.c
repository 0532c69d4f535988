// SPDX-License-Identifier: MIT
/* SipHash-2-4, from the paper by Aumasson and Bernstein. */
#include <lib/bitops.h>
#include <lib/siphash.h>
#include <lib/unaligned.h>

struct sip_state {
	u64 v[4];
};

static __always_inline void sip_round(struct sip_state *s)
{
	u64 *v = s->v;

	v[0] += v[1]; v[1] = rol64(v[1], 13); v[1] ^= v[0]; v[0] = rol64(v[0], 32);
	v[2] += v[3]; v[3] = rol64(v[3], 16); v[3] ^= v[2];
	v[0] += v[3]; v[3] = rol64(v[3], 21); v[3] ^= v[0];
	v[2] += v[1]; v[1] = rol64(v[1], 17); v[1] ^= v[2]; v[2] = rol64(v[2], 32);
}

static __always_inline void sip_init(struct sip_state *s, const siphash_key_t *key)
{
	s->v[0] = key->key[0] ^ 0x736f6d6570736575ULL;
	s->v[1] = key->key[1] ^ 0x646f72616e646f6dULL;
	s->v[2] = key->key[0] ^ 0x6c7967656e657261ULL;
	s->v[3] = key->key[1] ^ 0x7465646279746573ULL;
}

static __always_inline void sip_word(struct sip_state *s, u64 m)
{
	s->v[3] ^= m;
	sip_round(s);
	sip_round(s);
	s->v[0] ^= m;
}

/* @tail holds the last bytes, with the length in the highest. */
static __always_inline u64 sip_end(struct sip_state *s, u64 tail)
{
	sip_word(s, tail);
	s->v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(s);
	return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

u64 siphash(const void *data, size_t len, const siphash_key_t *key)
{
	struct sip_state s;
	const u8 *p = data;
	u64 tail = (u64)len << 56;
	size_t n = len;

	sip_init(&s, key);
	for (; n >= 8; n -= 8, p += 8)
		sip_word(&s, get_unaligned_le64(p));
	while (n--)
		tail |= (u64)p[n] << (8 * n);
	return sip_end(&s, tail);
}

u64 siphash_1u64(u64 a, const siphash_key_t *key)
{
	struct sip_state s;

	sip_init(&s, key);
	sip_word(&s, a);
	return sip_end(&s, 8ULL << 56);
}

u64 siphash_2u64(u64 a, u64 b, const siphash_key_t *key)
{
	struct sip_state s;

	sip_init(&s, key);
	sip_word(&s, a);
	sip_word(&s, b);
	return sip_end(&s, 16ULL << 56);
}

u64 siphash_3u64(u64 a, u64 b, u64 c, const siphash_key_t *key)
{
	struct sip_state s;

	sip_init(&s, key);
	sip_word(&s, a);
	sip_word(&s, b);
	sip_word(&s, c);
	return sip_end(&s, 24ULL << 56);
}

u64 siphash_4u64(u64 a, u64 b, u64 c, u64 d, const siphash_key_t *key)
{
	struct sip_state s;

	sip_init(&s, key);
	sip_word(&s, a);
	sip_word(&s, b);
	sip_word(&s, c);
	sip_word(&s, d);
	return sip_end(&s, 32ULL << 56);
}

u64 siphash_1u32(u32 a, const siphash_key_t *key)
{
	struct sip_state s;

	sip_init(&s, key);
	return sip_end(&s, 4ULL << 56 | a);
}

u64 siphash_3u32(u32 a, u32 b, u32 c, const siphash_key_t *key)
{
	struct sip_state s;

	sip_init(&s, key);
	sip_word(&s, (u64)b << 32 | a);
	return sip_end(&s, 12ULL << 56 | c);
}
