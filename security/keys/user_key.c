// SPDX-License-Identifier: MIT
/* The types user and logon: blobs that mean something to programs only. A logon key is not read. */
#include <fs/seq_file.h>
#include <mm/slab.h>

#include "internal.h"

#define MAX_BLOB 32767

static int prepare(struct key_payload *payload)
{
	struct user_key_payload *blob;

	if (!payload->data || !payload->len || payload->len > MAX_BLOB)
		return -EINVAL;
	blob = kmalloc(sizeof(*blob) + payload->len, GFP_KERNEL);
	if (!blob)
		return -ENOMEM;
	blob->len = payload->len;
	memcpy(blob->data, payload->data, payload->len);
	payload->parsed.blob = blob;
	payload->quotalen = payload->len;
	return 0;
}

static void destroy(union key_data *data)
{
	kfree_sensitive(data->blob);
}

static void describe(const struct key *key, struct seq_file *m)
{
	seq_puts(m, key->description);
	if (key->state == KEY_POSITIVE)
		seq_printf(m, ": %u", key->datalen);
}

static long read(const struct key *key, char *buffer, size_t size)
{
	const struct user_key_payload *blob = key->data.blob;

	if (buffer && size >= blob->len)
		memcpy(buffer, blob->data, blob->len);
	return blob->len;
}

const struct key_type key_type_user = {
	.name = "user",
	.updatable = true,
	.prepare = prepare,
	.destroy = destroy,
	.describe = describe,
	.read = read,
};

/* "service:name": whose secret it is must be told. */
static int vet_description(const char *description)
{
	const char *colon = strchr(description, ':');

	return colon && colon != description ? 0 : -EINVAL;
}

const struct key_type key_type_logon = {
	.name = "logon",
	.updatable = true,
	.vet_description = vet_description,
	.prepare = prepare,
	.destroy = destroy,
	.describe = describe,
};
