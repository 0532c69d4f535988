# SPDX-License-Identifier: MIT
# Targets that look at the source: lint, format, and a database for editors.

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

.PHONY: lint format compile_commands.json
