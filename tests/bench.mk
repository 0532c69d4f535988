# SPDX-License-Identifier: MIT
# make bench, make latency: side-by-side figures (docs/performance.md).

BENCH := $(B)/tests/bench

$(BENCH)/bench: tests/bench/bench.c
	$(call say,GUESTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)gcc -O2 -g -std=gnu11 -Wall -Wextra -Wno-unused-parameter -static -pthread -o $@ $<

$(BENCH)/exit: tests/bench/exit.S
	$(call say,GUESTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)gcc -nostdlib -static -no-pie -Wl,--build-id=none -s -o $@ $<

$(BENCH)/bench.cpio: $(BENCH)/bench $(BENCH)/exit $(B)/tools/mkcpio
	$(Q)printf '%s\n' 'dir /dev 0755 0 0' 'dir /proc 0755 0 0' 'nod /dev/console 0600 0 0 c 5 1' \
		'nod /dev/null 0666 0 0 c 1 3' 'file /init $(BENCH)/bench 0755 0 0' 'file /exit $(BENCH)/exit 0755 0 0' >$(BENCH)/list
	$(Q)$(B)/tools/mkcpio $(BENCH)/list >$@

bench: $(VMLINUX) $(BENCH)/bench $(BENCH)/bench.cpio
	$(Q)$(PYTHON) tools/bench --vmlinux ./$(VMLINUX) --bench $(BENCH)/bench --initrd $(BENCH)/bench.cpio \
		$(BENCH_FLAGS)

latency: $(VMLINUX)
	$(Q)$(PYTHON) tools/bench-latency --vmlinux ./$(VMLINUX) $(LATENCY_FLAGS)

.PHONY: bench latency
