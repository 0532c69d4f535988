/* SPDX-License-Identifier: MIT */
/* The console terminal, for the code that gives init its descriptors. */
#ifndef DRIVER_CONSOLE_H
#define DRIVER_CONSOLE_H

struct file;

/*
 * Opens the console for reading and writing, without making it the controlling terminal.
 * => may sleep; the file or ERR_PTR, the caller's reference.
 */
struct file *console_tty_file(void);

#endif
