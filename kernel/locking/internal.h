/* SPDX-License-Identifier: MIT */
/* What the sleeping locks share. */
#ifndef KERNEL_LOCKING_INTERNAL_H
#define KERNEL_LOCKING_INTERNAL_H

#include <kern/fork.h>
#include <kern/lockdep.h>
#include <kern/rcupdate.h>

#ifdef CONFIG_DEBUG
#define sleeping_lock_acquire(lock, subclass, trylock, read) \
	lock_acquire(&(lock)->dep_map, subclass, trylock, read, _THIS_IP_)
#define sleeping_lock_release(lock) lock_release(&(lock)->dep_map, _THIS_IP_)
#else
#define sleeping_lock_acquire(lock, subclass, trylock, read) do { (void)(subclass); } while (0)
#define sleeping_lock_release(lock) do { (void)(lock); } while (0)
#endif

#endif
