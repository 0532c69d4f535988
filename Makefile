# SPDX-License-Identifier: MIT
# Builds ./vmlinux. Targets: see `make help`.
#
# Three worlds with three sets of flags: kernel code (freestanding, sees only
# include/ and the ABI headers), host code (arch-host/, ordinary libc code, sees only
# <um/host.h> of the kernel's headers), and guest code (stub, init, tests).

CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif
LD := ld
NM := nm
OBJCOPY := objcopy
PYTHON ?= python3
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' '$(1)' '$(2)')

SAN ?=
DEBUG ?= 0
VARIANT := $(if $(SAN),-$(SAN))$(if $(filter 1,$(DEBUG)),-debug)$(if $(findstring clang,$(CC)),-clang)
B := build$(VARIANT)
VMLINUX := $(if $(VARIANT),$(B)/vmlinux,vmlinux)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc)
endif

GCC_INCLUDE := $(shell $(CC) -print-file-name=include)
ABI_TRIPLET := $(shell $(CC) -print-multiarch 2>/dev/null)
ABI_ROOT := /usr/include
ABI_ASM := $(firstword $(wildcard $(ABI_ROOT)/$(if $(ABI_TRIPLET),$(ABI_TRIPLET),x86_64-linux-gnu)/asm $(ABI_ROOT)/asm))

WARN := -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
# SAN=thread is the kernel's own detector of data races (kernel/kcsan): kernel code alone is built
# for it, and no runtime of the compiler's is linked.
SANFLAGS := $(if $(filter-out thread,$(SAN)),-fsanitize=$(SAN))
ifneq ($(filter thread,$(SAN)),)
KCSAN_CFLAGS := -fsanitize=thread -DCONFIG_KCSAN=1 $(if $(findstring clang,$(CC)),\
	$(addprefix -mllvm ,-tsan-instrument-func-entry-exit=0 -tsan-distinguish-volatile=1 \
	-tsan-instrument-read-before-write=1),\
	--param tsan-instrument-func-entry-exit=0 --param tsan-distinguish-volatile=1 -Wno-tsan)
endif
OPT := -O2 -g
COMMON := $(OPT) $(WARN) -std=gnu11 -fno-strict-aliasing -fno-omit-frame-pointer -fno-pie \
	-fno-common -ffile-prefix-map=$(CURDIR)=. $(if $(filter 1,$(DEBUG)),-DCONFIG_DEBUG=1)
KERNEL_INCLUDES := -nostdinc -isystem $(GCC_INCLUDE) -isystem $(B)/abi -isystem include/abi-shim \
	-isystem include/abi-extra -Iinclude -I$(B)/gen
KERNEL_CFLAGS := $(COMMON) -ffreestanding -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -mfsgsbase -D__KERNEL_CODE__ $(KERNEL_INCLUDES) $(SANFLAGS) $(KCSAN_CFLAGS)
HOST_CFLAGS := $(COMMON) -D_GNU_SOURCE -pthread -iquote arch-host -I$(B)/host-include -I$(B)/gen $(SANFLAGS)
HOST_LIBS := -lseccomp -luring -lzstd -lz -pthread

# The layers, lowest first; a folder may use what stands to its left (tools/check-imports).
LAYERS := lib mm kernel fs block net drivers security um

# Folders named image/ hold guest code, which has rules of its own.
kernel-sources = $(sort $(shell find $(1) -name '*.[cS]' -not -path '*/image/*' 2>/dev/null))
objects = $(patsubst %,$(B)/%.o,$(basename $(1)))

$(foreach l,$(LAYERS),$(eval SRC_$(l) := $(call kernel-sources,$(l))))
$(foreach l,$(LAYERS),$(eval OBJ_$(l) := $(call objects,$(SRC_$(l)))))
PRESENT := $(foreach l,$(LAYERS),$(if $(SRC_$(l)),$(l)))
KERNEL_OBJS := $(foreach l,$(PRESENT),$(OBJ_$(l)))
FOLDER_OBJS := $(foreach l,$(PRESENT),$(B)/$(l)/folder.o)

HOST_SRC := $(filter-out arch-host/stub/%,$(call kernel-sources,arch-host))
HOST_OBJS := $(call objects,$(HOST_SRC))
# Objects that fragments add to the final link (embedded stub, embedded initramfs).
BLOB_OBJS :=
# Generated headers that must exist before any kernel object is compiled.
GEN_HEADERS :=

# What each part of the tree adds: its own file beside its sources.
-include $(wildcard arch-host/*.mk arch-host/stub/*.mk um/*/*.mk kernel/*.mk kernel/*/*.mk init/*.mk tools/*.mk tests/*.mk)

all: $(VMLINUX) $(B)/imports.checked

help:
	@sed -n 's/^## //p' Makefile

## make             build ./vmlinux
## make run         install what is missing, build, and boot to a shell
## make check       install what is missing, build, and run the tests (last line: N passed, N failed, N skipped)
## make check-all   the longer suites too
## make check-fresh both commands in a bare Debian made by mmdebstrap
## make unit | guest | integration | hostile   one suite
## make torture     all torture tests for TORTURE_MINUTES=10
## make bench       side-by-side figures
## make latency     wake-ups under load, and hackbench, beside the host's (rt-tests)
## make lint | format
## make gdb | valgrind
## options:  V=1  DEBUG=1  SAN=address|undefined|thread  CC=clang

$(B)/abi/.stamp:
	$(Q)mkdir -p $(B)/abi $(B)/gen
	$(Q)ln -sfn $(ABI_ROOT)/linux $(B)/abi/linux
	$(Q)ln -sfn $(ABI_ASM) $(B)/abi/asm
	$(Q)ln -sfn $(ABI_ROOT)/asm-generic $(B)/abi/asm-generic
	$(Q)mkdir -p $(B)/host-include/um
	$(Q)ln -sfn $(CURDIR)/include/um/host.h $(B)/host-include/um/host.h
	$(Q)touch $@

$(KERNEL_OBJS): | $(B)/abi/.stamp
$(KERNEL_OBJS) $(HOST_OBJS): | $(GEN_HEADERS)

define kernel-rule
$$(B)/$(1)/%.o: $(1)/%.c
	$$(call say,CC,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(KERNEL_CFLAGS) $$(FILE_CFLAGS) -MMD -MP -c -o $$@ $$<
$$(B)/$(1)/%.o: $(1)/%.S
	$$(call say,AS,$$<)
	$$(Q)mkdir -p $$(@D)
	$$(Q)$$(CC) $$(KERNEL_CFLAGS) -D__ASSEMBLY__ -MMD -MP -c -o $$@ $$<
$$(B)/$(1)/folder.o: $$(OBJ_$(1))
	$$(call say,LD,$$@)
	$$(Q)$$(LD) -r -o $$@ $$(filter %.o,$$^)
endef
$(foreach l,$(PRESENT),$(eval $(call kernel-rule,$(l))))

# arch-host reaches one header of the kernel, and nothing else: the boundary.
$(HOST_OBJS): | $(B)/abi/.stamp
$(B)/arch-host/%.o: arch-host/%.c
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/arch-host/%.o: arch-host/%.S
	$(call say,HOSTAS,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(HOST_CFLAGS) -MMD -MP -c -o $@ $<

# The whole kernel as one object, before and after its symbols are made local.
$(B)/kernel.o: $(FOLDER_OBJS)
	$(call say,LD,$@)
	$(Q)$(LD) -r -o $@ $^

$(B)/kernel-local.o: $(B)/kernel.o tools/exports.list
	$(call say,LOCAL,$@)
	$(Q)$(OBJCOPY) --keep-global-symbols=tools/exports.list $< $@

$(VMLINUX): $(B)/kernel-local.o $(HOST_OBJS) $(BLOB_OBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(OPT) -no-pie -rdynamic $(SANFLAGS) -Wl,-z,noexecstack -o $@ $(HOST_OBJS) $(BLOB_OBJS) $< $(HOST_LIBS)

$(B)/imports.checked: $(FOLDER_OBJS) tools/check-imports $(wildcard tools/imports/*)
	$(call say,CHECK,imports)
	$(Q)tools/check-imports $(B) $(PRESENT)
	$(Q)touch $@

clean:
	rm -rf build build-* vmlinux

.PHONY: all help clean

-include $(KERNEL_OBJS:.o=.d) $(HOST_OBJS:.o=.d)
