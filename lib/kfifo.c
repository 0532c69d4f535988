// SPDX-License-Identifier: MIT
/* Ring buffers of elements of one size. */
#include <kern/barrier.h>
#include <kern/errno.h>
#include <kern/kernel.h>
#include <lib/kfifo.h>
#include <lib/log2.h>
#include <lib/string.h>
#include <mm/slab.h>

int __kfifo_alloc(struct __kfifo *fifo, unsigned int size, size_t esize, gfp_t gfp)
{
	memset(fifo, 0, sizeof(*fifo));
	if (size < 2)
		return -EINVAL;
	size = roundup_pow_of_two(size);
	fifo->data = kmalloc(size * esize, gfp);
	if (!fifo->data)
		return -ENOMEM;
	fifo->mask = size - 1;
	fifo->esize = esize;
	return 0;
}

void __kfifo_free(struct __kfifo *fifo)
{
	kfree(fifo->data);
	memset(fifo, 0, sizeof(*fifo));
}

int __kfifo_init(struct __kfifo *fifo, void *buffer, unsigned int size, size_t esize)
{
	memset(fifo, 0, sizeof(*fifo));
	if (size < 2)
		return -EINVAL;
	fifo->data = buffer;
	fifo->mask = rounddown_pow_of_two(size) - 1;
	fifo->esize = esize;
	return 0;
}

/* Elements up to the end of the buffer, then the rest from its start. */
static unsigned int first_part(const struct __kfifo *fifo, unsigned int pos, unsigned int len)
{
	return min(len, fifo->mask + 1 - (pos & fifo->mask));
}

unsigned int __kfifo_in(struct __kfifo *fifo, const void *buf, unsigned int len)
{
	unsigned int in = fifo->in, room, first, esize = fifo->esize;

	/* Pairs with the release of the consumer: its reads are over. */
	room = fifo->mask + 1 - (in - __atomic_load_n(&fifo->out, __ATOMIC_ACQUIRE));
	len = min(len, room);
	first = first_part(fifo, in, len);
	memcpy((char *)fifo->data + (size_t)(in & fifo->mask) * esize, buf, (size_t)first * esize);
	memcpy(fifo->data, (const char *)buf + (size_t)first * esize, (size_t)(len - first) * esize);
	__atomic_store_n(&fifo->in, in + len, __ATOMIC_RELEASE);
	return len;
}

unsigned int __kfifo_out_peek(struct __kfifo *fifo, void *buf, unsigned int len)
{
	unsigned int out = fifo->out, first, esize = fifo->esize;

	len = min(len, __atomic_load_n(&fifo->in, __ATOMIC_ACQUIRE) - out);
	first = first_part(fifo, out, len);
	memcpy(buf, (char *)fifo->data + (size_t)(out & fifo->mask) * esize, (size_t)first * esize);
	memcpy((char *)buf + (size_t)first * esize, fifo->data, (size_t)(len - first) * esize);
	return len;
}

unsigned int __kfifo_out(struct __kfifo *fifo, void *buf, unsigned int len)
{
	len = __kfifo_out_peek(fifo, buf, len);
	__atomic_store_n(&fifo->out, fifo->out + len, __ATOMIC_RELEASE);
	return len;
}
