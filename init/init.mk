# SPDX-License-Identifier: MIT
# The first programs and the initramfs that carries them. arch-host finds the archive, a plain
# cpio, between vmlinux_initramfs and vmlinux_initramfs_end.

BUSYBOX ?= $(firstword $(wildcard /bin/busybox /usr/bin/busybox))
GUEST_CC ?= $(CC)
BLOB_OBJS += $(B)/init/initramfs.o

INIT_CFLAGS := -O2 -g -std=gnu11 $(WARN) -ffreestanding -nostdlib -static -fno-pie \
	-fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables \
	-fno-tree-loop-distribute-patterns -Wl,-z,noexecstack -Wl,--build-id=none -s
INIT_PROGRAMS := $(B)/init/init $(B)/init/run-program

$(B)/init/init: init/init.c init/execute.c init/common.c
$(B)/init/run-program: init/run.c init/tree.c init/execute.c init/common.c
$(INIT_PROGRAMS): $(wildcard init/*.h)
	$(call say,GUESTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(INIT_CFLAGS) -o $@ $(filter %.c,$^)

$(B)/tools/mkcpio: tools/initramfs/mkcpio.c
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -O2 -std=gnu11 -Wall -Wextra -Werror -o $@ $<

$(B)/init/initramfs.cpio: $(INIT_PROGRAMS) $(B)/tools/mkcpio tools/initramfs/mklist $(wildcard init/etc/*) $(BUSYBOX)
	$(call say,CPIO,$@)
	$(Q)test -n "$(BUSYBOX)" || { echo "busybox is missing: apt-get install busybox-static" >&2; exit 1; }
	$(Q)tools/initramfs/mklist $(BUSYBOX) $(B)/init init/etc >$(B)/init/initramfs.list
	$(Q)$(B)/tools/mkcpio $(B)/init/initramfs.list >$@

$(B)/init/initramfs.o: $(B)/init/initramfs.cpio
	$(Q)printf '%s\n' '.section .rodata.initramfs,"a"' '.balign 4096' \
		'.globl vmlinux_initramfs, vmlinux_initramfs_end' 'vmlinux_initramfs:' \
		'.incbin "$<"' 'vmlinux_initramfs_end:' '.section .note.GNU-stack,"",@progbits' \
		>$(B)/init/initramfs.S
	$(Q)$(CC) -c -o $@ $(B)/init/initramfs.S
