// SPDX-License-Identifier: MIT
/*
 * Between a driver and the line discipline: a ring that any context may fill, and that a
 * worker, or a reader in a hurry, empties in process context. What the line discipline has no
 * room for stays; the next read fetches it.
 */
#include <mm/slab.h>

#include "internal.h"

static void flush_work_fn(struct work_struct *work)
{
	struct tty_struct *tty = container_of(work, struct tty_struct, buf.work);

	tty_buffer_flush_to_ldisc(tty);
	if (n_tty_has_echoes(tty))
		n_tty_flush_echoes(tty);
	tty_kref_put(tty);
}

int tty_buffer_init(struct tty_struct *tty)
{
	struct tty_buffer *buf = &tty->buf;

	spin_lock_init(&buf->lock);
	mutex_init(&buf->flush_lock);
	INIT_WORK(&buf->work, flush_work_fn);
	buf->data = kmalloc(TTY_BUFFER_LIMIT, GFP_KERNEL);
	return buf->data ? 0 : -ENOMEM;
}

void tty_buffer_free(struct tty_struct *tty)
{
	kfree(tty->buf.data);
}

unsigned int tty_buffer_space_avail(struct tty_struct *tty)
{
	return TTY_BUFFER_LIMIT - (READ_ONCE(tty->buf.head) - READ_ONCE(tty->buf.tail));
}

/* Called by a driver: bytes have come. Returns how many fit. => any context */
size_t tty_insert_flip_string(struct tty_struct *tty, const u8 *from, size_t len)
{
	struct tty_buffer *buf = &tty->buf;
	unsigned long flags;
	size_t n;

	spin_lock_irqsave(&buf->lock, flags);
	n = min_t(size_t, len, TTY_BUFFER_LIMIT - (buf->head - smp_load_acquire(&buf->tail)));
	for (size_t done = 0; done < n;) {
		unsigned int at = (buf->head + done) % TTY_BUFFER_LIMIT;
		size_t part = min_t(size_t, n - done, TTY_BUFFER_LIMIT - at);

		memcpy(buf->data + at, from + done, part);
		done += part;
	}
	smp_store_release(&buf->head, buf->head + n);
	spin_unlock_irqrestore(&buf->lock, flags);
	return n;
}

/* Has the worker look at the ring and the echoes. => any context */
void tty_flip_buffer_push(struct tty_struct *tty)
{
	/* A pty's other side may be closed for good: then nobody wants its bytes. */
	if (!refcount_inc_not_zero(&tty->kref))
		return;
	if (!queue_work(system_unbound_wq, &tty->buf.work))
		tty_kref_put(tty);
}

/* Hands the ring's bytes to the line discipline, as many as it takes. => may sleep */
void tty_buffer_flush_to_ldisc(struct tty_struct *tty)
{
	struct tty_buffer *buf = &tty->buf;
	bool moved = false;

	mutex_lock(&buf->flush_lock);
	for (;;) {
		unsigned int head = smp_load_acquire(&buf->head);
		unsigned int at = buf->tail % TTY_BUFFER_LIMIT;
		size_t n = min_t(size_t, head - buf->tail, TTY_BUFFER_LIMIT - at);
		size_t done;

		if (!n)
			break;
		done = n_tty_receive(tty, buf->data + at, n);
		if (!done)
			break;
		smp_store_release(&buf->tail, buf->tail + done);
		moved = true;
	}
	mutex_unlock(&buf->flush_lock);
	if (moved && tty->ops->unthrottle)
		tty->ops->unthrottle(tty);
}

/* Throws the ring's bytes away. => may sleep */
void tty_buffer_discard(struct tty_struct *tty)
{
	struct tty_buffer *buf = &tty->buf;

	mutex_lock(&buf->flush_lock);
	smp_store_release(&buf->tail, smp_load_acquire(&buf->head));
	mutex_unlock(&buf->flush_lock);
}
