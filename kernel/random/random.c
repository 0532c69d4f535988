// SPDX-License-Identifier: MIT
/*
 * Random numbers: ChaCha20 as a generator with fast key erasure. Each request takes one block
 * under the lock: its first half becomes the next key at once, its second the request's own
 * key, from which the bytes are made without the lock. Nobody who reads memory later can know
 * what was handed out before. The host gives the first key.
 */
#include <kern/errno.h>
#include <kern/init.h>
#include <kern/random.h>
#include <kern/sched.h>
#include <kern/signal.h>
#include <kern/spinlock.h>
#include <kern/syscalls.h>
#include <lib/string.h>
#include <linux/random.h>
#include <mm/uaccess.h>
#include <um/setup.h>

#define BLOCK 64
#define KEY 32

static DEFINE_SPINLOCK(crng_lock);	/* irq-safe; guards the two below */
static u32 crng_key[KEY / 4];
static bool seeded;

static inline u32 rol(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

static inline void quarter(u32 *a, u32 *b, u32 *c, u32 *d)
{
	*a += *b;
	*d = rol(*d ^ *a, 16);
	*c += *d;
	*b = rol(*b ^ *c, 12);
	*a += *b;
	*d = rol(*d ^ *a, 8);
	*c += *d;
	*b = rol(*b ^ *c, 7);
}

/* Block number `counter` of the key's stream. */
static void chacha20(const u32 key[8], u64 counter, u32 out[16])
{
	u32 in[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };

	memcpy(in + 4, key, KEY);
	in[12] = counter;
	in[13] = counter >> 32;
	memcpy(out, in, sizeof(in));
	for (int i = 0; i < 10; i++) {
		quarter(&out[0], &out[4], &out[8], &out[12]);
		quarter(&out[1], &out[5], &out[9], &out[13]);
		quarter(&out[2], &out[6], &out[10], &out[14]);
		quarter(&out[3], &out[7], &out[11], &out[15]);
		quarter(&out[0], &out[5], &out[10], &out[15]);
		quarter(&out[1], &out[6], &out[11], &out[12]);
		quarter(&out[2], &out[7], &out[8], &out[13]);
		quarter(&out[3], &out[4], &out[9], &out[14]);
	}
	for (int i = 0; i < 16; i++)
		out[i] += in[i];
}

/* A key that nobody else has and that cannot be made again. */
static void take_key(u32 key[8])
{
	unsigned long flags;
	u32 block[16];

	spin_lock_irqsave(&crng_lock, flags);
	if (!seeded) {
		um_random_seed((u8 *)crng_key);
		seeded = true;
	}
	chacha20(crng_key, 0, block);
	memcpy(crng_key, block, KEY);
	spin_unlock_irqrestore(&crng_lock, flags);
	memcpy(key, block + 8, KEY);
}

void get_random_bytes(void *buf, size_t len)
{
	u32 key[8], block[16];
	u64 counter = 0;
	u8 *to = buf;

	take_key(key);
	while (len) {
		size_t n = min_t(size_t, len, BLOCK);

		chacha20(key, counter++, block);
		memcpy(to, block, n);
		to += n;
		len -= n;
	}
	memset(key, 0, sizeof(key));
	memset(block, 0, sizeof(block));
	__asm__ volatile("" : : "r"(key), "r"(block) : "memory");
}

u32 get_random_u32(void)
{
	u32 x;

	get_random_bytes(&x, sizeof(x));
	return x;
}

u64 get_random_u64(void)
{
	u64 x;

	get_random_bytes(&x, sizeof(x));
	return x;
}

u32 get_random_u32_below(u32 ceiling)
{
	u64 product = (u64)ceiling * get_random_u32();

	if ((u32)product < ceiling) {
		u32 bound = -ceiling % ceiling;

		while ((u32)product < bound)
			product = (u64)ceiling * get_random_u32();
	}
	return product >> 32;
}

void add_device_randomness(const void *buf, size_t len)
{
	const u8 *from = buf;
	unsigned long flags;
	u32 block[16];

	spin_lock_irqsave(&crng_lock, flags);
	for (size_t i = 0; i < len; i++) {
		((u8 *)crng_key)[i % KEY] ^= from[i];
		if (i % KEY == KEY - 1 || i == len - 1) {
			chacha20(crng_key, 1, block);
			memcpy(crng_key, block, KEY);
		}
	}
	spin_unlock_irqrestore(&crng_lock, flags);
}

/* getrandom(2): the generator is always seeded, so no flag makes a difference. */
SYSCALL_DEFINE3(getrandom, char __user *, buf, size_t, len, unsigned int, flags)
{
	u8 chunk[256];
	size_t done = 0;

	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) ||
	    (flags & (GRND_INSECURE | GRND_RANDOM)) == (GRND_INSECURE | GRND_RANDOM))
		return -EINVAL;
	len = min_t(size_t, len, INT_MAX & ~4095UL);
	while (done < len) {
		size_t n = min_t(size_t, len - done, sizeof(chunk));

		get_random_bytes(chunk, n);
		if (copy_to_user(buf + done, chunk, n)) {
			memset(chunk, 0, sizeof(chunk));
			return done ? done : -EFAULT;
		}
		done += n;
		if (done < len && done % 4096 == 0) {
			if (signal_pending(current))
				break;
			cond_resched();
		}
	}
	memset(chunk, 0, sizeof(chunk));
	return done;
}
