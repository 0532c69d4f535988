/* SPDX-License-Identifier: MIT */
/* The vDSO's image as data of the kernel. */
	.section .rodata.vdso, "a"
	.balign	16
	.globl	vdso_image, vdso_image_end
vdso_image:
	.incbin	"vdso.so"
vdso_image_end:

	.section .note.GNU-stack, "", @progbits
