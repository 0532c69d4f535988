/* SPDX-License-Identifier: MIT */
/* What the files of the socket layer share. */
#ifndef NET_CORE_INTERNAL_H
#define NET_CORE_INTERNAL_H

#include <fs/file.h>
#include <kern/types.h>
#include <net/socket.h>

struct seq_file;

/* skbuff.c */
void skb_cache_init(void);

/* socket.c */
/* A socket of any family, type without flags. `kern`: made by the kernel itself. */
int __sock_create(struct net *net, int family, int type, int protocol, struct socket **res,
		  int kern);
/* The socket of a descriptor, held until fdput(*f); NULL and *error: -EBADF, -ENOTSOCK. */
struct socket *sockfd_lookup(int fd, struct fd *f, int *error);
int sockfs_init(void);
/* How many sockets there are. */
long sock_nr_used(void);

/* ioctl.c */
long sock_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* filter.c: SO_ATTACH_FILTER and its relatives; the second => lock_sock() held */
int sk_attach_filter(struct sock *sk, const char __user *val, unsigned int len);
int sk_detach_filter(struct sock *sk);
int sk_get_filter(struct sock *sk, char __user *val, int __user *ulen, int len);
/* The sock goes. */
void sk_filter_release(struct sock *sk);

/* sock.c */
void sock_show_protocols(struct seq_file *m);

extern int sysctl_optmem_max;

#endif
