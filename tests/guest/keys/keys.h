/* SPDX-License-Identifier: MIT */
/* Calls of the key retention service, which libc does not wrap. */
#ifndef GUEST_KEYS_H
#define GUEST_KEYS_H

#include "test.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>

#define keyctl(...) syscall(SYS_keyctl, __VA_ARGS__)

#define SESSION KEY_SPEC_SESSION_KEYRING

static inline long add_key(const char *type, const char *description, const void *data, size_t len,
			   int ring)
{
	return syscall(SYS_add_key, type, description, data, len, ring);
}

static inline long add_user(const char *description, const char *data, int ring)
{
	return add_key("user", description, data, strlen(data), ring);
}

static inline long add_ring(const char *description, int ring)
{
	return add_key("keyring", description, NULL, 0, ring);
}

static inline long request_key(const char *type, const char *description, const char *callout,
			       int ring)
{
	return syscall(SYS_request_key, type, description, callout, ring);
}

static inline void new_session(void)
{
	NEED(keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL) > 0);
}

/* What KEYCTL_DESCRIBE says, or "". */
static inline const char *describe(long key)
{
	static char text[4200];

	if (keyctl(KEYCTL_DESCRIBE, key, text, sizeof(text)) < 0)
		text[0] = 0;
	return text;
}

/* The payload as a string, or "". */
static inline const char *payload(long key)
{
	static char text[4096];
	long n = keyctl(KEYCTL_READ, key, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = 0;
	return text;
}

#endif
