/* SPDX-License-Identifier: MIT */
/* What arch-host/guest*.c share. */
#ifndef ARCH_HOST_GUEST_H
#define ARCH_HOST_GUEST_H

/* Writes the filter programs of guest threads and mappers into the configuration page. */
void guest_filters_write(void *config);

/* A stub is gone, and still to be waited for: does so, tells the kernel. => its parent thread */
void guest_bury(int pid);

/*
 * trap=ptrace (tracer.c): starts the thread that holds all stubs, and in a new process, which is
 * traced from its first instruction on, body(), whose pid goes to *pid. 0 or errno.
 */
int tracer_start(void (*body)(void), int *pid);

/* The core that the tracer shall be on; ~0: any. Atomic. */
extern unsigned int tracer_core;

/* The descriptor of a file with the stub, which can be executed; complains by itself. */
int stub_file_open(void);

/* The stub's executable (stub_blob). */
extern const char stub_elf[], stub_elf_end[];

#endif
