/* SPDX-License-Identifier: MIT */
/* Classic BPF: programs that decide over a packet or a system call. See kernel/bpf/classic.c. */
#ifndef KERN_FILTER_H
#define KERN_FILTER_H

#include <kern/types.h>

#include <linux/filter.h>

/*
 * What a program looks at. `load` fetches 1, 2 or 4 bytes at an offset, as a number in the
 * processor's order; offsets from SKF_AD_OFF up (negative ones) are the owner's to give a
 * meaning. False ends the program with 0. => called in the context of bpf_run_classic()
 */
struct bpf_classic_data {
	bool (*load)(const struct bpf_classic_data *data, u32 offset, unsigned int size,
		     u32 *value);
	u32 len; /* BPF_LEN */
};

/*
 * Is it a program that ends, jumps forward only, and reads no memory that it has not written?
 * 0, -EINVAL, -ENOMEM. => may sleep
 */
int bpf_check_classic(const struct sock_filter *filter, unsigned int len);

/* Runs a checked program. => any context */
u32 bpf_run_classic(const struct sock_filter *filter, const struct bpf_classic_data *data);

#endif
