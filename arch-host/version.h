/* SPDX-License-Identifier: MIT */
/* What --version prints. */
#ifndef ARCH_HOST_VERSION_H
#define ARCH_HOST_VERSION_H

#define VMLINUX_VERSION "0.1.0"

#endif
