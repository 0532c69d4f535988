// SPDX-License-Identifier: MIT
/* System V and POSIX IPC. */
#include "nth.h"

#include <mqueue.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

static void try_shm(void)
{
	int id = TRY(shmget(IPC_PRIVATE, 100000, 0600));

	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
}

static void try_shmat(void)
{
	int id = shmget(IPC_PRIVATE, 100000, 0600);
	void *at = (void *)TRY(shmat(id, NULL, 0));

	if (at != (void *)-1)
		shmdt(at);
	shmctl(id, IPC_RMID, NULL);
}

static void try_sem(void)
{
	int id = TRY(semget(IPC_PRIVATE, 10, 0600));

	if (id >= 0)
		semctl(id, 0, IPC_RMID);
}

static void try_semop(void)
{
	struct sembuf op = { 0, 1, SEM_UNDO };
	int id = semget(IPC_PRIVATE, 10, 0600);

	TRY(semop(id, &op, 1));
	semctl(id, 0, IPC_RMID);
}

static void try_msg(void)
{
	int id = TRY(msgget(IPC_PRIVATE, 0600));

	if (id >= 0)
		msgctl(id, IPC_RMID, NULL);
}

static void try_msgsnd(void)
{
	struct { long type; char text[6000]; } message = { .type = 1 };
	int id = msgget(IPC_PRIVATE, 0600);

	TRY(msgsnd(id, &message, sizeof(message.text), IPC_NOWAIT));
	msgctl(id, IPC_RMID, NULL);
}

static void try_mq(void)
{
	mqd_t q = TRY(mq_open("/nth", O_RDWR | O_CREAT, 0600, NULL));

	if (q >= 0) {
		mq_close(q);
		mq_unlink("/nth");
	}
}

static void try_msgrcv(void)
{
	struct { long type; char text[6000]; } message = { .type = 1 };
	int id = msgget(IPC_PRIVATE, 0600);

	msgsnd(id, &message, sizeof(message.text), IPC_NOWAIT);
	TRY(msgrcv(id, &message, sizeof(message.text), 0, IPC_NOWAIT));
	msgctl(id, IPC_RMID, NULL);
}

static void try_mq_send(void)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = 4096 };
	static char text[4096];
	mqd_t q = mq_open("/nth", O_RDWR | O_CREAT | O_NONBLOCK, 0600, &attr);

	TRY(mq_send(q, text, sizeof(text), 3));
	mq_close(q);
	mq_unlink("/nth");
}

static void try_mq_notify(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	mqd_t q = mq_open("/nth", O_RDWR | O_CREAT, 0600, NULL);

	TRY(mq_notify(q, &event));
	mq_close(q);
	mq_unlink("/nth");
}

static void try_semtimedop(void)
{
	struct sembuf ops[100];
	struct timespec none = { 0 };
	int id = semget(IPC_PRIVATE, 100, 0600);

	for (int i = 0; i < 100; i++)
		ops[i] = (struct sembuf){ i, 1, SEM_UNDO };
	TRY(semtimedop(id, ops, 100, &none));
	semctl(id, 0, IPC_RMID);
}

const struct nth_call ipc_calls[] = {
	CALL(shm), CALL(shmat), CALL(sem), CALL(semop), CALL(msg), CALL(msgsnd), CALL(mq),
	CALL(msgrcv), CALL(mq_send), CALL(mq_notify), CALL(semtimedop),
	{ NULL, NULL },
};
