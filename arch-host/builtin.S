/* SPDX-License-Identifier: MIT */
/* The built-in initramfs: a plain cpio archive, kept in the binary. */
	.section .rodata.initramfs, "a", @progbits
	.balign	4096
	.globl	builtin_initramfs_start, builtin_initramfs_end
builtin_initramfs_start:
	.incbin	"initramfs.cpio"
builtin_initramfs_end:
	.byte	0
	.section .note.GNU-stack, "", @progbits
