// SPDX-License-Identifier: MIT
/*
 * The type big_key: blobs of up to a mebibyte. What is not small lies in a file of the kernel's own
 * tmpfs, where it can be swapped out, and so is charged by a fixed amount only.
 */
#include <fs/file.h>
#include <fs/seq_file.h>
#include <fs/shmem.h>
#include <mm/slab.h>

#include "internal.h"

#define IN_MEMORY   1024 /* about what a file costs besides its content */
#define QUOTA_BYTES 16

static int prepare_file(struct key_payload *payload)
{
	struct file *file = shmem_file_setup("", payload->len, 0);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, payload->data, payload->len, &pos);
	if (n != payload->len) {
		fput(file);
		return n < 0 ? n : -ENOMEM;
	}
	payload->parsed.big.file = file;
	return 0;
}

static int prepare(struct key_payload *payload)
{
	if (!payload->data || !payload->len)
		return -EINVAL;
	payload->quotalen = QUOTA_BYTES;
	payload->parsed.big.len = payload->len;
	if (payload->len > IN_MEMORY)
		return prepare_file(payload);
	payload->parsed.big.data = kmemdup(payload->data, payload->len, GFP_KERNEL);
	return payload->parsed.big.data ? 0 : -ENOMEM;
}

static void destroy(union key_data *data)
{
	if (data->big.file)
		fput(data->big.file);
	kfree_sensitive(data->big.data);
}

static void describe(const struct key *key, struct seq_file *m)
{
	seq_puts(m, key->description);
	if (key->state == KEY_POSITIVE)
		seq_printf(m, ": %zu [%s]", key->data.big.len,
			   key->data.big.file ? "file" : "buff");
}

static long read(const struct key *key, char *buffer, size_t size)
{
	size_t len = key->data.big.len;
	loff_t pos = 0;

	if (!buffer || size < len)
		return len;
	if (!key->data.big.file) {
		memcpy(buffer, key->data.big.data, len);
		return len;
	}
	return kernel_read(key->data.big.file, buffer, len, &pos) == len ? len : -EIO;
}

const struct key_type key_type_big_key = {
	.name = "big_key",
	.updatable = true,
	.prepare = prepare,
	.destroy = destroy,
	.describe = describe,
	.read = read,
};
