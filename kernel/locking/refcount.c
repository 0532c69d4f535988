// SPDX-License-Identifier: MIT
/* What a reference count does when it is used wrongly: report, and leak rather than free twice. */
#include <kern/bug.h>
#include <kern/refcount.h>

void refcount_warn_saturate(refcount_t *r, const char *what)
{
	atomic_set(&r->refs, REFCOUNT_SATURATED);
	WARN_ONCE(true, "refcount_t: %s", what);
}
