// SPDX-License-Identifier: MIT
// O_EXCL on a block device: one user at a time, as long as the file is open.
#include "test.h"
#include <fcntl.h>
#include <unistd.h>

#define DISK "/dev/ubda"

static void one_at_a_time(void)
{
	for (int round = 0; round < 2; round++) {
		int fd = open(DISK, O_RDWR | O_EXCL);

		NEED(fd >= 0);
		CHECK_ERR(open(DISK, O_RDONLY | O_EXCL), EBUSY);
		int other = open(DISK, O_RDONLY);
		CHECK_NE(other, -1);
		CHECK_OK(close(other));
		CHECK_ERR(open(DISK, O_RDONLY | O_EXCL), EBUSY);
		CHECK_OK(close(fd));
	}
}

int main(void)
{
	/* The integration test of the same behaviour gives the machine a disk. */
	if (!access(DISK, F_OK))
		RUN(one_at_a_time);
	return test_done();
}
