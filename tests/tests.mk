# SPDX-License-Identifier: MIT
# Tests: the unit test program, the guest tests and their initrd, and what runs them.

TB := $(B)/tests

# ---- unit: the kernel's objects, test objects with kernel flags, a GoogleTest main ----

UNIT_SRC := $(sort $(shell find tests/unit -name '*.c'))
UNIT_OBJS := $(patsubst %.c,$(B)/%.o,$(UNIT_SRC))
UNIT := $(TB)/unit-tests

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

# ---- guest: static programs, on the host and inside; hostile: inside only ----

GUEST_SRC := $(sort $(wildcard tests/guest/*/*.c))
HOSTILE_SRC := $(filter-out %_test.c tests/hostile/record.c,$(sort $(wildcard tests/hostile/*.c)))
GUEST_BINS := $(patsubst tests/guest/%.c,$(TB)/guest/%,$(GUEST_SRC))
HOSTILE_BINS := $(patsubst tests/hostile/%.c,$(TB)/hostile/%,$(HOSTILE_SRC))
GUEST_CFLAGS := -O1 -g -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Wno-unused-function \
	-Wno-sign-compare -Wno-missing-field-initializers -static -pthread -Itests/guest

# A program names what else it needs in a comment: "// LDFLAGS: -nostdlib" in its first lines.
guest-flags = $(shell sed -n '1,12s,^.*LDFLAGS: *\([^*]*\).*,\1,p' $(1))

$(GUEST_BINS): $(TB)/guest/%: tests/guest/%.c tests/guest/test.h
	$(call say,GUESTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -MF $@.d -MT $@ -o $@ $< $(call guest-flags,$<)

# Position independent: record.c tells their calls from those of ./vmlinux by the address.
$(HOSTILE_BINS): $(TB)/hostile/%: tests/hostile/%.c tests/guest/test.h
	$(call say,GUESTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(filter-out -static,$(GUEST_CFLAGS)) -static-pie -fPIE -Itests/hostile -MMD -MP -MF $@.d -MT $@ -o $@ $< \
		$(call guest-flags,$<)

# Programs that run as init and start the others: as tests, and with allocations that fail.
RUNNERS := $(TB)/runner $(TB)/inject
$(TB)/runner: tests/guest/runner.c
$(TB)/inject: tests/torture/fault/inject.c
$(RUNNERS): tests/guest/system.h
	$(call say,GUESTCC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) -o $@ $(filter %.c,$^)

# Programs of the host, linked with the machine's real host objects: tests/hostile/*_test.c.
HOST_TESTS := $(patsubst tests/hostile/%.c,$(TB)/host/%,$(sort $(wildcard tests/hostile/*_test.c)))
HOST_TEST_OBJS := $(B)/arch-host/entry.o $(B)/arch-host/guest.o $(B)/arch-host/guest_filter.o \
	$(B)/arch-host/stub_file.o $(B)/arch-host/tracer.o $(B)/arch-host/tracer_rights.o \
	$(filter $(B)/arch-host/stub/%,$(BLOB_OBJS))
$(HOST_TESTS): | $(B)/abi/.stamp
$(HOST_TESTS): $(TB)/host/%: tests/hostile/%.c $(HOST_TEST_OBJS)
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -maes -no-pie -o $@ $< $(HOST_TEST_OBJS) $(HOST_LIBS)

# Tools of the integration tests.
HOST_TOOLS := $(TB)/tools/record $(TB)/tools/refuse
$(TB)/tools/record: tests/hostile/record.c
$(TB)/tools/refuse: tests/integration/refuse.c
$(HOST_TOOLS):
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -O1 -g -std=gnu11 -Wall -Wextra -Werror -o $@ $<

# The initrd of the tests: the built-in one, the runners, and each program without its symbols.
$(TB)/guest.cpio: $(GUEST_BINS) $(HOSTILE_BINS) $(RUNNERS) $(B)/init/initramfs.cpio
	$(call say,CPIO,$@)
	$(Q)rm -rf $(TB)/stripped && mkdir -p $(TB)/stripped
	$(Q)cp $(B)/init/initramfs.list $@.list
	$(Q)echo "dir /tests 0755 0 0" >>$@.list
	$(Q)for f in $(RUNNERS) $(GUEST_BINS) $(HOSTILE_BINS); do \
		n=$${f#$(TB)/}; n=$${n#guest/}; d=$$(dirname $$n); \
		mkdir -p $(TB)/stripped/$$d; strip -o $(TB)/stripped/$$n $$f || exit 1; \
		[ $$d = . ] || echo "dir /tests/$$d 0755 0 0"; \
		echo "file /tests/$$n $(TB)/stripped/$$n 0755 0 0"; \
	done | awk '!seen[$$0]++' >>$@.list
	$(Q)$(B)/tools/mkcpio $@.list >$@

-include $(addsuffix .d,$(GUEST_BINS) $(HOSTILE_BINS))

# ---- running them ----

TESTS_READY := $(VMLINUX) $(B)/imports.checked $(UNIT) $(TB)/guest.cpio $(HOST_TESTS) $(HOST_TOOLS)

tests: $(TESTS_READY)

RUN_TESTS = $(PYTHON) tools/run-tests --build $(B) --vmlinux $(VMLINUX) $(RUN_TESTS_FLAGS)

unit: $(UNIT)
	$(Q)$(RUN_TESTS) unit
guest: $(TESTS_READY)
	$(Q)$(RUN_TESTS) guest
integration: $(TESTS_READY)
	$(Q)$(RUN_TESTS) integration
hostile: $(TESTS_READY)
	$(Q)$(RUN_TESTS) hostile

# Builds in a second make, so that what is missing is installed before anything is compiled.
# A build that fails is reported, and ends in the same last line.
check:
	$(Q)tools/install-deps check
	$(Q)tools/build-and-test $(MAKE) -- unit guest integration hostile
check-all:
	$(Q)tools/install-deps check
	$(Q)tools/build-and-test $(MAKE) -- --long unit guest integration hostile
check-fresh:
	$(Q)tools/install-deps fresh
	$(Q)tools/check-fresh

.PHONY: tests unit guest integration hostile check check-all check-fresh
