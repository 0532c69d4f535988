/* SPDX-License-Identifier: MIT */
/* Process accounting: what exit calls. */
#ifndef KERN_ACCT_H
#define KERN_ACCT_H

/* The last thread of the current process ends: writes its record. => still has its mm and tty */
void acct_process(long exit_code);

#endif
