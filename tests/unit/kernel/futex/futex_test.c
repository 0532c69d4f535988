// SPDX-License-Identifier: MIT
/* Futex keys and buckets. */
#include <kern/errno.h>
#include <kern/ktest.h>
#include <kern/task.h>

#include "../../../../kernel/futex/futex.h"

KTEST(futex, equal_keys_share_a_bucket)
{
	struct futex_key a = { .object = &init_task, .offset = 4096 };
	struct futex_key b = { .object = &init_task, .offset = 4096 };
	struct futex_key c = { .object = &init_task, .offset = 4100 };

	KEXPECT_TRUE(futex_match(&a, &b));
	KEXPECT_EQ(futex_hash(&a), futex_hash(&b));
	KEXPECT_FALSE(futex_match(&a, &c));
	b.is_inode = true;
	KEXPECT_FALSE(futex_match(&a, &b));
}

KTEST(futex, keys_spread)
{
	unsigned int same = 0;

	for (unsigned long i = 0; i < 256; i++) {
		struct futex_key a = { .object = &init_task, .offset = i * 4 };
		struct futex_key b = { .object = &init_task, .offset = i * 4 + 4 };

		same += futex_hash(&a) == futex_hash(&b);
	}
	KEXPECT_LT(same, 32);
}

KTEST(futex, addresses_are_checked)
{
	struct futex_key key;

	KEXPECT_EQ(futex_get_key((u32 *)4097, 0, false, &key), -EINVAL);
	KEXPECT_EQ(futex_get_key((u32 *)(1UL << 63), 0, false, &key), -EFAULT);
}
