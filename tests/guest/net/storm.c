// SPDX-License-Identifier: MIT
// Threads that do anything to shared sockets at once: nothing hangs, nothing is lost for ever.
#include "net/net.h"
#include <pthread.h>
#include <sys/epoll.h>

enum { THREADS = 4, SLOTS = 16, STEPS = 1500 };

static int slots[SLOTS];
static int lifeline[2];		/* its write end travels; at the end all copies must be gone */

static unsigned int next_random(unsigned int *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

static void replace(int slot, int fd)
{
	int old = __atomic_exchange_n(&slots[slot], fd, __ATOMIC_SEQ_CST);

	if (old >= 0)
		close(old);
}

static void make_pair(unsigned int *r)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	int s[2];

	if (socketpair(AF_UNIX, types[next_random(r) % 3] | SOCK_NONBLOCK, 0, s))
		return;
	replace(next_random(r) % SLOTS, s[0]);
	replace(next_random(r) % SLOTS, s[1]);
}

static void make_connection(unsigned int *r, int self)
{
	char name[32];
	int l = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0), c;
	struct sockaddr_un un;
	socklen_t len;

	snprintf(name, sizeof(name), "@storm-%d", self);
	len = make_addr(&un, name);
	if (!bind(l, (void *)&un, len) && !listen(l, 4)) {
		c = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (!connect(c, (void *)&un, len)) {
			replace(next_random(r) % SLOTS, c);
			c = next_random(r) % 2 ? accept4(l, NULL, NULL, SOCK_NONBLOCK) : -1;
			if (c >= 0)
				replace(next_random(r) % SLOTS, c);
		} else {
			close(c);
		}
	}
	if (next_random(r) % 4)
		close(l);
	else
		replace(next_random(r) % SLOTS, l);
}

static void pass(unsigned int *r, int fd)
{
	int fds[3] = { slots[next_random(r) % SLOTS], slots[next_random(r) % SLOTS], lifeline[1] };

	send_fds(fd, "m", 1, fds, 3, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void take(unsigned int *r, int fd, int flags)
{
	int fds[260], count = 8;
	char buf[256];

	if (recv_fds(fd, buf, sizeof(buf), fds, &count, NULL, MSG_DONTWAIT | flags) < 0)
		return;
	while (count > 0)
		close(fds[--count]);
}

static void *storm(void *arg)
{
	int self = (long)arg;
	unsigned int r = self * 7919 + 1;
	static char big[40000];

	for (int i = 0; i < STEPS; i++) {
		int fd = slots[next_random(&r) % SLOTS];

		switch (next_random(&r) % 12) {
		case 0:
			make_pair(&r);
			break;
		case 1:
			make_connection(&r, self);
			break;
		case 2:
		case 3:
			pass(&r, fd);
			break;
		case 4:
			take(&r, fd, 0);
			break;
		case 5:
			take(&r, fd, MSG_PEEK);
			break;
		case 6:
			send(fd, big, next_random(&r) % sizeof(big), MSG_NOSIGNAL | MSG_DONTWAIT);
			break;
		case 7:
			recv(fd, big, sizeof(big), MSG_DONTWAIT);
			break;
		case 8:
			if (next_random(&r) % 4 == 0)
				shutdown(fd, next_random(&r) % 3);
			break;
		case 9:
			send(fd, "u", 1, MSG_OOB | MSG_NOSIGNAL | MSG_DONTWAIT);
			recv(fd, big, 1, MSG_OOB | MSG_DONTWAIT);
			break;
		case 10:
			events_of(fd, POLLIN | POLLOUT | POLLPRI);
			break;
		default:
			replace(next_random(&r) % SLOTS, -1);
		}
	}
	return NULL;
}

static void all_at_once(void)
{
	pthread_t t[THREADS];
	char c;

	CHECK_OK(pipe(lifeline));
	fcntl(lifeline[0], F_SETFL, O_NONBLOCK);
	for (int i = 0; i < SLOTS; i++)
		slots[i] = -1;
	for (long i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, storm, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	for (int i = 0; i < SLOTS; i++)
		replace(i, -1);
	close(lifeline[1]);
	/* Whatever still carries the other end is garbage, and is collected. */
	CHECK(WAIT_UNTIL((close(socket(AF_UNIX, SOCK_STREAM, 0)), read(lifeline[0], &c, 1) == 0)));
	close(lifeline[0]);
}

int main(void)
{
	RUN(all_at_once);
	return test_done();
}
