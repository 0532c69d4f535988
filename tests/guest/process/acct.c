// SPDX-License-Identifier: MIT
/* acct(): records of processes that end. Inside only: it is the whole machine's switch. */
#include "test.h"

#include <fcntl.h>
#include <linux/acct.h>
#include <signal.h>

static void exit_three(void)
{
	_exit(3);
}

static void die(void)
{
	raise(SIGKILL);
}

static void records(void)
{
	struct acct_v3 record[3];
	int status, fd = open("account", O_RDWR | O_CREAT, 0600);

	CHECK_ERR(acct("no-such-file"), ENOENT);
	CHECK_ERR(acct("."), EISDIR);
	CHECK_ERR(acct("/dev/null"), EACCES);
	CHECK_OK(acct("account"));
	CHECK_EQ(test_in_child(exit_three), 3 << 8);
	status = test_in_child(die);
	CHECK_EQ(status, SIGKILL);
	CHECK_OK(acct(NULL));
	test_in_child(exit_three);
	CHECK_EQ(sizeof(record[0]), 64);
	CHECK_EQ(read(fd, record, sizeof(record)), 128);
	CHECK_EQ(record[0].ac_version, 3);
	CHECK_EQ(record[0].ac_flag & (AFORK | AXSIG), AFORK);
	CHECK_EQ(record[0].ac_exitcode, 3 << 8);
	CHECK_EQ(record[0].ac_ppid, getpid());
	CHECK_STR(record[0].ac_comm, "acct");
	CHECK_LE(time(NULL) - record[0].ac_btime, 100);
	CHECK_EQ(record[1].ac_flag & AXSIG, AXSIG);
	CHECK_EQ(record[1].ac_exitcode, SIGKILL);
	close(fd);
}

int main(void)
{
	char comm[32] = {};
	int fd = open("/proc/1/comm", O_RDONLY);

	if (fd < 0 || read(fd, comm, sizeof(comm) - 1) <= 0 || strcmp(comm, "runner\n"))
		SKIP("the switch is the whole machine's: inside only");
	close(fd);
	RUN(records);
	return test_done();
}
