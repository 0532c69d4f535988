// SPDX-License-Identifier: MIT
/* ioctl() on sockets: what all families answer alike. */
#include <asm/ioctls.h>
#include <fs/file.h>
#include <kern/pid.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <mm/uaccess.h>
#include <net/sock.h>
#include "internal.h"

static int get_owner(struct file *file, int __user *arg)
{
	int nr = 0;

	spin_lock_irq(&file->f_owner.lock);
	rcu_read_lock();
	if (file->f_owner.pid && pid_has_task(file->f_owner.pid, file->f_owner.pid_type)) {
		nr = pid_vnr(file->f_owner.pid);
		if (file->f_owner.pid_type == PIDTYPE_PGID)
			nr = -nr;
	}
	rcu_read_unlock();
	spin_unlock_irq(&file->f_owner.lock);
	return put_user(nr, arg);
}

/* The list of devices with addresses of the internet family, which is not there: empty. */
static int get_ifconf(struct ifconf __user *arg)
{
	struct ifconf ifc;

	if (copy_from_user(&ifc, arg, sizeof(ifc)))
		return -EFAULT;
	ifc.ifc_len = 0;
	return copy_to_user(arg, &ifc, sizeof(ifc)) ? -EFAULT : 0;
}

static int device_ioctl(struct net *net, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case SIOCGIFCONF:
		return get_ifconf((struct ifconf __user *)arg);
	case SIOCGIFNAME:
	case SIOCGIFINDEX:
	case SIOCGIFFLAGS:
	case SIOCGIFADDR:
	case SIOCGIFBRDADDR:
	case SIOCGIFNETMASK:
	case SIOCGIFDSTADDR:
	case SIOCGIFHWADDR:
	case SIOCGIFMTU:
	case SIOCGIFMETRIC:
	case SIOCGIFTXQLEN:
	case SIOCGIFMAP:
	case SIOCETHTOOL:
	case SIOCSIFNAME:
	case SIOCSIFFLAGS:
	case SIOCSIFADDR:
	case SIOCSIFNETMASK:
	case SIOCSIFMTU:
	case SIOCSIFHWADDR:
	case SIOCSIFTXQLEN:
		return loopback_ioctl(net, cmd, (void __user *)arg);
	}
	return -ENOTTY;
}

long sock_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct socket *sock = file->private_data;
	int pid, result;

	switch (cmd) {
	case FIOSETOWN:
	case SIOCSPGRP:
		if (get_user(pid, (int __user *)arg))
			return -EFAULT;
		return f_setown(file, pid, 1);
	case FIOGETOWN:
	case SIOCGPGRP:
		return get_owner(file, (int __user *)arg);
	}
	result = sock->ops->ioctl(sock, cmd, arg);
	return result == -ENOIOCTLCMD ? device_ioctl(sock_net(sock->sk), cmd, arg) : result;
}
