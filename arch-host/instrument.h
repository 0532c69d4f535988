/* SPDX-License-Identifier: MIT */
/* Talking to the tools that may run us: Valgrind and AddressSanitizer. Nothing without them. */
#ifndef ARCH_HOST_INSTRUMENT_H
#define ARCH_HOST_INSTRUMENT_H

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define UNPOISON(addr, size) __asan_unpoison_memory_region((void *)(addr), size)
#else
#define UNPOISON(addr, size) ((void)(addr), (void)(size))
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_STACK_REGISTER(start, end) 0
#endif

#endif
