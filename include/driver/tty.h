/* SPDX-License-Identifier: MIT */
/* Terminals: what drivers give, what the line discipline gives, what other folders call. */
#ifndef DRIVER_TTY_H
#define DRIVER_TTY_H

#include <asm/termbits.h>
#include <asm/termios.h>
#include <kern/mutex.h>
#include <kern/refcount.h>
#include <kern/rwsem.h>
#include <kern/spinlock.h>
#include <kern/types.h>
#include <kern/wait.h>
#include <kern/workqueue.h>
#include <lib/list.h>

struct file;
struct pid;
struct pid_namespace;
struct poll_table_struct;
struct seq_file;
struct signal_struct;
struct task_struct;
struct tty_driver;
struct tty_struct;

#define TTY_MAJOR	4
#define TTYAUX_MAJOR	5
#define UNIX98_PTY_MASTER_MAJOR	128
#define UNIX98_PTY_SLAVE_MAJOR	136

/* Size limit of the bytes that wait between a driver and the line discipline. */
#define TTY_BUFFER_LIMIT 16384

/* What a driver does for its terminals. All but write and write_room may be NULL. */
struct tty_operations {
	/* First and further opens, last close. => tty->lock held, may sleep */
	int (*open)(struct tty_struct *tty, struct file *file);
	void (*close)(struct tty_struct *tty, struct file *file);
	/* The last reference has gone. */
	void (*cleanup)(struct tty_struct *tty);
	/* Takes up to `len` bytes towards the device, returns how many. => may not sleep */
	size_t (*write)(struct tty_struct *tty, const u8 *buf, size_t len);
	unsigned int (*write_room)(struct tty_struct *tty);
	unsigned int (*chars_in_buffer)(struct tty_struct *tty);
	void (*flush_buffer)(struct tty_struct *tty);
	/* Bytes were taken out of tty->buf: there is room to insert more. => may not sleep */
	void (*unthrottle)(struct tty_struct *tty);
	/* Output is stopped (^S) / goes on. */
	void (*stop)(struct tty_struct *tty);
	void (*start)(struct tty_struct *tty);
	void (*hangup)(struct tty_struct *tty);
	void (*set_termios)(struct tty_struct *tty, const struct ktermios *old);
	int (*resize)(struct tty_struct *tty, struct winsize *ws);
	/* -ENOIOCTLCMD: not known to the driver. */
	int (*ioctl)(struct tty_struct *tty, struct file *file, unsigned int cmd,
		     unsigned long arg);
};

/* A family of terminals with consecutive numbers. */
struct tty_driver {
	const char *driver_name;	/* in /proc/tty/drivers */
	const char *name;		/* of the nodes: "tty", "pts/" */
	int major, minor_start;
	unsigned int num;
	int type, subtype;		/* TTY_DRIVER_TYPE_* */
	unsigned int flags;		/* TTY_DRIVER_* */
	const struct tty_operations *ops;
	struct ktermios init_termios;
	struct tty_struct **ttys;	/* tty_mutex; NULL for ptys */
	struct tty_driver *other;	/* a pty driver's other half */
	struct list_head list;		/* tty_mutex */
};

#define TTY_DRIVER_TYPE_SYSTEM	0x0001
#define TTY_DRIVER_TYPE_CONSOLE	0x0002
#define TTY_DRIVER_TYPE_SERIAL	0x0003
#define TTY_DRIVER_TYPE_PTY	0x0004
#define PTY_TYPE_MASTER		0x0001
#define PTY_TYPE_SLAVE		0x0002

#define TTY_DRIVER_DEVPTS	0x0001	/* nodes live in devpts */

/* tty->flags, bit numbers */
#define TTY_OTHER_CLOSED	0	/* the pty's other side has gone */
#define TTY_EXCLUSIVE		1	/* TIOCEXCL */
#define TTY_HUPPED		2	/* hung up: reads give 0, writes EIO */
#define TTY_PTY_LOCK		4	/* slave may not be opened yet (TIOCSPTLCK) */
#define TTY_PACKET		5	/* master: packet mode */
#define TTY_UNPAIRED		7	/* slave: the master has given up its reference */
#define TTY_DEAD		6	/* no references; a pty waits for its other side */

/* Bytes from the driver that the line discipline has not taken yet. */
struct tty_buffer {
	spinlock_t lock;		/* irq-safe; guards head and tail */
	struct mutex flush_lock;	/* one flush at a time; outermost of the input side */
	u8 *data;			/* i: TTY_BUFFER_LIMIT bytes */
	unsigned int head, tail;	/* free-running */
	struct work_struct work;	/* hands the bytes to the line discipline */
};

/* One terminal. */
struct tty_struct {
	refcount_t kref;
	struct tty_driver *driver;	/* i */
	const struct tty_operations *ops; /* i */
	int index;			/* i */
	char name[24];			/* i */
	unsigned long flags;		/* x: TTY_* */
	int count;			/* tty_mutex: open files */
	struct mutex lock;		/* opens, closes, hangups */
	struct list_head files;		/* files_lock: tty_file_private */
	spinlock_t files_lock;

	struct rw_semaphore termios_rwsem;
	struct ktermios termios;	/* termios_rwsem */
	struct ktermios locked;		/* termios_rwsem: bits and characters that may not change */
	struct mutex winsize_mutex;
	struct winsize winsize;		/* winsize_mutex */

	spinlock_t ctrl_lock;		/* irq-safe; guards the next five */
	struct pid *pgrp;		/* foreground group */
	struct pid *session;
	u8 pktstatus;			/* TIOCPKT_* that the master has not read */
	bool stopped;			/* output stopped by ^S or TCOOFF */
	bool tco_stopped;		/* by TCOOFF: only TCOON restarts it */

	struct mutex write_lock;	/* one write(2) at a time */
	wait_queue_head_t read_wait;
	wait_queue_head_t write_wait;
	struct tty_struct *link;	/* pty: the other side */
	struct n_tty_data *disc_data;	/* i: the line discipline's state */
	void *driver_data;
	struct tty_buffer buf;
	struct work_struct hangup_work;
	struct work_struct resize_work;
};

/* What hangs on an open terminal's file->private_data. */
struct tty_file_private {
	struct tty_struct *tty;
	struct file *file;
	struct list_head list;		/* tty->files_lock */
};

int tty_register_driver(struct tty_driver *driver);
extern const struct ktermios tty_std_termios;

struct tty_struct *tty_kref_get(struct tty_struct *tty);
void tty_kref_put(struct tty_struct *tty);

/* Called by a driver: bytes have come. Returns how many were taken. => any context */
size_t tty_insert_flip_string(struct tty_struct *tty, const u8 *buf, size_t len);
unsigned int tty_buffer_space_avail(struct tty_struct *tty);
void tty_flip_buffer_push(struct tty_struct *tty);
/* Called by a driver: there is room for output again. => any context */
void tty_wakeup(struct tty_struct *tty);
/* The line has gone: everybody who has it open gets EIO, the session SIGHUP. */
void tty_hangup(struct tty_struct *tty);	/* any context */
void tty_vhangup(struct tty_struct *tty);	/* process context */
int tty_do_resize(struct tty_struct *tty, const struct winsize *ws);

/* For kernel/process: see each. */

/* A session leader exits: hang up its terminal and take it from the session. => may sleep */
void disassociate_ctty(int on_exit);
/* setsid(): this process has no terminal any more. => takes siglock */
void proc_clear_tty(struct task_struct *leader);
/* fork(): a new process's signal_struct inherits the terminal; its end gives it back. */
void tty_signal_fork(struct signal_struct *sig, struct signal_struct *parent);
void tty_signal_exit(struct signal_struct *sig);
/* The caller's controlling terminal with a reference, or NULL. */
struct tty_struct *get_current_tty(void);
/* Its device number and foreground group for /proc/PID/stat: 0 and -1 without one. */
void tty_proc_numbers(struct signal_struct *sig, struct pid_namespace *ns, dev_t *devt, pid_t *pgrp);

#endif
