# SPDX-License-Identifier: MIT
# SAN=thread: the kernel's code calls the concurrency sanitizer before each access to memory. Not
# instrumented are the sanitizer, and what runs in the midst of an interrupt or of a switch of
# stacks, where there is no current task; and the memory functions, which copy to and from guests.

ifneq ($(filter thread,$(SAN)),)
$(B)/kernel/kcsan/%.o $(B)/um/irq/%.o $(B)/um/vcpu/%.o $(B)/um/boot/%.o \
	$(B)/lib/string_memory.o: FILE_CFLAGS := -fno-sanitize=thread
else
OBJ_kernel := $(filter-out $(B)/kernel/kcsan/%,$(OBJ_kernel))
KERNEL_OBJS := $(filter-out $(B)/kernel/kcsan/%,$(KERNEL_OBJS))
endif
