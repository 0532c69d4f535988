/* SPDX-License-Identifier: MIT */
/*
 * Ring buffers. One producer and one consumer need no lock between them; several of one kind
 * serialise among themselves. in and out run freely and wrap; the size is a power of two.
 */
#ifndef LIB_KFIFO_H
#define LIB_KFIFO_H

#include <kern/compiler.h>
#include <kern/types.h>

struct __kfifo {
	unsigned int in;		/* written by the producer, elements */
	unsigned int out;		/* written by the consumer, elements */
	unsigned int mask;		/* size - 1, elements */
	unsigned int esize;		/* bytes an element */
	void *data;
};

int __kfifo_alloc(struct __kfifo *fifo, unsigned int size, size_t esize, gfp_t gfp);
void __kfifo_free(struct __kfifo *fifo);
int __kfifo_init(struct __kfifo *fifo, void *buffer, unsigned int size, size_t esize);
/* Elements put, got, or seen. */
unsigned int __kfifo_in(struct __kfifo *fifo, const void *buf, unsigned int len);
unsigned int __kfifo_out(struct __kfifo *fifo, void *buf, unsigned int len);
unsigned int __kfifo_out_peek(struct __kfifo *fifo, void *buf, unsigned int len);

/* A byte fifo. */
struct kfifo {
	union {
		struct __kfifo kfifo;
		unsigned char *type;
	};
};

#define DECLARE_KFIFO_PTR(name, type_)						\
	struct { union { struct __kfifo kfifo; type_ *type; }; } name

/* A fifo of @size elements with its buffer inside; static ones work without INIT_KFIFO. */
#define STRUCT_KFIFO(type_, size)						\
	struct { union { struct __kfifo kfifo; type_ *type; }; type_ buf[size]; }
#define DECLARE_KFIFO(name, type_, size) STRUCT_KFIFO(type_, size) name
#define DEFINE_KFIFO(name, type_, size)						\
	DECLARE_KFIFO(name, type_, size) = {					\
		{ .kfifo = { .mask = (size) - 1, .esize = sizeof(type_), .data = (name).buf } } \
	}
#define INIT_KFIFO(fifo)							\
	__kfifo_init(&(fifo).kfifo, (fifo).buf, sizeof((fifo).buf) / sizeof((fifo).buf[0]), \
		     sizeof((fifo).buf[0]))

#define kfifo_alloc(fifo, size, gfp) __kfifo_alloc(&(fifo)->kfifo, size, sizeof(*(fifo)->type), gfp)
#define kfifo_free(fifo) __kfifo_free(&(fifo)->kfifo)
#define kfifo_init(fifo, buffer, size)						\
	__kfifo_init(&(fifo)->kfifo, buffer, size, sizeof(*(fifo)->type))
#define kfifo_initialized(fifo) ((fifo)->kfifo.mask != 0)
#define kfifo_esize(fifo) ((fifo)->kfifo.esize)
#define kfifo_size(fifo) ((fifo)->kfifo.mask + 1)
#define kfifo_len(fifo) (READ_ONCE((fifo)->kfifo.in) - READ_ONCE((fifo)->kfifo.out))
#define kfifo_avail(fifo) (kfifo_size(fifo) - kfifo_len(fifo))
#define kfifo_is_empty(fifo) (kfifo_len(fifo) == 0)
#define kfifo_is_full(fifo) (kfifo_len(fifo) > (fifo)->kfifo.mask)
/* => Nobody else uses it. */
#define kfifo_reset(fifo) ((void)((fifo)->kfifo.in = (fifo)->kfifo.out = 0))
/* => From the consumer. */
#define kfifo_reset_out(fifo) WRITE_ONCE((fifo)->kfifo.out, READ_ONCE((fifo)->kfifo.in))
#define kfifo_skip(fifo) WRITE_ONCE((fifo)->kfifo.out, (fifo)->kfifo.out + 1)

/* One element. => 1, or 0 when full or empty. */
#define kfifo_put(fifo, val) ({							\
	typeof(*(fifo)->type) __val = (val);					\
	__kfifo_in(&(fifo)->kfifo, &__val, 1);					\
})
#define kfifo_get(fifo, valp) ({						\
	typeof((fifo)->type) __valp = (valp);					\
	__kfifo_out(&(fifo)->kfifo, __valp, 1);					\
})
#define kfifo_peek(fifo, valp) ({						\
	typeof((fifo)->type) __valp = (valp);					\
	__kfifo_out_peek(&(fifo)->kfifo, __valp, 1);				\
})
#define kfifo_in(fifo, buf, n) ({						\
	const typeof(*(fifo)->type) *__buf = (buf);				\
	__kfifo_in(&(fifo)->kfifo, __buf, n);					\
})
#define kfifo_out(fifo, buf, n) ({						\
	typeof((fifo)->type) __buf = (buf);					\
	__kfifo_out(&(fifo)->kfifo, __buf, n);					\
})
#define kfifo_out_peek(fifo, buf, n) ({						\
	typeof((fifo)->type) __buf = (buf);					\
	__kfifo_out_peek(&(fifo)->kfifo, __buf, n);				\
})
#define kfifo_in_spinlocked(fifo, buf, n, lock) ({				\
	unsigned long __flags;							\
	unsigned int __n;							\
	spin_lock_irqsave(lock, __flags);					\
	__n = kfifo_in(fifo, buf, n);						\
	spin_unlock_irqrestore(lock, __flags);					\
	__n;									\
})
#define kfifo_out_spinlocked(fifo, buf, n, lock) ({				\
	unsigned long __flags;							\
	unsigned int __n;							\
	spin_lock_irqsave(lock, __flags);					\
	__n = kfifo_out(fifo, buf, n);						\
	spin_unlock_irqrestore(lock, __flags);					\
	__n;									\
})

#endif
