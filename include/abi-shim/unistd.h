/* SPDX-License-Identifier: MIT */
/* <linux/shm.h> asks for it and uses nothing of it. */
