/* SPDX-License-Identifier: MIT */
/* What the files of the terminal layer share. */
#ifndef DRIVERS_TTY_INTERNAL_H
#define DRIVERS_TTY_INTERNAL_H

#include <driver/tty.h>
#include <fs/file.h>
#include <fs/inode.h>
#include <fs/poll.h>
#include <lib/bitmap.h>
#include <lib/bitops.h>
#include <kern/errno.h>
#include <kern/err.h>

/* Guards the drivers' tables, the counts of opens, and the birth and death of terminals. */
extern struct mutex tty_mutex;
extern struct list_head tty_drivers;

static inline struct tty_struct *file_tty(const struct file *file)
{
	return ((struct tty_file_private *)file->private_data)->tty;
}

/* tty_io.c */
struct tty_struct *tty_alloc(struct tty_driver *driver, int index);
int tty_add_file(struct tty_struct *tty, struct file *file);
void tty_open_proc_set_tty(struct file *file, struct tty_struct *tty);
void tty_vhangup_session(struct tty_struct *tty);
int tty_release(struct inode *inode, struct file *file);
bool tty_hung_up(const struct file *file);
extern const struct file_operations tty_fops;
extern const struct file_operations ptmx_fops;
extern struct tty_driver console_driver;
extern struct tty_driver pts_driver;

/* tty_buffer.c */
int tty_buffer_init(struct tty_struct *tty);
void tty_buffer_free(struct tty_struct *tty);
void tty_buffer_flush_to_ldisc(struct tty_struct *tty);
void tty_buffer_discard(struct tty_struct *tty);

/* tty_jobctl.c */
int __tty_check_change(struct tty_struct *tty, int sig);
int tty_check_change(struct tty_struct *tty);
struct pid *tty_get_pgrp(struct tty_struct *tty);
struct pid *tty_get_session(struct tty_struct *tty);
void session_clear_tty(struct pid *session, struct tty_struct *tty);
void tty_signal_foreground(struct tty_struct *tty, int sig);
int tty_signal_session_leader(struct tty_struct *tty, bool exit_session);
long tty_jobctrl_ioctl(struct tty_struct *tty, struct tty_struct *real, struct file *file,
		       unsigned int cmd, unsigned long arg);

/* tty_ioctl.c */
long tty_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int tty_termios_ioctl(struct tty_struct *tty, struct file *file, unsigned int cmd,
		      unsigned long arg);
int tty_wait_until_sent(struct tty_struct *tty);
void tty_stop(struct tty_struct *tty);
void tty_start(struct tty_struct *tty);

/* The line discipline N_TTY: n_tty.c, n_tty_input.c, n_tty_output.c */
int n_tty_open(struct tty_struct *tty);
void n_tty_close(struct tty_struct *tty);
ssize_t n_tty_read(struct tty_struct *tty, struct file *file, char __user *buf, size_t nr);
ssize_t n_tty_write(struct tty_struct *tty, struct file *file, const char __user *buf, size_t nr);
__poll_t n_tty_poll(struct tty_struct *tty, struct file *file, struct poll_table_struct *wait);
size_t n_tty_receive(struct tty_struct *tty, const u8 *buf, size_t len);
void n_tty_set_termios(struct tty_struct *tty, const struct ktermios *old);
void n_tty_flush_input(struct tty_struct *tty);
unsigned int n_tty_input_count(struct tty_struct *tty);
bool n_tty_has_echoes(struct tty_struct *tty);
void n_tty_flush_echoes(struct tty_struct *tty);

static inline unsigned int tty_write_room(struct tty_struct *tty)
{
	return tty->ops->write_room(tty);
}

static inline unsigned int tty_chars_in_buffer(struct tty_struct *tty)
{
	return tty->ops->chars_in_buffer ? tty->ops->chars_in_buffer(tty) : 0;
}

/* pty.c, console.c */
bool tty_is_pty_master(const struct tty_struct *tty);
struct tty_struct *pts_lookup(struct inode *inode, struct file *file);
void pty_drop_pair(struct tty_struct *tty);

#endif
