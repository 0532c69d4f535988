# SPDX-License-Identifier: MIT
# The vDSO's image: a shared object without libc, embedded by um/vdso/blob.S.

VDSO_CFLAGS := -O2 $(WARN) -std=gnu11 -fpic -ffreestanding -fno-stack-protector -fno-common -fcf-protection=none \
	-mgeneral-regs-only -fasynchronous-unwind-tables -fomit-frame-pointer -fno-tree-loop-distribute-patterns \
	-Wno-missing-prototypes -D__KERNEL_CODE__ $(KERNEL_INCLUDES)
VDSO_PARTS := $(B)/um/vdso/image/vdso.o $(B)/um/vdso/image/note.o

$(VDSO_PARTS): | $(B)/abi/.stamp
$(B)/um/vdso/image/vdso.o: um/vdso/image/vdso.c include/um/vdso_data.h include/kern/jiffies.h
	$(call say,VDSOCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(VDSO_CFLAGS) -c -o $@ $<

$(B)/um/vdso/image/note.o: um/vdso/image/note.S
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(VDSO_CFLAGS) -c -o $@ $<

$(B)/gen/vdso.so: $(VDSO_PARTS) um/vdso/image/vdso.lds
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(LD) -shared -Bsymbolic --no-undefined -soname linux-vdso.so.1 --hash-style=both --eh-frame-hdr \
		--build-id=sha1 -z noexecstack -z max-page-size=4096 -T um/vdso/image/vdso.lds -o $@ $(VDSO_PARTS)
	$(Q)$(OBJCOPY) --strip-debug $@

$(B)/um/vdso/blob.o: $(B)/gen/vdso.so
