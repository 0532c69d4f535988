/* SPDX-License-Identifier: MIT */
/* The version of the interface, for libc, as uname(2) tells it. */
	.section .note.Linux, "a"
	.balign	4
	.long	6, 4, 0
	.asciz	"Linux"
	.balign	4
	.long	(6 << 16) | (1 << 8)

	.section .note.GNU-stack, "", @progbits
