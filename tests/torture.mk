# SPDX-License-Identifier: MIT
# make torture: the kernel with the torture tests in it, and the programs that torture it from
# user mode (docs/testing.md).

TORTURE_SRC := $(sort $(wildcard tests/torture/kernel/*.c))
TORTURE_OBJS := $(patsubst %.c,$(B)/%.o,$(TORTURE_SRC))
TORTURE := $(B)/tests/torture/vmlinux
TORTURE_GUEST := $(B)/tests/torture/guest
TORTURE_CPIO := $(B)/tests/torture/torture.cpio
TORTURE_MINUTES ?= 10
TORTURE_FLAGS ?=

$(TORTURE_OBJS): | $(B)/abi/.stamp $(GEN_HEADERS)
$(B)/tests/torture/kernel/%.o: tests/torture/kernel/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/torture/kernel.o: $(FOLDER_OBJS) $(TORTURE_OBJS) tools/exports.list
	$(call say,LD,$@)
	$(Q)$(LD) -r -o $@.all $(FOLDER_OBJS) $(TORTURE_OBJS)
	$(Q)$(OBJCOPY) --keep-global-symbols=tools/exports.list $@.all $@
	$(Q)rm -f $@.all

$(TORTURE): $(B)/tests/torture/kernel.o $(HOST_OBJS) $(BLOB_OBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(OPT) -no-pie -rdynamic $(SANFLAGS) -Wl,-z,noexecstack -o $@ $(HOST_OBJS) \
		$(BLOB_OBJS) $< $(HOST_LIBS)

$(TORTURE_GUEST): $(wildcard tests/torture/guest/*.c tests/torture/guest/*.h)
	$(call say,GUESTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) -o $@ $(filter %.c,$^)

$(B)/tests/torture/nth: $(wildcard tests/torture/fault/nth/*.c tests/torture/fault/nth/*.h)
	$(call say,GUESTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) -Wno-unused-result -o $@ $(filter %.c,$^)

$(B)/tests/torture/curves: tests/bench/curves.c
	$(call say,GUESTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) -O2 -o $@ $<

$(TORTURE_CPIO): $(TORTURE_GUEST) $(B)/tests/torture/nth $(B)/tests/torture/curves $(B)/init/initramfs.cpio
	$(call say,CPIO,$@)
	$(Q)cp $(B)/init/initramfs.list $@.list
	$(Q)echo "file /torture $(TORTURE_GUEST) 0755 0 0" >>$@.list
	$(Q)echo "file /curves $(B)/tests/torture/curves 0755 0 0" >>$@.list
	$(Q)echo "file /nth $(B)/tests/torture/nth 0755 0 0" >>$@.list
	$(Q)$(B)/tools/mkcpio $@.list >$@

torture: $(TORTURE) $(TORTURE_CPIO)
	$(Q)$(PYTHON) tools/torture --build $(B) --minutes $(TORTURE_MINUTES) $(TORTURE_FLAGS)

tests integration: $(TORTURE) $(TORTURE_CPIO)

# The cost of operations among many objects; a part of make bench.
curves: $(TORTURE) $(TORTURE_CPIO)
	$(Q)$(PYTHON) tools/bench-curves --build $(B) $(CURVES_FLAGS)
bench: curves

.PHONY: torture curves

-include $(TORTURE_OBJS:.o=.d)
