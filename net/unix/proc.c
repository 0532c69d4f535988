// SPDX-License-Identifier: MIT
/* /proc/net/unix: the unix sockets of a name space, bucket by bucket. */
#include <fs/proc_fs.h>
#include <fs/seq_file.h>
#include <kern/init.h>
#include <kern/random.h>
#include <lib/siphash.h>
#include "internal.h"

#define BUCKETS (1 << UNIX_HASH_BITS)

/* Record 0 is the heading; bucket and place in it are the two halves of the position. */
#define PLACE_BITS 48

static struct sock *nth_in_bucket(const struct net *net, unsigned int bucket, u64 n)
{
	struct unix_sock *u;

	hlist_for_each_entry(u, &unix_table[bucket].head, sk.sk_node)
		if (sock_net(&u->sk) == net && !n--)
			return &u->sk;
	return NULL;
}

/* The socket at *pos or the first behind; its bucket stays locked. */
static void *find_from(const struct seq_file *m, loff_t *pos)
{
	const struct net *net = seq_file_net(m);
	unsigned int bucket = *pos >> PLACE_BITS;
	u64 place = *pos & ((1ULL << PLACE_BITS) - 1);

	for (; bucket < BUCKETS; bucket++, place = 1) {
		struct sock *sk;

		spin_lock(&unix_table[bucket].lock);
		sk = nth_in_bucket(net, bucket, place - 1);
		if (sk) {
			*pos = (loff_t)bucket << PLACE_BITS | place;
			return sk;
		}
		spin_unlock(&unix_table[bucket].lock);
	}
	*pos = (loff_t)BUCKETS << PLACE_BITS | 1;
	return NULL;
}

static void *unix_seq_start(struct seq_file *m, loff_t *pos)
{
	return *pos ? find_from(m, pos) : SEQ_START_TOKEN;
}

static void unlock_bucket(loff_t pos)
{
	spin_unlock(&unix_table[pos >> PLACE_BITS].lock);
}

static void *unix_seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	if (v != SEQ_START_TOKEN)
		unlock_bucket(*pos);
	++*pos;
	return find_from(m, pos);
}

static void unix_seq_stop(struct seq_file *m, void *v)
{
	if (v && v != SEQ_START_TOKEN)
		spin_unlock(&unix_table[unix_sk(v)->hash].lock);
}

static void show_name(struct seq_file *m, const struct unix_address *addr)
{
	int i = 0, len = addr->len - UNIX_ADDR_MIN;

	seq_putc(m, ' ');
	if (addr->name->sun_path[0]) {
		len--;
	} else {
		seq_putc(m, '@');
		i++;
	}
	for (; i < len; i++)
		seq_putc(m, addr->name->sun_path[i] ?: '@');
}

/* A number that tells sockets apart and tells nothing about the kernel's memory. */
static u64 sock_number(const struct sock *sk)
{
	static siphash_key_t key;

	if (siphash_key_is_zero(&key))
		get_random_bytes(&key, sizeof(key));
	return siphash_1u64((unsigned long)sk, &key) & 0xffffffff;
}

static int unix_seq_show(struct seq_file *m, void *v)
{
	struct sock *sk = v;
	struct unix_sock *u = unix_sk(sk);
	bool connected;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m, "Num       RefCount Protocol Flags    Type St Inode Path\n");
		return 0;
	}
	unix_state_lock(sk);
	connected = sk->sk_state == TCP_ESTABLISHED;
	seq_printf(m, "%016llx: %08X %08X %08X %04X %02X %5lu", sock_number(sk),
		   refcount_read(&sk->sk_refcnt), 0,
		   sk->sk_state == TCP_LISTEN ? __SO_ACCEPTCON : 0, sk->sk_type,
		   sk->sk_socket ? (connected ? SS_CONNECTED : SS_UNCONNECTED) :
				   (connected ? SS_CONNECTING : SS_DISCONNECTING),
		   sock_i_ino(sk));
	unix_state_unlock(sk);
	if (u->addr)
		show_name(m, u->addr);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations unix_seq_ops = {
	.start = unix_seq_start,
	.next = unix_seq_next,
	.stop = unix_seq_stop,
	.show = unix_seq_show,
};

void __init unix_proc_init(void)
{
	proc_create_seq("unix", 0444, proc_net, &unix_seq_ops);
}
