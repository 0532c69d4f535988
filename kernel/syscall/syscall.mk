# The dispatch table is made from table.txt; the list of calls for docs/ from the sources too.
SYSCALL_TABLE := kernel/syscall/table.txt

$(B)/gen/syscall_table.c: $(SYSCALL_TABLE) tools/gen-syscalls
	$(call say,GEN,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(PYTHON) tools/gen-syscalls table $(SYSCALL_TABLE) > $@

$(B)/kernel/syscall_table.o: $(B)/gen/syscall_table.c | $(B)/abi/.stamp
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_CFLAGS) -MMD -MP -c -o $@ $<

OBJ_kernel += $(B)/kernel/syscall_table.o
KERNEL_OBJS += $(B)/kernel/syscall_table.o

docs/syscalls.md: $(SYSCALL_TABLE) tools/gen-syscalls $(foreach l,$(LAYERS),$(SRC_$(l)))
	$(call say,GEN,$@)
	$(Q)mkdir -p docs
	$(Q)$(PYTHON) tools/gen-syscalls docs $(SYSCALL_TABLE) $(filter %.c,$(foreach l,$(LAYERS),$(SRC_$(l)))) > $@
