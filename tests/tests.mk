# SPDX-License-Identifier: MIT
# Tests: the unit test program, the guest tests and their initrd, and what runs them.

TB := $(B)/tests

# ---- unit: the kernel's objects, test objects with kernel flags, a GoogleTest main ----

UNIT_SRC := $(sort $(shell find tests/unit -name '*.c'))
UNIT_OBJS := $(patsubst %.c,$(B)/%.o,$(UNIT_SRC))
UNIT := $(TB)/unit

$(UNIT_OBJS): | $(B)/abi/.stamp $(GEN_HEADERS)
$(B)/tests/unit/%.o: tests/unit/%.c
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -I. -MMD -MP -c -o $@ $<

$(TB)/unit-exports.list: tools/exports.list tests/unit/exports.list
	$(Q)mkdir -p $(@D)
	$(Q)cat $^ >$@

$(TB)/unit-kernel.o: $(FOLDER_OBJS) $(UNIT_OBJS) $(TB)/unit-exports.list
	$(call say,LD,$@)
	$(Q)$(LD) -r -o $@.all $(FOLDER_OBJS) $(UNIT_OBJS)
	$(Q)$(OBJCOPY) --keep-global-symbols=$(TB)/unit-exports.list $@.all $@
	$(Q)rm -f $@.all

$(TB)/host-main.o: $(B)/arch-host/main.o
	$(Q)mkdir -p $(@D)
	$(Q)$(OBJCOPY) --redefine-sym main=vmlinux_main $< $@

$(TB)/unit-main.o: tests/unit/harness/main.cc include/kern/ktest_table.h
	$(call say,CXX,$<)
	$(Q)mkdir -p $(@D) $(TB)/include/kern
	$(Q)ln -sfn $(CURDIR)/include/kern/ktest_table.h $(TB)/include/kern/ktest_table.h
	$(Q)$(CXX) -O1 -g -Wall -Wextra -std=c++17 -fno-pie -pthread -I$(TB)/include $(SANFLAGS) -c -o $@ $<

$(UNIT): $(TB)/unit-main.o $(TB)/unit-kernel.o $(TB)/host-main.o $(HOST_OBJS) $(BLOB_OBJS)
	$(call say,LINK,$@)
	$(Q)$(CXX) $(OPT) -no-pie -rdynamic $(SANFLAGS) -Wl,-z,noexecstack -o $@ $(TB)/unit-main.o \
		$(TB)/host-main.o $(filter-out $(B)/arch-host/main.o,$(HOST_OBJS)) $(BLOB_OBJS) \
		$(TB)/unit-kernel.o -lgtest $(HOST_LIBS)

-include $(UNIT_OBJS:.o=.d)
