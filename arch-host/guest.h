/* SPDX-License-Identifier: MIT */
/* What arch-host/guest*.c share. */
#ifndef ARCH_HOST_GUEST_H
#define ARCH_HOST_GUEST_H

/* Writes the filter programs of guest threads and mappers into the configuration page. */
void guest_filters_write(void *config);

/* The stub's executable (stub_blob). */
extern const char stub_elf[], stub_elf_end[];

#endif
