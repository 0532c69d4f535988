// SPDX-License-Identifier: MIT
/* System V IPC: semaphores, message queues, shared memory; keys, permissions, removal, undo. */
#include "test.h"

#include <limits.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static key_t test_key(int n)
{
	return 0x56000000 | (getpid() & 0xffff) << 8 | n;
}

static int op(int id, int num, int value, int flags)
{
	struct sembuf sb = { .sem_num = num, .sem_op = value, .sem_flg = flags };

	return semop(id, &sb, 1);
}

static void keys(void)
{
	key_t key = test_key(1);
	int id = semget(key, 2, IPC_CREAT | IPC_EXCL | 0600);

	NEED(id >= 0);
	CHECK_EQ(semget(key, 2, 0600), id);
	CHECK_EQ(semget(key, 0, 0), id);
	CHECK_ERR(semget(key, 2, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
	CHECK_ERR(semget(key, 3, 0600), EINVAL);
	CHECK_ERR(semget(test_key(2), 1, 0600), ENOENT);
	CHECK_ERR(semget(IPC_PRIVATE, -1, 0600), EINVAL);
	CHECK_ERR(semget(IPC_PRIVATE, 0, 0600), EINVAL);
	CHECK_OK(semctl(id, 0, IPC_RMID));
	CHECK_ERR(semctl(id, 0, GETVAL), EINVAL);
	CHECK_ERR(op(id, 0, 1, 0), EINVAL);
}

static void semaphore_values(void)
{
	unsigned short all[3] = { 1, 2, 3 }, out[3] = {};
	int id = semget(IPC_PRIVATE, 3, 0600);
	struct semid_ds ds;

	NEED(id >= 0);
	CHECK_OK(semctl(id, 0, SETALL, (union semun){ .array = all }));
	CHECK_EQ(semctl(id, 1, GETVAL), 2);
	CHECK_OK(op(id, 1, 5, 0));
	CHECK_OK(op(id, 2, -3, 0));
	CHECK_OK(semctl(id, 0, GETALL, (union semun){ .array = out }));
	CHECK_EQ(out[0], 1);
	CHECK_EQ(out[1], 7);
	CHECK_EQ(out[2], 0);
	CHECK_EQ(semctl(id, 1, GETPID), getpid());
	CHECK_ERR(op(id, 2, -1, IPC_NOWAIT), EAGAIN);
	CHECK_ERR(op(id, 1, 0, IPC_NOWAIT), EAGAIN);
	CHECK_OK(op(id, 2, 0, IPC_NOWAIT));
	CHECK_ERR(op(id, 3, 1, 0), EFBIG);
	CHECK_ERR(op(id, 0, 32767, 0), ERANGE);
	CHECK_ERR(semctl(id, 0, SETVAL, (union semun){ .val = -1 }), ERANGE);
	CHECK_ERR(semctl(id, 0, SETVAL, (union semun){ .val = 32768 }), ERANGE);
	CHECK_ERR(semctl(id, 3, GETVAL), EINVAL);
	CHECK_ERR(semctl(id, 0, 999), EINVAL);
	CHECK_ERR(syscall(SYS_semop, id, NULL, 0), EINVAL);
	CHECK_ERR(syscall(SYS_semop, id, 1L, 1), EFAULT);
	CHECK_ERR(syscall(SYS_semop, id, 1L, 501), E2BIG);
	CHECK_OK(semctl(id, 0, IPC_STAT, (union semun){ .buf = &ds }));
	CHECK_EQ(ds.sem_nsems, 3);
	CHECK_EQ(ds.sem_perm.mode & 0777, 0600);
	CHECK_ERR(semctl(id, 0, IPC_STAT, (union semun){ .buf = (void *)1 }), EFAULT);
	CHECK_OK(semctl(id, 0, IPC_RMID));
}

static void all_or_nothing(void)
{
	struct sembuf ops[2] = { { 0, -1, IPC_NOWAIT }, { 1, -1, IPC_NOWAIT } };
	int id = semget(IPC_PRIVATE, 2, 0600);

	CHECK_OK(op(id, 0, 1, 0));
	CHECK_ERR(semop(id, ops, 2), EAGAIN);
	CHECK_EQ(semctl(id, 0, GETVAL), 1);
	CHECK_OK(op(id, 1, 1, 0));
	CHECK_OK(semop(id, ops, 2));
	CHECK_EQ(semctl(id, 0, GETVAL), 0);
	CHECK_OK(semctl(id, 0, IPC_RMID));
}

static void waiting(void)
{
	struct sembuf sb = { .sem_op = -2 };
	struct timespec ts = { 0, 20000000 };
	int id = semget(IPC_PRIVATE, 1, 0600), status;
	pid_t pid;

	CHECK_ERR(semtimedop(id, &sb, 1, &ts), EAGAIN);
	ts.tv_nsec = -1;
	CHECK_ERR(semtimedop(id, &sb, 1, &ts), EINVAL);
	pid = fork();
	if (!pid)
		_exit(op(id, 0, -2, 0) ? 1 : 0);
	CHECK(WAIT_UNTIL(semctl(id, 0, GETNCNT) == 1));
	CHECK_OK(op(id, 0, 1, 0));
	test_sleep_ms(20);
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_OK(op(id, 0, 1, 0));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(semctl(id, 0, GETVAL), 0);
	/* Waiting for zero. */
	CHECK_OK(op(id, 0, 1, 0));
	pid = fork();
	if (!pid)
		_exit(op(id, 0, 0, 0) ? 1 : 0);
	CHECK(WAIT_UNTIL(semctl(id, 0, GETZCNT) == 1));
	CHECK_OK(op(id, 0, -1, 0));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	/* Removal ends the wait. */
	pid = fork();
	if (!pid)
		_exit(op(id, 0, -1, 0) == -1 && errno == EIDRM ? 0 : 1);
	CHECK(WAIT_UNTIL(semctl(id, 0, GETNCNT) == 1));
	CHECK_OK(semctl(id, 0, IPC_RMID));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void on_alarm(int sig)
{
}

static void signals_interrupt(void)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	int id = semget(IPC_PRIVATE, 1, 0600), q = msgget(IPC_PRIVATE, 0600);
	struct {
		long type;
		char text[8];
	} m;

	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	CHECK_ERR(op(id, 0, -1, 0), EINTR);
	alarm(1);
	CHECK_ERR(msgrcv(q, &m, 8, 0, 0), EINTR);
	semctl(id, 0, IPC_RMID);
	msgctl(q, IPC_RMID, NULL);
}

static void undo(void)
{
	int id = semget(IPC_PRIVATE, 1, 0600), status;
	pid_t pid;

	CHECK_OK(op(id, 0, 3, 0));
	pid = fork();
	if (!pid) {
		op(id, 0, -2, SEM_UNDO);
		op(id, 0, 1, 0);
		_exit(semctl(id, 0, GETVAL) != 2);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(semctl(id, 0, GETVAL), 4);
	/* SETVAL forgets what is owed. */
	pid = fork();
	if (!pid) {
		op(id, 0, -2, SEM_UNDO);
		semctl(id, 0, SETVAL, (union semun){ .val = 7 });
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(semctl(id, 0, GETVAL), 7);
	CHECK_OK(semctl(id, 0, IPC_RMID));
}

struct message {
	long type;
	char text[64];
};

static int send(int q, long type, const char *text, int flags)
{
	struct message m = { .type = type };

	strcpy(m.text, text);
	return msgsnd(q, &m, strlen(text) + 1, flags);
}

static void check_next(int q, long type, int flags, const char *want, int line)
{
	struct message m = {};
	ssize_t n = msgrcv(q, &m, sizeof(m.text), type, flags | IPC_NOWAIT);

	if (n != (ssize_t)strlen(want) + 1 || strcmp(m.text, want))
		FAIL("line %d: got %zd bytes \"%s\", not \"%s\"", line, n, m.text, want);
}

static void message_order(void)
{
	int q = msgget(IPC_PRIVATE, 0600);
	struct msqid_ds ds;
	struct message m;

	NEED(q >= 0);
	CHECK_ERR(msgrcv(q, &m, 10, 0, IPC_NOWAIT), ENOMSG);
	CHECK_OK(send(q, 5, "five", 0));
	CHECK_OK(send(q, 3, "three", 0));
	CHECK_OK(send(q, 7, "seven", 0));
	CHECK_OK(send(q, 3, "three again", 0));
	CHECK_OK(msgctl(q, IPC_STAT, &ds));
	CHECK_EQ(ds.msg_qnum, 4);
	CHECK_EQ(ds.msg_lspid, getpid());
	check_next(q, 3, MSG_EXCEPT, "five", __LINE__);
	check_next(q, -6, 0, "three", __LINE__);
	check_next(q, 7, 0, "seven", __LINE__);
	CHECK_ERR(msgrcv(q, &m, 5, 0, IPC_NOWAIT), E2BIG);
	CHECK_EQ(msgrcv(q, &m, 5, 0, MSG_NOERROR), 5);
	CHECK_ERR(send(q, 0, "x", 0), EINVAL);
	CHECK_ERR(send(q, -1, "x", 0), EINVAL);
	CHECK_ERR(msgsnd(q, &m, 8193, 0), EINVAL);
	CHECK_ERR(msgrcv(q, &m, -1, 0, IPC_NOWAIT), EINVAL);
	CHECK_ERR(syscall(SYS_msgsnd, q, 1L, 4, 0), EFAULT);
	CHECK_OK(msgctl(q, IPC_RMID, NULL));
	CHECK_ERR(send(q, 1, "x", 0), EINVAL);
	CHECK_ERR(msgctl(q, IPC_RMID, NULL), EINVAL);
}

static void full_queue(void)
{
	int q = msgget(IPC_PRIVATE, 0600), sent = 0, status;
	static struct {
		long type;
		char text[4096];
	} big = { .type = 1 };
	pid_t pid;

	while (!msgsnd(q, &big, sizeof(big.text), IPC_NOWAIT))
		sent++;
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(sent, 4);
	pid = fork();
	if (!pid)
		_exit(msgsnd(q, &big, sizeof(big.text), 0) != 0);
	test_sleep_ms(20);
	CHECK_EQ(waitpid(pid, &status, WNOHANG), 0);
	CHECK_EQ(msgrcv(q, &big, sizeof(big.text), 0, 0), 4096);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	pid = fork();
	if (!pid)
		_exit(msgsnd(q, &big, sizeof(big.text), 0) == -1 && errno == EIDRM ? 0 : 1);
	test_sleep_ms(30);
	CHECK_OK(msgctl(q, IPC_RMID, NULL));
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static int nattch(int id)
{
	struct shmid_ds ds;

	return shmctl(id, IPC_STAT, &ds) ? -1 : (int)ds.shm_nattch;
}

static void shared_memory(void)
{
	int id = shmget(IPC_PRIVATE, 10000, 0600), status;
	struct shmid_ds ds;
	char *a, *b;
	pid_t pid;

	NEED(id >= 0);
	a = shmat(id, NULL, 0);
	NEED(a != (void *)-1);
	CHECK_EQ(a[9999], 0);
	strcpy(a, "hello");
	b = shmat(id, NULL, SHM_RDONLY);
	CHECK_STR(b, "hello");
	CHECK_EQ(nattch(id), 2);
	pid = fork();
	if (!pid) {
		int before = nattch(id);

		strcpy(a, "child");
		_exit(before != 4 || shmdt(b) || nattch(id) != 3);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(nattch(id), 2);
	CHECK_STR(b, "child");
	CHECK_OK(shmctl(id, IPC_STAT, &ds));
	CHECK_EQ(ds.shm_segsz, 10000);
	CHECK_EQ(ds.shm_cpid, getpid());
	CHECK_OK(shmdt(b));
	CHECK_ERR(shmdt(b), EINVAL);
	CHECK_ERR(shmdt(a + 1), EINVAL);
	/* Removed, but usable until the last detach. */
	CHECK_OK(shmctl(id, IPC_RMID, NULL));
	CHECK_STR(a, "child");
	CHECK_EQ(nattch(id), 1);
	CHECK_OK(shmdt(a));
	CHECK_EQ(nattch(id), -1);
	CHECK_ERR(shmat(id, NULL, 0) == (void *)-1 ? -1 : 0, EINVAL);
}

static int overcommit(void)
{
	FILE *f = fopen("/proc/sys/vm/overcommit_memory", "r");
	int mode = -1;

	if (f) {
		if (fscanf(f, "%d", &mode) != 1)
			mode = -1;
		fclose(f);
	}
	return mode;
}

static void shared_memory_refusals(void)
{
	key_t key = test_key(3);
	int id = shmget(key, 4096, IPC_CREAT | 0600);
	char *a, *b;

	NEED(id >= 0);
	/* More than there could ever be, unless it is not to be reserved (or nobody counts). */
	if (overcommit() == 0)
		CHECK_ERR(shmget(IPC_PRIVATE, 1UL << 46, 0600), ENOMEM);
	CHECK_ERR(shmget(key, 8192, 0600), EINVAL);
	CHECK_EQ(shmget(key, 0, 0), id);
	CHECK_ERR(shmget(IPC_PRIVATE, 0, 0600), EINVAL);
	a = shmat(id, NULL, 0);
	CHECK_ERR((long)shmat(id, a + 1, 0), EINVAL);
	CHECK_ERR((long)shmat(id, a, 0), EINVAL);
	CHECK_ERR((long)shmat(id, NULL, SHM_REMAP), EINVAL);
	b = shmat(id, a, SHM_REMAP);
	CHECK(b == a);
	b = shmat(id, a + 100, SHM_REMAP | SHM_RND);
	CHECK(b == a);
	CHECK_EQ(nattch(id), 1);
	/* Cut into pieces, and detached as one. */
	CHECK_OK(shmdt(a));
	CHECK_OK(shmctl(id, IPC_RMID, NULL));
	id = shmget(IPC_PRIVATE, 3 * 4096, 0600);
	a = shmat(id, NULL, 0);
	CHECK_OK(munmap(a + 4096, 4096));
	CHECK_EQ(nattch(id), 2);
	CHECK_OK(shmdt(a));
	CHECK_EQ(nattch(id), 0);
	CHECK_ERR(shmctl(id, 999, NULL), EINVAL);
	CHECK_ERR(shmctl(id, IPC_STAT, (void *)1), EFAULT);
	CHECK_OK(shmctl(id, IPC_RMID, NULL));
}

static void permissions(void)
{
	int id = semget(IPC_PRIVATE, 1, 0600), q = msgget(IPC_PRIVATE, 0400), m, status;
	pid_t pid;

	m = shmget(IPC_PRIVATE, 4096, 0600);
	pid = fork();
	if (!pid) {
		if (setgid(2000) || setuid(2000))
			_exit(9);
		CHECK_ERR(op(id, 0, 1, 0), EACCES);
		CHECK_ERR(semctl(id, 0, GETVAL), EACCES);
		CHECK_ERR(semctl(id, 0, IPC_RMID), EPERM);
		CHECK_ERR(send(q, 1, "x", 0), EACCES);
		CHECK_ERR((long)shmat(m, NULL, 0), EACCES);
		CHECK_ERR(shmctl(m, IPC_RMID, NULL), EPERM);
		_exit(test_failures != 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	semctl(id, 0, IPC_RMID);
	msgctl(q, IPC_RMID, NULL);
	shmctl(m, IPC_RMID, NULL);
}

static void exec_detaches(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600), status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		char *argv[] = { "ipc", "exit", NULL };

		shmat(id, NULL, 0);
		execve("/proc/self/exe", argv, NULL);
		_exit(9);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	CHECK_EQ(nattch(id), 0);
	shmctl(id, IPC_RMID, NULL);
}

/* Ids of one place, one after the other; MSG_STAT takes the index out of an id. */
static void stale_ids(void)
{
	struct msqid_ds ds;
	int id;

	CHECK_OK(msgctl(msgget(IPC_PRIVATE, 0600), IPC_RMID, NULL));
	id = msgget(IPC_PRIVATE, 0600);
	CHECK_OK(id);
	CHECK_EQ(msgctl(id, MSG_STAT, &ds), id);
	CHECK_OK(msgctl(id, IPC_STAT, &ds));
	CHECK_ERR(msgctl(id ^ 32768, IPC_STAT, &ds), EINVAL);
	CHECK_EQ(msgctl(id ^ 32768, MSG_STAT, &ds), id);
	CHECK_OK(msgctl(id, IPC_RMID, NULL));
	CHECK_ERR(msgctl(id, IPC_STAT, &ds), EINVAL);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 0;
	RUN(keys);
	RUN(stale_ids);
	RUN(semaphore_values);
	RUN(all_or_nothing);
	RUN(waiting);
	RUN(signals_interrupt);
	RUN(undo);
	RUN(message_order);
	RUN(full_queue);
	RUN(shared_memory);
	RUN(shared_memory_refusals);
	if (!geteuid())
		RUN(permissions);
	RUN(exec_detaches);
	return test_done();
}
