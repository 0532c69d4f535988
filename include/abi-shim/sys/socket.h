/* SPDX-License-Identifier: MIT */
/* <linux/if.h> asks for struct sockaddr. */
#include <linux/socket_abi.h>
