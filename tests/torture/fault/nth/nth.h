/* SPDX-License-Identifier: MIT */
/* The parts of nth: calls whose nth allocation fails, and what they leave behind. */
#ifndef NTH_H
#define NTH_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* One call with what it needs before and after; fn marks the call itself with TRY(). */
struct nth_call {
	const char *name;
	void (*fn)(void);
};
#define CALL(name) { #name, try_##name }

/* Each ends with an empty one. */
extern const struct nth_call file_calls[], mount_calls[], event_calls[], socket_calls[], memory_calls[],
	process_calls[], trace_calls[], ipc_calls[], proc_calls[];

/* Which allocation of the next TRY() fails; 0: none. */
extern unsigned int armed;
/* Whether the last TRY() came to it. */
extern bool reached;

/* The file that says which allocation fails: of this thread from now on. */
void open_fail_nth(void);
/* The next call is the one: everything before and after it works. */
void arm(void);
/* => whether the failure was reached */
bool disarm(void);
#define TRY(call) ({ long __r; arm(); __r = (long)(call); int __e = errno; \
	reached = disarm(); errno = __e; __r; })

void close_fd(int fd);
/* fn in a process of its own, which may be changed or killed by it. */
void in_child(void (*fn)(void));

/* Calls each allocation's failure once. => whether it came to an end; *worst: allocations and one */
bool all_of(const struct nth_call *call, unsigned int *worst);
/* => 1 when objects of a cache stay behind, which is then said */
int check_leaks(const struct nth_call *call);

#endif
