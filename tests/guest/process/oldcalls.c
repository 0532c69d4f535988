// SPDX-License-Identifier: MIT
// Calls that few use: ustat, quotactl, and the errors that they give.
#include "test.h"
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

static void ustat_(void)
{
	struct {
		int tfree;
		unsigned long tinode;
		char names[12];
		char guard[16];
	} u;
	struct stat st;

	CHECK_OK(stat("/proc", &st));
	CHECK_OK(syscall(SYS_ustat, (unsigned)st.st_dev, &u));
	CHECK_ERR(syscall(SYS_ustat, 0xfffffU, &u), EINVAL);
	CHECK_ERR(syscall(SYS_ustat, (unsigned)st.st_dev, (void *)1), EFAULT);
}

static void quotas(void)
{
	int fd = open("/proc", O_RDONLY);

	CHECK_ERR(syscall(SYS_quotactl, QCMD(Q_SYNC, 7), NULL, 0, NULL), EINVAL);
	CHECK_ERR(syscall(SYS_quotactl, QCMD(Q_GETFMT, USRQUOTA), "/nosuch", 0, NULL), ENOENT);
	CHECK_ERR(syscall(SYS_quotactl, QCMD(Q_GETFMT, USRQUOTA), "/proc", 0, NULL), ENOTBLK);
	CHECK_ERR(syscall(SYS_quotactl_fd, -1, QCMD(Q_GETFMT, USRQUOTA), 0, NULL), EBADF);
	CHECK_ERR(syscall(SYS_quotactl_fd, fd, QCMD(Q_GETFMT, 7), 0, NULL), EINVAL);
	close(fd);
}

static void speculation(void)
{
	CHECK_ERR(prctl(PR_GET_SPECULATION_CTRL, 99, 0, 0, 0), ENODEV);
	CHECK_ERR(prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 1, 0, 0), EINVAL);
	CHECK_GE(prctl(PR_GET_SPECULATION_CTRL, PR_SPEC_STORE_BYPASS, 0, 0, 0), 0);
	CHECK_ERR(prctl(PR_SET_SPECULATION_CTRL, 99, PR_SPEC_DISABLE, 0, 0), ENODEV);
}

int main(void)
{
	RUN(ustat_);
	RUN(quotas);
	RUN(speculation);
	return test_done();
}
