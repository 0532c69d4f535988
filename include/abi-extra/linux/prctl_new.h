/* SPDX-License-Identifier: MIT */
/* Options of prctl() that <linux/prctl.h> of older header packages lacks. */
#ifndef ABI_EXTRA_LINUX_PRCTL_NEW_H
#define ABI_EXTRA_LINUX_PRCTL_NEW_H

#ifndef PR_SET_MDWE
#define PR_SET_MDWE		 65
#define PR_MDWE_REFUSE_EXEC_GAIN (1UL << 0)
#define PR_GET_MDWE		 66
#endif
#ifndef PR_MDWE_NO_INHERIT
#define PR_MDWE_NO_INHERIT	 (1UL << 1)
#endif
#ifndef PR_GET_AUXV
#define PR_GET_AUXV		 0x41555856
#endif

#endif
