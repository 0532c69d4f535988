# SPDX-License-Identifier: MIT
# The stub: a static program without libc at a fixed address; its `syscall` sites become a
# header for the filters, the program itself a blob in ./vmlinux.

STUB_CFLAGS := -O2 $(WARN) -std=gnu11 -ffreestanding -fno-stack-protector -fcf-protection=none -fno-pie \
	-mcmodel=large -mno-sse -fno-asynchronous-unwind-tables -I$(B)/host-include
GEN_HEADERS += $(B)/gen/stub_sites.h
BLOB_OBJS += $(B)/arch-host/stub/stub_blob.o

$(B)/host-include/um/stub_layout.h: include/um/stub_layout.h
	$(Q)mkdir -p $(@D)
	$(Q)ln -sfn $(CURDIR)/$< $@

$(HOST_OBJS): | $(B)/host-include/um/stub_layout.h

$(B)/arch-host/stub/stub_init.o: arch-host/stub/stub_init.c include/um/stub_layout.h $(B)/host-include/um/stub_layout.h
	$(call say,STUBCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -c -o $@ $<

STUB_ASM_OBJS := $(B)/arch-host/stub/stub.o $(B)/arch-host/stub/guest.o
$(STUB_ASM_OBJS): $(B)/%.o: %.S arch-host/stub/calls.h include/um/stub_layout.h $(B)/host-include/um/stub_layout.h
	$(call say,STUBAS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(STUB_CFLAGS) -c -o $@ $<

$(B)/arch-host/stub/stub.elf: $(STUB_ASM_OBJS) $(B)/arch-host/stub/stub_init.o
	$(call say,LD,$@)
	$(Q)$(LD) -static -no-pie -z noexecstack -z norelro -Ttext-segment=0x7e0000000000 -z noseparate-code \
		--build-id=none -o $@ $^

$(B)/gen/stub_sites.h: $(B)/arch-host/stub/stub.elf
	$(Q)mkdir -p $(@D)
	$(Q)$(NM) $< | awk '$$3 ~ /^sys_/ { printf "#define SITE_%s 0x%sUL\n", substr($$3, 5), $$1 } \
		$$3 ~ /^at_/ { printf "#define STUB_AT_%s 0x%sUL\n", substr($$3, 4), $$1 }' >$@

$(B)/arch-host/stub/stub_blob.o: $(B)/arch-host/stub/stub.elf
	$(Q)printf '%s\n' '.section .rodata.stub,"a"' '.balign 16' '.globl stub_elf, stub_elf_end' 'stub_elf:' \
		'.incbin "$<"' 'stub_elf_end:' '.section .note.GNU-stack,"",@progbits' >$(@D)/stub_blob.S
	$(Q)$(CC) -c -o $@ $(@D)/stub_blob.S
