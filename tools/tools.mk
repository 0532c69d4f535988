# SPDX-License-Identifier: MIT
# Running it, and what looks at the source: lint, format, a database for editors.

# make run ARGS='mem=512M -- sh -c "echo hi"'
run:
	$(Q)tools/install-deps run
	$(Q)$(MAKE) --no-print-directory all </dev/null
	$(Q)exec ./$(VMLINUX) $(ARGS)

# The three signals of the machine are its interrupts; a stop on SIGSEGV hides caught faults.
gdb: all
	$(Q)gdb -ex 'handle SIGALRM SIGIO SIGURG nostop noprint pass' --args ./$(VMLINUX) $(ARGS)

# One vCPU: several confuse memcheck's tracking of stacks.
valgrind: all
	$(Q)valgrind --error-exitcode=99 --vex-guest-chase=no \
		--vex-iropt-register-updates=allregs-at-mem-access ./$(VMLINUX) ncpus=1 $(ARGS)

LINT_SRC := $(foreach l,$(LAYERS),$(filter %.c,$(SRC_$(l)))) $(filter %.c,$(HOST_SRC))

compile_commands.json: $(GEN_HEADERS) | $(B)/abi/.stamp
	$(Q)tools/compile-commands "$(CURDIR)" "$(KERNEL_CFLAGS)" "$(HOST_CFLAGS)" \
		$(foreach l,$(LAYERS),$(filter %.c,$(SRC_$(l)))) -- $(filter %.c,$(HOST_SRC)) >$@

lint: compile_commands.json
	$(Q)tools/install-deps lint
	$(Q)tools/lint $(LINT_SRC)

# Only what git knows and has changed against the last commit; FILES= for others.
FILES ?= $(shell git diff --name-only --diff-filter=d HEAD -- '*.c' '*.h' '*.cc' 2>/dev/null)
format:
	$(Q)[ -z "$(strip $(FILES))" ] || clang-format -i $(FILES)

.PHONY: run gdb valgrind lint format compile_commands.json
